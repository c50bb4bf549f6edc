"""Passages of speech, joined until they mean something."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.core.document import PAUSE, STRETCH, Passage, stretches

texts = st.lists(st.sampled_from(["one", "two", "three"]), min_size=1, max_size=50).map(" ".join)


@st.composite
def spoken(draw: st.DrawFn) -> list[Passage]:
    at, found = Fraction(0), []
    for text, pause, length in draw(
        st.lists(st.tuples(texts, st.integers(0, 12), st.integers(1, 9)), max_size=30)
    ):
        at += pause
        found.append(Passage(at, at + length, text))
        at += length
    return found


@given(spoken())
def test_nothing_is_left_out_and_none_goes_over_a_pause(passages: list[Passage]) -> None:
    found = stretches(passages)
    assert " ".join(one.text for one in found) == " ".join(one.text for one in passages)
    starts, ends = {one.start for one in passages}, {one.end for one in passages}
    assert all(one.start in starts and one.end in ends for one in found)
    pauses = [(a.end, b.start) for a, b in pairwise(passages) if b.start - a.end >= PAUSE]
    assert not [p for p in pauses for one in found if one.start < p[0] and p[1] < one.end]


@given(spoken())
def test_only_before_a_pause_is_a_stretch_short(passages: list[Passage]) -> None:
    found = stretches(passages)
    for one, following in pairwise(found):
        assert len(one.text.split()) >= STRETCH or following.start - one.end >= PAUSE
    longest = max((len(one.text.split()) for one in passages), default=0)
    assert all(len(one.text.split()) < STRETCH + longest for one in found)
