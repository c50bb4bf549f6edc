"""From an older schema to this one, a numbered file at a time."""

from __future__ import annotations

from importlib import resources

import apsw

from backend.core.fault import Category, refuse
from backend.core.job import TRANSITIONS
from backend.store.db import APPLICATION_ID


def steps() -> list[tuple[int, str]]:
    """Number and SQL of every migration, in order."""
    files = resources.files("backend.store.migrations").iterdir()
    return sorted(
        (int(file.name.split("_")[0]), file.read_text("utf-8"))
        for file in files
        if file.name.endswith(".sql")
    )


def version_of(connection: apsw.Connection) -> int:
    return int(connection.pragma("user_version"))


def newest() -> int:
    return steps()[-1][0]


def refuse_newer(connection: apsw.Connection) -> None:
    """Raise a fault for a database that a later Rushes has written."""
    version = version_of(connection)
    if version > newest():
        raise refuse(
            Category.INPUT,
            f"This library was last opened by a newer Rushes (version {version} of its format;"
            f" this one knows {newest()}).",
            "Update Rushes, or choose another folder with --data-dir. Nothing was changed.",
        )


def migrate(connection: apsw.Connection, until: int | None = None) -> None:
    """Bring an open, writable database to the newest schema, or to that of version `until`.

    Each step is one transaction.
    """
    refuse_newer(connection)
    for number, sql in steps():
        if number <= version_of(connection) or (until is not None and number > until):
            continue
        with connection:
            connection.execute(sql)
            connection.execute(
                f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {number}"
            )
    with connection:
        connection.execute("DELETE FROM transition")
        connection.executemany(
            "INSERT INTO transition VALUES (?, ?)",
            [(str(a), str(b)) for a, targets in TRANSITIONS.items() for b in targets],
        )
