"""What the packets of a picture tell before they are decoded.

A coder spends bytes where something happens. A picture that changes as a whole within a group of
pictures costs nearly as much as a keyframe; one that repeats the one before costs a few dozen
bytes. With the keyframes, which are decoded, that tells which groups are worth decoding, and where
nothing moves.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
from av.video.stream import VideoStream

from backend.core.stretches import joined
from backend.core.time import ZERO, TimeRange
from backend.media.scenes import DIFFERENT, Glance

FROZEN_LEAST = Fraction(2)
"""Shortest frozen stretch, in seconds; as FFmpeg's freezedetect has it."""

_APART = Fraction(1, 2)
"""Seconds between keyframes that are decoded: a file of nothing but keyframes is not decoded
whole."""
_SAME_COLOURS, _MOVING = 10.0, 0.05
"""Where keyframes differ by no more than this drift, and packets between them are of this share of
a keyframe, the camera moved."""
_STANDS_OUT, _ABOVE_MEDIAN = 0.12, 6
"""A packet that may hold a change: of the size of its keyframe, and times the group's median."""
_SPARSE = 6
"""Frames a second up to which each is new, and none is compared with the median."""
_SETTLES = Fraction(3, 10)
"""Seconds that are decoded behind a packet that stands out, to see whether it only flashed."""
_FOLLOWING = 6
"""Packets that are decoded behind the last of note, for the frames that it is compared with."""
_REORDERED = 32
"""Packets within which frames may be shown in another order than they are stored."""
_TICK = Fraction(1, 1000)
"""Seconds that the keyframe behind a still group is shown at least."""
_QUIET_BYTES, _BLOCKS_PER_BYTE = 64, 64
"""Size of a packet that repeats the picture: headers, and skipped blocks of 16 × 16 pixels."""


@dataclass(slots=True)
class Group:
    """A keyframe that was decoded and the packets after it, up to the next such."""

    first: int
    """Its keyframe, as the number of its packet."""
    black: bool
    to_next: float = 0.0
    """Difference to the next group's keyframe."""
    still: bool = False
    """Whether the next group's keyframe shows the same."""
    drift: float = 0.0
    """Difference of brightness and colours alone."""


@dataclass(frozen=True, slots=True)
class Span:
    """Packets to decode: from a keyframe on, up to but without `end`."""

    begin: int
    end: int
    until: int | None
    """Tick of the first frame that would be missing among those decoded."""


@dataclass(slots=True)
class Packets:
    """Every packet of a picture in the order of the file, and the groups that they form."""

    zero: Fraction
    """When the film begins, on the file's own clock; times are seconds of the film."""
    duration: Fraction
    rate: Fraction
    """Frames a second, for packets without a time."""
    blocks: int
    """Of 16 × 16 pixels, in a picture."""
    base: Fraction = Fraction(1, av.time_base)
    """Seconds of a tick."""
    times: array[int] = field(default_factory=lambda: array("q"))
    """When each is shown, in ticks."""
    sizes: array[int] = field(default_factory=lambda: array("q"))
    keys: bytearray = field(default_factory=bytearray)
    groups: list[Group] = field(default_factory=list)

    def note(self, packet: av.Packet[VideoStream]) -> int:
        """Take a packet down; its number. One without a time is given its own."""
        number = len(self.times)
        if packet.pts is None:  # a raw stream has none
            counted = int(number / self.rate / self.base)
            packet.pts = counted if packet.dts is None else packet.dts
        self.times.append(packet.pts)
        self.sizes.append(packet.size)
        self.keys.append(packet.is_keyframe)
        return number

    def is_near(self, number: int, decoded: int | None) -> bool:
        """Whether a keyframe follows the one that was decoded last too soon to be decoded."""
        if decoded is None:
            return False
        return ZERO <= (self.times[number] - self.times[decoded]) * self.base < _APART

    def begin_group(self, number: int, seen: Glance, last: Glance | None) -> None:
        """A keyframe, as it looks, and the one before."""
        if last is not None:
            before = self.groups[-1]
            before.to_next = seen.difference(last)
            before.still = seen.is_still(last)
            before.drift = seen.drift(last)
        self.groups.append(Group(number, seen.black))

    def time(self, number: int) -> Fraction:
        return self.times[number] * self.base - self.zero

    def start(self, i: int) -> Fraction:
        """When a group begins; the film's end for the one behind the last."""
        return self.time(self.groups[i].first) if i < len(self.groups) else self.duration

    def _members(self, i: int) -> tuple[int, int]:
        after = self.groups[i + 1].first if i + 1 < len(self.groups) else len(self.times)
        return self.groups[i].first, after

    # which groups are worth decoding

    def spans(self, wanted: Sequence[Fraction]) -> tuple[list[Span], set[int]]:
        """What to decode so that no change is missed and every moment of `wanted` is shown; and
        the groups that are looked at so."""
        found: list[tuple[int, int]] = []
        looked_at = set()
        for i, group in enumerate(self.groups):
            last = self._last_of_note(i, wanted)
            if last is None:
                continue
            looked_at.add(i)
            end = min(len(self.times), last + 1 + _FOLLOWING)
            if found and found[-1][1] >= group.first:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            else:
                found.append((group.first, end))
        spans = [
            Span(begin, end, min(self.times[end : end + _REORDERED], default=None))
            for begin, end in found
        ]
        return spans, looked_at

    def _last_of_note(self, i: int, wanted: Sequence[Fraction]) -> int | None:
        """The last packet of a group up to which it must be decoded, None where nothing happens."""
        first, after = self._members(i)
        outstanding, median = self._outstanding(i)
        group = self.groups[i]
        if i + 1 < len(self.groups):
            differs = group.to_next >= DIFFERENT and (
                len(outstanding) > 0
                or group.drift >= _SAME_COLOURS
                or median < _MOVING * self.sizes[first]
            )
            went_and_came_back = group.still and len(outstanding) > 0
            if differs or went_and_came_back or group.black != self.groups[i + 1].black:
                return after
        last = None
        if len(outstanding):
            last = outstanding[-1]
            settled = self.times[last] + int(_SETTLES / self.base)
            while last + 1 < after and self.times[last] < settled:
                last += 1
        shown = [time for time in wanted if self.time(first) <= time < self.start(i + 1)]
        if shown:
            until = int((shown[-1] + self.zero) / self.base)
            later = np.flatnonzero(np.array(self.times[first:after]) > until)
            reached = first + int(later[0]) if len(later) else after
            last = reached if last is None else max(last, reached)
        return last

    def _outstanding(self, i: int) -> tuple[list[int], float]:
        """The packets of a group that may hold a change, and the median size of all but its
        keyframe."""
        first, after = self._members(i)
        sizes = np.array(self.sizes[first + 1 : after])
        median = float(np.median(sizes)) if len(sizes) else 0.0
        least = _STANDS_OUT * self.sizes[first]
        if len(sizes) > _SPARSE * (self.start(i + 1) - self.time(first)):
            least = max(least, _ABOVE_MEDIAN * median)
        return [first + 1 + int(at) for at in np.flatnonzero(sizes >= least)], median

    # where nothing moved

    def frozen(self, seen: Sequence[TimeRange]) -> list[TimeRange]:
        """Where the picture stands still: runs of packets that repeat it and waits between packets,
        groups whose keyframes show the same, and what was `seen`. In order."""
        moved = np.sort(np.array(self.times)[~self._quiet()])
        edges = np.append(moved, int((self.duration + self.zero) / self.base))
        runs = []
        for i in np.flatnonzero(np.diff(edges) >= int(FROZEN_LEAST / self.base)):
            start, end = (int(edges[j]) * self.base - self.zero for j in (i, i + 1))
            if end > ZERO:
                runs.append(TimeRange(max(ZERO, start), end))
        still = [
            TimeRange(max(ZERO, self.start(i)), self.start(i + 1) + _TICK)
            for i, group in enumerate(self.groups[:-1])
            if group.still
            and not self._outstanding(i)[0]
            and ZERO <= self.start(i) < self.start(i + 1)
        ]
        return _overlapping([*runs, *joined(still), *seen])

    def _quiet(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """For each packet, whether it repeats the picture."""
        least = _QUIET_BYTES + self.blocks // _BLOCKS_PER_BYTE
        quiet = np.array(self.sizes) <= least
        quiet[0] = False
        for number in np.flatnonzero(np.frombuffer(self.keys, np.bool_))[1:]:
            size = self.sizes[number]
            quiet[number] = abs(size - self.sizes[number - 1]) * 200 <= size
        for before, group in zip(self.groups, self.groups[1:], strict=False):
            if quiet[before.first + 1 : group.first].all():
                quiet[group.first] = before.still
            else:
                quiet[group.first] = before.to_next < DIFFERENT and quiet[group.first - 1]
        return quiet


def _overlapping(stretches: list[TimeRange]) -> list[TimeRange]:
    """In order, those that overlap made one; where one ends and another begins, something moved."""
    found: list[TimeRange] = []
    for one in sorted(stretches):
        if found and one.start < found[-1].end:
            found[-1] = TimeRange(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found
