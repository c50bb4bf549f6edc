"""A summary is read as it was told."""

from __future__ import annotations

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from backend.core.summary import Action, Point, Summary, summary_from

moments = st.integers(0, 10**8).map(lambda ms: Fraction(ms, 1000))
points = st.builds(Point, st.text(), moments)
actions = st.builds(Action, st.text(), st.none() | st.text(), st.none() | st.text(), moments)
summaries = st.builds(
    Summary,
    st.text(),
    st.text(),
    st.lists(points, max_size=4).map(tuple),
    st.lists(actions, max_size=4).map(tuple),
    st.text(),
    st.lists(st.text(), max_size=2).map(tuple),
)


@given(summaries)
def test_what_is_told_is_read_again(summary: Summary) -> None:
    assert summary_from(json.loads(json.dumps(summary.told()))) == summary
