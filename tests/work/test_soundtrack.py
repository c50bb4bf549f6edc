"""The sound of a session as a file of its own, made by a job."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.flow import SoundFormat, soundtrack
from backend.core.job import JobKind, JobStatus
from backend.core.session import Session
from backend.work import versions
from tests.cli.test_sound import beeps
from tests.recordings import write_sound, write_video
from tests.work.conftest import Studio


def ask(studio: Studio, session: Session, form: SoundFormat) -> None:
    studio.app.library.sessions.request(session.id, soundtrack(form))


def saved(studio: Studio, session: Session) -> list[Artifact]:
    made = studio.app.library.artifacts.of_session(session.id)
    return [artifact for artifact in made if artifact.kind is ArtifactKind.SOUNDTRACK]


@pytest.mark.parametrize("form", SoundFormat)
def test_the_sound_of_a_film(studio: Studio, short: Path, form: SoundFormat) -> None:
    session = studio.bring(short)
    studio.until_idle()
    ask(studio, session, form)
    studio.until_idle()
    (sound,) = saved(studio, session)
    assert Path(sound.path).suffix == f".{form}"
    assert beeps(Path(sound.path)) == pytest.approx([0, 1], abs=0.03)
    # The film's AAC is not encoded a second time.
    assert sound.facts["sound"] == ("copied" if form is SoundFormat.M4A else "encoded")
    before = Path(sound.path).stat().st_mtime_ns
    ask(studio, session, form)
    studio.until_idle()
    jobs = studio.app.library.jobs.of_sessions([session.id])[session.id]
    asked = [job for job in jobs if job.kind is JobKind.SOUNDTRACK]
    assert [job.result["key"] for job in asked] == [sound.key, sound.key]
    assert Path(sound.path).stat().st_mtime_ns == before
    assert versions.drop_replaced(studio.settings, studio.app.library) == 0
    later = datetime.now(UTC) + timedelta(minutes=1)
    assert [a.key for a in studio.app.library.artifacts.replaced(later)] == [sound.key]


def test_the_sound_of_recordings_whose_film_is_gone(
    studio: Studio, short: Path, tmp_path: Path
) -> None:
    session = studio.bring(Path(shutil.copytree(short, tmp_path / "Short")))
    studio.until_idle()
    (film,) = [a for a in studio.app.library.artifacts.of_session(session.id) if a.kind == "film"]
    studio.app.library.artifacts.forget(film)
    ask(studio, session, SoundFormat.MP3)
    studio.until_idle()
    assert beeps(Path(saved(studio, session)[0].path)) == pytest.approx([0, 1], abs=0.03)


def test_one_that_is_cancelled_leaves_nothing(studio: Studio, tmp_path: Path) -> None:
    folder = tmp_path / "Long"
    write_video(folder / "video.mp4", 2, size=(320, 180))
    write_sound(folder / "audio" / "a.wav", 600)
    session = studio.bring(folder)
    studio.until_idle()
    ask(studio, session, SoundFormat.MP3)
    number = studio.job(session, JobKind.SOUNDTRACK).id

    def far() -> bool:
        told = studio.app.supervisor._board.progress(number)
        return told is not None and float(str(told["progress"])) > 0

    studio.until(far, "progress")
    studio.app.library.jobs.cancel(number)
    studio.until_idle()
    assert studio.job(session, JobKind.SOUNDTRACK).status is JobStatus.CANCELLED
    assert saved(studio, session) == []
    assert studio.unfinished() == []
    assert list(studio.settings.work.rglob("*.mp3")) == []
