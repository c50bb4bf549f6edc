"""What was said in a recording, word by word.

Times are exact seconds of the film.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from backend.core.stretches import Stretches, between, told
from backend.core.time import ZERO, TimeRange, seconds

LONGEST = Fraction(15)
"""Seconds after which an utterance ends at the next comma or small pause."""
PAUSE = Fraction(1)
"""Seconds of silence between two words that end an utterance."""
_BREATH = Fraction(3, 10)
"""Seconds of silence that end an utterance which is too long already."""
_SHORTEST = Fraction(3, 2)
"""Seconds below which a sentence is not worth an utterance of its own."""

FILLERS = frozenset({"um", "uh", "uhm", "umm", "erm", "hm", "hmm", "äh", "ähm", "öh", "euh"})
"""Sounds that fill a pause, in the languages whose transcripts are known to keep them."""


@dataclass(frozen=True, slots=True)
class Word:
    start: Fraction
    end: Fraction
    text: str
    """As it stands in the text, with its punctuation and without spaces around it."""
    joined: bool = False
    """Whether it follows the word before without a space, as in languages that have none."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence, or what was said between two pauses."""

    start: Fraction
    end: Fraction
    text: str
    words: tuple[Word, ...] = ()
    """Empty where its owner wrote the text."""
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    utterances: tuple[Utterance, ...]
    language: str | None
    """Code of ISO 639, of most of what was said; None where nothing was."""
    speech: Stretches
    """Where somebody speaks, whether or not the words were understood."""
    duration: Fraction
    model: str | None
    """Name of the model that understood it."""
    notes: tuple[str, ...] = field(default=())
    """What its reader should know: that there is no speech, that several languages are spoken."""

    @property
    def text(self) -> str:
        return " ".join(utterance.text for utterance in self.utterances)

    def told(self) -> dict[str, object]:
        """For JSON; seconds to the millisecond."""
        return {
            "text": self.text,
            "language": self.language,
            "model": self.model,
            "duration": _number(self.duration),
            "segments": [_told_utterance(utterance) for utterance in self.utterances],
            "speech": told(self.speech),
            "silence": told(between(self.speech, self.duration)),
            "figures": self.figures(),
            "notes": list(self.notes),
        }

    def figures(self) -> dict[str, object]:
        """How much was said: seconds of utterances and of the longest pause between two of them,
        words, words a minute of utterances, fillers."""
        words = sum(_count(utterance) for utterance in self.utterances)
        speaking = sum((one.end - one.start for one in self.utterances), ZERO)
        pauses = [b.start - a.end for a, b in pairwise(self.utterances)]
        return {
            "speaking": _number(speaking),
            "words": words,
            "words_per_minute": round(words * 60 / float(speaking)) if speaking else 0,
            "pauses": sum(pause >= PAUSE for pause in pauses),
            "longest_pause": _number(max(pauses, default=ZERO)),
            "fillers": sum(
                word.strip(".,…?!-—").casefold() in FILLERS
                for utterance in self.utterances
                for word in utterance.text.split()
            ),
        }


def transcript_from(body: Mapping[str, Any]) -> Transcript:
    """What `told` told. Raises ValueError, TypeError or KeyError for anything else."""
    return Transcript(
        tuple(
            Utterance(
                seconds(one["start"]),
                seconds(one["end"]),
                str(one["text"]),
                tuple(
                    Word(
                        seconds(word["start"]),
                        seconds(word["end"]),
                        str(word["text"]),
                        bool(word.get("joined", False)),
                    )
                    for word in one.get("words", ())
                ),
                one.get("speaker"),
            )
            for one in body["segments"]
        ),
        body["language"],
        tuple(TimeRange(seconds(one["start"]), seconds(one["end"])) for one in body["speech"]),
        seconds(body["duration"]),
        body["model"],
        tuple(body.get("notes", ())),
    )


def spliced(old: Transcript, new: Transcript, span: TimeRange) -> Transcript:
    """With what `new` says of `span` instead of what `old` said there.

    Utterances of the old one that reach into the span stay as far as their words lie outside it;
    one without words goes where most of it lies.
    """
    kept = [part for one in old.utterances for part in _outside(one, span)]
    utterances = sorted([*kept, *new.utterances], key=lambda one: one.start)
    return replace(new, utterances=tuple(utterances), language=old.language or new.language)


def _outside(one: Utterance, span: TimeRange) -> Iterator[Utterance]:
    both = span.intersection(TimeRange(one.start, one.end))
    if both is None:
        yield one
    elif one.words:
        before = [word for word in one.words if word.end <= span.start]
        after = [word for word in one.words if word.start >= span.end]
        for words in (before, after):
            if words:
                yield replace(uttered(words), speaker=one.speaker)
    elif both.duration * 2 <= one.end - one.start:
        yield one


def corrected(transcript: Transcript, utterances: Iterable[Utterance]) -> Transcript:
    """With the owner's utterances; those that are as they were keep the times of their words."""
    known = {(one.start, one.end, one.text): one.words for one in transcript.utterances}
    kept = [
        replace(one, words=known.get((one.start, one.end, one.text), one.words))
        for one in sorted(utterances, key=lambda one: (one.start, one.end))
    ]
    return replace(transcript, utterances=tuple(kept))


def utterances_of(words: Iterable[Word]) -> tuple[Utterance, ...]:
    """Words in order, made into utterances: they end with a sentence or at a pause, and long ones
    at a comma or a breath."""
    found: list[Utterance] = []
    held: list[Word] = []
    for word in words:
        if held and _ends(held, word):
            found.append(uttered(held))
            held = []
        held.append(word)
    if held:
        found.append(uttered(held))
    return tuple(found)


def _ends(held: Sequence[Word], following: Word) -> bool:
    last, gap = held[-1], following.start - held[-1].end
    lasts = last.end - held[0].start
    if gap >= PAUSE:
        return True
    if ends_sentence(last.text):
        return lasts >= _SHORTEST or gap >= _BREATH
    if lasts >= LONGEST:
        return gap >= _BREATH or last.text.endswith((",", ";", ":", "，", "、"))
    return False


def ends_sentence(text: str) -> bool:
    """Whether a sentence ends with a word that is written like this."""
    return text.endswith((".", "?", "!", "。", "？", "！", "…")) and not _abbreviated(text)


_TITLES = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e.", "no."})


def _abbreviated(text: str) -> bool:
    return text.casefold() in _TITLES or (len(text) == 2 and text[0].isupper())


def uttered(words: Sequence[Word]) -> Utterance:
    """What words in order, at least one, are as an utterance."""
    text = "".join((word.text if word.joined else " " + word.text) for word in words).strip()
    return Utterance(words[0].start, max(word.end for word in words), text, tuple(words))


def _count(utterance: Utterance) -> int:
    return len(utterance.text.split())


def _told_utterance(utterance: Utterance) -> dict[str, object]:
    body: dict[str, object] = {
        "start": _number(utterance.start),
        "end": _number(utterance.end),
        "text": utterance.text,
        "words": [
            {
                "start": _number(word.start),
                "end": _number(word.end),
                "text": word.text,
                **({"joined": True} if word.joined else {}),
            }
            for word in utterance.words
        ],
    }
    if utterance.speaker is not None:
        body["speaker"] = utterance.speaker
    return body


def _number(time: Fraction) -> float:
    return round(float(time), 3)
