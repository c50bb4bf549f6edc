"""Whether a film that was written is the film that was planned. Nothing gets its name before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.fault import Category, Fault, FaultError
from backend.media.boxes import top_boxes
from backend.media.read import open_media

SLACK = Fraction(1, 4)
"""Seconds by which a film's length may differ from the plan: the last frame's length is anybody's
guess."""

_EXACT = Fraction(1, 500)
"""Seconds by which the last frame's time may differ: clocks of containers are that coarse."""

_GOP_LIMIT = 300
"""Frames decoded of one group of pictures; screen recordings have groups of many minutes."""

_JOINS = 24
"""Joins that are tried: more would take longer than the film took to make."""

_BEHIND = 24
"""Frames decoded behind a join: more than any encoder reorders."""

_LEADING = 16
"""Frames that may lead into the keyframe with which a trial begins, and are not shown then."""

_SOUND_PIECE = 50
"""Packets of sound decoded at each place, about a second."""


@dataclass(frozen=True, slots=True)
class ExpectedVideo:
    codec: str
    width: int
    height: int
    packets: int
    last: Fraction
    """When the last frame is shown, in seconds of film."""
    end: Fraction
    """Where it ends."""
    joins: tuple[Fraction, ...] = ()
    """Where parts that were made in different ways meet."""


@dataclass(frozen=True, slots=True)
class ExpectedAudio:
    codec: str
    rate: int
    channels: int
    packets: int
    end: Fraction


@dataclass(frozen=True, slots=True)
class Expected:
    """What was planned and muxed."""

    video: ExpectedVideo | None
    audio: ExpectedAudio | None


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What a verified film is."""

    duration: Fraction
    size: int
    """Bytes."""
    width: int | None
    height: int | None
    video_codec: str | None
    audio_codec: str | None
    frames: int | None
    rate: int | None
    channels: int | None
    decoded: int
    """Frames of picture and sound that were decoded as a trial."""


class Spoiled(FaultError):
    """The film on the disk is not the one that was planned; another way of making it may help."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(
            Fault(
                Category.CORRUPT,
                f"The film that was written is not right: {what}.",
                "Your recordings are untouched. Retry; if it happens again, check the disk.",
            )
        )


def verify(path: Path, expected: Expected, ctx: Context) -> FilmFacts:
    """Open the film anew and compare it with what it should be.

    Streams, codecs, sizes, counts of packets and ends are compared; the first, a middle and the
    last group of pictures and a second of sound at the same places are decoded; the index must
    stand before the media. Raises Spoiled (corrupt) with the figures.
    """
    _index_first(path)
    container = open_media(path)
    try:
        return _verify(container, path, expected, ctx)
    except FFmpegError as error:
        raise Spoiled(f"reading it failed ({error.strerror})") from error
    finally:
        container.close()


def _index_first(path: Path) -> None:
    kinds = {box.kind: box for box in top_boxes(path)}
    size = path.stat().st_size
    if "moov" not in kinds or "mdat" not in kinds:
        raise Spoiled("it has no index" if "moov" not in kinds else "it has no media")
    if kinds["moov"].offset > kinds["mdat"].offset:
        raise Spoiled("its index stands behind the media")
    end = max(box.offset + box.size for box in kinds.values())
    if end > size:
        raise Spoiled(f"it ends after {size} of {end} bytes")


def _same(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Spoiled(f"{what} {found} instead of {wanted}")


def _close(what: str, found: Fraction, wanted: Fraction, slack: Fraction = SLACK) -> None:
    if abs(found - wanted) > slack:
        raise Spoiled(f"{what} at {float(found):.3f} s instead of {float(wanted):.3f} s")


def _seconds(stream: VideoStream | AudioStream, value: int) -> Fraction:
    base = stream.time_base or Fraction(1)
    return value * Fraction(base.numerator, base.denominator)


def _last_shown(container: InputContainer, stream: VideoStream, ctx: Context) -> Fraction:
    """When the last frame is shown. Reads the packets of the last group of pictures."""
    container.seek((stream.start_time or 0) + (stream.duration or 0), stream=stream)
    last = 0
    for packet in container.demux(stream):
        ctx.check()
        if packet.size and packet.pts is not None:
            last = max(last, packet.pts)
    return _seconds(stream, last)


def _verify(container: InputContainer, path: Path, expected: Expected, ctx: Context) -> FilmFacts:
    _same("picture tracks:", len(container.streams.video), int(expected.video is not None))
    _same("sound tracks:", len(container.streams.audio), int(expected.audio is not None))
    decoded = 0
    duration = Fraction(container.duration or 0, av.time_base)
    ends = [track.end for track in (expected.video, expected.audio) if track is not None]
    _close("the film ends", duration, max(ends))
    video = container.streams.video[0] if expected.video else None
    if video is not None:
        video.thread_type = "AUTO"  # decoding is most of the work here, and somebody waits for it
    audio = container.streams.audio[0] if expected.audio else None
    if video is not None and expected.video is not None:
        _same("picture codec", video.codec_context.codec.canonical_name, expected.video.codec)
        size = (video.codec_context.width, video.codec_context.height)
        _same("picture size", size, (expected.video.width, expected.video.height))
        _same("packets of picture:", video.frames, expected.video.packets)
        last = _last_shown(container, video, ctx)
        _close("the last picture is", last, expected.video.last, _EXACT)
    if audio is not None and expected.audio is not None:
        _same("sound codec", audio.codec_context.codec.canonical_name, expected.audio.codec)
        _same("samples a second:", audio.codec_context.sample_rate, expected.audio.rate)
        _same("channels:", audio.codec_context.layout.nb_channels, expected.audio.channels)
        _same("packets of sound:", audio.frames, expected.audio.packets)
        end = _seconds(audio, (audio.start_time or 0) + (audio.duration or 0))
        _close("the sound ends", end, expected.audio.end)
    if video is not None and expected.video is not None:
        for join in _some(expected.video.joins):
            decoded += _try_join(container, video, join, ctx)
    streams = [stream for stream in (video, audio) if stream is not None]
    steps = len(streams) * 3
    for i, stream in enumerate(streams):
        for j, share in enumerate((Fraction(0), Fraction(1, 2), Fraction(1))):
            decoded += _try(container, stream, share, ctx)
            ctx.progress("checking", (i * 3 + j + 1) / steps)
    return FilmFacts(
        duration=duration,
        size=path.stat().st_size,
        width=video.codec_context.width if video else None,
        height=video.codec_context.height if video else None,
        video_codec=video.codec_context.codec.canonical_name if video else None,
        audio_codec=audio.codec_context.codec.canonical_name if audio else None,
        frames=video.frames if video else None,
        rate=audio.codec_context.sample_rate if audio else None,
        channels=audio.codec_context.layout.nb_channels if audio else None,
        decoded=decoded,
    )


def _some(joins: Sequence[Fraction]) -> Sequence[Fraction]:
    """At most `_JOINS` of them, spread evenly, the first and the last included."""
    if len(joins) <= _JOINS:
        return joins
    return [joins[i * (len(joins) - 1) // (_JOINS - 1)] for i in range(_JOINS)]


def _try_join(container: InputContainer, stream: VideoStream, join: Fraction, ctx: Context) -> int:
    """Decode from the keyframe before a join until some frames behind it. Returns frames.

    Every packet must become a frame at its own time: a decoder that meets parameter sets it does
    not know drops some, or shows others twice.
    """
    base = Fraction(1) * (stream.time_base or 1)
    at = int(join / base)
    container.seek(max(at - 1, 0), stream=stream)
    wanted: list[int] = []
    found: list[int] = []
    behind = 0
    try:
        for packet in container.demux(stream):
            ctx.check()
            if not packet.size or packet.pts is None:
                continue
            if len(wanted) > _GOP_LIMIT and not behind:
                return len(found)  # a recording of minutes without a keyframe leads up to it
            behind += packet.pts >= at
            if behind > _BEHIND:
                break
            wanted.append(packet.pts)
            found += [frame.pts for frame in packet.decode() if frame.pts is not None]
        found += [f.pts for f in stream.codec_context.decode(None) if f.pts is not None]
    except FFmpegError as error:
        if error.errno != av.error.tag_to_code(b"EOF "):
            raise Spoiled(f"it cannot be decoded across {float(join):.3f} s") from error
    if found != sorted(wanted)[-len(found) :] or len(found) < len(wanted) - _LEADING:
        raise Spoiled(
            f"{len(found)} of {len(wanted)} pictures are shown around the join at"
            f" {float(join):.3f} s"
        )
    return len(found)


def _try(
    container: InputContainer,
    stream: VideoStream | AudioStream,
    share: Fraction,
    ctx: Context,
) -> int:
    """Decode a group of pictures, or a second of sound, at `share` of a track. Returns frames."""
    at = (stream.start_time or 0) + int((stream.duration or 0) * share)
    container.seek(max(at - 1, 0) if share else 0, stream=stream)
    where = "at its start" if not share else "at its end" if share == 1 else "in the middle"
    limit = _GOP_LIMIT if isinstance(stream, VideoStream) else _SOUND_PIECE
    frames = packets = 0
    try:
        for packet in container.demux(stream):
            ctx.check()
            if packets and packet.size and packet.is_keyframe and stream.type == "video":
                break  # the next group begins
            packets += bool(packet.size)
            for frame in packet.decode():
                frames += 1
                if isinstance(frame, av.VideoFrame) and frame.is_corrupt:
                    raise Spoiled(f"damaged picture {where}")
            if packets >= limit:
                break
        if isinstance(stream, VideoStream):
            frames += len(stream.codec_context.decode(None))
    except FFmpegError as error:
        if error.errno != av.error.tag_to_code(b"EOF "):
            raise Spoiled(f"its {stream.type} cannot be decoded {where}") from error
    if packets and not frames:
        raise Spoiled(f"its {stream.type} cannot be decoded {where}")
    return frames
