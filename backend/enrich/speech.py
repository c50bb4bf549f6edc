"""Where somebody speaks.

Silero's voice activity model (MIT) tells for each 32 ms how likely they hold speech. It hears on
from block to block, and after seconds of loud typing may stay deaf for a while; so a second pass
begins anew every 12 s, and what either of them hears counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.core.context import Watch
from backend.core.fault import Category, refuse
from backend.core.stretches import Stretches, joined, lasting, widened
from backend.core.time import TimeRange
from backend.enrich.catalogue import SILERO
from backend.enrich.models import folder_of, how_to_add, quiet_engines
from backend.media.blocks import Block
from backend.media.listen import RATE, listening

SPEECH_ENGINE = 1
"""Version of what counts as speech; raise it when that changes."""

STAGE = "speech"

_FRAME = 512
"""Samples that the model judges at a time: 32 ms."""
_CONTEXT = 64
"""Samples before a frame that are judged with it."""
_LONG = 1875 * _FRAME
"""Samples of a pass that hears on: 60 s."""
_SHORT = 375 * _FRAME
"""Samples of a pass from a fresh state: 12 s. Divides `_LONG`."""
_SURE = 0.5
_UNSURE = 0.35
"""How likely speech begins, and below what it ends, as Silero's authors have it."""
_BETWEEN_WORDS = Fraction(1, 4)
_BETWEEN_SENTENCES = Fraction(1)
"""Seconds without a voice that are still speech."""
_LEAST = Fraction(1, 5)
"""Seconds of a voice that are worth anything."""
_AROUND = Fraction(45, 100)
"""Seconds around a voice that belong to speech: breath, soft beginnings and ends."""

Likely = npt.NDArray[np.float32]
"""Shape (frames,), 0 to 1."""


@dataclass(frozen=True, slots=True)
class SpeechMap:
    voiced: Stretches
    """Where a voice sounds: words, without the pauses between them."""
    duration: Fraction
    """Seconds of the film."""
    has_sound: bool

    @property
    def speech(self) -> Stretches:
        """Where somebody speaks, small pauses and breath included."""
        sentences = joined(self.voiced, _BETWEEN_SENTENCES)
        return widened(sentences, _AROUND, self.duration)


def map_speech(path: Path, ctx: Watch, stage: str = STAGE) -> SpeechMap:
    """Where somebody speaks in a file, from its start to its end; a minute in memory at a time.

    Raises FaultError where the file cannot be read.
    """
    model = _Silero(folder_of(SILERO, Path(), ctx.check))
    found: list[TimeRange] = []
    with listening(path, ctx.check) as (info, heard):
        length = float(info.duration)
        last = 0.0
        for first, samples in _passages(heard):
            ctx.check()
            likely = _judged(model, samples)
            found += _stretches(likely, Fraction(first, RATE))
            last = (first + len(samples)) / RATE
            ctx.progress(stage, min(1.0, last / max(length, 0.001)))
    ctx.progress(stage, 1.0)
    voiced = lasting(joined(found, _BETWEEN_WORDS), _LEAST)
    return SpeechMap(voiced, info.duration, bool(info.audio))


class _Silero:
    """The model itself: frames in, likelihoods out, from a fresh state at every call."""

    def __init__(self, folder: Path) -> None:
        quiet_engines()
        try:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.inter_op_num_threads = options.intra_op_num_threads = 1
            options.enable_cpu_mem_arena = False
            options.log_severity_level = 4
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / SILERO.weights[0].name), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise refuse(
                Category.MODEL,
                f"{SILERO.title} could not be loaded ({type(error).__name__}).",
                how_to_add(SILERO),
            ) from error

    def __call__(self, samples: npt.NDArray[np.float32]) -> Likely:
        """`samples` are whole frames."""
        frames = samples.reshape(-1, _FRAME)
        before = np.zeros((len(frames), _CONTEXT), np.float32)
        before[1:] = frames[:-1, -_CONTEXT:]
        state = np.zeros((1, 1, 128), np.float32)
        likely, _, _ = self._session.run(
            None, {"input": np.hstack([before, frames]), "h": state, "c": state}
        )
        return np.asarray(likely, np.float32).reshape(-1)


def _passages(heard: Iterable[Block]) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Stretches of `_LONG` samples; the last one shorter, filled up to whole frames."""
    buffer = np.zeros(_LONG, np.float32)
    held, first = 0, 0
    for block in heard:
        samples = block.samples[0]
        if not held:
            first = block.first
        while len(samples):
            count = min(len(samples), _LONG - held)
            buffer[held : held + count] = samples[:count]
            samples, held = samples[count:], held + count
            if held == _LONG:
                yield first, buffer
                first, held = first + _LONG, 0
    if held:
        whole = -(-held // _FRAME) * _FRAME
        buffer[held:whole] = 0
        yield first, buffer[:whole]


def _judged(model: _Silero, samples: npt.NDArray[np.float32]) -> Likely:
    """How likely each frame is speech: the higher of both passes."""
    likely = model(samples)
    for at in range(0, len(samples), _SHORT):
        part = samples[at : at + _SHORT]
        frames = slice(at // _FRAME, (at + len(part)) // _FRAME)
        np.maximum(likely[frames], model(part), out=likely[frames])
    return likely


def _stretches(likely: Likely, offset: Fraction) -> Iterator[TimeRange]:
    """Speech begins where it is sure and ends where it is unlikely."""
    start: int | None = None
    for frame, value in enumerate(likely.tolist()):
        if start is None and value >= _SURE:
            start = frame
        elif start is not None and value < _UNSURE:
            yield _range(start, frame, offset)
            start = None
    if start is not None:
        yield _range(start, len(likely), offset)


def _range(start: int, end: int, offset: Fraction) -> TimeRange:
    return TimeRange(offset + Fraction(start * _FRAME, RATE), offset + Fraction(end * _FRAME, RATE))
