"""`rushes enrich` and `rushes search`: what is in sessions, found out and found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from backend.cli.command import Code, Stop, code_of, command, limited, refusal
from backend.cli.link import Link, document
from backend.cli.listening import telling_apart
from backend.cli.output import Output, plain
from backend.cli.process import leaving
from backend.cli.progress import Progress
from backend.cli.steps import STEPS, steps_in
from backend.cli.watch import DELETED, ENDED, Wait, follow
from backend.client import Json
from backend.core.document import NEAR, DocumentKind
from backend.core.fault import Category, Fault
from backend.core.flow import ENRICHING
from backend.core.job import JobKind
from backend.core.summary import EXTRACTIVE
from backend.core.time import seconds, timecode
from backend.settings import Settings


@click.command()
@click.argument("named", nargs=-1, metavar="SESSION…")
@click.option("--all", "everything", is_flag=True, help="All sessions, for what they lack.")
@click.option(
    "--only",
    metavar="STEP,…",
    help=f"Only these steps: {STEPS}. Without it, those that the settings have on.",
)
@click.option("--model", metavar="NAME", help="The model that listens.")
@click.option("--language", metavar="CODE", help="The language that is spoken, such as en.")
@telling_apart
@click.option("--wait/--no-wait", default=True, help="Wait until it is done, or not.")
@command
def enrich(
    named: tuple[str, ...],
    everything: bool,
    only: str | None,
    model: str | None,
    language: str | None,
    speakers: int | None,
    wait: bool,
    settings: Settings,
    out: Output,
) -> Code:
    """Find out what is in sessions, in the background: what is said, their chapters, summaries.

    What was found before stays as an earlier version. Nothing leaves this machine, unless you named
    a model elsewhere.
    """
    if everything == bool(named):
        raise click.UsageError("Name sessions, or say --all.")
    wish = wish_for(only, model, language, speakers)
    with Link(settings) as link:
        numbers = list(dict.fromkeys(link.session(session) for session in named))
        if len(numbers) == 1:
            return carry_out(link, numbers[0], wish, wait, out)
        return _carry_out_many(link, numbers or None, wish, wait, out)


def _carry_out_many(
    link: Link, numbers: list[str] | None, wish: Mapping[str, object], wait: bool, out: Output
) -> Code:
    """Ask for it in many sessions, and follow them all; the worst exit code. None: what is not
    known yet, in every session."""
    body = {**wish, "priority": "low", "sessions": numbers, "lacking": numbers is None}
    told = link.post("/api/enrichment", body)
    codes = [Code.DONE]
    for passed in told["passed"]:
        codes.append(Code.REFUSED)
        fault = Fault(Category.INPUT, passed["why"], "Wait until its film is ready.")
        out.fail(fault, session=passed["session"], title=passed["title"])
    asked = {one["session"]: one for one in told["asked"]}
    for number, one in asked.items():
        jobs = [job["id"] for job in one["jobs"]]
        out.line({"event": "enriching", "session": number, "jobs": jobs})
    if not asked:
        out.say("There is nothing to be found out." if numbers is None else "Nothing was begun.")
        return max(codes)
    if not wait:
        out.say(f"{_count(len(asked), 'session')} in the background; `rushes queue` tells.")
        return max(codes)
    with leaving(out, list(asked)), Progress(out) as progress:
        ended = follow(link, list(asked), Wait.DONE, progress)
    for number, one in asked.items():
        kinds = [job["kind"] for job in one["jobs"]]
        out.say(plain(one["title"]))
        codes.append(_told(link, number, bool(ended[number].get("deleted_at")), kinds, out))
    return max(codes)


def wish_for(
    only: str | None, model: str | None, language: str | None, speakers: int | None = None
) -> dict[str, object]:
    """What is asked of `POST …/enrichment`. Raises a refusal for a step that there is not."""
    wish: dict[str, object] = {"model": model, "language": language, "speakers": speakers}
    if only is not None:
        wish["steps"] = steps_in(only)
    return {name: value for name, value in wish.items() if value is not None}


def carry_out(
    link: Link,
    number: str,
    wish: Mapping[str, object],
    wait: bool,
    out: Output,
    quiet: bool = False,
) -> Code:
    """Ask for it, and follow it to its end where that is wanted. `quiet`: success goes untold."""
    asked = link.post(f"/api/sessions/{number}/enrichment", wish)
    steps = wish.get("steps")
    # Without steps those that are at work now: what the settings leave out has earlier jobs only.
    mine = [
        job
        for job in asked["jobs"]
        if (job["kind"] in steps if isinstance(steps, list) else job["status"] not in ENDED)
    ]
    asked_for, jobs = [job["kind"] for job in mine], [job["id"] for job in mine]
    out.line({"event": "enriching", "session": number, "jobs": jobs})
    if not wait:
        out.say("It goes on in the background; `rushes sessions show` tells how far it is.")
        return Code.DONE
    with leaving(out, [number]), Progress(out) as progress:
        ended = follow(link, [number], Wait.DONE, progress)[number]
    return _told(link, number, bool(ended.get("deleted_at")), asked_for, out, quiet)


def _told(
    link: Link,
    number: str,
    deleted: bool,
    asked_for: Sequence[str],
    out: Output,
    quiet: bool = False,
) -> Code:
    """Say what became of it in one session."""
    if deleted:
        out.fail(DELETED, session=number)
        return code_of(DELETED)
    done = link.get(f"/api/sessions/{number}/enrichment")
    for job in done["jobs"]:
        if job["kind"] in asked_for and job["fault"] and job["status"] != "completed":
            fault = Fault.from_dict(job["fault"])
            out.fail(fault, session=number, job=job["id"])
            return code_of(fault)
    if quiet:
        return Code.DONE
    out.line({"event": "completed", "session": number, **done})
    for job in done["jobs"]:
        if job["kind"] in asked_for:
            _tell(job["result"], out)
    return Code.DONE


def document_of(
    link: Link, number: str, kind: DocumentKind, wish: Mapping[str, object], out: Output
) -> Json:
    """The newest document of a session. It is found out first where there is none, or where the
    wish names how: a model or a language. Raises a refusal where nothing came of it."""
    if set(wish) <= {"steps"} and (known := document(link, number, kind)) is not None:
        return known
    code = carry_out(link, number, wish, True, out, quiet=True)
    if code is not Code.DONE:
        raise Stop(code)
    if (known := document(link, number, kind)) is not None:
        return known
    jobs = link.get(f"/api/sessions/{number}/enrichment")["jobs"]
    said = [str(job["result"]["said"]) for job in jobs if "said" in job["result"]]
    raise refusal(f"There is no {kind} of this session.", " ".join(said), Category.MISSING)


def steps_for(link: Link, number: str, last: JobKind) -> list[str]:
    """What is to be asked for so that `last` has what it builds on: what is there is not found out
    again."""
    found = {one["kind"] for one in link.get(f"/api/sessions/{number}/enrichment")["found"]}
    before = ENRICHING[: ENRICHING.index(last)]
    made = {JobKind.REVIEW: DocumentKind.TRANSCRIPT, JobKind.CHAPTERS: DocumentKind.CHAPTERS}
    return [*(str(kind) for kind in before if made[kind] not in found), str(last)]


def wish_of(
    link: Link, number: str, last: JobKind, model: str | None, language: str | None
) -> Mapping[str, object]:
    """What is to be asked of a session where `last` is wanted; all that it builds on where the
    model or the language is named."""
    how = wish_for(None, model, language)
    steps = list(ENRICHING[: ENRICHING.index(last) + 1]) if how else steps_for(link, number, last)
    return {"steps": steps, **how}


def _tell(result: Mapping[str, Any], out: Output) -> None:
    if "said" in result:
        out.note(plain(result["said"]))
    elif "words" in result:
        language = f" ({result['language']})" if result["words"] else ""
        out.say(f"✓ {result['words']} words written down{language}.", "green")
    elif "chapters" in result:
        out.say(f"✓ {_count(result['chapters'], 'chapter')}.", "green")
    elif "pictures" in result:
        out.say(f"✓ The canvas, with {_count(result['pictures'], 'picture')}.", "green")
    elif "by" in result:
        by = "" if result["by"] == EXTRACTIVE else f", by {plain(result['by'])}"
        out.say(f"✓ Summed up in {_count(result['points'], 'point')}{by}.", "green")


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--session", metavar="SESSION", help="Only in this one.")
@click.option(
    "--by",
    type=click.Choice(["words", "meaning", "both"]),
    default="both",
    help="Where these words stand, what means the same, or first one and then the other.",
)
@limited
@command
def search(
    words: tuple[str, ...],
    session: str | None,
    by: str,
    limit: int,
    settings: Settings,
    out: Output,
) -> Code:
    """Find what is said in any session, what is in their titles, chapters and summaries."""
    wish: dict[str, Any] = {"q": " ".join(words), "limit": limit}
    nothing: dict[str, Any] = {"hits": [], "total": 0, "note": None}
    with Link(settings) as link:
        if session is not None:
            wish["session"] = link.session(session)
        found = nothing if by == "meaning" else link.get("/api/search", **wish)
        near = nothing if by == "words" else link.get("/api/search", by="meaning", **wish)
    close = [hit for hit in near["hits"] if not any(_same_place(hit, one) for one in found["hits"])]
    close = close[: max(limit - len(found["hits"]), 0)]
    out.line({"event": "completed", **found, "near": close, "note": near["note"]})
    if out.json:
        return Code.DONE
    for title, hits in (("words", found["hits"]), ("means something like it", close)):
        if hits:
            out.table(("session", "at", "title", title), map(_row, hits), right=("at",))
    if found["total"] > len(found["hits"]):
        out.note(f"{found['total'] - len(found['hits'])} more: name more words, or raise --limit.")
    elif not found["hits"] and not close:
        out.say("Nothing was found.")
    if near["note"]:
        out.note(near["note"])
    return Code.DONE


def _same_place(hit: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(
        hit["session"] == other["session"]
        and (hit["kind"] == "title") == (other["kind"] == "title")
        and abs(float(hit["start"]) - float(other["start"])) < NEAR
    )


def _row(hit: Mapping[str, Any]) -> tuple[str, ...]:
    at = timecode(seconds(hit["start"]))
    return hit["session"][:8], at, plain(hit["title"]), plain(hit["text"])
