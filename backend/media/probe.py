"""What a recording holds.

Headers lie: recorders that were killed, streams that were cut and fragments of broadcasts state
wrong durations or none, and a track that is listed may hold nothing. So the first frame of every
track is decoded, and where the container's index cannot vouch for the length, the packets are
walked through (see `extent`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream as AvAudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream as AvVideoStream

from backend.core.fault import Category, refuse
from backend.core.media import AudioStream, MediaInfo, VideoStream
from backend.core.time import timecode
from backend.media import colour
from backend.media.drift import ONE
from backend.media.extent import (
    Walk,
    extent,
    header_counts,
    listed_clock,
    read_all,
    read_last,
    read_tail,
    seconds_a_tick,
    steps,
    usual_step,
)
from backend.media.read import open_media
from backend.media.recovery import mended
from backend.media.source import regular_file, shown
from backend.media.wave import wave_info

_HEAD_PACKETS = 4000
"""Packets read in search of the first frame of every track."""

_HEAD_BYTES = 128 << 20

_CLOCK_BYTES = 256 << 20
"""Bytes that are read for the clock of the sound where nothing else needs them."""

_VARIABLE = Fraction(1, 10)
"""Frames that differ by more than this share of their usual length make a rate variable."""

_DIFFERENT = Fraction(1, 2)
"""Seconds by which a header's duration may be off before it is worth a note."""

_LONG_CLOCK = Fraction(60)
"""A clock that starts later than this is worth a note."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The first frame that came out of a track."""

    pts: int | None
    rotation: int = 0
    interlaced: bool = False
    pixel_format: str = ""
    width: int = 0
    height: int = 0
    rate: int = 0
    channels: int = 0
    layout: str = ""
    samples: int = 0
    color_range: int = 0
    primaries: int = 2
    transfer: int = 2
    matrix: int = 2


_RECORDED = (AvVideoStream, AvAudioStream)


def probe(path: Path) -> MediaInfo:
    """What the file at `path` holds, its clock and its oddities.

    Decodes one frame of each track, and reads all packets only where the header cannot be relied
    on. Raises FaultError (input, missing, permission) where nothing in it can be played.
    """
    size = regular_file(path).st_size
    if (plain := wave_info(path)) is not None:
        return plain
    container = open_media(path)
    try:
        return _probe(container, path, size)
    except FFmpegError as error:
        raise refuse(
            Category.INPUT,
            f"“{shown(path)}” is damaged: reading it failed ({error.strerror}).",
            "Copy the file again from where it was recorded.",
        ) from error
    finally:
        container.close()


def _probe(container: InputContainer, path: Path, size: int) -> MediaInfo:
    repair = mended(path)
    notes = list(repair.notes if repair else ())
    others: list[str] = []
    recorded: list[AvVideoStream | AvAudioStream] = []
    for stream in container.streams:
        pictures = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails
        if not isinstance(stream, _RECORDED) or stream.codec_context is None:
            name = stream.name if stream.type in ("data", "subtitle") else None
            others.append(f"{stream.type}:{name or 'unknown'}")
        elif stream.disposition & pictures:
            others.append(f"cover:{_codec(stream)}")
        else:
            recorded.append(stream)
    heads, walks = _heads(container, recorded)
    for stream in recorded:
        if stream.index not in heads:
            others.append(f"{stream.type}:{_codec(stream)}")
            notes.append(
                f"track {stream.index} ({_codec(stream)}) holds nothing that can be played"
            )
    playable = [stream for stream in recorded if stream.index in heads]
    if not playable:
        raise refuse(
            Category.INPUT,
            f"“{shown(path)}” holds no picture or sound that can be played"
            f"{' (' + ', '.join(others) + ')' if others else ''}.",
            "If it was copied or recorded only in part, copy it again; otherwise leave it out.",
        )
    told = None if container.duration is None else Fraction(container.duration, av.time_base)
    walked = not header_counts(container, playable, size)
    counted = walked and not read_tail(container, playable, path, told, walks)
    heard = {s.index: (heads[s.index].rate, heads[s.index].samples) for s in playable}
    heard = {index: said for index, said in heard.items() if said[0]}
    clocks: dict[int, Fraction] = {}
    if counted:
        walks = read_all(playable, path, heard)
        clocks = {index: walk.clock for index, walk in walks.items()}
    elif walked and heard:
        part = read_all(playable, path, heard, _CLOCK_BYTES)
        clocks = {index: walk.clock for index, walk in part.items()}
    elif container.format.name.startswith("mov"):
        for stream in playable:
            if isinstance(stream, AvAudioStream):
                clocks[stream.index] = listed_clock(stream, *heard[stream.index])
    for stream in playable:
        if not walked and isinstance(stream, AvVideoStream):
            read_last(path, stream, walks[stream.index])
    spans = {s.index: extent(s, heads[s.index].pts, walks[s.index], walked) for s in playable}
    start = min(span[0] for span in spans.values())
    end = max(span[0] + span[1] for span in spans.values())
    if told is None:
        notes.append("no duration in the header; measured")
    elif abs(told - (end - start)) > _DIFFERENT and walked:
        notes.append(
            f"the header says {timecode(told)}, the recording lasts {timecode(end - start)}"
        )
    if (jumped := max(len(walks[s.index].jumps) for s in playable)) and not (
        repair and repair.cuts
    ):
        times = "once" if jumped == 1 else f"{jumped} times"
        notes.append(f"the clock is set anew {times}; the parts are put behind each other")
    notes += [_drifts(spans[index][1], clock) for index, clock in clocks.items() if clock != 1]
    if abs(start) > _LONG_CLOCK:
        notes.append(f"the clock starts at {timecode(start)}")
    video = [
        _video(s, heads[s.index], walks[s.index], spans[s.index], counted)
        for s in playable
        if isinstance(s, AvVideoStream)
    ]
    audio = [
        _audio(s, heads[s.index], walks[s.index], spans[s.index], clocks.get(s.index, ONE))
        for s in playable
        if isinstance(s, AvAudioStream)
    ]
    default = {s.index for s in playable if s.disposition & Disposition.default}
    video.sort(key=lambda v: (-v.width * v.height, v.index not in default, v.index))
    audio.sort(key=lambda a: (a.index not in default, -a.channels, -a.rate, a.index))
    if any(stream.interlaced for stream in video[:1]):
        notes.append("interlaced")
    return MediaInfo(
        path=str(path),
        container=container.format.name,
        size=size,
        duration=end - start,
        start=start,
        video=tuple(video),
        audio=tuple(audio),
        others=tuple(others),
        tags=tuple(sorted(container.metadata.items())),
        notes=tuple(notes),
    )


def _drifts(length: Fraction, clock: Fraction) -> str:
    off = float(abs(length - length * clock))
    how = "slow" if clock < 1 else "fast"
    return f"the clock of its sound runs {how}, by {off:.2f} s in all; the film puts that right"


def _codec(stream: AvVideoStream | AvAudioStream) -> str:
    """The codec's own name, whichever decoder reads it (libdav1d reads av1)."""
    return str(stream.codec_context.codec.canonical_name)


def _heads(
    container: InputContainer, streams: Sequence[AvVideoStream | AvAudioStream]
) -> tuple[dict[int, _Head], dict[int, Walk]]:
    """The first frame of each track, and the packets that were read on the way to it."""
    heads: dict[int, _Head] = {}
    walks = {stream.index: Walk() for stream in streams}
    if not streams:
        return heads, walks
    for stream in streams:
        stream.codec_context.thread_count = 1  # frame threads would hold the first frame back
    packets = volume = 0
    for packet in container.demux(*streams):
        index = packet.stream_index
        if packet.size:
            packets, volume = packets + 1, volume + packet.size
            walks[index].add(packet.pts, packet.duration or 0, packet.is_discard)
        if index not in heads:
            try:
                frames = packet.decode()
            except FFmpegError:
                frames = []
            for frame in frames[:1]:
                heads[index] = _head(frame)
        enough = all(
            s.index in heads and (s.type == "audio" or len(walks[s.index].times) >= 60)
            for s in streams
        )
        if enough or packets >= _HEAD_PACKETS or volume >= _HEAD_BYTES:
            break
    return heads, walks


def _head(frame: object) -> _Head:
    if isinstance(frame, av.VideoFrame):
        return _Head(
            pts=frame.pts,
            rotation=-round(frame.rotation / 90) * 90 % 360,
            interlaced=frame.interlaced_frame,
            pixel_format=frame.format.name,
            width=frame.width,
            height=frame.height,
            color_range=int(frame.color_range),
            primaries=int(frame.color_primaries),
            transfer=int(frame.color_trc),
            matrix=int(frame.colorspace),
        )
    assert isinstance(frame, av.AudioFrame)
    return _Head(
        pts=frame.pts,
        rate=frame.sample_rate,
        channels=frame.layout.nb_channels,
        layout=frame.layout.name,
        samples=frame.samples,
    )


def _video(
    stream: AvVideoStream, head: _Head, walk: Walk, span: tuple[Fraction, Fraction], counted: bool
) -> VideoStream:
    context = stream.codec_context
    base = seconds_a_tick(stream)
    frames = stream.frames or (walk.packets if counted else None)
    times = walk.times
    index = stream.index_entries
    if not counted and len(index) > len(times):
        step = max(1, len(index) // 20_000)
        times = [index[i].timestamp for i in range(len(index))] if step == 1 else times
    lasting = steps(times)
    usual = usual_step(times)
    tolerance = max(Fraction(2), usual * _VARIABLE)
    aspect = stream.sample_aspect_ratio
    rate = stream.average_rate
    frame_rate = Fraction(rate.numerator, rate.denominator) if rate else None
    variable = any(abs(step - usual) > tolerance for step in lasting)
    if counted and walk.packets > 1 and (variable or frame_rate is None or not times):
        frame_rate = (walk.packets / span[1]).limit_denominator(1001)
    elif frame_rate is None and len(times) > 1:
        frame_rate = ((len(times) - 1) / ((max(times) - min(times)) * base)).limit_denominator(1001)
    return VideoStream(
        index=stream.index,
        codec=_codec(stream),
        profile=stream.profile,
        width=head.width or context.width,
        height=head.height or context.height,
        pixel_format=head.pixel_format or str(context.pix_fmt),
        time_base=base,
        start=span[0],
        duration=span[1],
        frames=frames,
        frame_rate=frame_rate,
        variable=variable,
        rotation=head.rotation,
        sample_aspect=Fraction(aspect.numerator, aspect.denominator) if aspect else Fraction(1),
        color_range=colour.RANGES.get(head.color_range or int(context.color_range)),
        color_primaries=colour.PRIMARIES.get(_said(head.primaries, context.color_primaries)),
        color_transfer=colour.TRANSFERS.get(_said(head.transfer, context.color_trc)),
        color_matrix=colour.MATRICES.get(_said(head.matrix, context.colorspace)),
        interlaced=head.interlaced,
        jumps=walk.jumps,
        step=_step(lasting) * base if lasting else None,
    )


def _step(lasting: Sequence[int]) -> Fraction:
    """Ticks that a frame lasts where none was left out: the shortest quarter tells, since recorders
    of screens leave out what shows nothing new. The mean of all that last about as long, since
    clocks of milliseconds make 33 and 34 of 33⅓."""
    short = sorted(lasting)[len(lasting) // 4]
    alike = [step for step in lasting if abs(step - short) <= max(Fraction(2), short * _VARIABLE)]
    return Fraction(sum(alike), len(alike)).limit_denominator(100_000)


def _said(of_frame: int, of_header: int) -> int:
    """A colour property: the frame's word, or the header's where the frame leaves it open (2)."""
    return of_frame if of_frame != 2 else int(of_header)


def _audio(
    stream: AvAudioStream,
    head: _Head,
    walk: Walk,
    span: tuple[Fraction, Fraction],
    clock: Fraction,
) -> AudioStream:
    return AudioStream(
        index=stream.index,
        codec=_codec(stream),
        profile=stream.profile,
        rate=head.rate,
        channels=head.channels,
        layout=head.layout,
        time_base=seconds_a_tick(stream),
        start=span[0],
        duration=span[1],
        jumps=walk.jumps,
        clock=clock,
    )
