"""How long the tracks of a recording really are.

Headers lie. A container whose index lists every sample is believed; of a Matroska file the last
seconds are read; of anything else all packets are (without decoding, at the speed of the disk).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from backend.core.media import Jump
from backend.media.clock import Jumps
from backend.media.drift import ONE, Drift, samples_in
from backend.media.read import open_media
from backend.media.recovery import mended

Recorded: TypeAlias = VideoStream | AudioStream

_TAIL = Fraction(10)
"""Seconds at the end of a file that are read to see whether it gets there."""

_REORDERED = 16
"""Frames by which H.264 and HEVC reorder, at most."""

_COUNTED = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "ogg", "flac", "aiff", "caf", "w64", "au"})
"""Containers whose durations count samples, or read the last page, rather than trust a number."""


@dataclass(slots=True)
class Walk:
    """What reading packets tells of one track; times in its own ticks."""

    times: list[int] = field(default_factory=list)
    """Presentation times of the first packets, for the frame rate."""
    packets: int = 0
    first: int | None = None
    last: int | None = None
    """When the frame is shown that is shown last."""
    end: int | None = None
    ticks: int = 0
    """Sum of durations: the clock of streams without time stamps."""
    jumps: tuple[Jump, ...] = ()
    clock: Fraction = ONE
    """Samples that came in a second of the stamps, by the rate of the track."""

    def add(self, pts: int | None, duration: int, discarded: bool) -> None:
        self.packets += 1
        self.ticks += duration
        if pts is None or discarded:
            return
        if len(self.times) < 2000:
            self.times.append(pts)
        self.first = pts if self.first is None else min(self.first, pts)
        # Where frames are reordered, durations are those of decoding: only what is shown last ends
        # the track, and never before it is shown.
        if self.last is None or pts >= self.last:
            self.last, self.end = pts, pts + duration


def seconds_a_tick(stream: Recorded) -> Fraction:
    """A track's time base, as our own fraction."""
    base = stream.time_base
    return Fraction(base.numerator, base.denominator) if base else Fraction(1, av.time_base)


def header_counts(container: InputContainer, streams: Iterable[Recorded], size: int) -> bool:
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


def read_tail(
    container: InputContainer,
    streams: Sequence[Recorded],
    path: Path,
    told: Fraction | None,
    walks: dict[int, Walk],
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
        found = {stream.index: Walk() for stream in streams}
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
        if walk.last is not None and walk.end == walk.last:  # packets without durations
            walks[index].end = walk.last + usual_step(walk.times)
    return all(walk.end is not None for walk in found.values())


def read_last(path: Path, stream: VideoStream, walk: Walk) -> None:
    """Find which frame of an MP4 is shown last, where frames are decoded in another order.

    Its header adds up how long it takes to decode them all, which is another time where they last
    differently long. Adds to `walk`.
    """
    index = stream.index_entries
    if not stream.codec_context.reorder_depth or not len(index):
        return
    again = open_media(path)
    try:
        there = again.streams[stream.index]
        at = index[max(0, len(index) - 2 * _REORDERED)].timestamp
        again.seek(at, stream=there, any_frame=True)
        for packet in again.demux(there):
            if packet.size and packet.pts is not None and not packet.is_discard:
                walk.last = packet.pts if walk.last is None else max(walk.last, packet.pts)
    except FFmpegError:
        pass  # the header is what there is
    finally:
        again.close()


def read_all(
    streams: Sequence[Recorded],
    path: Path,
    heard: Mapping[int, tuple[int, int]],
    limit: int | None = None,
) -> dict[int, Walk]:
    """Read all packets, or `limit` bytes of them. Opens the file anew: seeking back is what a
    broken file does worst. `heard`: rate and samples of the first frame of each track of sound."""
    again = open_media(path)
    walks = {stream.index: Walk() for stream in streams}
    repair = mended(path)
    bases = {stream.index: seconds_a_tick(stream) for stream in streams}
    jumps = Jumps(again.format.name, bases, repair.cuts if repair else ())
    counts = {
        stream.index: _Count(stream.codec_context.codec.canonical_name, *heard[stream.index])
        for stream in streams
        if stream.index in heard
    }
    # Where frames are reordered, one may be shown long after it is decoded: its time says nothing.
    reordered = {
        s.index for s in streams if isinstance(s, VideoStream) and s.codec_context.reorder_depth
    }
    volume = 0
    try:
        for packet in again.demux(*(again.streams[stream.index] for stream in streams)):
            if not packet.size:
                continue
            index, length = packet.stream_index, packet.duration or 0
            time = packet.dts
            if time is None and index not in reordered:
                time = packet.pts
            step = jumps.step(index, time, length, packet.pos)
            shown = None if packet.pts is None else packet.pts + step
            walks[index].add(shown, length, packet.is_discard)
            if index in counts and not packet.is_discard:
                counts[index].add(shown, length, bases[index])
            volume += packet.size
            if limit is not None and volume > limit:
                break
    except FFmpegError:
        pass  # what came until then is what can be used
    finally:
        again.close()
    for index, walk in walks.items():
        walk.jumps = jumps.of(index)
        walk.clock = counts[index].drift.clock if index in counts else ONE
    return walks


class _Count:
    """Samples of a track of sound against its time stamps."""

    def __init__(self, codec: str, rate: int, length: int) -> None:
        self.drift = Drift(rate)
        self._codec, self._length = codec, length
        self._samples: int | None = 0

    def add(self, stamp: int | None, duration: int, base: Fraction) -> None:
        if self._samples is None:
            return
        if stamp is not None:
            self.drift.add(float(stamp * base), self._samples)
        held = samples_in(self._codec, self.drift.rate, self._length, duration * base)
        self._samples = None if held is None else self._samples + held


def listed_clock(stream: AudioStream, rate: int, length: int) -> Fraction:
    """`Walk.clock` of a track of an MP4, by the times that its index lists."""
    held = samples_in(stream.codec_context.codec.canonical_name, rate, length, ONE)
    index = stream.index_entries
    if held is None or stream.codec_context.codec.canonical_name == "opus":
        return ONE
    drift, base = Drift(rate), float(seconds_a_tick(stream))
    for i in range(0, len(index), max(1, len(index) // 2000)):
        drift.add(index[i].timestamp * base, i * held)
    return drift.clock


def extent(
    stream: Recorded, first_shown: int | None, walk: Walk, walked: bool
) -> tuple[Fraction, Fraction]:
    """Start and duration of a track in seconds on the file's clock."""
    base = seconds_a_tick(stream)
    first = first_shown if first_shown is not None else (walk.first or 0)
    if not walked and stream.duration is not None:
        origin = stream.start_time if stream.start_time is not None else 0
        # Container durations count from the first time stamp, the first frame may come later.
        told = max(stream.duration - max(first - origin, 0), 1)
        if walk.last is not None and first + told <= walk.last:
            told = walk.last + usual_step(walk.times) - first
        return first * base, told * base
    end = first + walk.ticks if walk.end is None else walk.end
    if walk.times and end == walk.last:  # packets without durations: one more of the usual
        end += usual_step(walk.times)
    return first * base, max(end - first, 1) * base


def steps(times: Iterable[int]) -> list[int]:
    """How long frames last, by the distinct times at which they are shown."""
    return [b - a for a, b in pairwise(sorted(set(times)))]


def usual_step(times: Iterable[int]) -> int:
    """The median of those; 1 where there are none."""
    lasting = sorted(steps(times))
    return lasting[len(lasting) // 2] if lasting else 1
