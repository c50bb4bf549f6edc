"""What the packets around the ends of a clip allow: which of them can be copied.

Source: ITU-T H.264, 7.4.1.2.4 and C.4: after an IDR picture nothing refers to what came before it,
and everything that is decoded later is shown later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from backend.core.media import MediaInfo
from backend.core.media import VideoStream as VideoStreamInfo
from backend.core.time import ticks
from backend.core.timeline import Clip
from backend.media import avcc, h264
from backend.media.clock import without_jumps
from backend.media.read import open_media

_AHEAD = 40
"""Packets read behind a moment before it is sure that none belongs before it: H.264 reorders by at
most 16 frames, or 32 fields."""

_SEEKABLE = ("mov", "matroska")
"""Containers whose index leads to the right packet, where they have one."""

_BACK = (Fraction(0), Fraction(3), Fraction(15), Fraction(120))
"""Seconds before a moment at which a seek aims, one after the other, until it lands before it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Packets in decoding order that can be copied out of a clip's source.

    It begins with a frame that needs no other and before which nothing is shown that is decoded
    later (IDR), and ends where everything decoded so far is shown before everything that follows.
    """

    first: int
    """Presentation time of its first packet, in ticks of the source."""
    stop: int | None
    """That of the first packet that no longer belongs; None: it goes on to the last one."""
    start: Fraction
    """Time on the source's clock at which its first frame is shown, not before the clip begins."""
    end: Fraction
    """Time on the source's clock of the first frame behind it, or where the clip ends."""


@dataclass(frozen=True, slots=True)
class Seams:
    """What was found at both ends of a clip."""

    sets: tuple[bytes, ...]
    """The stream's sequence and picture parameter sets (NAL units)."""
    taken: frozenset[int]
    """Numbers that these sets have."""
    run: Run | None
    why: str = ""
    """Why there is nothing to copy."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A packet, as far as a cut needs it."""

    pts: int
    idr: bool


class _Unfit(Exception):
    """These packets cannot be cut. Says why."""


def look(clip: Clip, info: MediaInfo, check: Callable[[], None]) -> Seams:
    """Which packets of an H.264 clip can be copied. Reads those around its two ends.

    `check` raises when the work must end. Raises FaultError where the file cannot be opened.
    """
    stream = next(s for s in info.video if s.index == clip.stream)
    base = stream.time_base
    start = info.start + clip.source_range.start
    end = info.start + clip.source_range.end
    sets: tuple[bytes, ...] = ()
    taken: frozenset[int] = frozenset()
    container = open_media(Path(clip.path))
    try:
        extradata = container.streams[clip.stream].codec_context.extradata
        sets = tuple(avcc.parameter_sets(extradata))
        taken = frozenset(h264.number_of(unit) for unit in sets)
        if not sets:
            raise _Unfit("its parameter sets are missing")
        first = _first(_from(clip, info, start, check), start / base, end / base)
        if first is None:
            raise _Unfit("cut: none of its frames can be decoded without one from before it")
        stop = behind = None
        if clip.source_range.end < info.duration:
            # Else to the last packet: a header may end before the last frame does.
            stop, behind = _stop(_window(clip, info, first, end, check), end / base)
    except _Unfit as unfit:
        return Seams(sets, taken, None, str(unfit))
    except (ValueError, IndexError):
        return Seams((), taken, None, "its parameter sets are damaged")
    except FFmpegError as error:
        return Seams(sets, taken, None, f"reading it failed ({error.strerror})")
    finally:
        container.close()
    if stop == first:
        return Seams(sets, taken, None, "cut: shorter than what can be copied")
    shown_until = end if behind is None else min(end, behind * base)
    return Seams(sets, taken, Run(first, stop, max(start, first * base), shown_until))


def _first(packets: Iterator[_Look], start: Fraction, end: Fraction) -> int | None:
    """Time of the IDR frame at which copying can begin: the one that is on screen at `start`, else
    the next one before `end`. Times in ticks of the source."""
    on_screen: int | None = None
    hidden = False  # another frame is shown between that one and the start
    behind = 0
    for packet in packets:
        if packet.idr and packet.pts <= start:
            on_screen, hidden = packet.pts, False
        elif packet.idr:
            if on_screen is not None and not hidden:
                return on_screen
            return packet.pts if packet.pts < end else None
        elif on_screen is not None and on_screen < packet.pts <= start:
            hidden = True
        behind += packet.pts > start
        if behind > _AHEAD and on_screen is not None and not hidden:
            return on_screen
        if behind > _AHEAD and packet.pts >= end:
            return None
    return on_screen if not hidden else None


def _stop(window: list[int], end: Fraction) -> tuple[int | None, int | None]:
    """Where copying ends: the first packet of the window that is left out, and when the first of
    those is shown. (None, None): everything belongs.

    `window`: times of packets in decoding order, from one before which everything is complete.
    """
    earliest: list[int] = [0] * len(window)
    rest: int | None = None
    for i in range(len(window) - 1, -1, -1):
        rest = window[i] if rest is None else min(rest, window[i])
        earliest[i] = rest
    if not window or max(window) < end:
        return None, None
    found, latest = 0, None
    for i, pts in enumerate(window):
        if pts >= end:
            break
        latest = pts if latest is None else max(latest, pts)
        if i + 1 < len(window) and latest < earliest[i + 1]:
            found = i + 1
    return window[found], earliest[found]


def _window(
    clip: Clip, info: MediaInfo, first: int, end: Fraction, check: Callable[[], None]
) -> list[int]:
    """Times of packets from the last IDR frame before the clip's end, but not before `first`, until
    nothing that belongs before the end can follow."""
    stream = next(s for s in info.video if s.index == clip.stream)
    limit = end / stream.time_base
    for back in _BACK:
        window: list[int] = []
        behind = 0
        for packet in _from(clip, info, max(end - back, first * stream.time_base), check):
            if packet.idr and packet.pts >= first and (packet.pts < limit or not window):
                window = []
                behind = 0
            elif not window:
                continue
            window.append(packet.pts)
            behind += packet.pts >= limit
            if behind > _AHEAD:
                break
        if window and (window[0] < limit or window[0] == first):
            return window
    raise _Unfit("cut: its index leads to the wrong place")


def _from(
    clip: Clip, info: MediaInfo, moment: Fraction, check: Callable[[], None]
) -> Iterator[_Look]:
    """Packets in decoding order from a keyframe that is shown at `moment` or before, if there is
    one. Closes what it opens when it is dropped."""
    stream = next(s for s in info.video if s.index == clip.stream)
    container = sought(clip, stream, moment)
    try:
        source = container.streams[clip.stream]
        assert isinstance(source, VideoStream)
        size = h264.length_size(source.codec_context.extradata)
        for packet in without_jumps(container.demux(source), stream.jumps, stream.time_base):
            check()
            if not packet.size:
                continue
            if packet.pts is None:
                raise _Unfit("frames without times")
            if packet.is_discard:
                raise _Unfit("an edit list hides some of it")
            yield _Look(packet.pts, h264.is_idr(memoryview(packet), size))
    finally:
        container.close()


def sought(clip: Clip, info: VideoStreamInfo, moment: Fraction) -> InputContainer:
    """The clip's file, open, at a keyframe that is shown at `moment` (source's clock, seconds) or
    before; at its beginning where its index cannot be trusted or its clock jumps. The caller
    closes it."""
    path = Path(clip.path)
    container = open_media(path)
    stream = container.streams[clip.stream]
    assert isinstance(stream, VideoStream)
    known = container.format.name.startswith(_SEEKABLE) and len(stream.index_entries) > 1
    if not known or info.jumps:
        return container
    time_base = info.time_base
    for back in _BACK[:2]:
        aim = ticks(moment - back, time_base)
        try:
            container.seek(aim, stream=stream)
            packet = next((p for p in container.demux(stream) if p.size), None)
            sure = packet and packet.is_keyframe and packet.pts is not None
            if sure and packet is not None and (packet.pts or 0) * time_base <= moment:
                container.seek(aim, stream=stream)
                return container
        except FFmpegError:
            break  # an index that leads nowhere
    container.close()
    return open_media(path)
