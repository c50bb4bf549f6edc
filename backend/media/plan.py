"""Timeline → RenderPlan: how every stretch of a film will be made, decided before it is made.

Pure: no file is opened here. The plan prints as a table that a person can read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from backend.core.chapter import Chapter
from backend.core.form import AS_RECORDED, Form
from backend.core.media import AudioStream, MediaInfo
from backend.core.progress import Stage
from backend.core.time import TimeRange, timecode
from backend.core.timeline import Clip, Gap, Timeline, Track, TrackKind
from backend.media.onestream import copies
from backend.media.seams import Seams
from backend.media.spans import PicturePlan, picture_parts

_RATES = (32000, 44100, 48000)
"""Rates that AAC and every browser know, and that cut off nothing one can hear much of."""


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

    @property
    def pace(self) -> Fraction:
        """Samples, by the source's stated rate, that make a second of film: 1 but for clocks that
        ran wrong."""
        return self.stream.clock * self.clip.speed

    def place(self, time: Fraction) -> Fraction:
        """Where on the film a time on the source's own clock is heard."""
        return (time - self.zero) / self.clip.speed + self.span.start


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
    beside: tuple[tuple[SoundClip, ...], ...] = ()
    """Further lanes, heard at the same time."""

    @property
    def lanes(self) -> tuple[SoundPlan, ...]:
        """Each lane alone."""
        return tuple(replace(self, clips=c, beside=()) for c in (self.clips, *self.beside))

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
    chapters: tuple[Chapter, ...] = ()
    frugal: bool = False
    """Whether each piece of encoded picture is given up once it is in the film, for want of room:
    a film that does not come about then is encoded anew."""

    def stretches(self) -> list[tuple[TimeRange, str, str, str, str]]:
        """A line a stretch: when, which track, how, of which file, why."""
        found = [
            (part.span, "picture", part.how, part.shown_path, part.reason) for part in self.picture
        ]
        if self.sound:
            for sound in (clip for lane in self.sound.lanes for clip in lane.clips):
                why = f"{sound.stream.codec} {sound.stream.rate} Hz {sound.stream.layout}"
                path = sound.clip.path
                how = "copy" if self.sound.copied else f"AAC {self.sound.layout}"
                found.append((sound.span, "sound", how, path, why))
        return found

    def table(self) -> str:
        """The plan for a person."""
        rows = [("from", "to", "track", "how", "why")]
        rows += [(*_ends(span), track, how, why) for span, track, how, _, why in self.stretches()]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )

    def __str__(self) -> str:
        return self.table()


def _ends(span: TimeRange) -> tuple[str, str]:
    return timecode(span.start), timecode(span.end)


def sound_plan(timeline: Timeline, infos: Mapping[str, MediaInfo]) -> SoundPlan | None:
    """How the sound of a timeline is made; None where it has none. Raises as `plan`."""
    tracks = [track for track in timeline.tracks if track.kind is TrackKind.AUDIO]
    lanes = [lane for track in tracks if (lane := _lane(track, infos))]
    if not lanes:
        return None
    clips = [clip for lane in lanes for clip in lane]
    rates = {clip.stream.rate for clip in clips}
    rate = rates.pop() if len(rates) == 1 else 48000
    rate = rate if rate in _RATES else 48000
    channels = 1 if all(clip.stream.channels == 1 for clip in clips) else 2
    return SoundPlan(
        rate,
        channels,
        96_000 * channels if channels == 1 else 160_000,
        lanes[0],
        max(track.duration for track in tracks),
        copied=len(lanes) == 1 and copies(clips, infos, rate),
        beside=tuple(lanes[1:]),
    )


def _lane(track: Track, infos: Mapping[str, MediaInfo]) -> tuple[SoundClip, ...]:
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
    return tuple(clips)


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
        label = "Encoding the picture for browsers"
        if len(encoded) < len(picture):
            label = "Encoding beside the cuts"
        stages.append(Stage("picture", label, 0.5 + work))
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
    timeline: Timeline,
    infos: Mapping[str, MediaInfo],
    encode_because: str | None = None,
    seams: Mapping[Clip, Seams] | None = None,
    form: Form = AS_RECORDED,
) -> RenderPlan:
    """How the film of a timeline is made. `infos` by path, for every clip; `seams` for those that
    `spans.to_look_at` names; `form`: what was asked for beside it.

    `encode_because` forbids copying, with the reason: a copy was tried and does not play.

    Raises ValueError for a timeline that cannot be rendered: nothing on it, or a track its file
    does not have.
    """
    track = timeline.track(TrackKind.VIDEO)
    picture: tuple[PicturePlan, ...] = ()
    if track is not None:
        picture = picture_parts(track, infos, seams or {}, encode_because, form)
    sound = sound_plan(timeline, infos)
    if not picture and sound is None:
        raise ValueError("there is nothing on the timeline")
    duration = timeline.duration
    return RenderPlan(
        picture,
        sound,
        duration,
        _stages(picture, sound, duration),
        tuple(_notes(picture)),
        frugal=form.small is not None,
    )


def _notes(picture: tuple[PicturePlan, ...]) -> Iterator[str]:
    encodings = [part.encoding for part in picture if part.encoding]
    if any(any(encoding.crop) for encoding in encodings):
        yield "odd picture size: the last row or column of pixels is left out"
    if any(encoding.to_sdr for encoding in encodings):
        yield "high dynamic range is shown in standard colours"
    if any(encoding.inner for encoding in encodings):
        yield "pictures of another shape have black bars"
