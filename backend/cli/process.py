"""`rushes process`: recordings in, films out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from backend.cli.command import PATH, REFUSED, Code, Stop, code_of, command
from backend.cli.film import check_target, copy_film
from backend.cli.form import Asked, asked_options, with_form
from backend.cli.link import Link
from backend.cli.output import Output, amount, length, plain
from backend.cli.progress import Progress
from backend.cli.steps import leaving_out, steps_in
from backend.cli.watch import DELETED, Wait, fault_of, follow
from backend.client import Json, Unwilling, sessions_among
from backend.core.fault import Fault, FaultError, Unusable
from backend.settings import Settings


class AudioTrack(click.ParamType[int | str]):
    """A number from 1 on, or a word: `mix`, and `best` where that can be asked for."""

    name = "track"

    def __init__(self, best: bool = False) -> None:
        self._words = ("mix", "best") if best else ("mix",)

    def convert(self, value: Any, param: object, ctx: object) -> int | str:
        if value in self._words:
            return str(value)
        if str(value).isdecimal() and 1 <= int(value) <= 64:
            return int(value)
        known = " or ".join(self._words)
        raise click.UsageError(f"Name the number of a track, or {known}; {value!r} is neither.")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=PATH)
@click.option("--title", help="What to call the session, instead of the name of its folder.")
@click.option(
    "--priority",
    type=click.Choice(["high", "normal", "low"]),
    default="normal",
    show_default=True,
    help="Which work comes first.",
)
@leaving_out
@click.option("--no-optimise", is_flag=True, help="Leave the film as large as the recording.")
@click.option(
    "--audio",
    type=AudioTrack(),
    metavar="N|mix",
    help="Which track of sound is heard, as `rushes inspect` numbers them; mix: all of them.",
)
@with_form
@click.option("--again", is_flag=True, help="Import anew what is in the library already.")
@click.option(
    "--wait",
    type=click.Choice([str(wait) for wait in Wait]),
    default=str(Wait.READY),
    show_default=True,
    help="Wait until the film plays, until everything is done, or not at all.",
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    metavar="OUT.mp4",
    help="Also copy the film to this file.",
)
@click.option("--force", is_flag=True, help="With -o: replace the file that is there.")
@command
def process(
    paths: tuple[Path, ...],
    title: str | None,
    priority: str,
    no_enrich: bool,
    without: str | None,
    no_optimise: bool,
    audio: int | str | None,
    height: Asked,
    rate: Asked,
    again: bool,
    wait: str,
    output: Path | None,
    force: bool,
    settings: Settings,
    out: Output,
) -> Code:
    """Make a film of each recording, and wait for it.

    Each folder is a session: a video, with the sound beside it or in a folder called audio or
    segments. Loose files together make one session. Files stay where they are. Names that begin
    with a dash stand behind --.

    Files that were processed before, and have not changed, are not processed again: the command
    attaches to their session, and tries once more where that had failed or was cancelled.
    """
    groups = sessions_among(paths)
    if len(groups) > 1 and (output or title):
        raise click.UsageError("--title and -o are for one session; several were given.")
    if output and wait == Wait.NONE:
        raise click.UsageError("-o waits for the film; it does not go with --wait none.")
    target = check_target(output, paths, force, settings) if output else None
    body: dict[str, object] = {
        "title": title,
        "priority": priority,
        "again": again,
        "options": {
            **wishes(no_enrich, no_optimise, audio, without),
            **asked_options(height, rate),
        },
    }
    codes = [Code.DONE]
    taken: list[str] = []
    with leaving(out, taken), Link(settings) as link:
        for group in groups:
            try:
                session = link.post(
                    "/api/sessions",
                    {**body, "paths": [str(path) for path in group]},
                    repeat=not again,
                )
            except Unwilling as refused:
                out.fail(refused.fault, session=None, paths=[str(path) for path in group])
                codes.append(Code.REFUSED if refused.fault.category in REFUSED else Code.FAILED)
                continue
            if session["id"] not in taken:
                taken.append(session["id"])  # before it is told: Ctrl-C may come in between
                accepted(out, session)
        if taken:
            codes.append(await_sessions(link, out, taken, Wait(wait), target))
    return max(codes)


def wishes(
    no_enrich: bool,
    no_optimise: bool,
    audio: int | str | None = None,
    without: str | None = None,
) -> dict[str, object]:
    """The options of a session that were named; the others are as the settings say."""
    left_out = {"enrich": no_enrich, "optimise": no_optimise}
    named: dict[str, object] = {name: False for name, left in left_out.items() if left}
    if audio is not None:
        named["audio"] = audio
    if without is not None:
        named["without"] = steps_in(without)
    return named


def accepted(out: Output, session: Json) -> None:
    """Say that a session was taken in, and what was odd about it."""
    out.line(
        {
            "event": "accepted",
            "session": session["id"],
            "title": session["title"],
            "status": session["status"],
            "notes": session["notes"],
            "room": session.get("room"),
        }
    )
    if (room := session.get("room")) is not None:
        words = f"The film takes up to {amount(room['needed'])}; {amount(room['free'])} are free."
        out.note(f"! {plain(room['short'])}" if room["short"] else words)
        if room["small"] and not room["short"]:
            out.note("! That is little: the film is made small at once, and plays after that.")
    for note in session["notes"]:
        out.note(f"! {plain(note)}")


def await_sessions(
    link: Link, out: Output, ids: Sequence[str], wait: Wait, target: Path | None = None
) -> Code:
    """Watch sessions, say how each ended, and copy the film to `target`. The worst exit code."""
    if wait is Wait.NONE:
        for session in ids:
            out.say(session)
        return Code.DONE
    with leaving(out, ids):
        if link.get("/api/queue")["paused"]:
            out.note("! The queue is paused: nothing starts until `rushes queue resume`.")
        with Progress(out) as progress:
            ended = follow(link, ids, wait, progress)
        return max([Code.DONE, *(_tell(out, ended[session], wait, target) for session in ids)])


class leaving:  # noqa: N801 - reads as a block
    """A block in which Ctrl-C stops the watching and nothing else."""

    def __init__(self, out: Output, ids: Sequence[str]) -> None:
        self._out, self._ids = out, ids

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            for session in self._ids:
                self._out.line({"event": "left", "session": session})
            self._out.note("It goes on without you." if self._ids else "Stopped.")
            for session in self._ids:
                self._out.note(f"  `rushes sessions show {session}` tells how far it is,")
                self._out.note(f"  `rushes sessions cancel {session}` ends it.")
            raise Stop(Code.CANCELLED)


def _tell(out: Output, session: Json, wait: Wait, target: Path | None) -> Code:
    """Say how a session ended; its exit code."""
    fault: Fault | None = DELETED if session.get("deleted_at") else fault_of(session, wait)
    title = session.get("title")
    film = session.get("film")
    facts: dict[str, object] = {"session": session["id"], "title": title}
    if film:
        facts |= {
            "film": film["path"],
            "duration": film["duration"] or session["duration"],
            "size": film["size"],
        }
    if film and target:
        try:
            copy_film(Path(film["path"]), target, [Path(path) for path in session["originals"]])
        except Unusable as error:
            out.fail(error.fault, **facts)
            return Code.REFUSED
        except FaultError as error:
            out.fail(error.fault, **facts)
            return Code.FAILED
        facts["output"] = str(target)
    if fault is not None:
        out.fail(fault, **facts)
        return code_of(fault)
    out.line({"event": "completed", **facts})
    if not film:
        out.say(f"✓ {plain(title)}: kept as it is, without a film. `rushes settings` says why.")
        return Code.DONE
    said = (plain(title), length(film["duration"] or session["duration"]), amount(film["size"]))
    out.say("✓ " + " · ".join(word for word in said if word), "green")
    out.say(str(target or film["path"]))
    return Code.DONE
