"""Chapters begin where something new does, and are called by what they are about."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.chapter import Chapter
from backend.core.stretches import joined
from backend.core.time import TimeRange
from backend.core.transcript import Transcript, Utterance
from backend.enrich.catalogue import BUNDLED
from backend.enrich.chapters import ChapterSources, find_chapters
from backend.enrich.meaning import Meaning
from backend.enrich.models import Purpose, choose
from backend.enrich.onscreen import Seen
from tests.enrich.talks import BICYCLES, BUDGET, HIRING, begins, spoken


@pytest.fixture(scope="module")
def meaning(cache: Path) -> Meaning:
    chosen = choose(Purpose.MEANING, BUNDLED)
    assert chosen is not None, "the meaning extra is not installed"
    return Meaning(chosen, cache)


def about(chapter: Chapter, *words: str) -> bool:
    return any(word in chapter.title.casefold() for word in words)


def test_a_talk_is_divided_where_its_topic_changes(meaning: Meaning) -> None:
    talk = spoken([BUDGET, HIRING, BICYCLES])
    found = find_chapters(ChapterSources(talk.duration, talk, meaning=meaning))
    assert len(found) == 3
    for chapter, part in zip(found[1:], (HIRING, BICYCLES), strict=True):
        first = begins(talk, part[0])
        assert first - 1 <= chapter.start < first
    assert about(found[0], "budget", "revenue", "costs")
    assert about(found[1], "candidates", "engineer", "interviews", "designer")
    assert about(found[2], "bicycle")


def test_one_topic_is_one_chapter(meaning: Meaning) -> None:
    talk = spoken([BUDGET], pause=0.5)
    found = find_chapters(ChapterSources(talk.duration, talk, meaning=meaning))
    assert len(found) == 1 and about(found[0], "budget", "revenue")


def test_a_long_talk_has_a_handful_of_chapters(meaning: Meaning) -> None:
    parts = [part * 7 for part in (BUDGET, BICYCLES, HIRING, BICYCLES, BUDGET)]
    talk = spoken(parts, pause=0.7)
    assert talk.duration > 900
    for knowing in (meaning, None):
        found = find_chapters(ChapterSources(talk.duration, talk, meaning=knowing))
        assert 3 <= len(found) <= 7
        assert all(one.end - one.start >= 50 for one in found)


def test_what_is_on_screen_names_a_chapter_and_the_picture_begins_it() -> None:
    talk = spoken([BUDGET, HIRING, BICYCLES])
    changes = [begins(talk, part[0]) - Fraction(1, 2) for part in (HIRING, BICYCLES)]
    read = [
        Seen(Fraction(2), ("Money", "Rushes"), "Money"),
        Seen(changes[0] + 1, ("People",), "People"),
        Seen(changes[1] + 1, ("Free time",), "Free time"),
    ]
    found = find_chapters(ChapterSources(talk.duration, talk, changes, read))
    assert [one.title for one in found] == ["Money", "People", "Free time"]
    assert [one.start for one in found[1:]] == changes


def test_the_name_of_a_program_is_no_title() -> None:
    changes = [Fraction(n) for n in (60, 120, 180, 240)]
    read = [Seen(Fraction(n + 1), ("My Editor",), "My Editor") for n in (0, 60, 120, 180, 240)]
    found = find_chapters(ChapterSources(Fraction(300), None, changes, read))
    assert all(one.title != "My Editor" for one in found)


def test_without_words_pauses_and_pictures_tell() -> None:
    changes = [Fraction(n) for n in (100, 101, 102, 103, 104, 105, 400, 700)]
    found = find_chapters(ChapterSources(Fraction(1000), None, changes))
    assert {Fraction(400), Fraction(700)} <= {one.start for one in found}
    assert found[1].title == "1:40" or found[1].title == "6:40"
    speech = [TimeRange(Fraction(a), Fraction(b)) for a, b in ((0, 200), (208, 500), (501, 900))]
    heard = Transcript((), None, tuple(speech), Fraction(900), None)
    parts = find_chapters(ChapterSources(Fraction(900), heard))
    assert [one.start for one in parts] == [0, Fraction(831, 4)]


def test_nothing_known_is_one_chapter() -> None:
    assert find_chapters(ChapterSources(Fraction(500))) == (
        Chapter(Fraction(0), Fraction(500), "0:00"),
    )
    assert find_chapters(ChapterSources(Fraction(0))) == ()


words = st.lists(st.sampled_from(" ".join(BUDGET + HIRING).split()), min_size=1, max_size=12)
steps = st.lists(st.tuples(st.integers(1, 90), st.integers(0, 80), words), max_size=40)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(steps, st.lists(st.integers(0, 4000), max_size=20))
def test_they_cover_the_film_and_begin_in_a_pause_or_with_a_picture(
    said: list[tuple[int, int, list[str]]], cuts: list[int]
) -> None:
    at, found = Fraction(0), []
    for lasts, pause, text in said:
        end = at + Fraction(lasts, 10)
        found.append(Utterance(at, end, " ".join(text) + "."))
        at = end + Fraction(pause, 10)
    duration = at + 30
    speech = joined([TimeRange(one.start, one.end) for one in found])
    talk = Transcript(tuple(found), "en", speech, duration, "none")
    changes = sorted({Fraction(n, 10) for n in cuts if Fraction(n, 10) < duration})
    chapters = find_chapters(ChapterSources(duration, talk, changes))
    assert chapters[0].start == 0 and chapters[-1].end == duration
    assert all(a.end == b.start for a, b in pairwise(chapters))
    for one in chapters[1:]:
        speaking = any(u.start < one.start < u.end for u in found)
        assert one.start in changes or not speaking
