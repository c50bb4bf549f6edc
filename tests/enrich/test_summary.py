"""A summary says what was said, and when; what somebody is to do is found."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from backend.core.chapter import tiled
from backend.core.transcript import Transcript, Utterance
from backend.enrich.actions import actions_of
from backend.enrich.catalogue import BUNDLED
from backend.enrich.chapters import ChapterSources, find_chapters
from backend.enrich.meaning import Meaning
from backend.enrich.models import Purpose, choose
from backend.enrich.summary import summarise
from tests.enrich.talks import BICYCLES, BUDGET, HIRING, spoken


@pytest.fixture(scope="module")
def meaning(cache: Path) -> Meaning:
    chosen = choose(Purpose.MEANING, BUNDLED)
    assert chosen is not None, "the meaning extra is not installed"
    return Meaning(chosen, cache)


@pytest.mark.parametrize("knowing", [True, False])
def test_every_part_is_told_in_words_that_were_said(meaning: Meaning, knowing: bool) -> None:
    talk = spoken([("Hello everybody, and welcome.", *BUDGET), HIRING, BICYCLES])
    chapters = find_chapters(ChapterSources(talk.duration, talk, meaning=meaning))
    summary = summarise(talk, chapters, meaning if knowing else None)
    said = {one.text: one.start for one in talk.utterances}
    assert 3 <= len(summary.points) <= 8
    assert all(said[point.text] == point.at for point in summary.points)
    assert [point.at for point in summary.points] == sorted(point.at for point in summary.points)
    for part in (BUDGET, HIRING, BICYCLES):
        assert any(point.text in part for point in summary.points), "a part is left out"
    sentences = [text for text in said if text in summary.abstract]
    assert 1 <= len(sentences) <= 3 and sum(map(len, sentences)) >= len(summary.abstract) - 3
    assert not any("Hello" in point.text for point in summary.points)
    assert not {point.text for point in summary.points} & set(sentences), "told twice"
    assert summary.title and summary.by == "extractive" and summary.notes == ()


def test_a_silent_recording_says_so() -> None:
    why = "Nobody speaks in this recording."
    mute = Transcript((), None, (), Fraction(60), "none", (why,))
    summary = summarise(mute, tiled([], Fraction(60)), None)
    assert summary.points == () and summary.abstract == "" and summary.notes == (why,)


def test_one_sentence_is_its_summary() -> None:
    talk = spoken([("Ask what you can do for your country.",)])
    summary = summarise(talk, tiled([], talk.duration), None)
    assert summary.abstract == "Ask what you can do for your country."
    assert "country" in summary.title.casefold()


def test_thousands_of_sentences_are_summed_up(meaning: Meaning) -> None:
    talk = spoken([(*BUDGET, *HIRING, *BICYCLES) * 90])
    summary = summarise(talk, tiled([], talk.duration), None)
    assert len({point.text for point in summary.points}) == len(summary.points) == 8


SAID = [
    ("I'll send the slides by Friday.", "I", "by Friday"),
    ("We need to fix the login page before next Monday.", "We", "before next Monday"),
    ("Anna will call the printer tomorrow.", "Anna", "tomorrow"),
    ("Peter, can you review the contract?", "Peter", None),
    ("Could you please share the recording with everybody?", None, None),
    ("Don't forget to water the plants.", None, None),
    ("Action item: a new price list.", None, None),
    (
        "You have to submit it until the end of the month.",
        "You",
        "until the end of the month",
    ),
    ("Ich werde die Rechnung bis Freitag prüfen.", "Ich", "bis Freitag"),
    ("Nous devons envoyer le contrat avant lundi.", "Nous", "avant lundi"),
    ("Tenemos que revisar el plan mañana.", None, "mañana"),
]
NOT_SAID = [
    "I will always remember that day.",
    "If you send me a letter, I will write back.",
    "What should we build next?",
    "They called the police in the end.",
    "It will be cold on Friday.",
    "We have two cats.",
    "She said that the ship must sail.",
    "Das wird morgen schön.",
]


@pytest.mark.parametrize(("text", "who", "when"), SAID)
def test_what_is_to_be_done_is_found(text: str, who: str | None, when: str | None) -> None:
    talk = Transcript((Utterance(Fraction(3), Fraction(6), text),), None, (), Fraction(9), "none")
    (action,) = actions_of(talk)
    assert (action.text, action.who, action.when, action.at) == (text, who, when, 3)


@pytest.mark.parametrize("text", NOT_SAID)
def test_what_is_told_is_no_order(text: str) -> None:
    talk = Transcript((Utterance(Fraction(0), Fraction(3), text),), None, (), Fraction(9), "none")
    assert actions_of(talk) == ()
