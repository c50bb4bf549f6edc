"""Pictures that stand for stretches of a film: neither black nor blurred, and unlike each other.

Candidates are keyframes all over a stretch: each costs one seek and one decoded frame. Sharpness is
the variance of the Laplacian of the brightness (Pech-Pacheco et al., 2000), which is compared only
within one stretch, since what is sharp differs between a slide and a face.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
import numpy.typing as npt
from av.error import FFmpegError
from av.video.stream import VideoStream
from PIL import Image

from backend.core.fault import FaultError, explain
from backend.core.time import TimeRange, ticks
from backend.media.frames import Pixels, Still, pixels_of, stills
from backend.media.probe import probe
from backend.media.read import open_media
from backend.media.write import sync

STILLS_ENGINE = 1
"""Version of how pictures are chosen and kept; raise it when that changes."""
SIDE = 640
"""Pixels of the longer side of a picture that is kept."""
QUALITY = 82
"""Of JPEG, by Pillow's measure: about 40 KB a picture."""
_CANDIDATES = 6
"""Looked at for one picture; as many more for each further one."""
_EXACT = 3
"""Moments that are decoded exactly where no keyframe lies in a stretch."""

_DARK, _ALL = 26, 0.98
"""Brightness up to which a pixel is black, and the share of them that makes a black picture."""
_FLAT = 3.0
"""Standard deviation of the brightness below which a picture is of one colour."""
_BLURRED = 0.35
"""Share of the sharpest one's sharpness below which a picture is blurred."""
DIFFERENT = 8.0
"""Mean difference of two pictures, in 8-bit steps of their spots, from which they show different
things. Two moments of somebody who sits and talks have 3 to 6."""
_SPOTS = (32, 18)

Spots = npt.NDArray[np.float32]
"""What a picture roughly shows. Shape (18, 32, 3), RGB in 8-bit steps."""


@dataclass(frozen=True, slots=True)
class _Seen:
    still: Still
    spots: Spots
    dull: bool
    """Black, or of one colour."""
    sharpness: float


class StillFinder:
    """Finds pictures in one film. Use it in a `with`; one stretch is in memory at a time."""

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        """Raises FaultError where the file cannot be read, ValueError where it has no picture."""
        self._path, self._check = path, check
        info = probe(path)
        if not info.video:
            raise ValueError(f"{path} has no picture")
        self._zero, self._aspect = info.start, info.video[0].sample_aspect
        self._container = open_media(path)
        stream = self._container.streams[info.video[0].index]
        assert isinstance(stream, VideoStream)
        stream.thread_type = "SLICE"  # frames in threads come late, and one is wanted at a time
        self._stream = stream

    def __enter__(self) -> StillFinder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def best(self, span: TimeRange, count: int, before: Pixels | None) -> list[Still]:
        """Up to `count` pictures of a stretch in the order of time, fewer where they would be
        alike; none where all of it is dull. `before` is the picture that stands before them, which
        the first is unlike if it can be.

        Raises FaultError, and what `check` raises.
        """
        seen = [_look(still) for still in self._candidates(span, count)]
        seen = [one for one in seen if not one.dull]
        if not seen:
            return []
        sharpest = max(one.sharpness for one in seen)
        seen = [one for one in seen if one.sharpness >= _BLURRED * sharpest]
        chosen: list[_Seen] = []
        known = [] if before is None else [_spots(before)]
        while seen and len(chosen) < count:
            best = max(seen, key=lambda one: _worth(one, sharpest, known))
            if chosen and _apart(best.spots, known) < DIFFERENT:
                break
            chosen.append(best)
            known.append(best.spots)
            seen.remove(best)
        return sorted((one.still for one in chosen), key=lambda still: still.time)

    def _candidates(self, span: TimeRange, count: int) -> Iterator[Still]:
        wanted = _CANDIDATES * count
        times = [span.start + span.duration * (2 * n + 1) / (2 * wanted) for n in range(wanted)]
        found: set[Fraction] = set()
        for time in times:
            self._check()
            key = self._keyframe(time)
            if key is not None and span.start <= key[0] < span.end and key[0] not in found:
                found.add(key[0])
                yield Still(key[0], pixels_of(key[1], self._aspect, SIDE))
        if not found:
            few = times[:: max(1, len(times) // (_EXACT * count))]
            for still in stills(self._path, few, self._check):
                yield Still(still.time, _smaller(still.pixels))

    def _keyframe(self, time: Fraction) -> tuple[Fraction, av.VideoFrame] | None:
        """The keyframe before a moment, and when it is shown; None where there is no way to it."""
        stream = self._stream
        base = Fraction(stream.time_base or Fraction(1, 1000))
        try:
            target = ticks(time + self._zero, base)
            self._container.seek(target, stream=stream, backward=True)
            for packet in self._container.demux(stream):
                self._check()
                if not packet.is_keyframe:
                    continue
                # Without an end the decoder would keep it until it knows what follows.
                frames = [*packet.decode(), *stream.codec_context.decode(None)]
                stream.codec_context.flush_buffers()
                shown = next((frame for frame in frames if frame.pts is not None), None)
                return None if shown is None else ((shown.pts or 0) * base - self._zero, shown)
        except FFmpegError:
            stream.codec_context.flush_buffers()  # damaged there: its neighbours will do
        return None


def save_still(pixels: Pixels, output: Path) -> tuple[int, int]:
    """Write a picture as JPEG; its width and height. Raises FaultError: storage."""
    small = _smaller(pixels)
    written = io.BytesIO()
    Image.fromarray(small).save(written, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    try:
        output.write_bytes(written.getvalue())
        sync(output)
    except OSError as error:
        raise FaultError(explain(error, "keep a picture of the film")) from error
    return small.shape[1], small.shape[0]


def open_still(path: Path) -> Pixels | None:
    """A picture that was kept; None where somebody damaged it."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"), np.uint8)
    except (OSError, ValueError, SyntaxError):
        return None


def shares(spans: Sequence[TimeRange], most: int, each: int) -> list[int]:
    """How many pictures each stretch gets: one, and the long ones up to `each`, `most` in all.

    Where there are more stretches than that, the shortest get none.
    """
    counts = [0] * len(spans)
    order = sorted(range(len(spans)), key=lambda n: -spans[n].duration)
    for n in order[:most]:
        counts[n] = 1
    for _ in range(most - sum(counts)):
        open_ = [n for n in range(len(spans)) if 0 < counts[n] < each]
        if not open_:
            break
        counts[max(open_, key=lambda n: spans[n].duration / (counts[n] + 1))] += 1
    return counts


def _look(still: Still) -> _Seen:
    small = Image.fromarray(still.pixels)
    small.thumbnail((320, 320), Image.Resampling.BOX)
    grey = np.asarray(small.convert("L"), np.float32)
    black = float((grey <= _DARK).mean()) >= _ALL
    return _Seen(still, _spots(still.pixels), black or float(grey.std()) < _FLAT, _sharpness(grey))


def _sharpness(grey: npt.NDArray[np.float32]) -> float:
    if min(grey.shape) < 3:
        return 0.0
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * grey[1:-1, 1:-1]).var())


def _spots(pixels: Pixels) -> Spots:
    small = Image.fromarray(pixels).resize(_SPOTS, Image.Resampling.BOX)
    return np.asarray(small, np.float32)


def _apart(spots: Spots, known: Sequence[Spots]) -> float:
    return min((float(np.abs(spots - one).mean()) for one in known), default=255.0)


def _worth(one: _Seen, sharpest: float, known: Sequence[Spots]) -> float:
    clear = float(np.log1p(one.sharpness) / max(np.log1p(sharpest), 1e-6))
    return clear + min(1.0, _apart(one.spots, known) / (4 * DIFFERENT))


def _smaller(pixels: Pixels) -> Pixels:
    image = Image.fromarray(pixels)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image, np.uint8)
