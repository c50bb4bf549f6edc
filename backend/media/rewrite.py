"""A film written anew: other pictures, in chunks, with the sound and the tags that it had."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.chapter import Chapter
from backend.core.context import Context
from backend.core.time import ticks
from backend.media.chapters import chapters_of
from backend.media.encode import give_up
from backend.media.film import Film
from backend.media.order import Disorder, Ranked, held
from backend.media.read import open_media
from backend.media.shrink import Made
from backend.media.verify import Expected, ExpectedAudio, ExpectedVideo, Spoiled
from backend.media.write import Mp4Writer

_REORDER = 3
"""Frames by which the encoders reorder at most with the settings used here."""

_NOT_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})
"""What the muxer writes by itself."""

AnyPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream]"


def rewrite(
    film: Film,
    chunks: Sequence[Made],
    output: Path,
    ctx: Context,
    chapters: Sequence[Chapter] | None = None,
) -> Expected:
    """Write the film with the pictures of `chunks` to `output`. Returns what to verify.

    `chapters` None: those that it has.

    Each chunk is removed once it is in the film: beside the originals and the film that plays there
    is to be room for one smaller film, not for two.

    Raises Spoiled where the chunks do not fit each other, FaultError, or `Stopped`.
    """
    found = chapters_of(film.path) if chapters is None else chapters
    begun = [(origin, path) for origin, path in chunks if path.stat().st_size]
    with ExitStack() as stack:
        original = open_media(film.path)
        stack.callback(original.close)
        first = open_media(begun[0][1])
        stack.callback(first.close)
        writer = stack.enter_context(
            Mp4Writer(
                output,
                "write the smaller film",
                faststart=True,
                timescale=film.time_base.denominator,
                chapters=found,
                tags={k: v for k, v in original.metadata.items() if k.lower() not in _NOT_TAGS},
            )
        )
        template = first.streams.video[0]
        target = writer.add_copy(template, film.time_base)
        if film.stream.rotation:
            target.set_display_rotation(-film.stream.rotation)
        pictures = _Counted(
            held(_timed(film, begun, template, target, ctx), film.end), film.time_base
        )
        tracks: list[Iterator[tuple[Fraction, AnyPacket]]] = [iter(pictures)]
        sound: _Counted | None = None
        if film.audio is not None:
            track = original.streams[film.audio.index]
            assert isinstance(track, AudioStream)
            sound = _Counted(_copied(original, track, writer, film), film.audio.time_base)
            tracks.append(iter(sound))
        try:
            for time, packet in heapq.merge(*tracks, key=lambda pair: pair[0]):
                ctx.check()
                writer.write(packet)
                done = (time - film.seconds(film.start)) / film.seconds(film.end - film.start)
                ctx.progress("film", min(max(float(done), 0.0), 0.99))
        except Disorder as error:
            raise Spoiled(f"its chunks do not follow each other: {error}") from error
    ctx.progress("film", 1.0)
    return _expected(film, pictures, sound)


def _expected(film: Film, pictures: _Counted, sound: _Counted | None) -> Expected:
    seen = ExpectedVideo(
        "h264",
        film.stream.width,
        film.stream.height,
        pictures.count,
        film.seconds(pictures.last),
        film.seconds(film.end),
    )
    audio = film.audio
    if audio is None or sound is None:
        return Expected(seen, None)
    end = audio.start + audio.duration
    return Expected(seen, ExpectedAudio(audio.codec, audio.rate, audio.channels, sound.count, end))


class _Counted:
    """Packets with the time at which they are decoded, counted as they pass."""

    def __init__(self, packets: Iterable[AnyPacket], time_base: Fraction) -> None:
        self._packets = packets
        self._base = time_base
        self.count = 0
        self.last = 0
        """When the last one is shown, in ticks."""

    def __iter__(self) -> Iterator[tuple[Fraction, AnyPacket]]:
        for packet in self._packets:
            self.count += 1
            self.last = max(self.last, packet.pts or 0)
            yield (packet.dts or 0) * self._base, packet


def _timed(
    film: Film,
    chunks: Sequence[Made],
    template: VideoStream,
    target: VideoStream,
    ctx: Context,
) -> Iterator[Packet[VideoStream]]:
    header = template.codec_context.extradata
    for shown, decoded, packet in Ranked(_read(film, chunks, header, ctx), _REORDER):
        packet.stream = target
        packet.time_base = film.time_base
        packet.pts, packet.dts = shown, decoded
        yield packet


def _read(
    film: Film, chunks: Sequence[Made], header: bytes | None, ctx: Context
) -> Iterator[tuple[int, Packet[VideoStream]]]:
    for origin, path in chunks:
        container = open_media(path)
        try:
            stream = container.streams.video[0]
            if stream.codec_context.extradata != header:
                raise Spoiled("its chunks were encoded in different ways")
            assert stream.time_base is not None
            base = Fraction(stream.time_base.numerator, stream.time_base.denominator)
            for packet in container.demux(stream):
                ctx.check()
                if packet.size and packet.pts is not None:
                    packet.duration = ticks((packet.duration or 0) * base, film.time_base)
                    yield origin + ticks(packet.pts * base, film.time_base), packet
        finally:
            container.close()
        give_up(path)


def _copied(
    original: InputContainer, track: AudioStream, writer: Mp4Writer, film: Film
) -> Iterator[Packet[AudioStream]]:
    assert film.audio is not None
    target = writer.add_copy(track, film.audio.time_base)

    def packets() -> Iterator[Packet[AudioStream]]:
        for packet in original.demux(track):
            if packet.size:
                packet.stream = target
                yield packet

    return packets()
