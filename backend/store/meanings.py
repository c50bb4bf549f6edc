"""What was said and written, as vectors, so that it can be found by what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backend.core.document import NEAR, DocumentKind, Passage, stretches
from backend.core.time import ticks
from backend.store.db import Database, Transaction
from backend.store.search import MILLISECOND, Hit

TITLE = "title"
MEANT = (TITLE, DocumentKind.TRANSCRIPT, DocumentKind.CHAPTERS, DocumentKind.SUMMARY)
"""Kinds of passages that are sentences, or stand for them. Text on screen is scraps of it."""
_SEARCHED = ", ".join(f"'{kind}'" for kind in MEANT)


@dataclass(frozen=True, slots=True)
class Due:
    """Passages of one kind of one session whose vectors are to be made."""

    session: str
    kind: str
    change: int
    stretches: tuple[Passage, ...]
    known: Mapping[str, bytes]
    """Vectors there are of some of their texts already."""


class Meanings:
    """Vectors are opaque here: bytes, of one model at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remake(self, model: str) -> None:
        """Let all be due whose vectors are another model's."""

        def remake(transaction: Transaction) -> None:
            transaction.execute(
                "INSERT INTO meant_due SELECT DISTINCT session, kind, 1 FROM meant"
                " WHERE model <> ? ON CONFLICT DO NOTHING",
                (model,),
            )

        if self._database.read("SELECT 1 FROM meant WHERE model <> ? LIMIT 1", (model,)):
            self._database.write(remake)

    def behind(self) -> int:
        """Sessions of which something is due."""
        return int(
            self._database.read(
                "SELECT count(DISTINCT session) FROM meant_due JOIN session ON session.id ="
                f" meant_due.session WHERE deleted_at IS NULL AND kind IN ({_SEARCHED})"
            )[0][0]
        )

    def due(self, model: str) -> Due | None:
        """The next whose vectors are to be made: of the newest session first."""
        rows = self._database.read(
            "SELECT meant_due.session, kind, change FROM meant_due JOIN session ON session.id ="
            f" meant_due.session WHERE deleted_at IS NULL AND kind IN ({_SEARCHED})"
            " ORDER BY session.created_at DESC, kind LIMIT 1"
        )
        if not rows:
            return None
        session, kind, change = rows[0]
        passages = [
            Passage(start * MILLISECOND, end * MILLISECOND, text)
            for start, end, text in self._database.read(
                "SELECT start_ms, end_ms, text FROM passage WHERE session = ? AND kind = ?"
                " ORDER BY start_ms, id",
                (session, kind),
            )
        ]
        known = self._database.read(
            "SELECT text, vector FROM meant WHERE session = ? AND kind = ? AND model = ?",
            (session, kind, model),
        )
        joined = stretches(passages) if kind == DocumentKind.TRANSCRIPT else tuple(passages)
        return Due(session, kind, change, joined, dict(known))

    def put(self, due: Due, vectors: Mapping[str, bytes], model: str) -> None:
        """Record the vectors of all texts of `due`; it is due no more unless it changed again."""

        def put(transaction: Transaction) -> None:
            transaction.execute(
                "DELETE FROM meant WHERE session = ? AND kind = ?", (due.session, due.kind)
            )
            if transaction.execute("SELECT 1 FROM session WHERE id = ?", (due.session,)):
                for one in due.stretches:
                    transaction.execute(
                        "INSERT INTO meant (session, kind, start_ms, text, model, vector)"
                        " VALUES (?, ?, ?, ?, ?, ?)",
                        (
                            due.session,
                            due.kind,
                            ticks(one.start, MILLISECOND),
                            one.text,
                            model,
                            vectors[one.text],
                        ),
                    )
            transaction.execute(
                "DELETE FROM meant_due WHERE session = ? AND kind = ? AND change = ?",
                (due.session, due.kind, due.change),
            )

        self._database.write(put)

    def since(self, last: int, model: str, limit: int) -> list[tuple[int, bytes]]:
        """Vectors newer than number `last`, in the order of their numbers."""
        return [
            (number, vector)
            for number, vector in self._database.read(
                "SELECT id, vector FROM meant WHERE id > ? AND model = ? ORDER BY id LIMIT ?",
                (last, model, limit),
            )
        ]

    def hits(self, numbers: Sequence[int], session: str | None = None) -> list[Hit]:
        """What these vectors stand for, in their order, without what is gone meanwhile."""
        marks = ", ".join("?" * len(numbers))
        within = "" if session is None else " AND meant.session = ?"
        named = (*numbers, *(() if session is None else (session,)))
        found = {
            number: Hit(owner, title, kind, start * MILLISECOND, text)
            for number, owner, title, kind, start, text in self._database.read(
                "SELECT meant.id, meant.session, session.title, kind, start_ms, text FROM meant"
                " JOIN session ON session.id = meant.session"
                f" WHERE session.deleted_at IS NULL AND meant.id IN ({marks}){within}",
                named,
            )
        }
        return [found[number] for number in numbers if number in found]


def apart(hits: Sequence[Hit]) -> list[Hit]:
    """Hits without those that lead to where a better one leads already."""
    kept: list[Hit] = []
    for hit in hits:
        if not any(
            hit.session == other.session
            and (hit.kind == TITLE) == (other.kind == TITLE)
            and abs(hit.start - other.start) < NEAR
            for other in kept
        ):
            kept.append(hit)
    return kept
