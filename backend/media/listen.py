"""The sound of a file as recognisers of speech want it: one channel at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream

from backend.core.media import MediaInfo
from backend.core.time import TimeRange
from backend.media.blocks import MONO_16K, Block, blocks
from backend.media.probe import probe
from backend.media.read import open_media

RATE = MONO_16K.rate
"""Samples a second."""


@contextmanager
def listening(
    path: Path, check: Callable[[], None], start: Fraction = Fraction(0)
) -> Iterator[tuple[MediaInfo, Iterator[Block]]]:
    """What a file is, and the blocks of its best track of sound, 1 × samples; none without one.

    Sample 0 is where the film begins. Raises FaultError where it cannot be read.
    """
    info = probe(path)
    if not info.audio:
        yield info, iter(())
        return
    container = open_media(path)
    try:
        stream = container.streams[info.audio[0].index]
        assert isinstance(stream, AudioStream)
        yield info, blocks(container, stream, info.start, check, MONO_16K, start)
    finally:
        container.close()


class Walk:
    """Takes stretches out of a run of blocks; they must come in order."""

    def __init__(self, heard: Iterator[Block]) -> None:
        self._heard = heard
        self._held = np.zeros(0, np.float32)
        self._first: int | None = None

    def take(self, wanted: TimeRange) -> npt.NDArray[np.float32]:
        """Shape (samples,). What the film promised and its sound does not hold is silence."""
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
        return np.pad(sound, (0, end - start - len(sound))).astype(np.float32)
