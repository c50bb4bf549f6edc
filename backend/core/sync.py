"""How far apart picture and sound are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from statistics import median


@dataclass(frozen=True, slots=True)
class Pair:
    """Something that is seen and heard."""

    at: float
    """Seconds after the film's start at which it is seen."""
    off: float
    """Seconds after that at which it is heard; less than 0: before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What was measured of one film. Times in seconds after its start."""

    picture: tuple[Fraction, Fraction] | None
    """When the picture begins and ends."""
    sound: tuple[Fraction, Fraction] | None
    frame: Fraction | None
    """Seconds a frame usually lasts."""
    clock: Fraction | None
    """Samples of sound that come in a second of its time stamps, by its rate."""
    flashes: int
    beeps: int
    pairs: tuple[Pair, ...]
    """Flashes with their beeps; empty where none belong together."""

    @property
    def median(self) -> float | None:
        return median(pair.off for pair in self.pairs) if self.pairs else None

    @property
    def worst(self) -> float | None:
        """The largest distance, with its sign."""
        return max((pair.off for pair in self.pairs), key=abs, default=None)

    @property
    def drift(self) -> float | None:
        """Seconds by which the distance changes from the first pairs to the last."""
        if len(self.pairs) < 2:
            return None
        few = max(1, min(5, len(self.pairs) // 2))
        first, last = self.pairs[:few], self.pairs[-few:]
        return median(pair.off for pair in last) - median(pair.off for pair in first)
