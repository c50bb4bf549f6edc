from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.app import App, build
from backend.core.event import Event
from backend.core.job import Job, JobKind, Priority
from backend.core.session import Session
from backend.ingest import Ingest
from backend.instance import own_folder
from backend.settings import Settings, settings_for
from backend.work.isolate import make_sample, probe_files
from tests.recordings import write_session, write_video

PATIENCE = 60.0
"""Seconds after which a test that waits for something has failed. No speed is asserted by it."""


class Studio:
    """A backend in this process, with real children, and what a test does with it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        own_folder(settings.data)
        self.app: App = build(settings)
        self.events: list[Event] = []

    def bring(self, folder: Path, priority: Priority = Priority.NORMAL) -> Session:
        expect = self.app.supervisor.expect
        ingest = Ingest(self.settings, self.app.library, probe_files, make_sample, expect)
        return ingest.bring([folder], priority=priority)[0]

    def job(self, session: Session, kind: JobKind = JobKind.MERGE) -> Job:
        jobs = self.app.library.jobs.of_sessions([session.id])[session.id]
        return next(job for job in jobs if job.kind is kind)

    def until(self, true: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
        end = time.monotonic() + patience
        while not true():
            assert time.monotonic() < end, f"waited in vain for {what}"
            time.sleep(0.01)

    def until_idle(self) -> None:
        self.until(self.app.supervisor.idle, "the queue to empty")

    def until_progress(self, session: Session, fraction: float = 0.0) -> None:
        number = self.job(session).id

        def begun() -> bool:
            told = self.app.supervisor._board.progress(number)
            return told is not None and float(str(told["progress"])) > fraction

        self.until(begun, "progress")

    def films(self) -> list[Path]:
        return sorted(self.settings.films.glob("*/*.mp4"))

    def unfinished(self) -> list[Path]:
        return [path for path in self.settings.films.rglob("*") if ".part" in path.name]

    def close(self) -> None:
        self.app.close()

    def restart(self) -> None:
        self.close()
        self.app = build(self.settings)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(settings_for(tmp_path / "library"))
    yield studio
    studio.close()


@pytest.fixture(scope="session")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds whose picture is copied."""
    return write_session(tmp_path_factory.mktemp("short") / "Short", 2)


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that has to be encoded for seconds, in several chunks."""
    folder = tmp_path_factory.mktemp("long") / "Long"
    write_video(folder / "video.mkv", 45, codec="mpeg4", size=(1280, 720), rate=25, first=5)
    return folder
