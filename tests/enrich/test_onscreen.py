"""Text on screen: read once a screen, kept, and never looked for where there is none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from backend.core.context import Stopped
from backend.enrich import onscreen
from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import Purpose, choose
from backend.enrich.onscreen import STAGES, ReadingOptions, heading_of, read_screen
from tests.enrich.screens import Slide, film_of
from tests.media.studio import Ctx, Video, record, steady

SLIDES = (
    Slide(8, "Budget for March", ("Revenue grew by 12 percent", "Costs stayed flat")),
    Slide(7, "Hiring plan", ("Two engineers", "One designer")),
)


@pytest.fixture
def options(cache: Path) -> ReadingOptions:
    chosen = choose(Purpose.READING, BUNDLED)
    assert chosen is not None, "the ocr extra is not installed"
    return ReadingOptions(chosen, cache)


def test_each_screen_is_read_once_and_a_killed_reader_goes_on(
    tmp_path: Path, ctx: Ctx, options: ReadingOptions
) -> None:
    film = film_of(tmp_path / "slides.mp4", SLIDES)
    ctx.plan(STAGES)

    def read() -> tuple[onscreen.Seen, ...]:
        return read_screen(film, "key", [Fraction(8)], Fraction(15), options, ctx)

    def stop() -> None:
        raise Stopped

    ctx.on_point = {"frame-read": stop}
    with pytest.raises(Stopped):
        read()
    assert len(ctx.kept) == 1
    ctx.on_point = {}
    seen = read()
    assert ctx.points.count("frame-read") == 2, "a screen was read twice, or none"
    assert [one.heading for one in seen] == ["Budget for March", "Hiring plan"]
    assert seen[0].lines == ("Budget for March", "Revenue grew by 12 percent", "Costs stayed flat")
    assert 0 < seen[0].time < 8 == seen[1].time
    for stage in STAGES:
        assert ctx.done[stage.name][-1] == 1.0

    class Unwanted:
        def __init__(self, *_: object) -> None:
            raise AssertionError("the model was loaded, though everything was known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onscreen, "_Reader", Unwanted)
        assert read() == seen
    (kept, *_) = ctx.kept.values()
    kept.write_text("{")
    assert read() == seen


def test_no_more_is_read_than_was_granted(
    tmp_path: Path, ctx: Ctx, options: ReadingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Fraction] = []

    class Reader:
        def __init__(self, *_: object) -> None:
            pass

        def read(self, time: Fraction, pixels: object) -> onscreen.Seen:
            asked.append(time)
            return onscreen.Seen(time, lines)

    monkeypatch.setattr(onscreen, "_Reader", Reader)
    film = record(tmp_path / "film.mp4", Video(steady(120, 5), rate=5))
    changes = [Fraction(n) for n in range(5, 120, 5)]
    ctx.plan(STAGES)
    lines: tuple[str, ...] = ("text",)
    seen = read_screen(film, "a", changes, Fraction(120), options, ctx)
    assert len(asked) == len(seen) == 12
    assert max(asked) > 100 and min(asked) < 10
    asked.clear()
    lines = ()
    assert read_screen(film, "b", changes, Fraction(120), options, ctx) == ()
    assert len(asked) == 8, "it goes on looking for text where there is none"
    assert max(asked) > 80, "it looked at the beginning only"


def test_text_is_there_since_it_came(
    tmp_path: Path, ctx: Ctx, options: ReadingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody told that the picture changed: only some of it did."""

    class Reader:
        def __init__(self, *_: object) -> None:
            pass

        def read(self, time: Fraction, pixels: object) -> onscreen.Seen:
            return onscreen.Seen(time, ("text",))

    monkeypatch.setattr(onscreen, "_Reader", Reader)
    film = film_of(
        tmp_path / "slides.mp4", [Slide(23, SLIDES[0].heading), Slide(17, "Hiring plan")]
    )
    ctx.plan(STAGES)
    seen = read_screen(film, "key", [], Fraction(40), options, ctx)
    assert [float(one.time) for one in seen] == pytest.approx([0.5, 23], abs=0.15)


def test_a_heading_is_larger_and_above() -> None:
    small = [("one line", 200.0, 20.0), ("another line", 240.0, 21.0), ("a third", 280.0, 20.0)]
    assert heading_of([("The heading", 40.0, 30.0), *small], 720) == "The heading"
    assert heading_of([("12:45", 40.0, 60.0), *small], 720) is None
    assert heading_of([("Below", 600.0, 60.0), *small], 720) is None
    assert heading_of([("Alone", 100.0, 20.0)], 720) == "Alone"
    assert heading_of([], 720) is None
