"""Exact time.

Time is a `Fraction` of seconds everywhere in Rushes; it becomes a float only where a person or a
page reads it. Ranges are half open: the end is the first instant that no longer belongs to them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import floor, isfinite

ZERO = Fraction(0)
FARTHEST = 10**12
"""Seconds; thirty thousand years."""
_CLOCK = re.compile(r"(?:(?:(\d{1,6}):)?(\d{1,6}):)?(\d{1,9}(?:\.\d{1,12})?)", re.ASCII)
_HUGE = re.compile(r"e[-+]?\d*[1-9_]\d{3}|\S{400}", re.IGNORECASE)


def seconds(value: int | str | float | Fraction) -> Fraction:
    """Exact seconds from a number or its text.

    A float is read as the decimal a person would write for it (0.1 is one tenth), because floats
    reach us only from JSON and the command line.

    Raises ValueError for text that is no number, for infinities and NaN, and for more than
    `FARTHEST` seconds: no recording is that long, and "1e999999999" would fill the memory.
    """
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{value} is not a time")
        value = repr(value)
    if isinstance(value, str) and _HUGE.search(value):
        raise ValueError(f"{value[:40]!r} is not a time")
    try:
        time = Fraction(value)
    except ZeroDivisionError as error:
        raise ValueError(f"{value!r} is not a time") from error
    if abs(time) > FARTHEST:
        raise ValueError("that is too long for a time")
    return time


def clock(text: str) -> Fraction:
    """Exact seconds from a time as people write it: `75.5`, `1:15.5` or `0:01:15.5`.

    Raises ValueError for anything else.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is not a time such as 75.5 or 1:15.5")
    hours, minutes, rest = found.groups()
    if minutes is not None and Fraction(rest) >= 60:
        raise ValueError(f"{text[:40]!r}: a minute has 60 seconds")
    if hours is not None and int(minutes) >= 60:
        raise ValueError(f"{text[:40]!r}: an hour has 60 minutes")
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + Fraction(rest)


def ticks(time: Fraction, time_base: Fraction) -> int:
    """Nearest whole number of `time_base` units (seconds a tick); halves round up."""
    return floor(time / time_base + Fraction(1, 2))


def timecode(time: Fraction) -> str:
    """`h:mm:ss.mmm`, without hours when there are none; rounded to the millisecond."""
    milliseconds = ticks(abs(time), Fraction(1, 1000))
    sign = "-" if time < 0 and milliseconds else ""
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    clock = f"{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    return f"{sign}{hours}:{minutes:02d}:{clock}" if hours else f"{sign}{minutes}:{clock}"


def stamp(time: Fraction) -> str:
    """A time of a WebVTT cue: `hh:mm:ss.mmm`."""
    minutes, milliseconds = divmod(ticks(time, Fraction(1, 1000)), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


@dataclass(frozen=True, slots=True, order=True)
class TimeRange:
    """A stretch of time `[start, end)` in exact seconds."""

    start: Fraction
    end: Fraction

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a range cannot end ({self.end} s) before it starts ({self.start} s)")

    @property
    def duration(self) -> Fraction:
        return self.end - self.start

    def __contains__(self, time: Fraction) -> bool:
        return self.start <= time < self.end

    def overlaps(self, other: TimeRange) -> bool:
        """Whether they share a moment; a range without length shares none."""
        return max(self.start, other.start) < min(self.end, other.end)

    def shifted(self, by: Fraction) -> TimeRange:
        return TimeRange(self.start + by, self.end + by)

    def intersection(self, other: TimeRange) -> TimeRange | None:
        """What both ranges cover; None where they share nothing."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return TimeRange(start, end) if start < end else None
