"""The job queue: every read and every move of a job."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import apsw

from backend.core.artifact import Artifact
from backend.core.document import DocumentKind
from backend.core.fault import Category, Fault
from backend.core.flow import Graph
from backend.core.job import (
    ACTIVE,
    TERMINAL,
    Ending,
    Job,
    JobKind,
    JobStatus,
    Lane,
    after_failure,
    after_interruption,
)
from backend.core.progress import Rate
from backend.store import claims, graph, orders
from backend.store.db import Database, Transaction
from backend.store.orders import CANCELLED_BY_OWNER, Conflict
from backend.store.tables import RETURNING_JOB, UNREADABLE, JobRow, drained, job_from, job_of

log = logging.getLogger(__name__)

KEPT = 10_000
"""Jobs kept once they have ended."""
AT_ONCE = 50
"""Sessions whose jobs are stored, cancelled or retried in one transaction."""


class Jobs:
    """Every read and every move of a job. Methods that write return when it is durable."""

    def __init__(self, database: Database, jitter: random.Random | None = None) -> None:
        self._database = database
        self._jitter = jitter

    # Reading

    def get(self, job: int) -> Job | None:
        rows = self._database.read(f"SELECT {RETURNING_JOB} FROM job WHERE id = ?", (job,))
        return job_of(rows[0]) if rows else None

    def page(
        self,
        *,
        statuses: Iterable[JobStatus] = (),
        kinds: Iterable[JobKind] = (),
        session: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[Job]:
        """Jobs, the newest first."""
        query = JobRow.select().order_by(JobRow.id.desc()).limit(limit).offset(offset)
        if statuses := list(statuses):
            query = query.where(JobRow.status.in_([str(s) for s in statuses]))
        if kinds := list(kinds):
            query = query.where(JobRow.kind.in_([str(k) for k in kinds]))
        if session is not None:
            query = query.where(JobRow.session == session)
        return _readable(drained(query))

    def of_sessions(self, sessions: Sequence[str]) -> dict[str, list[Job]]:
        """The jobs of each of these sessions, oldest first."""
        found: dict[str, list[Job]] = {session: [] for session in sessions}
        query = JobRow.select().where(JobRow.session.in_(list(sessions))).order_by(JobRow.id)
        for job in _readable(drained(query)):
            found[job.session].append(job)
        return found

    def active(self) -> list[Job]:
        """Every job that has not ended, in the order of their ids."""
        query = JobRow.select().where(JobRow.status.in_([str(s) for s in ACTIVE]))
        return _readable(drained(query.order_by(JobRow.id)))

    def work_ahead(self) -> dict[tuple[Lane, JobKind], tuple[int, float]]:
        """By lane and kind: how many jobs wait or run, and the units of work in them."""
        rows = self._database.read(
            "SELECT lane, kind, count(*), coalesce(sum(units), 0) FROM job"
            " WHERE status IN ('pending', 'queued', 'delayed', 'running') GROUP BY lane, kind"
        )
        return {(Lane(lane), JobKind(kind)): (jobs, units) for lane, kind, jobs, units in rows}

    def busy_sessions(self) -> int:
        """How many sessions have jobs that wait or run."""
        rows = self._database.read(
            "SELECT count(DISTINCT session) FROM job WHERE status IN"
            " ('pending', 'queued', 'delayed', 'running')"
        )
        return int(rows[0][0])

    def counts(self) -> dict[JobStatus, int]:
        rows = self._database.read("SELECT status, jobs FROM job_count")
        return {JobStatus(status): jobs for status, jobs in rows}

    def next_in(self, lane: Lane) -> Job | None:
        """The job that the next claim in this lane would take."""
        rows = self._database.read(
            f"SELECT {RETURNING_JOB} FROM job WHERE status = 'queued' AND lane = ?"
            " ORDER BY priority, id LIMIT 1",
            (str(lane),),
        )
        return job_of(rows[0]) if rows else None

    def next_due(self) -> int | None:
        """When the first delayed job is due, in milliseconds since 1970."""
        rows = self._database.read("SELECT min(not_before) FROM job WHERE status = 'delayed'")
        return rows[0][0] if rows else None

    def parents(self, jobs: Sequence[int]) -> dict[int, list[int]]:
        """The parents of each of these jobs."""
        found: dict[int, list[int]] = {job: [] for job in jobs}
        for parent, child in self._database.read(
            "SELECT parent, child FROM edge WHERE child IN (SELECT value FROM json_each(?))",
            (json.dumps(list(jobs)),),  # as one parameter, since there is a limit to their number
        ):
            found[child].append(parent)
        return found

    # Asking

    def request_many(self, wanted: Sequence[tuple[str, Graph, float]]) -> dict[str, list[Job]]:
        """Add jobs to many sessions: by session, with its length in seconds. Those that are gone
        meanwhile are left out. Nobody else waits longer for it than for `AT_ONCE` sessions."""
        found: dict[str, list[Job]] = {}
        for at in range(0, len(wanted), AT_ONCE):
            found |= self._database.write(partial(_request_some, wanted=wanted[at : at + AT_ONCE]))
        return found

    # Running

    def claim(self, lane: Lane) -> Job | None:
        """Take the most urgent queued job of a lane. The attempt counts from here on."""
        return self._database.write(partial(claims.claim, lane=lane))

    def stage(self, job: Job, stage: str) -> bool:
        """Record the stage that a running job has come to; False if the claim is over."""

        def record(transaction: Transaction) -> bool:
            return bool(
                transaction.changed(
                    "UPDATE job SET stage = ?, updated_at = ? WHERE id = ? AND token = ?",
                    (stage, transaction.now, job.id, job.token),
                )
            )

        return self._database.write(record)

    def holds(self, job: Job) -> bool:
        """Whether the claim under which this job was handed out is still the one that counts."""
        rows = self._database.read(
            "SELECT 1 FROM job WHERE id = ? AND token = ? AND status = 'running'",
            (job.id, job.token),
        )
        return bool(rows)

    def finish(
        self,
        job: Job,
        result: Mapping[str, object],
        work_seconds: float,
        artifact: Artifact | None = None,
        found: Mapping[DocumentKind, Mapping[str, object]] | None = None,
    ) -> bool:
        """Complete a job: artifact, film pointer, documents, children and events in one
        transaction.

        False, and no change at all, when the claim is over, because somebody else ended it first,
        or when a cancel was committed first.
        """
        return self._database.write(
            partial(
                claims.finish,
                job=job,
                result=result,
                work_seconds=work_seconds,
                artifact=artifact,
                found=found or {},
            )
        )

    def fail(self, job: Job, fault: Fault) -> Ending | None:
        """End an attempt that failed. What became of the job; None when the claim is over."""
        if fault.category is Category.MISSING:
            # A drive that is not there is no fault of the job's.
            ending = Ending(JobStatus.FAILED, fault)
        else:
            ending = after_failure(fault, job.attempt, job.max_attempts, self._jitter)
        give_back = fault.category in (Category.MISSING, Category.CANCELLED)
        return self._end_attempt(job, ending, give_back)

    def give_back(self, job: Job, paused: bool = False) -> Ending | None:
        """Stop a running job so that it goes on later, its attempt not counted."""
        status = JobStatus.PAUSED if paused else JobStatus.QUEUED
        return self._end_attempt(job, Ending(status, None), give_back=True)

    def _end_attempt(self, job: Job, ending: Ending, give_back: bool) -> Ending | None:
        return self._database.write(
            partial(claims.end_attempt, job=job, ending=ending, give_back=give_back)
        )

    def wake_due(self) -> int:
        """Queue the delayed jobs whose time has come; how many."""
        return self._database.write(claims.wake_due)

    def recover(self) -> list[int]:
        """At start, before any claim: take back the jobs of a backend that died.

        One by one, so that a job whose row cannot be read does not strand the others. Ids of the
        jobs that could not be taken back.
        """
        stranded = []
        for (number,) in self._database.read("SELECT id FROM job WHERE status = 'running'"):
            try:
                job = self.get(number)
                if job is None:
                    continue
                if job.cancel_requested:
                    self.fail(job, CANCELLED_BY_OWNER)
                    continue
                ending = after_interruption(job.attempt, job.max_attempts)
                self._end_attempt(job, ending, give_back=False)
            except Exception as error:
                stranded.append(int(number))
                if isinstance(error, UNREADABLE):
                    self._database.write(partial(claims.set_aside, number=number))
        return stranded

    # The owner's hand

    def cancel(self, number: int) -> Job:
        """Cancel a job, or ask the supervisor to, if it runs.

        Raises KeyError for no such job, `Conflict` for one that has ended.
        """
        return self._database.write(partial(orders.cancel, number=number))

    def cancel_session(self, session: str) -> list[Job]:
        """Cancel all that has not ended of a session; the jobs as they are then."""

        def cancel(transaction: Transaction) -> list[Job]:
            orders.cancel_all(transaction, session)
            return graph.of_session(transaction, session)

        return self._database.write(cancel)

    def cancel_all(self) -> list[int]:
        """Cancel everything that has not ended: what waits at once, what runs is asked to end.
        Which jobs these were."""
        cancelled: list[int] = []
        active = "SELECT session, id FROM job WHERE status NOT IN ({}) ORDER BY id".format(
            ", ".join(f"'{status}'" for status in sorted(TERMINAL))
        )
        busy = _by_session(self._database.read(active))

        def cancel(transaction: Transaction, sessions: Sequence[str]) -> None:
            for session in sessions:
                orders.cancel_all(transaction, session)

        for some in _parted(list(busy)):
            self._database.write(partial(cancel, sessions=some))
            cancelled += [number for session in some for number in busy[session]]
        return cancelled

    def retry_all(self, numbers: Sequence[int]) -> list[int]:
        """Let those of these jobs start afresh that failed or were cancelled, in sessions that
        nothing else is at work on; which did."""
        rows = self._database.read(
            "SELECT session, id FROM job WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(list(numbers)),),
        )
        mine = _by_session(rows)

        def retry(transaction: Transaction, sessions: Sequence[str]) -> list[int]:
            return [
                number
                for session in sessions
                for number in orders.retry_all(transaction, session, mine[session])
            ]

        return [
            number
            for some in _parted(list(mine))
            for number in self._database.write(partial(retry, sessions=some))
        ]

    def retry(self, number: int) -> Job:
        """Let a failed or cancelled job start afresh, and what was cancelled with it.

        Raises KeyError for no such job, `Conflict` for one that did not fail and was not cancelled.
        """
        try:
            return self._database.write(partial(orders.retry, number=number))
        except apsw.ConstraintError as error:
            raise Conflict(f"Another job does the work of job {number} already.") from error

    def pause(self, number: int) -> Job:
        """Pause a job; a running one stops at its next checkpoint. Raises as `cancel` does."""
        return self._database.write(partial(orders.pause, number=number))

    def resume(self, number: int) -> Job:
        """Let a paused job go on. Raises KeyError, or `Conflict` if it is not paused."""
        return self._database.write(partial(orders.resume, number=number))

    def clear(self) -> int:
        """Forget what completed or was cancelled and is not needed for a retry; how many jobs."""
        return self._database.write(orders.clear)

    def prune(self) -> None:
        """Keep the newest `KEPT` of the jobs that have ended."""

        def prune(transaction: Transaction) -> None:
            transaction.execute(
                "DELETE FROM job WHERE status IN ('completed', 'failed', 'cancelled') AND id <="
                " (SELECT id FROM job WHERE status IN ('completed', 'failed', 'cancelled')"
                "  ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (KEPT,),
            )

        self._database.write(prune)

    def rates(self) -> dict[JobKind, Rate]:
        """What each kind of work has cost on this machine."""
        rows = self._database.read("SELECT kind, seconds, units FROM rate WHERE units > 0")
        return {JobKind(kind): Rate(seconds, units) for kind, seconds, units in rows}


def _by_session(rows: Iterable[Sequence[Any]]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for session, number in rows:
        found.setdefault(session, []).append(number)
    return found


def _parted(sessions: Sequence[str]) -> Iterator[Sequence[str]]:
    """As many at a time as one transaction takes."""
    for at in range(0, len(sessions), AT_ONCE):
        yield sessions[at : at + AT_ONCE]


def _request_some(
    transaction: Transaction, wanted: Sequence[tuple[str, Graph, float]]
) -> dict[str, list[Job]]:
    there = "SELECT 1 FROM session WHERE id = ? AND deleted_at IS NULL"
    return {
        session: graph.request(transaction, session, planned, units)
        for session, planned, units in wanted
        if transaction.execute(there, (session,))
    }


def _readable(rows: Iterable[Mapping[str, Any]]) -> list[Job]:
    """Jobs from rows, without those that cannot be read: the others are to be seen all the same."""
    jobs = []
    for row in rows:
        try:
            jobs.append(job_from(row))
        except UNREADABLE as error:
            log.warning("job %s cannot be read: %s", row["id"], error)
    return jobs
