"""Frames brought into the form in which they are encoded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph
from av.filter.context import FilterContext

from backend.core.time import ticks
from backend.media import colour
from backend.media.framing import PictureEncoding

FORMAT = "yuv420p"

_TONE_MAPS: dict[tuple[object, ...], Graph | None] = {}
"""Graphs that map high dynamic range, by all that they depend on. Each makes tables that take
seconds, so one serves every stretch of a film."""
_MOST_TONE_MAPS = 2


def entrance(graph: Graph, frame: av.VideoFrame, time_base: Fraction) -> FilterContext:
    """Where frames like this one enter a graph.

    Their colours are said: a scaler that was not told them beforehand takes its output for BT.601,
    whatever comes in, and three times as long.
    """
    words = {
        "video_size": f"{frame.width}x{frame.height}",
        "pix_fmt": frame.format.name,
        "time_base": f"{time_base.numerator}/{time_base.denominator}",
        "colorspace": int(frame.colorspace),
        "range": int(frame.color_range),
    }
    return graph.add("buffer", ":".join(f"{name}={value}" for name, value in words.items()))


class Shape:
    """Brings frames into the planned form: deinterlaced, cropped, scaled, SDR, 8-bit 4:2:0."""

    def __init__(self, encoding: PictureEncoding, time_base: Fraction) -> None:
        self._encoding = encoding
        self._base = time_base
        self._first: tuple[int, int] | None = None
        self._form: tuple[object, ...] | None = None
        self._graph: Graph | None = None
        self._shared = encoding.to_sdr and not encoding.deinterlace
        """Whether its graph holds nothing back, and is kept for the next stretch."""

    def changes(self, frame: av.VideoFrame) -> bool:
        """Whether a frame has another size than the first."""
        size = (frame.width, frame.height)
        self._first = self._first or size
        return size != self._first

    def __call__(self, frame: av.VideoFrame) -> Iterator[tuple[int, av.VideoFrame]]:
        form = (
            frame.width,
            frame.height,
            frame.format.name,
            int(frame.color_range),
            int(frame.colorspace),
        )
        if form != self._form:
            yield from self.rest()
            self._form = form
            self._graph = self._tone_map(frame, form) if self._shared else self._made(frame)
        if self._graph is None:
            yield self._tick(frame), frame
            return
        self._graph.vpush(frame)
        yield from self._pulled()

    def rest(self) -> Iterator[tuple[int, av.VideoFrame]]:
        """What the filters still hold."""
        if self._graph is not None and not self._shared:
            self._graph.vpush(None)
            yield from self._pulled()
        self._graph = None

    def _tone_map(self, frame: av.VideoFrame, form: tuple[object, ...]) -> Graph | None:
        colours = int(frame.color_primaries), int(frame.color_trc)
        key = (self._encoding, self._base, self._first, form, colours)
        if key not in _TONE_MAPS:
            while len(_TONE_MAPS) >= _MOST_TONE_MAPS:
                _TONE_MAPS.pop(next(iter(_TONE_MAPS)))
            _TONE_MAPS[key] = self._made(frame)
        return _TONE_MAPS[key]

    def _tick(self, frame: av.VideoFrame) -> int:
        base = frame.time_base
        assert frame.pts is not None
        assert base is not None
        return ticks(frame.pts * Fraction(base.numerator, base.denominator), self._base)

    def _pulled(self) -> Iterator[tuple[int, av.VideoFrame]]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.vpull()
            except (BlockingIOError, EOFError):
                return
            yield self._tick(frame), frame

    def _made(self, frame: av.VideoFrame) -> Graph | None:
        filters = list(self._filters(frame))
        if not filters and frame.format.name in (FORMAT, "yuvj420p"):
            return None
        filters.append(("format", FORMAT))
        graph = Graph()
        node = entrance(graph, frame, self._base)
        for name, arguments in filters:
            following = graph.add(name, arguments)
            node.link_to(following)
            node = following
        node.link_to(graph.add("buffersink"))
        graph.configure()
        return graph

    def _filters(self, frame: av.VideoFrame) -> Iterator[tuple[str, str]]:
        encoding = self._encoding
        if encoding.deinterlace:
            yield "bwdif", "mode=send_frame:deint=interlaced"
        width, height = frame.width, frame.height
        wide, high = encoding.inner or (encoding.width, encoding.height)
        right, bottom = encoding.crop
        if any(encoding.crop) and (width, height) == self._first:
            width, height = width - right, height - bottom
            yield "crop", f"{width}:{height}:0:0:exact=1"
        if encoding.turn:
            yield from _TURNS[encoding.turn]
            if encoding.turn % 180:
                width, height = height, width
        scale = []
        changed = self._first is not None and (frame.width, frame.height) != self._first
        if (width, height) != (wide, high):
            scale.append(f"w={wide}:h={high}")
        if changed:
            # A recording that turns or changes its shape keeps it, with black beside it.
            scale.append("force_original_aspect_ratio=decrease:force_divisible_by=2")
        scale += self._colours(frame)
        if scale:
            yield "scale", ":".join(scale)
        if encoding.inner or changed:
            yield "pad", f"{encoding.width}:{encoding.height}:-1:-1:black"

    def _colours(self, frame: av.VideoFrame) -> Iterator[str]:
        encoding = self._encoding
        if encoding.to_sdr:
            yield "out_transfer=bt709:out_primaries=bt709:out_color_matrix=bt709:out_range=tv"
            yield "intent=perceptual"
            yield "threads=auto"
            return
        range_, _, _, matrix = encoding.colours
        own = colour.MATRICES.get(int(frame.colorspace))
        if matrix and own and matrix not in (own, "gbr"):
            yield f"out_color_matrix={matrix}"
        full = colour.RANGES.get(int(frame.color_range), "tv")
        if full != (range_ or "tv"):
            yield f"out_range={range_ or 'tv'}"


_TURNS = {
    90: (("transpose", "clock"),),
    180: (("hflip", ""), ("vflip", "")),
    270: (("transpose", "cclock"),),
}
"""Filters that turn a picture clockwise."""
