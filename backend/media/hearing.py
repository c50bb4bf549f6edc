"""Everything that is to be known of a sound, in one decode.

One track, in blocks of a second or so: waveform peaks, levels, loudness and clipping each take a
block and keep what they need of it. A day of sound takes no more samples in memory than a minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream

from backend.core.context import Watch
from backend.core.fault import Category, refuse
from backend.core.progress import Stage
from backend.core.stretches import Stretches, told
from backend.media.blocks import blocks
from backend.media.findings import write_findings
from backend.media.loudness import Loudness, Meter
from backend.media.probe import probe
from backend.media.read import open_media
from backend.media.samples import Samples
from backend.media.silence import Clipping, Levels, Quiet, SilenceRules
from backend.media.source import shown
from backend.media.waveform import Peaks

HEARING_ENGINE = 2
"""Version of what is heard, waveforms included; raise it when that changes."""

STAGE = "waveform"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sound holds. Times are seconds of the film."""

    duration: Fraction
    quiet: Quiet
    loudness: Loudness
    clipped: Stretches
    peaks: Peaks

    def told(self) -> dict[str, object]:
        """For JSON, without the peaks. Seconds, dBFS, LUFS."""
        floor = self.quiet.floor
        return {
            "duration": round(float(self.duration), 3),
            "silence": told(self.quiet.silence),
            "sound": told(self.quiet.sound),
            "noise_floor": None if floor is None else round(floor, 1),
            "threshold": round(self.quiet.threshold, 1),
            "loudness": self.loudness.told(),
            "clipped": told(self.clipped),
        }

    def write(self, output: Path) -> dict[str, object]:
        """Write what is told as JSON; returns the loudness. Raises FaultError: storage."""
        write_findings(output, self.told())
        return {"loudness": self.loudness.told()}


def hear(path: Path, ctx: Watch, rules: SilenceRules | None = None) -> Heard:
    """Listen to the best sound track of a file from its start to its end.

    Damaged packets and holes between time stamps count as silence. Raises FaultError (input) where
    there is no sound.
    """
    ctx.plan([Stage(STAGE, "Listening to the sound", 1.0)])
    info = probe(path)
    if not info.audio:
        raise refuse(Category.INPUT, f"“{shown(path)}” has no sound.", "")
    container = open_media(path)
    try:
        stream = container.streams[info.audio[0].index]
        assert isinstance(stream, AudioStream)
        ear: _Ear | None = None
        length = float(info.duration)
        for block in blocks(container, stream, info.start, ctx.check):
            ear = ear or _Ear(block.shape.rate, block.shape.layout)
            ear.add(block.samples)
            heard = (block.first + block.samples.shape[1]) / block.shape.rate
            ctx.progress(STAGE, min(1.0, heard / max(length, 0.001)))
    finally:
        container.close()
    ctx.progress(STAGE, 1.0)
    if ear is None:
        raise refuse(Category.CORRUPT, f"No sound of “{shown(path)}” could be decoded.", "")
    return ear.heard(rules or SilenceRules())


class _Ear:
    """All measures, fed with the same blocks."""

    def __init__(self, rate: int, layout: av.AudioLayout) -> None:
        self._peaks, self._levels, self._clipping = Peaks(rate), Levels(rate), Clipping(rate)
        names = tuple(channel.name for channel in layout.channels)
        self._meter = Meter(rate, names)

    def add(self, block: Samples) -> None:
        for measure in (self._peaks, self._levels, self._clipping, self._meter):
            measure.add(block)

    def heard(self, rules: SilenceRules) -> Heard:
        return Heard(
            self._levels.duration,
            self._levels.silences(rules),
            self._meter.loudness(),
            self._clipping.stretches(),
            self._peaks,
        )
