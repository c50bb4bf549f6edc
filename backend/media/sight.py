"""Everything that is to be known of a picture, decoding as little of it as will do.

First every packet's time and size is read, and keyframes alone are decoded: about one frame in a
hundred. They tell most of it: the thumbnails, and between which of them the picture stays the same.
Then only those groups of pictures are decoded whole in which, by `groups`, something happened.

Both passes read the file from front to back and never seek: so files without an index, with one
keyframe an hour or with broken ones are no different from others. Memory: one frame, and 24 bytes
a packet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from backend.core.context import Watch
from backend.core.fault import Category, refuse
from backend.core.progress import Stage
from backend.core.stretches import Stretches, joined, lasting, told
from backend.core.time import ZERO, TimeRange
from backend.media.findings import write_findings
from backend.media.groups import FROZEN_LEAST, Packets, Span
from backend.media.probe import probe
from backend.media.read import open_media
from backend.media.scenes import LEAST, Changes, Glance, Marks, Stillness, glance
from backend.media.source import shown
from backend.media.thumbnails import Strip

SIGHT_ENGINE = 4
"""Version of what is seen, the strip included; raise it when that changes."""

KEYFRAMES, GROUPS = "thumbnails", "scenes"
"""The two stages."""

BLACK_LEAST = Fraction(1, 2)
"""Shortest black stretch that is told, in seconds."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture holds. Times are seconds of the film."""

    duration: Fraction
    changes: tuple[Fraction, ...]
    """When it changed as a whole."""
    black: Stretches
    frozen: Stretches
    """Where nothing moved."""
    strip: Strip

    def told(self) -> dict[str, object]:
        """For JSON, without the strip."""
        return {
            "duration": round(float(self.duration), 3),
            "changes": [round(float(time), 3) for time in self.changes],
            "black": told(self.black),
            "frozen": told(self.frozen),
        }

    def write(self, output: Path) -> dict[str, object]:
        """Write what is told as JSON; returns how much there is. Raises FaultError: storage."""
        write_findings(output, self.told())
        return {"changes": len(self.changes)}


def see(path: Path, ctx: Watch) -> Seen:
    """Look at the picture of a file. Raises FaultError: input where it has none, corrupt where
    none of it can be decoded."""
    ctx.plan([Stage(KEYFRAMES, "Making thumbnails", 0.4), Stage(GROUPS, "Finding scenes", 0.6)])
    info = probe(path)
    if not info.video:
        raise refuse(Category.INPUT, f"“{shown(path)}” has no picture.", "")
    video = info.video[0]
    blocks = -(-video.width // 16) * -(-video.height // 16)
    duration = max(info.duration, Fraction(1, 1000))
    rate = video.frame_rate or Fraction(25)
    strip = Strip(duration, video.sample_aspect)
    packets = Packets(info.start, duration, rate, blocks)
    looking = _Looking(path, video.index, packets, strip, ctx)
    looking.survey()
    looking.look_closer()
    return looking.seen()


class _Looking:
    """The two passes over one file."""

    def __init__(self, path: Path, stream: int, packets: Packets, strip: Strip, ctx: Watch) -> None:
        self._path, self._number, self._ctx = path, stream, ctx
        self._packets, self._strip = packets, strip
        self._looked_at: set[int] = set()
        self._changes, self._black, self._still = Changes(), Marks(), Stillness()

    def survey(self) -> None:
        """Note every packet, decode keyframes."""
        packets, last = self._packets, None
        decoded: int | None = None
        waiting: list[int] = []
        with open_media(self._path) as container:
            stream = self._stream(container)
            for packet in container.demux(stream):
                self._ctx.check()
                if packet.size or packet.dts is not None:
                    number = packets.note(packet)
                    if not packet.is_keyframe or packets.is_near(number, decoded):
                        continue
                    decoded = number
                    waiting.append(number)
                    done = float(packets.time(number) / packets.duration)
                    self._ctx.progress(KEYFRAMES, min(1.0, max(0.0, done)))
                for frame in _decoded(packet):
                    while waiting and packets.times[waiting[0]] != frame.pts:
                        del waiting[0]  # it could not be decoded
                    if waiting:
                        last = self._meet(waiting.pop(0), frame, last)
        if not packets.groups:
            raise refuse(
                Category.CORRUPT, f"No picture of “{shown(self._path)}” could be decoded.", ""
            )
        self._strip.end_keyframes()
        self._ctx.progress(KEYFRAMES, 1.0)

    def _stream(self, container: InputContainer) -> VideoStream:
        stream = container.streams[self._number]
        assert isinstance(stream, VideoStream)
        stream.thread_type = "AUTO"
        if stream.time_base:
            base = stream.time_base
            self._packets.base = Fraction(base.numerator, base.denominator)
        return stream

    def _meet(self, number: int, frame: av.VideoFrame, last: Glance | None) -> Glance:
        seen = glance(frame)
        self._packets.begin_group(number, seen, last)
        self._strip.add_keyframe(max(ZERO, self._packets.time(number)), frame)
        return seen

    def look_closer(self) -> None:
        """Decode the groups that may hold a change, an edge of black, or a missing thumbnail."""
        spans, self._looked_at = self._packets.spans(self._strip.missing())
        whole = sum(span.end - span.begin for span in spans)
        done = place = 0
        with open_media(self._path) as container:
            stream = self._stream(container)
            # The filter smooths the edges of blocks, which no glance sees.
            options = {**stream.codec_context.options, "skip_loop_filter": "all"}
            stream.codec_context.options = options
            for number, packet in enumerate(container.demux(stream)):
                self._ctx.check()
                if place == len(spans):
                    break
                span = spans[place]
                if span.begin <= number < span.end:
                    if number == span.begin:
                        for one in (self._changes, self._black, self._still):
                            one.begin()
                    packet.pts = self._packets.times[number]
                    self._look(_decoded(packet), span)
                    done += 1
                    self._ctx.progress(GROUPS, done / whole)
                if number == span.end - 1:
                    self._look(_rest(stream), span)
                    stream.codec_context.flush_buffers()
                    place += 1
        self._ctx.progress(GROUPS, 1.0)

    def _look(self, frames: Iterator[av.VideoFrame], span: Span) -> None:
        for frame in frames:
            if frame.pts is None or (span.until is not None and frame.pts >= span.until):
                continue
            time = frame.pts * self._packets.base - self._packets.zero
            seen = glance(frame)
            self._changes.add(time, seen)
            self._still.add(time, seen)
            self._black.add(time, seen.black)
            self._strip.add(time, frame)

    def seen(self) -> Seen:
        duration = self._packets.duration
        for i, group in enumerate(self._packets.groups):
            if i not in self._looked_at:
                self._black.begin()
                self._black.add(self._packets.start(i), group.black)
        limit = TimeRange(ZERO, duration)
        black, frozen = (
            [cut for one in found if (cut := one.intersection(limit))]
            for found in (
                self._black.stretches(duration),
                self._packets.frozen(self._still.stretches()),
            )
        )
        return Seen(
            duration,
            tuple(time for time in self._changes.times() if LEAST <= time <= duration - LEAST),
            lasting(joined(black), BLACK_LEAST),
            lasting(frozen, FROZEN_LEAST),
            self._strip,
        )


def _decoded(packet: av.Packet[VideoStream]) -> Iterator[av.VideoFrame]:
    try:
        yield from packet.decode()
    except FFmpegError:
        return  # a damaged packet shows nothing


def _rest(stream: VideoStream) -> Iterator[av.VideoFrame]:
    try:
        yield from stream.codec_context.decode(None)
    except FFmpegError:
        return
