"""Samples to AAC packets, as one stream from the first to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet

from backend.media.plan import SoundPlan
from backend.media.sound import Samples
from backend.media.write import Mp4Writer

_FRAME = 1024
"""Samples an AAC-LC packet holds."""


def add_aac(writer: Mp4Writer, plan: SoundPlan) -> AudioStream:
    """The film's sound track. FFmpeg's encoder starts with one packet of priming before time zero;
    the muxer's edit list hides it."""
    stream = writer.add_encoder("aac", plan.rate, {"aac_coder": plan.coder})
    assert isinstance(stream, AudioStream)
    context = stream.codec_context
    context.layout = plan.layout
    context.format = "fltp"
    context.bit_rate = plan.bit_rate
    context.time_base = Fraction(1, plan.rate)
    stream.time_base = Fraction(1, plan.rate)
    return stream


def encoded(
    blocks: Iterator[Samples],
    stream: AudioStream,
    plan: SoundPlan,
    progress: Callable[[int], None],
) -> Iterator[Packet[AudioStream]]:
    """Packets of the whole track. `progress` hears how many samples went in."""
    context = stream.codec_context
    waiting: list[Samples] = []
    count = done = 0

    def frames(last: bool) -> Iterator[av.AudioFrame]:
        nonlocal waiting, count, done
        whole = waiting[0] if len(waiting) == 1 else np.concatenate(waiting, axis=1)
        at = 0
        while count - at >= _FRAME or (last and at < count):
            piece = np.ascontiguousarray(whole[:, at : at + _FRAME])
            frame = av.AudioFrame.from_ndarray(piece, "fltp", plan.layout)
            frame.sample_rate = plan.rate
            frame.time_base = Fraction(1, plan.rate)
            frame.pts = done
            done += piece.shape[1]
            at += piece.shape[1]
            yield frame
        waiting = [whole[:, at:]]
        count -= at

    for block in blocks:
        waiting.append(block)
        count += block.shape[1]
        if count < _FRAME:
            continue
        for frame in frames(last=False):
            for packet in context.encode(frame):
                packet.stream = stream
                yield packet
        progress(done)
    if count:
        for frame in frames(last=True):
            for packet in context.encode(frame):
                packet.stream = stream
                yield packet
    for packet in context.encode(None):
        packet.stream = stream
        yield packet
    progress(done)
