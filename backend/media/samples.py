"""A recording's sound as it is read: packets, decoded frames, and these as floats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from backend.core.fault import Category, refuse
from backend.media.source import shown

Samples = npt.NDArray[np.float32]
"""Shape (channels, samples), full scale ±1."""


@dataclass(slots=True)
class SoundFacts:
    """What was met on the way."""

    damaged: int = 0
    """Packets that could not be decoded; there is silence in their place."""
    missing: Fraction = Fraction(0)
    """Seconds that sources promised and did not hold."""
    joined: int = 0
    """Pieces at whose start the decoder went on."""
    notes: list[str] = field(default_factory=list)


def audio_stream(container: InputContainer, index: int) -> AudioStream:
    """The sound track of that index. Raises FaultError where it is gone since the file was seen."""
    stream = container.streams[index] if index < len(container.streams) else None
    if not isinstance(stream, AudioStream):
        raise refuse(
            Category.CORRUPT,
            f"“{shown(container.name)}” no longer holds the sound that was found in it.",
            "Wait until the program that writes it is done, then import it again.",
        )
    return stream


def packets_of(
    container: InputContainer, stream: AudioStream, facts: SoundFacts
) -> Iterator[av.Packet[AudioStream]]:
    """Packets of a track; where reading breaks off, that is its end, and noted."""
    packets = iter(container.demux(stream))
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError as error:
            facts.notes.append(f"reading the sound ended early ({error.strerror})")
            return
        if packet is None:
            return
        if packet.size:
            yield packet


def decoded(
    decoder: AudioCodecContext, packet: av.Packet[AudioStream] | None, facts: SoundFacts
) -> list[av.AudioFrame]:
    """Frames of a packet, or with None what the decoder still holds; damage is counted."""
    try:
        return [frame for frame in decoder.decode(packet) if frame.samples]
    except FFmpegError:
        facts.damaged += 1
        return []


class Converter:
    """Frames of any format to mono or stereo floats at one rate."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._form: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def __call__(self, frame: av.AudioFrame) -> Samples:
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if form != self._form or self._resampler is None:
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            # More channels than two are mixed so that the sum cannot exceed full scale.
            options = {"rematrix_maxval": "1.0"} if frame.layout.nb_channels > 2 else None
            self._resampler = AudioResampler("fltp", layout, self._rate, options=options)
            self._form = form
        frame.pts = None
        parts = [out.to_ndarray() for out in self._resampler.resample(frame)]
        if not parts:
            return np.zeros((1 if frame.layout.nb_channels == 1 else 2, 0), np.float32)
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        return whole.astype(np.float32, copy=False)
