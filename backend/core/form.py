"""What its owner asks of a film's picture, beside what is on it: how high, and how steady."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from backend.core.media import VideoStream
from backend.core.session import FrameRate, Quality, SessionOptions
from backend.core.time import seconds

OWN = "own"
"""How people write that something stays as it was recorded."""
HEIGHTS = (64, 4320)
"""Rows of pixels that can be asked for."""
RATES = (Fraction(1), Fraction(120))
"""Frames a second that can be asked for."""

_USUAL = (
    *(Fraction(10), Fraction(12), Fraction(15), Fraction(20), Fraction(24000, 1001)),
    *(Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(48)),
    *(Fraction(50), Fraction(60000, 1001), Fraction(60), Fraction(100), Fraction(120)),
)
_EXACT = Fraction(1, 10_000)
"""Share by which a measured rate may differ from 30000/1001 and its kin, which are that near to a
whole number themselves, to be taken for it."""
_MEANT = Fraction(1, 200)
"""Frames a second by which a rate that was written down may differ from the one that is meant:
29.97 is 30000/1001."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the picture of a film is to be."""

    height: int | None = None
    """Rows of pixels as they are shown, at most; None: as many as were recorded."""
    rate: FrameRate = None
    small: Quality | None = None
    """How good the picture is where it is encoded for a small file at once; None: it is copied
    where that plays."""

    def parameters(self) -> dict[str, object]:
        """JSON values on which the film depends, for its name; empty where nothing is asked for."""
        asked = {"height": self.height, "rate": self.rate, "small": self.small}
        return {
            name: value if isinstance(value, int) else str(value)
            for name, value in asked.items()
            if value is not None
        }


AS_RECORDED = Form()
"""Nothing is asked for."""


def form_of(options: SessionOptions) -> Form:
    """What was asked for a session's film."""
    return Form(options.height, options.rate)


def grid(rate: FrameRate, stream: VideoStream) -> Fraction | None:
    """Frames a second at which those of a recording are shown; None: each at its own time."""
    if rate is None or isinstance(rate, Fraction):
        return rate
    own = 1 / stream.step if stream.step else stream.frame_rate or Fraction(30)
    own = min(max(own, RATES[0]), RATES[1])
    nearest = min(_USUAL, key=lambda usual: abs(usual / own - 1))
    if nearest.denominator > 1 and abs(nearest / own - 1) > _EXACT:
        nearest = Fraction(round(nearest))
    if abs(nearest / own - 1) < (Fraction(1, 4) if stream.variable else Fraction(1, 100)):
        return nearest
    return own.limit_denominator(1001)


def film_size(stream: VideoStream, height: int | None) -> tuple[int, int]:
    """Width and height of a recording's film, as they are stored: even, since colours are kept for
    squares of four pixels. A picture that is not higher than `height` stays as it is."""
    width, rows = stream.width - stream.width % 2, stream.height - stream.height % 2
    shown = width if stream.rotation % 180 else rows
    if height is None or shown <= height:
        return max(2, width), max(2, rows)
    scale = Fraction(height, shown)
    return max(2, round(width * scale / 2) * 2), max(2, round(rows * scale / 2) * 2)


def ticks_a_second(rate: Fraction, least: int) -> int:
    """Fewest ticks of a clock, no fewer than `least`, by whose whole numbers frames last."""
    return rate.numerator * ceil(Fraction(least, rate.numerator))


def exact_rate(number: Fraction | float | str) -> Fraction:
    """The frame rate that is meant by a number. Raises ValueError with words for a person."""
    try:
        rate = seconds(number)
    except ValueError as error:
        raise ValueError(_RATE_WORDS) from error
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(_RATE_WORDS)
    nearest = min(_USUAL, key=lambda usual: abs(usual - rate))
    return nearest if abs(nearest - rate) <= _MEANT else rate.limit_denominator(1001)


_RATE_WORDS = f"{OWN}, constant, or frames a second from 1 to 120, such as 25 or 29.97"


def parse_rate(text: str) -> FrameRate:
    """A rate as people write it. Raises ValueError with what can be written."""
    if text == OWN:
        return None
    if text == "constant":
        return "constant"
    return exact_rate(text)


def parse_height(text: str) -> int | None:
    """A height as people write it. Raises ValueError with what can be written."""
    if text == OWN:
        return None
    if text.isdecimal() and len(text) < 6 and HEIGHTS[0] <= int(text) <= HEIGHTS[1]:
        return int(text)
    raise ValueError(f"{OWN}, or rows of pixels from {HEIGHTS[0]} to {HEIGHTS[1]}, such as 720")
