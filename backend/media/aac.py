"""Samples to AAC packets, piece by piece, and the files in which finished pieces wait."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.packet import Packet

from backend.core.fault import FaultError, explain
from backend.media.pieces import FRAME, Piece
from backend.media.plan import SoundPlan
from backend.media.samples import Samples, SoundFacts
from backend.media.sound import film_sound
from backend.media.write import Mp4Writer, sync

_DOING = "encode the sound"
_BLOCK = 64 * FRAME
"""Samples handed to the encoder at a time; each call costs as much as encoding two packets."""

_TAIL = struct.Struct("<8sII")
_MAGIC = b"RUSHSND1"


def add_aac(writer: Mp4Writer, plan: SoundPlan) -> AudioStream:
    """The film's sound track. FFmpeg's encoder starts with one packet of priming before time zero;
    the muxer's edit list hides it."""
    stream = writer.add_encoder("aac", plan.rate, {"aac_coder": plan.coder})
    assert isinstance(stream, AudioStream)
    _set_up(stream.codec_context, plan)
    stream.time_base = Fraction(1, plan.rate)
    return stream


def _set_up(context: AudioCodecContext, plan: SoundPlan) -> None:
    context.layout = plan.layout
    context.format = "fltp"
    context.sample_rate = plan.rate
    context.bit_rate = plan.bit_rate
    context.time_base = Fraction(1, plan.rate)


def _encoded(
    blocks: Iterator[Samples], plan: SoundPlan, heard: Callable[[int], None]
) -> Iterator[list[Packet[AudioStream]]]:
    """Packets of an encoder that starts afresh. `heard` is told how many samples went in."""
    context = av.CodecContext.create("aac", "w")
    assert isinstance(context, AudioCodecContext)
    context.options = {"aac_coder": plan.coder}
    _set_up(context, plan)
    done = 0
    for block in _even(blocks):
        frame = av.AudioFrame.from_ndarray(block, "fltp", plan.layout)
        frame.sample_rate = plan.rate
        frame.time_base = Fraction(1, plan.rate)
        frame.pts = done
        done += block.shape[1]
        yield context.encode(frame)
        heard(done)
    yield context.encode(None)


def _even(blocks: Iterator[Samples]) -> Iterator[Samples]:
    """The same samples in blocks of whole packets, but for the last."""
    waiting: list[Samples] = []
    count = 0
    for block in blocks:
        waiting.append(block)
        count += block.shape[1]
        while count >= _BLOCK:
            whole = np.concatenate(waiting, axis=1)
            yield np.ascontiguousarray(whole[:, :_BLOCK])
            waiting = [whole[:, _BLOCK:]]
            count -= _BLOCK
    if count:
        yield np.ascontiguousarray(np.concatenate(waiting, axis=1))


def encode_piece(
    plan: SoundPlan,
    piece: Piece,
    path: Path,
    check: Callable[[], None],
    heard: Callable[[int], None],
) -> None:
    """Write the packets of `piece` to `path`, on the disk, with what was met on the way.

    `check` raises to stop; `heard` is told how many samples went in. Raises FaultError.
    """
    facts = SoundFacts()
    blocks = film_sound(plan, check, facts, piece.start, piece.stop(plan), piece.begins)
    number = piece.start // FRAME
    sizes: list[int] = []
    try:
        with path.open("wb") as file:
            for packets in _encoded(blocks, plan, heard):
                check()
                first, last = max(piece.first - number, 0), max(piece.end - number, 0)
                number += len(packets)
                wanted = packets[first:last]
                file.writelines(wanted)
                sizes += [packet.size for packet in wanted]
            if len(sizes) != piece.end - piece.first:
                raise RuntimeError(f"{len(sizes)} packets for {piece}")
            told = json.dumps({**asdict(facts), "missing": str(facts.missing)}).encode()
            file.write(np.array(sizes, "<u4").tobytes())
            file.write(told)
            file.write(_TAIL.pack(_MAGIC, len(sizes), len(told)))
        sync(path)
    except OSError as error:
        raise FaultError(explain(error, _DOING)) from error


@dataclass(frozen=True, slots=True)
class EncodedPiece:
    """A finished piece, read from its file."""

    path: Path
    sizes: tuple[int, ...]
    """Bytes of its packets."""
    facts: SoundFacts

    def packets(self) -> Iterator[bytes]:
        """Its packets. Raises FaultError."""
        try:
            with self.path.open("rb") as file:
                whole = file.read(sum(self.sizes))
        except OSError as error:
            raise FaultError(explain(error, _DOING)) from error
        at = 0
        for size in self.sizes:
            yield whole[at : at + size]
            at += size


def open_piece(path: Path) -> EncodedPiece:
    """A piece that `encode_piece` wrote. Raises FaultError; ValueError where it is none."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size < _TAIL.size:
                raise ValueError(f"{path} is too short for a piece of sound")
            file.seek(-_TAIL.size, 2)
            magic, count, told = _TAIL.unpack(file.read(_TAIL.size))
            index = size - _TAIL.size - told - 4 * count
            if magic != _MAGIC or index < 0:
                raise ValueError(f"{path} is no piece of sound")
            file.seek(index)
            sizes = tuple(int(n) for n in np.frombuffer(file.read(4 * count), "<u4"))
            met = json.loads(file.read(told))
    except OSError as error:
        raise FaultError(explain(error, _DOING)) from error
    if sum(sizes) != index:
        raise ValueError(f"{path} is not whole")
    facts = SoundFacts(met["damaged"], Fraction(met["missing"]), met["joined"], met["notes"])
    return EncodedPiece(path, sizes, facts)


def track_packets(
    plan: SoundPlan, piece: Piece, encoded: EncodedPiece, stream: AudioStream
) -> Iterator[Packet[AudioStream]]:
    """The packets of a piece with their places on the film's track, which ends with its sound."""
    at, samples = (piece.first - 1) * FRAME, plan.samples
    for data in encoded.packets():
        packet = cast("Packet[AudioStream]", Packet(data))
        packet.stream = stream
        packet.pts = packet.dts = at
        packet.duration = min(FRAME, samples - at)
        packet.is_keyframe = True
        at += FRAME
        yield packet
