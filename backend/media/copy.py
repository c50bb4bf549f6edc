"""Picture whose packets go into the film as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar, cast

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.time import ticks
from backend.media import avcc, h264
from backend.media.clock import without_jumps
from backend.media.read import open_media
from backend.media.seams import sought
from backend.media.slices import sequence
from backend.media.spans import PicturePlan

_T = TypeVar("_T")


class NotCopyable(Exception):
    """Packets of this source make no film that plays everywhere. Says why; encode instead."""


def video_stream(container: InputContainer, index: int) -> VideoStream:
    """The track of that number. Raises NotCopyable where the file no longer has it."""
    stream = container.streams[index] if index < len(container.streams) else None
    if not isinstance(stream, VideoStream):
        raise NotCopyable("its tracks are not those that were found before")
    return stream


def copied(
    part: PicturePlan, ctx: Context, *, joined: frozenset[int] | None = None
) -> Iterator[tuple[int, Packet[VideoStream]]]:
    """Packets in decoding order, each with the film's tick at which it is shown.

    The film's clock is the source's, moved: late pictures stay late, frames keep their lengths.
    What precedes the first keyframe cannot be decoded and is left out; what an edit list hides
    stays, with times before zero, and stays hidden. Where a run begins between two frames, the one
    that is on screen is shown from there on.

    `joined`: numbers of the parameter sets of packets that stand beside these; None where there
    are no others. Then packets are in the form that a joined track has.

    Raises NotCopyable, as soon as it shows.
    """
    run, base = part.run, part.stream.time_base
    if run is None:
        container = open_media(Path(part.clip.path))
    else:
        container = sought(part.clip, part.stream, run.first * base)
    try:
        source = video_stream(container, part.clip.stream)
        size = h264.length_size(source.codec_context.extradata)
        film_tick = _clock(part)
        scale = base / part.time_base
        begin = ticks(part.span.start, part.time_base)
        for packet in _wanted(part, container, source, joined, ctx):
            shown = film_tick(packet.pts or 0)
            if run is not None:
                shown = max(shown, begin)
            duration = (packet.duration or 0) * scale.numerator // scale.denominator
            if joined is not None and size != avcc.LENGTH:
                packet = _with_lengths(packet, size)
            packet.duration = duration
            yield shown, packet
    finally:
        container.close()


def _clock(part: PicturePlan) -> Callable[[int], int]:
    """From ticks of the source to ticks of the film."""
    scale = part.stream.time_base / part.time_base
    if scale.denominator == 1:
        times, shift = int(scale), ticks(part.zero - part.span.start, part.time_base)
        return lambda pts: pts * times - shift
    base, moved = part.stream.time_base, part.span.start - part.zero
    return lambda pts: ticks(pts * base + moved, part.time_base)


def _with_lengths(packet: Packet[VideoStream], size: int) -> Packet[VideoStream]:
    made = Packet(avcc.with_lengths(bytes(packet), size))
    made.is_keyframe = packet.is_keyframe
    return cast("Packet[VideoStream]", made)


def _wanted(
    part: PicturePlan,
    container: InputContainer,
    source: VideoStream,
    joined: frozenset[int] | None,
    ctx: Context,
) -> Iterator[Packet[VideoStream]]:
    """The packets of a part, one after the other, as long as they can be copied."""
    run = part.run
    extradata = source.codec_context.extradata
    size = h264.length_size(extradata)
    first: int | None = None
    shapes = _declared(extradata)
    packets = without_jumps(container.demux(source), part.stream.jumps, part.stream.time_base)
    while True:
        ctx.check()
        try:
            packet = next(packets, None)
        except FFmpegError as error:
            raise NotCopyable(f"reading it failed ({error.strerror})") from error
        if packet is None:
            if run is not None and (first is None or run.stop is not None):
                raise NotCopyable("it ends before it should")
            return
        if not packet.size:
            continue
        if first is None and not (packet.is_keyframe and (run is None or packet.pts == run.first)):
            continue
        if packet.pts is None:
            raise NotCopyable("frames without times")
        if run is not None and packet.pts == run.stop:
            return
        if packet.is_corrupt:
            raise NotCopyable(f"damaged at {_seconds(packet):.1f} s")
        if packet.is_keyframe:
            head = memoryview(packet)
            found = set(_parsed(h264.shapes_in(head, size)))
            shapes = shapes or found
            if len(found) > 1 or not found <= shapes:
                raise NotCopyable(f"its format changes at {_seconds(packet):.1f} s")
            if joined and joined & set(_parsed(h264.numbers_in(head, size))):
                raise NotCopyable("its parameter sets change their numbers")
        first = packet.pts if first is None else first
        if packet.pts < first:
            continue  # leads into the first keyframe from before the recording
        yield packet


def _declared(extradata: bytes | None) -> set[tuple[int, ...]]:
    """Shapes of the parameter sets in a header. Several may stand beside each other, where they
    have numbers and one size: so it is in a film that was cut."""
    shapes = set(_parsed(h264.shapes_of_header(extradata)))
    if len(shapes) > 1:
        sets = [unit for unit in avcc.parameter_sets(extradata) if unit[0] & 31 == h264.SPS]
        looks = {(s.width, s.height) for s in _parsed(map(sequence, sets))}
        numbers = set(_parsed(map(h264.number_of, sets)))
        if len(looks) > 1 or len(numbers) < len(shapes):
            raise NotCopyable("its header holds several formats")
    return shapes


def _seconds(packet: Packet[VideoStream]) -> float:
    return float((packet.pts or 0) * packet.time_base)


def _parsed(values: Iterator[_T]) -> Iterator[_T]:
    try:
        yield from values
    except (ValueError, IndexError) as error:
        raise NotCopyable("its parameter sets are damaged") from error
