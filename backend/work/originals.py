"""Recordings of which everything has been made: put into the system's bin, where their owner chose
that.

Nothing is ever deleted here. Only the very files that were recorded go, of a session whose film is
there and whose work is done to the last job, and that no other session has any use for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from backend.core.flow import newest_of
from backend.core.job import Job, JobStatus
from backend.core.media import Source
from backend.core.session import Session
from backend.store.library import Library
from backend.work import shelf

log = logging.getLogger(__name__)

BINNED = "Its recordings are in the system's bin."
SHARED = "Its recordings stay where they are: another session uses them."
STUCK = "Its recordings stay where they are: the system's bin did not take all of them."


def clear_originals(library: Library, put: Callable[[Path], None] | None = None) -> int:
    """Put the recordings of finished sessions into the system's bin by `put`; how many sessions.

    What the bin does not take stays, and its owner is told so.
    """
    put = put or _put
    cleared = 0
    for number in library.clearing.wanted():
        session = library.sessions.get(number)
        if session is None or not _done(library, session):
            continue
        paths = [source.path for source in session.sources]
        if library.clearing.using(paths) != {session.id}:
            library.clearing.settled(session, SHARED)
            continue
        stuck = [path for path in session.sources if not _binned(path, put)]
        library.clearing.settled(session, STUCK if stuck else BINNED)
        log.info(
            "session %s: %d of its recordings put into the system's bin, %d left",
            session.id,
            len(paths) - len(stuck),
            len(stuck),
        )
        cleared += 1
    return cleared


def _done(library: Library, session: Session) -> bool:
    """Whether the film is there, and every job of the session has done what it was to do."""
    if session.film is None or not shelf.matches(session.film):
        return False
    jobs = library.jobs.of_sessions([session.id])[session.id]
    newest: list[Job | None] = [newest_of(jobs, kind) for kind in {job.kind for job in jobs}]
    return all(job is not None and job.status is JobStatus.COMPLETED for job in newest)


def _binned(source: Source, put: Callable[[Path], None]) -> bool:
    """Whether a recording is in the bin now, or was gone already. What has changed since it was
    recorded is another file: it stays."""
    path = Path(source.path)
    try:
        status = path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    if (status.st_size, status.st_mtime_ns) != (source.size, source.mtime_ns):
        return False
    try:
        put(path)
    except OSError as error:
        log.warning("%s could not be put into the system's bin: %s", path, error)
        return False
    return True


def _put(path: Path) -> None:
    from send2trash import send2trash

    send2trash(path)
