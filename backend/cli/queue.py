"""`rushes queue`: everything that waits, as one."""

from __future__ import annotations

import click

from backend.cli.command import Listing, command
from backend.cli.link import Link
from backend.cli.output import Output, amount, remaining
from backend.client import Json
from backend.settings import Settings


@click.group(cls=Listing, first="status")
def queue() -> None:
    """How much is waiting and for how long; pause, resume or cancel it all."""


@queue.command("status")
@command
def show_queue(settings: Settings, out: Output) -> None:
    """Say what runs and waits, how long it will take, and how many jobs run at a time."""
    with Link(settings) as link:
        _tell(link.get("/api/queue"), out)


@queue.command("pause")
@command
def pause_queue(settings: Settings, out: Output) -> None:
    """Start nothing more, until it is resumed. It stays paused over a restart."""
    with Link(settings) as link:
        _tell(link.post("/api/queue/pause"), out)


@queue.command("resume")
@command
def resume_queue(settings: Settings, out: Output) -> None:
    """Let the queue go on."""
    with Link(settings) as link:
        _tell(link.post("/api/queue/resume"), out)


@queue.command("cancel")
@command
def cancel_queue(settings: Settings, out: Output) -> None:
    """Cancel everything that runs or waits. What was finished is kept."""
    with Link(settings) as link:
        cancelled = link.post("/api/queue/cancel")["cancelled"]
    out.line({"event": "cancelled", "jobs": cancelled})
    if not cancelled:
        out.say("Nothing is waiting.")
        return
    out.say(
        "1 job is cancelled." if len(cancelled) == 1 else f"{len(cancelled)} jobs are cancelled."
    )
    out.note("`rushes jobs retry ID` tries one again, and `rushes enrich --all` what is lacking.")


def _tell(found: Json, out: Output) -> None:
    out.line(found)
    if out.json:
        return
    counts = found["counts"]
    waiting = sum(counts[status] for status in ("queued", "pending", "delayed"))
    if found["paused"]:
        out.say("The queue is paused: nothing starts until `rushes queue resume`.")
    elif counts["running"] or waiting:
        left = remaining(found["seconds_left"]) or "a while"
        out.say(f"All done in {left}.")
    else:
        out.say("Nothing is waiting.")
    said = {
        "running": counts["running"],
        "waiting": waiting,
        "paused": counts["paused"],
        "failed": counts["failed"],
        "done": counts["completed"],
    }
    out.say("  " + " · ".join(f"{count} {word}" for word, count in said.items()))
    machine = found["machine"]
    limits = machine.get("limits") or found["limits"]
    out.say("  at a time: " + ", ".join(f"{limit} {lane}" for lane, limit in limits.items()))
    facts = []
    if "processor_percent" in machine:
        facts.append(f"processor {machine['processor_percent']:.0f} %")
    for name, word in (("memory_free", "memory free"), ("disk_free", "disk free")):
        if name in machine:
            facts.append(f"{word} {amount(machine[name])}")
    if facts:
        out.say("  " + ", ".join(facts))
