"""Many sessions at once: found out what is in all of them, or in those of which it is not known."""

from __future__ import annotations

from collections.abc import Collection

from flask import Response
from pydantic import BaseModel, Field

from backend.api.enrichment import Wish, left_out, wished_graph
from backend.api.faults import ERRORS
from backend.api.jobs import JobBody, job_body
from backend.api.routes import Routes
from backend.api.sessions import found_session
from backend.api.wire import reply, services
from backend.core.document import DocumentKind
from backend.core.flow import WRITES, Graph
from backend.core.job import Job, JobKind, JobStatus
from backend.core.session import Session
from backend.core.timeline import session_timeline

api = Routes("enriching", __name__, url_prefix="/api/enrichment", abp_responses=ERRORS)

MOST = 100_000
"""Sessions that are looked at."""


class ManyWish(Wish):
    """What is to be found out, and in which sessions."""

    sessions: list[str] | None = Field(None, min_length=1, max_length=10_000)
    """By id; every session that has a film, without it."""
    lacking: bool = False
    """Only what is not known of a session yet."""


class AskedBody(BaseModel):
    session: str
    title: str
    jobs: list[JobBody]
    """Of the steps that were asked for."""


class PassedBody(BaseModel):
    session: str
    title: str
    why: str


class ManyBody(BaseModel):
    asked: list[AskedBody]
    passed: list[PassedBody]
    """Sessions that were named and that nothing is done with."""


@api.post("", responses={202: ManyBody})
def enrich_many(body: ManyWish) -> Response:
    """Find out what is in many sessions; each has jobs of its own, which follow one another."""
    library = services().library
    if body.sessions is None:
        sessions = [one for one in library.sessions.page(MOST) if one.film is not None]
    else:
        sessions = [found_session(number) for number in dict.fromkeys(body.sessions)]
    known = library.documents.known() if body.lacking else {}
    jobs = library.jobs.of_sessions([one.id for one in sessions]) if body.lacking else {}
    without = left_out()
    wanted: list[tuple[Session, Graph]] = []
    passed = []
    for session in sessions:
        graph = wished_graph(session, body, without)
        if body.lacking:
            done = _done(known.get(session.id, ()), jobs[session.id])
            graph = [planned for planned in graph if planned.kind not in done]
        if session.film is None or not graph:
            why = "There is no film yet." if session.film is None else "All of it is known."
            if body.sessions is not None:
                passed.append(PassedBody(session=session.id, title=session.title, why=why))
            continue
        wanted.append((session, tuple(graph)))
    lengths = [float(session_timeline(one).duration) for one, _ in wanted]
    made = library.jobs.request_many(
        [(one.id, graph, length) for (one, graph), length in zip(wanted, lengths, strict=True)]
    )
    asked = [
        AskedBody(
            session=one.id,
            title=one.title,
            jobs=[job_body(job, services().board) for job in made[one.id]],
        )
        for one, _ in wanted
        if one.id in made
    ]
    return reply(ManyBody(asked=asked, passed=passed), 202)


def _done(documents: Collection[DocumentKind], jobs: list[Job]) -> set[JobKind]:
    """Steps whose findings are there."""
    ended = {job.kind for job in jobs if job.status is JobStatus.COMPLETED}
    written = {step for step, document in WRITES.items() if document in documents}
    return written | (ended - WRITES.keys())
