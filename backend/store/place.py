"""Where the library lay when it was last open, and what follows it when it lies elsewhere now.

Paths of films, of previews and of what recorders handed over are kept whole, so that one which is
shown to somebody leads to its file. A folder that its owner moves takes the files along, and the
paths follow at the next launch.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from backend.core.media import Source
from backend.core.session import Picture, Segment
from backend.store import values
from backend.store.db import Database, Transaction
from backend.store.intake import sources_key

_NAME = "place"

Root = tuple[str, str]
"""A folder as it was named then, and as it is named now."""
Part = TypeVar("Part", Picture, Segment)


def follow(database: Database, data: Path, films: Path) -> list[str]:
    """Note where the library lies. Where it lay elsewhere before, its files are looked for here;
    ids of the sessions whose paths have changed.

    A path stays as it is where its file is still there, and not here.
    """
    here = [str(films), str(data)]
    rows = database.read("SELECT value FROM meta WHERE name = ?", (_NAME,))
    try:
        before = [str(folder) for folder in json.loads(rows[0][0])]
    except (IndexError, TypeError, ValueError):
        before = here
    if rows and before == here:
        return []
    roots = [(old, new) for old, new in zip(before, here, strict=False) if old != new]

    def note(transaction: Transaction) -> list[str]:
        moved = _artifacts(transaction, roots) | _recordings(transaction, roots)
        transaction.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_NAME, json.dumps(here)))
        return sorted(moved)

    return database.write(note)


def _moved(path: str, roots: Sequence[Root]) -> str | None:
    """Where a file is now; None where that is where it was."""
    for old, new in roots:
        if path.startswith(old + os.sep):
            there = new + path[len(old) :]
            return there if os.path.lexists(there) or not os.path.lexists(path) else None
    return None


def _artifacts(transaction: Transaction, roots: Sequence[Root]) -> set[str]:
    moved = set()
    for old, _ in roots:
        rows = transaction.execute(
            "SELECT session, key, path FROM artifact WHERE substr(path, 1, ?) = ?",
            (len(old) + 1, old + os.sep),
        )
        for session, key, path in rows:
            if (there := _moved(path, roots)) is not None:
                transaction.execute(
                    "UPDATE artifact SET path = ? WHERE session = ? AND key = ?",
                    (there, session, key),
                )
                moved.add(session)
    return moved


def _recordings(transaction: Transaction, roots: Sequence[Root]) -> set[str]:
    """Recordings that lie in the library: a live session's, and the sample's."""
    moved = set()
    for old, _ in roots:
        written = json.dumps(old + os.sep, ensure_ascii=False)[1:-1]
        rows = transaction.execute(
            "SELECT id FROM session WHERE instr(coalesce(picture, ''), ?) UNION"
            " SELECT session FROM segment WHERE instr(facts, ?)",
            (written, written),
        )
        for (session,) in rows:
            if _session(transaction, session, roots):
                moved.add(session)
    return moved


def _session(transaction: Transaction, session: str, roots: Sequence[Root]) -> bool:
    ((folder, text, options),) = transaction.execute(
        "SELECT folder, picture, options FROM session WHERE id = ?", (session,)
    )
    picture = None if text is None else values.load_picture(text)
    segments = {
        position: values.load_segment(facts)
        for position, facts in transaction.execute(
            "SELECT position, facts FROM segment WHERE session = ? ORDER BY position", (session,)
        )
    }
    placed = None if picture is None else _part(picture, roots)
    elsewhere = {position: _part(segment, roots) for position, segment in segments.items()}
    if placed == picture and elsewhere == segments:
        return False
    parts: list[Picture | Segment] = [*([placed] if placed else []), *elsewhere.values()]
    transaction.execute(
        "UPDATE session SET folder = ?, picture = ?,"
        " sources = CASE WHEN sources IS NULL THEN NULL ELSE ? END WHERE id = ?",
        (
            None if folder is None else _moved(folder, roots) or folder,
            None if placed is None else values.dump_picture(placed),
            sources_key((part.source for part in parts), values.load_options(options)),
            session,
        ),
    )
    for position, segment in elsewhere.items():
        if segment != segments[position]:
            transaction.execute(
                "UPDATE segment SET facts = ? WHERE session = ? AND position = ?",
                (values.dump_segment(segment), session, position),
            )
    return True


def _part(part: Part, roots: Sequence[Root]) -> Part:
    there = _moved(part.source.path, roots)
    if there is None:
        return part
    info = replace(part.info, path=there)
    return replace(part, source=_source(part.source, there), info=info)


def _source(source: Source, there: str) -> Source:
    """The same file on, maybe, another disk: there it has another number, and another time where
    whatever copied it did not keep that."""
    try:
        status = Path(there).stat()
    except OSError:
        return replace(source, path=there)
    if status.st_size != source.size:
        return replace(source, path=there)
    return replace(source, path=there, mtime_ns=status.st_mtime_ns, file_id=status.st_ino)
