"""Copies of the library's database, taken while it is in use, and put back."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw

from backend.core.fault import Category, refuse
from backend.store.health import damage

KEPT = 10
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    taken_at: datetime
    size: int

    @property
    def name(self) -> str:
        return self.path.stem


def backups(folder: Path) -> list[Backup]:
    """Those in `folder`, the newest first."""
    found = []
    for path in folder.glob("library-*.db"):
        try:
            taken = datetime.strptime(path.stem[len("library-") :][:15], _STAMP).replace(tzinfo=UTC)
            found.append(Backup(path, taken, path.stat().st_size))
        except (ValueError, OSError):
            continue  # not named by us, or gone since
    return sorted(found, key=lambda backup: backup.path.name, reverse=True)


def take(database: Path, folder: Path, now: datetime) -> Backup:
    """Copy the database with SQLite's backup interface, check the copy, then give it its name.

    Keeps the newest `KEPT`. Raises a fault when the copy is not whole.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"library-{now.astimezone(UTC).strftime(_STAMP)}.db"
    number = 2
    while path.exists():
        path = path.with_name(f"{path.stem[:23]}-{number}.db")
        number += 1
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    source = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    target = apsw.Connection(str(part))
    try:
        with target.backup("main", source, "main") as copying:
            copying.step()
        target.execute("PRAGMA journal_mode = DELETE")
    finally:
        target.close()
        source.close()
    part.chmod(0o600)
    if wrong := damage(part, 0):
        part.unlink(missing_ok=True)
        raise refuse(
            Category.CORRUPT, f"The backup came out damaged: {wrong}.", "Run `rushes doctor`."
        )
    sync_file(part)
    part.rename(path)
    sync_folder(folder)
    for old in backups(folder)[KEPT:]:
        old.path.unlink(missing_ok=True)
    return Backup(path, now, path.stat().st_size)


def put_back(backup: Backup, database: Path) -> None:
    """Make `backup` the database, which nobody may have open. The caller sets the old one aside."""
    if wrong := damage(backup.path, 0):
        raise refuse(
            Category.CORRUPT,
            f"The backup {backup.name} is damaged: {wrong}.",
            "`rushes backup list` names the others.",
        )
    part = database.with_name(database.name + ".part")
    part.write_bytes(backup.path.read_bytes())
    part.chmod(0o600)
    sync_file(part)
    part.rename(database)
    sync_folder(database.parent)


def sync_file(path: Path) -> None:
    """Return when the file's bytes are on the disk."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Return when names given or taken in `folder` are on the disk. Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
