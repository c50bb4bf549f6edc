"""A finished film as what it is made of: where its frames lie, and the frames themselves."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from backend.core import media
from backend.core.context import Context
from backend.core.time import ticks
from backend.media.probe import probe
from backend.media.read import open_media

_RUN_IN = Fraction(3)
"""Seconds further back that a seek aims when it came out behind the wanted frame: an index is
searched by decoding time, which runs ahead of the time frames are shown."""


class Damaged(Exception):
    """A frame of the film cannot be decoded."""


@dataclass(frozen=True, slots=True)
class Film:
    """A film's tracks and the index of its picture. Times in ticks of `time_base`."""

    path: Path
    stream: media.VideoStream
    audio: media.AudioStream | None
    time_base: Fraction
    shown: tuple[int, ...]
    """When each frame begins to be shown, in order."""
    keys: tuple[int, ...]
    """Those of the frames that need no other."""
    weights: tuple[int, ...]
    """Bytes of each frame's packet, in the order of `shown`."""
    end: int
    """Where the last frame ends."""
    size: int
    """Bytes of the whole file."""

    @property
    def start(self) -> int:
        return self.shown[0]

    def seconds(self, tick: int) -> Fraction:
        return tick * self.time_base

    def ticks(self, seconds: Fraction) -> int:
        return ticks(seconds, self.time_base)

    def within(self, start: int, end: int) -> slice:
        """Which of the frames begin to be shown from `start` until before `end`."""
        return slice(bisect_left(self.shown, start), bisect_left(self.shown, end))

    def weight(self, start: int, end: int) -> int:
        """Bytes of those frames."""
        return sum(self.weights[self.within(start, end)])

    @property
    def picture_size(self) -> int:
        return sum(self.weights)


def read_film(path: Path, ctx: Context) -> Film | None:
    """Read a film's index; None for one without a picture. Raises FaultError."""
    info = probe(path)
    if not info.video:
        return None
    stream = info.video[0]
    container = open_media(path)
    try:
        track = container.streams[stream.index]
        packets: list[tuple[int, int, bool]] = []
        for packet in container.demux(track):
            ctx.check()
            if packet.size and packet.pts is not None and not packet.is_discard:
                packets.append((packet.pts, packet.size, packet.is_keyframe))
    finally:
        container.close()
    packets.sort()
    if not packets:
        return None
    return Film(
        path=path,
        stream=stream,
        audio=info.audio[0] if info.audio else None,
        time_base=stream.time_base,
        shown=tuple(shown for shown, _, _ in packets),
        keys=tuple(shown for shown, _, key in packets if key),
        weights=tuple(size for _, size, _ in packets),
        end=max(ticks(stream.start + stream.duration, stream.time_base), packets[-1][0] + 1),
        size=info.size,
    )


class FrameReader:
    """Frames of one film's picture from any of its keyframes on. Owns a container; close it."""

    def __init__(self, film: Film, threads: int) -> None:
        """`threads`: how many the decoder may use."""
        self._film = film
        self._container: InputContainer = open_media(film.path)
        stream = self._container.streams[film.stream.index]
        assert isinstance(stream, VideoStream)
        self._stream = stream
        stream.codec_context.thread_count = threads
        stream.thread_type = "AUTO" if threads > 1 else "SLICE"

    def close(self) -> None:
        self._container.close()

    def frames(
        self, start: int, end: int, check: Callable[[], None]
    ) -> Iterator[tuple[int, av.VideoFrame]]:
        """(tick, frame) of every frame shown from `start` until before `end`, in that order.

        `check` is called between packets. Raises `Damaged` where one cannot be decoded.
        """
        try:
            self._seek(start)
            for packet in self._container.demux(self._stream):
                check()
                for frame in packet.decode():
                    if frame.pts is None or frame.is_corrupt:
                        raise Damaged(f"after {float(self._film.seconds(start)):.1f} s")
                    if frame.pts >= end:
                        return
                    if frame.pts >= start:
                        yield frame.pts, frame
        except FFmpegError as error:
            raise Damaged(error.strerror or str(error)) from error

    def _seek(self, start: int) -> None:
        for back in (0, self._film.ticks(_RUN_IN), start - self._film.start):
            self._container.seek(start - back, stream=self._stream)
            first = next((p for p in self._container.demux(self._stream) if p.size), None)
            if first is not None and first.pts is not None and first.pts <= start:
                self._container.seek(start - back, stream=self._stream)
                return
        raise Damaged("its index leads nowhere")
