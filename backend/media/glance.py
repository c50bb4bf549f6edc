"""A few short looks at a film, which tell what it shows and how small it could get."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from statistics import median

import av
from av.codec import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from backend.core.context import Context
from backend.media.chunks import Peeking
from backend.media.duplicates import flat_share, same_picture
from backend.media.film import Film, FrameReader
from backend.media.hardware import SOFTWARE
from backend.media.quality import Material, Target, likeness
from backend.media.shrink import configure, cores, rate_of
from backend.media.verify import Spoiled

GLANCE = Fraction(2)
"""Seconds looked at at each place."""

_PLACES = 4
_FLAT = 0.45
"""Share of flat blocks from which on a picture is taken for drawn. Screens had 0.5 and more,
cameras 0.35 and less, in the recordings that were tried."""
_STILL = 0.3
"""Share of repeated frames that tells the same: a camera's noise never repeats."""
_EVERY = 4
"""Every how many frames one is compared: neighbours are alike."""
_AT_ONCE = 8
"""Pairs of frames that are held to be compared together."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a film shows, by a few glances."""

    repeated: float
    """Share of frames that equal the one before, 0 to 1."""
    flat: float
    """Share of flat blocks, 0 to 1."""

    @property
    def material(self) -> Material:
        drawn = self.flat >= _FLAT or self.repeated >= _STILL
        return Material.SCREEN if drawn else Material.CAMERA


def places(film: Film) -> list[tuple[int, int]]:
    """Short stretches all over a film, each from a keyframe on. Ticks, half open."""
    span, glance = film.end - film.start, film.ticks(GLANCE)
    keys = film.keys or (film.start,)
    wanted = [film.start + span * i // _PLACES for i in range(_PLACES)]
    starts = sorted({min(keys, key=lambda key: abs(key - at)) for at in wanted})
    return [(start, min(start + glance, film.end)) for start in starts]


def look(film: Film, ctx: Context) -> Looked:
    """Tell what a film shows. Raises `Damaged`."""
    frames = repeated = 0
    flat: list[float] = []
    with closing(FrameReader(film, cores())) as reader:
        for start, end in places(film):
            before = None
            for _, frame in reader.frames(start, end, ctx.check):
                if before is None:
                    flat.append(flat_share(frame))
                frames += 1
                repeated += before is not None and same_picture(before, frame)
                before = frame
    return Looked(repeated / max(frames, 1), median(flat) if flat else 0.0)


def weighed(film: Film, start: int, end: int, target: Target, check: Callable[[], None]) -> int:
    """Bytes that a stretch would have, encoded as planned. Raises `Damaged`."""
    context = CodecContext.create(SOFTWARE.codec, "w")
    assert isinstance(context, VideoCodecContext)
    configure(context, film)
    context.framerate = rate_of(film)
    context.options = SOFTWARE.options(target, target.crf, cores())
    size = 0
    before: av.VideoFrame | None = None
    with closing(FrameReader(film, cores())) as reader:
        for tick, frame in reader.frames(start, end, check):
            if before is None or not same_picture(before, frame):
                frame.pts, frame.time_base = tick - start, film.time_base
                frame.pict_type = PictureType.NONE
                size += sum(packet.size for packet in context.encode(frame))
            before = frame
    if before is not None:
        size += sum(packet.size for packet in context.encode(None))
    return size


def compared(
    film: Film, result: Film, start: int, end: int, check: Callable[[], None]
) -> list[float]:
    """SSIM of some frames of a stretch with what the result shows at those times.

    Raises `Damaged`, or Spoiled where the result shows nothing yet.
    """
    found: list[float] = []
    pairs: list[tuple[av.VideoFrame, av.VideoFrame]] = []
    first = max((key for key in result.keys if key <= start), default=result.start)
    with (
        closing(FrameReader(film, cores())) as ours,
        closing(FrameReader(result, cores())) as theirs,
    ):
        shown = None
        smaller = Peeking(theirs.frames(first, end, check))
        for number, (tick, frame) in enumerate(ours.frames(start, end, check)):
            if number % _EVERY:
                continue
            for _, newer in smaller.before(tick + 1):
                shown = newer
            if shown is None:
                raise Spoiled("its picture begins too late")
            pairs.append((frame, shown))
            if len(pairs) == _AT_ONCE:
                found += likeness(pairs)
                pairs.clear()
    return found + likeness(pairs)
