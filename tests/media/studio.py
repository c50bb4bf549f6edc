"""Makes recordings whose every frame and every second can be recognised again.

Each picture carries its number as a row of black and white blocks (in Gray code, so that a blend
of two neighbours reads as one of them); sound has a short beep at known times. So order, place and
sync are measured on what is decoded, never read from headers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from backend.core.artifact import ArtifactKind
from backend.core.form import AS_RECORDED, Form
from backend.core.media import MediaInfo, Source
from backend.core.progress import Stage
from backend.core.session import (
    AudioChoice,
    Picture,
    Segment,
    Session,
    SessionOptions,
    SessionState,
)
from backend.core.timeline import Timeline, session_timeline
from backend.media.merge import merge
from backend.media.probe import probe
from backend.media.source import identify

BITS = 12
BLOCK = 16
RATE = 48000
SHARED = Path(__file__).resolve().parents[3] / "shared" / "media"


@dataclass
class Ctx:
    """A context that remembers. `stop_at` raises when a point is reached, or after n checks."""

    folder: Path
    points: list[str] = field(default_factory=list)
    stages: tuple[Stage, ...] = ()
    done: dict[str, list[float]] = field(default_factory=dict)
    kept: dict[str, Path] = field(default_factory=dict)
    checks: int = 0
    on_point: Mapping[str, object] = field(default_factory=dict)
    on_check: object = None

    def plan(self, stages: Sequence[Stage]) -> None:
        self.stages = tuple(stages)

    def progress(self, stage: str, fraction: float) -> None:
        assert stage in {s.name for s in self.stages}
        self.done.setdefault(stage, []).append(fraction)

    def check(self) -> None:
        self.checks += 1
        if callable(self.on_check):
            self.on_check()

    def find(self, key: str) -> Path | None:
        return self.kept.get(key)

    def part(self, key: str, suffix: str) -> Path:
        return self.folder / f"{key}.part{suffix}"

    def keep(
        self, kind: ArtifactKind, key: str, part: Path, facts: Mapping[str, object] | None = None
    ) -> Path:
        final = self.folder / f"{key}{part.suffix}"
        part.rename(final)
        self.kept[key] = final
        return final

    def reach(self, point: str) -> None:
        self.points.append(point)
        act = self.on_point.get(point)
        if callable(act):
            act()


def numbered(number: int, size: tuple[int, int] = (320, 180)) -> np.ndarray:
    """A picture that carries `number`. Shape (height, width, 3)."""
    width, height = size
    picture = np.full((height, width, 3), 96, np.uint8)
    picture[height // 2 :, : width * (number % 50 + 1) // 50] = (40, 150, 200)
    code = number ^ number >> 1
    for bit in range(BITS):
        value = 235 if code >> bit & 1 else 16
        picture[BLOCK : 2 * BLOCK, BLOCK * (bit + 1) : BLOCK * (bit + 2)] = value
    return picture


def number_of(frame: av.VideoFrame) -> int:
    """The number that a decoded picture carries."""
    grey = frame.to_ndarray(format="gray")
    code = 0
    for bit in range(BITS):
        x = BLOCK * (bit + 1)
        if grey[BLOCK + 4 : 2 * BLOCK - 4, x + 4 : x + BLOCK - 4].mean() > 128:
            code |= 1 << bit
    number = 0
    while code:
        number ^= code
        code >>= 1
    return number


def beeps(seconds: float, at: Sequence[float], rate: int = RATE, channels: int = 1) -> np.ndarray:
    """Silence with a 1 kHz beep of 40 ms at each time. Shape (channels, samples)."""
    sound = np.zeros((channels, round(seconds * rate)), np.float32)
    length = round(0.04 * rate)
    tone = (0.8 * np.sin(2 * np.pi * 1000 * np.arange(length) / rate)).astype(np.float32)
    for time in at:
        start = round(time * rate)
        sound[:, start : start + length] = tone[: sound.shape[1] - start]
    return sound


def beep_times(sound: np.ndarray, rate: int = RATE) -> list[float]:
    """Seconds at which beeps begin, to a millisecond or two."""
    loud = np.abs(sound).max(axis=0) > 0.3
    starts, quiet_until = [], -1
    for i in np.flatnonzero(loud):
        if i > quiet_until:
            starts.append(i / rate)
        quiet_until = i + round(0.2 * rate)
    return starts


def noise(seconds: float, rate: int = RATE, channels: int = 1, seed: int = 1) -> np.ndarray:
    """Something that never repeats, loud enough to compare. Shape (channels, samples)."""
    random = np.random.default_rng(seed)
    raw = random.standard_normal((channels, round(seconds * rate))).astype(np.float32)
    smooth = np.cumsum(raw, axis=1)
    smooth -= np.mean(smooth, axis=1, keepdims=True)
    smooth = np.diff(smooth, axis=1, prepend=0) * 0.1
    return np.clip(smooth, -0.9, 0.9).astype(np.float32)


@dataclass(frozen=True)
class Video:
    """How the picture of a made recording is."""

    times: Sequence[Fraction]
    codec: str = "libx264"
    size: tuple[int, int] = (320, 180)
    pixel_format: str = "yuv420p"
    options: Mapping[str, str] = field(default_factory=dict)
    rotation: int = 0
    time_base: Fraction = Fraction(1, 90000)
    aspect: Fraction | None = None
    rate: int = 30


@dataclass(frozen=True)
class Audio:
    """How the sound of a made recording is."""

    samples: np.ndarray
    codec: str = "aac"
    rate: int = RATE
    layout: str = "mono"
    start: Fraction = Fraction(0)
    format: str = "fltp"


def steady(seconds: float, rate: int = 30, start: Fraction = Fraction(0)) -> list[Fraction]:
    return [start + Fraction(i, rate) for i in range(round(seconds * rate))]


def uneven(seconds: float, seed: int = 3) -> list[Fraction]:
    """Times of a screen recorder that drops frames which show nothing new."""
    random = np.random.default_rng(seed)
    times, at = [], Fraction(0)
    while at < Fraction(seconds):
        times.append(at)
        at += Fraction(int(random.choice([1, 1, 1, 2, 3, 8, 20])), 30)
    return times


def record(
    path: Path,
    video: Video | None = None,
    audio: Audio | None = None,
    container: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write a recording; returns its path."""
    with av.open(str(path), "w", format=container, container_options=dict(options or {})) as out:
        picture = sound = None
        if video is not None:
            picture = out.add_stream(video.codec, rate=video.rate, options=dict(video.options))
            picture.width, picture.height = video.size
            picture.pix_fmt = video.pixel_format
            picture.codec_context.time_base = video.time_base
            picture.time_base = video.time_base
            if video.aspect:
                picture.codec_context.sample_aspect_ratio = video.aspect
            if video.rotation:
                picture.set_display_rotation(-video.rotation)
        if audio is not None:
            sound = out.add_stream(audio.codec, rate=audio.rate)
            sound.layout = audio.layout
            if audio.codec in ("aac", "libopus"):
                sound.bit_rate = 128_000
        if video is not None and picture is not None:
            for i, time in enumerate(video.times):
                frame = av.VideoFrame.from_ndarray(numbered(i, video.size), format="rgb24")
                frame = frame.reformat(format=video.pixel_format)
                frame.pts = round(time / video.time_base)
                frame.time_base = video.time_base
                out.mux(picture.encode(frame))
            out.mux(picture.encode(None))
        if audio is not None and sound is not None:
            step = sound.codec_context.frame_size or 1024
            resampler = av.AudioResampler(sound.codec_context.format.name, audio.layout, audio.rate)
            first = round(audio.start * audio.rate)
            for at in range(0, audio.samples.shape[1], step):
                piece = np.ascontiguousarray(audio.samples[:, at : at + step])
                raw = av.AudioFrame.from_ndarray(piece, "fltp", audio.layout)
                raw.sample_rate = audio.rate
                raw.pts, raw.time_base = first + at, Fraction(1, audio.rate)
                for frame in resampler.resample(raw):
                    out.mux(sound.encode(frame))
            out.mux(sound.encode(None))
    return path


def pictures_of(film: Path) -> list[tuple[Fraction, int]]:
    """Every picture that a player shows: (time, number)."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        return [
            (frame.pts * frame.time_base, number_of(frame)) for frame in container.decode(stream)
        ]


def sound_of(film: Path) -> tuple[np.ndarray, int]:
    """What a player plays, from time 0 on: (channels, samples) and the rate."""
    with av.open(str(film)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler("fltp")
        rate = stream.codec_context.sample_rate
        parts: list[np.ndarray] = []
        for frame in container.decode(stream):
            if not parts and frame.pts:
                lead = round(frame.pts * frame.time_base * rate)
                parts.append(np.zeros((frame.layout.nb_channels, max(lead, 0)), np.float32))
            parts += [out.to_ndarray() for out in resampler.resample(frame)]
    return np.concatenate(parts, axis=1), rate


@dataclass
class Take:
    """A session ready to be merged."""

    timeline: Timeline
    infos: dict[str, MediaInfo]
    sources: tuple[Source, ...]

    def merge(
        self, output: Path, ctx: Ctx, title: str = "", form: Form = AS_RECORDED
    ) -> dict[str, object]:
        return merge(self.timeline, self.infos, self.sources, output, ctx, title, form)


def take(
    video: Path | None = None,
    segments: Sequence[Path] = (),
    offsets: Sequence[Fraction | None] | None = None,
    audio: AudioChoice = None,
) -> Take:
    """A session made of these files, as an import would make it."""
    infos: dict[str, MediaInfo] = {}
    picture = None
    if video is not None:
        infos[str(video)] = info = probe(video)
        if info.video:
            picture = Picture(identify(video), info)
        else:
            segments = [video]
    pieces = []
    for path, offset in zip(segments, offsets or [None] * len(segments), strict=True):
        infos[str(path)] = info = probe(path)
        pieces.append(Segment(identify(path), info, offset))
    now = datetime.now(UTC)
    session = Session(
        id="s",
        title="A session",
        state=SessionState.ENDED,
        started_at=now,
        created_at=now,
        updated_at=now,
        picture=picture,
        segments=tuple(pieces),
        options=SessionOptions(audio=audio),
    )
    return Take(session_timeline(session), infos, session.sources)
