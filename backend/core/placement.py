"""When the segments of a session play, and how fast.

Offsets tell the recorder's time, lengths count its samples, and the clocks behind the two differ
by a trace. Segments of one form whose offsets lie near a straight line through their lengths are
one unbroken stretch, played at the slope of that line: a drift is spread over the whole of it
instead of being cut out at every joint. Where no line fits any more something is missing, or there
twice, and a new stretch begins. The lines are found by the swing filter (Elmeleegy et al., "Online
piece-wise linear approximation of numerical streams with precision guarantees", VLDB 2009), O(n).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from backend.core.session import Segment
from backend.core.time import ZERO, TimeRange

NEAR = Fraction(10, 1000)
"""Seconds by which a segment may be moved to where the line is: less than half a frame."""

MOST = Fraction(5, 10_000)
"""The largest share by which the clocks of recorders differ."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where one segment plays."""

    span: TimeRange
    speed: Fraction
    """Seconds of the segment that play in a second."""


def place(segments: Sequence[Segment]) -> list[Placed]:
    """Places of all segments, in their order: each from its offset, or behind the one before it."""
    placed: list[Placed] = []
    first = 0
    while first < len(segments):
        end = placed[-1].span.end if placed else ZERO
        last, slope = _stretch(segments, first)
        start = segments[first].offset
        at = end if start is None else start
        for segment in segments[first:last]:
            length = segment.info.duration * slope
            placed.append(Placed(TimeRange(at, at + length), 1 / slope))
            at += length
        first = last
    return placed


def _stretch(segments: Sequence[Segment], first: int) -> tuple[int, Fraction]:
    """Where the unbroken stretch ends that begins at `first`, and seconds a second of it takes."""
    start = segments[first].offset
    low, high = 1 - MOST, 1 + MOST
    length = segments[first].info.duration
    last = first + 1
    while last < len(segments):
        offset = segments[last].offset
        if offset is not None:
            if start is None or length <= 0 or not _alike(segments[last - 1], segments[last]):
                break
            least, most = (offset - NEAR - start) / length, (offset + NEAR - start) / length
            if max(low, least) > min(high, most):
                break
            low, high = max(low, least), min(high, most)
        length += segments[last].info.duration
        last += 1
    if low <= 1 <= high:
        return last, Fraction(1)
    return last, ((low + high) / 2).limit_denominator(10**9)


def _alike(one: Segment, other: Segment) -> bool:
    """Whether one recorder may have written both."""
    a, b = one.info.audio[:1], other.info.audio[:1]
    return [(s.codec, s.rate, s.layout) for s in a] == [(s.codec, s.rate, s.layout) for s in b]
