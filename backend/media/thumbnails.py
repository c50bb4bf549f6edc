"""A strip of small pictures out of a film, as one JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext

from backend.core.fault import FaultError, explain
from backend.core.time import ZERO
from backend.media.write import sync

TILES = 100
TILE_WIDTH = 160
_COLUMNS = 10
_TALLEST = 640
"""Pixels of height, for pictures that are nothing but high."""

Pixels = npt.NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the tiles are."""

    count: int
    width: int
    height: int
    interval: Fraction
    """Seconds of film that a tile stands for."""

    @property
    def columns(self) -> int:
        return min(_COLUMNS, self.count)

    @property
    def rows(self) -> int:
        return ceil(self.count / self.columns)

    def sheet(self) -> Pixels:
        """All tiles, still black."""
        return np.zeros((self.rows * self.height, self.columns * self.width, 3), np.uint8)

    def place(self, i: int) -> tuple[slice, slice]:
        y, x = i // self.columns * self.height, i % self.columns * self.width
        return slice(y, y + self.height), slice(x, x + self.width)


class Strip:
    """A sprite of up to 100 pictures, evenly spaced over the film, as its frames come.

    Tile i shows the film at i × interval; tiles run from left to right, then down. They stand as
    a player turns the film. First come the keyframes: one stands in for the exact frame where it
    is less than one interval older. Then those frames that `missing` asks for.
    """

    def __init__(self, duration: Fraction, aspect: Fraction) -> None:
        self._aspect = aspect
        self._count = max(1, min(TILES, int(duration)))
        self._interval = duration / self._count
        self._tiles: dict[int, Pixels] = {}
        self._missing: list[int] = []
        self._held: tuple[Fraction, av.VideoFrame] | None = None
        self._grid: _Grid | None = None
        self._turns = 0

    def add_keyframe(self, time: Fraction, frame: av.VideoFrame) -> None:
        """A keyframe and when it is shown, in seconds."""
        if self._held is None:
            self._held = (ZERO, frame)  # whatever comes before the first picture shows it, too
        elif time > self._held[0]:
            self._shown_until(time)
            self._held = (time, frame)

    def end_keyframes(self) -> None:
        """There are no more."""
        self._shown_until(None)
        self._held = None

    def missing(self) -> list[Fraction]:
        """Moments that no keyframe stands for; seconds, in order."""
        return [i * self._interval for i in self._missing]

    def add(self, time: Fraction, frame: av.VideoFrame) -> None:
        """A frame from around the moments that are missing, in order."""
        while self._missing and self._missing[0] * self._interval < time:
            if self._held is not None:
                self._put(self._missing[0], self._held[1])
            del self._missing[0]
        self._held = (time, frame)

    def _shown_until(self, end: Fraction | None) -> None:
        """The keyframe that is held is followed by another at `end`, None for by none."""
        if self._held is None:
            return
        time, frame = self._held
        for i in range(max(0, ceil(time / self._interval)), self._count):
            at = i * self._interval
            if end is not None and at >= end:
                return
            if at - time < self._interval:
                self._put(i, frame)
            else:
                self._missing.append(i)

    def _put(self, i: int, frame: av.VideoFrame) -> None:
        if self._grid is None:
            self._turns = round(frame.rotation / 90) % 4
            self._grid = _grid(frame, self._aspect, self._turns, self._count, self._interval)
        self._tiles[i] = _tile(frame, self._grid, self._turns)

    def write(self, output: Path) -> dict[str, object]:
        """Write the sprite as a JPEG. Raises FaultError (storage) where the disk is full.

        Returns tile_width, tile_height, columns, rows, count and interval (seconds).
        """
        if self._held is not None:
            for i in self._missing:
                self._put(i, self._held[1])
        grid = self._grid
        assert grid is not None
        sheet = grid.sheet()
        last: Pixels | None = None
        for i in range(grid.count):
            last = self._tiles.get(i, last)
            if last is not None:
                sheet[grid.place(i)] = last
        try:
            output.write_bytes(_jpeg(sheet))
            sync(output)
        except OSError as error:
            raise FaultError(explain(error, "write the thumbnails")) from error
        return {
            "tile_width": grid.width,
            "tile_height": grid.height,
            "columns": grid.columns,
            "rows": grid.rows,
            "count": grid.count,
            "interval": float(grid.interval),
        }


def _grid(
    frame: av.VideoFrame, aspect: Fraction, turns: int, count: int, interval: Fraction
) -> _Grid:
    shape = Fraction(frame.width, frame.height) * aspect
    if turns % 2:
        shape = 1 / shape
    height = min(_TALLEST, max(2, round(TILE_WIDTH / shape / 2) * 2))
    return _Grid(count, TILE_WIDTH, height, interval)


def _tile(frame: av.VideoFrame, grid: _Grid, turns: int) -> Pixels:
    """A frame as a player shows it. `turns`: quarter turns to the left."""
    size = (grid.height, grid.width) if turns % 2 else (grid.width, grid.height)
    small = frame.reformat(width=size[0], height=size[1], format="rgb24", interpolation="AREA")
    pixels = small.to_ndarray()
    return np.rot90(pixels, turns).astype(np.uint8)


def _jpeg(sheet: Pixels) -> bytes:
    encoder = CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, VideoCodecContext)
    height, width = sheet.shape[:2]
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"qmin": "3", "qmax": "3"}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(sheet), "rgb24")
    frame = frame.reformat(format="yuvj420p", dst_color_range="JPEG")
    frame.pts = 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
