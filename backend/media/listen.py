"""The sound of a file as recognisers of speech want it: one channel at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from av.audio.stream import AudioStream

from backend.core.media import MediaInfo
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
