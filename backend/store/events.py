"""The log of what happened: a page that was away reads what it missed."""

from __future__ import annotations

from collections.abc import Sequence

from backend.core.event import Event
from backend.core.job import REFRESH, Job, JobStatus
from backend.store.db import Database, Transaction
from backend.store.tables import EventRow, drained, event_from

KEPT = 10_000
"""Events kept; about a thousand sessions' worth."""


class Events:
    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> int:
        """Id of the newest event; 0 before the first."""
        return int(self._database.read("SELECT coalesce(max(id), 0) FROM event")[0][0])

    def since(self, last: int) -> Sequence[Event] | None:
        """The events after `last`, in order; None when some of them are no longer kept.

        Ids follow one another without a gap, except where the log was cut or mended.
        """
        query = EventRow.select().where(EventRow.id > last).order_by(EventRow.id)
        after = [event_from(row) for row in drained(query)]
        if after:
            return after if after[-1].id == last + len(after) else None
        return after if last == self.last() else None

    def prune(self) -> None:
        """Forget all but the newest `KEPT`. Ids go on counting."""

        def prune(transaction: Transaction) -> None:
            transaction.execute(
                "DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?", (KEPT,)
            )

        self._database.write(prune)


def told_of(job: Job, status: JobStatus) -> dict[str, object]:
    """What an event says of a job that has moved to `status`."""
    return {
        "kind": str(job.kind),
        "status": str(status),
        "stage": job.stage,
        "attempt": job.attempt,
        "error": None if job.fault is None else job.fault.as_dict(),
        **({REFRESH: True} if job.is_refresh else {}),
    }
