"""The library on the disk: opened, mended, backed up, rebuilt."""

from __future__ import annotations

import contextlib
import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw

from backend.core.fault import Category, Fault, FaultError, Unusable, explain, refuse
from backend.core.job import JobKind
from backend.store import backup, health, manifest, place
from backend.store.artifacts import Artifacts
from backend.store.clearing import Clearing
from backend.store.db import Database, Publish
from backend.store.documents import Documents
from backend.store.events import Events
from backend.store.jobs import Jobs
from backend.store.meanings import Meanings
from backend.store.migrate import migrate, newest, refuse_newer, version_of
from backend.store.notices import Notices
from backend.store.search import Found, search
from backend.store.sessions import Sessions
from backend.store.settings import Preferences
from backend.store.tables import MODELS

log = logging.getLogger(__name__)

DATABASE = "library.db"
MIRROR = "library.last"
BACKUPS = "backups"
BACKUP_EVERY = timedelta(days=1)
BACKUP_AGAIN = timedelta(hours=1)
"""After one that could not be taken."""
WAITS_FOR_ROOM = Fault(
    Category.STORAGE,
    "There is not enough storage left for the library: nothing begins or ends.",
    "Free some space on its disk; everything then goes on by itself. Nothing is lost.",
)
ROOM = 1 << 17
"""Bytes of free disk below which a library cannot even be opened."""


class Library:
    """An open library. The one who opens it must hold the data folder's lock, and closes it."""

    def __init__(self, folder: Path, database: Database, mirror: health.LastEvent) -> None:
        self.folder = folder
        self.database = database
        self.jobs = Jobs(database)
        self.sessions = Sessions(database)
        self.artifacts = Artifacts(database)
        self.documents = Documents(database)
        self.meanings = Meanings(database)
        self.clearing = Clearing(database)
        self.events = Events(database)
        self.preferences = Preferences(database)
        self.notices = Notices(database)
        self.reports: list[str] = []
        """What was found and done when it was opened, for the owner to read."""
        self._mirror = mirror
        self._backup_due = datetime.now(UTC)

    @property
    def trouble(self) -> Fault | None:
        """Why nothing begins or ends at the moment; it goes on by itself when that is over."""
        return WAITS_FOR_ROOM if self.database.full else None

    def search(
        self, words: str, limit: int = 50, offset: int = 0, session: str | None = None
    ) -> Found:
        """Where these words stand in titles and documents."""
        return search(self.database, words, limit, offset, session)

    def back_up(self, now: datetime | None = None) -> backup.Backup:
        when = now or datetime.now(UTC)
        return backup.take(self.folder / DATABASE, self.folder / BACKUPS, when)

    def back_up_daily(self, now: datetime | None = None) -> None:
        """Take a backup if the newest is a day old. Cheap where it is not; never raises."""
        now = now or datetime.now(UTC)
        # A clock that is set back by a year must not stop the backups for that long.
        if self._backup_due - BACKUP_EVERY <= now < self._backup_due:
            return
        try:
            newest = next((kept.taken_at for kept in self.backups()), None)
            # The newest may be dated ahead, by a clock that has been set right since.
            if newest is None or not timedelta() <= now - newest < BACKUP_EVERY:
                newest = self.back_up(now).taken_at
            self._backup_due = newest + BACKUP_EVERY
        except Exception as error:
            # A backup that cannot be taken must not keep anybody from their recordings.
            log.warning("no backup was taken: %s", explain(error, "back the library up"))
            self._backup_due = now + BACKUP_AGAIN

    def backups(self) -> list[backup.Backup]:
        return backup.backups(self.folder / BACKUPS)

    def follow(self, films: Path) -> list[str]:
        """Find the library's files where they are now, if it has been moved since it was last open.

        Ids of the sessions whose files lie elsewhere than they did.
        """
        return place.follow(self.database, self.folder, films)

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

    def _plan_what_was_lost(self) -> None:
        """Plan the work of ended sessions that have neither a film nor a job to make it."""
        for (session,) in self.database.read(
            "SELECT id FROM session WHERE state = 'ended' AND film IS NULL AND deleted_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM job WHERE session = session.id AND kind = ?)",
            (str(JobKind.MERGE),),
        ):
            with contextlib.suppress(KeyError):  # it cannot be read
                self.sessions.plan_again(session)

    def close(self) -> None:
        self.database.close()
        self._mirror.close()


def kept_preferences(folder: Path) -> dict[str, str]:
    """The preferences that the library in `folder` keeps, whoever has it open; empty where there is
    none that can be read."""
    path = folder / DATABASE
    if not path.is_file():
        return {}
    with contextlib.suppress(apsw.Error):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(5000)
            rows = connection.execute("SELECT name, value FROM setting").fetchall()
            return {str(name): str(value) for name, value in rows}
        finally:
            connection.close()
    return {}


def open_library(folder: Path, publish: Publish, films: Path) -> Library:
    """Open the library in `folder`, making it on first use and mending it where it is damaged.

    A damaged database is set aside, never deleted: what can be read of it goes into a new one,
    with what the newest backup and the manifests below `films` add. Raises `FaultError` when the
    folder cannot be used or the library belongs to a newer Rushes.
    """
    path = folder / DATABASE
    reports: list[str] = []
    whole = False
    try:
        mirror = health.LastEvent(folder / MIRROR)
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        kept = backup.backups(folder / BACKUPS)
        if path.exists():
            wrong = health.damage(path, mirror.read())
        else:
            wrong = "the file is gone" if mirror.read() or kept else None
        if wrong:
            reports.append(_mend(path, wrong, kept, mirror.read()))
        _migrate(path, folder)
        whole = True
    except OSError as error:
        raise _unusable(folder, error) from error
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.PermissionsError) as error:
        raise Unusable(
            Fault(
                Category.PERMISSION,
                f"The library in {folder} cannot be opened for writing.",
                "Change the folder's permissions, or choose another with --data-dir.",
            )
        ) from error
    except apsw.BusyError as error:
        raise refuse(
            Category.PERMISSION,
            f"Another program holds the library in {folder}.",
            "Close it, then start Rushes again.",
        ) from error
    except apsw.Error as error:
        # Where there is no room for the log's index, which is mapped, that is an I/O error.
        if isinstance(error, apsw.FullError) or shutil.disk_usage(folder).free < ROOM:
            raise refuse(
                Category.STORAGE,
                f"There is no storage left for the library in {folder}.",
                "Free some space on that disk, then start Rushes again.",
            ) from error
        raise refuse(
            Category.STORAGE,
            f"The library in {folder} could not be read or written: {error}.",
            "Look after that disk, then start Rushes again.",
        ) from error
    finally:
        if not whole:
            mirror.close()
    database = Database(path, publish)
    database.peewee.bind(MODELS)
    database.committed.append(mirror.write)
    library = Library(folder, database, mirror)
    mirror.write(library.events.last())
    if wrong and (taken := library.rebuild(films)):
        reports.append(f"{len(taken)} sessions were found again by their films.")
    if wrong:
        library._plan_what_was_lost()
        library.documents.reindex()
    library.reports = reports + library.reports
    for report in library.reports:
        log.warning("%s", report)
    library.back_up_daily()
    return library


def _unusable(folder: Path, error: OSError) -> FaultError:
    fault = explain(error, f"use the data folder {folder}")
    return FaultError(fault) if fault.category is Category.STORAGE else Unusable(fault)


def _mend(path: Path, wrong: str, kept: list[backup.Backup], mirrored: int) -> str:
    """Put a sound database in the place of a damaged one; what the owner should know.

    The damaged one keeps its place until all that could be saved of it is on the disk: whoever is
    interrupted here begins again with the same file.
    """
    mended = _unfinished(path)
    # The newest that is whole: the same disk may have damaged others.
    whole = next((b.path for b in kept if _is_whole(b)), None)
    saved = health.salvage(path, whole, mended, mirrored)
    mended.chmod(0o600)
    backup.sync_file(mended)
    aside = _set_aside(path, "damaged")
    mended.replace(path)
    backup.sync_folder(path.parent)
    told = f"The library's database could not be used: {wrong}. Saved: {saved}."
    return f"{told} The old file is kept as {aside.name}." if aside else told


def _is_whole(kept: backup.Backup) -> bool:
    try:
        backup.check(kept)
    except (FaultError, OSError, apsw.Error):
        return False
    return True


def _unfinished(path: Path) -> Path:
    """Where to write what will become the database; what a killed run left there is gone."""
    part = path.with_name(path.name + ".part")
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{part}{suffix}").unlink(missing_ok=True)
    return part


def _set_aside(path: Path, why: str) -> Path | None:
    """Give a database a second name, never that of an earlier one; None if there is none.

    It keeps the first name until another file takes it, so that there is never no database.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside, number = path.with_name(f"{path.name}.{why}-{stamp}"), 2
    while aside.exists() or Path(f"{aside}-wal").exists():
        aside = path.with_name(f"{path.name}.{why}-{stamp}_{number}")
        number += 1
    for suffix in ("-shm", "-wal"):  # a log would be played back into whatever takes the name
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
    if not path.exists():
        return None
    try:
        aside.hardlink_to(path)
    except OSError:  # a file system without links
        shutil.copy2(path, aside)
    return aside


def _migrate(path: Path, folder: Path) -> None:
    if not path.exists():
        _make(path)
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(5000)
        refuse_newer(connection)
        if version_of(connection) < newest():
            backup.take(path, folder / BACKUPS, datetime.now(UTC))
        connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL").fetchall()
        migrate(connection)
    finally:
        connection.close()


def _make(path: Path) -> None:
    """A new database, which has its name only when it is whole: a kill leaves no empty one."""
    part = _unfinished(path)
    connection = apsw.Connection(str(part))
    try:
        migrate(connection)
    finally:
        connection.close()
    part.chmod(0o600)
    backup.sync_file(part)
    part.rename(path)
    backup.sync_folder(path.parent)


def restore(folder: Path, chosen: backup.Backup) -> Path | None:
    """Put a backup in the place of the database, which nobody has open.

    The present one is set aside; where. The caller holds the data folder's lock.
    """
    path = folder / DATABASE
    backup.check(chosen)
    aside = _set_aside(path, "before-restore")
    backup.put_back(chosen, path)
    mirror = health.LastEvent(folder / MIRROR)
    try:
        connection = apsw.Connection(str(path))
        try:
            health.skip_events(connection, mirror.read())
        finally:
            connection.close()
        mirror.write(0)
    finally:
        mirror.close()
    return aside
