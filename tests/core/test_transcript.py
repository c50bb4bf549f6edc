"""Transcripts: what becomes an utterance, what is told of it, and how others take it."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.core import captions
from backend.core.time import TimeRange
from backend.core.transcript import Transcript, Utterance, Word, transcript_from, utterances_of


def words(text: str, start: float = 0, each: float = 0.4) -> list[Word]:
    """The words of a text, one behind the other."""
    first, step = Fraction(str(start)), Fraction(str(each))
    return [Word(first + i * step, first + (i + 1) * step, w) for i, w in enumerate(text.split())]


def said(*found: Word, speech: tuple[TimeRange, ...] = ()) -> Transcript:
    return Transcript(utterances_of(found), "en", speech, Fraction(60), "m")


def test_an_utterance_ends_with_its_sentence_or_at_a_pause() -> None:
    found = utterances_of(
        [
            *words("We met Dr. Brown at noon today."),
            *words("He was late", 2.8),
            *words("as always", 6),
        ]
    )
    assert [one.text for one in found] == [
        "We met Dr. Brown at noon today.",
        "He was late",
        "as always",
    ]
    assert (found[1].start, found[1].end) == (Fraction("2.8"), Fraction("4"))


def test_one_that_never_ends_is_cut_at_a_comma() -> None:
    endless = ", ".join(["and then he said something more"] * 20)
    found = utterances_of(words(endless))
    assert len(found) > 2
    assert all(one.text.endswith(",") for one in found[:-1])
    assert all(one.end - one.start < 18 for one in found)


def test_languages_without_spaces_keep_none() -> None:
    parts = [Word(Fraction(i), Fraction(i + 1), t, i > 0) for i, t in enumerate("東京都")]
    assert utterances_of(parts)[0].text == "東京都"


def test_what_is_told_is_read_again() -> None:
    transcript = said(*words("um so it is. Right?"), speech=(TimeRange(Fraction(0), Fraction(2)),))
    again = transcript_from(transcript.told())
    assert again.told() == transcript.told()
    assert again.utterances == transcript.utterances
    figures = transcript.figures()
    assert (figures["words"], figures["fillers"], figures["words_per_minute"]) == (5, 1, 150)
    assert transcript.told()["silence"] == [{"start": 2.0, "end": 60.0}]


SPOKEN = st.lists(
    st.tuples(
        st.text("abcdefgh.,?", min_size=1, max_size=14),
        st.integers(0, 3000),
        st.integers(0, 1500),
    ),
    max_size=60,
).map(
    lambda rows: [
        Word(Fraction(start, 1000), Fraction(end, 1000), text)
        for text, start, end in _laid_out(rows)
    ]
)


def _laid_out(rows: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    at, found = 0, []
    for text, pause, lasts in rows:
        found.append((text, at + pause, at + pause + lasts))
        at += pause + lasts
    return found


@given(SPOKEN, st.integers(8, 60))
def test_captions_hold_every_word_in_order_and_never_overlap(found: list[Word], line: int) -> None:
    cues = captions.cues(said(*found), line)
    assert " ".join(text for cue in cues for text in cue.lines).split() == [w.text for w in found]
    assert all(a.end <= b.start for a, b in pairwise(cues))
    assert all(cue.start <= cue.end for cue in cues)
    for cue in cues:
        assert len(cue.lines) <= captions.LINES or len(cue.lines) == 1
        assert all(len(text) <= line or " " not in text for text in cue.lines)


@given(SPOKEN)
def test_utterances_hold_every_word_once(found: list[Word]) -> None:
    assert [word for one in utterances_of(found) for word in one.words] == found


def test_captions_as_other_programs_read_them() -> None:
    transcript = said(*words("<b>Fish & chips</b> are good. Really good, he said to me, twice."))
    assert captions.vtt(transcript).startswith("WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n&lt;b&gt;")
    assert "&amp; chips&lt;/b&gt;" in captions.vtt(transcript)
    assert captions.srt(transcript, 20).splitlines()[:4] == [
        "1",
        "00:00:00,000 --> 00:00:02,000",
        "<b>Fish & chips</b>",
        "are good.",
    ]
    assert captions.markdown(transcript, title="A *b*").startswith("# A \\*b\\*\n\n**0:00** \\<b")
    assert (
        captions.text(transcript)
        == "<b>Fish & chips</b> are good. Really good, he said to me, twice.\n"
    )


def test_a_text_without_word_times_is_spread_over_its_time() -> None:
    corrected = Utterance(Fraction(10), Fraction(14), "somebody wrote this by hand here")
    transcript = Transcript((corrected,), "en", (), Fraction(20), None)
    cues = captions.cues(transcript, 10)
    assert cues[0].start == 10 and cues[-1].end == 14 and len(cues) > 1


def test_nothing_said_is_an_empty_file() -> None:
    nothing = Transcript((), None, (), Fraction(3), "m")
    assert captions.vtt(nothing) == "WEBVTT\n"
    assert captions.srt(nothing) == captions.text(nothing) == ""


def test_who_speaks_stands_in_every_kind_of_file() -> None:
    transcript = Transcript(
        tuple(
            Utterance(Fraction(at), Fraction(at + 1), text, (), who)
            for at, who, text in (
                (0, "Ana <b>", "Which one?"),
                (1, "Ana <b>", "Tell me."),
                (2, "Ben", "The black one."),
                (3, None, "Noise."),
            )
        ),
        "en",
        (),
        Fraction(9),
        "m",
    )
    assert [one.split("\n", 2)[2].strip() for one in captions.srt(transcript).split("\n\n")] == [
        "Ana <b>: Which one?",
        "Tell me.",
        "Ben: The black one.",
        "Noise.",
    ]
    assert [
        one.split("\n", 1)[1].strip() for one in captions.vtt(transcript).split("\n\n")[1:]
    ] == [
        "<v Ana &lt;b&gt;>Which one?",
        "<v Ana &lt;b&gt;>Tell me.",
        "<v Ben>The black one.",
        "Noise.",
    ]
    assert captions.text(transcript) == (
        "Ana <b>: Which one? Tell me.\n\nBen: The black one.\n\nNoise.\n"
    )
    assert "**0:00** Ana \\<b\\>: Which one? Tell me.\n" in captions.markdown(transcript)
    assert transcript_from(transcript.told()) == transcript
