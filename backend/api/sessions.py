"""Sessions: taken in, ended, shown, put into the bin and taken out again."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from flask import Response
from pydantic import AfterValidator, Field, model_validator

from backend.api.faults import ERRORS, Refused, known, missing
from backend.api.routes import Routes
from backend.api.session_body import (
    Options,
    SessionsBody,
    WholeSession,
    session_body,
    whole_session,
)
from backend.api.wire import Asked, Page, reply, services
from backend.core.flow import SessionStatus
from backend.core.job import Priority
from backend.core.session import Session, clean_title
from backend.core.time import seconds
from backend.settings import Choices
from backend.store.listing import ORDERS, Wanted
from backend.store.orders import Conflict

api = Routes("sessions", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

PRIORITIES = {priority.name.lower(): priority for priority in Priority}


def _plain_text(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("it holds characters that cannot be written") from error
    return text.replace("\0", "")


def _absolute(path: str) -> str:
    if "\0" in path:
        raise ValueError("a path cannot hold a NUL character")
    if not Path(path).is_absolute():
        raise ValueError("the path must be absolute")
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("its name is not UTF-8: rename the file or folder first") from error
    return path


Title = Annotated[str, AfterValidator(_plain_text)]
AbsolutePath = Annotated[str, AfterValidator(_absolute)]
PriorityName = Annotated[str, Field(pattern="^(high|normal|low)$")]


class NewSession(Asked):
    """Recordings to take in, or a live session to begin."""

    paths: list[AbsolutePath] | None = Field(None, min_length=1, max_length=10_000)
    """A folder, or loose files. They stay where they are."""
    live: bool = False
    title: Title | None = None
    options: Options | None = None
    priority: PriorityName = "normal"
    again: bool = False
    """Import files anew that are in the library already."""

    @model_validator(mode="after")
    def one_way(self) -> NewSession:
        if self.live == (self.paths is not None):
            raise ValueError("give either paths, or live: true")
        return self


class SessionPath(Asked):
    session: str = Field(min_length=1, max_length=100)


class SessionQuery(Page):
    prefix: str | None = Field(None, min_length=1, max_length=100)
    """Only those whose id begins with it; at most two, which tell whether it is one."""
    binned: bool = False
    """Those in the bin instead."""
    q: str = Field("", max_length=500)
    """Only those with these letters in their title, in either case."""
    status: list[SessionStatus] = Field([], max_length=8)
    sort: str = Field("newest", pattern=f"^({'|'.join(ORDERS)})$")


class SessionChanges(Asked):
    """What its owner may change of a session."""

    title: Title | None = Field(None, min_length=1, max_length=10_000)
    watched: float | None = Field(None, ge=0, le=10_000_000, allow_inf_nan=False)
    """Seconds of film after which its owner stopped watching."""


class Urgency(Asked):
    priority: PriorityName = "normal"


def found_session(number: str, binned: bool = False) -> Session:
    """Raises `Refused` (404) for no such session."""
    session = services().library.sessions.get(number, binned)
    if session is None:
        raise missing(f"session {number}")
    return session


@api.get("", responses={200: SessionsBody})
def list_sessions(query: SessionQuery) -> Response:
    """Sessions, the newest first."""
    library = services().library
    if query.binned:
        binned = library.sessions.binned_before(datetime.now(UTC))
        if query.prefix is not None:
            binned = [session for session in binned if session.id.startswith(query.prefix)]
        total = len(binned)
        sessions = binned[query.offset : query.offset + query.limit]
    elif query.prefix is not None:
        ids = library.sessions.matching(query.prefix)
        kept = [library.sessions.get(number) for number in ids]
        sessions = [session for session in kept if session is not None]
        total = len(sessions)
    else:
        wanted = Wanted(query.q, tuple(query.status), query.sort)
        sessions = library.sessions.page(query.limit, query.offset, wanted)
        total = library.sessions.count(wanted)
    jobs = library.jobs.of_sessions([session.id for session in sessions])
    made = library.artifacts.of_sessions([session.id for session in sessions])
    bodies = [session_body(s, jobs[s.id], made[s.id]) for s in sessions]
    return reply(SessionsBody(sessions=bodies, total=total))


@api.post("", responses={201: WholeSession, 200: WholeSession})
def create_session(body: NewSession) -> Response:
    """Take recordings in, or begin a live session. 200 when they were in the library already."""
    intake = services().intake
    chosen = Choices(services().library.preferences.all()).session_options
    options = None if body.options is None else body.options.core(chosen)
    if body.paths is None:
        return reply(whole_session(intake.begin(body.title, options)), 201)
    session, new = intake.bring(
        [Path(path) for path in body.paths],
        title=body.title,
        options=options,
        priority=PRIORITIES[body.priority],
        again=body.again,
    )
    return reply(whole_session(session), 201 if new else 200)


@api.get("/<session>", responses={200: WholeSession})
def show_session(path: SessionPath) -> Response:
    return reply(whole_session(found_session(path.session)))


@api.patch("/<session>", responses={200: WholeSession})
def change_session(path: SessionPath, body: SessionChanges) -> Response:
    """Give it another title, or remember where its owner stopped watching."""
    watched = None if body.watched is None else seconds(body.watched)
    title = None if body.title is None else clean_title(body.title)
    with known(f"session {path.session}"):
        changed = services().library.sessions.edit(path.session, title=title, watched=watched)
    return reply(whole_session(changed))


@api.delete("/<session>", responses={200: WholeSession})
def delete_session(path: SessionPath) -> Response:
    """Put it into the bin and cancel what runs of it. Originals are not touched."""
    with known(f"session {path.session}"):
        services().library.sessions.bin(path.session)
    return reply(whole_session(found_session(path.session, binned=True)))


@api.post("/<session>/restore", responses={200: WholeSession})
def restore_session(path: SessionPath) -> Response:
    """Take it out of the bin. Its cancelled jobs wait for a retry."""
    with known(f"session {path.session} in the bin"):
        return reply(whole_session(services().library.sessions.restore(path.session)))


@api.post("/<session>/end", responses={202: WholeSession})
def end_session(path: SessionPath, body: Urgency) -> Response:
    """End a live session. All of its work is stored before this returns, and none awaited."""
    with known(f"session {path.session}"):
        session = services().intake.end(path.session, PRIORITIES[body.priority])
    return reply(whole_session(session), 202)


@api.post("/<session>/cancel", responses={200: WholeSession})
def cancel_session(path: SessionPath) -> Response:
    """Cancel every job of it that has not ended."""
    jobs = services().library.jobs
    session = found_session(path.session)
    if all(job.status.terminal for job in jobs.of_sessions([session.id])[session.id]):
        raise Refused(409, f"Nothing runs or waits for “{session.title}”.")
    jobs.cancel_session(session.id)
    return reply(whole_session(session))


@api.post("/<session>/retry", responses={200: WholeSession})
def retry_session(path: SessionPath) -> Response:
    """Start its failed and cancelled jobs afresh."""
    jobs = services().library.jobs
    session = found_session(path.session)
    newest = {job.kind: job for job in jobs.of_sessions([session.id])[session.id]}
    retried = 0
    for job in newest.values():
        # Retrying one brings back those that were cancelled with it: they refuse then.
        with contextlib.suppress(Conflict, KeyError):
            jobs.retry(job.id)
            retried += 1
    if not retried:
        raise Refused(409, f"Nothing of “{session.title}” failed or was cancelled.")
    return reply(whole_session(session))
