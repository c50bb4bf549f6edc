"""Chapters: they cover the film, and others can read them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.chapter import (
    LONGEST_TITLE,
    Chapter,
    chapters_from,
    clean_title,
    for_youtube,
    shown,
    tiled,
    told,
    vtt,
    youtube,
)
from backend.core.timemap import Piece, Reason, TimeMap

moments = st.integers(-5_000, 400_000).map(lambda n: Fraction(n, 30))
durations = st.integers(1, 300_000).map(lambda n: Fraction(n, 24))
marks = st.lists(st.tuples(moments, st.text(max_size=160)), max_size=30)


@given(marks, durations)
def test_chapters_cover_the_whole_film(found: list[tuple[Fraction, str]], long: Fraction) -> None:
    chapters = tiled(found, long)
    assert chapters[0].start == 0 and chapters[-1].end == long
    assert all(a.end == b.start for a, b in pairwise(chapters))
    assert all(one.start < one.end for one in chapters)
    inside = {time for time, _ in found if 0 <= time < long}
    assert {one.start for one in chapters[1:]} <= inside
    assert len(chapters) == max(1, len(inside))
    for one in chapters:
        assert one.title and len(one.title) <= LONGEST_TITLE
        assert one.title.isprintable() and one.title == one.title.strip()


@given(st.lists(st.tuples(st.integers(0, 10**6), st.text(max_size=50)), max_size=20))
def test_what_is_told_is_read_again(found: list[tuple[int, str]]) -> None:
    chapters = tiled([(Fraction(ms, 1000), title) for ms, title in found], Fraction(1001))
    assert chapters_from(told(chapters)) == chapters


@given(marks, durations)
def test_youtube_takes_them(found: list[tuple[Fraction, str]], long: Fraction) -> None:
    chapters = for_youtube(tiled(found, long))
    assert chapters[0].start == 0 and chapters[-1].end == long
    assert all(a.end == b.start for a, b in pairwise(chapters))
    assert all(one.start.denominator == 1 for one in chapters)
    if len(chapters) > 1:
        assert all(one.end - one.start >= 10 for one in chapters)
    lines = youtube(tiled(found, long)).splitlines()
    assert lines[0].startswith("0:00 ") and len(lines) == len(chapters)


def test_as_others_take_them() -> None:
    chapters = tiled(
        [(Fraction(0), "Hello"), (Fraction(61, 2), "a < b\n& c"), (Fraction(3700), "End")],
        Fraction(4000),
    )
    assert youtube(chapters) == "0:00 Hello\n0:30 a < b & c\n1:01:40 End\n"
    assert vtt(chapters) == (
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:30.500\nHello\n"
        "\n2\n00:00:30.500 --> 01:01:40.000\na &lt; b &amp; c\n"
        "\n3\n01:01:40.000 --> 01:06:40.000\nEnd\n"
    )


def test_what_is_too_short_for_youtube_joins_its_neighbour() -> None:
    chapters = tiled(
        [(Fraction(t), f"c{t}") for t in (0, 4, 60, 66, 200, 395)],
        Fraction(400),
    )
    assert youtube(chapters) == "0:00 c4\n1:00 c66\n3:20 c200\n"


def test_a_long_title_ends_with_a_word() -> None:
    title = clean_title("word " * 40)
    assert title.endswith("word…") and len(title) <= 100
    assert len(clean_title("x" * 300)) == 100


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ([(1, 2)], "begin at 0"),
        ([(0, 0)], "no length"),
        ([(0, 2), (3, 4)], "does not follow"),
        ([(0, 2), (1, 4)], "does not follow"),
    ],
)
def test_chapters_that_do_not_cover_the_film_are_refused(
    starts: list[tuple[int, int]], words: str
) -> None:
    body = told(Chapter(Fraction(a), Fraction(b), "x") for a, b in starts)
    with pytest.raises(ValueError, match=words):
        chapters_from(body)


def test_what_is_left_of_chapters_where_a_film_is_cut() -> None:
    whole = tiled([(Fraction(0), "A"), (Fraction(10), "B"), (Fraction(20), "C")], Fraction(30))
    cut = TimeMap(
        [
            Piece(Fraction(5), Fraction(0), (Reason.MANUAL,)),
            Piece(Fraction(6), Fraction(6)),
            Piece(Fraction(10), Fraction(0), (Reason.MANUAL,)),
            Piece(Fraction(9), Fraction(9)),
        ]
    )
    assert [(one.start, one.end, one.title) for one in shown(whole, cut)] == [
        (0, 5, "A"),
        (5, 6, "B"),
        (6, 15, "C"),
    ]
    first = TimeMap(
        [Piece(Fraction(8), Fraction(8)), Piece(Fraction(22), Fraction(0), (Reason.MANUAL,))]
    )
    assert [one.title for one in shown(whole, first)] == ["A"]
