"""When segments play, where the clocks of recorder and sound differ."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise

import pytest

from backend.core.media import AudioStream, MediaInfo, Source
from backend.core.placement import NEAR, place
from backend.core.session import Segment

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def segment(length: Fraction, offset: Fraction | None, rate: int = 48000) -> Segment:
    audio = AudioStream(
        index=0,
        codec="pcm_s16le",
        profile=None,
        rate=rate,
        channels=1,
        layout="mono",
        time_base=Fraction(1, rate),
        start=Fraction(0),
        duration=length,
    )
    info = MediaInfo(
        path="s.wav", container="wav", size=1, duration=length, start=Fraction(0), audio=(audio,)
    )
    return Segment(Source("s.wav", 1, 1, 1, "d"), info, offset)


def test_a_clock_that_runs_slow_is_spread_over_all_segments() -> None:
    """47,990 samples a second where the file says 48,000: 720 pieces of 10 s, two hours."""
    length = 10 * Fraction(47_990, 48_000)
    placed = place([segment(length, Fraction(10 * i)) for i in range(720)])
    assert {one.speed for one in placed} == {placed[0].speed}
    assert placed[0].speed == pytest.approx(47_990 / 48_000, abs=2e-6)
    for i, one in enumerate(placed):
        assert abs(one.span.start - 10 * i) <= NEAR
    assert all(one.span.end == following.span.start for one, following in pairwise(placed))


def test_offsets_in_whole_milliseconds_change_nothing() -> None:
    length = Fraction(480_256, 48_000)
    offsets = [Fraction(round(i * length * 1000), 1000) for i in range(180)]
    placed = place([segment(length, offset) for offset in offsets])
    assert {one.speed for one in placed} == {1}
    assert placed[-1].span.end == 180 * length


@pytest.mark.parametrize("gap", [Fraction(1, 20), Fraction(3), Fraction(-1, 10)])
def test_gaps_and_overlaps_stay(gap: Fraction) -> None:
    offsets = [Fraction(0), Fraction(10), 20 + gap, 30 + gap]
    placed = place([segment(Fraction(10), offset) for offset in offsets])
    assert [one.span.start for one in placed] == offsets
    assert {one.speed for one in placed} == {1}


def test_other_recorders_and_no_offsets() -> None:
    ten, near = Fraction(10), Fraction(10) + NEAR / 2
    placed = place([segment(ten, None), segment(ten, None, 44100), segment(ten, None)])
    assert [one.span.start for one in placed] == [0, 10, 20]
    placed = place([segment(ten, Fraction(0)), segment(ten, near, 44100), segment(ten, None)])
    assert [one.span.start for one in placed] == [0, near, near + 10]
