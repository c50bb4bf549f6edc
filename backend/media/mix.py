"""Several lanes of sound heard at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

_KNEE = 0.8
"""Strength from which a sum is bent, so that it stays within full scale without a hard edge."""


def mixed(lanes: Sequence[Iterator[Samples]]) -> Iterator[Samples]:
    """The sum of lanes of one form and length, each as loud as it is alone.

    Where it would be too loud it is bent, sample by sample: nothing else is touched, and nothing
    pumps.
    """
    held: list[Samples | None] = [None for _ in lanes]
    while True:
        for i, lane in enumerate(lanes):
            piece = held[i]
            if piece is None or not piece.shape[1]:
                held[i] = next(lane, None)
        pieces = [piece for piece in held if piece is not None]
        if len(pieces) < len(lanes):
            return
        count = min(piece.shape[1] for piece in pieces)
        yield _bent(np.sum([piece[:, :count] for piece in pieces], axis=0, dtype=np.float32))
        held = [piece[:, count:] for piece in pieces]


def _bent(block: Samples) -> Samples:
    strength = np.abs(block)
    if strength.max(initial=0) <= _KNEE:
        return block
    room = np.float32(1 - _KNEE)
    bent = _KNEE + room * np.tanh((strength - _KNEE) / room)
    limited: Samples = np.where(strength > _KNEE, np.copysign(bent, block), block)
    return limited.astype(np.float32, copy=False)
