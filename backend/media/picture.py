"""Decoded pictures on the film's clock, in the form the encoder takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from backend.core.time import ticks
from backend.media.clock import without_jumps
from backend.media.framing import KEYFRAMES
from backend.media.playable import TIMED
from backend.media.read import open_media
from backend.media.seams import sought
from backend.media.shape import FORMAT, Shape
from backend.media.spans import PicturePlan

T = TypeVar("T")

_UNDATED = 32
"""Frames without a time that are held in search of one that has its own."""

_HELD = 20_000
"""Packets kept in search of a keyframe; many minutes."""


@dataclass(slots=True)
class PictureFacts:
    """What was met on the way."""

    damaged: int = 0
    """Packets that could not be decoded."""
    frames: int = 0
    resized: bool = False
    """Whether the size changed in mid recording."""


def pictures(
    part: PicturePlan, start: int, check: Callable[[], None], facts: PictureFacts
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames from film tick `start` on, as (tick of `part.time_base`, frame), strictly increasing.

    Frames are of the planned size in 8-bit 4:2:0. Where the clip begins between two frames, the
    one that is on screen comes first, at the clip's start. Damaged packets are skipped and
    counted. Where all frames last equally long, some come again and some not at all. Raises what
    `check` does.
    """
    assert part.encoding is not None
    begin = ticks(part.span.start, part.time_base)
    end = ticks(part.span.end, part.time_base)
    if part.encoding.black:
        yield from _black(part, max(start, begin), end, check)
        return
    if part.grid is not None:
        yield from _evenly(part, part.grid, start, _prepared(part, start, check, facts))
        return
    early: av.VideoFrame | None = None
    last: int | None = None
    for tick, frame in _prepared(part, start, check, facts):
        if tick < begin:
            early = frame if part.held else None
            continue
        if early is not None and tick > begin and start <= begin:
            last = begin
            yield begin, early
        early = None
        if tick >= end:
            return
        if tick < start or (last is not None and tick <= last):
            continue
        last = tick
        yield tick, frame
    if early is not None and start <= begin:
        yield begin, early


def _evenly(
    part: PicturePlan,
    rate: Fraction,
    start: int,
    frames: Iterator[tuple[int, av.VideoFrame]],
) -> Iterator[tuple[int, av.VideoFrame]]:
    """At each multiple of a frame's length, the frame that is nearest to being on screen there.

    What comes a little late or early by a coarse clock counts as if it came when it should. The
    first frame is on screen from the beginning, the last one to the end.
    """
    step = ticks(1 / rate, part.time_base)
    begin = ticks(part.span.start, part.time_base)
    end = ticks(part.span.end, part.time_base)
    due = -(-max(start, begin) // step) * step
    last: int | None = None
    shown: av.VideoFrame | None = None
    for tick, frame in frames:
        if tick >= end:
            break
        if (tick < begin and not part.held) or (last is not None and tick <= last):
            continue
        shown, last = shown or frame, tick
        nearest = (2 * tick + step) // (2 * step) * step
        for at in range(due, min(nearest, end), step):
            yield at, shown
        due = max(due, nearest)
        shown = frame
    if shown is not None:
        for at in range(due, end, step):
            yield at, shown


def _black(
    part: PicturePlan, start: int, end: int, check: Callable[[], None]
) -> Iterator[tuple[int, av.VideoFrame]]:
    """A black picture every now and then, so that a player finds one wherever it is sent."""
    assert part.encoding is not None
    frame = av.VideoFrame(part.encoding.width, part.encoding.height, FORMAT)
    full = part.encoding.colours[0] == "pc"
    for plane, value in zip(frame.planes, (0 if full else 16, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    step = ticks(1 / part.grid if part.grid else KEYFRAMES, part.time_base)
    first = -(-start // step) * step if part.grid else start
    for tick in range(first, end, step):
        check()
        yield tick, frame


def _prepared(
    part: PicturePlan, start: int, check: Callable[[], None], facts: PictureFacts
) -> Iterator[tuple[int, av.VideoFrame]]:
    assert part.encoding is not None
    shape = Shape(part.encoding, part.time_base)
    for time, frame in _decoded(part, start, check, facts):
        facts.frames += 1
        facts.resized = facts.resized or shape.changes(frame)
        frame.pts = ticks(time - part.zero + part.span.start, part.time_base)
        frame.time_base = part.time_base
        yield from shape(frame)
    yield from shape.rest()


def _decoded(
    part: PicturePlan, start: int, check: Callable[[], None], facts: PictureFacts
) -> Iterator[tuple[Fraction, av.VideoFrame]]:
    """Frames with their time on the source's own clock."""
    wanted = start * part.time_base + part.zero - part.span.start
    base = part.stream.time_base
    inside = wanted > part.stream.start
    container = (
        sought(part.clip, part.stream, wanted) if inside else open_media(Path(part.clip.path))
    )
    try:
        stream = container.streams[part.clip.stream]
        assert isinstance(stream, VideoStream)
        stream.thread_type = "AUTO"
        step = 1 / part.stream.frame_rate if part.stream.frame_rate else Fraction(1, 25)
        timed = container.format.name.startswith(TIMED)
        zero: int | None = None
        found = container.demux(stream)
        packets = without_jumps(found, part.stream.jumps, base)
        if inside and timed:
            packets = _led_in(packets, ticks(wanted, base), check)

        def stamped() -> Iterator[tuple[Fraction | None, av.VideoFrame]]:
            nonlocal zero
            for frame, dts in _frames(packets, check, facts):
                if timed:
                    yield None if frame.pts is None else frame.pts * base, frame
                elif dts is None:
                    yield None, frame
                else:
                    zero = dts if zero is None else zero
                    yield part.stream.start + (dts - zero) * base, frame

        for time, frame in between(stamped(), part.stream.start, step):
            # What leads into the frame that was sought is decoded without what it refers to.
            facts.damaged += frame.is_corrupt and time >= wanted
            yield time, frame
    finally:
        container.close()


def between(
    frames: Iterable[tuple[Fraction | None, T]], start: Fraction, step: Fraction
) -> Iterator[tuple[Fraction, T]]:
    """Frames with a time each: those that came without one lie evenly between their neighbours, or,
    where there is no neighbour, `step` seconds apart, from `start` on."""
    last: Fraction | None = None
    waiting: list[T] = []
    for time, frame in frames:
        if time is None:
            waiting.append(frame)
            if len(waiting) < _UNDATED:
                continue
            time = (start - step if last is None else last) + step * len(waiting)
            frame = waiting.pop()
        if last is None:
            apart = step
            last = time - step * (len(waiting) + 1)
        else:
            apart = (time - last) / (len(waiting) + 1)
        for i, held in enumerate(waiting, 1):
            yield last + apart * i, held
        waiting.clear()
        yield time, frame
        last = time
    for i, held in enumerate(waiting):
        yield (start if last is None else last + step) + step * i, held


def _led_in(
    packets: Iterator[Packet[VideoStream]], wanted: int, check: Callable[[], None]
) -> Iterator[Packet[VideoStream]]:
    """Packets from the last keyframe on that is shown at `wanted` or before.

    Where no index leads there, what lies before it is read and not decoded.
    """
    held: list[Packet[VideoStream]] = []
    with suppress(FFmpegError):  # reading broke off: what came until then is the recording
        for packet in packets:
            check()
            shown = packet.pts if packet.size else None
            if packet.is_keyframe and shown is not None and shown <= wanted:
                held = []
            held.append(packet)
            if (shown is not None and shown > wanted) or len(held) > _HELD:
                break
    yield from held
    yield from packets


def _frames(
    packets: Iterator[Packet[VideoStream]], check: Callable[[], None], facts: PictureFacts
) -> Iterator[tuple[av.VideoFrame, int | None]]:
    """Decoded frames in the order they are shown, the k-th with the k-th decoding time.

    Where a container knows decoding times only (AVI), that is when the k-th frame is shown: they
    increase, and there is one for each.
    """
    fed: deque[int | None] = deque()
    while True:
        check()
        try:
            packet = next(packets, None)
        except FFmpegError:
            return  # reading broke off: what came until then is the recording
        if packet is None:
            return
        if packet.size:
            fed.append(packet.dts)
        try:
            frames = packet.decode()
        except EOFError:
            return
        except FFmpegError:
            facts.damaged += 1
            if fed:
                fed.pop()
            continue
        for frame in frames:
            yield frame, fed.popleft() if fed else None


def unforced(frame: av.VideoFrame, key: bool) -> av.VideoFrame:
    """A frame whose type the encoder chooses, but for a forced keyframe."""
    frame.pict_type = PictureType.I if key else PictureType.NONE
    return frame
