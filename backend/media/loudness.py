"""Loudness by EBU R128: integrated loudness, loudness range, true peak.

Sources: ITU-R BS.1770-5 (K-weighting, gating, true peak), EBU Tech 3341 and 3342 (what is shown;
loudness range). The weighting filters for any rate come from the analogue prototype that
B. De Man derived from the standard's 48 kHz coefficients ("Evaluation of implementations of the
EBU R128 loudness measurement", AES 145, 2018). FFmpeg's `biquad` filters, NumPy gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import log10, pi, tan

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

from backend.media.samples import Samples
from backend.media.series import Series

Powers = npt.NDArray[np.float64]

_PARTS_PER_SECOND = 10
_MOMENT, _SHORT = 4, 30
"""Tenths of a second of a gating block, and of short-term loudness."""
_ABSOLUTE, _RELATIVE, _RANGE_GATE = -70.0, -10.0, -20.0
"""LUFS; LU below the mean, for loudness and for its range."""
_LEAST_RATE, _WEIGHTED_RATE = 32_000, 48_000
"""Samples a second below which the filters would be bent by the nearness of half the rate; such
sound is weighted at the other."""
_SURROUND = frozenset({"BL", "BR", "SL", "SR"})
_SURROUND_WEIGHT = 1.41


@dataclass(frozen=True, slots=True)
class Loudness:
    """None where the sound is too short or too quiet to have one."""

    integrated: float | None
    """LUFS."""
    range: float | None
    """LU between the quiet and the loud parts."""
    true_peak: float | None
    """dBTP; None for digital silence."""

    def told(self) -> dict[str, float | None]:
        return {"integrated": self.integrated, "range": self.range, "true_peak": self.true_peak}


class Meter:
    """Loudness of a sound, as its samples come. `channels`: their names, as FFmpeg calls them."""

    def __init__(self, rate: int, channels: tuple[str, ...]) -> None:
        self._weights = np.array([_weight(name) for name in channels], np.float64)
        self._filters = [_Weighting(rate) for _ in channels]
        self._part = self._filters[0].rate // _PARTS_PER_SECOND
        self._rest = np.zeros((len(channels), 0), np.float32)
        self._powers = Series(np.float64)
        self._peak = _TruePeak(rate, len(channels))

    def add(self, block: Samples) -> None:
        self._peak.add(block)
        rows = [one.weighted(row) for one, row in zip(self._filters, block, strict=True)]
        self._measure(np.stack(rows))

    def _measure(self, weighted: Samples) -> None:
        if self._rest.shape[1]:
            weighted = np.concatenate([self._rest, weighted], axis=1)
        whole = weighted.shape[1] // self._part
        if whole:
            cut = weighted[:, : whole * self._part].reshape(len(self._weights), whole, self._part)
            sums = np.einsum("cwn,cwn->cw", cut, cut, dtype=np.float64) / self._part
            self._powers.add(self._weights @ sums)
        self._rest = weighted[:, whole * self._part :].copy()

    def loudness(self) -> Loudness:
        """Of the sound so far."""
        powers = self._powers.all()
        integrated = _integrated(_sliding(powers, _MOMENT))
        spread = _range(_sliding(powers, _SHORT))
        peak = self._peak.highest
        return Loudness(
            None if integrated is None else round(integrated, 2),
            None if spread is None else round(spread, 2),
            round(20 * log10(peak), 2) if peak > 0 else None,
        )


def _weight(channel: str) -> float:
    if channel.startswith("LFE"):
        return 0.0
    return _SURROUND_WEIGHT if channel in _SURROUND else 1.0


class _Weighting:
    """K-weighting of one channel. Each has a graph of its own: FFmpeg filters no channel of a
    layout that has no name."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._samples = 0
        self._graph = Graph()
        self._source = last = self._graph.add_abuffer(
            format="fltp", sample_rate=rate, layout="mono", time_base=Fraction(1, rate)
        )
        self._sink = self._graph.add("abuffersink")
        if rate < _LEAST_RATE:
            rate = _WEIGHTED_RATE
            chain = [self._graph.add("aresample", str(rate))]
        else:
            chain = []
        self.rate = rate
        """Samples a second of what comes out."""
        chain.append(self._graph.add("biquad", _coefficients(*_shelf(rate))))
        chain.append(self._graph.add("biquad", _coefficients(*_highpass(rate))))
        for step in [*chain, self._sink]:
            last.link_to(step)
            last = step
        self._graph.configure()

    def weighted(self, row: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """As much as can be told of the samples so far. Shape (samples,), both ways."""
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(row[None]), "fltp", "mono")
        frame.sample_rate, frame.pts = self._rate, self._samples
        frame.time_base = Fraction(1, self._rate)
        self._samples += len(row)
        self._source.push(frame)
        found = [np.zeros(0, np.float32)]
        while True:
            try:
                weighted = self._sink.pull()
            except (BlockingIOError, EOFError):
                return np.concatenate(found)
            assert isinstance(weighted, av.AudioFrame)
            found.append(weighted.to_ndarray()[0].astype(np.float32, copy=False))


def _shelf(rate: int) -> tuple[float, ...]:
    """The head: b0, b1, b2, a1, a2."""
    frequency, gain, quality = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    k = tan(pi * frequency / rate)
    high = 10 ** (gain / 20)
    band = high**0.4996667741545416
    a0 = 1 + k / quality + k * k
    return (
        (high + band * k / quality + k * k) / a0,
        2 * (k * k - high) / a0,
        (high - band * k / quality + k * k) / a0,
        2 * (k * k - 1) / a0,
        (1 - k / quality + k * k) / a0,
    )


def _highpass(rate: int) -> tuple[float, ...]:
    """Low notes count less: b0, b1, b2, a1, a2."""
    frequency, quality = 38.13547087602444, 0.5003270373238773
    k = tan(pi * frequency / rate)
    a0 = 1 + k / quality + k * k
    return 1.0, -2.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0


def _coefficients(b0: float, b1: float, b2: float, a1: float, a2: float) -> str:
    return f"b0={b0!r}:b1={b1!r}:b2={b2!r}:a0=1:a1={a1!r}:a2={a2!r}"


def _sliding(powers: Powers, width: int) -> Powers:
    """Mean power of every `width` parts in a row."""
    if len(powers) < width:
        return np.zeros(0)
    sums = np.cumsum(np.concatenate([[0.0], powers]))
    means: Powers = np.maximum((sums[width:] - sums[:-width]) / width, 0)
    return means


def _power(loudness: float) -> float:
    return float(10 ** ((loudness + 0.691) / 10))


def _level(power: float) -> float:
    return -0.691 + 10 * log10(power)


def _integrated(blocks: Powers) -> float | None:
    audible = blocks[blocks > _power(_ABSOLUTE)]
    if not len(audible):
        return None
    gate = _power(_level(float(audible.mean())) + _RELATIVE)
    return _level(float(audible[audible > gate].mean()))


def _range(blocks: Powers) -> float | None:
    audible = blocks[blocks > _power(_ABSOLUTE)]
    if not len(audible):
        return None
    gate = _power(_level(float(audible.mean())) + _RANGE_GATE)
    low, high = np.percentile(audible[audible > gate], [10, 95])
    return _level(float(high)) - _level(float(low))


class _TruePeak:
    """The highest level between the samples too, by oversampling to at least 192 kHz.

    An interpolated value is never above the highest sample times the sum of the filter's
    magnitudes; so whatever cannot beat the peak so far is not interpolated at all.
    """

    _PIECE = 1024
    _HALF = 12
    """Samples on either side that an interpolated one is made from."""

    def __init__(self, rate: int, channels: int) -> None:
        factor = 1 if rate >= 192_000 else 2 if rate >= 96_000 else 4
        at = np.arange(-self._HALF + 1, self._HALF + 1)
        self._phases = []
        for step in range(1, factor):
            x = at - step / factor
            taps = np.sinc(x) * np.cos(pi * x / (2 * self._HALF)) ** 2
            self._phases.append((taps / taps.sum())[::-1].astype(np.float32))
        self._gain = max((float(np.abs(taps).sum()) for taps in self._phases), default=1.0)
        self._before = np.zeros((channels, 2 * self._HALF - 1), np.float32)
        self.highest = 0.0
        """Amplitude; 1 is full scale."""

    def add(self, block: Samples) -> None:
        self.highest = max(self.highest, float(np.abs(block).max(initial=0.0)))
        lead = self._before.shape[1]
        whole = np.concatenate([self._before, block], axis=1)
        self._before = whole[:, -lead:].copy()
        for row in whole:
            size = np.abs(row)
            for at in range(0, len(row) - lead, self._PIECE):
                if size[at : at + self._PIECE + lead].max() * self._gain <= self.highest:
                    continue
                piece = row[at : at + self._PIECE + lead]
                for taps in self._phases:
                    between = np.convolve(piece, taps, "valid")
                    self.highest = max(self.highest, float(np.abs(between).max()))
