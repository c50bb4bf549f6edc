"""What the owner asks of jobs: cancel, retry, pause, resume, clear.

Functions here run inside a transaction of the writer. A job that runs is not touched: the request
is written down, and the supervisor, woken by its event, sees to it.
"""

from __future__ import annotations

from collections.abc import Collection

from backend.core.fault import Category, Fault
from backend.core.job import Job, JobStatus
from backend.store import graph
from backend.store.db import Transaction

CANCELLED_BY_OWNER = Fault(Category.CANCELLED, "You cancelled it.", "Retry starts it again.")


class Conflict(Exception):
    """A job, or a session, is not in a state that allows what was asked."""


def cancel(transaction: Transaction, number: int) -> Job:
    """Cancel a job, or ask the supervisor to, if it runs.

    Raises KeyError for no such job, `Conflict` for one that has ended.
    """
    job = _found(transaction, number)
    if job.status.terminal:
        raise Conflict(f"Job {number} has already ended: it is {job.status}.")
    if job.status is JobStatus.RUNNING:
        _request(transaction, job, "cancel")
    else:
        graph.cancel_waiting(transaction, job, CANCELLED_BY_OWNER)
    return _found(transaction, number)


def retry(transaction: Transaction, number: int) -> Job:
    """Let a failed or cancelled job start afresh, and what was cancelled with it.

    Raises KeyError for no such job, `Conflict` for one that did not fail and was not cancelled.
    """
    job = _found(transaction, number)
    if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED):
        raise Conflict(f"Job {number} is {job.status}: there is nothing to retry.")
    graph.bring_back(transaction, job)
    return _found(transaction, number)


def pause(transaction: Transaction, number: int) -> Job:
    """Pause a job; a running one stops at its next checkpoint. Raises as `cancel` does."""
    job = _found(transaction, number)
    if job.status.terminal:
        raise Conflict(f"Job {number} has already ended: it is {job.status}.")
    if job.status is JobStatus.RUNNING:
        _request(transaction, job, "pause")
    elif job.status is not JobStatus.PAUSED:
        transaction.execute(
            "UPDATE job SET status = 'paused', not_before = NULL, updated_at = ? WHERE id = ?",
            (transaction.now, number),
        )
        graph.retold(transaction, number)
    return _found(transaction, number)


def resume(transaction: Transaction, number: int) -> Job:
    """Let a paused job go on. Raises KeyError, or `Conflict` if it is not paused."""
    job = _found(transaction, number)
    if job.status is JobStatus.RUNNING and job.pause_requested:
        transaction.execute(
            "UPDATE job SET pause_requested = 0, updated_at = ? WHERE id = ?",
            (transaction.now, number),
        )
        return _found(transaction, number)
    if job.status is not JobStatus.PAUSED:
        raise Conflict(f"Job {number} is {job.status}, not paused.")
    transaction.execute(
        "UPDATE job SET status = ?, updated_at = ? WHERE id = ? AND status = 'paused'",
        (str(graph.standing(transaction, number)), transaction.now, number),
    )
    graph.retold(transaction, number)
    return _found(transaction, number)


def clear(transaction: Transaction) -> int:
    """Forget the jobs that completed or were cancelled; how many.

    Failed ones stay in sight, and so does the cancelled merge of a session that has no film: by it
    alone the film can still be asked for.
    """
    return transaction.changed(
        # What hangs together with a job that stays does so too: a retry needs it.
        "WITH RECURSIVE held (id) AS ("
        " SELECT id FROM job WHERE status NOT IN ('completed', 'cancelled')"
        " OR (kind = 'merge' AND status = 'cancelled' AND session IN"
        "  (SELECT id FROM session WHERE film IS NULL AND deleted_at IS NULL))"
        " UNION SELECT edge.child FROM held JOIN edge ON edge.parent = held.id"
        " UNION SELECT edge.parent FROM held JOIN edge ON edge.child = held.id)"
        " DELETE FROM job WHERE status IN ('completed', 'cancelled')"
        " AND id NOT IN (SELECT id FROM held)"
    )


def cancel_all(transaction: Transaction, session: str) -> None:
    """Within a transaction: cancel what waits of a session, ask what runs to end."""
    rows = transaction.execute("SELECT id FROM job WHERE session = ? ORDER BY id", (session,))
    for (number,) in rows:
        job = _found(transaction, number)
        if job.status is JobStatus.RUNNING:
            _request(transaction, job, "cancel")
        elif not job.status.terminal:
            graph.cancel_waiting(transaction, job, CANCELLED_BY_OWNER)


def retry_all(transaction: Transaction, session: str, numbers: Collection[int]) -> list[int]:
    """Within a transaction: let these jobs of a session start afresh, where they failed or were
    cancelled; which did. None where the session is at work on something else already."""
    jobs = graph.of_session(transaction, session)
    if any(not job.status.terminal for job in jobs):
        return []
    before = {job.id for job in jobs if job.id in numbers}
    for number in sorted(before):
        job = _found(transaction, number)
        if job.status in (JobStatus.FAILED, JobStatus.CANCELLED):
            graph.bring_back(transaction, job)
    after = graph.of_session(transaction, session)
    return [job.id for job in after if job.id in before and not job.status.terminal]


def _found(transaction: Transaction, number: int) -> Job:
    job = graph.load(transaction, number)
    if job is None:
        raise KeyError(number)
    return job


def _request(transaction: Transaction, job: Job, what: str) -> None:
    transaction.execute(
        f"UPDATE job SET {what}_requested = 1, updated_at = ? WHERE id = ?",
        (transaction.now, job.id),
    )
    transaction.emit(f"job-{what}-requested", job.session, job.id, {"kind": str(job.kind)})
