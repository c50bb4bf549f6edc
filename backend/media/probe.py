"""What a recording holds.

Headers lie: recorders that were killed, streams that were cut and fragments of broadcasts state
wrong durations or none, and a track that is listed may hold nothing. So the first frame of every
track is decoded, and where the container's index cannot vouch for the length, the packets are
walked through (without decoding, at the speed of the disk).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
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
from backend.media.read import open_media
from backend.media.source import regular_file, shown

_HEAD_PACKETS = 4000
"""Packets read in search of the first frame of every track."""

_HEAD_BYTES = 128 << 20

_VARIABLE = Fraction(1, 10)
"""Frames that differ by more than this share of their usual length make a rate variable."""

_DIFFERENT = Fraction(1, 2)
"""Seconds by which a header's duration may be off before it is worth a note."""

_LONG_CLOCK = Fraction(60)
"""A clock that starts later than this is worth a note."""

_TAIL = Fraction(10)
"""Seconds at the end of a file that are read to see whether it gets there."""

_COUNTED = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "ogg", "flac", "aiff", "caf", "w64", "au"})
"""Containers whose durations count samples, or read the last page, rather than trust a number."""


@dataclass(slots=True)
class _Walk:
    """What reading packets tells of one track; times in its own ticks."""

    times: list[int] = field(default_factory=list)
    """Presentation times of the first packets, for the frame rate."""
    packets: int = 0
    first: int | None = None
    end: int | None = None
    ticks: int = 0
    """Sum of durations: the clock of streams without time stamps."""

    def add(self, pts: int | None, duration: int, discarded: bool) -> None:
        self.packets += 1
        self.ticks += duration
        if pts is None or discarded:
            return
        if len(self.times) < 2000:
            self.times.append(pts)
        self.first = pts if self.first is None else min(self.first, pts)
        self.end = pts + duration if self.end is None else max(self.end, pts + duration)


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
    notes: list[str] = []
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
    walked = not _trusted(container, playable, size)
    counted = walked and not _tail(container, playable, path, told, walks)
    if counted:
        walks = _walk(playable, path)
    spans = {s.index: _span(s, heads[s.index], walks[s.index], walked) for s in playable}
    start = min(span[0] for span in spans.values())
    end = max(span[0] + span[1] for span in spans.values())
    if told is None:
        notes.append("no duration in the header; measured")
    elif abs(told - (end - start)) > _DIFFERENT and walked:
        notes.append(
            f"the header says {timecode(told)}, the recording lasts {timecode(end - start)}"
        )
    if abs(start) > _LONG_CLOCK:
        notes.append(f"the clock starts at {timecode(start)}")
    video = [
        _video(s, heads[s.index], walks[s.index], spans[s.index], counted)
        for s in playable
        if isinstance(s, AvVideoStream)
    ]
    audio = [
        _audio(s, heads[s.index], spans[s.index]) for s in playable if isinstance(s, AvAudioStream)
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


def _codec(stream: AvVideoStream | AvAudioStream) -> str:
    """The codec's own name, whichever decoder reads it (libdav1d reads av1)."""
    return str(stream.codec_context.codec.canonical_name)


def _base(stream: AvVideoStream | AvAudioStream) -> Fraction:
    base = stream.time_base
    return Fraction(base.numerator, base.denominator) if base else Fraction(1, av.time_base)


def _heads(
    container: InputContainer, streams: Sequence[AvVideoStream | AvAudioStream]
) -> tuple[dict[int, _Head], dict[int, _Walk]]:
    """The first frame of each track, and the packets that were read on the way to it."""
    heads: dict[int, _Head] = {}
    walks = {stream.index: _Walk() for stream in streams}
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


def _trusted(
    container: InputContainer, streams: Iterable[AvVideoStream | AvAudioStream], size: int
) -> bool:
    """Whether the header's durations can be relied on.

    An MP4 must list every sample (fragments do not) and hold them all. Matroska, AVI, FLV and
    transport streams state what they hope to hold, or what a bit rate would make of it.
    """
    if container.format.name not in _COUNTED or container.duration is None:
        return False
    for stream in streams:
        if stream.duration is None or stream.duration <= 0:
            return False
        if container.format.name.startswith("mov"):
            index = stream.index_entries
            if not stream.frames or not len(index):
                return False
            last = index[len(index) - 1]
            if last.pos + last.size > size:
                return False
    return True


def _tail(
    container: InputContainer,
    streams: Sequence[AvVideoStream | AvAudioStream],
    path: Path,
    told: Fraction | None,
    walks: dict[int, _Walk],
) -> bool:
    """Measure where a Matroska file ends by its last seconds, where its index leads there.

    Adds what it reads to `walks`. False where the index is missing (the recorder was killed) or
    a track has no packets at the end: then only a walk through the whole file tells.
    """
    if not container.format.name.startswith("matroska") or told is None or told < 2 * _TAIL:
        return False
    again = open_media(path)
    seen: set[int] = set()
    try:
        again.seek(int((told - _TAIL) * av.time_base))
        found = {stream.index: _Walk() for stream in streams}
        for packet in again.demux(*(again.streams[stream.index] for stream in streams)):
            if not packet.size or packet.pts is None:
                continue
            if not seen and packet.pts * packet.time_base < told - 4 * _TAIL:
                return False
            seen.add(packet.stream_index)
            found[packet.stream_index].add(packet.pts, packet.duration or 0, packet.is_discard)
    except FFmpegError:
        return False
    finally:
        again.close()
    if seen != found.keys():
        return False
    for index, walk in found.items():
        walks[index].end = walk.end
        if walk.end == max(walk.times, default=None):  # packets without durations
            walks[index].end = max(walk.times) + _usual(walk.times)
    return all(walk.end is not None for walk in found.values())


def _walk(streams: Sequence[AvVideoStream | AvAudioStream], path: Path) -> dict[int, _Walk]:
    """Read all packets. Opens the file anew: seeking back is what a broken file does worst."""
    again = open_media(path)
    walks = {stream.index: _Walk() for stream in streams}
    try:
        for packet in again.demux(*(again.streams[stream.index] for stream in streams)):
            if packet.size:
                walks[packet.stream_index].add(packet.pts, packet.duration or 0, packet.is_discard)
    except FFmpegError:
        pass  # what came until then is what can be used
    finally:
        again.close()
    return walks


def _span(
    stream: AvVideoStream | AvAudioStream, head: _Head, walk: _Walk, walked: bool
) -> tuple[Fraction, Fraction]:
    """Start and duration of a track in seconds on the file's clock."""
    base = _base(stream)
    first = head.pts if head.pts is not None else (walk.first or 0)
    if not walked and stream.duration is not None:
        origin = stream.start_time if stream.start_time is not None else 0
        # Container durations count from the first time stamp, the first frame may come later.
        return first * base, max(stream.duration - max(first - origin, 0), 1) * base
    end = first + walk.ticks if walk.end is None else walk.end
    if walk.times and end == max(walk.times):  # packets without durations: one more of the usual
        end += _usual(walk.times)
    return first * base, max(end - first, 1) * base


def _steps(times: Iterable[int]) -> list[int]:
    return [b - a for a, b in pairwise(sorted(set(times)))]


def _usual(times: Iterable[int]) -> int:
    steps = sorted(_steps(times))
    return steps[len(steps) // 2] if steps else 1


def _video(
    stream: AvVideoStream, head: _Head, walk: _Walk, span: tuple[Fraction, Fraction], counted: bool
) -> VideoStream:
    context = stream.codec_context
    base = _base(stream)
    frames = stream.frames or (walk.packets if counted else None)
    times = walk.times
    index = stream.index_entries
    if not counted and len(index) > len(times):
        step = max(1, len(index) // 20_000)
        times = [index[i].timestamp for i in range(len(index))] if step == 1 else times
    steps = _steps(times)
    usual = _usual(times)
    tolerance = max(Fraction(2), usual * _VARIABLE)
    aspect = stream.sample_aspect_ratio
    rate = stream.average_rate
    frame_rate = Fraction(rate.numerator, rate.denominator) if rate else None
    variable = any(abs(step - usual) > tolerance for step in steps)
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
    )


def _said(of_frame: int, of_header: int) -> int:
    """A colour property: the frame's word, or the header's where the frame leaves it open (2)."""
    return of_frame if of_frame != 2 else int(of_header)


def _audio(stream: AvAudioStream, head: _Head, span: tuple[Fraction, Fraction]) -> AudioStream:
    return AudioStream(
        index=stream.index,
        codec=_codec(stream),
        profile=stream.profile,
        rate=head.rate,
        channels=head.channels,
        layout=head.layout,
        time_base=_base(stream),
        start=span[0],
        duration=span[1],
    )
