"""Speech in pieces that a recogniser takes at a time.

A piece is cut where somebody pauses, and long silence is left out of it, so that a recogniser hears
little else than speech; `Piece.film_time` tells when in the film a moment of it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from backend.core.stretches import Stretches, joined, widened
from backend.core.time import ZERO, TimeRange

LONGEST = Fraction(28)
"""Seconds of sound in a piece, unless somebody wants longer ones; recognisers look at thirty."""
AROUND = Fraction(4, 10)
"""Seconds of what surrounds speech that are heard with it."""
ALONE = Fraction(8)
"""Seconds of silence over which nothing is heard together: a lone word is lost beside others."""
KEPT = Fraction(2)
"""Seconds of a pause that is left in: without its pauses speech is understood worse."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Stretches of the film, in order, that are heard as one."""

    ranges: Stretches

    @property
    def start(self) -> Fraction:
        return self.ranges[0].start

    @property
    def end(self) -> Fraction:
        return self.ranges[-1].end

    @property
    def duration(self) -> Fraction:
        """Seconds of sound."""
        return sum((one.duration for one in self.ranges), ZERO)

    def film_time(self, time: Fraction) -> Fraction:
        """When in the film the moment `time` seconds into the piece is; its ends for what lies
        outside it. A moment between two stretches is the start of the later one."""
        for one in self.ranges:
            if time < one.duration:
                return one.start + max(time, ZERO)
            time -= one.duration
        return self.end

    def time_of(self, moment: Fraction) -> Fraction:
        """Seconds into the piece of a moment of the film; of the next that it holds, where it does
        not hold that one."""
        before = ZERO
        for one in self.ranges:
            if moment < one.end:
                return before + max(ZERO, moment - one.start)
            before += one.duration
        return before

    def film_range(self, start: Fraction, end: Fraction) -> TimeRange:
        """As `film_time`; a stretch ends before the silence that was left out, not behind it."""
        first = self.film_time(start)
        within = next((one for one in self.ranges if first in one), self.ranges[-1])
        return TimeRange(first, max(first, min(first + max(end - start, ZERO), within.end)))


def pieces_of(
    speech: Stretches, duration: Fraction, longest: Fraction = LONGEST
) -> tuple[Piece, ...]:
    """All of `speech` in pieces of at most `longest` seconds of sound, each cut in the longest
    pause of its second half. Speech without any pause is cut where it must be."""
    left = _short_enough(speech)
    found: list[Piece] = []
    while left:
        count = _that_fit(left, duration, longest)
        if count < len(left) and left[count].start - left[count - 1].end < ALONE:
            count = _best_cut(left, count)
        found.append(Piece(_around(left[:count], duration)))
        left = left[count:]
    return tuple(_apart(found))


def _short_enough(speech: Stretches) -> list[TimeRange]:
    limit = LONGEST - 2 * AROUND
    found = []
    for one in speech:
        parts = -(-one.duration // limit)
        for part in range(int(parts)):
            start = one.start + one.duration * part / parts
            found.append(TimeRange(start, one.start + one.duration * (part + 1) / parts))
    return found


def _around(stretches: Sequence[TimeRange], duration: Fraction) -> Stretches:
    return joined(widened(stretches, AROUND, duration), KEPT - 2 * AROUND)


def _that_fit(left: Sequence[TimeRange], duration: Fraction, longest: Fraction) -> int:
    for count in range(2, len(left) + 1):
        if left[count - 1].start - left[count - 2].end >= ALONE:
            return count - 1
        if sum((one.duration for one in _around(left[:count], duration)), ZERO) > longest:
            return count - 1
    return len(left)


def _best_cut(left: Sequence[TimeRange], fitting: int) -> int:
    """How many stretches to take, so that the pause behind them is the longest."""
    middle = left[0].start + (left[fitting - 1].end - left[0].start) / 2
    choices = [n for n in range(1, fitting + 1) if left[n - 1].end >= middle] or [fitting]
    return max(choices, key=lambda n: (left[n].start - left[n - 1].end, n))


def _apart(pieces: Sequence[Piece]) -> list[Piece]:
    """Nothing is heard twice: neighbours share the pause between them evenly."""
    found: list[Piece] = []
    for piece in pieces:
        ranges = piece.ranges
        if found and found[-1].end > piece.start:
            middle = (found[-1].end + piece.start) / 2
            last = found[-1].ranges
            found[-1] = Piece(joined((*last[:-1], TimeRange(last[-1].start, middle))))
            ranges = joined((TimeRange(middle, ranges[0].end), *ranges[1:]))
        found.append(Piece(ranges))
    return found
