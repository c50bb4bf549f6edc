"""The one muxer: packets in, an MP4 that starts playing at once out."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from backend.core.chapter import Chapter
from backend.core.fault import FaultError, explain
from backend.core.time import ticks

S = TypeVar("S", VideoStream, AudioStream)

_CHAPTER_TICK = Fraction(1, 1000)
_MAX_TIMESCALE = 1_000_000_000


class IndexTooLarge(Exception):
    """The room that was left for a film's index does not hold it."""


def index_room(pictures: int, sounds: int) -> int:
    """Bytes that hold the index of so many packets of picture and sound, whatever their order.

    ISO/IEC 14496-12: for each packet its size (4); for one of picture also its duration, the offset
    of its time (8 each) and a place in the list of keyframes (4); for each stretch of one track an
    offset (8) and an entry in the table of stretches (12).
    """
    stretches = 2 * min(pictures, sounds) + (pictures + sounds) // 16
    return 8 * 1024 + 24 * pictures + 4 * sounds + 20 * stretches


def sync(path: Path) -> None:
    """Bring a file's bytes onto the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Mp4Writer:
    """An MP4 in the making. Use as a context manager; leaving it without error finishes the file.

    Owns the container. On an error the container is closed and the unfinished file stays where it
    is: it belongs to the caller, who also named it. Whatever the system says while writing comes
    out as a FaultError (storage, permission …).
    """

    def __init__(
        self,
        path: Path,
        doing: str,
        *,
        faststart: bool,
        room: int | None = None,
        timescale: int = 1000,
        tags: Mapping[str, str] | None = None,
        chapters: Sequence[Chapter] = (),
        durable: bool = True,
    ) -> None:
        """`doing` completes "Rushes could not …". `faststart` puts the index before the media:
        into `room` bytes that are left free for it, else by moving all media in the end.
        `durable`: the file is on the disk when the block ends, else the caller sees to that.
        `timescale`: ticks a second of edit lists, and so how exactly a late start is kept."""
        self._path = path
        self._doing = doing
        self._durable = durable
        self._last: dict[int, int] = {}
        options = {"movie_timescale": str(min(max(timescale, 1000), _MAX_TIMESCALE))}
        self._room = room if faststart else None
        if self._room is not None:
            options["moov_size"] = str(self._room)
        elif faststart:
            options["movflags"] = "+faststart"
        try:
            # Explicit format: the name of an unfinished file ends in anything.
            self._container: OutputContainer = av.open(
                f"file:{path}", "w", format="mp4", container_options=options
            )
        except (FFmpegError, OSError) as error:
            raise FaultError(explain(error, doing)) from error
        self._container.metadata.update(tags or {})
        if chapters:
            self._container.set_chapters(
                [
                    {
                        "id": number,
                        "start": ticks(chapter.span.start, _CHAPTER_TICK),
                        "end": ticks(chapter.span.end, _CHAPTER_TICK),
                        "time_base": _CHAPTER_TICK,
                        "metadata": {"title": chapter.title},
                    }
                    for number, chapter in enumerate(chapters)
                ]
            )

    def add_copy(self, template: S, time_base: Fraction) -> S:
        """A track for packets of `template`: codec parameters, aspect, colour and rotation kept."""
        stream = self._container.add_stream_from_template(template, opaque=True)
        stream.time_base = time_base
        return stream

    def add_encoder(
        self, codec: str, rate: int | Fraction | None, options: dict[str, str]
    ) -> Stream:
        """A track that is encoded here; the caller sets its context before the first packet."""
        stream = self._container.add_stream(codec, rate=rate, options=options)
        if isinstance(stream, VideoStream):
            # PyAV asks for slices: they cost bits, and the threads wait for each other in each
            # frame.
            stream.codec_context.thread_type = "FRAME"
        return stream

    def write(self, packet: Packet[VideoStream] | Packet[AudioStream]) -> None:
        """Write one packet; its `stream` must be one of this file's.

        Raises ValueError where decoding times do not increase: whoever made the packet is wrong.
        """
        index = packet.stream_index
        dts, last = packet.dts, self._last.get(index)
        if dts is not None:
            if last is not None and dts <= last:
                raise ValueError(f"decoding time {dts} after {last} on track {index}")
            self._last[index] = dts
        try:
            self._container.mux_one(packet)
        except (FFmpegError, OSError) as error:
            raise FaultError(explain(error, self._doing)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self._abandon()
            return
        try:
            self._container.close()
            if self._durable:
                sync(self._path)
        except (FFmpegError, OSError) as problem:
            if self._room is not None and problem.errno == errno.EINVAL:
                raise IndexTooLarge from problem
            raise FaultError(explain(problem, self._doing)) from problem

    def _abandon(self) -> None:
        """Close a file that nobody wants.

        Where no room was left for its index, closing an MP4 means to move all of its media, which
        for a long recording takes longer than a person who cancelled will wait. While the file has
        another name, the muxer cannot open it a second time and gives up at once.
        """
        aside = self._path.with_name(self._path.name + ".part")
        with suppress(OSError):
            self._path.rename(aside)
        # A full disk raises here a second time; the first reason is the one to tell.
        with suppress(FFmpegError, OSError, ValueError):
            self._container.close()
        with suppress(OSError):
            aside.rename(self._path)
