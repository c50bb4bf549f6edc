"""Tells picture from sound in media without an index.

Pictures (H.264) carry their lengths and are known by their headers. AAC carries nothing: the length
of a frame is the least number of bytes that a decoder is content with.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field

import av
from av.error import FFmpegError

from backend.media import slices
from backend.media.atoms import Sample

MAX_PIXELS = 8192 * 8192
"""Pixels of one frame, beyond 8K: a decoder takes about 1.5 bytes for each, many times over."""

_LARGEST = 4 << 20
"""Bytes of one NAL unit: an intra picture in 8K is smaller."""
_ROOM = 1 << 20
"""Bytes of zeros that are passed over in one go."""
_UNITS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
_FRAME_LIMIT = 1536
"""Bytes an AAC frame of two channels takes at most."""


@dataclass(slots=True)
class Found:
    """What a scan met, in the order of the file."""

    pictures: list[Sample] = field(default_factory=list)
    orders: list[tuple[bool, int]] = field(default_factory=list)
    sound: list[Sample] = field(default_factory=list)
    sps: bytes | None = None
    pps: bytes | None = None
    lost: int = 0
    """Bytes that are neither."""


def unit_end(data: mmap.mmap, at: int, end: int) -> int | None:
    """Where the NAL unit at `at` ends; None where there is none."""
    if at + 6 > end:
        return None
    size, header = int.from_bytes(data[at : at + 4], "big"), data[at + 4]
    kind, reference = header & 31, header >> 5
    if not 2 <= size <= _LARGEST or at + 4 + size > end or header & 0x80 or kind not in _UNITS:
        return None
    if (kind in (5, 7, 8) and not reference) or (kind in (6, 9, 10, 11, 12) and reference):
        return None
    return at + 4 + size


class Ear:
    """Tells AAC frames apart by decoding them."""

    def __init__(self, config: bytes) -> None:
        self._decoder = av.CodecContext.create("aac", "r")
        self._decoder.extradata = config
        self.trials = 0

    def content(self, piece: bytes) -> bool:
        """Whether a decoder is content with these bytes."""
        self.trials += 1
        try:
            frames = self._decoder.decode(av.Packet(piece))
        except (FFmpegError, ValueError):
            return False
        return any(getattr(frame, "samples", 0) for frame in frames)

    def frame(self, data: mmap.mmap, at: int, end: int) -> int | None:
        """Where the AAC frame at `at` ends; None where there is none."""
        window = data[at : min(at + _FRAME_LIMIT, end)]
        if len(window) < 6:
            return None
        low = 5
        for high in _ends(data, at, len(window), end):
            if self.content(window[:high]):
                return at + self._least(window, low, high)
            low = high
        return None

    def _least(self, window: bytes, low: int, high: int) -> int:
        """The least length between one that is too short and one that is not."""
        step = high - 1
        while high - low > 1:
            if self.content(window[:step]):
                high = step
            else:
                low = step
            step = (low + high) // 2
        return high


def _ends(data: mmap.mmap, start: int, limit: int, end: int) -> list[int]:
    """Lengths that an AAC frame may have: where the next one begins like it, or a picture does."""
    window = data[start : start + limit]
    lengths = {limit}
    for first in (window[:1], b"\0"):
        at = window.find(first, 6)
        while at >= 0:
            if first != b"\0" or unit_end(data, start + at, end) is not None:
                lengths.add(at)
            at = window.find(first, at + 1)
    return sorted(lengths)


def breaks(data: mmap.mmap, span: tuple[int, int], limit: int = 20) -> Iterator[int]:
    """Places where no picture goes on."""
    at, end = span
    while at < end and limit:
        following = unit_end(data, at, end)
        if following is None:
            yield at
            limit -= 1
            following = _next_unit(data, at + 1, end)
        at = following


def _next_unit(data: mmap.mmap, at: int, end: int) -> int:
    """The next place at which two NAL units stand behind each other."""
    while (at := data.find(b"\0", at, end)) >= 0:
        if not any(data[at : at + 4]):  # room that was set aside and never written
            piece = data[at : at + _ROOM]
            at += max(len(piece) - len(piece.lstrip(b"\0")) - 3, 1)
            continue
        following = unit_end(data, at, end)
        if following is not None and unit_end(data, following, end) is not None:
            return at
        at += 1
    return end


def scan(data: mmap.mmap, span: tuple[int, int], config: bytes | None) -> Found:
    found = Found()
    ear = Ear(config) if config else None
    at, end = span
    begun: int | None = None  # where the picture that is being read begins
    shown = key = False

    def close(to: int) -> None:
        nonlocal begun, shown, key
        if begun is not None and shown:
            found.pictures.append(Sample(begun, to - begun, key))
        begun, shown, key = None, False, False

    while at < end:
        following = unit_end(data, at, end)
        if following is not None:
            head = data[at + 4 : min(at + 64, following)]
            kind = head[0] & 31
            slice_ = kind in (slices.SLICE, slices.IDR)
            if shown and ((slice_ and slices.begins_picture(head)) or 6 <= kind <= 9):
                close(at)
            begun = at if begun is None else begun
            shown, key = shown or slice_, key or kind == slices.IDR
            if kind == slices.SPS and found.sps is None:
                found.sps = data[at + 4 : following]
            elif kind == slices.PPS and found.pps is None:
                found.pps = data[at + 4 : following]
            at = following
            continue
        close(at)
        following = ear.frame(data, at, end) if ear else None
        if following is None:
            following = _next_unit(data, at + 1, end)
            found.lost += following - at
        else:
            found.sound.append(Sample(at, following - at))
        at = following
    close(at)
    if len(found.pictures) > 1:
        found.pictures.pop()  # the last one was being written when the recorder was stopped
    return found
