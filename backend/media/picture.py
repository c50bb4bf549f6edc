"""Decoded pictures on the film's clock, in the form the encoder takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.filter import Graph
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.time import ticks
from backend.media import colour
from backend.media.clock import without_jumps
from backend.media.playable import TIMED
from backend.media.read import open_media
from backend.media.seams import sought
from backend.media.spans import KEYFRAMES, PictureEncoding, PicturePlan

_FORMAT = "yuv420p"


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
    part: PicturePlan, start: int, ctx: Context, facts: PictureFacts
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Frames from film tick `start` on, as (tick of `part.time_base`, frame), strictly increasing.

    Frames are of the planned size in 8-bit 4:2:0. Where the clip begins between two frames, the
    one that is on screen comes first, at the clip's start. Damaged packets are skipped and
    counted.
    """
    assert part.encoding is not None
    begin = ticks(part.span.start, part.time_base)
    end = ticks(part.span.end, part.time_base)
    if part.encoding.black:
        yield from _black(part, max(start, begin), end, ctx)
        return
    early: av.VideoFrame | None = None
    last: int | None = None
    for tick, frame in _prepared(part, start, ctx, facts):
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


def _black(
    part: PicturePlan, start: int, end: int, ctx: Context
) -> Iterator[tuple[int, av.VideoFrame]]:
    """A black picture every now and then, so that a player finds one wherever it is sent."""
    assert part.encoding is not None
    frame = av.VideoFrame(part.encoding.width, part.encoding.height, _FORMAT)
    full = part.encoding.colours[0] == "pc"
    for plane, value in zip(frame.planes, (0 if full else 16, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    step = ticks(KEYFRAMES, part.time_base)
    for tick in range(start, end, step):
        ctx.check()
        yield tick, frame


def _prepared(
    part: PicturePlan, start: int, ctx: Context, facts: PictureFacts
) -> Iterator[tuple[int, av.VideoFrame]]:
    assert part.encoding is not None
    shape = _Shape(part.encoding, part.time_base)
    for time, frame in _decoded(part, start, ctx, facts):
        facts.frames += 1
        facts.resized = facts.resized or shape.changes(frame)
        frame.pts = ticks(time - part.zero + part.span.start, part.time_base)
        frame.time_base = part.time_base
        yield from shape(frame)
    yield from shape.rest()


def _decoded(
    part: PicturePlan, start: int, ctx: Context, facts: PictureFacts
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
        time, zero = part.stream.start - step, None
        found = container.demux(stream)
        packets = without_jumps(found, part.stream.jumps, base)
        if inside and timed:
            packets = _led_in(packets, ticks(wanted, base), ctx)
        for frame, dts in _frames(packets, ctx, facts):
            if timed and frame.pts is not None:
                time = frame.pts * base
            elif not timed and dts is not None:
                zero = dts if zero is None else zero
                time = part.stream.start + (dts - zero) * base
            else:
                time += step
            # What leads into the frame that was sought is decoded without what it refers to.
            facts.damaged += frame.is_corrupt and time >= wanted
            yield time, frame
    finally:
        container.close()


def _led_in(
    packets: Iterator[Packet[VideoStream]], wanted: int, ctx: Context
) -> Iterator[Packet[VideoStream]]:
    """Packets from the last keyframe on that is shown at `wanted` or before.

    Where no index leads there, what lies before it is read and not decoded.
    """
    held: list[Packet[VideoStream]] = []
    with suppress(FFmpegError):  # reading broke off: what came until then is the recording
        for packet in packets:
            ctx.check()
            shown = packet.pts if packet.size else None
            if packet.is_keyframe and shown is not None and shown <= wanted:
                held = []
            held.append(packet)
            if (shown is not None and shown > wanted) or len(held) > _HELD:
                break
    yield from held
    yield from packets


def _frames(
    packets: Iterator[Packet[VideoStream]], ctx: Context, facts: PictureFacts
) -> Iterator[tuple[av.VideoFrame, int | None]]:
    """Decoded frames in the order they are shown, the k-th with the k-th decoding time.

    Where a container knows decoding times only (AVI), that is when the k-th frame is shown: they
    increase, and there is one for each.
    """
    fed: deque[int | None] = deque()
    while True:
        ctx.check()
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


class _Shape:
    """Brings frames into the planned form: deinterlaced, cropped, scaled, SDR, 8-bit 4:2:0."""

    def __init__(self, encoding: PictureEncoding, time_base: Fraction) -> None:
        self._encoding = encoding
        self._base = time_base
        self._first: tuple[int, int] | None = None
        self._form: tuple[object, ...] | None = None
        self._graph: Graph | None = None

    def changes(self, frame: av.VideoFrame) -> bool:
        """Whether a frame has another size than the first."""
        size = (frame.width, frame.height)
        self._first = self._first or size
        return size != self._first

    def __call__(self, frame: av.VideoFrame) -> Iterator[tuple[int, av.VideoFrame]]:
        form = (
            frame.width,
            frame.height,
            frame.format.name,
            int(frame.color_range),
            int(frame.colorspace),
        )
        if form != self._form:
            yield from self.rest()
            self._form = form
            self._graph = self._made(frame)
        if self._graph is None:
            yield self._tick(frame), frame
            return
        self._graph.vpush(frame)
        yield from self._pulled()

    def rest(self) -> Iterator[tuple[int, av.VideoFrame]]:
        """What the filters still hold."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._pulled()
            self._graph = None

    def _tick(self, frame: av.VideoFrame) -> int:
        base = frame.time_base
        assert frame.pts is not None
        assert base is not None
        return ticks(frame.pts * Fraction(base.numerator, base.denominator), self._base)

    def _pulled(self) -> Iterator[tuple[int, av.VideoFrame]]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.vpull()
            except (BlockingIOError, EOFError):
                return
            yield self._tick(frame), frame

    def _made(self, frame: av.VideoFrame) -> Graph | None:
        filters = list(self._filters(frame))
        if not filters and frame.format.name in (_FORMAT, "yuvj420p"):
            return None
        filters.append(("format", _FORMAT))
        graph = Graph()
        node = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=self._base
        )
        for name, arguments in filters:
            following = graph.add(name, arguments)
            node.link_to(following)
            node = following
        node.link_to(graph.add("buffersink"))
        graph.configure()
        return graph

    def _filters(self, frame: av.VideoFrame) -> Iterator[tuple[str, str]]:
        encoding = self._encoding
        if encoding.deinterlace:
            yield "bwdif", "mode=send_frame:deint=interlaced"
        width, height = frame.width, frame.height
        wide, high = encoding.inner or (encoding.width, encoding.height)
        right, bottom = encoding.crop
        if any(encoding.crop) and (width, height) == self._first:
            width, height = width - right, height - bottom
            yield "crop", f"{width}:{height}:0:0:exact=1"
        if encoding.turn:
            yield from _TURNS[encoding.turn]
            if encoding.turn % 180:
                width, height = height, width
        scale = []
        changed = self._first is not None and (frame.width, frame.height) != self._first
        if (width, height) != (wide, high):
            scale.append(f"w={wide}:h={high}")
        if changed:
            # A recording that turns or changes its shape keeps it, with black beside it.
            scale.append("force_original_aspect_ratio=decrease:force_divisible_by=2")
        scale += self._colours(frame)
        if scale:
            yield "scale", ":".join(scale)
        if encoding.inner or changed:
            yield "pad", f"{encoding.width}:{encoding.height}:-1:-1:black"

    def _colours(self, frame: av.VideoFrame) -> Iterator[str]:
        encoding = self._encoding
        if encoding.to_sdr:
            yield "out_transfer=bt709:out_primaries=bt709:out_color_matrix=bt709:out_range=tv"
            yield "intent=perceptual"
            yield "threads=auto"
            return
        range_, _, _, matrix = encoding.colours
        own = colour.MATRICES.get(int(frame.colorspace))
        if matrix and own and matrix not in (own, "gbr"):
            yield f"out_color_matrix={matrix}"
        full = colour.RANGES.get(int(frame.color_range), "tv")
        if full != (range_ or "tv"):
            yield f"out_range={range_ or 'tv'}"


_TURNS = {
    90: (("transpose", "clock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "cclock"),),
}
"""Filters that turn a picture clockwise."""


def unforced(frame: av.VideoFrame, key: bool) -> av.VideoFrame:
    """A frame whose type the encoder chooses, but for a forced keyframe."""
    frame.pict_type = PictureType.I if key else PictureType.NONE
    return frame
