"""The form in which frames are encoded: size, shape, colours, rate, and how well."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from backend.core.form import Form, film_size, grid
from backend.core.media import VideoStream
from backend.media.colour import HDR_TRANSFERS
from backend.media.quality import TARGETS, Material

KEYFRAMES = Fraction(2)
"""Seconds between frames that a player can seek to, at most."""

PRESET = "veryfast"
CRF = 20
JOIN_CRF = 18
"""Quality of what is encoded beside copied packets: nobody should see where they meet."""


@dataclass(frozen=True, slots=True)
class PictureEncoding:
    """How pictures are encoded: x264, 8 bit, 4:2:0, constant quality."""

    width: int
    height: int
    crop: tuple[int, int]
    """Pixels taken off the right and the bottom, 0 or 1: 4:2:0 needs even sizes. A row less shows
    nothing that is not there; padding would draw a line."""
    deinterlace: bool
    to_sdr: bool
    """Whether high dynamic range is mapped to BT.709."""
    rate: Fraction
    """Frames a second that the encoder is told; the frames keep their own times."""
    aspect: Fraction = Fraction(1)
    """Width of a pixel by its height."""
    colours: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
    """Range, primaries, transfer and matrix that the film's frames are in."""
    inner: tuple[int, int] | None = None
    """Size of the picture in the middle of the frame, where black bars surround it."""
    turn: int = 0
    """Degrees clockwise by which frames are turned before they are encoded."""
    black: bool = False
    """Whether nothing of the source is shown: a gap."""
    sps_id: int = 0
    """Number of the parameter sets, so that they stand beside those of copied packets."""
    crf: int = CRF
    preset: str = PRESET

    def parameters(self) -> dict[str, object]:
        """What the result depends on, for the names of its artifacts."""
        return {
            "size": [self.width, self.height, *self.crop],
            "inner": [*(self.inner or ()), self.turn, self.black],
            "look": [str(self.rate), str(self.aspect), *self.colours],
            "deinterlace": self.deinterlace,
            "sdr": self.to_sdr,
            "x264": [self.preset, self.crf, str(KEYFRAMES), self.sps_id],
        }


def encoding_of(
    stream: VideoStream,
    first: VideoStream,
    form: Form,
    *,
    joined: bool = False,
    sps_id: int = 0,
) -> PictureEncoding:
    """How frames of `stream` are encoded for a film that has the form of `first`.

    `joined`: packets of `first` are copied beside them, with parameter sets of other numbers than
    `sps_id`.
    """
    size = film_size(first, form.height)
    colours = (first.color_range, first.color_primaries, first.color_transfer, first.color_matrix)
    if first.color_transfer in HDR_TRANSFERS and not joined:
        colours = ("tv", "bt709", "bt709", "bt709")
    to_sdr = stream.color_transfer in HDR_TRANSFERS and colours[2] not in HDR_TRANSFERS
    turn = (stream.rotation - first.rotation) % 360
    crop = (
        stream.width % 2 if stream.width > 1 else 0,
        stream.height % 2 if stream.height > 1 else 0,
    )
    rate = grid(form.rate, first)
    wanted = TARGETS[form.small, Material.CAMERA] if form.small else None
    return PictureEncoding(
        width=size[0],
        height=size[1],
        crop=crop,
        deinterlace=stream.interlaced,
        to_sdr=to_sdr,
        rate=rate or (first.frame_rate or Fraction(30)).limit_denominator(1001),
        aspect=first.sample_aspect,
        colours=colours,
        inner=_inner(stream, first, size, crop, turn),
        turn=turn,
        sps_id=sps_id,
        crf=wanted.crf if wanted else JOIN_CRF if joined else CRF,
        preset=wanted.preset if wanted else PRESET,
    )


def _inner(
    stream: VideoStream,
    first: VideoStream,
    size: tuple[int, int],
    crop: tuple[int, int],
    turn: int,
) -> tuple[int, int] | None:
    """Size at which a picture of another shape fits into frames of `size`; None where it fills
    them."""
    looks = [(one.width, one.height, one.sample_aspect) for one in (stream, first)]
    if looks[0] == looks[1] and not turn % 180:
        return None
    width, height = stream.width - crop[0], stream.height - crop[1]
    shape = width * stream.sample_aspect / height
    if turn % 180:
        shape = 1 / shape
    wide, high = size
    own = wide * first.sample_aspect / high
    if abs(shape / own - 1) < Fraction(1, 200):
        return None
    if shape > own:
        high = max(2, round(high * own / shape / 2) * 2)
    else:
        wide = max(2, round(wide * shape / own / 2) * 2)
    return wide, high
