"""A session whose owner chooses another of its tracks of sound, after its film was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.core.artifact import ArtifactKind
from backend.core.job import JobKind, JobStatus
from backend.core.session import AudioChoice, Session
from backend.store.orders import Conflict
from tests.films import look
from tests.media.test_mix import two_tracks
from tests.work.conftest import Studio

FIRST, SECOND = [0.5, 1.5], [1.0, 2.0]
"""Seconds at which the tracks beep."""


def hear(studio: Studio, session: Session, audio: AudioChoice) -> Session:
    studio.app.library.sessions.hear(session.id, audio)
    studio.until_idle()
    heard = studio.app.library.sessions.get(session.id)
    assert heard is not None and heard.film is not None
    return heard


def peaks(studio: Studio, session: Session) -> list[str]:
    made = studio.app.library.artifacts.of_session(session.id)
    return [artifact.key for artifact in made if artifact.kind is ArtifactKind.PEAKS]


def test_the_film_is_made_again_and_there_again(studio: Studio, tmp_path: Path) -> None:
    session = studio.bring(two_tracks(tmp_path / "two.mkv"))
    studio.until_idle()
    best = hear(studio, session, None)
    assert best.film is not None
    studio.app.library.artifacts.lease(session.id, best.film.key)  # as its player does
    assert look(Path(best.film.path)).beeps == pytest.approx(SECOND, abs=0.05)
    drawn = peaks(studio, session)
    first = hear(studio, session, 1)
    assert first.film is not None
    assert first.film.key != best.film.key
    assert look(Path(first.film.path)).beeps == pytest.approx(FIRST, abs=0.05)
    assert any("number 1 is heard" in note for note in first.notes)
    assert not any("number 2 is heard" in note for note in first.notes)
    # Its waveform is that of the sound which is heard now; the film before plays on for a while.
    assert len(peaks(studio, session)) == 1
    assert peaks(studio, session) != drawn
    assert Path(best.film.path).exists()
    mixed = hear(studio, session, "mix")
    assert mixed.film is not None
    assert look(Path(mixed.film.path)).beeps == pytest.approx(sorted(FIRST + SECOND), abs=0.05)
    # What was made before, and is there still, is not made a second time.
    before = Path(best.film.path).stat()
    back = hear(studio, session, None)
    assert back.film is not None
    assert back.film.key == best.film.key
    assert Path(back.film.path).stat().st_mtime_ns == before.st_mtime_ns
    assert peaks(studio, session) == drawn
    # The same files, heard the same way, are this session again.
    assert studio.bring(tmp_path / "two.mkv").id == session.id


def test_it_is_not_chosen_while_something_runs(studio: Studio, tmp_path: Path) -> None:
    studio.app.library.preferences.pause_queue(True)
    session = studio.bring(two_tracks(tmp_path / "two.mkv"))
    with pytest.raises(Conflict):
        studio.app.library.sessions.hear(session.id, 1)
    assert studio.job(session, JobKind.MERGE).status is JobStatus.QUEUED
