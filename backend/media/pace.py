"""Sound played a trace faster or slower, without a seam.

A clock that is wrong by some hundred millionths asks for a resampler whose ratio is exact over
hours; libswresample's is a ratio of whole rates. Interpolation by a windowed sinc, after Smith and
Gossett, "A flexible sampling-rate conversion method" (ICASSP 1984).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

_HALF = 16
"""Zero crossings on either side of the middle."""
_PHASES = 512
"""Places between two samples for which the kernel is computed; between those it is a line."""
_BETA = 9.0
"""Shape of the Kaiser window: 90 dB down outside the band."""
_PIECE = 16_384
"""Samples worked out at a time: 4 MB of kernels."""


def _kernels() -> Samples:
    """Shape (phases + 1, taps)."""
    phase = np.arange(_PHASES + 1)[:, None] / _PHASES
    distance = np.arange(-_HALF + 1, _HALF + 1)[None, :] - phase
    window = np.i0(_BETA * np.sqrt(np.clip(1 - (distance / _HALF) ** 2, 0, 1))) / np.i0(_BETA)
    return (np.sinc(distance) * window).astype(np.float32)


def paced(blocks: Iterator[Samples], pace: Fraction) -> Iterator[Samples]:
    """Blocks of samples, of which `pace` go into each that comes out; starts where they start.

    `pace` is nearly 1: nothing keeps what lies near half the rate from folding back.
    """
    kernels = _kernels()
    ratio = float(pace)
    held: Samples | None = None
    begin = 0  # number of the first sample that is held
    done = 0  # samples that came out
    for block in blocks:
        if held is None:
            held, begin = np.zeros((block.shape[0], _HALF), np.float32), -_HALF
        held = np.concatenate((held, block), axis=1)
        while (count := _ready(begin + held.shape[1], done, ratio)) > 0:
            count = min(count, _PIECE)
            yield _between(held, begin, done, count, ratio, kernels)
            done += count
            unused = max(int(done * ratio) - _HALF - begin, 0)
            held, begin = held[:, unused:], begin + unused
    if held is None:
        return
    end = begin + held.shape[1]
    held = np.concatenate((held, np.zeros((held.shape[0], _HALF + 1), np.float32)), axis=1)
    last = int(np.ceil(end / ratio))
    while done < last:
        count = min(last - done, _PIECE)
        yield _between(held, begin, done, count, ratio, kernels)
        done += count


def _ready(end: int, done: int, ratio: float) -> int:
    """How many samples can be worked out while those from `end` on are unknown."""
    return int(np.floor((end - _HALF - 1) / ratio)) - done


def _between(
    held: Samples, begin: int, done: int, count: int, ratio: float, kernels: Samples
) -> Samples:
    places = (done + np.arange(count, dtype=np.float64)) * ratio
    whole = np.floor(places)
    phase = (places - whole) * _PHASES
    lower = phase.astype(np.int32)
    share = (phase - lower).astype(np.float32)[:, None]
    weights = kernels[lower] * (1 - share) + kernels[lower + 1] * share
    first = whole.astype(np.int64) - begin - _HALF + 1
    windows = np.lib.stride_tricks.sliding_window_view(held, 2 * _HALF, axis=1)[:, first]
    sums: Samples = np.einsum("cnt,nt->cn", windows, weights, optimize=True).astype(np.float32)
    return sums
