"""The film for pages that cannot play H.264."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.context import Stopped
from backend.core.fault import Category, FaultError
from backend.core.progress import Stage
from backend.media.rendition import TALLEST, rendition
from tests.films import look
from tests.recordings import write_sound, write_video

SHARED = Path(__file__).parents[3] / "shared" / "media"


class Watcher:
    """A context that keeps what it is told, and stops when it is to."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.told: list[float] = []
        self._left = stop_after

    def plan(self, stages: Sequence[Stage]) -> None:
        assert len(stages) == 1

    def progress(self, stage: str, fraction: float) -> None:
        self.told.append(fraction)

    def check(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                raise Stopped


def make(film: Path, output: Path, watcher: Watcher | None = None) -> dict[str, object]:
    return rendition(film, output, watcher or Watcher())  # type: ignore[arg-type]


def codecs(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        return [stream.codec_context.name for stream in container.streams]


def test_it_shows_and_sounds_like_the_film(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", 3, size=(320, 180))
    watcher = Watcher()
    facts = make(film, tmp_path / "r.part.webm", watcher)
    assert (facts["width"], facts["height"]) == (320, 180)
    seen, meant = look(tmp_path / "r.part.webm"), look(film)
    assert seen.frames == meant.frames
    assert seen.flashes == pytest.approx(meant.flashes, abs=0.002)
    assert codecs(tmp_path / "r.part.webm") in (["vp9"], ["libvpx-vp9"])
    assert watcher.told == sorted(watcher.told)
    assert watcher.told[-1] == 1.0


def test_sound_alone_is_sound_alone(tmp_path: Path) -> None:
    film = write_sound(tmp_path / "film.m4a", 3)
    make(film, tmp_path / "r.part.webm")
    seen, meant = look(tmp_path / "r.part.webm"), look(film)
    assert seen.frames == 0
    assert seen.beeps == pytest.approx(meant.beeps, abs=0.01)


def test_large_pictures_become_smaller_and_keep_their_shape(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", 1, size=(1920, 1440), rate=5)
    facts = make(film, tmp_path / "r.part.webm")
    assert (facts["width"], facts["height"]) == (960, TALLEST)


@pytest.mark.skipif(not SHARED.is_dir(), reason="there is no ../shared/media beside the project")
def test_a_turned_picture_is_turned(tmp_path: Path) -> None:
    film = SHARED / "camera" / "phone_portrait_4k60_rotated.mp4"
    facts = make(film, tmp_path / "r.part.webm")
    assert (facts["width"], facts["height"]) == (720, 1280)

    def first(path: Path, turns: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """The first picture in colours as they are seen, small enough to compare."""
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            size = (360, 640) if turns == 0 else (640, 360)
            shown = frame.reformat(*size, format="rgb24", interpolation="AREA")
        return np.rot90(shown.to_ndarray(), turns).astype(float)

    seen, meant = first(tmp_path / "r.part.webm", 0), first(film, -1)
    wrong = np.abs(seen - first(film, 1)).mean()
    assert np.abs(seen - meant).mean() < 6
    assert wrong > 20
    # The film's range is full, the rendition's limited: told wrongly, its contrast would change.
    assert np.std(seen) == pytest.approx(np.std(meant), rel=0.05)


def test_it_can_be_stopped_in_mid_work(tmp_path: Path) -> None:
    film = write_video(tmp_path / "film.mp4", 3)
    with pytest.raises(Stopped):
        make(film, tmp_path / "r.part.webm", Watcher(stop_after=10))


def test_a_film_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as refused:
        make(tmp_path / "gone.mp4", tmp_path / "r.part.webm")
    assert refused.value.fault.category is Category.MISSING
