"""What a launch does with what the last life left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.job import JobStatus, Lane
from backend.store import manifest
from backend.work import shelf
from backend.work.recovery import forget_session, recover
from tests.work.conftest import Studio


@pytest.fixture
def held(studio: Studio) -> Studio:
    """A backend whose queue is paused, so that nothing runs while a test looks."""
    studio.app.library.preferences.pause_queue(True)
    return studio


def interrupted(studio: Studio, session: str, name: str, content: bytes | None) -> Artifact:
    """A film that was announced, under a claim of a backend that died before it could finish."""
    job = studio.app.library.jobs.claim(Lane.READY)
    assert job is not None
    assert job.token is not None
    path = studio.settings.films / "Folder" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    artifact = Artifact("k" * 40, ArtifactKind.FILM, session, str(path), 5)
    assert studio.app.library.artifacts.prepare(artifact, job.id, job.token)
    return artifact


def test_a_file_that_got_its_name_is_adopted(held: Studio, short: Path) -> None:
    session = held.bring(short)
    artifact = interrupted(held, session.id, "film.mp4", b"whole")
    recover(held.settings, held.app.library)
    assert held.app.library.artifacts.find(session.id, artifact.key) == artifact
    kept = held.app.library.sessions.get(session.id)
    assert kept is not None
    assert kept.film == artifact


@pytest.mark.parametrize("content", [None, b"half"])
def test_a_file_that_is_not_whole_is_forgotten_and_removed(
    held: Studio, short: Path, content: bytes | None
) -> None:
    session = held.bring(short)
    artifact = interrupted(held, session.id, "film.mp4", content)
    recover(held.settings, held.app.library)
    assert held.app.library.artifacts.find(session.id, artifact.key) is None
    assert held.app.library.artifacts.prepared() == []
    assert not Path(artifact.path).exists()
    assert held.job(session).status is JobStatus.QUEUED


def test_unfinished_files_go_and_foreign_ones_stay(held: Studio, short: Path) -> None:
    session = held.bring(short)
    work = shelf.work_folder(held.settings, session.id)
    work.mkdir(parents=True)
    (work / "abc.1-deadbeef.part.mp4").write_bytes(b"x")
    (work / "checkpoint-without-a-row.mkv").write_bytes(b"x")
    foreign = held.settings.films / "holiday" / "beach.mp4"
    foreign.parent.mkdir()
    foreign.write_bytes(b"somebody's")
    recover(held.settings, held.app.library)
    assert not work.exists()
    assert foreign.read_bytes() == b"somebody's"


def test_uploads_of_a_live_session_stay(held: Studio) -> None:
    live = held.settings.live
    from backend.ingest import Ingest
    from backend.work.isolate import make_sample, probe_files

    session = Ingest(
        held.settings, held.app.library, probe_files, make_sample, lambda: None
    ).begin()
    for owner in (session.id, "nobody"):
        (live / owner).mkdir(parents=True)
        (live / owner / ".seg.m4a.part").write_bytes(b"half a piece")
    recover(held.settings, held.app.library)
    assert (live / session.id / ".seg.m4a.part").exists()
    assert not (live / "nobody").exists()


def test_recordings_of_a_session_that_the_library_has_lost_are_kept(held: Studio) -> None:
    """After an older backup was put back they may be the only ones there are."""
    folder = held.settings.live / "lostlostlo"
    folder.mkdir(parents=True)
    (folder / "seg_001.m4a").write_bytes(b"what somebody said")
    (folder / ".seg_002.m4a.part").write_bytes(b"half a piece")
    recover(held.settings, held.app.library)
    assert [path.name for path in folder.iterdir()] == ["seg_001.m4a"]
    (said,) = held.app.library.reports
    assert str(folder) in said


def test_a_lost_manifest_is_written_again(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.until_idle()
    (film,) = studio.films()
    (film.parent / manifest.NAME).unlink()
    recover(studio.settings, studio.app.library)
    assert manifest.read(film.parent / manifest.NAME).session.id == session.id


def test_the_bin_is_emptied_when_its_time_has_come(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.until_idle()
    (film,) = studio.films()
    studio.app.library.sessions.bin(session.id)
    recover(studio.settings, studio.app.library)
    assert film.exists()
    studio.app.library.preferences.set("bin.days", "0")
    recover(studio.settings, studio.app.library)
    assert studio.app.library.sessions.get(session.id, binned=True) is None
    assert not film.parent.exists()
    assert (short / "video.mp4").exists()


def test_what_the_owner_put_beside_a_film_outlives_it(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.until_idle()
    (film,) = studio.films()
    notes = film.parent / "my notes.txt"
    notes.write_text("mine")
    forget_session(studio.settings, studio.app.library, session.id)
    assert not film.exists()
    assert notes.read_text() == "mine"


def test_nothing_outside_the_library_can_be_removed(studio: Studio, tmp_path: Path) -> None:
    precious = tmp_path / "precious.mp4"
    precious.write_bytes(b"x")
    with pytest.raises(ValueError, match="not Rushes'"):
        shelf.remove(studio.settings, precious)
    assert precious.exists()


def test_a_library_is_rebuilt_from_its_films(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.until_idle()
    (film,) = studio.films()
    studio.app.library.sessions.forget(session.id)
    assert studio.app.library.rebuild(studio.settings.films) == [session.id]
    found = studio.app.library.sessions.get(session.id)
    assert found is not None
    assert found.film is not None
    assert Path(found.film.path) == film
    assert replace(found, film=None, updated_at=found.created_at).segments == session.segments
    assert studio.app.library.rebuild(studio.settings.films) == []


def test_old_sessions_in_the_bin_are_told_from_new_ones(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.app.library.sessions.bin(session.id)
    now = datetime.now(UTC)
    assert studio.app.library.sessions.binned_before(now - timedelta(days=1)) == []
    assert len(studio.app.library.sessions.binned_before(now + timedelta(days=1))) == 1
