"""Peaks of a film's sound, to draw its waveform from.

The form is BBC audiowaveform's JSON, version 2, which wavesurfer.js and Peaks.js read: for every
pixel the lowest and the highest sample, in 8 bits.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from backend.core.context import Context
from backend.core.fault import Category, FaultError, explain, refuse
from backend.core.progress import Stage
from backend.media.read import open_media
from backend.media.source import shown
from backend.media.write import sync

PEAKS_ENGINE = 1
"""Version of what `peaks` makes; raise it when that changes."""

PIXELS = 20_000
"""Most pixels of a waveform: ten screens wide, 160 KB."""

_FINEST = 256
"""Fewest samples of a pixel."""

_STAGE = "waveform"


def peaks(film: Path, output: Path, ctx: Context) -> dict[str, object]:
    """Write the peaks of a film's sound to `output`. All channels count.

    Returns what the file tells about itself, without the data. Raises FaultError: input where the
    film has no sound, storage where the disk is full.
    """
    ctx.plan([Stage(_STAGE, "Drawing the waveform", 1.0)])
    container = open_media(film)
    try:
        if not container.streams.audio:
            raise refuse(Category.INPUT, f"“{shown(film)}” has no sound.", "")
        stream = container.streams.audio[0]
        rate = stream.codec_context.sample_rate
        base = stream.time_base
        seconds = (stream.duration or 0) * base if base else 0
        total = max(1, int(seconds * rate))
        per_pixel = max(_FINEST, -(-total // PIXELS))
        found = _Peaks(per_pixel)
        resampler = AudioResampler("fltp")
        for frame in _frames(container.demux(stream), ctx):
            for block in resampler.resample(frame):
                found.add(block.to_ndarray().astype(np.float32, copy=False))
            ctx.progress(_STAGE, min(1.0, found.samples / total))
    finally:
        container.close()
    data = found.data()
    head = {
        "version": 2,
        "channels": 1,
        "sample_rate": rate,
        "samples_per_pixel": per_pixel,
        "bits": 8,
        "length": len(data) // 2,
    }
    try:
        with output.open("w", encoding="ascii") as file:
            json.dump({**head, "data": data}, file, separators=(",", ":"))
        sync(output)
    except OSError as error:
        raise FaultError(explain(error, "write the waveform")) from error
    ctx.progress(_STAGE, 1.0)
    return dict(head)


def _frames(packets: Iterator[av.Packet[av.AudioStream]], ctx: Context) -> Iterator[av.AudioFrame]:
    for packet in packets:
        ctx.check()
        try:
            yield from packet.decode()
        except FFmpegError:
            continue  # a damaged packet is a short silence


class _Peaks:
    """Lowest and highest sample of every pixel, as samples come."""

    def __init__(self, per_pixel: int) -> None:
        self._per_pixel = per_pixel
        self._low: list[npt.NDArray[np.float32]] = []
        self._high: list[npt.NDArray[np.float32]] = []
        self._rest = np.zeros((1, 0), np.float32)
        self.samples = 0

    def add(self, block: npt.NDArray[np.float32]) -> None:
        self.samples += block.shape[1]
        if self._rest.shape[0] != block.shape[0]:
            self._rest = np.zeros((block.shape[0], 0), np.float32)
        block = np.concatenate([self._rest, block], axis=1)
        whole = block.shape[1] // self._per_pixel
        cut = whole * self._per_pixel
        if whole:
            pixels = block[:, :cut].reshape(block.shape[0], whole, self._per_pixel)
            self._low.append(pixels.min(axis=(0, 2)))
            self._high.append(pixels.max(axis=(0, 2)))
        self._rest = block[:, cut:]

    def data(self) -> list[int]:
        """Low, high, low, high … of 8-bit samples."""
        low, high = list(self._low), list(self._high)
        if self._rest.shape[1]:
            low.append(np.array([self._rest.min()], np.float32))
            high.append(np.array([self._rest.max()], np.float32))
        if not low:
            return []
        pairs = np.stack([np.concatenate(low), np.concatenate(high)], axis=1)
        scaled = np.clip(np.rint(pairs * 128), -128, 127).astype(np.int8)
        return [int(value) for value in scaled.reshape(-1)]
