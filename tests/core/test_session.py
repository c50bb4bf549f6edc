from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.media import Source
from backend.core.session import missing_numbers, natural_order

from .making import picture, segment, session


@given(st.text(), st.integers(0, 10**9), st.integers(0, 10**9), st.text())
def test_numbers_in_names_sort_by_their_value(stem: str, a: int, b: int, end: str) -> None:
    stem, end = stem + "-", "." + end
    in_order = natural_order(f"{stem}{a}{end}") < natural_order(f"{stem}{b}{end}")
    assert in_order == (a < b)


@given(st.lists(st.text()))
def test_names_have_one_order_however_they_are_found(names: list[str]) -> None:
    once = sorted(names, key=natural_order)
    names.reverse()
    assert sorted(names, key=natural_order) == once
    assert sorted(once, key=natural_order) == once


@given(st.text(), st.text(min_size=1))
def test_a_name_comes_before_those_that_go_on_from_it(name: str, more: str) -> None:
    assert natural_order(name) < natural_order(name + more)


def test_case_does_not_part_a_series() -> None:
    names = ["b2", "B10", "a", "B1"]
    assert sorted(names, key=natural_order) == ["a", "B1", "b2", "B10"]


@given(
    st.sets(st.integers(0, 300), min_size=1), st.sampled_from(["{}.m4a", "seg_{:03d}.mp3", "r{}"])
)
def test_the_numbers_left_out_of_a_series_are_named(numbers: set[int], form: str) -> None:
    names = [form.format(n) for n in numbers]
    expected = set(range(min(numbers), max(numbers))) - numbers
    assert set(missing_numbers(names)) == expected


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["a.wav", "b.wav"],
        ["a1.wav", "b3.wav"],
        ["voice.m4a", "other.m4a"],
        ["x1", "plain"],
        ["t0.wav", "t99999999.wav"],  # time stamps, no series
    ],
)
def test_where_there_is_no_series_nothing_is_missing(names: list[str]) -> None:
    assert missing_numbers(names) == ()


def test_a_session_knows_its_files_and_their_size() -> None:
    both = replace(
        session(), picture=picture(Fraction(1)), segments=(segment("d/a.m4a", Fraction(1)),)
    )
    assert both.original_size == 200
    assert [s.path for s in both.sources] == ["p.mp4", "d/a.m4a"]
    assert session().original_size == 0 and session().sources == ()


@pytest.mark.parametrize("path", ["/r/a b.m4a", "C:\\r\\a b.m4a", "a b.m4a"])
def test_a_segment_is_called_as_its_file_on_every_system(path: str) -> None:
    assert segment(path, Fraction(1)).name == "a b.m4a"


def test_a_file_that_changed_has_another_key() -> None:
    here = Source("/a", 10, 5, 7, "d")
    parts = [("size", 11), ("mtime_ns", 6), ("file_id", 8), ("digest", "e")]
    keys = {replace(here, **{name: value}).key for name, value in parts}
    assert len(keys | {here.key}) == 5
