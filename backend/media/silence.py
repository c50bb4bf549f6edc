"""Silence: where a recording holds nothing but its own noise.

Levels are the mean power of 10 ms, smoothed over 50 ms; the loudest channel counts. The noise floor
is read from the recording itself, since a fan in a quiet room and a street are both "silence" to
whoever speaks there: it is the 10th percentile of the levels within half a minute around. Pauses
between syllables alone fill that tenth of any speech, which is the observation of R. Martin, "Noise
power spectral density estimation based on optimal smoothing and minimum statistics" (IEEE
Transactions on Speech and Audio Processing 9, 2001). Sound is what stands `RISE` above the floor.

The threshold never comes near the recording's own loud parts, so that steady music or a hum is
not silence; and what lies below `SURELY_SILENT` always is.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from backend.core.stretches import Stretches, between, joined, lasting, widened
from backend.core.time import TimeRange
from backend.media.samples import Samples
from backend.media.series import Series

Decibels = npt.NDArray[np.float32]
"""One level a window, in dB of full scale."""

_WINDOWS_PER_SECOND = 100
_SMOOTH = 5
"""Windows over which a level is averaged."""
_NOTHING = -90.0
"""dBFS below which there is no recording at all, only zeros and their dither."""
SURELY_SILENT = -60.0
"""dBFS that nobody hears beside speech."""
_SURELY_LOW = -45.0
"""dBFS below which steady sound is the room rather than the matter."""
RISE = 8.0
"""dB above the noise floor at which sound begins."""
_BELOW_ACTIVE = 10.0
"""dB that the threshold stays below the recording's loud parts."""
_FLOOR_PERCENTILE, _ACTIVE_PERCENTILE = 10, 95
_AROUND = 60
"""Seconds over which the noise floor is taken; it is taken anew every sixth of them."""


@dataclass(frozen=True, slots=True)
class SilenceRules:
    """What counts as a silence. Seconds, and dB of full scale."""

    threshold: float | None = None
    """Level below which there is silence; None: from the recording's own noise floor."""
    least: Fraction = Fraction(1, 2)
    """Shortest silence that is told."""
    blip: Fraction = Fraction(1, 20)
    """Shortest sound that ends a silence: shorter ones are clicks."""
    margin: Fraction = Fraction(1, 10)
    """Kept around every sound: the breath before a word and its last consonant are quiet."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """What was found."""

    silence: Stretches
    sound: Stretches
    """All the rest: not only speech."""
    floor: float | None
    """The recording's noise floor in dBFS (the median of its stretches); None without any noise."""
    threshold: float
    """The threshold that was used, in dBFS; the median where it followed the noise."""


class Levels:
    """Levels of a sound, as its samples come."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._window = max(1, rate // _WINDOWS_PER_SECOND)
        self._found = Series(np.float32)
        self._rest = np.zeros((1, 0), np.float32)
        self._samples = 0

    @property
    def duration(self) -> Fraction:
        """Seconds of sound so far."""
        return Fraction(self._samples, self._rate)

    def add(self, block: Samples) -> None:
        self._samples += block.shape[1]
        if self._rest.shape[1]:
            block = np.concatenate([self._rest, block], axis=1)
        whole = block.shape[1] // self._window
        if whole:
            cut = block[:, : whole * self._window].reshape(block.shape[0], whole, self._window)
            power = np.einsum("cwn,cwn->cw", cut, cut) / self._window
            self._found.add(power.max(axis=0))
        self._rest = block[:, whole * self._window :].copy()

    def silences(self, rules: SilenceRules) -> Quiet:
        """Where the sound so far is silent, by these rules."""
        power = self._found.all()
        if self._rest.shape[1]:
            last = np.square(self._rest).mean(axis=1).max()
            power = np.append(power, last).astype(np.float32)
        levels = _smoothed(power)
        floor, thresholds = _thresholds(levels, rules)
        step = Fraction(self._window, self._rate)
        loud = _runs(levels >= thresholds, step, self.duration)
        # Smoothing made each of them longer.
        loud = lasting(loud, rules.blip + (_SMOOTH - 1) * step)
        heard = widened(loud, rules.margin, self.duration)
        silence = lasting(between(heard, self.duration), rules.least)
        return Quiet(
            silence,
            between(silence, self.duration),
            floor,
            float(np.median(thresholds)) if len(thresholds) else SURELY_SILENT,
        )


def _smoothed(power: npt.NDArray[np.float32]) -> Decibels:
    if len(power) > _SMOOTH:
        padded = np.pad(power, _SMOOTH // 2, mode="edge")
        sums = np.cumsum(np.concatenate([[0.0], padded.astype(np.float64)]))
        power = ((sums[_SMOOTH:] - sums[:-_SMOOTH]) / _SMOOTH).astype(np.float32)
    return (10 * np.log10(np.maximum(power, 1e-12))).astype(np.float32)


def _thresholds(levels: Decibels, rules: SilenceRules) -> tuple[float | None, Decibels]:
    """The noise floor, and the threshold of every window."""
    noise = levels[levels > _NOTHING]
    floor = float(np.percentile(noise, _FLOOR_PERCENTILE)) if len(noise) else None
    if rules.threshold is not None or floor is None:
        flat = SURELY_SILENT if rules.threshold is None else rules.threshold
        return floor, np.full(len(levels), flat, np.float32)
    active = float(np.percentile(noise, _ACTIVE_PERCENTILE))
    highest = max(active - _BELOW_ACTIVE, _SURELY_LOW)
    around, step = _AROUND * _WINDOWS_PER_SECOND, _AROUND * _WINDOWS_PER_SECOND // 6
    floors, found = [], np.empty(len(levels), np.float32)
    for at in range(0, len(levels), step):
        near = levels[max(0, at + step // 2 - around // 2) : at + step // 2 + around // 2]
        near = near[near > _NOTHING]
        here = float(np.percentile(near, _FLOOR_PERCENTILE)) if len(near) else floor
        floors.append(here)
        found[at : at + step] = min(max(here + RISE, SURELY_SILENT), highest)
    return float(np.median(floors)), found


def _runs(marked: npt.NDArray[np.bool_], step: Fraction, duration: Fraction) -> Stretches:
    """The stretches in which windows of `step` seconds are marked."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    pairs = edges.reshape(-1, 2)
    return joined(
        TimeRange(min(int(a) * step, duration), min(int(b) * step, duration)) for a, b in pairs
    )


class Clipping:
    """Where the sound hits full scale and stays there: three samples in a row at least."""

    _CEILING = 0.9999
    """One step of 16 bits below full scale still counts."""
    _TOGETHER = Fraction(1, 2)
    """Seconds between clipped samples that are one stretch."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._at = 0
        self._before = np.zeros((1, 0), np.bool_)
        self._found: list[TimeRange] = []

    def add(self, block: Samples) -> None:
        full = np.abs(block) >= self._CEILING
        at = self._at - self._before.shape[1]
        if self._before.shape[0] == full.shape[0] and self._before.any():
            full = np.concatenate([self._before, full], axis=1)
        else:
            at = self._at
        self._at += block.shape[1]
        self._before = full[:, -2:].copy()
        if not full.any():
            return
        three = (full[:, :-2] & full[:, 1:-1] & full[:, 2:]).any(axis=0)
        new = [
            TimeRange(Fraction(at + int(i), self._rate), Fraction(at + int(i) + 3, self._rate))
            for i in np.flatnonzero(three)
        ]
        if new:
            last = self._found.pop() if self._found else new[0]
            self._found += joined([last, *new], self._TOGETHER)

    def stretches(self) -> Stretches:
        return joined(self._found, self._TOGETHER)
