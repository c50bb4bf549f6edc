"""Turns laid over words: whose they are, and what names they keep."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from backend.core.speakers import Turn, attributed, named_as_before, speaker_name
from backend.core.transcript import Utterance, Word, utterances_of


def words_at(*times: float, lasts: float = 0.4) -> list[Word]:
    return [
        Word(Fraction(str(at)), Fraction(str(at)) + Fraction(str(lasts)), f"w{n}")
        for n, at in enumerate(times)
    ]


def turns(*found: tuple[float, int]) -> list[Turn]:
    return [Turn(Fraction(str(at)), who) for at, who in found]


def told(utterances: tuple[Utterance, ...]) -> list[tuple[str | None, str]]:
    return [(one.speaker, one.text) for one in utterances]


def test_an_utterance_is_split_where_somebody_else_goes_on() -> None:
    said = utterances_of(words_at(0, 0.5, 1, 1.5, 2, 2.5))
    assert told(attributed(said, turns((0, 0), (1.45, 1)))) == [
        ("Speaker 1", "w0 w1 w2"),
        ("Speaker 2", "w3 w4 w5"),
    ]


def test_a_moment_of_another_voice_splits_nothing() -> None:
    said = utterances_of(words_at(0, 0.5, 1, 1.5, 2, 2.5, 3))
    assert told(attributed(said, turns((0, 1), (1.45, 0), (1.95, 1)))) == [
        ("Speaker 2", "w0 w1 w2 w3 w4 w5 w6")
    ]


def test_what_an_owner_wrote_goes_to_who_speaks_in_its_middle() -> None:
    written = (Utterance(Fraction(0), Fraction(4), "As I remember it."),)
    assert attributed(written, turns((0, 0), (1.5, 1)))[0].speaker == "Speaker 2"
    assert attributed(written, ()) == written


runs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 3)), min_size=1, max_size=12).map(
    lambda found: [(sum(one[0] for one in found[:n]), who) for n, (_, who) in enumerate(found)]
)
spoken = st.lists(st.integers(1, 20), min_size=1, max_size=40).map(
    lambda gaps: words_at(*(sum(gaps[: n + 1]) / 10 for n in range(len(gaps))), lasts=0.1)
)


@given(spoken, runs)
def test_every_word_stays_once_in_order_and_has_a_speaker(
    found: list[Word], runs: list[tuple[int, int]]
) -> None:
    heard = turns(*((at / 10, who) for at, who in runs))
    after = attributed(utterances_of(found), heard)
    assert [word for one in after for word in one.words] == found
    assert {one.speaker for one in after} <= {speaker_name(turn.speaker) for turn in heard}


def said_by(*found: tuple[float, float, str | None]) -> tuple[Utterance, ...]:
    return tuple(
        Utterance(Fraction(str(start)), Fraction(str(end)), "said", (), speaker)
        for start, end, speaker in found
    )


def test_names_that_were_given_outlive_another_hearing() -> None:
    before = said_by((0, 5, "Ana"), (5, 9, "Ben"), (10, 20, "Ana"))
    now = said_by((0, 4, "Speaker 1"), (5, 9, "Speaker 2"), (10, 19, "Speaker 1"))
    assert [one.speaker for one in named_as_before(now, before)] == ["Ana", "Ben", "Ana"]
    # Who was counted in another order keeps the number by which the page knows them.
    swapped = said_by((0, 4, "Speaker 2"), (5, 9, "Speaker 1"))
    counted = said_by((0, 4, "Speaker 1"), (5, 9, "Speaker 2"))
    assert [one.speaker for one in named_as_before(counted, swapped)] == ["Speaker 2", "Speaker 1"]


names = st.sampled_from([None, "Speaker 1", "Speaker 2", "Speaker 3"])
given_names = st.sampled_from([None, "Ana", "Ben", "Speaker 1", "Speaker 2", "Speaker 3"])


@given(st.lists(names, max_size=20), st.lists(given_names, max_size=20))
def test_who_was_told_apart_stays_apart(now: list[str | None], before: list[str | None]) -> None:
    after = named_as_before(
        said_by(*((n, n + 1, who) for n, who in enumerate(now))),
        said_by(*((n + 0.3, n + 1.3, who) for n, who in enumerate(before))),
    )
    pairs = {(a, b.speaker) for a, b in zip(now, after, strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert (None, None) in pairs or None not in now


def test_without_speakers_before_they_are_numbered() -> None:
    now = said_by((0, 4, "Speaker 1"), (5, 9, "Speaker 2"))
    before = tuple(replace(one, speaker=None) for one in now)
    assert named_as_before(now, before) == now
