"""What is known of a media file, without the library that found it out."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Jump:
    """A place where a track's clock was set anew."""

    packet: int
    """Number of the track's packets that come before it."""
    shift: Fraction
    """Seconds to add to all times from there on, so that the clock runs through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoStream:
    """One picture track. Times in seconds on the file's own clock."""

    index: int
    codec: str
    profile: str | None
    width: int
    height: int
    pixel_format: str
    time_base: Fraction
    start: Fraction
    """Time of the first frame that is shown; edit lists applied."""
    duration: Fraction
    frames: int | None
    """Number of packets, where the container or a scan says it."""
    frame_rate: Fraction | None
    """Average frames a second; None where nothing tells it."""
    variable: bool
    """Whether frames last differently long."""
    rotation: int
    """Degrees clockwise that a player turns the picture: 0, 90, 180 or 270."""
    sample_aspect: Fraction
    """Width of a pixel by its height; 1 for square ones."""
    color_range: str | None = None
    color_primaries: str | None = None
    color_transfer: str | None = None
    color_matrix: str | None = None
    interlaced: bool = False
    jumps: tuple[Jump, ...] = ()
    step: Fraction | None = None
    """Seconds that a frame lasts where none was left out, as far as their times tell it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStream:
    """One sound track. Times in seconds on the file's own clock."""

    index: int
    codec: str
    profile: str | None
    rate: int
    """Samples a second."""
    channels: int
    layout: str
    time_base: Fraction
    start: Fraction
    duration: Fraction
    jumps: tuple[Jump, ...] = ()
    clock: Fraction = Fraction(1)
    """Samples that come in a second of the file's clock, by `rate`: 1 where both agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInfo:
    """A media file: its container, its tracks, and what was odd about it.

    `video` and `audio` list the tracks that hold a recording, the best one first: cover pictures,
    time code and telemetry are named in `others` only.
    """

    path: str
    container: str
    size: int
    """Bytes."""
    duration: Fraction
    """Seconds from `start` to the end of the longest track."""
    start: Fraction
    """Where the file's clock stands when its first picture or sound begins."""
    video: tuple[VideoStream, ...] = ()
    audio: tuple[AudioStream, ...] = ()
    others: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    """What a person should know: "no duration in the header", "the clock starts at 90 minutes"."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that belongs to the owner: where it is and which bytes it held when it was read."""

    path: str
    size: int
    mtime_ns: int
    file_id: int
    """Inode, or the file index on Windows; 0 where the file system has none."""
    digest: str
    """Hash over 64 sampled blocks of 64 KiB: tells a changed or swapped file from a moved one."""

    @property
    def key(self) -> str:
        return f"{self.size:x}-{self.mtime_ns:x}-{self.file_id:x}-{self.digest}"
