"""Canvases drawn by real children: of all there is, of little, killed, cancelled."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.core.artifact import ArtifactKind
from backend.core.canvas import Canvas, canvas_from
from backend.core.chapter import tiled, told
from backend.core.document import DocumentKind
from backend.core.flow import enrichment
from backend.core.job import JobKind, JobStatus, Priority
from backend.core.session import Session
from backend.core.time import TimeRange
from backend.core.transcript import Transcript, Utterance
from backend.store import documents, redraw
from tests.media.test_stills import film, scene
from tests.recordings import write_sound
from tests.work.conftest import Studio

SECONDS = 6
CANVAS = JobKind.CANVAS


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session that shows another picture every second, with sound."""
    folder = tmp_path_factory.mktemp("scenes") / "Scenes"
    folder.mkdir()
    film(folder / "video.mp4", [scene(n) for n in range(SECONDS)])
    write_sound(folder / "audio" / "seg_1.wav", SECONDS / 2)
    return folder


def brought(studio: Studio, folder: Path) -> Session:
    session = studio.bring(folder)
    studio.until_idle()
    return session


def ask(studio: Studio, session: Session) -> None:
    kept = studio.app.library.sessions.get(session.id)
    assert kept is not None
    graph = tuple(one for one in enrichment(kept, Priority.NORMAL) if one.kind is CANVAS)
    studio.app.library.sessions.request_all(session.id, graph)


def drawn(studio: Studio, session: Session) -> Canvas:
    studio.until_idle()
    job = studio.job(session, CANVAS)
    assert job.status is JobStatus.COMPLETED, job.fault
    document = studio.app.library.documents.newest(session.id, DocumentKind.CANVAS)
    assert document is not None
    return canvas_from(document.body)


def write_down(studio: Studio, session: Session, parts: int = 3) -> None:
    """A transcript and chapters, as other jobs would have found them."""
    span = TimeRange(Fraction(1), Fraction(4))
    said = "There is iron, they say, in all our blood, and a grain or two is good."
    talk = Transcript(
        (Utterance(span.start, span.end, said, ()),), "en", (span,), Fraction(SECONDS), "tiny"
    )
    marks = [(Fraction(SECONDS * n, parts), f"Part {n + 1}") for n in range(parts)]

    def put(kind: DocumentKind, body: dict[str, object]) -> None:
        studio.app.library.database.write(lambda t: documents.put(t, session.id, kind, body))

    put(DocumentKind.TRANSCRIPT, talk.told())
    put(DocumentKind.CHAPTERS, dict(told(tiled(marks, Fraction(SECONDS)))))


def stills(studio: Studio, session: Session) -> dict[str, Path]:
    made = studio.app.library.artifacts.of_session(session.id)
    return {one.key: Path(one.path) for one in made if one.kind is ArtifactKind.STILL}


def kinds(studio: Studio, session: Session) -> list[ArtifactKind]:
    return [one.kind for one in studio.app.library.artifacts.of_session(session.id)]


def test_a_canvas_is_made_of_what_is_known(studio: Studio, scenes: Path) -> None:
    session = brought(studio, scenes)
    write_down(studio, session)
    ask(studio, session)
    canvas = drawn(studio, session)
    assert [one.title for one in canvas.chapters] == ["Part 1", "Part 2", "Part 3"]
    for chapter in canvas.chapters:
        found = canvas.shots_of(chapter)
        assert 1 <= len(found) <= 3
        for shot in found:
            with Image.open(stills(studio, session)[shot.key]) as image:
                assert image.size == (shot.width, shot.height)
                pixels = np.asarray(image.convert("RGB"), np.float32)
            true = np.asarray(scene(int(shot.at)), np.float32)
            assert np.abs(pixels - true).mean() < 15, f"it does not show {shot.at}"
    assert max(canvas.wave) == 100, "it is loud"
    half = len(canvas.wave) // 2
    assert max(canvas.wave[half + 8 :]) == 0, "its sound ends in the middle"
    assert [one.text[:13] for one in canvas.quotes] == ["There is iron"]
    assert canvas.figures is not None and canvas.figures.words == 16
    assert canvas.figures.speaking == 3
    made = kinds(studio, session)
    assert made.count(ArtifactKind.PEAKS) == 1 and ArtifactKind.CHOSEN not in made
    assert canvas.recorded == session.started_at.isoformat()
    # A second one, asked for of a session that has one, is a version of its own.
    ask(studio, session)
    assert drawn(studio, session) == canvas
    newest = studio.app.library.documents.newest(session.id, DocumentKind.CANVAS)
    assert newest is not None and newest.version == 2
    # Nobody speaks after all, and the waveform was damaged: the sound is heard once more.
    silent = Transcript((), None, (), Fraction(SECONDS), "tiny", ("Nobody speaks here.",))
    studio.app.library.database.write(
        lambda t: documents.put(t, session.id, DocumentKind.TRANSCRIPT, silent.told())
    )
    peaks = studio.app.library.artifacts.newest(session.id, ArtifactKind.PEAKS)
    assert peaks is not None
    Path(peaks.path).write_bytes(b"damaged")
    ask(studio, session)
    canvas = drawn(studio, session)
    assert canvas.notes == ("Nobody speaks here.",) and canvas.wave
    assert canvas.figures is None and canvas.quotes == () and canvas.shots


def test_it_is_drawn_anew_when_its_chapters_are_edited_and_keeps_what_its_owner_wrote(
    studio: Studio, scenes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redraw, "QUIET", 200)
    library, kind = studio.app.library, DocumentKind.CANVAS
    session = brought(studio, scenes)
    write_down(studio, session)
    ask(studio, session)
    before = drawn(studio, session)
    mine = library.documents.newest(session.id, kind)
    assert mine is not None
    quotes = [{"text": "Iron is in our blood.", "at": 1.0, "who": "Ada"}]
    body = {**mine.body, "title": "Mine", "quotes": quotes, "owned": ["quotes"]}
    library.documents.edit(session.id, kind, body, mine.version)
    seen = {key: path.stat().st_mtime_ns for key, path in stills(studio, session).items()}
    marks = [(Fraction(0), "One"), (Fraction(2), "Two"), (Fraction(3), "Three")]
    chapters = dict(told(tiled(marks, Fraction(SECONDS))))
    library.documents.edit(session.id, DocumentKind.CHAPTERS, chapters, 1)

    def titles() -> list[str]:
        newest = library.documents.newest(session.id, kind)
        assert newest is not None
        return [one.title for one in canvas_from(newest.body).chapters]

    studio.until(lambda: titles() == ["One", "Two", "Three"], "a canvas with these chapters")
    after = drawn(studio, session)
    assert after.title == "Mine" and [one.text for one in after.quotes] == [quotes[0]["text"]]
    first = before.chapters[0]
    assert (first.start, first.end) == (after.chapters[0].start, after.chapters[0].end)
    assert after.shots_of(after.chapters[0]) == before.shots_of(first)
    now = stills(studio, session)
    for shot in before.shots_of(first):
        assert now[shot.key].stat().st_mtime_ns == seen[shot.key], "it was chosen once more"
    assert all(after.shots_of(chapter) for chapter in after.chapters)
    assert len(kept := library.documents.versions(session.id, kind)) == 3
    assert [str(one.origin) for one in kept] == ["made", "edited", "made"]


def test_a_film_without_sound_and_sound_without_a_film(
    studio: Studio, scenes: Path, tmp_path: Path
) -> None:
    mute = tmp_path / "Mute"
    mute.mkdir()
    film(mute / "video.mp4", [scene(1), scene(2)])
    voice = tmp_path / "Voice"
    write_sound(voice / "audio" / "seg_1.wav", 3)
    seen, heard = brought(studio, mute), brought(studio, voice)
    for session in (seen, heard):
        ask(studio, session)
    canvas = drawn(studio, seen)
    assert canvas.wave == () and canvas.shots and canvas.notes == ("It has no sound.",)
    assert canvas.chapters == () and canvas.figures is None and canvas.by is None
    canvas = drawn(studio, heard)
    assert canvas.wave and canvas.shots == ()
    assert canvas.notes == ("It has no picture.", "What is said in it is not written down.")


def test_killed_it_goes_on_behind_the_pictures_that_it_kept(
    studio: Studio, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = brought(studio, scenes)
    write_down(studio, session)
    monkeypatch.setenv("RUSHES_STRIKE", "pictures-kept=kill")
    monkeypatch.setenv("RUSHES_STRIKE_MARKS", str(tmp_path))
    ask(studio, session)
    studio.until(lambda: (tmp_path / "pictures-kept.kill").exists(), "the kill")
    job = studio.job(session, CANVAS)
    studio.until(lambda: studio.job(session, CANVAS).status is not JobStatus.RUNNING, "its end")
    before = {key: path.stat().st_mtime_ns for key, path in stills(studio, session).items()}
    assert before and ArtifactKind.CHOSEN in kinds(studio, session)
    canvas = drawn(studio, session)
    assert studio.job(session, CANVAS).id == job.id
    assert studio.job(session, CANVAS).attempt == 2
    after = stills(studio, session)
    assert {key: after[key].stat().st_mtime_ns for key in before} == before
    assert len(canvas.shots_of(canvas.chapters[0])) == len(before)
    assert all(canvas.shots_of(chapter) for chapter in canvas.chapters)


def test_cancelled_it_leaves_no_unfinished_file(
    studio: Studio, scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = brought(studio, scenes)
    write_down(studio, session)
    monkeypatch.setenv("RUSHES_STRIKE", "pictures-kept=stop")
    monkeypatch.setenv("RUSHES_STRIKE_MARKS", str(tmp_path))
    ask(studio, session)
    studio.until(lambda: (tmp_path / "pictures-kept.stop").exists(), "the stop")
    studio.app.library.jobs.cancel(studio.job(session, CANVAS).id)
    studio.until(lambda: studio.job(session, CANVAS).status is JobStatus.CANCELLED, "the cancel")
    studio.until_idle()
    parts = [p for p in studio.settings.data.rglob("*") if ".part" in p.name]
    assert parts == [] and studio.unfinished() == []
    assert studio.app.library.documents.newest(session.id, DocumentKind.CANVAS) is None
