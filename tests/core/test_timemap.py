from __future__ import annotations

import json
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.time import TimeRange
from backend.core.timemap import Piece, Reason, TimeMap

lengths = st.fractions(min_value=0, max_value=9, max_denominator=6)
reasons = st.lists(st.sampled_from(list(Reason)), min_size=1, max_size=2, unique=True).map(
    lambda found: tuple(sorted(found))
)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    length = draw(lengths)
    kind = draw(st.sampled_from(["kept", "kept", "removed", "added", "faster"]))
    if kind == "kept":
        return Piece(length, length)
    if kind == "removed":
        return Piece(length, Fraction(0), draw(reasons))
    if kind == "added":
        return Piece(Fraction(0), length, draw(reasons))
    return Piece(length, length * Fraction(2, 3), draw(reasons))


maps = st.lists(pieces(), max_size=8).map(TimeMap)


def fitted(draw: st.DrawFn, before: TimeMap) -> TimeMap:
    """A map of exactly the time that another one made."""
    found, left = [], before.processed_duration
    for piece in draw(maps).pieces:
        if piece.original > left:
            share = left / piece.original
            piece = Piece(piece.original * share, piece.processed * share, piece.reasons)
        found.append(piece)
        left -= piece.original
    return TimeMap([*found, Piece(left, left)])


@st.composite
def chains(draw: st.DrawFn) -> tuple[TimeMap, TimeMap, TimeMap]:
    first = draw(maps)
    second = fitted(draw, first)
    return first, second, fitted(draw, second)


@given(chains())
def test_it_does_not_matter_which_of_three_are_composed_first(
    chain: tuple[TimeMap, TimeMap, TimeMap],
) -> None:
    first, second, third = chain
    assert first.then(second).then(third) == first.then(second.then(third))


@given(chains(), lengths)
def test_composing_is_applying_one_after_the_other(
    chain: tuple[TimeMap, TimeMap, TimeMap], time: Fraction
) -> None:
    first, second, _ = chain
    both = first.then(second)
    assert both.original_duration == first.original_duration
    assert both.processed_duration == second.processed_duration
    inside = any(time in part for part in both.kept())
    if inside:
        assert both.processed(time) == second.processed(first.processed(time))


@given(maps)
def test_there_and_back_is_where_it_was_in_what_is_kept(found: TimeMap) -> None:
    assert found.inverse().inverse() == found
    round_trip = found.then(found.inverse())
    for part in found.kept():
        for time in (part.start, (part.start + part.end) / 2):
            assert found.original(found.processed(time)) == time
            assert round_trip.processed(time) == time
    identity = TimeMap.identity(found.original_duration)
    assert identity.then(found) == found
    assert found.then(TimeMap.identity(found.processed_duration)) == found


@given(maps, st.lists(lengths, min_size=2, max_size=6).map(sorted))
def test_time_never_runs_backwards(found: TimeMap, times: list[Fraction]) -> None:
    for a, b in pairwise(times):
        assert found.processed(a) <= found.processed(b)
        assert found.original(a) <= found.original(b)


@given(maps)
def test_a_map_survives_being_written_down(found: TimeMap) -> None:
    assert TimeMap.from_json(json.loads(json.dumps(found.as_json()))) == found


def test_a_pause_that_was_cut_out() -> None:
    found = TimeMap(
        [
            Piece(Fraction(10), Fraction(10)),
            Piece(Fraction(4), Fraction(0), (Reason.SILENCE,)),
            Piece(Fraction(6), Fraction(3), (Reason.SPEED,)),
        ]
    )
    assert [found.processed(Fraction(t)) for t in (0, 9, 12, 14, 16, 20, 99)] == [
        *(0, 9, 10, 10, 11, 13, 13),
    ]
    assert [found.original(Fraction(t)) for t in (-1, 0, 9, 10, 11, 13)] == [0, 0, 9, 14, 16, 20]
    assert found.kept() == (
        TimeRange(Fraction(0), Fraction(10)),
        TimeRange(Fraction(14), Fraction(20)),
    )
    assert [piece.reasons for _, _, piece in found.placed()] == [
        (),
        (Reason.SILENCE,),
        (Reason.SPEED,),
    ]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="reason"):
        Piece(Fraction(2), Fraction(1))
    with pytest.raises(ValueError, match="shorter than nothing"):
        Piece(Fraction(-1), Fraction(0), (Reason.MANUAL,))
    with pytest.raises(ValueError, match="cannot follow"):
        TimeMap.identity(Fraction(2)).then(TimeMap.identity(Fraction(3)))
    for value in ([["1", "0", ["guessed"]]], [["1", "0", "manual"]], [["x", "0", []]], [["1"]]):
        with pytest.raises(ValueError, match=r"guessed|valid Reason|Fraction|unpack"):
            TimeMap.from_json(value)
