"""Whose recordings may go into the system's bin, and which did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from backend.core.event import SESSION_UPDATED
from backend.core.session import Originals, Session
from backend.store import values
from backend.store.db import Database, Transaction


class Clearing:
    def __init__(self, database: Database) -> None:
        self._database = database

    def wanted(self) -> list[str]:
        """Ids of the sessions that have a film and whose owner wants their recordings in the
        bin."""
        rows = self._database.read(
            "SELECT id FROM session WHERE state = 'ended' AND film IS NOT NULL"
            " AND deleted_at IS NULL AND json_extract(options, '$.originals') = ?",
            (str(Originals.BIN),),
        )
        return [str(row[0]) for row in rows]

    def using(self, paths: Sequence[str]) -> set[str]:
        """Ids of the sessions, those in the bin too, that any of these files belongs to."""
        listed = json.dumps(list(paths))
        rows = self._database.read(
            "SELECT id FROM session"
            " WHERE json_extract(picture, '$.source.path') IN (SELECT value FROM json_each(?))"
            " UNION SELECT session FROM segment"
            " WHERE json_extract(facts, '$.source.path') IN (SELECT value FROM json_each(?))",
            (listed, listed),
        )
        return {str(row[0]) for row in rows}

    def settled(self, session: Session, note: str) -> None:
        """Note what became of a session's recordings; they are not asked about again."""
        options = values.dump_options(replace(session.options, originals=Originals.KEEP))
        notes = values.dump_notes((*session.notes, note))

        def settle(transaction: Transaction) -> None:
            transaction.execute(
                "UPDATE session SET options = ?, notes = ?, updated_at = ? WHERE id = ?",
                (options, notes, transaction.now, session.id),
            )
            transaction.emit(SESSION_UPDATED, session.id)

        self._database.write(settle)
