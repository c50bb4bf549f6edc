"""What a film shows and sounds like, measured on decoded frames and samples."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


@dataclass(frozen=True)
class Looked:
    """Times in seconds on the film's clock."""

    frames: int
    frame_rate: float
    flashes: list[float]
    """When the picture turns white."""
    beeps: list[float]
    """When a beep begins."""
    duration: float


def look(film: Path) -> Looked:
    """Decode a whole film and find its flashes and beeps."""
    times: list[float] = []
    flashes: list[float] = []
    lit = False
    with av.open(str(film)) as container:
        duration = float(Fraction(container.duration or 0, av.time_base))
        rate = 0.0
        if container.streams.video:
            rate = float(container.streams.video[0].average_rate or 0)
            for frame in container.decode(video=0):
                assert frame.time is not None
                times.append(frame.time)
                luma = float(np.mean(frame.to_ndarray(format="gray")))
                if luma > 170 and not lit:
                    flashes.append(frame.time)
                lit = luma > 170
    beeps: list[float] = []
    with av.open(str(film)) as container:
        if container.streams.audio:
            beeps = _onsets(container)
    return Looked(len(times), rate, flashes, beeps, duration)


def _onsets(container: av.container.InputContainer) -> list[float]:
    """Where sound begins after at least a third of a second of silence."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=48_000)
    pieces, start = [], None
    for frame in container.decode(audio=0):
        start = frame.time if start is None else start
        pieces += [np.ravel(part.to_ndarray()) for part in resampler.resample(frame)]
    sound = np.abs(np.concatenate(pieces))
    loud = np.flatnonzero(sound > 0.08)
    if not len(loud):
        return []
    gaps = np.flatnonzero(np.diff(loud) > 16_000)
    firsts = np.concatenate([loud[:1], loud[gaps + 1]])
    return [float(first) / 48_000 + (start or 0.0) for first in firsts]


def assert_in_sync(film: Path, seconds: int) -> Looked:
    """Each whole second has its flash and its beep, within one frame of each other."""
    looked = look(film)
    assert len(looked.flashes) == len(looked.beeps) == seconds, looked
    for number, (flash, beep) in enumerate(zip(looked.flashes, looked.beeps, strict=True)):
        assert abs(flash - beep) < 1 / looked.frame_rate, (number, flash, beep)
        assert abs(flash - number) < 1 / looked.frame_rate, (number, flash)
    return looked
