"""A film that is not what was planned is refused, with the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from backend.core.context import Stopped
from backend.core.fault import Category
from backend.core.progress import Stage
from backend.media.boxes import top_boxes
from backend.media.plan import plan
from backend.media.render import render
from backend.media.verify import Expected, Spoiled, verify

from .studio import Audio, Ctx, Video, noise, record, steady, take


@pytest.fixture
def made(tmp_path: Path, ctx: Ctx) -> tuple[Path, Expected]:
    options = {"g": "30", "bf": "2"}
    path = record(tmp_path / "v.mp4", Video(steady(6), options=options), Audio(noise(6)))
    session = take(path)
    film = tmp_path / "film.part"
    rendered = render(
        plan(session.timeline, session.infos), session.sources, film, ctx, {"title": "T"}
    )
    return film, rendered.expected


def test_a_good_film_passes(made: tuple[Path, Expected], ctx: Ctx) -> None:
    film, expected = made
    facts = verify(film, expected, ctx)
    assert facts.frames == 180
    assert facts.duration == pytest.approx(6, abs=0.05)
    assert facts.decoded > 90, "three groups of pictures and three seconds of sound"
    assert ctx.done["checking"][-1] == 1


Change = Callable[[Expected], Expected]


def video(**changes: object) -> Change:
    return lambda e: replace(e, video=replace(e.video, **changes))  # type: ignore[type-var]


def audio(**changes: object) -> Change:
    return lambda e: replace(e, audio=replace(e.audio, **changes))  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (video(packets=181), "180 instead of 181"),
        (video(width=640), "picture size"),
        (video(codec="vp9"), "picture codec h264 instead of vp9"),
        (video(last=Fraction(7)), "the last picture is at 5.967 s instead of 7.000 s"),
        (video(end=Fraction(9)), "the film ends"),
        (audio(packets=3), "packets of sound"),
        (audio(rate=44100), "48000 instead of 44100"),
        (audio(channels=2), "channels"),
        (audio(codec="mp3"), "sound codec"),
        (lambda e: replace(e, audio=None), "sound tracks"),
        (lambda e: replace(e, video=None), "picture tracks"),
    ],
)
def test_a_film_that_differs_from_the_plan(
    made: tuple[Path, Expected], ctx: Ctx, change: Change, words: str
) -> None:
    film, expected = made
    with pytest.raises(Spoiled) as caught:
        verify(film, change(expected), ctx)
    assert words in caught.value.fault.message
    assert caught.value.fault.category is Category.CORRUPT


@pytest.mark.parametrize("place", [0.02, 0.5, 0.97])
def test_zeroed_stretches_are_found_at_start_middle_and_end(
    made: tuple[Path, Expected], ctx: Ctx, place: float
) -> None:
    film, expected = made
    raw = bytearray(film.read_bytes())
    media = next(box for box in top_boxes(film) if box.kind == "mdat")
    width = media.size // 8
    start = min(media.offset + 16 + int(media.size * place), media.offset + media.size - width)
    raw[start : start + width] = bytes(width)
    film.write_bytes(raw)
    with pytest.raises(Spoiled):
        verify(film, expected, ctx)


def test_a_film_cut_short_is_found(made: tuple[Path, Expected], ctx: Ctx) -> None:
    film, expected = made
    film.write_bytes(film.read_bytes()[:-1])
    with pytest.raises(Spoiled, match="ends after"):
        verify(film, expected, ctx)


def test_the_index_must_come_first(tmp_path: Path, made: tuple[Path, Expected], ctx: Ctx) -> None:
    _, expected = made
    plain = record(tmp_path / "plain.mp4", Video(steady(6)), Audio(noise(6)))
    with pytest.raises(Spoiled, match="behind the media"):
        verify(plain, expected, ctx)


def test_checking_can_be_stopped(made: tuple[Path, Expected], ctx: Ctx) -> None:
    film, expected = made
    ctx.plan([Stage("checking", "Checking the film", 1.0)])

    def stop() -> None:
        raise Stopped

    ctx.on_check = stop
    with pytest.raises(Stopped):
        verify(film, expected, ctx)
