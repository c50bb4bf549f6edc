"""The canvas of a session, drawn anew when what it was drawn from has changed.

Functions here run inside a transaction of the writer.
"""

from __future__ import annotations

from backend.core.canvas import SOURCES, is_outdated
from backend.core.document import DocumentKind
from backend.core.flow import WRITES, Planned
from backend.core.job import ACTIVE, REFRESH, JobKind, Priority
from backend.store import graph, values
from backend.store.db import Transaction
from backend.store.tables import UNREADABLE

QUIET = 15_000
"""Milliseconds after a change before a canvas is drawn anew: more of them may follow."""


def draw_anew(transaction: Transaction, session: str, delay: int | None = None) -> None:
    """Where the canvas of a session is out of date: have it drawn anew by one job, once nothing
    more has changed for `delay` milliseconds, `QUIET` by default.

    One that is being drawn is looked at again when that is done.
    """
    if not is_behind(transaction, session) or not _can_be_drawn(transaction, session):
        return
    delay = QUIET if delay is None else delay
    active = _active(transaction, session)
    drawing = active.get(JobKind.CANVAS)
    if drawing is None:
        # What is about to change it once more is waited for.
        before = tuple(kind for kind in active if WRITES.get(kind) in SOURCES)
        planned = Planned(JobKind.CANVAS, Priority.LOW, follows=before, options={REFRESH: True})
        there = tuple(Planned(kind, Priority.LOW) for kind in before)
        graph.insert(transaction, session, (*there, planned), delay=delay)
    elif delay:
        transaction.execute(
            "UPDATE job SET not_before = ? WHERE id = ? AND status = 'delayed' AND attempt = 0",
            (transaction.now + delay, drawing),
        )
    elif transaction.changed(
        "UPDATE job SET status = 'queued', not_before = NULL, updated_at = ?"
        " WHERE id = ? AND status = 'delayed' AND attempt = 0",
        (transaction.now, drawing),
    ):
        graph.retold(transaction, drawing)


def is_behind(transaction: Transaction, session: str) -> bool:
    """Whether there is a canvas that is out of date."""
    rows = transaction.execute(
        "SELECT body FROM document WHERE session = ? AND kind = ? ORDER BY version DESC LIMIT 1",
        (session, str(DocumentKind.CANVAS)),
    )
    if not rows:
        return False
    newest = transaction.execute(
        "SELECT kind, max(version) FROM document WHERE session = ? GROUP BY kind", (session,)
    )
    try:
        return is_outdated(values.load_mapping(rows[0][0]), dict(newest))
    except UNREADABLE:
        return False  # whoever opens it is told


def _can_be_drawn(transaction: Transaction, session: str) -> bool:
    return bool(
        transaction.execute(
            "SELECT 1 FROM session WHERE id = ? AND film IS NOT NULL AND deleted_at IS NULL",
            (session,),
        )
    )


def _active(transaction: Transaction, session: str) -> dict[JobKind, int]:
    active = ", ".join(f"'{status}'" for status in sorted(ACTIVE))
    rows = transaction.execute(
        f"SELECT kind, id FROM job WHERE session = ? AND status IN ({active})", (session,)
    )
    return {JobKind(kind): number for kind, number in rows}
