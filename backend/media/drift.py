"""Clocks of sound that run too fast or too slow.

A sound card counts its samples by a crystal of its own: 47,990 a second where it says 48,000. A
recorder that stamps what it gets with the computer's time writes both clocks down, and they part by
a second in an hour. The slope between the two, over the whole recording, is how far they are apart;
the jitter of single stamps does not matter to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

ONE = Fraction(1)

_SHORTEST = 20.0
"""Seconds of sound below which jitter hides a drift, and no drift can be noticed."""

_NOTICED = 0.010
"""Seconds in all from which clocks are worth being brought together."""

_MOST = 0.005
"""The largest share by which crystals differ; beyond it a rate is wrong, or something is lost."""

_GAP = 0.020
"""Seconds between two stamps that no drift explains: something is missing, or there twice."""

_JITTER = 0.006
"""Seconds by which single stamps are off, root mean square, where they are honest."""

_SURE = 6
"""Standard errors of the slope that make it certain."""

_FRAMES = {"mp2": 1152, "ac3": 1536, "eac3": 1536}


def samples_in(codec: str, rate: int, length: int, duration: Fraction) -> int | None:
    """Samples that a packet holds; None where packets of a codec differ in a way only decoding
    tells. `length`: samples that came out of the first packet. `duration`: seconds it states."""
    if codec in ("flac", "alac"):
        return length
    if codec == "aac":
        return 2048 if length > 1024 else 1024
    if codec == "mp3":
        return 1152 if rate >= 32000 else 576
    if codec == "opus":
        return round(duration * 400) * (rate // 400) or None
    return _FRAMES.get(codec)


@dataclass(slots=True)
class Drift:
    """Compares time stamps with the count of samples. Give it every packet's, or some of them."""

    rate: int
    """Samples a second, as the recording says."""
    _count: int = 0
    _sound: float = 0.0
    _off: float = 0.0
    _last: float | None = None
    _squares: float = 0.0
    _products: float = 0.0
    _rest: float = 0.0
    _span: float = 0.0
    _total: int = 0

    def add(self, stamp: float, samples: int) -> None:
        """A packet that begins at `stamp` seconds, after `samples` samples."""
        sound = samples / self.rate
        off = stamp - sound
        if self._last is None or abs(off - self._last) > _GAP:
            self._count, self._sound, self._off = 0, 0.0, 0.0
        self._last = off
        # Welford's update of means, squares and products, over each stretch without a gap.
        self._count += 1
        ahead, above = sound - self._sound, off - self._off
        self._sound += ahead / self._count
        self._off += above / self._count
        if self._count > 1:
            self._squares += ahead * (sound - self._sound)
            self._products += ahead * (off - self._off)
            self._rest += above * (off - self._off)
            self._total += 1
        self._span = max(self._span, sound)

    @property
    def clock(self) -> Fraction:
        """Samples that really came in a second of the stamps, by `rate`: 1 where they agree."""
        if self._span < _SHORTEST or not self._squares:
            return ONE
        slope = self._products / self._squares
        if not _NOTICED / self._span < abs(slope) < _MOST:
            return ONE
        variance = max(self._rest - slope * self._products, 0.0) / max(self._total, 1)
        if variance > max(_JITTER, abs(slope) * self._span / 4) ** 2:
            return ONE  # the stamps wander, but not along a line
        if abs(slope) < _SURE * sqrt(variance / self._squares):
            return ONE
        return Fraction(1 / (1 + slope)).limit_denominator(10**9)
