"""How much disk a film takes while it is made, and what is done where that is not there."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.core import flow
from backend.core.fault import Category, FaultError
from backend.core.job import JobKind, JobStatus
from backend.core.room import SPARE, room_for, room_to_shrink
from backend.core.session import SessionOptions
from backend.settings import settings_for
from tests import disks
from tests.recordings import write_grain
from tests.store.making import session as made_session
from tests.work.conftest import Studio

PATIENCE = 300.0


class Watched:
    """The most bytes that all files in a folder took together, looked at all the time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.most = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._over.wait(0.002):
            total = 0
            for path in self._folder.rglob("*.*"):
                try:
                    total += path.stat().st_size if path.suffix in (".mp4", ".m4a") else 0
                except OSError:
                    continue  # it went, or got its name
            self.most = max(self.most, total)

    def __enter__(self) -> Watched:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture(scope="module")
def grain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three chunks, large enough to be made smaller without being asked."""
    folder = tmp_path_factory.mktemp("grain") / "Grain"
    video = write_grain(folder / "video.mp4", 30, size=(384, 216))
    assert video.stat().st_size > flow.WORTH_SHRINKING
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disks.small_disk(tmp_path / "disk", 160) as disk:
        yield disk


def leave_free(disk: Path, size: int) -> None:
    """Fill a disk up to so many bytes."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - size))


def test_what_each_way_takes() -> None:
    plain = made_session("s")
    assert plain.picture is not None
    source = replace(plain.picture.source, size=1_000_000_000)
    large = replace(plain, picture=replace(plain.picture, source=source), segments=())
    copied, small = 1_400_000_000 + SPARE, 400_000_000 + SPARE
    for free, needed, at_once, fits in (
        (copied, copied, False, True),
        (copied - 1, small, True, True),
        (small, small, True, True),
        (small - 1, small, True, False),
    ):
        room = room_for(large, free)
        assert (room.needed, room.small, room.short is None) == (needed, at_once, fits)
    assert room_for(large, small - 1000, made=1000).short is None, "what is made needs no room"
    kept = replace(large, options=SessionOptions(optimise=False))
    assert not room_for(kept, copied - 1).small
    assert room_for(kept, 1_000_000_000 + SPARE).short is None
    short = room_for(kept, 999_999_999 + SPARE).short
    assert short is not None
    assert short.category is Category.STORAGE
    assert "it needs about 1.1 GB, and 1.1 GB are free" in short.message
    assert short.hint.startswith("Free 1 MB on the disk")
    assert room_to_shrink(1_000_000_000, small) is None


def test_shrinking_takes_no_more_than_two_films_and_the_smaller_one(
    studio: Studio, grain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = (grain / "video.mp4").stat().st_size
    with Watched(studio.settings.films) as watched:
        session = studio.bring(grain)
        studio.until(studio.app.supervisor.idle, "the queue to empty", PATIENCE)
    job = studio.job(session, JobKind.OPTIMISE)
    assert job.result["smaller"] is True
    after = int(str(job.result["size"]))
    chunk = after * 11 // 30
    assert original + after * 0.9 < watched.most < original + after + chunk
    assert original + watched.most < 2.4 * original + max(0, after - 0.4 * original) + chunk


def test_with_little_room_the_film_is_small_at_once(small_disk: Path, grain: Path) -> None:
    original = (grain / "video.mp4").stat().st_size
    studio = Studio(settings_for(small_disk / "library"))
    try:
        studio.app.library.preferences.pause_queue(True)
        leave_free(small_disk, SPARE + original)
        session = studio.bring(grain)
        assert room_for(session, SPARE + original).small
        with Watched(studio.settings.films) as watched:
            studio.app.library.preferences.pause_queue(False)
            studio.until(studio.app.supervisor.idle, "the queue to empty", PATIENCE)
        merged = studio.job(session)
        assert merged.status is JobStatus.COMPLETED, merged.fault
        assert merged.result["picture"] == "encoded"
        (film,) = studio.films()
        size = film.stat().st_size
        assert size < 0.6 * original
        assert watched.most < size * 1.45, "a chunk stays until it is in the film, not longer"
        later = studio.job(session, JobKind.OPTIMISE)
        assert later.status is JobStatus.COMPLETED
        assert "small at once" in str(later.result["said"])
        assert list(studio.settings.work.glob("*/*")) == []
        # The film is found again by what it was made from, however much room there is now.
        (small_disk / "ballast").unlink()
        assert studio.bring(grain).id == session.id
    finally:
        studio.close()


def test_an_import_without_room_is_refused(small_disk: Path, grain: Path) -> None:
    original = (grain / "video.mp4").stat().st_size
    studio = Studio(settings_for(small_disk / "library"))
    try:
        leave_free(small_disk, SPARE + original // 4)
        with pytest.raises(FaultError) as caught:
            studio.bring(grain)
        assert caught.value.fault.category is Category.STORAGE
        assert "not enough storage for the film" in caught.value.fault.message
        assert studio.app.library.sessions.count() == 0
        # Who makes no films needs no room for them.
        studio.app.library.preferences.set("merge", "off")
        session = studio.bring(grain)
        # A session that is there is found, room or none.
        studio.app.library.preferences.set("merge", "on")
        assert studio.bring(grain).id == session.id
    finally:
        studio.close()
