"""Films that are watched without H.264: real processes, real pieces."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.fault import Category, Fault, FaultError
from backend.settings import Settings
from backend.work import renditions as work
from backend.work.renditions import PieceKeeper, forget, prune
from tests.recordings import write_video

KEY = "a" * 40


def never() -> bool:
    return False


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings(tmp_path / "data", tmp_path / "films")


@pytest.fixture
def film(tmp_path: Path) -> Artifact:
    return artifact(write_video(tmp_path / "film.mp4", 9))


def artifact(path: Path, key: str = KEY) -> Artifact:
    return Artifact(key, ArtifactKind.FILM, "session", str(path), 1)


@pytest.fixture
def renditions(settings: Settings) -> Iterator[PieceKeeper]:
    renditions = PieceKeeper(settings)
    yield renditions
    renditions.stop()


def encoders() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.Error):  # it goes while it is looked at
            if "spawn_main" in str(child.cmdline()):
                found.append(child)
    return found


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_piece_is_made_once_and_kept(
    renditions: PieceKeeper, film: Artifact, settings: Settings
) -> None:
    piece = renditions.piece(film, 3, never)
    assert piece is not None and piece.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    made = piece.stat()
    os.utime(piece, (1, 1))
    renditions.stop()
    again = PieceKeeper(settings).piece(film, 3, never)
    assert again == piece
    assert (piece.stat().st_ino, piece.stat().st_size) == (made.st_ino, made.st_size)
    assert piece.stat().st_mtime > 1  # it counts as used
    assert encoders() == []
    assert not list(settings.renditions.glob("*/*.part*"))


def test_whoever_waits_for_many_gets_them_all(renditions: PieceKeeper, film: Artifact) -> None:
    made: dict[int, Path | None] = {}
    waiting = [
        threading.Thread(target=lambda n=n: made.update({n: renditions.piece(film, n, never)}))
        for n in (4, 0, 2, 0)
    ]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join(60)
    assert sorted(made) == [0, 2, 4]
    assert all(path is not None and path.is_file() for path in made.values())
    assert len(encoders()) == 1


def test_nothing_is_made_for_those_who_left(
    renditions: PieceKeeper, film: Artifact, settings: Settings
) -> None:
    assert renditions.piece(film, 1, lambda: True) is None
    assert renditions.piece(film, 2, never) is not None
    [folder] = settings.renditions.iterdir()
    assert not list(folder.glob("*.part*"))


def test_no_piece_stays_half_made(
    renditions: PieceKeeper, film: Artifact, settings: Settings
) -> None:
    """Neither by one who closes in the middle of it, nor by one who was killed in it."""
    waiting = threading.Thread(target=lambda: piece_or_fault(renditions, film, 0))
    waiting.start()
    until(lambda: bool(list(settings.renditions.glob("*/*.webm"))))
    [folder] = settings.renditions.iterdir()
    renditions.stop()
    waiting.join(60)
    assert not list(folder.glob("*.part*"))
    (folder / "000003.part.webm").write_bytes(b"half")
    PieceKeeper(settings)
    assert not list(folder.glob("*.part*"))


def piece_or_fault(renditions: PieceKeeper, film: Artifact, number: int) -> None:
    with contextlib.suppress(FaultError):
        renditions.piece(film, number, never)


def test_a_process_that_is_killed_costs_one_answer(renditions: PieceKeeper, film: Artifact) -> None:
    renditions.piece(film, 0, never)
    [process] = encoders()
    process.suspend()
    caught: list[Fault] = []

    def ask() -> None:
        with pytest.raises(FaultError) as refused:
            renditions.piece(film, 1, never)
        caught.append(refused.value.fault)

    waiting = threading.Thread(target=ask)
    waiting.start()
    process.kill()
    waiting.join(60)
    assert [fault.category for fault in caught] == [Category.CRASH]
    assert renditions.piece(film, 1, never) is not None


def test_a_film_that_cannot_be_read_is_told_to_everybody_and_tried_anew(
    renditions: PieceKeeper, film: Artifact, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.mp4"
    for _ in range(2):
        with pytest.raises(FaultError) as refused:
            renditions.piece(artifact(gone), 0, never)
        assert refused.value.fault.category is Category.MISSING
    Path(film.path).rename(gone)
    assert renditions.piece(artifact(gone), 0, never) is not None


def test_the_process_of_a_film_that_nobody_watches_goes(
    renditions: PieceKeeper, film: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "IDLE", 0.0)
    renditions.piece(film, 0, never)
    until(lambda: not encoders())
    assert renditions.piece(film, 1, never) is not None


def test_a_third_film_takes_the_place_of_the_one_unwatched_for_longest(
    renditions: PieceKeeper, film: Artifact
) -> None:
    for key in "abc":
        assert renditions.piece(artifact(Path(film.path), key * 40), 0, never) is not None
    until(lambda: len(encoders()) == work.FILMS)


def test_no_room_is_told_before_anything_is_made(
    renditions: PieceKeeper, film: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "SPARE", 1 << 60)
    with pytest.raises(FaultError) as refused:
        renditions.piece(film, 0, never)
    assert refused.value.fault.category is Category.STORAGE
    assert encoders() == []


def test_pieces_unused_for_long_go_and_the_oldest_beyond_the_room(settings: Settings) -> None:
    now = time.time()
    for name, age in (("a/0", 9 * 86_400), ("b/0", 50), ("b/1", 30), ("c/0", 10)):
        path = settings.renditions / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(10))
        os.utime(path, (now - age, now - age))
    prune(settings.renditions, kept=25)
    left = {str(path.relative_to(settings.renditions)) for path in settings.renditions.rglob("*")}
    assert left == {"b", "b/1", "c", "c/0"}
    forget(settings, "b")  # keys are longer: none begins with another
    assert (settings.renditions / "b").exists()
    (settings.renditions / "b.1").mkdir()
    forget(settings, "b")
    assert not (settings.renditions / "b.1").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL on Windows")
def test_no_process_outlives_the_backend(film: Artifact, settings: Settings) -> None:
    code = f"""
from pathlib import Path
from backend.core.artifact import Artifact, ArtifactKind
from backend.settings import Settings
from backend.work.renditions import PieceKeeper
if __name__ == "__main__":
    film = Artifact("{KEY}", ArtifactKind.FILM, "session", {film.path!r}, 1)
    renditions = PieceKeeper(Settings(Path({str(settings.data)!r}), Path({str(settings.films)!r})))
    renditions.piece(film, 0, lambda: False)
    print("made", flush=True)
    renditions.piece(film, 4, lambda: False)
    input()
"""
    script = settings.data / "watch.py"
    script.write_text(code)
    backend = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert backend.stdout is not None and backend.stdout.readline() == "made\n"
    children = psutil.Process(backend.pid).children(recursive=True)
    assert children
    backend.send_signal(signal.SIGKILL)
    backend.wait()
    backend.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert alive == []
