"""Speech to text: Whisper, by faster-whisper on CTranslate2."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.core.pieces import AROUND, Piece
from backend.core.stretches import Stretches, between, joined
from backend.core.time import ZERO, TimeRange
from backend.core.transcript import Word, ends_sentence
from backend.enrich.models import Model, loading
from backend.media.listen import RATE

RECOGNISER_ENGINE = 2
"""Version of how words are made of what the model says; raise it when that changes."""

Sound = npt.NDArray[np.float32]
"""Shape (samples,), 16 kHz."""

BEAM = 5
"""Hypotheses that are followed at a time; the engine's own default."""
_LOOKS = 100
"""Steps a second in which the engine counts where it is."""
_LATE = Fraction(1)
"""Seconds from the start of a voice within which a word behind a pause is its first."""
_APART = Fraction(1, 2)
"""Seconds between a sentence's first word and its second that nobody leaves there."""
_SKIPPED = Fraction(2)
"""Seconds of voice without a word that are heard once more."""
_DOUBTFUL = -1.0
"""Mean log probability of a text below which it is not believed over silence."""
_SILENT = 0.6
"""How sure the model must be that nothing is said, for a doubtful text to be dropped."""
_PHANTOMS = re.compile(
    r"(thank you( so much)? for watching|thanks for watching|please subscribe|like and subscribe"
    r"|subtitles? (by|made by) .*|amara\.org.*|see you (in the )?next (time|video)"
    r"|untertitel .*(amara|zdf|ard|funk).*|sous-titr.* amara.*|vielen dank fürs zuschauen"
    r"|merci d'avoir regardé.*|gracias por ver.*)[.!]*",
    re.IGNORECASE,
)
"""What Whisper learned to say over silence and music, from the ends of films."""
_AT_ONCE = Fraction(1, 20)
"""Seconds between two words that nobody pauses between."""
_BELIEVED = -0.35
"""Mean log probability from which on even that is believed."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is said in the half minute, or less, that the model looked at."""

    until: Fraction
    """Seconds into the piece at which the model looks on."""
    words: tuple[Word, ...]
    """Times of the film."""
    language: str | None


class Recogniser:
    """One loaded model. Several threads may use it at once, up to `workers`."""

    def __init__(self, model: Model, folder: Path, threads: int, workers: int) -> None:
        """Raises FaultError (model) where the files cannot be loaded."""
        self._multilingual = model.multilingual
        with loading(model):
            from faster_whisper import WhisperModel

            self._model: Any = WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=threads,
                num_workers=workers,
                local_files_only=True,
            )

    def languages(self, sound: Sound) -> tuple[str, float]:
        """The likeliest language of half a minute, and how likely it is, 0 to 1."""
        if not self._multilingual:
            return "en", 1.0
        language, likely, _ = self._model.detect_language(sound)
        return str(language), float(likely)

    def recognise(
        self,
        sound: Sound,
        piece: Piece,
        language: str | None,
        voiced: Stretches,
        start: Fraction = ZERO,
    ) -> Iterator[Recognised]:
        """What is said in a piece, half a minute after the other, from `start` seconds into it on.
        `voiced`: where in the film a voice sounds.

        `language` None: the model is asked for every half minute. Nothing is left of one when the
        next is looked at: a model that is told what it said before may say it for ever.
        """
        segments, info = self._spoken(sound, language, clip_timestamps=[float(start)])
        spoken = str(info.language)
        at, words = start, list[Word]()

        def looked(until: Fraction) -> Recognised:
            there = self._missed(sound, piece, language, (at, until), words, voiced)
            return Recognised(until, there, spoken if there else None)

        for segment in segments:
            if (reached := Fraction(segment.seek, _LOOKS)) > at:
                yield looked(reached)
                at, words = reached, []
            if not _phantom(segment):
                words += _new(words, _words(segment.words or (), piece))
        yield looked(piece.duration)

    def _spoken(self, sound: Sound, language: str | None, **more: object) -> tuple[Any, Any]:
        segments, info = self._model.transcribe(
            sound,
            language=language if self._multilingual else "en",
            multilingual=self._multilingual and language is None,
            beam_size=BEAM,
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=False,
            **more,
        )
        return segments, info

    def _missed(
        self,
        sound: Sound,
        piece: Piece,
        language: str | None,
        span: tuple[Fraction, Fraction],
        words: Sequence[Word],
        voiced: Stretches,
    ) -> tuple[Word, ...]:
        """The words of a span of the piece, with those of voices that the model passed over: now
        and then it begins half a minute with its second sentence. Heard alone they are found."""
        film = TimeRange(piece.film_time(span[0]), piece.film_time(span[1]))
        heard = joined([TimeRange(word.start, word.end) for word in words], _SKIPPED)
        found = list(words)
        for gap in between(heard, film.end):
            hole = gap.intersection(film)
            voices = [one for voice in voiced if hole and (one := voice.intersection(hole))]
            if sum((voice.duration for voice in voices), ZERO) < _SKIPPED:
                continue
            start, end = piece.time_of(voices[0].start), piece.time_of(voices[-1].end)
            start, end = max(span[0], start - AROUND), min(span[1], end + AROUND)
            segments, _ = self._spoken(sound[int(start * RATE) : int(end * RATE)], language)
            for segment in segments:
                if segment.avg_logprob > _DOUBTFUL and not _phantom(segment):
                    more = _words(segment.words or (), piece, start)
                    found += [word for word in more if word.start in gap]
        return tuple(sorted(found, key=lambda word: word.start))


def all_words(heard: Iterable[Recognised], voiced: Stretches) -> tuple[Word, ...]:
    """The words of a piece, out of what was recognised in it from its start to its end. `voiced`:
    where in the film a voice sounds."""
    words: list[Word] = []
    for one in heard:
        words += _new(words, one.words)
    return _begun(_reunited(unlooped(_in_order(words)), voiced), voiced)


def _reunited(words: Sequence[Word], voiced: Stretches) -> Sequence[Word]:
    """With first words where their sentences are: by attention alone now and then one stands right
    behind the sentence before, and all others of its own behind the pause."""
    found = list(words)
    for i in range(1, len(found) - 1):
        before, word, following = found[i - 1 : i + 2]
        if (
            following.start - word.end < _APART
            or word.start - before.end >= _AT_ONCE
            or not ends_sentence(before.text)
            or not word.text[-1:].isalnum()
        ):
            continue
        voice = next((one.start for one in voiced if word.end <= one.start < following.end), None)
        if voice is not None:
            start = max(voice, following.start - _LATE)
            met = following.start if start < following.start else (start + following.end) / 2
            end = min(met, start + word.end - word.start)
            found[i : i + 2] = replace(word, start=start, end=end), replace(following, start=met)
    return found


def _begun(words: Sequence[Word], voiced: Stretches) -> tuple[Word, ...]:
    """Those that begin where a voice does: by attention to the text alone the first word behind a
    pause is placed up to half a second too late, or in the pause."""
    found: list[Word] = []
    at, before = 0, ZERO
    for word in words:
        while at < len(voiced) and voiced[at].end <= word.start:
            at += 1
        start = word.start
        if at < len(voiced) and before <= voiced[at].start < word.end:
            voice = voiced[at].start
            start = voice if abs(voice - start) <= _LATE else start
        found.append(replace(word, start=start))
        before = word.end
    return tuple(found)


def _phantom(segment: Any) -> bool:
    if segment.no_speech_prob > _SILENT and segment.avg_logprob < _DOUBTFUL:
        return True
    text = segment.text.strip()
    if not any(character.isalnum() for character in text):
        return True
    return _PHANTOMS.fullmatch(text) is not None and segment.avg_logprob < _BELIEVED


def _words(spoken: Iterable[Any], piece: Piece, offset: Fraction = ZERO) -> list[Word]:
    found: list[Word] = []
    for one in spoken:
        text = one.word.strip()
        if text and math.isfinite(one.start) and math.isfinite(one.end):
            start, end = (Fraction(round(float(t) * 1000), 1000) for t in (one.start, one.end))
            span = piece.film_range(offset + start, offset + end)
            joined = not one.word.startswith(" ") and bool(found)
            found.append(Word(span.start, span.end, text, joined))
    return found


def _new(before: Sequence[Word], words: Sequence[Word]) -> Sequence[Word]:
    """Without the last word of the segment before, which the model is prone to hear once more."""
    if before and words and words[0].start - before[-1].end < _AT_ONCE:
        last, first = (one.text.strip(".,!?… ").casefold() for one in (before[-1], words[0]))
        return words[1:] if last == first else words
    return words


def _in_order(words: Sequence[Word]) -> list[Word]:
    """No word begins before the one before it ends."""
    found: list[Word] = []
    for word in words:
        start = max(word.start, found[-1].end) if found else word.start
        found.append(Word(start, max(start, word.end), word.text, word.joined))
    return found


_LONGEST_LOOP = 12
_ENOUGH = 4
"""Times that the same words must follow each other to be a loop of the model's."""


def unlooped(words: Sequence[Word]) -> tuple[Word, ...]:
    """Without the repetitions into which a recogniser falls on noise and music: where the same one
    to twelve words come four times or more in a row, they stay once."""
    said = [word.text.strip(".,!?… ").casefold() for word in words]
    kept: list[Word] = []
    at = 0
    while at < len(words):
        for size in range(1, _LONGEST_LOOP + 1):
            times = 1
            loop = said[at : at + size]
            while said[at + times * size : at + (times + 1) * size] == loop:
                times += 1
            if len(loop) == size and times >= _ENOUGH:
                kept += words[at : at + size]
                at += times * size
                break
        else:
            kept.append(words[at])
            at += 1
    return tuple(kept)
