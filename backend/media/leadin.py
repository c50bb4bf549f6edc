"""Where in a file to begin to decode a clip of sound."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from backend.core.time import ticks

if TYPE_CHECKING:
    from backend.media.plan import SoundClip

RUN_IN = Fraction(1)
"""Seconds of sound that a decoder is given before those that are wanted: it needs some to begin
as if it had heard all of it (Opus 80 ms, AAC and MP3 a packet or two)."""

_SEEKABLE = ("mov", "matroska", "wav")
"""Containers whose index leads to the right place."""


def led_in(container: InputContainer, stream: AudioStream, clip: SoundClip) -> bool:
    """Whether the container now stands shortly before the clip.

    If not, it must be opened anew, and be decoded from its beginning.
    """
    if clip.zero - RUN_IN <= clip.stream.start:
        return True
    if clip.stream.jumps or not container.format.name.startswith(_SEEKABLE):
        return False
    aim = clip.zero - RUN_IN
    try:
        container.seek(ticks(aim, clip.stream.time_base), stream=stream)
        packet = next((p for p in container.demux(stream) if p.size), None)
        if packet is None or packet.pts is None or packet.pts * clip.stream.time_base > aim:
            return False
        container.seek(ticks(aim, clip.stream.time_base), stream=stream)
    except FFmpegError:
        return False
    return True
