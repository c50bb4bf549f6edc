"""Frames that show nothing new, and pictures that were drawn rather than filmed."""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

_SPARSE = 16
"""Every how many rows a first look is taken: frames that differ mostly differ there already."""

_BLOCK = 8
"""Pixels along the side of a block that is looked at for being flat."""


def planes(frame: av.VideoFrame) -> Iterator[Plane]:
    """The planes of an 8-bit 4:2:0 frame, luma first. Shape (height, width), without padding.

    Views into the frame: keep it alive for as long as they are used.
    """
    for plane in frame.planes:
        rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height]
        yield rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def same_picture(a: av.VideoFrame, b: av.VideoFrame) -> bool:
    """Whether two frames are equal in every sample of luma and of both chromas."""
    if (a.width, a.height, a.format.name) != (b.width, b.height, b.format.name):
        return False
    pairs = list(zip(planes(a), planes(b), strict=True))
    return all(np.array_equal(x[::_SPARSE], y[::_SPARSE]) for x, y in pairs) and all(
        np.array_equal(x, y) for x, y in pairs
    )


def flat_share(frame: av.VideoFrame) -> float:
    """Share of a picture's blocks in which all luma is alike, 0 to 1.

    Drawn surfaces are flat to the last bit and mostly stay so through an encoder; what a camera
    sees has noise.
    """
    luma = next(planes(frame))
    height, width = (side // _BLOCK * _BLOCK for side in luma.shape)
    if not height or not width:
        return 0.0
    blocks = luma[:height, :width].reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    spread = blocks.max(axis=(1, 3)) - blocks.min(axis=(1, 3))
    return float((spread == 0).mean())
