"""Numbers that are kept for as long as a recording lasts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class Series:
    """Numbers that come a block at a time and stay, in one piece of memory.

    A list of arrays would do, but each of its small ones lies on the heap among the large ones of
    its block, and what those leave is then too short for the next block: four hours of sound came
    to 1.8 GB so, and a few megabytes are kept.
    """

    def __init__(self, kind: npt.DTypeLike) -> None:
        self._kind = np.dtype(kind)
        self._bytes = bytearray()

    def add(self, values: npt.NDArray[Any]) -> None:
        self._bytes += values.astype(self._kind).tobytes()

    def all(self) -> npt.NDArray[Any]:
        """A copy of what has come so far, in one row."""
        return np.frombuffer(self._bytes, self._kind).copy()
