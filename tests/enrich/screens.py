"""Films of slides with text on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

RATE = 5
SIZE = (640, 360)


@dataclass(frozen=True)
class Slide:
    seconds: float
    heading: str
    lines: tuple[str, ...] = ()
    paper: str = "white"


def drawn(slide: Slide) -> np.ndarray:
    """Shape (height, width, 3)."""
    picture = Image.new("RGB", SIZE, slide.paper)
    pen = ImageDraw.Draw(picture)
    ink = "white" if slide.paper == "black" else "black"
    pen.text((40, 30), slide.heading, font=ImageFont.load_default(34), fill=ink)
    for n, line in enumerate(slide.lines):
        pen.text((60, 120 + 44 * n), line, font=ImageFont.load_default(18), fill=ink)
    return np.array(picture)


def film_of(path: Path, slides: Sequence[Slide], sound: np.ndarray | None = None) -> Path:
    """Write slides one behind the other; `sound` is one channel at 16 kHz."""
    with av.open(str(path), "w") as out:
        picture = out.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "g": "50"})
        picture.width, picture.height = SIZE
        picture.pix_fmt = "yuv420p"
        track = out.add_stream("aac", rate=16_000) if sound is not None else None
        if track is not None:
            track.layout = "mono"
        number = 0
        for slide in slides:
            pixels = drawn(slide)
            for _ in range(round(slide.seconds * RATE)):
                frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = number, Fraction(1, RATE)
                number += 1
                out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        if sound is not None and track is not None:
            for at in range(0, len(sound), 1024):
                piece = np.ascontiguousarray(sound[None, at : at + 1024].astype(np.float32))
                heard = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
                heard.sample_rate, heard.pts = 16_000, at
                heard.time_base = Fraction(1, 16_000)
                out.mux(track.encode(heard))
            out.mux(track.encode(None))
    return path
