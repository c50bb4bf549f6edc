"""Vectors, held so that those which lie closest to another are found at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backend.enrich.words import Vectors

FLOOR = 0.3
"""Cosine below which two texts are about different things, as a rule: of unrelated sentences nine
pairs in ten lie below 0.11; a word, and a sentence about what it names, lie from 0.35 on."""
_ROWS = 8192
"""Vectors that are compared at a time: more memory than that would be lost to the rest."""


def packed(vectors: Vectors) -> list[bytes]:
    """One byte a number instead of four: the angle changes by less than half a degree."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-9)
    whole = np.rint(vectors / largest * 127).astype(np.int8)
    return [row.tobytes() for row in whole]


class Nearest:
    """Packed vectors under numbers, all of one size."""

    def __init__(self) -> None:
        self._numbers: list[np.ndarray] = []
        self._blocks: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []

    def add(self, vectors: Sequence[tuple[int, bytes]]) -> None:
        """Shape of each vector: (size,)."""
        if not vectors:
            return
        block = np.frombuffer(b"".join(row for _, row in vectors), np.int8)
        block = block.reshape(len(vectors), -1)
        self._numbers.append(np.array([number for number, _ in vectors], np.int64))
        self._blocks.append(block)
        self._lengths.append(np.linalg.norm(block.astype(np.float32), axis=1))
        if len(self._blocks) > 1 and sum(map(len, self._blocks[-2:])) <= _ROWS:
            for parts in (self._numbers, self._blocks, self._lengths):
                parts[-2:] = [np.concatenate(parts[-2:])]

    def find(self, vector: np.ndarray, most: int) -> list[tuple[int, float]]:
        """The numbers of at most `most` vectors that lie close to one of length 1, and their
        cosines, the closest first. Shape of `vector`: (size,)."""
        found: list[tuple[float, int]] = []
        for numbers, block, lengths in zip(self._numbers, self._blocks, self._lengths, strict=True):
            for at in range(0, len(block), _ROWS):
                rows = slice(at, at + _ROWS)
                close = block[rows].astype(np.float32) @ vector / np.maximum(lengths[rows], 1e-9)
                best = np.argsort(-close)[:most]
                found += [
                    (float(close[n]), int(numbers[rows][n])) for n in best if close[n] >= FLOOR
                ]
        return [(number, close) for close, number in sorted(found, key=lambda one: -one[0])[:most]]
