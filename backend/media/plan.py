"""Timeline → RenderPlan: how every stretch of a film will be made, decided before it is made.

Pure: no file is opened here. The plan prints as a table that a person can read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil

from backend.core.media import AudioStream, MediaInfo, VideoStream
from backend.core.progress import Stage
from backend.core.time import TimeRange, timecode
from backend.core.timeline import Clip, Gap, Timeline, TrackKind
from backend.media.colour import HDR_TRANSFERS
from backend.media.onestream import copies

CHUNK = Fraction(10)
"""Seconds of picture that are encoded at a stretch, and lost at most when an encode is killed."""

KEYFRAMES = Fraction(2)
"""Seconds between frames that a player can seek to, at most."""

_TICKS = 10_000
"""Fewest ticks a second of the film's picture."""

_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High", "Constrained High"})
_PLAYED_FORMATS = frozenset({"yuv420p", "yuvj420p"})
TIMED = ("mov", "matroska", "mpegts", "mpeg", "flv", "ogg", "asf", "gif", "ivf", "nut", "rm", "mxf")
"""Containers whose packets carry presentation times. AVI and raw streams leave them to guess."""

_COPIED = ("mov", "matroska", "mpegts", "flv")
"""Those among them whose times are good enough to be copied as they are."""

_CODECS = {
    "hevc": "HEVC",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
    "prores": "ProRes",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4 Part 2",
    "mjpeg": "Motion JPEG",
    "gif": "GIF",
    "h264": "H.264",
}
_RATES = (32000, 44100, 48000)
"""Rates that AAC and every browser know, and that cut off nothing one can hear much of."""


@dataclass(frozen=True, slots=True)
class PictureEncoding:
    """How pictures are encoded: x264, 8 bit, 4:2:0, constant quality."""

    width: int
    height: int
    crop: tuple[int, int]
    """Pixels taken off the right and the bottom, 0 or 1: 4:2:0 needs even sizes. A row less shows
    nothing that is not there; padding would draw a line."""
    deinterlace: bool
    to_sdr: bool
    """Whether high dynamic range is mapped to BT.709."""
    crf: int = 20
    preset: str = "veryfast"

    def parameters(self) -> dict[str, object]:
        """What the result depends on, for the names of its artifacts."""
        return {
            "size": [self.width, self.height, *self.crop],
            "deinterlace": self.deinterlace,
            "sdr": self.to_sdr,
            "x264": [self.preset, self.crf, str(KEYFRAMES)],
        }


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """One clip of picture, copied or encoded."""

    span: TimeRange
    """Where it plays in the film."""
    clip: Clip
    stream: VideoStream
    zero: Fraction
    """Time on the source's own clock that becomes the start of `span`."""
    reason: str
    encoding: PictureEncoding | None
    """None: the packets are copied."""
    chunks: tuple[TimeRange, ...] = ()
    """Pieces of an encode, on the source's own clock. The first and the last are open: they take
    whatever lies before or behind."""

    @property
    def time_base(self) -> Fraction:
        """Seconds a tick of the film's picture: every time of the source is a whole number of
        them, and there are enough between two frames to put them into another order."""
        ticks = self.stream.time_base.denominator
        return Fraction(1, ticks * max(1, ceil(Fraction(_TICKS, ticks))))


@dataclass(frozen=True, slots=True)
class SoundClip:
    """One clip of sound at its place."""

    span: TimeRange
    clip: Clip
    stream: AudioStream
    zero: Fraction
    """Time on the source's own clock that becomes the start of `span`."""
    cut_in: bool
    """Whether the clip begins inside its source, so that it needs a fade."""
    cut_out: bool


@dataclass(frozen=True, slots=True)
class SoundPlan:
    """The film's one stream of sound: AAC-LC. What no clip covers is silent."""

    rate: int
    channels: int
    """1 or 2."""
    bit_rate: int
    clips: tuple[SoundClip, ...]
    duration: Fraction
    coder: str = "fast"
    """FFmpeg's coefficient search: "fast" takes half the time of "twoloop"."""
    copied: bool = False
    """Whether the packets of the clips become the film's as they are."""

    @property
    def layout(self) -> str:
        return "mono" if self.channels == 1 else "stereo"

    @property
    def samples(self) -> int:
        """Length of the sound in samples a channel."""
        return ceil(self.duration * self.rate)


@dataclass(frozen=True, slots=True)
class RenderPlan:
    picture: tuple[PicturePlan, ...]
    sound: SoundPlan | None
    duration: Fraction
    stages: tuple[Stage, ...]
    notes: tuple[str, ...] = ()

    def table(self) -> str:
        """The plan for a person: a line a stretch."""
        rows = [("from", "to", "track", "how", "why")]
        for part in self.picture:
            how = "copy" if part.encoding is None else f"encode in {len(part.chunks)}"
            rows.append((*_ends(part.span), "picture", how, part.reason))
        if self.sound:
            for sound in self.sound.clips:
                why = f"{sound.stream.codec} {sound.stream.rate} Hz {sound.stream.layout}"
                how = "copy" if self.sound.copied else f"AAC {self.sound.layout}"
                rows.append((*_ends(sound.span), "sound", how, why))
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def __str__(self) -> str:
        return self.table()


def _ends(span: TimeRange) -> tuple[str, str]:
    return timecode(span.start), timecode(span.end)


def plays_in_browsers(info: MediaInfo, stream: VideoStream) -> tuple[bool, str]:
    """Whether a browser plays the packets of a stream as they are, and why or why not."""
    name = _CODECS.get(stream.codec, stream.codec)
    if stream.codec != "h264":
        return False, f"{name}: browsers want H.264 in an MP4"
    kind = f"{name} {stream.profile or 'of unknown profile'} {stream.pixel_format}"
    if stream.pixel_format not in _PLAYED_FORMATS or stream.profile not in _PROFILES:
        return False, f"{kind}: browsers play 8-bit 4:2:0 only"
    if not info.container.startswith(_COPIED):
        return False, f"{kind}: the {info.container} file has no times for its frames"
    return True, f"{kind}: browsers play it"


def _encoding(stream: VideoStream) -> PictureEncoding:
    crop = (
        stream.width % 2 if stream.width > 1 else 0,
        stream.height % 2 if stream.height > 1 else 0,
    )
    return PictureEncoding(
        width=max(2, stream.width - crop[0]),
        height=max(2, stream.height - crop[1]),
        crop=crop,
        deinterlace=stream.interlaced,
        to_sdr=stream.color_transfer in HDR_TRANSFERS,
    )


def _chunks(span: TimeRange) -> tuple[TimeRange, ...]:
    count = max(1, round(span.duration / CHUNK))
    edges = [span.start + i * CHUNK for i in range(count)] + [span.end]
    return tuple(TimeRange(a, max(a, b)) for a, b in pairwise(edges))


def _picture(
    span: TimeRange, clip: Clip, info: MediaInfo, encode_because: str | None
) -> PicturePlan:
    stream = next((s for s in info.video if s.index == clip.stream), None)
    if stream is None:
        raise ValueError(f"{clip.path} has no picture track {clip.stream}")
    zero = info.start + clip.source_range.start
    whole = clip.source_range.start == 0 and clip.source_range.end >= info.duration
    plays, reason = plays_in_browsers(info, stream)
    if plays and not whole:
        plays, reason = False, "cut: only part of the recording is shown"
    if plays and encode_because:
        plays, reason = False, encode_because
    plan = PicturePlan(span, clip, stream, zero, reason, None)
    if plays:
        return plan
    return replace(
        plan,
        encoding=_encoding(stream),
        chunks=_chunks(TimeRange(zero, zero + clip.source_range.duration)),
    )


def _sound(timeline: Timeline, infos: Mapping[str, MediaInfo]) -> SoundPlan | None:
    track = timeline.track(TrackKind.AUDIO)
    if track is None:
        return None
    clips = []
    for span, item in track.placed():
        if isinstance(item, Gap) or item.duration <= 0:
            continue
        info = infos[item.path]
        stream = next((s for s in info.audio if s.index == item.stream), None)
        if stream is None:
            raise ValueError(f"{item.path} has no sound track {item.stream}")
        clips.append(
            SoundClip(
                span,
                item,
                stream,
                info.start + item.source_range.start,
                cut_in=item.source_range.start > 0,
                cut_out=item.source_range.end < info.duration,
            )
        )
    if not clips:
        return None
    rates = {clip.stream.rate for clip in clips}
    rate = rates.pop() if len(rates) == 1 else 48000
    rate = rate if rate in _RATES else 48000
    channels = 1 if all(clip.stream.channels == 1 for clip in clips) else 2
    return SoundPlan(
        rate,
        channels,
        96_000 * channels if channels == 1 else 160_000,
        tuple(clips),
        track.duration,
        copied=copies(clips, infos, rate),
    )


def _seconds_of_work(part: PicturePlan) -> Fraction:
    pixels = part.stream.width * part.stream.height * (part.stream.frame_rate or 30)
    return part.span.duration * pixels / 250_000_000


def _stages(
    picture: tuple[PicturePlan, ...], sound: SoundPlan | None, duration: Fraction
) -> tuple[Stage, ...]:
    """The parts of the work with the seconds that each is likely to take."""
    paths = {part.clip.path for part in picture}
    segments = [clip.clip.path for clip in sound.clips] if sound else []
    count = len(set(segments) - paths)
    reading = (
        f"Reading {count} segment{'s' if count != 1 else ''}" if count else "Reading the recording"
    )
    stages = [Stage("reading", reading, 0.2 + 0.003 * count)]
    encoded = [part for part in picture if part.encoding]
    if encoded:
        work = float(sum(_seconds_of_work(part) for part in encoded))
        stages.append(Stage("picture", "Encoding the picture for browsers", 0.5 + work))
    if picture and sound:
        label = "Putting picture and sound together"
    elif sound:
        label = "Joining sound"
    else:
        label = "Writing the film"
    weight = float(duration) / (100 if sound and not sound.copied else 2000)
    stages.append(Stage("film", label, 0.1 + weight))
    stages.append(Stage("checking", "Checking the film", 0.3))
    return tuple(stages)


def plan(
    timeline: Timeline, infos: Mapping[str, MediaInfo], encode_because: str | None = None
) -> RenderPlan:
    """How the film of a timeline is made. `infos` by path, for every clip.

    `encode_because` forbids copying, with the reason: a copy was tried and does not play.

    Raises ValueError for a timeline that cannot be rendered: nothing on it, a track its file does
    not have, or a picture track that is not one clip (cuts come with the export).
    """
    track = timeline.track(TrackKind.VIDEO)
    picture: tuple[PicturePlan, ...] = ()
    if track is not None and track.items:
        if len(track.items) != 1 or not track.clips:
            raise ValueError("a picture track must be one clip")
        picture = tuple(
            _picture(span, clip, infos[clip.path], encode_because)
            for span, clip in track.placed()
            if isinstance(clip, Clip)
        )
    sound = _sound(timeline, infos)
    if not picture and sound is None:
        raise ValueError("there is nothing on the timeline")
    notes = []
    for part in picture:
        if part.encoding and any(part.encoding.crop):
            notes.append("odd picture size: the last row or column of pixels is left out")
        if part.encoding and part.encoding.to_sdr:
            notes.append("high dynamic range is shown in standard colours")
    return RenderPlan(
        picture, sound, timeline.duration, _stages(picture, sound, timeline.duration), tuple(notes)
    )
