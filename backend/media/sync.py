"""How far apart picture and sound of a recording are, measured on what is decoded.

Two things can be said of any film: when its picture and its sound begin and end, and whether the
clock of its samples agrees with its time stamps. Whether what is seen and heard belong together is
told by events that are both: a flash with a beep, a clapper board. They are found as sudden changes
(a part of the picture lights up for a moment; the sound rises by 18 dB within a few milliseconds)
and reported only where they pair up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any, Protocol

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from backend.core.media import AudioStream, MediaInfo, VideoStream
from backend.core.sync import Pair, SyncReport
from backend.media.clock import without_jumps
from backend.media.probe import probe
from backend.media.read import open_media


class Telling(Protocol):
    """The part of `core.context.Context` that measuring needs."""

    def progress(self, stage: str, fraction: float) -> None: ...

    def check(self) -> None: ...


_GRID = (12, 16)
"""Parts of the picture, down and across."""
_POINTS = (36, 64)
_LIT = 45.0
"""Levels of 255 by which a part lights up, and goes out again."""
_LASTS = 1.5
"""Seconds a flash lasts at most."""
_APART = 0.4
"""Seconds between a flash and its beep at most."""
_RISE = 8.0
_LOUD = 0.05
_QUIET = 80
"""Milliseconds before a beep that are quieter."""
_REST = 0.15
"""Seconds in which an event is not counted twice."""

_EIGHT_BIT = ("yuv4", "yuvj4", "nv12", "gray")


def measure(path: Path, ctx: Telling) -> SyncReport:
    """Decode a film and compare its picture with its sound.

    Tells `ctx` how much is decoded, as stage "sync". Raises FaultError as `probe` does.
    """
    info = probe(path)
    video = info.video[0] if info.video else None
    audio = info.audio[0] if info.audio else None
    seen, heard = list[float](), list[float]()
    if video is not None and audio is not None:
        seen = _flashes(path, info, video, ctx)
        heard = _beeps(path, info, audio, ctx)
    frame = 1 / video.frame_rate if video and video.frame_rate else None
    pairs = _pairs(seen, heard, float(frame or Fraction(1, 25)))
    return SyncReport(
        picture=None if video is None else (video.start - info.start, _end(video) - info.start),
        sound=None if audio is None else (audio.start - info.start, _end(audio) - info.start),
        frame=frame,
        clock=None if audio is None else audio.clock,
        flashes=len(seen),
        beeps=len(heard),
        pairs=tuple(pairs),
    )


def _end(stream: VideoStream | AudioStream) -> Fraction:
    return stream.start + stream.duration


def _flashes(path: Path, info: MediaInfo, video: VideoStream, ctx: Telling) -> list[float]:
    """Seconds after the film's start at which a part of the picture lights up for a moment."""
    found: list[float] = []
    lit: deque[tuple[float, int, int]] = deque()
    before: npt.NDArray[np.float32] | None = None
    for time, parts in _parts(path, info, video, ctx):
        if before is not None:
            change = parts - before
            while lit and time - lit[0][0] > _LASTS:
                lit.popleft()
            for event in [e for e in lit if change[e[1], e[2]] < -_LIT]:
                lit.remove(event)
                if not any(abs(event[0] - known) < _REST for known in found[-4:]):
                    found.append(event[0])
            row, column = np.unravel_index(int(change.argmax()), change.shape)
            if change[row, column] > _LIT:
                lit.append((time, int(row), int(column)))
        before = parts
    return sorted(found)


def _parts(
    path: Path, info: MediaInfo, video: VideoStream, ctx: Telling
) -> Iterator[tuple[float, npt.NDArray[np.float32]]]:
    """Each picture's time and how bright its parts are."""
    for time, frame in _frames(path, info, video, ctx):
        ctx.progress("sync", min(0.9 * time / float(info.duration), 0.9))
        yield time, _brightness(frame)


def _brightness(frame: av.VideoFrame) -> npt.NDArray[np.float32]:
    """Mean level of each part of the grid, from a few points of it."""
    name = frame.format.name
    if not name.startswith(_EIGHT_BIT) or "p1" in name or frame.height < _POINTS[0]:
        frame = frame.reformat(_POINTS[1], _POINTS[0], "gray")
    plane = frame.planes[0]
    levels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    rows = np.linspace(0, frame.height - 1, _POINTS[0]).astype(int)
    columns = np.linspace(0, frame.width - 1, _POINTS[1]).astype(int)
    points = levels[np.ix_(rows, columns)].astype(np.float32)
    down, across = _POINTS[0] // _GRID[0], _POINTS[1] // _GRID[1]
    means: npt.NDArray[np.float32] = points.reshape(_GRID[0], down, _GRID[1], across).mean((1, 3))
    return means


def _beeps(path: Path, info: MediaInfo, audio: AudioStream, ctx: Telling) -> list[float]:
    """Seconds after the film's start at which the sound rises all at once."""
    found: list[float] = []
    step = max(audio.rate // 1000, 1)
    past = np.ones(_QUIET, np.float32)
    held, begin = np.zeros(0, np.float32), 0.0
    for time, samples in _heard(path, info, audio, ctx):
        if not held.size or abs(begin + held.size / audio.rate - time) > _REST:
            held, begin = samples, time
        else:
            held = np.concatenate((held, samples))
        count = held.size // step
        strength = np.abs(held[: count * step]).reshape(count, step).max(1)
        levels = np.concatenate((past, strength))
        for i in np.flatnonzero(strength > _LOUD):
            # The last two milliseconds may be its own beginning.
            if strength[i] > _RISE * levels[i : i + _QUIET - 2].max():
                onset = float(begin + i * step / audio.rate)
                if not found or onset - found[-1] > _REST:
                    found.append(onset)
        past = levels[-_QUIET:]
        held, begin = held[count * step :], begin + count * step / audio.rate
    return found


def _heard(
    path: Path, info: MediaInfo, audio: AudioStream, ctx: Telling
) -> Iterator[tuple[float, npt.NDArray[np.float32]]]:
    """Each block's time and its samples, as one channel."""
    resampler = AudioResampler("flt", "mono", audio.rate)
    for time, frame in _frames(path, info, audio, ctx):
        ctx.progress("sync", min(0.9 + 0.1 * time / float(info.duration), 1.0))
        frame.pts = None
        for out in resampler.resample(frame):
            yield time, out.to_ndarray()[0]


def _frames(
    path: Path, info: MediaInfo, track: VideoStream | AudioStream, ctx: Telling
) -> Iterator[tuple[float, Any]]:
    """Frames of a track with their time after the film's start; damaged ones are left out."""
    container = open_media(path)
    try:
        stream: Any = container.streams[track.index]
        if isinstance(track, VideoStream):
            stream.thread_type = "AUTO"
        for packet in without_jumps(container.demux(stream), track.jumps, track.time_base):
            ctx.check()
            try:
                frames = packet.decode()
            except EOFError:
                return
            except FFmpegError:
                continue
            for frame in frames:
                if frame.pts is not None:
                    yield float(frame.pts * track.time_base - info.start), frame
    finally:
        container.close()


def _pairs(seen: Sequence[float], heard: Sequence[float], frame: float) -> list[Pair]:
    """Flashes with their beeps; none where they do not belong together.

    They do where most of the fewer have one of the others near, and the distances lie on a line
    within a frame and a half: by chance they lie anywhere.
    """
    few, many = (seen, heard) if len(seen) <= len(heard) else (heard, seen)
    pairs = []
    for event in few:
        at = bisect_left(many, event)
        near = min(
            many[max(at - 1, 0) : at + 1], key=lambda other: abs(other - event), default=None
        )
        if near is not None and abs(near - event) <= _APART:
            flash, beep = (event, near) if few is seen else (near, event)
            pairs.append(Pair(flash, beep - flash))
    if len(pairs) < 2 or len(pairs) < 0.7 * len(few):
        return []
    span = max(many[-1] - many[0], 1.0)
    if len(many) * 3 * frame > 0.3 * span:
        return []  # so many that one is always near
    slope = _slope(pairs)
    middle = median(pair.off - slope * pair.at for pair in pairs)
    spread = median(abs(pair.off - slope * pair.at - middle) for pair in pairs)
    return pairs if spread <= 1.5 * frame else []


def _slope(pairs: Sequence[Pair]) -> float:
    """Seconds a second by which sound runs away from the picture, by the median of slopes (Theil
    1950, Sen 1968) between the first and the second half."""
    half = len(pairs) // 2
    slopes = [
        (b.off - a.off) / (b.at - a.at)
        for a, b in zip(pairs[:half], pairs[-half:], strict=True)
        if b.at > a.at
    ]
    return median(slopes) if slopes else 0.0
