"""Laws of the pieces in which speech is recognised."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.core.pieces import ALONE, AROUND, LONGEST, pieces_of
from backend.core.stretches import Stretches, joined
from backend.core.time import TimeRange


def stretches(rows: list[tuple[int, int]]) -> Stretches:
    at, found = Fraction(0), []
    for pause, lasts in rows:
        start = at + Fraction(pause, 100)
        at = start + Fraction(lasts, 100)
        found.append(TimeRange(start, at))
    return joined(found)


SPEECH = st.lists(st.tuples(st.integers(1, 1500), st.integers(1, 7000)), max_size=40).map(stretches)


@given(SPEECH, st.integers(0, 10))
def test_pieces_hold_all_speech_once_and_are_short_enough(speech: Stretches, tail: int) -> None:
    duration = (speech[-1].end if speech else Fraction(0)) + tail
    pieces = pieces_of(speech, duration)
    heard = [one for piece in pieces for one in piece.ranges]
    assert all(a.end <= b.start for a, b in pairwise(heard))
    assert all(one.start >= 0 and one.end <= duration for one in heard)
    whole = joined(heard)
    for one in speech:
        assert any(w.start <= one.start and one.end <= w.end for w in whole)
    assert all(piece.duration <= LONGEST for piece in pieces)
    for piece in pieces:
        gaps = [b.start - a.end for a, b in pairwise(piece.ranges)]
        assert all(gap < ALONE for gap in gaps)


@given(SPEECH, st.fractions(0, 1))
def test_a_moment_of_a_piece_is_one_of_the_film(speech: Stretches, where: Fraction) -> None:
    for piece in pieces_of(speech, Fraction(100_000)):
        time = piece.duration * where
        film = piece.film_time(time)
        before = sum(
            (
                max(Fraction(0), min(one.end, film) - one.start)
                for one in piece.ranges
                if one.start <= film
            ),
            Fraction(0),
        )
        assert before == time
        assert piece.time_of(film) == time or film == piece.end
        span = piece.film_range(time, time + 1)
        assert span.start == film
        assert any(one.start <= span.start and span.end <= one.end for one in piece.ranges)


def test_it_is_cut_in_the_longest_pause() -> None:
    speech = stretches([(0, 900), (30, 700), (150, 500), (40, 900)])
    first, second = pieces_of(speech, Fraction(60))
    assert second.start == speech[2].start - AROUND
    assert first.end == speech[1].end + AROUND
    assert len(pieces_of(speech[:3], Fraction(60))) == 1
