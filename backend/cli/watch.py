"""Following sessions until they are as far as the owner wants to wait for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from backend.cli.link import Link
from backend.client import Gone, Json, Unwilling
from backend.core.fault import Category, Fault
from backend.core.flow import SessionStatus
from backend.core.job import JobStatus

ENDED = frozenset(str(status) for status in JobStatus if status.terminal)
PLAYS = frozenset({str(SessionStatus.READY), str(SessionStatus.UNMERGED)})
DELETED = Fault(Category.CANCELLED, "The session was deleted.", "`rushes sessions restore` helps.")


class Wait(StrEnum):
    READY = "ready"
    """Until the film plays."""
    DONE = "done"
    """Until every job of the session has ended."""
    NONE = "none"


def is_over(session: Json, wait: Wait) -> bool:
    """Whether nothing more will happen that is worth waiting for."""
    if wait is Wait.READY and session["status"] in PLAYS:
        return True
    return session["state"] == "ended" and all(job["status"] in ENDED for job in session["jobs"])


def fault_of(session: Json, wait: Wait) -> Fault | None:
    """Why a session that is over has not become what was waited for; None when it has."""
    if wait is Wait.READY and session["status"] in PLAYS:
        return None
    failed = [job for job in session["jobs"] if job["fault"] and job["status"] == "failed"]
    cancelled = [job for job in session["jobs"] if job["fault"] and job["status"] == "cancelled"]
    merge = session["media_processing"]
    if session["status"] in PLAYS and not failed:
        return None
    if session["status"] not in PLAYS and merge["fault"]:
        return Fault.from_dict(merge["fault"])
    first = (failed or cancelled or [None])[0]
    if first is None:
        return Fault(Category.UNKNOWN, "There is no film.", "`rushes sessions retry` makes one.")
    return Fault.from_dict(first["fault"])


class Listener(Protocol):
    """Who is told how sessions come along."""

    def show(self, session: Json, event: Json | None) -> None:
        """Take a session as it is now, and the event that says so, if one did."""

    def warn(self, fault: Fault | None) -> None:
        """Take why nothing goes on at the moment; None: it does."""


def follow(link: Link, ids: Sequence[str], wait: Wait, listener: Listener) -> dict[str, Json]:
    """Wait for these sessions; each as it was when it was over.

    First the stream, then the state, then what the stream brings: nothing falls between. A backend
    that ends meanwhile is started again. A session that is deleted is over, with `deleted_at`.
    """
    sessions: dict[str, Json] = {}
    waiting = set(ids)

    def look(session: str, event: Json | None = None) -> None:
        try:
            found = link.client.get(f"/api/sessions/{session}")
        except Unwilling as refused:
            if refused.status != 404:
                raise
            found = {**sessions.get(session, {"id": session}), "deleted_at": True}
        sessions[session] = found
        listener.show(found, event)
        if found["deleted_at"] or is_over(found, wait):
            waiting.discard(session)

    while waiting:
        try:
            for event in link.client.events():
                session = event.get("session")
                if not event:
                    listener.warn(_trouble(link))
                if not event or event.get("event") == "reset":
                    for each in sorted(waiting):
                        look(each, event or None)
                elif session in waiting:
                    if event.get("id") is None:
                        listener.show(_advanced(sessions[session], event), event)
                    else:
                        look(session, event)
                if not waiting:
                    break
        except Gone:
            pass
        if waiting:
            link.again()
    return sessions


def _trouble(link: Link) -> Fault | None:
    trouble = link.client.get("/api/queue").get("trouble")
    return None if trouble is None else Fault.from_dict(trouble)


def _advanced(session: Json, progress: Json) -> Json:
    """The session with what a progress event says of one of its jobs."""
    for job in session["jobs"]:
        if job["id"] == progress.get("job"):
            job.update(
                {
                    name: progress[name]
                    for name in ("progress", "stage", "stages", "seconds_left", "speed")
                    if name in progress
                }
            )
    return session
