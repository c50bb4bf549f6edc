"""Films that get smaller at work: what becomes of the old one, of kills, and of other jobs."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from pathlib import Path

import av
import psutil
import pytest

from backend.core import flow
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.document import DocumentKind
from backend.core.flow import Planned, smaller
from backend.core.job import JobKind, JobStatus, Priority
from backend.core.room import SPARE, room_to_shrink
from backend.core.session import Session
from backend.store import documents, manifest
from backend.work import versions
from tests.recordings import write_grain, write_session
from tests.work.conftest import Studio

OPTIMISE = JobKind.OPTIMISE
PATIENCE = 300.0
"""It is the least urgent process of a machine that may have much else to do."""


@pytest.fixture(scope="session")
def grain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of two chunks that gets much smaller."""
    folder = tmp_path_factory.mktemp("grain") / "Grain"
    video = write_grain(folder / "video.mp4", 16)
    assert video.stat().st_size < flow.WORTH_SHRINKING
    return folder


@pytest.fixture(scope="session")
def long_grain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three chunks that take their time; large enough to be made smaller without being asked."""
    folder = tmp_path_factory.mktemp("long grain") / "Long grain"
    video = write_grain(folder / "video.mp4", 30, size=(384, 216))
    assert video.stat().st_size > flow.WORTH_SHRINKING
    return folder


def film_of(studio: Studio, session: Session) -> Artifact:
    kept = studio.app.library.sessions.get(session.id)
    assert kept is not None
    assert kept.film is not None
    return kept.film


def chunks_of(studio: Studio, session: Session) -> dict[str, tuple[int, int]]:
    made = studio.app.library.artifacts.of_session(session.id)
    files = [Path(a.path) for a in made if a.kind is ArtifactKind.SHRUNK]
    return {f.name: (f.stat().st_ino, f.stat().st_mtime_ns) for f in files if f.exists()}


def merged(studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session whose film and previews are there, and nothing else."""
    with monkeypatch.context() as patch:
        patch.setattr(flow, "WORTH_SHRINKING", 1 << 60)
        session = studio.bring(folder)
    studio.until_idle()
    return session


def ask(studio: Studio, session: Session, priority: Priority = Priority.LOW) -> None:
    planned = smaller(session)
    studio.app.library.sessions.request(
        session.id, Planned(planned.kind, priority, options=planned.options)
    )


def children_of(studio: Studio) -> list[psutil.Process]:
    """The processes of running jobs."""
    return [
        child
        for child in psutil.Process().children()
        if child.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(child.cmdline())
    ]


def test_only_what_is_worth_it_is_planned(studio: Studio, grain: Path, long_grain: Path) -> None:
    library = studio.app.library
    library.preferences.pause_queue(True)
    large, small = studio.bring(long_grain), studio.bring(grain)
    jobs = library.jobs.of_sessions([large.id, small.id])
    assert OPTIMISE not in {job.kind for job in jobs[small.id]}
    job = studio.job(large, OPTIMISE)
    assert (job.status, job.priority) == (JobStatus.PENDING, Priority.LOW)
    assert dict(job.options) == {"quality": "medium"}
    parents = library.jobs.parents([job.id])[job.id]
    assert {j.kind for j in jobs[large.id] if j.id in parents} == {
        JobKind.MERGE,
        JobKind.THUMBNAILS,
    }
    library.preferences.set("optimise", "off")
    library.sessions.bin(large.id)
    again = studio.bring(long_grain)
    assert OPTIMISE not in {job.kind for job in library.jobs.of_sessions([again.id])[again.id]}


def test_the_smaller_film_takes_the_place_of_the_other(
    studio: Studio, grain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.stat().st_mtime_ns for path in grain.rglob("*.mp4")}
    session = merged(studio, grain, monkeypatch)
    library = studio.app.library
    old = film_of(studio, session)
    previews = {a.key for a in library.artifacts.of_session(session.id)} - {old.key}
    chapters = {"chapters": [{"start": 0.0, "end": 1.0, "title": "Grain & <b>noise</b>"}]}
    library.database.write(lambda t: documents.put(t, session.id, DocumentKind.CHAPTERS, chapters))
    ask(studio, session)
    studio.until(studio.app.supervisor.idle, "the queue to empty", PATIENCE)
    job = studio.job(session, OPTIMISE)
    assert job.status is JobStatus.COMPLETED, job.fault
    assert job.result["smaller"] is True
    new = film_of(studio, session)
    assert new.key != old.key
    assert new.size < 0.6 * old.size
    assert new.facts["duration"] == old.facts["duration"]
    assert new.facts["optimised"] == job.result
    with av.open(new.path) as container:
        assert [one["metadata"]["title"] for one in container.chapters()] == [
            "Grain & <b>noise</b>"
        ]
    studio.until(lambda: not Path(old.path).exists(), "the old film to go")
    studio.until(lambda: library.artifacts.find(session.id, old.key) is None, "its row to go")
    assert studio.films() == [Path(new.path)]
    assert {a.key for a in library.artifacts.of_session(session.id)} - {new.key} == previews
    told = manifest.read(Path(new.path).parent / manifest.NAME)
    assert told.session.film is not None
    assert told.session.film.key == new.key
    assert studio.unfinished() == []
    assert list(studio.settings.work.glob("*/*")) == []
    assert {path: path.stat().st_mtime_ns for path in grain.rglob("*.mp4")} == before
    # Asked once more it is not encoded a second time.
    ask(studio, session)
    studio.until(studio.app.supervisor.idle, "the queue to empty", PATIENCE)
    assert film_of(studio, session).key == new.key
    assert studio.job(session, OPTIMISE).status is JobStatus.COMPLETED


def test_a_film_stays_while_it_is_played(
    studio: Studio, grain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = merged(studio, grain, monkeypatch)
    library = studio.app.library
    old = film_of(studio, session)
    library.artifacts.lease(session.id, old.key)
    ask(studio, session)
    studio.until(studio.app.supervisor.idle, "the queue to empty", PATIENCE)
    assert film_of(studio, session).key != old.key
    studio.restart()
    library = studio.app.library
    assert versions.drop_replaced(studio.settings, library) == 0
    assert Path(old.path).exists()
    told = manifest.read(Path(old.path).parent / manifest.NAME)
    assert [a.key for a in told.artifacts if a.kind is ArtifactKind.FILM] == [
        film_of(studio, session).key
    ]
    monkeypatch.setattr(versions, "LEASE", timedelta(0))
    studio.restart()
    studio.until(lambda: not Path(old.path).exists(), "the old version to go")
    assert studio.films() == [Path(film_of(studio, session).path)]


def test_a_killed_child_costs_the_chunks_at_work(
    studio: Studio, long_grain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = merged(studio, long_grain, monkeypatch)
    ask(studio, session)
    studio.until(lambda: chunks_of(studio, session), "a finished chunk", PATIENCE)
    (child,) = children_of(studio)
    # It must not finish others between the look and the kill.
    os.kill(child.pid, signal.SIGSTOP)
    before = chunks_of(studio, session)
    os.kill(child.pid, signal.SIGKILL)
    studio.until(
        lambda: studio.job(session, OPTIMISE).status is not JobStatus.RUNNING, "the kill to be seen"
    )
    assert before
    kept: dict[str, tuple[int, int]] = {}

    def seen() -> bool:
        kept.update(chunks_of(studio, session))
        return studio.job(session, OPTIMISE).status.terminal

    studio.until(seen, "the end", PATIENCE)
    job = studio.job(session, OPTIMISE)
    assert (job.status, job.attempt) == (JobStatus.COMPLETED, 2)
    assert {name: kept[name] for name in before} == before
    assert job.result["smaller"] is True


def test_a_cancel_in_mid_encode_leaves_the_film_and_nothing_else(
    studio: Studio, long_grain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = merged(studio, long_grain, monkeypatch)
    old = film_of(studio, session)
    ask(studio, session)
    studio.until(lambda: chunks_of(studio, session), "a finished chunk", PATIENCE)
    studio.app.library.jobs.cancel(studio.job(session, OPTIMISE).id)
    studio.until_idle()
    assert studio.job(session, OPTIMISE).status is JobStatus.CANCELLED
    assert film_of(studio, session) == old
    assert studio.films() == [Path(old.path)]
    assert studio.unfinished() == []
    assert list(studio.settings.work.glob("*/*")) == []


def test_it_makes_room_for_what_is_more_urgent(
    studio: Studio, long_grain: Path, grain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = merged(studio, long_grain, monkeypatch)
    second = merged(studio, grain, monkeypatch)
    ask(studio, first)
    studio.until(lambda: chunks_of(studio, first), "a finished chunk", PATIENCE)
    ask(studio, second, Priority.HIGH)
    studio.until(
        lambda: studio.job(second, OPTIMISE).status is not JobStatus.QUEUED, "the urgent one"
    )
    waiting = studio.job(first, OPTIMISE)
    assert (waiting.status, waiting.attempt) == (JobStatus.QUEUED, 0)
    before = chunks_of(studio, first)
    assert before
    # A film that is to be made ready does not wait for either.
    third = studio.bring(write_session(tmp_path / "Third", 2))
    studio.until(lambda: studio.job(third).status is JobStatus.COMPLETED, "the new film")
    assert studio.job(first, OPTIMISE).status is not JobStatus.COMPLETED
    after: dict[str, tuple[int, int]] = {}

    def seen() -> bool:
        after.update(chunks_of(studio, first))
        return studio.job(first, OPTIMISE).status.terminal

    studio.until(seen, "the first to be done", PATIENCE)
    assert studio.job(first, OPTIMISE).result["smaller"] is True
    assert {name: after[name] for name in before} == before


def test_too_little_storage_is_said_before_anything_is_encoded() -> None:
    assert room_to_shrink(1_000_000, 400_000 + SPARE) is None
    short = room_to_shrink(1_000_000, 400_000 + SPARE - 1)
    assert short is not None
    assert "not enough storage to make the film smaller" in short.message
