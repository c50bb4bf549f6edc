"""How good a smaller picture has to be, and how good it is.

The measure is SSIM (Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment, 2004), by FFmpeg's
filter of that name, over luma and both chromas. What a person sees as the same depends on what is
shown: on drawn surfaces, text above all, flaws stand out at figures at which a camera's picture
only lost its noise. So screens have higher floors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import av
from av.filter import Graph

from backend.core.session import Quality


class Material(StrEnum):
    SCREEN = "screen"
    """Drawn: windows, text, slides."""
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class Target:
    """What is aimed at: x264's settings, and the SSIM below which the result is not wanted."""

    preset: str
    crf: int
    floor: float
    """Smallest mean SSIM of a chunk's samples, 0 to 1."""
    params: str = ""
    """Further ones, as x264 spells them."""

    @property
    def better_crf(self) -> int:
        """For the second try of a chunk that fell below the floor."""
        return self.crf - 5


# Without psychovisual bits, which invent grain that drawn surfaces do not have; and frames count
# for as long as they are shown, since those that repeat are left out.
_DRAWN = "psy=0:force-cfr=0"
_FILMED = "force-cfr=0"

TARGETS: Mapping[tuple[Quality, Material], Target] = {
    (Quality.LOW, Material.SCREEN): Target("veryfast", 28, 0.960, _DRAWN),
    (Quality.LOW, Material.CAMERA): Target("veryfast", 27, 0.920, _FILMED),
    (Quality.MEDIUM, Material.SCREEN): Target("veryfast", 24, 0.975, _DRAWN),
    (Quality.MEDIUM, Material.CAMERA): Target("veryfast", 23, 0.945, _FILMED),
    (Quality.HIGH, Material.SCREEN): Target("faster", 20, 0.985, _DRAWN),
    (Quality.HIGH, Material.CAMERA): Target("faster", 20, 0.965, _FILMED),
}


_TICK = Fraction(1, 25)
"""Of the filter's clock, on which frames are paired by their numbers."""


def likeness(pairs: Sequence[tuple[av.VideoFrame, av.VideoFrame]]) -> list[float]:
    """SSIM of each pair of frames, 0 to 1; 1 for equal ones. All have one size and format."""
    if not pairs:
        return []
    graph = Graph()
    first = pairs[0][0]
    inputs = [
        graph.add_buffer(
            width=first.width, height=first.height, format=first.format, time_base=_TICK
        )
        for _ in range(2)
    ]
    measure, sink = graph.add("ssim"), graph.add("buffersink")
    for i, node in enumerate(inputs):
        node.link_to(measure, 0, i)
    measure.link_to(sink)
    graph.configure()
    found: list[float] = []

    def pull() -> None:
        while True:
            try:
                frame = sink.pull()
            except (BlockingIOError, EOFError):
                return
            found.append(float(frame.metadata["lavfi.ssim.All"]))

    for number, pair in enumerate(pairs):
        for node, frame in zip(inputs, pair, strict=True):
            before, base = frame.pts, frame.time_base
            frame.pts, frame.time_base = number, _TICK
            node.push(frame)
            frame.pts = before
            if base is not None:
                frame.time_base = base
        pull()
    for node in inputs:
        node.push(None)
    pull()
    return found
