"""Is this database whole? And if not, what can be saved?

`integrity_check` finds damaged pages, but calls an empty file whole, and one whose write-ahead log
was deleted. So three more signs are looked at: the application's id, a row that is always there,
and the number of the last event, of which a copy is kept in a file of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from backend.core.job import JobStatus
from backend.store.db import APPLICATION_ID
from backend.store.migrate import migrate, refuse_newer, version_of

UNREADABLE = (apsw.Error, UnicodeDecodeError)
"""What reading a damaged row raises."""
UNSEEN_EVENTS = 1000
"""Ids left out after a mended log: nobody has seen one that the next event will have."""
Row = dict[str, "apsw.SQLiteValue"]
BLANK: Mapping[str, Mapping[str, str | None]] = {
    "session": {"picture": None, "options": "{}", "notes": "[]"},
    "artifact": {"facts": "{}"},
    "job": {"options": "{}", "result": "{}", "fault": None},
    "event": {"data": "{}"},
    "segment": {},  # without its facts it is none
    "document": {},
}
"""JSON columns, and what stands in for one that cannot be read."""
JSON = {table: tuple(blanks) or ("facts",) for table, blanks in BLANK.items()}
JSON["document"] = ("body",)
SALVAGED = (
    "session",
    "segment",
    "artifact",
    "document",
    "setting",
    "rate",
    "job",
    "edge",
    "event",
)
"""In the order in which references allow them to be written."""


class LastEvent:
    """The mirror of the last event's id, written after each commit and never ahead of it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    def read(self) -> int:
        os.lseek(self._file, 0, os.SEEK_SET)
        text = os.read(self._file, 32).decode("ascii", "replace").strip()
        return int(text) if text.isdecimal() else 0

    def write(self, last: int) -> None:
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, b"%-20d\n" % last)

    def close(self) -> None:
        os.close(self._file)


def damage(path: Path, mirrored: int) -> str | None:
    """What is wrong with the database at `path`, in a few words; None when nothing is.

    `mirrored` is the id of the last event that was told. Raises a fault for a newer database, and
    OSError or apsw errors where the file cannot even be looked at for want of rights.
    """
    if path.stat().st_size == 0:
        return "the file is empty"
    connection = None
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(5000)
        if connection.pragma("application_id") != APPLICATION_ID:
            return "it is not a library of Rushes"
        refuse_newer(connection)
        if not _has_our_tables(connection):
            return "its structure is damaged"
        # quick_check takes a third of the time, but trusts the indices: a claim reads one.
        found = connection.execute("PRAGMA integrity_check(1)").fetchall()
        if found != [("ok",)]:
            return "pages of it are damaged"
        if not connection.execute("SELECT 1 FROM meta WHERE name = 'sentinel'").fetchall():
            return "rows that were always there are gone"
        if not _rows_can_be_read(connection):
            return "rows of it are damaged"
        if not _counts_are_true(connection):
            return "its counts are wrong"
        last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchall()
        if int(str(last[0][0]) if last else 0) < mirrored:
            return "its newest entries are gone"
    except (
        apsw.CorruptError,
        apsw.NotADBError,
        apsw.SQLError,
        apsw.FormatError,
        UnicodeDecodeError,
    ):
        return "its structure is damaged"
    finally:
        if connection is not None:
            connection.close()
    return None


def skip_events(connection: apsw.Connection, seen: int) -> None:
    """Let the next event's id lie beyond all that anybody has seen, `seen` or newer.

    A page that saw events which are lost would else take new ones of the same ids for known.
    """
    with connection:
        connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'event', 0 WHERE NOT EXISTS"
            " (SELECT 1 FROM sqlite_sequence WHERE name = 'event')"
        )
        connection.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) + ? WHERE name = 'event'",
            (seen, UNSEEN_EVENTS),
        )


def _has_our_tables(connection: apsw.Connection) -> bool:
    """Whether the schema is, to the letter, what the migrations make of that version.

    A letter changed on the page that holds it is no damage to SQLite, which only reads other names.
    """
    query = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
    version = version_of(connection)
    if version < 1:
        return False
    pattern = apsw.Connection(":memory:")
    try:
        migrate(pattern, version)
        return set(connection.execute(query)) == set(pattern.execute(query))
    finally:
        pattern.close()


def _rows_can_be_read(connection: apsw.Connection) -> bool:
    """Whether all text is text and all JSON is JSON. Raises UnicodeDecodeError where it is not."""
    for table in SALVAGED:
        for _ in connection.execute(f"SELECT * FROM {table}"):
            pass  # reading it is what decodes it
        # 2: as JSON5, since Python also writes NaN and Infinity.
        broken = " OR ".join(f"NOT json_valid({column}, 2)" for column in JSON.get(table, ()))
        if broken and connection.execute(f"SELECT 1 FROM {table} WHERE {broken}").fetchall():
            return False
    return True


def _counts_are_true(connection: apsw.Connection) -> bool:
    """Whether the jobs counted by the triggers are those that are there."""
    counted = connection.execute("SELECT status, jobs FROM job_count").fetchall()
    there = dict.fromkeys(map(str, JobStatus), 0)
    for status, jobs in connection.execute("SELECT status, count(*) FROM job GROUP BY status"):
        there[str(status)] = int(str(jobs))
    return sorted(counted, key=str) == sorted(there.items(), key=str)


@dataclass(slots=True)
class Salvage:
    """What came out of a damaged database."""

    rows: dict[str, int] = field(default_factory=dict)
    """Rows saved, by table."""

    def __str__(self) -> str:
        said = [f"{count} {table}s" for table, count in self.rows.items() if count]
        return ", ".join(said) if said else "nothing"


def salvage(damaged: Path, backup: Path | None, into: Path, mirrored: int = 0) -> Salvage:
    """Make a new database at `into` from what can be read of `damaged`, then of `backup`.

    Rows are read one by one from both ends of each table, so that one unreadable page costs only
    what lies on it. What only the backup has is added; where both have a row, the newer one, from
    the damaged file, stands, unless parts of it are unreadable. `mirrored` is the id of the last
    event that was told.
    """
    saved = Salvage()
    target = apsw.Connection(str(into))
    try:
        target.execute("PRAGMA foreign_keys = OFF; PRAGMA synchronous = FULL")
        migrate(target)
        with target:
            broken: list[tuple[str, Row]] = []
            for source in (damaged, backup):
                if source is not None and source.exists() and source.stat().st_size:
                    broken += _copy_rows(source, target, saved)
            for table, row in broken:
                if BLANK[table]:
                    _put(target, saved, table, _with_blanks(table, row))
            _mend(target)
        skip_events(target, mirrored)
    finally:
        target.close()
    return saved


def _copy_rows(source: Path, target: apsw.Connection, saved: Salvage) -> list[tuple[str, Row]]:
    """Copy what is whole; the rows of which parts cannot be read, with their tables."""
    broken: list[tuple[str, Row]] = []
    try:
        connection = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error:
        return broken
    try:
        # Lets SQLite read a file that is shorter than its header says.
        connection.execute("PRAGMA writable_schema = ON")
        for table in SALVAGED:
            try:
                there = {str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")}
                known = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
                columns = [str(column) for column in known if column in there]
                rows = _readable_rows(connection, table, columns) if columns else []
            except UNREADABLE:
                continue
            for row in rows:
                if all(_is_json(row.get(column)) for column in JSON.get(table, ())):
                    _put(target, saved, table, row)
                else:
                    broken.append((table, row))
    except apsw.Error:
        pass  # not a database at all
    finally:
        connection.close()
    return broken


def _put(target: apsw.Connection, saved: Salvage, table: str, row: Row) -> None:
    """Add a row whose key is not there yet."""
    added = 0
    # A row that the schema does not take is part of the damage.
    with contextlib.suppress(apsw.ConstraintError, apsw.MismatchError):
        target.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(row)})"
            f" VALUES ({', '.join('?' * len(row))})",
            tuple(row.values()),
        )
        added = target.changes()  # without those of triggers
    saved.rows[table] = saved.rows.get(table, 0) + added


def _is_json(value: apsw.SQLiteValue) -> bool:
    if value is None:
        return True
    try:
        return isinstance(json.loads(str(value)), dict | list)
    except (ValueError, RecursionError):
        return False


def _with_blanks(table: str, row: Row) -> Row:
    return {
        column: BLANK[table][column] if column in BLANK[table] and not _is_json(value) else value
        for column, value in row.items()
    }


def _readable_rows(connection: apsw.Connection, table: str, columns: Sequence[str]) -> list[Row]:
    """Rows from the first on until one cannot be read, then from the last one backwards.

    First as the table holds them, then by way of its key's index, which may be all that is whole.
    """
    key = [
        str(name)
        for (name,) in connection.execute(
            f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk"
        )
    ]
    orders = ["rowid", "rowid DESC", ", ".join(key), ", ".join(f"{name} DESC" for name in key)]
    found: dict[tuple[apsw.SQLiteValue, ...], None] = {}
    for order in orders:
        try:
            for row in connection.execute(
                f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"
            ):
                found[row] = None
        except UNREADABLE:
            continue  # also where a table has no rowid
        break
    return [dict(zip(columns, row, strict=True)) for row in found]


def _mend(target: apsw.Connection) -> None:
    """Take out what lost the row it refers to; let what waited for a lost row go on.

    Running jobs stay as they are, for `Jobs.recover`.
    """
    target.execute(
        "DELETE FROM segment WHERE session NOT IN (SELECT id FROM session);"
        "DELETE FROM artifact WHERE session NOT IN (SELECT id FROM session);"
        "DELETE FROM document WHERE session NOT IN (SELECT id FROM session);"
        "DELETE FROM job WHERE session NOT IN (SELECT id FROM session);"
        "DELETE FROM edge WHERE parent NOT IN (SELECT id FROM job)"
        " OR child NOT IN (SELECT id FROM job);"
        "UPDATE job SET status = 'queued' WHERE status = 'pending' AND NOT EXISTS"
        " (SELECT 1 FROM edge JOIN job AS parent ON parent.id = edge.parent"
        "  WHERE edge.child = job.id AND parent.status <> 'completed'"
        "  AND (edge.required OR parent.status NOT IN ('failed', 'cancelled')));"
    )
