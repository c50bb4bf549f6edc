"""Audio review: where somebody speaks, and what is said, in pieces that survive a kill."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.context import Context
from backend.core.pieces import Piece, pieces_of
from backend.core.progress import Stage
from backend.core.stretches import told
from backend.core.time import TimeRange, seconds
from backend.core.transcript import Transcript, Word, utterances_of
from backend.enrich.models import folder_of
from backend.enrich.options import ReviewOptions
from backend.enrich.recognise import RECOGNISER_ENGINE, Recognised, Recogniser, Sound
from backend.enrich.speech import SPEECH_ENGINE, SpeechMap, map_speech
from backend.enrich.speeds import LEAST, remember_speed
from backend.media.blocks import Block
from backend.media.findings import write_findings
from backend.media.listen import RATE, listening

_ASKED = 3
"""Pieces that are asked for their language, spread over the recording."""
_CERTAIN = 0.5
"""How sure the model must be of a language for its word to count."""
_TICK = 0.1
"""Seconds between two looks whether to stop."""


def review(path: Path, source: str, options: ReviewOptions, ctx: Context) -> Transcript:
    """What is said in a file. `source` is the key of what it was made from.

    Raises FaultError where the file cannot be read or the model not be loaded.
    """
    ctx.plan(
        [
            Stage("speech", "Listening for speech", 1.0),
            Stage("words", "Writing down what is said", 9.0),
        ]
    )
    heard = _speech(path, source, ctx)
    voiced = heard.voiced
    if options.only is not None:
        inside = [one.intersection(options.only) for one in voiced]
        voiced = tuple(one for one in inside if one is not None)
    if not voiced:
        why = "Nobody speaks in this recording." if heard.has_sound else "There is no sound."
        return Transcript((), None, (), heard.duration, options.model.name, (why,))
    pieces = pieces_of(voiced, heard.duration)
    ctx.reach("speech-mapped")
    said, notes = _said(path, source, pieces, options, ctx)
    words: list[Word] = []
    spoken: Counter[str] = Counter()
    for one in said:
        words += one.words
        if one.language is not None:
            spoken[one.language] += len(one.words)
    if not words:
        notes.append("Somebody speaks, but no word was understood.")
    language = spoken.most_common(1)[0][0] if spoken else None
    return Transcript(
        utterances_of(words),
        language,
        heard.speech,
        heard.duration,
        options.model.name,
        tuple(notes),
    )


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


def _said(
    path: Path, source: str, pieces: Sequence[Piece], options: ReviewOptions, ctx: Context
) -> tuple[list[Recognised], list[str]]:
    """What is said in each piece, in their order; several are worked on at once."""
    keys = [_key(source, piece, options) for piece in pieces]
    done = {n: found for n, key in enumerate(keys) if (found := _recognised(ctx.find(key)))}
    total = sum((piece.duration for piece in pieces), Fraction(0))
    heard = sum((pieces[n].duration for n in done), Fraction(0))
    ctx.progress("words", float(heard / total))
    left = [n for n in range(len(pieces)) if n not in done]
    if not left:
        return [done[n] for n in range(len(pieces))], _notes(done.values())
    cores = os.cpu_count() or 1
    workers = max(1, min(4, cores // 2 if cores > 3 else cores, len(left)))
    folder = folder_of(options.model, options.cache, ctx.check)
    recogniser = Recogniser(options.model, folder, max(1, cores // workers), workers)
    ctx.check()
    language = options.language or _language(path, pieces, recogniser, ctx)
    known, began = heard, time.monotonic()
    pool = ThreadPoolExecutor(workers, "recognise")
    running: dict[Future[Recognised], int] = {}
    try:
        for n, sound in _sounds(path, [(n, pieces[n]) for n in left], ctx):
            while len(running) > workers:
                heard += _gather(running, done, pieces, keys, ctx)
                ctx.progress("words", float(heard / total))
            running[pool.submit(recogniser.recognise, sound, pieces[n], language)] = n
        while running:
            heard += _gather(running, done, pieces, keys, ctx)
            ctx.progress("words", float(heard / total))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if (gained := float(heard - known)) >= LEAST:
        speed = gained / max(1e-6, time.monotonic() - began)
        remember_speed(options.cache, options.model, speed)
    return [done[n] for n in range(len(pieces))], _notes(done.values())


def _gather(
    running: dict[Future[Recognised], int],
    done: dict[int, Recognised],
    pieces: Sequence[Piece],
    keys: Sequence[str],
    ctx: Context,
) -> Fraction:
    """Wait until a piece is recognised, and keep it. Returns the seconds of sound that it had."""
    while True:
        ready, _ = wait(running, _TICK, FIRST_COMPLETED)
        ctx.check()
        if ready:
            break
    gained = Fraction(0)
    for future in ready:
        n = running.pop(future)
        found = done[n] = future.result()
        part = ctx.part(keys[n], ".json")
        write_findings(part, _told(found))
        ctx.keep(ArtifactKind.SAID, keys[n], part)
        ctx.reach("piece-kept")
        gained += pieces[n].duration
    return gained


def _language(
    path: Path, pieces: Sequence[Piece], recogniser: Recogniser, ctx: Context
) -> str | None:
    """The language of most of the recording; None where it speaks several."""
    step = max(1, len(pieces) // _ASKED)
    asked = list(enumerate(pieces))[step // 2 :: step][:_ASKED]
    votes: Counter[str] = Counter()
    for one in asked:
        for _, sound in _sounds(path, [one], ctx):
            ctx.check()
            language, sure = recogniser.languages(sound)
            if sure >= _CERTAIN:
                votes[language] += 1
    if len(votes) != 1:
        return None
    return next(iter(votes))


def _notes(said: Iterable[Recognised]) -> list[str]:
    spoken = {one.language for one in said if one.language is not None}
    if len(spoken) > 1:
        return [f"Several languages are spoken: {', '.join(sorted(spoken))}."]
    return []


def _sounds(
    path: Path, wanted: Sequence[tuple[int, Piece]], ctx: Context
) -> Iterator[tuple[int, Sound]]:
    """The sound of pieces, in their order, out of one walk through the file."""
    with listening(path, ctx.check, wanted[0][1].start) as (_, heard):
        walk = _Walk(heard)
        for n, piece in wanted:
            yield n, np.concatenate([walk.take(one) for one in piece.ranges])


class _Walk:
    """Takes stretches out of a run of blocks; they must come in order."""

    def __init__(self, heard: Iterator[Block]) -> None:
        self._heard = heard
        self._held = np.zeros(0, np.float32)
        self._first: int | None = None

    def take(self, wanted: TimeRange) -> Sound:
        start, end = int(wanted.start * RATE), int(wanted.end * RATE)
        while self._first is None or self._first + len(self._held) < end:
            block = next(self._heard, None)
            if block is None:
                break
            self._first = block.first if self._first is None else self._first
            useless = max(0, min(len(self._held), start - self._first))
            self._held = np.concatenate([self._held[useless:], block.samples[0]])
            self._first += useless
        first = self._first or 0
        sound = self._held[max(0, start - first) : max(0, end - first)]
        # What the film promised and its sound does not hold is silence.
        return np.pad(sound, (0, end - start - len(sound))).astype(np.float32)


def _key(source: str, piece: Piece, options: ReviewOptions) -> str:
    parameters: Mapping[str, object] = {
        "ranges": [[str(one.start), str(one.end)] for one in piece.ranges],
        "model": options.model.fingerprint,
        "language": options.language,
    }
    return artifact_key(ArtifactKind.SAID, [source], parameters, RECOGNISER_ENGINE)


def _told(found: Recognised) -> dict[str, object]:
    return {
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
    return Recognised(words, body["language"])


def _read(path: Path | None) -> dict[str, Any] | None:
    """What an artifact says; None where there is none, or where somebody damaged it."""
    if path is None:
        return None
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) else None
