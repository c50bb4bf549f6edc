"""The library on the disk: opened, mended, backed up, rebuilt."""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw

from backend.core.fault import Category, explain, refuse
from backend.store import backup, health, manifest
from backend.store.artifacts import Artifacts
from backend.store.db import Database, Publish
from backend.store.events import Events
from backend.store.jobs import Jobs
from backend.store.migrate import migrate, newest, refuse_newer, version_of
from backend.store.sessions import Sessions
from backend.store.settings import Preferences
from backend.store.tables import MODELS

log = logging.getLogger(__name__)

DATABASE = "library.db"
MIRROR = "library.last"
BACKUPS = "backups"
BACKUP_EVERY = timedelta(days=1)


class Library:
    """An open library. The one who opens it must hold the data folder's lock, and closes it."""

    def __init__(self, folder: Path, database: Database, mirror: health.LastEvent) -> None:
        self.folder = folder
        self.database = database
        self.jobs = Jobs(database)
        self.sessions = Sessions(database)
        self.artifacts = Artifacts(database)
        self.events = Events(database)
        self.preferences = Preferences(database)
        self.reports: list[str] = []
        """What was found and done when it was opened, for the owner to read."""
        self._mirror = mirror

    def back_up(self) -> backup.Backup:
        return backup.take(self.folder / DATABASE, self.folder / BACKUPS, datetime.now(UTC))

    def backups(self) -> list[backup.Backup]:
        return backup.backups(self.folder / BACKUPS)

    def rebuild(self, films: Path) -> list[str]:
        """Take in every session whose manifest lies below `films` and that is not known here.

        Ids of the sessions taken in. A manifest that cannot be read is reported and left.
        """
        taken = []
        for path in manifest.find(films):
            try:
                found = manifest.read(path)
                adopted = self.sessions.adopt(found.session, found.artifacts)
            except (ValueError, KeyError, TypeError, OSError) as error:
                log.warning("manifest %s could not be read: %s", path, error)
                self.reports.append(f"{path} could not be read and was left as it is.")
                continue
            if adopted:
                taken.append(found.session.id)
        return taken

    def close(self) -> None:
        self.database.close()
        self._mirror.close()


def open_library(folder: Path, publish: Publish, films: Path) -> Library:
    """Open the library in `folder`, making it on first use and mending it where it is damaged.

    A damaged database is set aside, never deleted: what can be read of it goes into a new one,
    with what the newest backup and the manifests below `films` add. Raises `FaultError` when the
    folder cannot be used or the library belongs to a newer Rushes.
    """
    path = folder / DATABASE
    reports: list[str] = []
    try:
        mirror = health.LastEvent(folder / MIRROR)
        was_there = path.exists()
        kept = backup.backups(folder / BACKUPS)
        if was_there:
            wrong = health.damage(path, mirror.read())
        else:
            wrong = "the file is gone" if mirror.read() or kept else None
        if wrong:
            reports.append(_mend(path, wrong, kept))
        _migrate(path, folder)
    except OSError as error:
        raise refuse(*_unusable(folder, error)) from error
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
        raise refuse(
            Category.PERMISSION,
            f"The library in {folder} cannot be opened for writing.",
            "Change the folder's permissions, or choose another with --data-dir.",
        ) from error
    except apsw.FullError as error:
        raise refuse(
            Category.STORAGE,
            f"There is no storage left for the library in {folder}.",
            "Free some space on that disk, then start Rushes again.",
        ) from error
    except apsw.BusyError as error:
        raise refuse(
            Category.PERMISSION,
            f"Another program holds the library in {folder}.",
            "Close it, then start Rushes again.",
        ) from error
    database = Database(path, publish)
    database.peewee.bind(MODELS)
    database.committed.append(mirror.write)
    library = Library(folder, database, mirror)
    mirror.write(library.events.last())
    if wrong and (taken := library.rebuild(films)):
        reports.append(f"{len(taken)} sessions were found again by their films.")
    library.reports = reports + library.reports
    for report in library.reports:
        log.warning("%s", report)
    if not kept or datetime.now(UTC) - kept[0].taken_at > BACKUP_EVERY:
        # A backup that cannot be taken must not keep anybody from their recordings.
        try:
            library.back_up()
        except Exception as error:
            log.warning("no backup was taken: %s", explain(error, "back the library up"))
    return library


def _unusable(folder: Path, error: OSError) -> tuple[Category, str, str]:
    fault = explain(error, f"use the data folder {folder}")
    return fault.category, fault.message, fault.hint or "Choose another with --data-dir."


def _mend(path: Path, wrong: str, kept: list[backup.Backup]) -> str:
    """Put a sound database in the place of a damaged one; what the owner should know."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    mended = path.with_name(path.name + ".part")
    mended.unlink(missing_ok=True)
    newest_backup = kept[0].path if kept else None
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    saved = health.salvage(aside, newest_backup, mended)
    mended.chmod(0o600)
    backup.sync_file(mended)
    mended.rename(path)
    backup.sync_folder(path.parent)
    return (
        f"The library's database could not be used: {wrong}. Saved: {saved}. "
        f"The old file is kept as {aside.name}."
    )


def _migrate(path: Path, folder: Path) -> None:
    existed = path.exists()
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(5000)
        refuse_newer(connection)
        if existed and 0 < version_of(connection) < newest():
            backup.take(path, folder / BACKUPS, datetime.now(UTC))
        if not existed:
            path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
        migrate(connection)
    finally:
        connection.close()


def restore(folder: Path, chosen: backup.Backup) -> Path | None:
    """Put a backup in the place of the database, which nobody has open.

    The present one is set aside; where. The caller holds the data folder's lock.
    """
    path = folder / DATABASE
    aside: Path | None = None
    if path.exists():
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        aside = path.with_name(f"{path.name}.before-restore-{stamp}")
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    backup.put_back(chosen, path)
    mirror = health.LastEvent(folder / MIRROR)
    mirror.write(0)
    mirror.close()
    return aside
