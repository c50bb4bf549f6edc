"""The pictures that a film shows at given moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.video.stream import VideoStream

from backend.core.media import MediaInfo
from backend.core.time import ticks
from backend.media.probe import probe
from backend.media.read import open_media
from backend.media.scenes import Glance, glance

LONGEST_SIDE = 1280
"""Pixels of a still; a larger picture is made smaller."""
_FAR = Fraction(4)
"""Seconds ahead from which on it is worth seeking."""

Pixels = npt.NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""


@dataclass(frozen=True, slots=True)
class Still:
    time: Fraction
    """The moment that was asked for, in seconds of the film."""
    pixels: Pixels
    """As a player shows them: turned, with square pixels."""


def glances(
    path: Path, times: Iterable[Fraction], check: Callable[[], None]
) -> Iterator[tuple[Fraction, Glance]]:
    """What the picture roughly is at each moment, in their order.

    As `stills` in all else, and much cheaper where little is to be done with them.
    """
    for _, time, frame in _shown(path, times, check):
        yield time, glance(frame)


def stills(path: Path, times: Iterable[Fraction], check: Callable[[], None]) -> Iterator[Still]:
    """The picture on screen at each moment, in the order of time; none of a file without pictures.

    A moment before the first picture shows the first, one behind the last the last. One frame is in
    memory at a time. Raises FaultError where the file cannot be read, and what `check` raises.
    """
    for info, time, frame in _shown(path, times, check):
        yield Still(time, pixels_of(frame, info.video[0].sample_aspect))


def _shown(
    path: Path, times: Iterable[Fraction], check: Callable[[], None]
) -> Iterator[tuple[MediaInfo, Fraction, av.VideoFrame]]:
    wanted = sorted(set(times))
    info = probe(path)
    if not info.video or not wanted:
        return
    walk = _Walk(path, info, check)
    try:
        for time in wanted:
            check()
            frame = walk.to(time)
            if frame is not None:
                yield info, time, frame
    finally:
        walk.close()


class _Walk:
    """Goes through a film's pictures, by seeking where that leads where it should."""

    def __init__(self, path: Path, info: MediaInfo, check: Callable[[], None]) -> None:
        self._path, self._number, self._zero = path, info.video[0].index, info.start
        self._check = check
        self._seeks = True
        self._open()

    def _open(self) -> None:
        self._container = open_media(self._path)
        stream = self._container.streams[self._number]
        assert isinstance(stream, VideoStream)
        stream.thread_type = "AUTO"
        self._stream = stream
        base = stream.time_base
        self._base = Fraction(base.numerator, base.denominator) if base else Fraction(1, 1000)
        self._frames = self._decoded()
        self._held: av.VideoFrame | None = None
        self._next: av.VideoFrame | None = None

    def close(self) -> None:
        self._container.close()

    def to(self, time: Fraction) -> av.VideoFrame | None:
        """The picture on screen at `time`, not before the last one that was asked for."""
        if self._seeks and (self._held is None or time - self._time(self._held) > _FAR):
            self._seek(time)
        while True:
            if self._next is None:
                self._next = next(self._frames, None)
            if self._next is None or (self._held is not None and self._time(self._next) > time):
                return self._held
            self._held, self._next = self._next, None

    def _seek(self, time: Fraction) -> None:
        """To the keyframe before `time`; where the file leads elsewhere, from its beginning on."""
        before = None if self._held is None else self._time(self._held)
        if time <= _FAR:
            return
        try:
            target = ticks(time + self._zero, self._base)
            self._container.seek(target, stream=self._stream, backward=True)
            self._frames = self._decoded()
            first = next(self._frames, None)
        except FFmpegError:
            first = None
        if first is not None and (before or Fraction(0)) <= self._time(first) <= time:
            self._held, self._next = None, first
            return
        self._seeks = False
        self._container.close()
        self._open()

    def _time(self, frame: av.VideoFrame) -> Fraction:
        return (frame.pts or 0) * self._base - self._zero

    def _decoded(self) -> Iterator[av.VideoFrame]:
        for packet in self._container.demux(self._stream):
            self._check()
            try:
                frames = packet.decode()
            except FFmpegError:
                continue  # a damaged packet shows nothing
            yield from (frame for frame in frames if frame.pts is not None)


def pixels_of(frame: av.VideoFrame, aspect: Fraction, side: int = LONGEST_SIDE) -> Pixels:
    """A frame as a player shows it, at most `side` pixels wide and high."""
    width, height = frame.width * aspect, Fraction(frame.height)
    scale = min(Fraction(1), Fraction(side) / max(width, height))
    small = frame.reformat(
        width=max(2, round(width * scale)),
        height=max(2, round(height * scale)),
        format="rgb24",
        interpolation="AREA",
    )
    return np.rot90(small.to_ndarray(), round(frame.rotation / 90) % 4).astype(np.uint8)
