"""The picture at a moment is the one that a player shows then."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.context import Stopped
from backend.core.time import ticks
from backend.media import frames
from backend.media.frames import LONGEST_SIDE, glances, stills
from tests.media.studio import Audio, Video, noise, number_of, pictures_of, record, steady, uneven


def go_on() -> None:
    return None


def numbers(path: Path, times: list[Fraction]) -> list[int]:
    found = list(stills(path, times, go_on))
    assert [one.time for one in found] == sorted(set(times))
    return [
        number_of(av.VideoFrame.from_ndarray(np.ascontiguousarray(one.pixels))) for one in found
    ]


@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts", "film.avi"])
def test_each_moment_shows_its_frame(tmp_path: Path, name: str) -> None:
    times, frames = (steady(20), "0") if name.endswith("avi") else (uneven(20), "2")
    options = {"g": "60", "bf": frames}
    path = record(tmp_path / name, Video(times, options=options, time_base=Fraction(1, 30)))
    shown = pictures_of(path)
    first = shown[0][0]
    asked = [Fraction(n, 7) for n in (0, 1, 30, 31, 44, 100, 139)]
    asked += [shown[5][0] - first, shown[-1][0] - first + 3]
    right = [
        [number for time, number in shown if time - first <= moment][-1]
        for moment in sorted(set(asked))
    ]
    assert numbers(path, asked) == right


def test_a_film_that_cannot_be_sought_is_walked_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(tmp_path / "film.mp4", Video(steady(12), options={"g": "30"}))
    asked = [Fraction(1), Fraction(9), Fraction(10), Fraction(59, 5)]
    led = []

    def astray(time: Fraction, base: Fraction) -> int:
        led.append(time)
        return ticks(time + 2, base)

    monkeypatch.setattr(frames, "ticks", astray)
    assert numbers(path, asked) == [30, 270, 300, 354]
    assert led == [Fraction(9)], "it was believed a second time"


def test_a_large_or_turned_picture_is_as_a_player_shows_it(tmp_path: Path) -> None:
    path = record(tmp_path / "film.mp4", Video(steady(1), size=(1920, 1080), rotation=90))
    (one,) = stills(path, [Fraction(0)], go_on)
    assert one.pixels.shape == (LONGEST_SIDE, 720, 3)
    ((_, seen),) = glances(path, [Fraction(0)], go_on)
    assert seen.planes[0].size > 100


def test_sound_alone_shows_nothing_and_a_stop_is_heard(tmp_path: Path) -> None:
    sound = record(tmp_path / "sound.m4a", audio=Audio(noise(1)))
    assert list(stills(sound, [Fraction(0)], go_on)) == []

    def stop() -> None:
        raise Stopped

    film = record(tmp_path / "film.mp4", Video(steady(1)))
    with pytest.raises(Stopped):
        list(stills(film, [Fraction(0)], stop))
