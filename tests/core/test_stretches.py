from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.core.stretches import Stretches, between, joined, lasting, told, widened
from backend.core.time import ZERO, TimeRange

times = st.fractions(min_value=0, max_value=100, max_denominator=1000)
lengths = st.fractions(min_value=0, max_value=10, max_denominator=1000)


@st.composite
def one(draw: st.DrawFn) -> TimeRange:
    start = draw(times)
    return TimeRange(start, start + draw(lengths))


stretches = st.lists(one(), max_size=12)


def in_order(found: Stretches) -> bool:
    return all(a.end < b.start for a, b in pairwise(found))


def length(found: Stretches) -> Fraction:
    return sum((x.duration for x in found), ZERO)


@given(stretches, lengths)
def test_joined_stretches_are_in_order_and_lie_farther_apart_than_the_gap(
    some: list[TimeRange], gap: Fraction
) -> None:
    found = joined(some, gap)
    assert all(b.start - a.end > gap for a, b in pairwise(found))
    assert all(
        any(x.start >= y.start and x.end <= y.end for y in found) for x in some if x.duration
    )
    assert joined(found, gap) == found


@given(stretches, times)
def test_what_lies_between_and_the_stretches_make_the_whole(
    some: list[TimeRange], duration: Fraction
) -> None:
    rest = between(some, duration)
    assert in_order(rest)
    assert all(ZERO <= x.start < x.end <= duration for x in rest)
    inside = [x for y in joined(some) if (x := y.intersection(TimeRange(ZERO, duration)))]
    assert length(rest) + length(tuple(inside)) == duration
    assert not any(x.overlaps(y) for x in rest for y in inside)
    assert between(between(rest, duration), duration) == rest


@given(stretches, lengths, times)
def test_widened_stretches_stay_inside(
    some: list[TimeRange], by: Fraction, duration: Fraction
) -> None:
    found = widened(some, by, duration)
    assert in_order(found)
    assert all(x.start >= ZERO and x.end <= duration for x in found)
    for x in some:
        kept = TimeRange(max(ZERO, x.start - by), x.end + by).intersection(
            TimeRange(ZERO, duration)
        )
        assert (
            kept is None
            or not kept.duration
            or any(y.start <= kept.start and kept.end <= y.end for y in found)
        )


@given(stretches, lengths)
def test_only_long_ones_last(some: list[TimeRange], least: Fraction) -> None:
    assert lasting(some, least) == tuple(x for x in some if x.duration >= least)


def test_told_in_milliseconds() -> None:
    assert told([TimeRange(Fraction(1, 3), Fraction(2))]) == [{"start": 0.333, "end": 2.0}]
