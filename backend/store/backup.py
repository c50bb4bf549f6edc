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
    found: list[tuple[datetime, int, Backup]] = []
    for path in folder.glob("library-*.db"):
        try:
            stamp, _, number = path.stem[len("library-") :].partition("_")
            taken = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
            found.append((taken, int(number or 1), Backup(path, taken, path.stat().st_size)))
        except (ValueError, OSError):
            continue  # not named by us, or gone since
    return [backup for *_, backup in sorted(found, key=lambda entry: entry[:2], reverse=True)]


def take(database: Path, folder: Path, now: datetime) -> Backup:
    """Copy the database with SQLite's backup interface, check the copy, then give it its name.

    Keeps the newest `KEPT`. Raises a fault when the copy is not whole.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"library-{now.astimezone(UTC).strftime(_STAMP)}.db"
    number = 2
    while path.exists():
        path = path.with_name(f"{path.stem.partition('_')[0]}_{number}.db")
        number += 1
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        _copy(database, part)
        part.chmod(0o600)
        if wrong := damage(part, 0):
            raise refuse(
                Category.CORRUPT, f"The backup came out damaged: {wrong}.", "Run `rushes doctor`."
            )
        sync_file(part)
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    # Never the one just taken, though a clock that was wrong may have dated others later.
    others = [backup for backup in backups(folder) if backup.path != path]
    for old in others[KEPT - 1 :]:
        old.path.unlink(missing_ok=True)
    return Backup(path, now, path.stat().st_size)


def _copy(database: Path, into: Path) -> None:
    source = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        source.set_busy_timeout(5000)
        target = apsw.Connection(str(into))
        try:
            with target.backup("main", source, "main") as copying:
                copying.step()
            target.execute("PRAGMA journal_mode = DELETE")
        finally:
            target.close()
    finally:
        source.close()


def check(backup: Backup) -> None:
    """Raise a fault for a backup that is not whole."""
    if not backup.path.exists():
        raise refuse(
            Category.MISSING,
            f"The backup {backup.name} is gone.",
            "`rushes backup list` names the others.",
        )
    if wrong := damage(backup.path, 0):
        raise refuse(
            Category.CORRUPT,
            f"The backup {backup.name} is damaged: {wrong}.",
            "`rushes backup list` names the others.",
        )


def put_back(backup: Backup, database: Path) -> None:
    """Make `backup` the database, which nobody may have open. The caller sets the old one aside."""
    check(backup)
    part = database.with_name(database.name + ".part")
    part.write_bytes(backup.path.read_bytes())
    part.chmod(0o600)
    sync_file(part)
    part.replace(database)
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
