"""A track of sound as blocks of samples, in order and without holes.

Whatever a recorder wrote (other rates in mid stream, damaged packets, jumps of the clock) comes out
as one run of samples whose number tells its time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from backend.media.samples import Samples
from backend.media.sound import TOLERANCE

BLOCK = 1 << 15
"""Samples that are worked on at a time: long enough that NumPy pays, short in memory."""
LONGEST_HOLE = Fraction(24 * 3600)
"""Seconds. A time stamp farther ahead than that is damage, not silence."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Channels and samples a second of a run of sound."""

    layout: av.AudioLayout
    rate: int


MONO_16K = Shape(av.AudioLayout("mono"), 16_000)
"""What recognisers of speech listen to."""


@dataclass(frozen=True, slots=True)
class Block:
    samples: Samples
    """Channels by samples, float32, full scale is 1. Valid until the next block is asked for."""
    first: int
    """Number of its first sample, from time 0 on."""
    shape: Shape


class _Gathering:
    """Blocks of `BLOCK` samples out of the small frames of a decoder."""

    def __init__(self, shape: Shape, first: int) -> None:
        self._shape = shape
        self._block = self._empty()
        self._held = 0
        self._first = first
        self.at = first
        """Number of the next sample."""

    def _empty(self) -> Samples:
        return np.zeros((self._shape.layout.nb_channels, BLOCK), np.float32)

    def add(self, frame: av.AudioFrame, skip: int) -> Iterator[Block]:
        """Samples of a planar float frame, less `skip` at its start. Yields full blocks."""
        planes = [
            np.frombuffer(memoryview(plane), np.float32, frame.samples) for plane in frame.planes
        ]
        while skip < frame.samples:
            count = min(frame.samples - skip, BLOCK - self._held)
            for row, plane in zip(self._block, planes, strict=False):
                row[self._held : self._held + count] = plane[skip : skip + count]
            skip += count
            yield from self._took(count)

    def add_silence(self, count: int) -> Iterator[Block]:
        while count > 0:
            part = min(count, BLOCK - self._held)
            self._block[:, self._held : self._held + part] = 0
            count -= part
            yield from self._took(part)

    def _took(self, count: int) -> Iterator[Block]:
        self._held += count
        self.at += count
        if self._held == BLOCK:
            yield from self.rest()

    def rest(self) -> Iterator[Block]:
        if self._held:
            yield Block(self._block[:, : self._held], self._first, self._shape)
            self._block = self._empty()
            self._first += self._held
            self._held = 0


def blocks(
    container: InputContainer,
    stream: AudioStream,
    origin: Fraction,
    check: Callable[[], None],
    wanted: Shape | None = None,
    start: Fraction = Fraction(0),
) -> Iterator[Block]:
    """The track in the `wanted` shape, or that of its first frame; its holes filled with zeros.

    Time 0 is where the recording begins: at `origin`, seconds of the file's own clock. The first
    block begins at `start`; what lies before is decoded as far as coders need it to settle.
    """
    base = stream.time_base or Fraction(1, av.time_base)
    if start:
        back = max(Fraction(0), start - SETTLING)
        container.seek(int((back + origin) / base), stream=stream)
    gathering: _Gathering | None = None
    shape = wanted or MONO_16K
    resampler: AudioResampler | None = None
    met: tuple[str, int, str] | None = None
    for frame in _frames(container, stream, check):
        shape = wanted or (shape if gathering else Shape(frame.layout, frame.sample_rate))
        rate = shape.rate
        place = None
        if frame.pts is not None:
            place = int((frame.pts * base - origin) * rate)
        if gathering is None:
            if start and (
                place is None
                or place + frame.samples * rate // frame.sample_rate <= int(start * rate)
            ):
                continue
            gathering = _Gathering(shape, int(start * rate))
        here = (frame.format.name, frame.sample_rate, frame.layout.name)
        if here != met:  # a recorder may change its mind; each part is resampled by itself
            if resampler is not None:
                yield from _flushed(resampler, gathering)
            met = here
            plain = here == ("fltp", rate, shape.layout.name)
            resampler = None if plain else AudioResampler("fltp", shape.layout.name, rate)
        skip = 0
        if place is not None:
            off = place - gathering.at
            if int(TOLERANCE * rate) < off < int(LONGEST_HOLE * rate):
                for block in gathering.add_silence(off):
                    check()
                    yield block
            elif off < 0 and gathering.at == int(start * rate):
                skip = -off  # a coder's run-in, which no player plays; or what lies before `start`
        for piece in [frame] if resampler is None else resampler.resample(frame):
            yield from gathering.add(piece, min(skip, piece.samples))
            skip = max(0, skip - piece.samples)
    if gathering is not None:
        if resampler is not None:
            yield from _flushed(resampler, gathering)
        yield from gathering.rest()


SETTLING = Fraction(1, 2)
"""Seconds before a start from which on it is decoded."""


def _flushed(resampler: AudioResampler, gathering: _Gathering) -> Iterator[Block]:
    for piece in resampler.resample(None):
        yield from gathering.add(piece, 0)


def _frames(
    container: InputContainer, stream: AudioStream, check: Callable[[], None]
) -> Iterator[av.AudioFrame]:
    for packet in container.demux(stream):
        check()
        try:
            yield from packet.decode()
        except FFmpegError:
            continue  # a damaged packet leaves a hole, which the next time stamp shows
