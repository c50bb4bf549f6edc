"""Jobs: what runs, waits and failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, known, missing
from backend.api.routes import Routes
from backend.api.wire import Asked, Page, reply, services
from backend.bus import Board
from backend.core.fault import Category, Fault
from backend.core.job import Job, JobKind, JobStatus

api = Routes("jobs", __name__, url_prefix="/api/jobs", abp_responses=ERRORS)


class FaultBody(BaseModel):
    category: Category
    message: str
    hint: str
    can_retry: bool


def fault_body(fault: Fault | None) -> FaultBody | None:
    return None if fault is None else FaultBody.model_validate(fault.as_dict())


class StageBody(BaseModel):
    name: str
    label: str
    progress: float


class JobBody(BaseModel):
    id: int
    session: str
    kind: JobKind
    status: JobStatus
    priority: str
    """high, normal or low."""
    progress: float
    """0 to 1."""
    stage: str | None
    attempt: int
    max_attempts: int
    fault: FaultBody | None
    options: dict[str, Any]
    result: dict[str, Any]
    cancel_requested: bool
    pause_requested: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    stages: list[StageBody] = Field(default_factory=list)
    """Of a running job, in order."""
    seconds_left: float | None = None
    speed: float | None = None
    """Seconds of recording worked through in a second."""


def progress_of(job: Job, board: Board) -> tuple[float, Mapping[str, Any]]:
    """How far a job is, and what is told live of it."""
    live: Mapping[str, Any] = {}
    if job.status is JobStatus.RUNNING:
        live = board.progress(job.id) or {}
    if job.status is JobStatus.COMPLETED:
        return 1.0, live
    return float(live.get("progress", 0.0)), live


def job_body(job: Job, board: Board) -> JobBody:
    progress, live = progress_of(job, board)
    return JobBody(
        id=job.id,
        session=job.session,
        kind=job.kind,
        status=job.status,
        priority=job.priority.name.lower(),
        progress=progress,
        stage=live.get("stage") or job.stage,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        fault=fault_body(job.fault),
        options=dict(job.options),
        result=dict(job.result),
        cancel_requested=job.cancel_requested,
        pause_requested=job.pause_requested,
        created_at=job.created_at,
        updated_at=job.updated_at,
        started_at=job.started_at,
        completed_at=job.completed_at,
        stages=[StageBody.model_validate(stage) for stage in live.get("stages", ())],
        seconds_left=live.get("seconds_left"),
        speed=live.get("speed"),
    )


class JobPath(Asked):
    job: int = Field(ge=1, le=2**53)


class JobQuery(Page):
    session: str | None = Field(None, max_length=100)
    status: list[JobStatus] = Field(default_factory=list)
    kind: list[JobKind] = Field(default_factory=list)


class JobsBody(BaseModel):
    jobs: list[JobBody]
    total: int | None
    """How many there are in all; None where that was not counted (by session or by kind)."""


class Cleared(BaseModel):
    cleared: int


@api.get("", responses={200: JobsBody})
def list_jobs(query: JobQuery) -> Response:
    """Jobs, the newest first."""
    found = services().library.jobs.page(
        statuses=query.status,
        kinds=query.kind,
        session=query.session,
        limit=query.limit,
        offset=query.offset,
    )
    total = None
    if query.session is None and not query.kind:
        counts = services().library.jobs.counts()
        total = sum(counts.get(status, 0) for status in query.status or JobStatus)
    board = services().board
    return reply(JobsBody(jobs=[job_body(job, board) for job in found], total=total))


@api.get("/<int:job>", responses={200: JobBody})
def show_job(path: JobPath) -> Response:
    job = services().library.jobs.get(path.job)
    if job is None:
        raise missing(f"job {path.job}")
    return reply(job_body(job, services().board))


def _move(number: int, move: Callable[[int], Job]) -> Response:
    with known(f"job {number}"):
        return reply(job_body(move(number), services().board))


@api.post("/<int:job>/cancel", responses={200: JobBody})
def cancel_job(path: JobPath) -> Response:
    """Cancel a job; one that runs is asked to end. 409 for one that has ended."""
    return _move(path.job, services().library.jobs.cancel)


@api.post("/<int:job>/retry", responses={200: JobBody})
def retry_job(path: JobPath) -> Response:
    """Start a failed or cancelled job afresh, with what was cancelled along with it."""
    return _move(path.job, services().library.jobs.retry)


@api.post("/<int:job>/pause", responses={200: JobBody})
def pause_job(path: JobPath) -> Response:
    """Pause a job; one that runs stops at its next checkpoint."""
    return _move(path.job, services().library.jobs.pause)


@api.post("/<int:job>/resume", responses={200: JobBody})
def resume_job(path: JobPath) -> Response:
    return _move(path.job, services().library.jobs.resume)


@api.post("/clear", responses={200: Cleared})
def clear_jobs() -> Response:
    """Forget the jobs that completed or were cancelled. Failed ones stay in sight."""
    return reply(Cleared(cleared=services().library.jobs.clear()))
