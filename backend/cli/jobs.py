"""`rushes jobs`: the work itself."""

from __future__ import annotations

import click

from backend.cli.command import Listing, command, limited
from backend.cli.link import Link
from backend.cli.output import Cell, Output, plain, remaining, sign, when
from backend.client import Json
from backend.core.job import JobKind, JobStatus
from backend.settings import Settings

ORDER = ("failed", "running", "paused", "delayed", "queued", "pending")


@click.group(cls=Listing)
def jobs() -> None:
    """List the jobs; cancel, retry, pause or resume one."""


@jobs.command("list")
@limited
@click.option("--session", metavar="ID", help="Only those of this session.")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([str(status) for status in JobStatus]),
    help="Only those in this state; may be given more than once.",
)
@click.option(
    "--kind",
    multiple=True,
    type=click.Choice([str(kind) for kind in JobKind]),
    help="Only those of this kind; may be given more than once.",
)
@command
def list_jobs(
    limit: int,
    session: str | None,
    status: tuple[str, ...],
    kind: tuple[str, ...],
    settings: Settings,
    out: Output,
) -> None:
    """List jobs: failures first, then what runs and waits, then the newest."""
    with Link(settings) as link:
        number = None if session is None else link.session(session)
        found = link.get("/api/jobs", limit=limit, session=number, status=status, kind=kind)
    rows = sorted(found["jobs"], key=lambda job: _rank(job["status"]))
    for row in rows:
        out.line(row)
    if out.json:
        return
    if not rows:
        out.say("No jobs.")
        return
    out.table(
        ("id", "status", "kind", "session", "done", "left", "when", "fault"),
        [_row(row) for row in rows],
        right=("id", "done"),
    )
    if found["total"] and found["total"] > len(rows):
        out.note(f"{len(rows)} of {found['total']}; --limit shows more.")


def _rank(status: str) -> int:
    return ORDER.index(status) if status in ORDER else len(ORDER)


def _row(job: Json) -> list[Cell]:
    running = job["status"] == "running"
    return [
        str(job["id"]),
        sign(job["status"]),
        job["kind"],
        job["session"],
        f"{job['progress'] * 100:.0f} %" if running else "",
        remaining(job["seconds_left"]) if running else "",
        when(job["completed_at"] or job["updated_at"]),
        job["fault"]["message"] if job["fault"] else "",
    ]


def _tell(job: Json, out: Output) -> None:
    out.line(job)
    asked = job["cancel_requested"] or job["pause_requested"]
    words = "is asked to stop" if asked else f"is {job['status']}"
    out.say(f"Job {job['id']} ({job['kind']} of {job['session']}) {words}.")


number = click.argument("job", type=click.IntRange(1))


@jobs.command("show")
@number
@command
def show_job(job: int, settings: Settings, out: Output) -> None:
    """Show one job in full."""
    with Link(settings) as link:
        found = link.get(f"/api/jobs/{job}")
    out.line(found)
    if out.json:
        return
    state = sign(found["status"])
    out.say(f"Job {found['id']}  {found['kind']} of {found['session']}  {state[0]}")
    out.say(f"  attempt   {found['attempt']} of {found['max_attempts']}")
    out.say(f"  priority  {found['priority']}")
    out.say(f"  created   {when(found['created_at'])}")
    for name in ("started_at", "completed_at"):
        if found[name]:
            out.say(f"  {name.removesuffix('_at'):<9} {when(found[name])}")
    for stage in found["stages"]:
        out.say(f"  {plain(stage['label'])}: {stage['progress'] * 100:.0f} %")
    if found["fault"]:
        out.say(f"  {plain(found['fault']['message'])}")
        out.say(f"  {plain(found['fault']['hint'])}")


@jobs.command("cancel")
@number
@command
def cancel_job(job: int, settings: Settings, out: Output) -> None:
    """Cancel a job; one that runs stops at once, and its unfinished files go."""
    with Link(settings) as link:
        _tell(link.post(f"/api/jobs/{job}/cancel"), out)


@jobs.command("retry")
@number
@command
def retry_job(job: int, settings: Settings, out: Output) -> None:
    """Start a failed or cancelled job afresh."""
    with Link(settings) as link:
        _tell(link.post(f"/api/jobs/{job}/retry"), out)


@jobs.command("pause")
@number
@command
def pause_job(job: int, settings: Settings, out: Output) -> None:
    """Pause a job; what it has finished is kept."""
    with Link(settings) as link:
        _tell(link.post(f"/api/jobs/{job}/pause"), out)


@jobs.command("resume")
@number
@command
def resume_job(job: int, settings: Settings, out: Output) -> None:
    """Let a paused job go on."""
    with Link(settings) as link:
        _tell(link.post(f"/api/jobs/{job}/resume"), out)


@jobs.command("clear")
@command
def clear_jobs(settings: Settings, out: Output) -> None:
    """Forget the jobs that completed or were cancelled. Failed ones, and all films, stay."""
    with Link(settings) as link:
        cleared = link.post("/api/jobs/clear")["cleared"]
    out.line({"event": "cleared", "cleared": cleared})
    out.say(f"{cleared} jobs are forgotten.")
