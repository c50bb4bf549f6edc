"""Graphs of jobs: stored whole, then walked edge by edge as their jobs end.

Functions here run inside a transaction of the writer.
"""

from __future__ import annotations

from backend.core.event import names_of, retry_names_of
from backend.core.fault import Category, Fault
from backend.core.flow import Graph, readiness
from backend.core.job import ACTIVE, MAX_ATTEMPTS, Job, JobKind, JobStatus
from backend.store import values
from backend.store.db import Transaction
from backend.store.events import told_of
from backend.store.tables import RETURNING_JOB, job_of


def load(transaction: Transaction, job: int) -> Job | None:
    rows = transaction.execute(f"SELECT {RETURNING_JOB} FROM job WHERE id = ?", (job,))
    return job_of(rows[0]) if rows else None


def of_session(transaction: Transaction, session: str) -> list[Job]:
    """Its jobs, the oldest first."""
    rows = transaction.execute(
        f"SELECT {RETURNING_JOB} FROM job WHERE session = ? ORDER BY id", (session,)
    )
    return [job_of(row) for row in rows]


def tell(transaction: Transaction, job: Job) -> None:
    """Append the events of a job's arrival in its present status."""
    for name in names_of(job.kind, job.status):
        transaction.emit(name, job.session, job.id, told_of(job, job.status))


def insert(
    transaction: Transaction,
    session: str,
    graph: Graph,
    units: float | None = None,
    delay: int = 0,
) -> list[Job]:
    """Store a session's whole graph. A kind that is already active there is left as it is.

    `units` is the size of the session's work, in seconds of recording; `delay` how long those wait
    that could begin at once, in milliseconds.
    """
    active = ", ".join(f"'{status}'" for status in sorted(ACTIVE))
    ids: dict[JobKind, int] = {}
    new: set[JobKind] = set()
    for planned in graph:
        # One that nobody asked for and that has not begun makes room for one that is asked for.
        transaction.execute(
            "DELETE FROM job WHERE session = ? AND kind = ? AND status = 'delayed' AND attempt = 0",
            (session, str(planned.kind)),
        )
        present = transaction.execute(
            f"SELECT id FROM job WHERE session = ? AND kind = ? AND status IN ({active})",
            (session, str(planned.kind)),
        )
        if present:
            ids[planned.kind] = present[0][0]
            continue
        parents = {*planned.requires, *planned.follows} & ids.keys()
        waits = JobStatus.DELAYED if delay else JobStatus.QUEUED
        transaction.execute(
            "INSERT INTO job (session, kind, lane, status, priority, options, max_attempts, units,"
            " not_before, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                session,
                str(planned.kind),
                str(planned.lane),
                str(JobStatus.PENDING if parents else waits),
                int(planned.priority),
                values.dump_mapping(planned.options),
                MAX_ATTEMPTS,
                units,
                transaction.now + delay if delay and not parents else None,
                transaction.now,
                transaction.now,
            ),
        )
        ids[planned.kind] = transaction.connection.last_insert_rowid()
        new.add(planned.kind)
        for parent in parents:
            transaction.execute(
                "INSERT INTO edge (parent, child, required) VALUES (?, ?, ?)",
                (ids[parent], ids[planned.kind], parent in planned.requires),
            )
    jobs = [job for kind in new if (job := load(transaction, ids[kind])) is not None]
    jobs.sort(key=lambda job: job.id)
    for job in jobs:
        tell(transaction, job)
    return jobs


def request(
    transaction: Transaction, session: str, planned: Graph, units: float | None
) -> list[Job]:
    """Store these jobs of a session; where one of a kind is active, that one stands for it."""
    insert(transaction, session, planned, units)
    newest = {job.kind: job for job in of_session(transaction, session)}
    return [newest[one.kind] for one in planned]


def _children(transaction: Transaction, parent: int) -> list[Job]:
    rows = transaction.execute(
        f"SELECT {RETURNING_JOB} FROM job WHERE id IN (SELECT child FROM edge WHERE parent = ?)"
        " ORDER BY id",
        (parent,),
    )
    return [job_of(row) for row in rows]


def standing(transaction: Transaction, job: int) -> JobStatus:
    """What the parents of a waiting job allow it: PENDING, QUEUED or CANCELLED."""
    rows = transaction.execute(
        "SELECT job.status, edge.required FROM edge JOIN job ON job.id = edge.parent"
        " WHERE edge.child = ?",
        (job,),
    )
    return readiness(
        [JobStatus(status) for status, required in rows if required],
        [JobStatus(status) for status, required in rows if not required],
    )


def parent_ended(transaction: Transaction, parent: Job) -> None:
    """Let the children of a job that has just ended go on, or go with it."""
    for child in _children(transaction, parent.id):
        if child.status not in (JobStatus.PENDING, JobStatus.PAUSED):
            continue
        allowed = standing(transaction, child.id)
        if allowed is JobStatus.CANCELLED:
            cancel_waiting(transaction, child, _because(parent), parent.id)
        elif (
            allowed is JobStatus.QUEUED
            and child.status is JobStatus.PENDING
            and transaction.changed(
                "UPDATE job SET status = 'queued', updated_at = ? WHERE id = ?"
                " AND status = 'pending'",
                (transaction.now, child.id),
            )
        ):
            retold(transaction, child.id)


def retold(transaction: Transaction, job: int) -> Job:
    """Tell of a job's new status; the job as it is now."""
    moved = load(transaction, job)
    assert moved is not None
    tell(transaction, moved)
    return moved


def _because(parent: Job) -> Fault:
    word = "failed" if parent.status is JobStatus.FAILED else "was cancelled"
    reason = f": {parent.fault.message}" if parent.fault else ""
    return Fault(
        Category.CANCELLED,
        f"It needs the {parent.kind} of this session, which {word}{reason}",
        f"Retry job {parent.id}; this one then follows.",
    )


def cancel_waiting(
    transaction: Transaction, job: Job, fault: Fault, with_parent: int | None = None
) -> None:
    """Cancel a job that does not run, and those that cannot do without it.

    `with_parent` is the job whose ending takes this one along: its retry brings it back.
    """
    cancelled = transaction.changed(
        "UPDATE job SET status = 'cancelled', fault = ?, went_with = ?, not_before = NULL,"
        " completed_at = ?, updated_at = ? WHERE id = ?"
        " AND status IN ('pending', 'queued', 'delayed', 'paused')",
        (values.dump_fault(fault), with_parent, transaction.now, transaction.now, job.id),
    )
    if cancelled:  # else it has just gone with a sibling that it needs as well
        parent_ended(transaction, retold(transaction, job.id))


def bring_back(transaction: Transaction, job: Job) -> None:
    """Let a failed or cancelled job start afresh, with the descendants that went with it.

    Required parents that failed or were cancelled come back too, since it waits for them.
    """
    for parent in _required_parents(transaction, job.id):
        if parent.status in (JobStatus.FAILED, JobStatus.CANCELLED):
            bring_back(transaction, parent)
    transaction.execute(
        "UPDATE job SET status = ?, attempt = 0, fault = NULL, stage = NULL, went_with = NULL,"
        " cancel_requested = 0, pause_requested = 0, not_before = NULL, started_at = NULL,"
        " completed_at = NULL, updated_at = ? WHERE id = ? AND status IN ('failed', 'cancelled')",
        (str(standing(transaction, job.id)), transaction.now, job.id),
    )
    if not transaction.connection.changes():
        return  # a parent has just brought it along
    back = retold(transaction, job.id)
    for name in retry_names_of(back.kind):
        transaction.emit(name, back.session, back.id, told_of(back, back.status))
    for (child,) in transaction.execute(
        "SELECT id FROM job WHERE went_with = ? AND status = 'cancelled'", (job.id,)
    ):
        gone = load(transaction, child)
        assert gone is not None
        bring_back(transaction, gone)


def _required_parents(transaction: Transaction, child: int) -> list[Job]:
    rows = transaction.execute(
        f"SELECT {RETURNING_JOB} FROM job WHERE id IN"
        " (SELECT parent FROM edge WHERE child = ? AND required)",
        (child,),
    )
    return [job_of(row) for row in rows]
