"""`rushes sessions`: what was recorded, and what became of it."""

from __future__ import annotations

from pathlib import Path

import click

from backend.cli.command import REFUSED, Code, Listing, command, limited
from backend.cli.form import Asked, asked_options, with_form
from backend.cli.link import Link
from backend.cli.output import Cell, Output, amount, length, plain, sign, when
from backend.cli.process import AudioTrack, await_sessions, wishes
from backend.cli.steps import leaving_out
from backend.cli.upload import upload
from backend.cli.watch import Wait
from backend.client import Json, Unwilling
from backend.core.fault import FaultError
from backend.core.flow import SessionStatus
from backend.settings import Settings

ORDER = ("failed", "processing", "recording", "paused", "waiting")
"""Failures first, then what is going on; the rest as it comes, the newest first."""

waiting = click.option(
    "--wait",
    type=click.Choice([str(wait) for wait in Wait]),
    default=str(Wait.NONE),
    show_default=True,
    help="Wait until the film plays, until everything is done, or not at all.",
)


@click.group(cls=Listing)
def sessions() -> None:
    """List, show, record, delete and restore sessions.

    An id may be shortened, as long as it is the only one that begins so.
    """


@sessions.command("list")
@limited
@click.option("--binned", is_flag=True, help="List the bin instead.")
@click.option("--search", default="", metavar="WORDS", help="Only those with this in their title.")
@click.option("--status", type=click.Choice(list(SessionStatus)), help="Only those in this state.")
@click.option("--sort", type=click.Choice(["newest", "oldest", "recorded", "title"]))
@command
def list_sessions(
    limit: int,
    binned: bool,
    search: str,
    status: SessionStatus | None,
    sort: str | None,
    settings: Settings,
    out: Output,
) -> None:
    """List sessions: failures first, then what is going on, then the newest."""
    wanted = {"q": search, "sort": sort or "newest", **({"status": status} if status else {})}
    with Link(settings) as link:
        shown = "true" if binned else "false"
        found = link.get("/api/sessions", limit=limit, binned=shown, **wanted)
    rows = found["sessions"]
    if sort is None:
        rows = sorted(rows, key=lambda session: _rank(session["status"]))
    for row in rows:
        out.line(row)
    if out.json:
        return
    if not rows:
        out.say("The bin is empty." if binned else "No sessions yet. `rushes process PATH` …")
        return
    out.table(
        ("id", "status", "title", "recorded", "length", "film"),
        [_row(row) for row in rows],
        right=("length", "film"),
    )
    if found["total"] > len(rows):
        out.note(f"{len(rows)} of {found['total']}; --limit shows more.")


def _rank(status: str) -> int:
    return ORDER.index(status) if status in ORDER else len(ORDER)


def _row(row: Json) -> list[Cell]:
    shrunk = row["compression_ratio"]
    size = amount(row["size"])
    if shrunk is not None and shrunk < 0.995:
        size = f"{size} (−{(1 - shrunk) * 100:.0f} %)"
    return [
        row["id"],
        sign(row["status"]),
        row["title"],
        when(row["started_at"]),
        length(row["duration"]),
        size,
    ]


@sessions.command("show")
@click.argument("session", metavar="ID")
@command
def show_session(session: str, settings: Settings, out: Output) -> None:
    """Show one session: its files, its film and its jobs."""
    with Link(settings) as link:
        found = link.get(f"/api/sessions/{link.session(session)}")
    if out.json:
        out.line(found)
        return
    status = sign(found["status"])
    out.say(f"{plain(found['title'])}  ({found['id']})")
    out.say(f"  {status[0] if isinstance(status, tuple) else status}")
    out.say(f"  recorded  {when(found['started_at'])}, {length(found['duration'])}")
    for path in found["originals"][:5]:
        out.say(f"  original  {plain(path)}")
    if len(found["originals"]) > 5:
        out.say(f"            and {len(found['originals']) - 5} more")
    if film := found["film"]:
        out.say(f"  film      {plain(film['path'])} ({amount(film['size'])})")
    for note in found["notes"]:
        out.say(f"  ! {plain(note)}")
    for job in found["jobs"]:
        state = sign(job["status"])
        words = f"  job {job['id']:<5} {job['kind']:<12}{state[0]}"
        out.say(words + (f"  {job['progress'] * 100:.0f} %" if job["status"] == "running" else ""))
        if job["fault"]:
            out.say(f"    {plain(job['fault']['message'])} {plain(job['fault']['hint'])}")


@sessions.command("rename")
@click.argument("session", metavar="ID")
@click.argument("title")
@command
def rename_session(session: str, title: str, settings: Settings, out: Output) -> None:
    """Give a session another title."""
    with Link(settings) as link:
        changed = link.ask("PATCH", f"/api/sessions/{link.session(session)}", {"title": title})
    out.line({"event": "renamed", "session": changed["id"], "title": changed["title"]})
    out.say(f"It is called “{plain(changed['title'])}” now.")


@sessions.command("new")
@click.option("--title", help="What to call it.")
@leaving_out
@click.option("--no-optimise", is_flag=True, help="Leave the film as large as the recording.")
@with_form
@command
def new_session(
    title: str | None,
    no_enrich: bool,
    without: str | None,
    no_optimise: bool,
    height: Asked,
    rate: Asked,
    settings: Settings,
    out: Output,
) -> None:
    """Begin a live session, and print its id. Then `add` files as they come, and `end` it."""
    options = {**wishes(no_enrich, no_optimise, without=without), **asked_options(height, rate)}
    with Link(settings) as link:
        made = link.post("/api/sessions", {"live": True, "title": title, "options": options})
    out.line({"event": "created", "session": made["id"], "title": made["title"]})
    out.say(made["id"])


@sessions.command("add")
@click.argument("session", metavar="ID")
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@command
def add_to_session(session: str, files: tuple[Path, ...], settings: Settings, out: Output) -> Code:
    """Hand files over to a live session: its video, and its sound segment by segment.

    A file of the same name takes the place of the earlier one. What an upload that broke off has
    left is used: the same bytes are not written twice.
    """
    codes = [Code.DONE]
    with Link(settings) as link:
        number = link.session(session)
        for file in files:
            try:
                size = upload(link, number, file, out)
            except Unwilling as refused:
                out.fail(refused.fault, session=number, file=str(file))
                codes.append(Code.REFUSED if refused.fault.category in REFUSED else Code.FAILED)
            except FaultError as error:
                out.fail(error.fault, session=number, file=str(file))
                codes.append(Code.REFUSED if error.fault.category in REFUSED else Code.FAILED)
            else:
                out.line({"event": "added", "session": number, "file": str(file), "size": size})
                out.say(f"✓ {plain(file.name)} · {amount(size)}", "green")
    return max(codes)


@sessions.command("end")
@click.argument("session", metavar="ID")
@click.option("--priority", type=click.Choice(["high", "normal", "low"]), default="normal")
@waiting
@command
def end_session(session: str, priority: str, wait: str, settings: Settings, out: Output) -> Code:
    """End a live session: its film is made in the background."""
    with Link(settings) as link:
        number = link.session(session)
        ended = link.post(f"/api/sessions/{number}/end", {"priority": priority})
        out.line({"event": "ended", "session": number, "title": ended["title"]})
        if wait == Wait.NONE:
            out.say(f"“{plain(ended['title'])}” has ended; its film is on its way.")
            return Code.DONE
        return await_sessions(link, out, [number], Wait(wait))


@sessions.command("delete")
@click.argument("session", metavar="ID")
@command
def delete_session(session: str, settings: Settings, out: Output) -> None:
    """Put a session into the bin. Your recordings stay where they are."""
    with Link(settings) as link:
        number = link.session(session)
        found = link.ask("DELETE", f"/api/sessions/{number}")
    out.line({"event": "deleted", "session": number, "title": found["title"]})
    out.say(
        f"“{plain(found['title'])}” is in the bin. `rushes sessions restore {number}` undoes it."
    )


@sessions.command("restore")
@click.argument("session", metavar="ID")
@command
def restore_session(session: str, settings: Settings, out: Output) -> None:
    """Take a session out of the bin."""
    with Link(settings) as link:
        number = link.session(session, binned=True)
        found = link.post(f"/api/sessions/{number}/restore")
    out.line({"event": "restored", "session": number, "title": found["title"]})
    out.say(f"“{plain(found['title'])}” is back.")
    if found["status"] == "cancelled":
        out.note(f"Its film was not made yet: `rushes sessions retry {number}` makes it.")


@sessions.command("cancel")
@click.argument("session", metavar="ID")
@command
def cancel_session(session: str, settings: Settings, out: Output) -> None:
    """Cancel all work on a session. What exists stays."""
    with Link(settings) as link:
        number = link.session(session)
        found = link.post(f"/api/sessions/{number}/cancel")
    out.line({"event": "cancelled", "session": number, "title": found["title"]})
    out.say(f"Work on “{plain(found['title'])}” is cancelled. `rushes sessions retry {number}` …")


@sessions.command("retry")
@click.argument("session", metavar="ID")
@waiting
@command
def retry_session(session: str, wait: str, settings: Settings, out: Output) -> Code:
    """Start afresh what failed or was cancelled of a session."""
    with Link(settings) as link:
        number = link.session(session)
        found = link.post(f"/api/sessions/{number}/retry")
        out.line({"event": "retried", "session": number, "title": found["title"]})
        if wait == Wait.NONE:
            out.say(f"Work on “{plain(found['title'])}” begins again.")
            return Code.DONE
        return await_sessions(link, out, [number], Wait(wait))


@sessions.command("hear")
@click.argument("session", metavar="ID")
@click.argument("track", metavar="N|mix|best", type=AudioTrack(best=True))
@waiting
@command
def choose_track(
    session: str, track: int | str, wait: str, settings: Settings, out: Output
) -> Code:
    """Have another track of its sound heard, or all of them mixed. Its film is made again."""
    with Link(settings) as link:
        number = link.session(session)
        audio = None if track == "best" else track
        found = link.post(f"/api/sessions/{number}/hear", {"audio": audio})
        out.line({"event": "hearing", "session": number, "audio": audio})
        if wait == Wait.NONE:
            out.say(f"“{plain(found['title'])}” is made again with that sound.")
            return Code.DONE
        return await_sessions(link, out, [number], Wait(wait))


@sessions.command("merge")
@click.argument("session", metavar="ID")
@waiting
@command
def merge_session(session: str, wait: str, settings: Settings, out: Output) -> Code:
    """Make the film of a session that has none: it was imported without, or making it failed."""
    with Link(settings) as link:
        number = link.session(session)
        found = link.post(f"/api/sessions/{number}/merge")
        out.line({"event": "merging", "session": number, "title": found["title"]})
        if wait == Wait.NONE:
            title = plain(found["title"])
            ready = found["status"] == "ready"
            out.say(f"“{title}” {'has its film already' if ready else 'gets its film'}.")
            return Code.DONE
        return await_sessions(link, out, [number], Wait(wait))
