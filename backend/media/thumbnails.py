"""A strip of small pictures out of a film, as one JPEG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.codec import CodecContext
from av.container import InputContainer
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.fault import Category, FaultError, explain, refuse
from backend.core.progress import Stage
from backend.media.read import open_media
from backend.media.source import shown
from backend.media.write import sync

STRIP_ENGINE = 1
"""Version of what `strip` makes; raise it when that changes."""

TILES = 100
TILE_WIDTH = 160
_COLUMNS = 10
_TALLEST = 640
"""Pixels of height, for pictures that are nothing but high."""
_STAGE = "thumbnails"

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


def strip(film: Path, output: Path, ctx: Context) -> dict[str, object]:
    """Write a sprite of up to 100 pictures, evenly spaced over the film, to `output`.

    Tile i shows the film at i × interval; tiles run from left to right, then down. They stand as
    a player turns the film. A keyframe stands in for the exact frame where it is no more than one
    interval older. Returns tile_width, tile_height, columns, rows, count and interval (seconds).

    Raises FaultError: input where the film has no picture, storage where the disk is full.
    """
    ctx.plan([Stage(_STAGE, "Making thumbnails", 1.0)])
    container = open_media(film)
    try:
        if not container.streams.video:
            raise refuse(Category.INPUT, f"“{shown(film)}” has no picture.", "")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        grid, turns, sheet = None, 0, np.zeros((0, 0, 3), np.uint8)
        duration = _seconds(stream, stream.duration or 0)
        count = max(1, min(TILES, int(duration)))
        interval = duration / count
        last: Pixels | None = None
        for i, frame in enumerate(_at(container, stream, count, interval, ctx)):
            if frame is not None:
                if grid is None:
                    turns = round(frame.rotation / 90) % 4
                    grid = _grid(stream, frame, turns, count, interval)
                    sheet = np.zeros(
                        (grid.rows * grid.height, grid.columns * grid.width, 3), np.uint8
                    )
                last = _tile(frame, grid, turns)
            if grid is not None and last is not None:
                sheet[grid.place(i)] = last
            ctx.progress(_STAGE, (i + 1) / count)
    except FFmpegError as error:
        raise FaultError(explain(error, "make thumbnails")) from error
    finally:
        container.close()
    if grid is None:
        raise refuse(Category.CORRUPT, f"No picture of “{shown(film)}” could be decoded.", "")
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


def _seconds(stream: VideoStream, value: int) -> Fraction:
    base = stream.time_base or Fraction(1, av.time_base)
    return value * Fraction(base.numerator, base.denominator)


def _grid(
    stream: VideoStream, frame: av.VideoFrame, turns: int, count: int, interval: Fraction
) -> _Grid:
    aspect = stream.sample_aspect_ratio
    shape = Fraction(frame.width, frame.height)
    if aspect:
        shape *= Fraction(aspect.numerator, aspect.denominator)
    if turns % 2:
        shape = 1 / shape
    height = min(_TALLEST, max(2, round(TILE_WIDTH / shape / 2) * 2))
    return _Grid(count, TILE_WIDTH, height, interval)


def _at(
    container: InputContainer, stream: VideoStream, count: int, interval: Fraction, ctx: Context
) -> Iterator[av.VideoFrame | None]:
    """For every tile the frame that is on screen then, or a keyframe shortly before it; None where
    it is the same as for the tile before."""
    first = _seconds(stream, stream.start_time or 0)
    # An MP4's index holds decoding times, all of them early by as much as the first.
    index = [_seconds(stream, e.timestamp) for e in stream.index_entries if e.is_keyframe]
    keys = [key - index[0] + first for key in index]
    frames = _decoded(container, stream, ctx)
    ahead: av.VideoFrame | None = None
    at: Fraction | None = None  # when the frame that came last is shown
    for i in range(count):
        time = first + i * interval
        key = max((k for k in keys if k <= time), default=first)
        near = False
        if at is None or key > at:
            near = time - key <= interval
            container.seek(int(time / _seconds(stream, 1)), stream=stream)
            frames, ahead, at = _decoded(container, stream, ctx), None, None
        current: av.VideoFrame | None = None
        while True:
            ahead = ahead or next(frames, None)
            if ahead is None or ahead.pts is None:
                break
            if at is not None and _seconds(stream, ahead.pts) > time:
                break
            current, at, ahead = ahead, _seconds(stream, ahead.pts), None
            if near:
                break
        yield current


def _decoded(
    container: InputContainer, stream: VideoStream, ctx: Context
) -> Iterator[av.VideoFrame]:
    for packet in container.demux(stream):
        ctx.check()
        try:
            yield from packet.decode()
        except FFmpegError:
            continue


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
