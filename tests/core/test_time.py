from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.time import FARTHEST, TimeRange, clock, seconds, ticks, timecode

times = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**6)
bases = st.fractions(min_value=Fraction(1, 10**6), max_value=1, max_denominator=10**6)


@st.composite
def ranges(draw: st.DrawFn) -> TimeRange:
    start, end = sorted((draw(times), draw(times)))
    return TimeRange(start, end)


@given(st.integers(-(10**9), 10**9), st.integers(0, 6))
def test_a_decimal_is_the_same_time_whether_it_came_as_text_or_as_a_json_number(
    digits: int, places: int
) -> None:
    exact = Fraction(digits, 10**places)
    text = f"{digits / 10**places:.{places}f}"
    assert seconds(text) == exact
    assert seconds(float(text)) == exact
    assert seconds(exact) == exact


@pytest.mark.parametrize(
    "nonsense",
    [
        *("", "ten", "1/0", "nan", "inf", float("nan"), float("inf"), -float("inf"), "1:30"),
        # These would take all memory, or hours, if they were believed.
        *("1e999999999", "1E+99999", "-1e-99999", "1e00009999", "9" * 500, FARTHEST + 1, 1e300),
    ],
)
def test_what_is_no_time_is_refused(nonsense: str | float) -> None:
    with pytest.raises(ValueError):
        seconds(nonsense)


@pytest.mark.parametrize("text", ["1e3", "0.1", "1e-5", "3/7", " 12 ", str(FARTHEST), "1e012"])
def test_what_a_person_may_write_is_a_time(text: str) -> None:
    assert seconds(text) == Fraction(text)


@given(times, bases)
def test_ticks_are_the_nearest_and_halves_go_up(time: Fraction, base: Fraction) -> None:
    off = ticks(time, base) * base - time
    assert -base / 2 < off <= base / 2


@given(st.integers(-(10**12), 10**12), bases)
def test_whole_ticks_come_back_unchanged(count: int, base: Fraction) -> None:
    assert ticks(count * base, base) == count


@given(times)
def test_a_timecode_reads_back_to_the_millisecond(time: Fraction) -> None:
    text = timecode(time)
    sign = -1 if text.startswith("-") else 1
    parts = [Fraction(part) for part in text.lstrip("-").split(":")]
    read = sign * sum((part * 60**place for place, part in enumerate(reversed(parts))), Fraction(0))
    assert abs(read - time) <= Fraction(1, 2000)
    assert all(part < 60 for part in parts[1:])


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (Fraction(0), "0:00.000"),
        (Fraction(61), "1:01.000"),
        (Fraction(3600), "1:00:00.000"),
        (Fraction("3599.9996"), "1:00:00.000"),
        (Fraction("-1.5"), "-0:01.500"),
        (Fraction("-0.0001"), "0:00.000"),
    ],
)
def test_timecodes_look_as_people_write_them(time: Fraction, text: str) -> None:
    assert timecode(time) == text


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        TimeRange(Fraction(2), Fraction(1))


@given(ranges(), times)
def test_a_range_holds_its_start_but_not_its_end(span: TimeRange, by: Fraction) -> None:
    assert span.end not in span
    assert (span.start in span) == (span.duration > 0)
    assert span.shifted(by).duration == span.duration
    assert span.shifted(by).shifted(-by) == span


@given(ranges(), ranges(), times)
def test_ranges_overlap_exactly_where_they_share_a_moment(
    a: TimeRange, b: TimeRange, moment: Fraction
) -> None:
    shared = a.intersection(b)
    assert a.overlaps(b) == b.overlaps(a) == (shared is not None)
    assert shared == b.intersection(a)
    assert (moment in a and moment in b) == (shared is not None and moment in shared)


@given(times, ranges())
def test_a_range_without_length_overlaps_nothing(at: Fraction, span: TimeRange) -> None:
    assert not TimeRange(at, at).overlaps(span)


def test_times_as_people_write_them() -> None:
    written = {"75.5": "75.5", "1:15.5": "75.5", "0:01:15.5": "75.5", " 90:00 ": "5400", "0": "0"}
    for text, seconds_ in written.items():
        assert clock(text) == Fraction(seconds_)
    for text in ("", "1:60", "1:75:00", "1:2:3:4", "-1", "1e9", "one", ".5", "1/2", "1:-2", "٣"):
        with pytest.raises(ValueError, match=r"not a time|has 60"):
            clock(text)
