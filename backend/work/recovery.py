"""At launch, before anything runs: take up what the last life of the backend left."""

from __future__ import annotations

import contextlib
import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.core.flow import newest_of
from backend.core.job import JobStatus
from backend.core.session import SessionState
from backend.settings import Choices, Settings
from backend.store import manifest
from backend.store.library import Library
from backend.work import renditions, shelf
from backend.work.worker import CHECKPOINTS, drop_checkpoints, write_manifest

log = logging.getLogger(__name__)


def recover(settings: Settings, library: Library) -> None:
    """Queue again what was running, adopt what was finished, remove what was not.

    Each step stands alone: what goes wrong with one file or row is logged and left for the next
    launch, and strands nothing else.
    """
    for step in (
        _follow_moved_folder,
        _take_back_jobs,
        _adopt_named_files,
        _remove_spent_checkpoints,
        _remove_unfinished_files,
        _write_lost_manifests,
        _empty_bin,
        _prune,
    ):
        try:
            step(settings, library)
        except Exception:
            log.exception("at launch: %s", step.__name__.strip("_").replace("_", " "))


def _follow_moved_folder(settings: Settings, library: Library) -> None:
    for session in library.follow(settings.films):
        log.info("the files of session %s lie elsewhere since the library was moved", session)
        write_manifest(library, session)


def _take_back_jobs(_: Settings, library: Library) -> None:
    for job in library.jobs.recover():
        log.error("job %s could not be taken back", job)


def _adopt_named_files(settings: Settings, library: Library) -> None:
    for artifact in library.artifacts.prepared():
        if shelf.matches(artifact):
            log.info("adopted %s", artifact.path)
            library.artifacts.keep(artifact)
        else:
            shelf.remove(settings, Path(artifact.path))
            library.artifacts.forget(artifact)


def _remove_spent_checkpoints(_: Settings, library: Library) -> None:
    """What jobs kept that were killed when they had ended, but not tidied up yet."""
    kept = {(artifact.session, artifact.kind) for artifact in library.artifacts.all()}
    for kind, made in CHECKPOINTS.items():
        for session in sorted(session for session, its in kept if its in made):
            job = newest_of(library.jobs.of_sessions([session])[session], kind)
            if job is not None and job.status is JobStatus.COMPLETED:
                drop_checkpoints(library, job)


def _remove_unfinished_files(settings: Settings, library: Library) -> None:
    """Nothing runs yet, so no `.part` belongs to anybody; nor does a checkpoint without a row."""
    known = {artifact.path for artifact in library.artifacts.all()}
    for path in settings.work.glob("*/*"):
        if ".part" in path.name or str(path) not in known:
            shelf.remove(settings, path)
    for folder in settings.work.glob("*/"):
        if not any(folder.iterdir()):
            folder.rmdir()
    for path in settings.films.glob(f"*/.{manifest.NAME}.part"):
        shelf.remove(settings, path)
    for folder in settings.live.glob("*/"):
        session = library.sessions.get(folder.name, binned=True)
        if session is None or session.state is SessionState.ENDED:
            for part in folder.glob(".*.part"):
                part.unlink()
        if session is None:
            _keep_recordings(library, folder)


def _keep_recordings(library: Library, folder: Path) -> None:
    """Whole recordings of a session that is not known, say after an older backup was put back.

    Their owner may have no others, so they are not removed.
    """
    with contextlib.suppress(OSError):
        folder.rmdir()
        return
    said = f"{folder} holds recordings of a session that the library does not know; they are kept."
    log.warning("%s", said)
    library.reports.append(said)


def _write_lost_manifests(_: Settings, library: Library) -> None:
    page = 200
    for offset in range(0, library.sessions.count(), page):
        for session in library.sessions.page(page, offset):
            film = session.film
            if film and not (Path(film.path).parent / manifest.NAME).exists():
                write_manifest(library, session.id)


def _empty_bin(settings: Settings, library: Library) -> None:
    days = Choices(library.preferences.all()).bin_days
    for session in library.sessions.binned_before(datetime.now(UTC) - timedelta(days=days)):
        try:
            forget_session(settings, library, session.id)
        except Exception:
            log.exception("session %s could not be forgotten", session.id)


def forget_session(settings: Settings, library: Library, session: str) -> None:
    """Remove a session for good, with every file that Rushes wrote for it. Originals stay."""
    for artifact in library.artifacts.of_session(session):
        renditions.forget(settings, artifact.key)
        path = Path(artifact.path)
        for beside in (path.parent / manifest.NAME, path):
            shelf.remove(settings, beside)
    shutil.rmtree(settings.live / session, ignore_errors=True)
    shutil.rmtree(shelf.work_folder(settings, session), ignore_errors=True)
    library.sessions.forget(session)


def _prune(settings: Settings, library: Library) -> None:
    library.events.prune()
    library.jobs.prune()
    renditions.prune(settings.renditions)
