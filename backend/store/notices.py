"""What the owner has yet to be told: kept, so that nothing is told twice or lost by a restart."""

from __future__ import annotations

import json

from backend.core.notice import Untold
from backend.store.db import Database, Transaction

_NAME = "untold"


class Notices:
    def __init__(self, database: Database) -> None:
        self._database = database

    def untold(self) -> Untold | None:
        """What was kept last; None where nothing is, or what is cannot be read."""
        rows = self._database.read("SELECT value FROM meta WHERE name = ?", (_NAME,))
        try:
            kept = json.loads(rows[0][0])
            return Untold(int(kept["after"]), tuple(kept["ready"]), tuple(kept["failed"]))
        except (IndexError, KeyError, TypeError, ValueError):
            return None

    def keep(self, untold: Untold) -> None:
        text = json.dumps({"after": untold.after, "ready": untold.ready, "failed": untold.failed})

        def keep(transaction: Transaction) -> None:
            transaction.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_NAME, text))

        self._database.write(keep)
