"""The queue at work: a real library, real children, real recordings."""

from __future__ import annotations

import errno
import os
import shutil
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import av
import pytest

from backend.core.artifact import ArtifactKind
from backend.core.fault import Category, refuse
from backend.core.job import JobKind, JobStatus, Priority
from backend.core.progress import Stage
from backend.core.session import Session
from backend.store import manifest
from backend.work import shelf
from backend.work.messages import Advance, FromChild, Plan, ToChild
from backend.work.worker import Reason
from tests.work.conftest import Studio

_PIECES = {ArtifactKind.PICTURE, ArtifactKind.SOUND, ArtifactKind.SHRUNK}
_ASKED = {
    ArtifactKind.SOUNDTRACK,
    ArtifactKind.SPEECH,
    ArtifactKind.SAID,
    ArtifactKind.VOICES,
    ArtifactKind.READ,
    ArtifactKind.STILL,
    ArtifactKind.CHOSEN,
}
KEPT = frozenset(ArtifactKind) - _PIECES - _ASKED
"""What is left of a session's work: all but the pieces that its film was made of."""
PLANNED = frozenset({JobKind.MERGE, JobKind.WAVEFORM, JobKind.THUMBNAILS})
"""What every session gets; a small film is not worth making smaller, and the rest is asked for."""


def frames_of(film: Path) -> int:
    with av.open(str(film)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_session_becomes_a_film_with_previews(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.until_idle()
    jobs = studio.app.library.jobs.of_sessions([session.id])[session.id]
    assert {job.kind: job.status for job in jobs} == dict.fromkeys(PLANNED, JobStatus.COMPLETED)
    (film,) = studio.films()
    assert frames_of(film) == 40
    kept = studio.app.library.sessions.get(session.id)
    assert kept is not None
    assert kept.film is not None
    assert Path(kept.film.path) == film
    kinds = {artifact.kind for artifact in studio.app.library.artifacts.of_session(session.id)}
    assert kinds == KEPT
    assert manifest.read(film.parent / manifest.NAME).session.id == session.id
    assert studio.unfinished() == []
    assert list(studio.settings.work.glob("*/*")) == []


def test_progress_is_told_and_never_goes_back(studio: Studio, long: Path) -> None:
    with studio.app.bus.subscribe(size=100_000) as told:
        studio.bring(long)
        studio.until_idle()
        progress: list[float] = []
        names = []
        while (event := told.get(timeout=0)) is not None:
            names.append(event.name)
            if event.name == "media-processing-progress":
                progress.append(float(str(event.data["progress"])))
    assert progress == sorted(progress)
    assert len(progress) > 5
    assert progress[-1] <= 1.0
    for name in ("session-created", "media-processing-started", "media-processing-completed"):
        assert name in names
    assert names.index("media-processing-started") < names.index("media-processing-progress")


def test_cancel_in_mid_encode_leaves_nothing(studio: Studio, long: Path) -> None:
    session = studio.bring(long)
    studio.until_progress(session, 0.1)
    studio.app.library.jobs.cancel(studio.job(session).id)
    studio.until_idle()
    job = studio.job(session)
    assert job.status is JobStatus.CANCELLED
    assert studio.job(session, JobKind.THUMBNAILS).status is JobStatus.CANCELLED
    assert studio.films() == []
    assert studio.unfinished() == []
    studio.app.library.jobs.retry(job.id)
    studio.until_idle()
    assert len(studio.films()) == 1


def test_a_paused_job_goes_on_where_it_was(studio: Studio, long: Path) -> None:
    session = studio.bring(long)
    library = studio.app.library

    def chunks() -> dict[str, tuple[int, int]]:
        made = library.artifacts.of_session(session.id)
        files = [Path(a.path) for a in made if a.kind is ArtifactKind.PICTURE]
        return {f.name: (f.stat().st_ino, f.stat().st_mtime_ns) for f in files if f.exists()}

    studio.until(lambda: len(chunks()) >= 1, "a finished chunk")
    number = studio.job(session).id
    library.jobs.pause(number)
    studio.until(lambda: studio.job(session).status is JobStatus.PAUSED, "the pause")
    assert studio.job(session).attempt == 0
    before = chunks()
    assert before
    assert studio.unfinished() == []
    library.jobs.resume(number)
    studio.until(lambda: len(chunks()) > len(before), "another chunk")
    after = chunks()
    assert {name: after[name] for name in before} == before
    studio.until_idle()
    assert studio.job(session).status is JobStatus.COMPLETED
    assert frames_of(studio.films()[0]) == 45 * 25
    assert chunks() == {}


def test_a_paused_queue_starts_nothing_and_stops_what_runs(
    studio: Studio, long: Path, short: Path
) -> None:
    session = studio.bring(long)
    studio.until_progress(session)
    studio.app.library.preferences.pause_queue(True)
    studio.until(lambda: studio.job(session).status is JobStatus.QUEUED, "the job to yield")
    waiting = studio.bring(short)
    assert studio.app.supervisor.idle()
    studio.restart()
    assert studio.app.supervisor.idle()
    assert studio.job(waiting).status is JobStatus.QUEUED
    studio.app.library.preferences.pause_queue(False)
    studio.until_idle()
    assert studio.job(session).status is JobStatus.COMPLETED
    assert studio.job(waiting).status is JobStatus.COMPLETED


def test_an_urgent_session_goes_first_and_the_other_goes_on(
    studio: Studio, long: Path, short: Path
) -> None:
    slow = studio.bring(long, Priority.LOW)
    studio.until_progress(slow)
    urgent = studio.bring(short, Priority.HIGH)
    studio.until_idle()
    first, second = studio.job(urgent), studio.job(slow)
    assert first.status is second.status is JobStatus.COMPLETED
    assert first.completed_at is not None
    assert second.completed_at is not None
    assert first.completed_at < second.completed_at
    assert second.attempt == 1


def test_an_orderly_end_gives_the_attempt_back(studio: Studio, long: Path) -> None:
    session = studio.bring(long)
    studio.until_progress(session)
    studio.close()
    studio.restart()
    studio.until_idle()
    job = studio.job(session)
    assert job.status is JobStatus.COMPLETED
    assert job.attempt == 1


def test_three_crashes_set_a_job_aside_and_a_retry_brings_it_back(
    studio: Studio, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = ("child-started", "film-open", "film-written")
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setenv("RUSHES_STRIKE", ",".join(f"{point}=kill" for point in points))
    monkeypatch.setenv("RUSHES_STRIKE_MARKS", str(marks))
    monkeypatch.setattr("backend.core.job.BACKOFF", (0.05, 0.05))
    session = studio.bring(short)
    studio.until_idle()
    job = studio.job(session)
    assert job.status is JobStatus.FAILED
    assert job.fault is not None
    assert job.fault.category is Category.CRASH
    assert job.attempt == 3
    assert sorted(path.name for path in marks.iterdir()) == sorted(f"{p}.kill" for p in points)
    assert studio.job(session, JobKind.WAVEFORM).status is JobStatus.CANCELLED
    assert studio.unfinished() == []
    studio.app.library.jobs.retry(job.id)
    studio.until_idle()
    assert studio.job(session).status is JobStatus.COMPLETED
    assert studio.job(session, JobKind.WAVEFORM).status is JobStatus.COMPLETED


def test_one_bad_recording_costs_one_job(
    studio: Studio, short: Path, long: Path, tmp_path: Path
) -> None:
    changed = Path(shutil.copytree(short, tmp_path / "Changed"))
    studio.app.library.preferences.pause_queue(True)
    bad = studio.bring(changed)
    good = studio.bring(short)
    (changed / "video.mp4").write_bytes(b"something else altogether")
    studio.app.library.preferences.pause_queue(False)
    studio.until_idle()
    fault = studio.job(bad).fault
    assert studio.job(bad).status is JobStatus.FAILED
    assert fault is not None
    assert "video.mp4" in fault.message
    assert fault.hint
    assert studio.job(good).status is JobStatus.COMPLETED


def test_a_missing_source_fails_without_costing_an_attempt(
    studio: Studio, short: Path, tmp_path: Path
) -> None:
    away = Path(shutil.copytree(short, tmp_path / "Away"))
    studio.app.library.preferences.pause_queue(True)
    session = studio.bring(away)
    away.rename(tmp_path / "unmounted")
    studio.app.library.preferences.pause_queue(False)
    studio.until_idle()
    job = studio.job(session)
    assert job.fault is not None
    assert (job.status, job.fault.category, job.attempt) == (
        JobStatus.FAILED,
        Category.MISSING,
        0,
    )
    (tmp_path / "unmounted").rename(away)
    studio.app.library.jobs.retry(job.id)
    studio.until_idle()
    assert studio.job(session).status is JobStatus.COMPLETED


def test_a_film_that_was_made_before_is_found_again(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.until_idle()
    (film,) = studio.films()
    before = film.stat().st_ino, film.stat().st_mtime_ns
    studio.app.library.jobs.clear()
    studio.app.library.sessions.plan_again(session.id)
    studio.until_idle()
    assert (film.stat().st_ino, film.stat().st_mtime_ns) == before
    assert studio.films() == [film]


def test_a_child_that_is_stopped_can_still_be_cancelled(
    studio: Studio, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setenv("RUSHES_STRIKE", "film-open=stop")
    monkeypatch.setenv("RUSHES_STRIKE_MARKS", str(marks))
    session = studio.bring(short)
    studio.until(lambda: (marks / "film-open.stop").exists(), "the child to stop")
    studio.app.library.jobs.cancel(studio.job(session).id)
    studio.until_idle()
    assert studio.job(session).status is JobStatus.CANCELLED
    assert studio.unfinished() == []


def test_a_job_whose_end_finds_no_room_goes_on_when_there_is(
    studio: Studio, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = studio.app.library.jobs
    refusals = iter(range(3))

    def without_room(call: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: object, **named: object) -> Any:
            if next(refusals, None) is not None:
                raise refuse(Category.STORAGE, "There is not enough storage left for the library.")
            return call(*given, **named)

        return called

    monkeypatch.setattr(jobs, "finish", without_room(jobs.finish))
    monkeypatch.setattr(jobs, "give_back", without_room(jobs.give_back))
    session = studio.bring(short)
    studio.until_idle()
    assert next(refusals, None) is None
    done = jobs.of_sessions([session.id])[session.id]
    assert {job.status for job in done} == {JobStatus.COMPLETED}
    assert [job.attempt for job in done if job.kind is JobKind.MERGE] == [1]
    assert len(studio.films()) == 1


def test_the_queue_knows_what_work_costs_here(studio: Studio, short: Path) -> None:
    assert studio.app.library.jobs.rates() == {}
    session = studio.bring(short)
    studio.until_idle()
    rates = studio.app.library.jobs.rates()
    assert set(rates) == PLANNED
    job = studio.job(session)
    assert job.units == pytest.approx(2.0)
    assert job.work_seconds is not None
    assert rates[JobKind.MERGE].seconds == pytest.approx(job.work_seconds)


def test_no_child_is_left_behind(studio: Studio, long: Path) -> None:
    import psutil

    session = studio.bring(long)
    studio.until_progress(session)
    children = [
        child
        for child in psutil.Process(os.getpid()).children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "spawn_main" in " ".join(child.cmdline())
    ]
    assert children
    studio.close()
    assert not any(child.is_running() for child in children)
    studio.restart()


def test_a_finished_piece_that_cannot_be_named_costs_an_attempt_and_holds_nobody_up(
    studio: Studio, long: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child waits for an answer then: it must not wait for ever."""
    refused: list[Path] = []
    real = shelf.put

    def put(part: Path, final: Path) -> None:
        if not refused:
            refused.append(part)
            raise OSError(errno.EIO, "Input/output error", str(part))
        real(part, final)

    monkeypatch.setattr(shelf, "put", put)
    session = studio.bring(long)
    studio.until_idle()
    assert refused
    assert studio.job(session).status is JobStatus.COMPLETED
    assert studio.job(session).attempt == 2
    assert studio.unfinished() == []


def test_a_pause_that_is_taken_back_in_time_does_not_stick(
    studio: Studio, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    monkeypatch.setenv("RUSHES_STRIKE", "film-open=stop")
    monkeypatch.setenv("RUSHES_STRIKE_MARKS", str(marks))
    session = studio.bring(short)
    number = studio.job(session).id
    studio.until(lambda: (marks / "film-open.stop").exists(), "the child to stop")
    (worker,) = studio.app.supervisor._running()
    studio.app.library.jobs.pause(number)
    studio.until(lambda: worker.stopping is Reason.PAUSE, "the pause to be heard")
    studio.app.library.jobs.resume(number)
    studio.until_idle()
    assert studio.job(session).status is JobStatus.COMPLETED


def chatter(pipe: Connection[FromChild, ToChild], prepared: bool) -> None:
    """A child that says how far it is, again and again, and never looks whether to stop."""
    pipe.send(Plan((Stage("film", "Talking", 1.0),)))
    while True:
        pipe.send(Advance("film", 0.5))
        time.sleep(0.001)


def test_a_child_that_talks_and_never_listens_can_be_cancelled(
    studio: Studio, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.work.child.main", chatter)
    session = studio.bring(short)
    studio.until_progress(session)
    studio.app.library.jobs.cancel(studio.job(session).id)
    studio.until_idle()
    assert studio.job(session).status is JobStatus.CANCELLED


def test_a_library_that_cannot_be_read_for_a_moment_does_not_end_the_queue(
    studio: Studio, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = studio.app.library.jobs
    failed: list[bool] = []
    real = jobs.next_due

    def next_due() -> int | None:
        if len(failed) < 4 and threading.current_thread().name == "supervisor":
            failed.append(True)
            raise OSError(errno.EIO, "Input/output error")
        return real()

    monkeypatch.setattr(jobs, "next_due", next_due)
    session = studio.bring(short)
    studio.until(lambda: len(failed) == 4, "the supervisor to look again")
    studio.until_idle()
    assert studio.job(session).status is JobStatus.COMPLETED


def test_a_job_that_was_claimed_and_could_not_be_begun_is_not_stranded(
    studio: Studio, short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = studio.app.library.sessions
    failed: list[bool] = []
    real = sessions.get

    def get(number: str, binned: bool = False) -> Session | None:
        if not failed and threading.current_thread().name == "supervisor":
            failed.append(True)
            raise OSError(errno.EIO, "Input/output error")
        return real(number, binned)

    monkeypatch.setattr(sessions, "get", get)
    session = studio.bring(short)
    studio.until_idle()
    assert failed
    assert studio.job(session).status is JobStatus.COMPLETED


def test_a_film_that_was_taken_away_is_made_again_when_it_is_asked_for(
    studio: Studio, short: Path
) -> None:
    session = studio.bring(short)
    studio.until_idle()
    (film,) = studio.films()
    film.unlink()
    again = studio.bring(short)
    assert again.id == session.id
    studio.until_idle()
    assert studio.films() == [film]
    assert frames_of(film) == 40
    kept = studio.app.library.sessions.get(session.id)
    assert kept is not None
    assert kept.film is not None
    kinds = {artifact.kind for artifact in studio.app.library.artifacts.of_session(session.id)}
    assert kinds == KEPT
