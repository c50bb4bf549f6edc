"""What was found out about sessions, version by version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.core.document import Document, DocumentKind, Origin, Passage, Version, passages
from backend.core.event import SESSION_UPDATED
from backend.core.time import ticks
from backend.store import values
from backend.store.db import Database, Transaction
from backend.store.orders import Conflict
from backend.store.redraw import draw_anew
from backend.store.search import MILLISECOND
from backend.store.tables import UNREADABLE

KEPT = 20
"""Versions of one document; the first one stays beside the newest."""


class Documents:
    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, session: str, kind: DocumentKind) -> Document | None:
        rows = self._database.read(
            "SELECT version, origin, body, created_at FROM document"
            " WHERE session = ? AND kind = ? ORDER BY version DESC LIMIT 1",
            (session, str(kind)),
        )
        return _document(session, kind, rows[0]) if rows else None

    def version(self, session: str, kind: DocumentKind, number: int) -> Document | None:
        rows = self._database.read(
            "SELECT version, origin, body, created_at FROM document"
            " WHERE session = ? AND kind = ? AND version = ?",
            (session, str(kind), number),
        )
        return _document(session, kind, rows[0]) if rows else None

    def versions(self, session: str, kind: DocumentKind) -> list[Version]:
        """All that are kept, the newest first."""
        return [
            Version(number, Origin(origin), model, values.moment(made))
            for number, origin, model, made in self._database.read(
                "SELECT version, origin, model, created_at FROM document"
                " WHERE session = ? AND kind = ? ORDER BY version DESC",
                (session, str(kind)),
            )
        ]

    def of_session(self, session: str) -> dict[DocumentKind, Document]:
        """The newest of each kind."""
        found = {kind: self.newest(session, kind) for kind in DocumentKind}
        return {kind: document for kind, document in found.items() if document is not None}

    def told(
        self, session: str
    ) -> tuple[dict[DocumentKind, Mapping[str, Any]], dict[DocumentKind, int]]:
        """What the newest of each kind says, and the version that it is."""
        found = self.of_session(session).items()
        return {kind: one.body for kind, one in found}, {kind: one.version for kind, one in found}

    def known(self) -> dict[str, set[DocumentKind]]:
        """By session: the kinds of documents that there are of it."""
        found: dict[str, set[DocumentKind]] = {}
        for session, kind in self._database.read("SELECT DISTINCT session, kind FROM document"):
            if kind in set(DocumentKind):
                found.setdefault(session, set()).add(DocumentKind(kind))
        return found

    def edit(
        self, session: str, kind: DocumentKind, body: Mapping[str, Any], based_on: int
    ) -> Document:
        """Keep what the owner wrote as the newest version; the one it was `based_on` stays.

        Raises KeyError for no such session or document, `Conflict` where a newer version has come
        meanwhile.
        """

        def edit(transaction: Transaction) -> int:
            number = _newest(transaction, session, kind)
            if number == 0:
                raise KeyError(session)
            if number != based_on:
                raise Conflict(f"The {kind} has changed since you began; look at it again.")
            number = put(transaction, session, kind, body, Origin.EDITED)
            draw_anew(transaction, session)
            return number

        written = self.version(session, kind, self._database.write(edit))
        assert written is not None
        return written

    def versions_now(self, session: str) -> dict[DocumentKind, int]:
        """The newest version of each kind."""
        return dict(
            self._database.read(
                "SELECT kind, max(version) FROM document WHERE session = ? GROUP BY kind",
                (session,),
            )
        )

    def draw_now(self, session: str) -> None:
        """Where the canvas is out of date, have it drawn anew without waiting for more changes."""
        self._database.write(lambda transaction: draw_anew(transaction, session, delay=0))

    def reindex(self) -> None:
        """Make what is searched again, from the titles and the newest documents."""

        def reindex(transaction: Transaction) -> None:
            transaction.execute("DELETE FROM passage")
            transaction.execute("INSERT INTO passage_words (passage_words) VALUES ('rebuild')")
            transaction.execute(
                "INSERT INTO passage (session, kind, start_ms, end_ms, text)"
                " SELECT id, 'title', 0, 0, title FROM session"
            )
            for session, kind, body in transaction.execute(
                "SELECT session, kind, body FROM document AS d WHERE version ="
                " (SELECT max(version) FROM document WHERE session = d.session AND kind = d.kind)"
            ):
                try:
                    found = passages(DocumentKind(kind), values.load_mapping(body))
                except UNREADABLE:
                    continue
                _index(transaction, session, kind, found)

        self._database.write(reindex)


def put(
    transaction: Transaction,
    session: str,
    kind: DocumentKind,
    body: Mapping[str, Any],
    origin: Origin = Origin.MADE,
) -> int:
    """Within a transaction: a document becomes the newest version of its kind, and is what is
    searched. Its number."""
    found = passages(kind, body)  # before anything is written: a body that cannot be read raises
    number = _newest(transaction, session, kind) + 1
    transaction.execute(
        "INSERT INTO document (session, kind, version, origin, model, body, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            session,
            str(kind),
            number,
            str(origin),
            body.get("model"),
            values.dump_mapping(body),
            transaction.now,
        ),
    )
    transaction.execute(
        "DELETE FROM document WHERE session = ? AND kind = ? AND version > 1 AND version <= ?",
        (session, str(kind), number - KEPT),
    )
    _index(transaction, session, str(kind), found)
    transaction.execute(
        "UPDATE session SET updated_at = ? WHERE id = ?", (transaction.now, session)
    )
    transaction.emit(SESSION_UPDATED, session)
    return number


def _newest(transaction: Transaction, session: str, kind: DocumentKind) -> int:
    rows = transaction.execute(
        "SELECT coalesce(max(version), 0) FROM document WHERE session = ? AND kind = ?",
        (session, str(kind)),
    )
    return int(rows[0][0])


def _index(transaction: Transaction, session: str, kind: str, found: tuple[Passage, ...]) -> None:
    transaction.execute("DELETE FROM passage WHERE session = ? AND kind = ?", (session, kind))
    for one in found:
        transaction.execute(
            "INSERT INTO passage (session, kind, start_ms, end_ms, text) VALUES (?, ?, ?, ?, ?)",
            (
                session,
                kind,
                ticks(one.start, MILLISECOND),
                ticks(one.end, MILLISECOND),
                one.text,
            ),
        )


def _document(session: str, kind: DocumentKind, row: tuple[Any, ...]) -> Document:
    number, origin, body, made = row
    return Document(
        session, kind, number, Origin(origin), values.load_mapping(body), values.moment(made)
    )
