"""`rushes optimise`: a film becomes a smaller one that looks the same, or stays as it is."""

from __future__ import annotations

import click

from backend.cli.command import Code, code_of, command
from backend.cli.link import Link
from backend.cli.output import Output, amount, plain
from backend.cli.process import leaving
from backend.cli.progress import Progress
from backend.cli.watch import DELETED, Wait, follow
from backend.client import Json
from backend.core.fault import Fault
from backend.core.session import Quality
from backend.settings import Settings


@click.command()
@click.argument("session", metavar="ID")
@click.option(
    "--quality",
    type=click.Choice([str(quality) for quality in Quality]),
    help="How good it is to look, instead of what `rushes settings` says.",
)
@click.option("--wait/--no-wait", default=False, help="Wait until it is done, or not.")
@command
def optimise(
    session: str, quality: str | None, wait: bool, settings: Settings, out: Output
) -> Code:
    """Make a session's film smaller, in the background.

    It goes on playing meanwhile. A film that would hardly get smaller, or would look worse, stays
    as it is. Your recordings are not touched.
    """
    with Link(settings) as link:
        number = link.session(session)
        job = link.post(f"/api/sessions/{number}/optimise", {"quality": quality})
        out.line({"event": "optimising", "session": number, "job": job["id"]})
        if not wait:
            out.say("Its film gets smaller in the background; it goes on playing meanwhile.")
            return Code.DONE
        with leaving(out, [number]), Progress(out) as progress:
            ended = follow(link, [number], Wait.DONE, progress)[number]
        return _tell(out, ended, job["id"])


def _tell(out: Output, session: Json, number: int) -> Code:
    if session.get("deleted_at"):
        out.fail(DELETED, session=session["id"])
        return code_of(DELETED)
    job = next(job for job in session["jobs"] if job["id"] == number)
    if job["fault"]:
        fault = Fault.from_dict(job["fault"])
        out.fail(fault, session=session["id"], job=number)
        return code_of(fault)
    result = job["result"]
    facts = {"session": session["id"], "film": session["film"]["path"], "size": session["size"]}
    out.line({"event": "completed", **facts, "result": result})
    said = plain(str(result.get("said", "")))
    if not result.get("smaller"):
        out.say(said)
        return Code.DONE
    sizes = f"{amount(result['size'])} instead of {amount(result['size_before'])}"
    out.say(f"✓ {said} {sizes}.", "green")
    return Code.DONE
