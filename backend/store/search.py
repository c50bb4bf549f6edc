"""Finding words in everything that is known of all sessions (SQLite FTS5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from backend.store.db import Database

MILLISECOND = Fraction(1, 1000)
BEGIN, END = "\x02", "\x03"
"""Signs around the words that were found: no text that people write holds them."""
_AROUND = 24
"""Words of context."""
_WORD = re.compile(r"\w+", re.UNICODE)
_MOST = 12
"""Words that are looked for; more than that nobody types."""


@dataclass(frozen=True, slots=True)
class Hit:
    session: str
    title: str
    kind: str
    """title, or the kind of document that says it."""
    start: Fraction
    """Seconds of the film."""
    text: str
    """The words in their context; those that were found between `BEGIN` and `END`."""


@dataclass(frozen=True, slots=True)
class Found:
    hits: tuple[Hit, ...]
    total: int


def search(
    database: Database, words: str, limit: int, offset: int = 0, session: str | None = None
) -> Found:
    """Passages with all of `words`, the last of which may be the beginning of one; best first.

    Case and accents do not count. Nothing typed is taken for an operator.
    """
    query = _query(words)
    if query is None:
        return Found((), 0)
    within = "" if session is None else " AND passage.session = ?"
    named = (query,) if session is None else (query, session)
    where = (
        " FROM passage_words JOIN passage ON passage.id = passage_words.rowid"
        " JOIN session ON session.id = passage.session"
        f" WHERE passage_words MATCH ? AND session.deleted_at IS NULL{within}"
    )
    total = database.read(f"SELECT count(*){where}", named)[0][0]
    rows = database.read(
        "SELECT passage.session, session.title, passage.kind, passage.start_ms,"
        f" snippet(passage_words, 0, '{BEGIN}', '{END}', '…', {_AROUND})"
        # A title says more than a sentence somewhere.
        f"{where} ORDER BY bm25(passage_words)"
        " * (CASE passage.kind WHEN 'title' THEN 4 ELSE 1 END), session.created_at DESC,"
        " passage.start_ms LIMIT ? OFFSET ?",
        (*named, limit, offset),
    )
    return Found(
        tuple(
            Hit(number, title, kind, start * MILLISECOND, text)
            for number, title, kind, start, text in rows
        ),
        int(total),
    )


def _query(words: str) -> str | None:
    """FTS5's own language, with every word quoted."""
    typed = _WORD.findall(words)[:_MOST]
    if not typed:
        return None
    whole = words.endswith((" ", "\t"))
    quoted = [f'"{word}"' for word in typed]
    if not whole:
        quoted[-1] += "*"
    return " ".join(quoted)
