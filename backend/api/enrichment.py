"""What is found out about a session: how far that is, asked for, stopped and tried again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from enum import StrEnum

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused, known
from backend.api.jobs import JobBody, job_body, progress_of
from backend.api.routes import Routes
from backend.api.sessions import PRIORITIES, PriorityName, SessionPath, found_session
from backend.api.wire import Asked, reply, services
from backend.core.canvas import is_outdated
from backend.core.document import DocumentKind
from backend.core.flow import ENRICHING, Planned, enrichment
from backend.core.job import Job, JobKind, JobStatus
from backend.core.session import Session
from backend.core.speakers import MOST_SPEAKERS
from backend.settings import Choices
from backend.store.orders import Conflict

api = Routes("enrichment", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)


class EnrichmentStatus(StrEnum):
    NONE = "none"
    """Nobody asked for it."""
    WAITING = "waiting"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class FoundBody(BaseModel):
    kind: DocumentKind
    version: int
    model: str | None
    out_of_date: bool
    """Whether what it was made of has changed since; only a canvas tells."""


class EnrichmentBody(BaseModel):
    status: EnrichmentStatus
    progress: float
    """0 to 1, over all steps."""
    jobs: list[JobBody]
    """The newest of each step."""
    found: list[FoundBody]
    """What there is already, of whatever run."""


class Wish(Asked):
    """What is to be found out, once more if need be."""

    steps: list[JobKind] | None = Field(None, min_length=1, max_length=8)
    """Those that the settings have switched on, without it."""
    model: str | None = Field(None, max_length=200)
    language: str | None = Field(None, pattern="^[a-z]{2,3}$")
    speakers: int | None = Field(None, ge=0, le=MOST_SPEAKERS)
    """How many people speak and are told apart, 0 for nobody; as the settings have it without."""
    priority: PriorityName = "normal"


@api.get("/<session>/enrichment", responses={200: EnrichmentBody})
def show_enrichment(path: SessionPath) -> Response:
    """How far it is, and what was found."""
    return reply(_body(found_session(path.session)))


@api.post("/<session>/enrichment", responses={202: EnrichmentBody})
def ask_for_enrichment(path: SessionPath, body: Wish) -> Response:
    """Find out what is in the film; a step that is at work already goes on as it is."""
    session = found_session(path.session)
    if session.film is None:
        raise Refused(409, "There is no film yet.", "Wait until it is ready.")
    graph = wished_graph(session, body, left_out())
    if not graph:
        raise Refused(
            409,
            "There is nothing of that to be found in this session.",
            "Name steps, or switch more of them on in the settings.",
        )
    with known(f"session {path.session}"):
        services().library.sessions.request_all(session.id, tuple(graph))
    return reply(_body(session), 202)


def left_out() -> tuple[JobKind, ...]:
    """Steps that the settings have switched off."""
    return Choices(services().library.preferences.all()).left_out


def wished_graph(session: Session, wish: Wish, without: Collection[JobKind]) -> list[Planned]:
    """The jobs that a wish comes to; `without` those, where it names no steps."""
    named = ("model", "language", "speakers")
    options = {n: v for n in named if (v := getattr(wish, n)) is not None}
    priority = PRIORITIES[wish.priority]
    if wish.steps is None:
        return enrichment(session, priority, options, without)
    graph = enrichment(session, priority, options)
    return [planned for planned in graph if planned.kind in wish.steps]


@api.post("/<session>/enrichment/cancel", responses={200: EnrichmentBody})
def cancel_enrichment(path: SessionPath) -> Response:
    """Stop it; the film and what was found stay."""
    return _moved(
        path.session,
        services().library.jobs.cancel,
        "Nothing is being found out about this session.",
    )


@api.post("/<session>/enrichment/retry", responses={200: EnrichmentBody})
def retry_enrichment(path: SessionPath) -> Response:
    """Try again what failed or was cancelled."""
    return _moved(
        path.session, services().library.jobs.retry, "Nothing of it failed or was cancelled."
    )


def _moved(number: str, move: Callable[[int], Job], otherwise: str) -> Response:
    """Move all steps that can be moved; 409 with a word where none can."""
    session = found_session(number)
    moved = 0
    for job in _jobs(session):
        with contextlib.suppress(Conflict, KeyError):
            move(job.id)
            moved += 1
    if not moved:
        raise Refused(409, otherwise)
    return reply(_body(session))


def _jobs(session: Session) -> list[Job]:
    """The newest job of each step, in the order of the steps."""
    jobs = services().library.jobs.of_sessions([session.id])[session.id]
    newest = {job.kind: job for job in jobs}
    return [newest[kind] for kind in ENRICHING if kind in newest]


def _body(session: Session) -> EnrichmentBody:
    jobs, board = _jobs(session), services().board
    documents = services().library.documents.of_session(session.id)
    versions = {kind: document.version for kind, document in documents.items()}
    progress = [progress_of(job, board)[0] for job in jobs]
    return EnrichmentBody(
        status=_status(jobs),
        progress=sum(progress) / len(progress) if progress else 0.0,
        jobs=[job_body(job, board) for job in jobs],
        found=[
            FoundBody(
                kind=kind,
                version=document.version,
                model=document.body.get("model"),
                out_of_date=kind is DocumentKind.CANVAS and is_outdated(document.body, versions),
            )
            for kind, document in documents.items()
        ],
    )


def _status(jobs: list[Job]) -> EnrichmentStatus:
    statuses = {job.status for job in jobs}
    if not statuses:
        return EnrichmentStatus.NONE
    if JobStatus.RUNNING in statuses:
        return EnrichmentStatus.RUNNING
    if not all(status.terminal for status in statuses):
        return EnrichmentStatus.WAITING
    for status in (JobStatus.FAILED, JobStatus.CANCELLED):
        if status in statuses:
            return EnrichmentStatus(str(status))
    return EnrichmentStatus.COMPLETED
