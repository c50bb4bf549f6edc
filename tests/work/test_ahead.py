"""Live sessions are worked on while they are recorded."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import psutil
import pytest

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.session import Session
from backend.core.timeline import session_timeline
from backend.ingest import Ingest
from backend.media.pieces import piece_keys, pieces
from backend.media.plan import plan
from backend.work import shelf
from backend.work.isolate import make_sample, probe_files
from backend.work.recovery import forget_session
from tests.films import assert_in_sync
from tests.recordings import write_sound, write_video
from tests.work.conftest import Studio

LENGTH = 12


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of a minute and its sound in five pieces."""
    folder = tmp_path_factory.mktemp("recordings")
    write_video(folder / "video.mp4", 5 * LENGTH, size=(64, 48))
    for i in range(5):
        write_sound(folder / f"seg_{i}.wav", LENGTH, start=i * LENGTH)
    write_sound(folder / "other.wav", LENGTH, start=0, pitch=880)
    return folder


class Recorder:
    """Hands the files of a live session over, as a recorder does."""

    def __init__(self, studio: Studio, recordings: Path) -> None:
        self.studio = studio
        self._recordings = recordings
        self._ingest = Ingest(
            studio.settings, studio.app.library, probe_files, make_sample, lambda: None
        )
        self.session = self._ingest.begin("Live")

    def send(self, name: str, source: str | None = None) -> None:
        part = self._ingest.receive(self.session.id, name)
        shutil.copy(self._recordings / (source or name), part)
        self._ingest.accept(self.session.id, name)

    def kept(self) -> list[Artifact]:
        found = self.studio.app.library.artifacts.of_session(self.session.id)
        return [a for a in found if a.kind is ArtifactKind.SOUND and shelf.matches(a)]

    def until_kept(self, count: int) -> None:
        self.studio.until(lambda: len(self.kept()) >= count, f"{count} pieces of sound")

    def end(self) -> Session:
        self._ingest.end(self.session.id)
        self.studio.until_idle()
        ended = self.studio.app.library.sessions.get(self.session.id)
        assert ended
        assert ended.film
        return ended

    def wanted(self) -> set[str]:
        """Names of the pieces that a merge of the session as it is looks for."""
        live = self.studio.app.library.sessions.get(self.session.id)
        assert live
        infos = {segment.info.path: segment.info for segment in live.segments}
        if live.picture:
            infos[live.picture.info.path] = live.picture.info
        sound = plan(session_timeline(live), infos).sound
        assert sound
        return set(piece_keys(sound, pieces(sound), {s.path: s for s in live.sources}))


@pytest.fixture
def recorder(studio: Studio, recordings: Path) -> Recorder:
    return Recorder(studio, recordings)


def helpers() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # or it is about to go
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def test_sound_is_encoded_while_it_comes_in(studio: Studio, recorder: Recorder) -> None:
    for i in range(5):
        recorder.send(f"seg_{i}.wav")
    recorder.until_kept(1)
    kept = {artifact.key for artifact in recorder.kept()}
    assert studio.app.library.jobs.of_sessions([recorder.session.id])[recorder.session.id] == []
    recorder.send("video.mp4")
    assert kept <= recorder.wanted(), "the merge finds them"
    assert_in_sync(Path(str(recorder.end().film.path)), 5 * LENGTH)  # type: ignore[union-attr]
    assert recorder.kept() == []
    studio.until(lambda: not list(studio.settings.work.glob("*/*.aac")), "the pieces to be removed")


def test_segments_that_come_in_another_order_or_again(studio: Studio, recorder: Recorder) -> None:
    for name in ("seg_0.wav", "seg_1.wav", "seg_2.wav"):
        recorder.send(name)
    recorder.until_kept(1)
    before = {artifact.key for artifact in recorder.kept()}
    recorder.send("seg_1.wav", "other.wav")
    recorder.send("seg_3.wav")
    recorder.send("seg_4.wav")
    assert not before & recorder.wanted(), "what was replaced is not used"
    recorder.send("seg_1.wav")
    recorder.send("video.mp4")
    assert_in_sync(Path(str(recorder.end().film.path)), 5 * LENGTH)  # type: ignore[union-attr]
    assert recorder.kept() == []


def test_a_live_session_that_is_deleted_leaves_nothing(studio: Studio, recorder: Recorder) -> None:
    for i in range(4):
        recorder.send(f"seg_{i}.wav")
    recorder.until_kept(1)
    studio.app.library.sessions.bin(recorder.session.id)
    studio.until(lambda: not helpers(), "the processes to leave")
    forget_session(studio.settings, studio.app.library, recorder.session.id)
    assert list(studio.settings.work.glob("*")) == []
    assert list(studio.settings.live.glob("*")) == []


def for_ever(
    session: Session, done: frozenset[str], work: Path, pipe: Connection[object, object]
) -> None:
    """In place of the work: leaves a file that is not finished, and stays until the pipe ends."""
    (work / "1.ahead.part.aac").touch()
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()


@pytest.fixture
def endless(studio: Studio, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session whose sound is being encoded, and never done."""
    with monkeypatch.context() as patched:
        patched.setattr("backend.work.ahead._main", for_ever)
        for i in range(3):
            recorder.send(f"seg_{i}.wav")
        studio.until(lambda: list(studio.settings.work.glob("*/*.part*")), "a process at work")
        assert helpers()
    yield


@pytest.mark.usefixtures("endless")
def test_a_process_that_is_killed_costs_nothing(studio: Studio, recorder: Recorder) -> None:
    for helper in helpers():
        helper.kill()
    studio.until(lambda: not list(studio.settings.work.glob("*/*.part*")), "its file to go")
    for i in (3, 4):
        recorder.send(f"seg_{i}.wav")
    recorder.send("video.mp4")
    assert_in_sync(Path(str(recorder.end().film.path)), 5 * LENGTH)  # type: ignore[union-attr]


@pytest.mark.usefixtures("endless")
def test_it_leaves_when_the_session_ends(studio: Studio, recorder: Recorder) -> None:
    recorder.send("video.mp4")
    recorder.end()
    studio.until(lambda: not helpers(), "the process to leave")
    studio.until(lambda: not list(studio.settings.work.glob("*/*.part*")), "its file to go")


@pytest.mark.usefixtures("endless")
def test_it_leaves_when_the_backend_does(studio: Studio) -> None:
    studio.app.close()
    assert helpers() == []
    assert list(studio.settings.work.glob("*/*.part*")) == []
