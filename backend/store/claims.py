"""A job's run: claimed once, ended once.

Functions here run inside a transaction of the writer. Whoever ends a job shows the token of its
claim; one that is over changes nothing.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from collections.abc import Mapping

from backend.core.artifact import Artifact
from backend.core.document import DocumentKind
from backend.core.event import retry_names_of
from backend.core.fault import Category, Fault
from backend.core.job import Ending, Job, JobKind, JobStatus, Lane
from backend.core.progress import Rate
from backend.store import artifacts, documents, graph, values
from backend.store.db import Transaction
from backend.store.events import told_of
from backend.store.orders import CANCELLED_BY_OWNER
from backend.store.redraw import draw_anew
from backend.store.tables import RETURNING_JOB, UNREADABLE, job_of

log = logging.getLogger(__name__)

FARTHEST_DELAY_MS = 60_000
"""A delayed job whose time lies farther ahead than this was delayed on another clock: it is due."""


def claim(transaction: Transaction, lane: Lane) -> Job | None:
    """Take the most urgent queued job of a lane. The attempt counts from here on."""
    while claimed := transaction.execute(
        "UPDATE job SET status = 'running', token = ?, attempt = attempt + 1, fault = NULL,"
        " stage = NULL, started_at = ?, updated_at = ?, cancel_requested = 0,"
        " pause_requested = 0, not_before = NULL"
        " WHERE id = (SELECT id FROM job WHERE status = 'queued' AND lane = ?"
        f" ORDER BY priority, id LIMIT 1) RETURNING {RETURNING_JOB}",
        (secrets.token_hex(8), transaction.now, transaction.now, str(lane)),
    ):
        try:
            job = job_of(claimed[0])
        except UNREADABLE:
            set_aside(transaction, claimed[0][0])  # or it would stop its lane for ever
            continue
        graph.tell(transaction, job)
        return job
    return None


def finish(
    transaction: Transaction,
    job: Job,
    result: Mapping[str, object],
    work_seconds: float,
    artifact: Artifact | None,
    found: Mapping[DocumentKind, Mapping[str, object]],
) -> bool:
    """Complete a job: artifact, film pointer, documents, children and events together. A `film` in
    the result is one that was there.

    False, and no change at all, when the claim is over or a cancel was committed first.
    """
    ended = transaction.changed(
        "UPDATE job SET status = 'completed', token = NULL, result = ?, work_seconds = ?,"
        " cancel_requested = 0, pause_requested = 0, completed_at = ?, updated_at = ?"
        " WHERE id = ? AND status = 'running' AND token = ? AND NOT cancel_requested",
        (
            values.dump_mapping(result),
            work_seconds,
            transaction.now,
            transaction.now,
            job.id,
            job.token,
        ),
    )
    if not ended:
        return False
    if artifact is not None:
        artifacts.settle(transaction, artifact)
    elif isinstance(film := result.get("film"), str):
        artifacts.show(transaction, job.session, film)
    for kind, body in found.items():
        documents.put(transaction, job.session, kind, body)
    if found:
        draw_anew(transaction, job.session)
    if job.units:
        _learn(transaction, job.kind, work_seconds, job.units)
    graph.parent_ended(transaction, graph.retold(transaction, job.id))
    return True


def end_attempt(
    transaction: Transaction, job: Job, ending: Ending, give_back: bool
) -> Ending | None:
    """End an attempt that did not complete. What became of the job; None if the claim is over."""
    asked = transaction.execute(
        "SELECT cancel_requested, pause_requested FROM job"
        " WHERE id = ? AND status = 'running' AND token = ?",
        (job.id, job.token),
    )
    if not asked:
        return None
    came = _as_asked(ending, *asked[0])
    over = came.status.terminal
    transaction.execute(
        "UPDATE job SET status = ?, token = NULL, fault = ?, not_before = ?,"
        " attempt = attempt - ?, completed_at = ?, updated_at = ?, cancel_requested = 0,"
        " pause_requested = 0 WHERE id = ? AND status = 'running' AND token = ?",
        (
            str(came.status),
            values.dump_fault(came.fault),
            transaction.now + round(came.delay * 1000)
            if came.status is JobStatus.DELAYED
            else None,
            int(give_back),
            transaction.now if over else None,
            transaction.now,
            job.id,
            job.token,
        ),
    )
    moved = graph.retold(transaction, job.id)
    if came.status is JobStatus.DELAYED:
        for name in retry_names_of(job.kind):
            transaction.emit(name, job.session, job.id, told_of(moved, moved.status))
    if over:
        graph.parent_ended(transaction, moved)
    return came


def wake_due(transaction: Transaction) -> int:
    """Queue the delayed jobs whose time has come; how many."""
    rows = transaction.execute(
        "UPDATE job SET status = 'queued', not_before = NULL, updated_at = ?"
        " WHERE status = 'delayed' AND (not_before <= ? OR not_before > ?) RETURNING id",
        (transaction.now, transaction.now, transaction.now + FARTHEST_DELAY_MS),
    )
    for (number,) in sorted(rows):
        with contextlib.suppress(*UNREADABLE):  # the claim sets that one aside
            graph.retold(transaction, number)
    return len(rows)


def _as_asked(ending: Ending, cancel: int, pause: int) -> Ending:
    """An attempt's end, minding what the owner asked of the job while it ran.

    The request was acknowledged: an attempt that fails or yields by itself must not swallow it.
    """
    if ending.status.terminal:
        return ending
    if cancel:
        return Ending(JobStatus.CANCELLED, CANCELLED_BY_OWNER)
    return Ending(JobStatus.PAUSED, ending.fault) if pause else ending


def set_aside(transaction: Transaction, number: int) -> None:
    """End a running job whose row cannot be read, so that the others can go on."""
    log.error("job %d cannot be read, and is set aside", number)
    fault = Fault(
        Category.CORRUPT, f"What Rushes kept of job {number} cannot be read.", "Import it again."
    )
    transaction.execute(
        "UPDATE job SET status = 'failed', token = NULL, options = '{}', result = '{}',"
        " stage = NULL, fault = ?, completed_at = ?, updated_at = ?, cancel_requested = 0,"
        " pause_requested = 0 WHERE id = ? AND status = 'running'",
        (values.dump_fault(fault), transaction.now, transaction.now, number),
    )
    with contextlib.suppress(*UNREADABLE):
        graph.parent_ended(transaction, graph.retold(transaction, number))


def _learn(transaction: Transaction, kind: JobKind, seconds: float, units: float) -> None:
    rows = transaction.execute("SELECT seconds, units FROM rate WHERE kind = ?", (str(kind),))
    known = Rate(*rows[0]).learned(seconds, units) if rows else Rate(seconds, units)
    transaction.execute(
        "INSERT OR REPLACE INTO rate (kind, seconds, units) VALUES (?, ?, ?)",
        (str(kind), known.seconds, known.units),
    )
