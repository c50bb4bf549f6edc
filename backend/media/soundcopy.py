"""Sound whose packets go into the film as they are."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from av.audio.stream import AudioStream
from av.error import FFmpegError
from av.packet import Packet

from backend.core.context import Context
from backend.core.time import ticks
from backend.media.pieces import FRAME
from backend.media.plan import SoundPlan
from backend.media.read import open_media
from backend.media.samples import audio_stream
from backend.media.write import Mp4Writer

_PRIMING = 3 * FRAME
"""Samples before its beginning that an encoder may have needed; Apple's takes 2112. Where an edit
list hides more, a player that knows none would be out of step with the picture."""


class SoundNotCopyable(Exception):
    """Packets of this sound do not make one stream. Says why; encode instead."""


def add_copied(writer: Mp4Writer, plan: SoundPlan) -> AudioStream:
    """The film's sound track for packets of the plan's clips."""
    clip = plan.clips[0].clip
    container = open_media(Path(clip.path))
    try:
        source = audio_stream(container, clip.stream)
        if not source.codec_context.extradata:
            raise SoundNotCopyable("nothing tells how it is to be decoded")
        stream = writer.add_copy(source, Fraction(1, plan.rate))
    finally:
        container.close()
    assert isinstance(stream, AudioStream)
    return stream


def copied_sound(
    plan: SoundPlan, target: AudioStream, ctx: Context
) -> Iterator[Packet[AudioStream]]:
    """The packets of all clips, 1024 samples each, one behind the other.

    What an edit list hides at the beginning stays, with times before zero, and stays hidden.
    Raises SoundNotCopyable, as soon as it shows, where a packet is not at the place that the count
    of samples gives it: something is missing, or there twice.
    """
    extradata: bytes | None = None
    at: int | None = None
    for clip in plan.clips:
        container = open_media(Path(clip.clip.path))
        try:
            source = audio_stream(container, clip.clip.stream)
            own = source.codec_context.extradata
            extradata = own if extradata is None else extradata
            if own != extradata:
                raise SoundNotCopyable("its pieces were encoded in different ways")
            base = clip.stream.time_base
            scale, ticks_a_second = plan.rate * base.numerator, base.denominator
            shift = ticks(clip.span.start - clip.zero, Fraction(1, plan.rate))
            for packet in container.demux(source):
                if not packet.size:
                    continue
                ctx.check()
                if packet.pts is None or packet.is_corrupt:
                    raise SoundNotCopyable("a packet is damaged, or has no time")
                if packet.is_discard and clip is not plan.clips[0]:
                    raise SoundNotCopyable("its pieces were encoded apart")
                place = packet.pts * scale // ticks_a_second + shift
                if at is None:
                    if place < -_PRIMING:
                        raise SoundNotCopyable("its beginning was cut off by an edit list")
                    at = place
                if not -FRAME // 2 < place - at < FRAME // 2:
                    raise SoundNotCopyable(f"its clock jumps at {place / plan.rate:.1f} s")
                packet.stream = target
                packet.time_base = Fraction(1, plan.rate)
                packet.pts = packet.dts = at
                packet.duration = FRAME
                at += FRAME
                yield packet
        except FFmpegError as error:
            raise SoundNotCopyable(f"reading it failed ({error.strerror})") from error
        finally:
            container.close()
