"""Peaks of a sound, to draw its waveform from, at two zooms.

Both have the form of BBC audiowaveform, version 2, which wavesurfer.js and Peaks.js read: for every
pixel the lowest and the highest sample of any channel, in 8 bits. The whole is JSON. The fine one
is binary (`.dat`): its pixels lie at known places, so whoever zooms in reads the bytes of what is
on the screen, and no more.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

from backend.core.fault import FaultError, explain
from backend.media.samples import Samples
from backend.media.series import Series
from backend.media.write import sync

PIXELS = 20_000
"""Most pixels of the whole: ten screens wide, 160 KB."""

FINEST = 256
"""Samples of a pixel of the fine waveform."""

_SIGNED, _EIGHT_BITS = 0, 1
"""Flags of the binary form: the samples are 8 bits wide."""


class Peaks:
    """Lowest and highest sample of every pixel, as samples come."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._found = Series(np.int8)
        self._rest = np.zeros((1, 0), np.float32)

    def add(self, block: Samples) -> None:
        if self._rest.shape[1]:
            block = np.concatenate([self._rest, block], axis=1)
        whole = block.shape[1] // FINEST
        if whole:
            pixels = block[:, : whole * FINEST].reshape(block.shape[0], whole, FINEST)
            self._found.add(_scaled(pixels.min(axis=(0, 2)), pixels.max(axis=(0, 2))))
        self._rest = block[:, whole * FINEST :].copy()

    def write_fine(self, output: Path) -> dict[str, object]:
        """The fine waveform; returns what its header says. Raises FaultError: storage."""
        fine = self._fine()
        head = struct.pack("<iIiiIi", 2, _EIGHT_BITS | _SIGNED, self._rate, FINEST, len(fine), 1)
        _write(output, head + fine.tobytes())
        return self._head(FINEST, len(fine))

    def write_whole(self, output: Path) -> dict[str, object]:
        """The whole in at most `PIXELS` pixels; returns it without the data. Raises FaultError."""
        fine = self._fine()
        times = max(1, -(-len(fine) // PIXELS))
        padded = np.pad(fine, ((0, -len(fine) % times), (0, 0)), mode="edge") if len(fine) else fine
        parts = padded.reshape(-1, times, 2)
        pairs = np.stack([parts[:, :, 0].min(axis=1), parts[:, :, 1].max(axis=1)], axis=1)
        head = self._head(FINEST * times, len(pairs))
        data = [int(value) for value in pairs.reshape(-1)]
        _write(output, json.dumps({**head, "data": data}, separators=(",", ":")).encode("ascii"))
        return head

    def _head(self, per_pixel: int, length: int) -> dict[str, object]:
        return {
            "version": 2,
            "channels": 1,
            "sample_rate": self._rate,
            "samples_per_pixel": per_pixel,
            "bits": 8,
            "length": length,
        }

    def _fine(self) -> npt.NDArray[np.int8]:
        found: npt.NDArray[np.int8] = self._found.all().reshape(-1, 2)
        if not self._rest.shape[1]:
            return found
        last = _scaled(self._rest.min(keepdims=True)[0], self._rest.max(keepdims=True)[0])
        return np.concatenate([found, last])


def _scaled(low: npt.NDArray[np.float32], high: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    pairs = np.stack([low, high], axis=1)
    return np.clip(np.rint(pairs * 128), -128, 127).astype(np.int8)


def _write(output: Path, data: bytes) -> None:
    try:
        output.write_bytes(data)
        sync(output)
    except OSError as error:
        raise FaultError(explain(error, "write the waveform")) from error
