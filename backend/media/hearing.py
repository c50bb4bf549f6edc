"""Everything that is to be known of a sound, in one decode.

One track, in blocks of a second or so: waveform peaks, levels, loudness and clipping each take a
block and keep what they need of it. A day of sound takes no more samples in memory than a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from backend.core.context import Watch
from backend.core.fault import Category, refuse
from backend.core.media import MediaInfo
from backend.core.progress import Stage
from backend.core.stretches import Stretches, told
from backend.media.findings import write_findings
from backend.media.loudness import Loudness, Meter
from backend.media.probe import probe
from backend.media.read import open_media
from backend.media.samples import Samples
from backend.media.silence import Clipping, Levels, Quiet, SilenceRules
from backend.media.sound import TOLERANCE
from backend.media.source import shown
from backend.media.waveform import Peaks

HEARING_ENGINE = 2
"""Version of what is heard, waveforms included; raise it when that changes."""

STAGE = "waveform"

_BLOCK = 1 << 15
"""Samples that are measured at a time: long enough that NumPy pays, short in memory."""
_LONGEST_HOLE = Fraction(24 * 3600)
"""Seconds. A time stamp farther ahead than that is damage, not silence."""


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
        for block, layout, rate in _blocks(container, stream, info, ctx):
            ear = ear or _Ear(rate, layout)
            ear.add(block)
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


class _Gathering:
    """Blocks of `_BLOCK` samples out of the small frames of a decoder."""

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._block = np.zeros((channels, _BLOCK), np.float32)
        self._held = 0
        self.samples = 0

    def add(self, frame: av.AudioFrame, skip: int) -> Iterator[Samples]:
        """Samples of a planar float frame, less `skip` at its start. Yields full blocks."""
        planes = [
            np.frombuffer(memoryview(plane), np.float32, frame.samples) for plane in frame.planes
        ]
        while skip < frame.samples:
            count = min(frame.samples - skip, _BLOCK - self._held)
            for row, plane in zip(self._block, planes, strict=False):
                row[self._held : self._held + count] = plane[skip : skip + count]
            skip += count
            yield from self._took(count)

    def add_silence(self, count: int) -> Iterator[Samples]:
        while count > 0:
            part = min(count, _BLOCK - self._held)
            self._block[:, self._held : self._held + part] = 0
            count -= part
            yield from self._took(part)

    def _took(self, count: int) -> Iterator[Samples]:
        self._held += count
        self.samples += count
        if self._held == _BLOCK:
            yield from self.rest()

    def rest(self) -> Iterator[Samples]:
        if self._held:
            yield self._block[:, : self._held]
            self._block = np.zeros((self._channels, _BLOCK), np.float32)
            self._held = 0


def _blocks(
    container: InputContainer, stream: AudioStream, info: MediaInfo, ctx: Watch
) -> Iterator[tuple[Samples, av.AudioLayout, int]]:
    """The track at the rate and layout of its first frame, in blocks; its holes filled with zeros.

    Time 0 is where the recording begins, whatever its clock says then.
    """
    base = stream.time_base or Fraction(1, av.time_base)
    length = float(info.duration)
    gathering: _Gathering | None = None
    layout, rate = av.AudioLayout("mono"), 1
    resampler: AudioResampler | None = None
    shape: tuple[str, int, str] | None = None
    for frame in _frames(container, stream, ctx):
        if gathering is None:
            layout, rate = frame.layout, frame.sample_rate
            gathering = _Gathering(layout.nb_channels)
            tolerance, longest = int(TOLERANCE * rate), int(_LONGEST_HOLE * rate)
            origin = int(info.start * rate)
        here = (frame.format.name, frame.sample_rate, frame.layout.name)
        if here != shape:  # a recorder may change its mind; each part is resampled by itself
            shape = here
            plain = here == ("fltp", rate, layout.name)
            resampler = None if plain else AudioResampler("fltp", layout.name, rate)
        skip = 0
        if frame.pts is not None:
            place = frame.pts * base.numerator * rate // base.denominator - origin
            off = place - gathering.samples
            if tolerance < off < longest:
                for block in gathering.add_silence(off):
                    ctx.check()
                    yield block, layout, rate
            elif off < 0 and not gathering.samples:
                skip = -off  # a coder's run-in, which no player plays
        for piece in [frame] if resampler is None else resampler.resample(frame):
            for block in gathering.add(piece, min(skip, piece.samples)):
                yield block, layout, rate
                ctx.progress(STAGE, min(1.0, gathering.samples / rate / max(length, 0.001)))
            skip = max(0, skip - piece.samples)
    if gathering is not None:
        for block in gathering.rest():
            yield block, layout, rate


def _frames(container: InputContainer, stream: AudioStream, ctx: Watch) -> Iterator[av.AudioFrame]:
    for packet in container.demux(stream):
        ctx.check()
        try:
            yield from packet.decode()
        except FFmpegError:
            continue  # a damaged packet leaves a hole, which the next time stamp shows
