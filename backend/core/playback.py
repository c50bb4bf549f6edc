"""What plays while a session has no film: its original files, each in its place of the film."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from backend.core.media import MediaInfo
from backend.core.session import Session
from backend.core.time import TimeRange
from backend.core.timeline import Clip, TrackKind, session_timeline

_MP4 = frozenset({"mov", "mp4"})
_MATROSKA = frozenset({"matroska", "webm"})
_ALONE = {"mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg"}
_ALONE["aac"] = "audio/aac"

_AVC = {
    "Constrained Baseline": "42E0",
    "Baseline": "4200",
    "Main": "4D00",
    "Constrained High": "6400",
    "High": "6400",
    "High 10": "6E00",
    "High 4:2:2": "7A00",
    "High 4:4:4 Predictive": "F400",
}
"""First four digits of an `avc1` name: profile and constraints (RFC 6381)."""

_SOUND = {"aac": "mp4a.40.2", "opus": "opus", "vorbis": "vorbis", "flac": "flac", "mp3": "mp3"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the session that plays out of one original."""

    source: int
    """Place of its file among the session's sources, from 0."""
    kind: TrackKind
    span: TimeRange
    """When it plays, on the session's clock."""
    offset: Fraction
    """Seconds of the file that are skipped, from where its own clock starts."""
    type: str | None
    """What a browser is asked whether it plays; None: no browser does."""


def session_pieces(session: Session) -> tuple[Piece, ...]:
    """The film's own timeline, clip by clip. Times that no piece covers are gaps."""
    numbers = {source.path: number for number, source in enumerate(session.sources)}
    infos = source_infos(session)
    pieces: list[Piece] = []
    for track in session_timeline(session).tracks:
        for span, clip in track.placed():
            if isinstance(clip, Clip) and clip.duration > 0:
                number = numbers[clip.path]
                kind = media_type(infos[number], clip.stream)
                pieces.append(Piece(number, track.kind, span, clip.source_range.start, kind))
    return tuple(pieces)


def source_infos(session: Session) -> tuple[MediaInfo, ...]:
    """What is known of each of `session.sources`, in their order."""
    picture = (session.picture.info,) if session.picture else ()
    return picture + tuple(segment.info for segment in session.segments)


def content_type(info: MediaInfo) -> str:
    """What a file is sent as."""
    names = set(info.container.split(","))
    kind = "video" if info.video else "audio"
    if names & _MP4:
        return f"{kind}/mp4"
    if names & _MATROSKA:
        return f"{kind}/webm"
    return next((_ALONE[name] for name in names if name in _ALONE), "application/octet-stream")


def media_type(info: MediaInfo, index: int) -> str | None:
    """Type and codec to ask a browser about for one track of a file, None where none plays it.

    A codec is asked for in the container that is its home: browsers that know it play it in
    Matroska too, and deny that when they are asked.
    """
    names = set(info.container.split(","))
    boxed = bool(names & (_MP4 | _MATROSKA))
    for video in info.video:
        if video.index == index:
            home, codec = _picture_codec(video.codec, video.profile, video.pixel_format)
            return f'video/{home}; codecs="{codec}"' if boxed and codec else None
    codec = next((sound.codec for sound in info.audio if sound.index == index), "")
    if boxed:
        known = _SOUND.get(codec)
        home = "webm" if codec in ("opus", "vorbis") else "mp4"
        return f'audio/{home}; codecs="{known}"' if known else None
    return next((_ALONE[name] for name in names if name in _ALONE), None)


def _picture_codec(codec: str, profile: str | None, pixels: str) -> tuple[str, str | None]:
    deep = "10" in pixels
    match codec:
        case "h264":
            start = _AVC.get(profile or "High")
            return "mp4", f"avc1.{start}28" if start else None
        case "hevc":
            return "mp4", "hvc1.2.4.L120.90" if deep else "hvc1.1.6.L120.90"
        case "av1":
            return "mp4", "av01.0.08M.10" if deep else "av01.0.08M.08"
        case "vp8":
            return "webm", "vp8"
        case "vp9":
            return "webm", "vp09.02.40.10" if deep else "vp09.00.40.08"
        case _:
            return "mp4", None
