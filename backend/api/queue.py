"""The queue as a whole: how much, how long, how many at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS
from backend.api.jobs import FaultBody, fault_body
from backend.api.routes import Routes
from backend.api.wire import Asked, reply, services
from backend.core.job import ACTIVE, JobStatus, Lane
from backend.core.progress import crowd_seconds, queue_seconds
from backend.settings import Choices

api = Routes("queue", __name__, url_prefix="/api/queue", abp_responses=ERRORS)

CROWD = 500
"""Active jobs above which the time left is told from sums: nobody waits for a plan of them all."""


class QueueBody(BaseModel):
    paused: bool
    counts: dict[JobStatus, int]
    sessions: int
    """Of which something waits or runs."""
    seconds_left: float
    """Until everything that can run has run; 0 when nothing can."""
    limits: dict[Lane, int]
    """Jobs at a time that the owner allows."""
    trouble: FaultBody | None
    """Why nothing begins or ends at the moment; it goes on by itself when that is over."""
    machine: dict[str, Any]
    """Limits in force, processor, memory and disk, as they were last measured."""


class CancelledBody(BaseModel):
    cancelled: list[int]
    """Jobs by number; those that ran end within a second."""


class Retrying(Asked):
    jobs: list[Annotated[int, Field(ge=1, le=2**53)]] = Field(max_length=100_000)


class RetriedBody(BaseModel):
    retried: list[int]


def _seconds_left(counts: Mapping[JobStatus, int], limits: Mapping[Lane, int]) -> float:
    library, board = services().library, services().board
    rates = library.jobs.rates()
    if sum(counts.get(status, 0) for status in ACTIVE) > CROWD:
        return crowd_seconds(library.jobs.work_ahead(), limits, rates)
    active = library.jobs.active()
    left = {}
    for job in active:
        seconds = (board.progress(job.id) or {}).get("seconds_left")
        if isinstance(seconds, int | float):
            left[job.id] = float(seconds)
    waiting = [job.id for job in active if job.status is JobStatus.PENDING]
    return queue_seconds(active, library.jobs.parents(waiting), limits, rates, left)


def queue_body() -> QueueBody:
    library = services().library
    limits = Choices(library.preferences.all()).limits()
    counts = library.jobs.counts()
    return QueueBody(
        paused=library.preferences.queue_paused(),
        counts={status: counts.get(status, 0) for status in JobStatus},
        sessions=library.jobs.busy_sessions(),
        seconds_left=round(_seconds_left(counts, limits), 1),
        limits=limits,
        trouble=fault_body(library.trouble),
        machine=dict(services().board.machine()),
    )


@api.get("", responses={200: QueueBody})
def show_queue() -> Response:
    return reply(queue_body())


@api.post("/cancel", responses={200: CancelledBody})
def cancel_queue() -> Response:
    """Cancel everything that runs or waits. What was finished is kept; `retry` takes it back."""
    return reply(CancelledBody(cancelled=services().library.jobs.cancel_all()))


@api.post("/retry", responses={200: RetriedBody})
def retry_jobs(body: Retrying) -> Response:
    """Try these jobs again, as far as they failed or were cancelled, in sessions that nothing else
    is at work on."""
    return reply(RetriedBody(retried=services().library.jobs.retry_all(body.jobs)))


@api.post("/pause", responses={200: QueueBody})
def pause_queue() -> Response:
    """Start nothing more until it is resumed. What runs stops at its next checkpoint."""
    services().library.preferences.pause_queue(True)
    return reply(queue_body())


@api.post("/resume", responses={200: QueueBody})
def resume_queue() -> Response:
    services().library.preferences.pause_queue(False)
    return reply(queue_body())
