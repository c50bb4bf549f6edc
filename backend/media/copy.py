"""Picture whose packets go into the film as they are."""

from __future__ import annotations

from collections.abc import Iterator

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.time import ticks
from backend.media import h264
from backend.media.clock import without_jumps
from backend.media.order import Disorder, Ranked, held
from backend.media.plan import PicturePlan


class NotCopyable(Exception):
    """Packets of this source make no film that plays everywhere. Says why; encode instead."""


def video_stream(container: InputContainer, index: int) -> VideoStream:
    stream = container.streams[index]
    assert isinstance(stream, VideoStream)
    return stream


def copied(
    part: PicturePlan, container: InputContainer, target: VideoStream, ctx: Context
) -> Iterator[Packet[VideoStream]]:
    """Packets of the film, in decoding order, in ticks of `part.time_base`.

    The film's clock is the source's, moved: late pictures stay late, frames keep their lengths.
    What precedes the first keyframe cannot be decoded and is left out; what an edit list hides
    stays, with times before zero, and stays hidden.

    Raises NotCopyable, as soon as it shows.
    """
    shift = ticks(part.zero - part.span.start, part.time_base)
    end = ticks(part.stream.start + part.stream.duration, part.time_base) - shift
    return held(_ordered(part, container, target, shift, ctx), end)


def _ordered(
    part: PicturePlan, container: InputContainer, target: VideoStream, shift: int, ctx: Context
) -> Iterator[Packet[VideoStream]]:
    source = video_stream(container, part.clip.stream)
    base = part.time_base
    try:
        timed = _timed(part, source, container, shift, ctx)
        pairs = Ranked(timed, source.codec_context.reorder_depth)
        for shown, decoded, packet in pairs:
            packet.stream = target
            packet.time_base = base
            packet.pts, packet.dts = shown, decoded
            yield packet
    except Disorder as error:
        raise NotCopyable(f"the times of its frames are in disorder ({error})") from error


def _timed(
    part: PicturePlan, source: VideoStream, container: InputContainer, shift: int, ctx: Context
) -> Iterator[tuple[int, Packet[VideoStream]]]:
    scale = int(part.stream.time_base / part.time_base)
    extradata = source.codec_context.extradata
    size = h264.length_size(extradata)
    first: int | None = None
    shapes: set[tuple[int, ...]] = set(_parsed(h264.shapes_of_header(extradata)))
    packets = without_jumps(container.demux(source), part.stream.jumps, part.stream.time_base)
    while True:
        ctx.check()
        try:
            packet = next(packets, None)
        except FFmpegError as error:
            raise NotCopyable(f"reading it failed ({error.strerror})") from error
        if packet is None:
            return
        if not packet.size:
            continue
        if first is None and not packet.is_keyframe:
            continue
        if packet.pts is None:
            raise NotCopyable("frames without times")
        if packet.is_corrupt:
            raise NotCopyable(f"damaged at {_seconds(packet):.1f} s")
        if packet.is_keyframe:
            shapes.update(_parsed(h264.shapes_in(memoryview(packet), size)))
            if len(shapes) > 1:
                raise NotCopyable(f"its format changes at {_seconds(packet):.1f} s")
        first = packet.pts if first is None else first
        if packet.pts < first:
            continue  # leads into the first keyframe from before the recording
        packet.duration = (packet.duration or 0) * scale
        yield packet.pts * scale - shift, packet


def _seconds(packet: Packet[VideoStream]) -> float:
    return float((packet.pts or 0) * packet.time_base)


def _parsed(shapes: Iterator[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    try:
        yield from shapes
    except (ValueError, IndexError) as error:
        raise NotCopyable("its parameter sets are damaged") from error
