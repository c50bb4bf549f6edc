"""A film's picture in chunks, and the frames that are looked at in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import av

from backend.media.film import Film

CHUNK = Fraction(10)
"""Seconds of a chunk, about; a killed job does so much again, once for each core."""
GOP = 250
"""Frames between two that need no other, at most; a chunk begins with one."""
PLACES = (Fraction(1, 8), Fraction(3, 8), Fraction(5, 8), Fraction(7, 8))
"""Where in a chunk the samples are taken."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of picture, in ticks of the film."""

    start: int
    end: int


Stretch = tuple[Chunk, ...]
"""Chunks that follow each other from one keyframe of the film."""


def stretches(film: Film) -> list[Stretch]:
    """The chunks of a film, by the keyframes that they can be decoded from."""
    length = film.ticks(CHUNK)
    keys = [key for key in film.keys if key > film.start]
    found: list[list[Chunk]] = [[]]
    at, i = film.start, 0
    while at < film.end:
        while i < len(keys) and keys[i] < at + length // 2:
            i += 1
        near = [key for key in keys[i : i + GOP] if key <= at + length * 3 // 2]
        left = film.end - at
        if near and left > length * 3 // 2:
            edge = min(near, key=lambda key: abs(key - at - length))
        else:
            edge = at + length if left > length * 3 // 2 else film.end
        found[-1].append(Chunk(at, edge))
        if near and edge in near:
            found.append([])
        at = edge
    return [tuple(chunks) for chunks in found if chunks]


@dataclass(frozen=True, slots=True)
class Sample:
    """What the film shows from `tick` on."""

    tick: int
    frame: av.VideoFrame


class Sampler:
    """Keeps the frames that are on screen at some places of a chunk."""

    def __init__(self, chunk: Chunk) -> None:
        span = chunk.end - chunk.start
        self._wanted = [chunk.start + round(place * span) for place in PLACES]
        self._taken: list[Sample] = []
        self._last: Sample | None = None

    def see(self, tick: int, frame: av.VideoFrame) -> None:
        while self._wanted and self._last is not None and self._wanted[0] < tick:
            self._wanted.pop(0)
            self._take()
        self._last = Sample(tick, frame)

    def taken(self) -> list[Sample]:
        """Each frame once, in order."""
        if self._wanted:
            self._take()
        return self._taken

    def _take(self) -> None:
        if self._last is not None and (not self._taken or self._taken[-1] is not self._last):
            self._taken.append(self._last)


class Peeking:
    """Frames one after the other, with a look at the next."""

    def __init__(self, frames: Iterator[tuple[int, av.VideoFrame]]) -> None:
        self._frames = frames
        self._next = next(frames, None)

    def before(self, end: int) -> Iterator[tuple[int, av.VideoFrame]]:
        while self._next is not None and self._next[0] < end:
            yield self._next
            self._next = next(self._frames, None)

    @property
    def following(self) -> int | None:
        return None if self._next is None else self._next[0]
