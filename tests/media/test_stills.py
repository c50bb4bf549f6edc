"""Pictures that stand for a film, and a canvas drawn as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageFilter

from backend.core.canvas import Canvas, Quote, Shot
from backend.core.chapter import tiled
from backend.core.context import Stopped
from backend.core.summary import Point
from backend.core.time import TimeRange
from backend.media import typeface
from backend.media.poster import DARK, LIGHT, SCALE, WIDTH, poster
from backend.media.stills import SIDE, StillFinder, open_still, save_still, shares
from backend.media.typeface import Style, lines, measure

RATE = 10
SIZE = (320, 180)


def scene(number: int) -> Image.Image:
    """A picture full of edges, unlike those of other numbers."""
    noise = np.random.default_rng(number)
    blocks = noise.integers(0, 256, (18, 32, 3), np.uint8)
    return Image.fromarray(blocks).resize(SIZE, Image.Resampling.NEAREST)


def film(path: Path, pictures: Sequence[Image.Image], gop: int = 5) -> Path:
    """A film that shows each picture for a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": str(gop), "keyint_min": str(gop)}
        for n, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), "rgb24")
            for i in range(RATE):
                frame.pts, frame.time_base = n * RATE + i, Fraction(1, RATE)
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def nothing() -> None:
    pass


def seconds(start: int, end: int) -> TimeRange:
    return TimeRange(Fraction(start), Fraction(end))


def test_black_blurred_and_repeated_pictures_are_not_chosen(tmp_path: Path) -> None:
    black, grey = Image.new("RGB", SIZE), Image.new("RGB", SIZE, "#777777")
    blurred = scene(1).filter(ImageFilter.GaussianBlur(8))
    made = film(
        tmp_path / "film.mp4",
        [black, blurred, scene(1), scene(1), grey, scene(2), scene(2), black, black],
    )
    with StillFinder(made, nothing) as finder:
        found = finder.best(seconds(0, 7), 5, None)
        assert [int(still.time) for still in found] in ([2, 5], [3, 5], [2, 6], [3, 6])
        assert finder.best(seconds(7, 9), 2, None) == []
        # Of two scenes the one is taken that does not look like what came before.
        (other,) = finder.best(seconds(2, 7), 1, np.asarray(scene(1)))
        assert int(other.time) in (5, 6)


def test_one_keyframe_for_a_whole_film_will_do(tmp_path: Path) -> None:
    made = film(tmp_path / "film.mp4", [scene(n) for n in range(6)], gop=600)
    with StillFinder(made, nothing) as finder:
        (still,) = finder.best(seconds(3, 4), 1, None)
    assert 3 <= still.time < 4
    true = np.asarray(scene(3), np.float32)
    assert np.abs(still.pixels - true).mean() < 12


def test_it_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    def stop() -> None:
        raise Stopped

    made = film(tmp_path / "film.mp4", [scene(1)])
    with StillFinder(made, stop) as finder, pytest.raises(Stopped):
        finder.best(seconds(0, 1), 1, None)


def test_a_picture_is_kept_small_and_found_again(tmp_path: Path) -> None:
    large = np.asarray(scene(5).resize((1280, 720)))
    path = tmp_path / "still.jpg"
    assert save_still(large, path) == (SIDE, 360)
    again = open_still(path)
    assert again is not None and again.shape == (360, SIDE, 3)
    path.write_bytes(path.read_bytes()[:300])
    assert open_still(path) is None
    path.write_bytes(b"no picture")
    assert open_still(path) is None


def test_long_stretches_get_more_pictures_within_what_there_is() -> None:
    spans = [seconds(0, 100), seconds(100, 110), seconds(110, 150)]
    assert shares(spans, 6, 3) == [3, 1, 2]
    assert shares(spans, 24, 3) == [3, 3, 3]
    assert shares(spans, 2, 3) == [1, 0, 1]
    assert shares([], 24, 3) == []


CANVAS = Canvas(
    "Stand-up",
    "Shipping",
    "We ship on Friday.",
    Fraction(90),
    "2026-05-12T09:15:00+00:00",
    tiled([(Fraction(0), "One"), (Fraction(30), "Two")], Fraction(90)),
    (Shot(Fraction(3), "a", 320, 180), Shot(Fraction(40), "gone", 320, 180)),
    tuple(range(0, 100, 5)),
    (seconds(0, 30),),
    (Quote("今日は新しいインポーターについて話します。", Fraction(5), "Ada"),),
    (Point("مرحبا بكم في الاجتماع الأسبوعي", Fraction(7)),),
    (),
    None,
    "en",
    "extractive",
    ("It has no picture.",),
)


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def jpeg() -> bytes:
    written = io.BytesIO()
    scene(1).save(written, "JPEG")
    return written.getvalue()


def test_a_poster_shows_the_pictures_and_is_dark_where_that_is_wanted() -> None:
    light = opened(poster(CANVAS, {"a": jpeg(), "gone": b"damaged"}))
    assert light.shape[1] == round(WIDTH * SCALE) and tuple(light[0, 0]) == (255, 255, 255)
    dark = opened(poster(CANVAS, {"a": jpeg()}, DARK))
    assert tuple(dark[0, 0]) == (0x1B,) * 3 and dark.shape == light.shape
    colourful = np.ptp(light.astype(int), axis=2) > 60
    assert colourful.sum() > 100_000, "the picture is not on it"
    bare = opened(poster(replace(CANVAS, shots=(), chapters=()), {}, LIGHT))
    assert bare.shape[0] < light.shape[0]
    assert (np.ptp(bare.astype(int), axis=2) > 60).sum() == 0


def test_a_poster_stays_within_reason_however_much_there_is() -> None:
    many = tiled([(Fraction(n, 10), f"Chapter {n}") for n in range(900)], Fraction(90))
    points = tuple(Point("word " * 5000, Fraction(n)) for n in range(90))
    made = opened(poster(replace(CANVAS, chapters=many, points=points), {}))
    assert made.shape[0] < 30_000


@pytest.mark.parametrize("fonts", ["of the machine", "none"])
def test_every_script_is_broken_into_lines_that_fit(
    fonts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fonts == "none":
        monkeypatch.setattr(typeface, "_files", dict)
    for kept in (typeface._fonts, typeface._runs):
        kept.cache_clear()
    style = Style(20)
    for text in (
        "The first thing that we agreed on was to ship it.",
        "今日は新しいインポーターについて話します。明日も話します。",
        "مرحبا بكم في الاجتماع الأسبوعي الأول",
        "Supercalifragilisticexpialidocious" * 4,
        "हिन्दी में परीक्षण 🎉 \U0010ffff \ud800",
        "e\u0301" * 60,
    ):
        for width in range(60, 260, 7):
            found = lines(text, style, width, 200)
            assert found and all(measure(line, style) <= width for line in found), text
        short = lines(text, style, 100, 1)
        assert len(short) == 1 and (short[0].endswith("…") or short == lines(text, style, 100, 2))
    assert lines("", style, 100, 3) == [] and lines("  \n ", style, 100, 3) == []
    for kept in (typeface._fonts, typeface._runs):
        kept.cache_clear()
