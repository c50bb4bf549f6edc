"""Audio review: where somebody speaks, and what is said, in pieces that survive a kill."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.context import Context
from backend.core.fault import Category, FaultError, refuse
from backend.core.pieces import LONGEST, Piece, pieces_of
from backend.core.progress import Stage
from backend.core.speakers import Turn, attributed
from backend.core.stretches import Stretches, told
from backend.core.time import ZERO, TimeRange, seconds
from backend.core.transcript import Transcript, Word, utterances_of
from backend.enrich.catalogue import VOICES
from backend.enrich.models import folder_of, how_to_add, installed
from backend.enrich.options import ReviewOptions
from backend.enrich.recognise import (
    RECOGNISER_ENGINE,
    Recognised,
    Recogniser,
    Sound,
    all_words,
)
from backend.enrich.speakers import STAGE as SPEAKERS_STAGE
from backend.enrich.speakers import find_turns
from backend.enrich.speech import SPEECH_ENGINE, SpeechMap, map_speech
from backend.enrich.speeds import LEAST, remember_speed
from backend.media.findings import write_findings
from backend.media.listen import Walk, listening

_ASKED = 3
"""Pieces that are asked for their language, spread over the recording."""
_CERTAIN = 0.5
"""How sure the model must be of a language for its word to count."""
_LONG = Fraction(200)
"""Seconds of sound that are given to the model in one go, at most."""
_HANDS = 4
"""Pieces that are worked on at the same time, at most."""
_TICK = 0.1
"""Seconds between two looks whether to stop."""


def review(path: Path, source: str, options: ReviewOptions, ctx: Context) -> Transcript:
    """What is said in a file. `source` is the key of what it was made from.

    Raises FaultError where the file cannot be read or the model not be loaded.
    """
    stages = [
        Stage("speech", "Listening for speech", 1.0),
        Stage("words", "Writing down what is said", 9.0),
    ]
    if options.speakers > 1:
        stages.append(Stage(SPEAKERS_STAGE, "Telling speakers apart", 2.0))
    ctx.plan(stages)
    heard = _speech(path, source, ctx)
    voiced = heard.voiced
    if options.only is not None:
        inside = [one.intersection(options.only) for one in voiced]
        voiced = tuple(one for one in inside if one is not None)
    if not voiced:
        why = "Nobody speaks in this recording." if heard.has_sound else "There is no sound."
        return Transcript((), None, (), heard.duration, options.model.name, (why,))
    ctx.reach("speech-mapped")
    said = _Scribe(path, source, voiced, heard.duration, options, ctx).write()
    words: list[Word] = []
    spoken: Counter[str] = Counter()
    for piece in said:
        words += all_words(piece, heard.voiced)
        for one in piece:
            if one.language is not None:
                spoken[one.language] += len(one.words)
    notes = []
    if len(spoken) > 1:
        notes.append(f"Several languages are spoken: {', '.join(sorted(spoken))}.")
    if not words:
        notes.append("Somebody speaks, but no word was understood.")
    language = spoken.most_common(1)[0][0] if spoken else None
    utterances = utterances_of(words)
    if options.speakers > 1 and utterances:
        try:
            turns = _turns(path, source, heard.voiced, options, ctx)
            utterances = attributed(utterances, turns)
        except FaultError as error:
            if error.fault.category is not Category.MODEL:
                raise
            # What was written down is of use without.
            notes.append(f"Speakers were not told apart. {error.fault.message} {error.fault.hint}")
    return Transcript(
        utterances,
        language,
        heard.speech,
        heard.duration,
        options.model.name,
        tuple(notes),
    )


def _turns(
    path: Path, source: str, voiced: Stretches, options: ReviewOptions, ctx: Context
) -> tuple[Turn, ...]:
    """Who speaks when, in all of the file. Raises FaultError (model) where nothing can tell."""
    if not installed(VOICES):
        raise refuse(Category.MODEL, f"{VOICES.title} is not installed.", how_to_add(VOICES))
    return find_turns(path, source, voiced, options.speakers, VOICES, options.cache, ctx)


def _speech(path: Path, source: str, ctx: Context) -> SpeechMap:
    key = artifact_key(ArtifactKind.SPEECH, [source], {}, SPEECH_ENGINE)
    known = _read(ctx.find(key))
    if known is not None:
        voiced = tuple(
            TimeRange(seconds(one["start"]), seconds(one["end"])) for one in known["voiced"]
        )
        ctx.progress("speech", 1.0)
        return SpeechMap(voiced, seconds(known["duration"]), bool(known["has_sound"]))
    heard = map_speech(path, ctx)
    part = ctx.part(key, ".json")
    write_findings(
        part,
        {
            "voiced": told(heard.voiced),
            "duration": round(float(heard.duration), 3),
            "has_sound": heard.has_sound,
        },
    )
    ctx.keep(ArtifactKind.SPEECH, key, part)
    return heard


class _Scribe:
    """Writes down what is said, several pieces at a time, and keeps it by the half minute."""

    def __init__(
        self,
        path: Path,
        source: str,
        voiced: Stretches,
        duration: Fraction,
        options: ReviewOptions,
        ctx: Context,
    ) -> None:
        self._path, self._source, self._options, self._ctx = path, source, options, ctx
        self._voiced, self._duration = voiced, duration
        self._pieces: tuple[Piece, ...] = ()
        self._said: list[list[Recognised]] = []
        self._told: SimpleQueue[tuple[int, Recognised | Exception]] = SimpleQueue()
        self._stop = threading.Event()
        self._recogniser: Recogniser | None = None

    def write(self) -> list[list[Recognised]]:
        """What is said in each piece, in order. Raises FaultError (model)."""
        language = self._language()
        longest = self._longest() if language is not None else LONGEST
        self._pieces = pieces_of(self._voiced, self._duration, longest)
        self._said = [list(self._kept(piece, language)) for piece in self._pieces]
        self._tell()
        left = [n for n, piece in enumerate(self._pieces) if self._reached(n) < piece.duration]
        if left:
            before, began = self._heard(), time.monotonic()
            self._hear(left, language)
            if (gained := float(self._heard() - before)) >= LEAST:
                speed = gained / max(1e-6, time.monotonic() - began)
                remember_speed(self._options.cache, self._options.model, speed)
        return self._said

    def _longest(self) -> Fraction:
        """Seconds of a piece: long, for the model does best where its half minute is full; but
        short enough for two hands to have some of what is not long itself."""
        whole = sum((one.duration for one in self._voiced), ZERO)
        return min(_LONG, max(_LONG / 3, whole / 2))

    def _reached(self, n: int) -> Fraction:
        """Seconds of a piece up to which it is written down."""
        return self._said[n][-1].until if self._said[n] else ZERO

    def _heard(self) -> Fraction:
        return sum((self._reached(n) for n in range(len(self._pieces))), ZERO)

    def _tell(self) -> None:
        whole = sum((piece.duration for piece in self._pieces), ZERO)
        self._ctx.progress("words", float(self._heard() / whole))

    def _kept(self, piece: Piece, language: str | None) -> Iterator[Recognised]:
        """What was written down of a piece before."""
        at = ZERO
        while at < piece.duration:
            found = _recognised(self._ctx.find(self._key(piece, at, language)))
            if found is None or found.until <= at:
                return
            yield found
            at = found.until

    def _key(self, piece: Piece, start: Fraction, language: str | None) -> str:
        parameters: Mapping[str, object] = {
            "ranges": [[str(one.start), str(one.end)] for one in piece.ranges],
            "from": str(start),
            "model": self._options.model.fingerprint,
            "language": language,
        }
        return artifact_key(ArtifactKind.SAID, [self._source], parameters, RECOGNISER_ENGINE)

    def _hands(self) -> int:
        """How many pieces are worked on at the same time."""
        cores = os.cpu_count() or 1
        pieces = len(pieces_of(self._voiced, self._duration, self._longest()))
        return max(1, min(_HANDS, cores // 2 if cores > 3 else cores, pieces))

    def _model(self, hands: int) -> Recogniser:
        if self._recogniser is None:
            options = self._options
            folder = folder_of(options.model, options.cache, self._ctx.check)
            threads = max(1, (os.cpu_count() or 1) // hands)
            self._recogniser = Recogniser(options.model, folder, threads, hands)
            self._ctx.check()
        return self._recogniser

    def _hear(self, left: Sequence[int], language: str | None) -> None:
        hands = self._hands()
        recogniser = self._model(hands)
        pool = ThreadPoolExecutor(hands, "recognise")
        open_ones = 0
        try:
            wanted = [(n, self._pieces[n]) for n in left]
            # From where it began the first time: a decoder that begins elsewhere gives other
            # samples, if only a little, and the model then other words.
            begin = self._pieces[0].start
            for n, sound in _sounds(self._path, wanted, begin, self._ctx):
                pool.submit(self._recognise, recogniser, n, sound, language, self._reached(n))
                open_ones += 1
                while open_ones > hands:
                    open_ones -= self._gather(language)
            while open_ones:
                open_ones -= self._gather(language)
        finally:
            self._stop.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _recognise(
        self, recogniser: Recogniser, n: int, sound: Sound, language: str | None, start: Fraction
    ) -> None:
        try:
            for one in recogniser.recognise(sound, self._pieces[n], language, self._voiced, start):
                if self._stop.is_set():
                    return
                self._told.put((n, one))
        except Exception as error:
            self._told.put((n, error))

    def _gather(self, language: str | None) -> int:
        """Wait until half a minute is written down, and keep it. Returns how many pieces ended."""
        while True:
            self._ctx.check()
            with contextlib.suppress(Empty):
                n, found = self._told.get(timeout=_TICK)
                break
        if isinstance(found, Exception):
            raise found
        key = self._key(self._pieces[n], self._reached(n), language)
        part = self._ctx.part(key, ".json")
        write_findings(part, _told(found))
        self._ctx.keep(ArtifactKind.SAID, key, part)
        self._said[n].append(found)
        self._tell()
        self._ctx.reach("piece-kept")
        return int(found.until >= self._pieces[n].duration)

    def _language(self) -> str | None:
        """The language of most of the recording; None where it speaks several."""
        options = self._options
        if options.language is not None or not options.model.multilingual:
            return options.language or "en"
        key = artifact_key(
            ArtifactKind.SAID,
            [self._source],
            {"asked": told(self._voiced), "model": options.model.fingerprint},
            RECOGNISER_ENGINE,
        )
        if (known := _read(self._ctx.find(key))) is not None:
            return str(known["language"]) if known["language"] else None
        language = self._asked()
        part = self._ctx.part(key, ".json")
        write_findings(part, {"language": language})
        self._ctx.keep(ArtifactKind.SAID, key, part)
        return language

    def _asked(self) -> str | None:
        pieces = pieces_of(self._voiced, self._duration)
        recogniser = self._model(self._hands())
        step = max(1, len(pieces) // _ASKED)
        votes: Counter[str] = Counter()
        for one in list(enumerate(pieces))[step // 2 :: step][:_ASKED]:
            for _, sound in _sounds(self._path, [one], one[1].start, self._ctx):
                self._ctx.check()
                language, sure = recogniser.languages(sound)
                if sure >= _CERTAIN:
                    votes[language] += 1
        return next(iter(votes)) if len(votes) == 1 else None


def _sounds(
    path: Path, wanted: Sequence[tuple[int, Piece]], begin: Fraction, ctx: Context
) -> Iterator[tuple[int, Sound]]:
    """The sound of pieces, in their order, out of one walk through the file from `begin` on."""
    with listening(path, ctx.check, begin) as (_, heard):
        walk = Walk(heard)
        for n, piece in wanted:
            yield n, np.concatenate([walk.take(one) for one in piece.ranges])


def _told(found: Recognised) -> dict[str, object]:
    return {
        "until": str(found.until),
        "language": found.language,
        "words": [[str(w.start), str(w.end), w.text, w.joined] for w in found.words],
    }


def _recognised(path: Path | None) -> Recognised | None:
    body = _read(path)
    if body is None:
        return None
    words = tuple(
        Word(Fraction(start), Fraction(end), text, joined)
        for start, end, text, joined in body["words"]
    )
    return Recognised(Fraction(body["until"]), words, body["language"])


def _read(path: Path | None) -> dict[str, Any] | None:
    """What an artifact says; None where there is none, or where somebody damaged it."""
    if path is None:
        return None
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) else None
