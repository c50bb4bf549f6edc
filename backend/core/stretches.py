"""Laws of stretches of time: what lies between them, and which of them are one.

All take and return stretches in order that neither overlap nor touch, as `joined` makes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from backend.core.time import ZERO, TimeRange

Stretches = tuple[TimeRange, ...]


def joined(stretches: Iterable[TimeRange], gap: Fraction = ZERO) -> Stretches:
    """In order, those that overlap or lie no more than `gap` seconds apart made one.

    A stretch without length is none.
    """
    found: list[TimeRange] = []
    for one in sorted(one for one in stretches if one.duration):
        if found and one.start - found[-1].end <= gap:
            found[-1] = TimeRange(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return tuple(found)


def between(stretches: Iterable[TimeRange], duration: Fraction) -> Stretches:
    """The rest of `[0, duration)`."""
    rest, at = [], ZERO
    for one in joined(stretches):
        if min(one.start, duration) > at:
            rest.append(TimeRange(at, min(one.start, duration)))
        at = max(at, one.end)
    if at < duration:
        rest.append(TimeRange(at, duration))
    return tuple(rest)


def widened(stretches: Iterable[TimeRange], by: Fraction, duration: Fraction) -> Stretches:
    """Each longer by `by` seconds at both ends, within `[0, duration)`."""
    inside = [
        TimeRange(max(ZERO, one.start - by), min(duration, one.end + by))
        for one in stretches
        if one.start - by < duration and one.end + by > ZERO
    ]
    return joined(inside)


def lasting(stretches: Iterable[TimeRange], least: Fraction) -> Stretches:
    """Those of at least `least` seconds."""
    return tuple(one for one in stretches if one.duration >= least)


def told(stretches: Iterable[TimeRange]) -> list[dict[str, float]]:
    """For JSON: start and end in seconds, to the millisecond."""
    return [
        {"start": round(float(one.start), 3), "end": round(float(one.end), 3)} for one in stretches
    ]
