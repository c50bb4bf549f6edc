"""Which sessions a list shows, and in what order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backend.core.flow import SessionStatus

ORDERS: Mapping[str, str] = {
    "newest": "created_at DESC",
    "oldest": "created_at",
    "recorded": "started_at DESC",
    "title": "title COLLATE NOCASE",
}
"""Ways to sort a list, by name."""

_STATUS = """CASE
    WHEN state = 'live' THEN 'recording'
    WHEN film IS NOT NULL THEN 'ready'
    ELSE coalesce(
        (SELECT CASE job.status
            WHEN 'running' THEN 'processing' WHEN 'paused' THEN 'paused'
            WHEN 'failed' THEN 'failed' WHEN 'cancelled' THEN 'cancelled'
            WHEN 'completed' THEN 'unmerged' ELSE 'waiting' END
         FROM job WHERE job.session = session.id AND job.kind = 'merge'
         ORDER BY job.id DESC LIMIT 1),
        'unmerged')
END"""
"""`core.flow.session_status` in SQL; a test holds the two against each other."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions a list is to show, and in what order (a name in `ORDERS`)."""

    words: str = ""
    """In the title, in any case of the letters."""
    statuses: tuple[SessionStatus, ...] = ()
    order: str = "newest"

    @property
    def condition(self) -> str:
        parts = ["deleted_at IS NULL"]
        if self.words:
            parts.append("instr(fold(title), ?)")
        if self.statuses:
            parts.append(f"{_STATUS} IN ({', '.join('?' * len(self.statuses))})")
        return " AND ".join(parts)

    @property
    def parameters(self) -> tuple[str, ...]:
        words = (self.words.casefold(),) if self.words else ()
        return (*words, *map(str, self.statuses))
