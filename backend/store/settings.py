"""The owner's preferences, and the few facts that Rushes keeps about itself."""

from __future__ import annotations

from backend.core.event import QUEUE_CHANGED
from backend.store.db import Database, Transaction


class Preferences:
    """Values by name, as text. What they mean, and their defaults, `backend.settings` says."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, str]:
        return dict(self._database.read("SELECT name, value FROM setting"))

    def set(self, name: str, value: str | None) -> None:
        """Keep a preference; None goes back to its default."""

        def keep(transaction: Transaction) -> None:
            if value is None:
                transaction.execute("DELETE FROM setting WHERE name = ?", (name,))
            else:
                transaction.execute(
                    "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value)
                )
            transaction.emit("settings-changed", data={"name": name})

        self._database.write(keep)

    def queue_paused(self) -> bool:
        return bool(self._database.read("SELECT 1 FROM meta WHERE name = 'queue-paused'"))

    def pause_queue(self, paused: bool) -> None:
        """Hold back, or let go, every job that does not run yet. Survives a restart."""

        def keep(transaction: Transaction) -> None:
            if paused:
                transaction.execute("INSERT OR REPLACE INTO meta VALUES ('queue-paused', '1')")
            else:
                transaction.execute("DELETE FROM meta WHERE name = 'queue-paused'")
            transaction.emit(QUEUE_CHANGED, data={"paused": paused})

        self._database.write(keep)
