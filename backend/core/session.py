"""A recording session: a picture, and the sound segments a recorder wrote beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Literal, TypeAlias

from backend.core.artifact import Artifact
from backend.core.job import JobKind
from backend.core.media import AudioStream, MediaInfo, Source

TITLE_LIMIT = 500
"""Characters of a title; a longer one is cut where it is taken in."""


AudioChoice: TypeAlias = int | Literal["mix"] | None
"""Which of a recording's tracks of sound is heard: its number in the order of the file, from 1 on,
all of them mixed, or the best one (None)."""

FrameRate: TypeAlias = Fraction | Literal["constant"] | None
"""Frames a second, all of one length; "constant": the rate nearest to the recording's own; None:
each frame is shown at its own time."""


class SessionState(StrEnum):
    """LIVE takes segments, ENDED has its work planned. How far that is, the jobs say."""

    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of the sound."""

    source: Source
    info: MediaInfo
    offset: Fraction | None = None
    """Seconds after the session's start; None: it follows the segment before it."""

    @property
    def name(self) -> str:
        return self.source.path.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Picture:
    """The session's video file."""

    source: Source
    info: MediaInfo


class Quality(StrEnum):
    """How much of the picture a smaller film may lose."""

    LOW = "low"
    MEDIUM = "medium"
    """Nothing that one sees while it plays."""
    HIGH = "high"


class Originals(StrEnum):
    """What becomes of the recordings once everything is made of them."""

    KEEP = "keep"
    BIN = "bin"
    """They are put into the system's bin."""


@dataclass(frozen=True, slots=True)
class SessionOptions:
    """What the owner asked for this session."""

    merge: bool = True
    optimise: bool = True
    """Whether the film is made smaller once it plays."""
    enrich: bool = True
    without: tuple[JobKind, ...] = ()
    """Steps of the enrichment that are left out."""
    audio: AudioChoice = None
    quality: Quality = Quality.MEDIUM
    """Of the smaller film."""
    height: int | None = None
    """Rows of pixels that the film is shown with, at most; None: as many as were recorded."""
    rate: FrameRate = None
    originals: Originals = Originals.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as the library knows it."""

    id: str
    title: str
    state: SessionState
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    deleted_at: datetime | None = None
    folder: str | None = None
    """Where it was imported from; None for a live session."""
    picture: Picture | None = None
    segments: tuple[Segment, ...] = ()
    options: SessionOptions = field(default_factory=SessionOptions)
    notes: tuple[str, ...] = ()
    film: Artifact | None = None
    watched: Fraction = Fraction(0)
    """Seconds of film after which its owner stopped watching."""

    @property
    def original_size(self) -> int:
        """Bytes of everything that was recorded."""
        picture = self.picture.source.size if self.picture else 0
        return picture + sum(segment.source.size for segment in self.segments)

    @property
    def sources(self) -> tuple[Source, ...]:
        picture = (self.picture.source,) if self.picture else ()
        return picture + tuple(segment.source for segment in self.segments)


def heard_tracks(info: MediaInfo, choice: AudioChoice) -> tuple[AudioStream, ...]:
    """The tracks of sound that are heard of a recording; of one that lacks the chosen track, the
    best."""
    numbered = sorted(info.audio, key=lambda stream: stream.index)
    if choice == "mix":
        return tuple(numbered)
    if choice is not None and 1 <= choice <= len(numbered):
        return (numbered[choice - 1],)
    return info.audio[:1]


def clean_title(title: str) -> str:
    """A title on one line, at most `TITLE_LIMIT` characters, that any text encoding can hold."""
    title = title.encode("utf-8", "replace").decode("utf-8")
    return " ".join(title.split())[:TITLE_LIMIT] or "Untitled"


_DIGITS = re.compile(r"(\d+)")


def natural_order(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key that puts `seg_10` after `seg_9`, and `seg` before both; case does not count."""
    parts = _DIGITS.split(name.casefold())
    return (*((0, int(p)) if p.isdecimal() else (1, p) for p in parts if p), (-1, name))


def missing_numbers(names: Sequence[str]) -> tuple[int, ...]:
    """Numbers left out of a run of numbered names: 1, 2, 4 gives (3,).

    Looks at the last number of each name, and only where all names are alike but for it.
    """
    numbers, stems = [], set()
    for name in names:
        parts = _DIGITS.split(name)
        if len(parts) < 3:
            return ()
        # An extension such as .m4a or .mp3 ends in a number too: count in the stem only.
        stem = _DIGITS.split(name.rsplit(".", 1)[0])
        if len(stem) < 3:
            return ()
        numbers.append(int(stem[-2]))
        stems.add((*stem[:-2], stem[-1]))
    if len(stems) != 1 or not numbers:
        return ()
    present = set(numbers)
    span = range(min(present), max(present))
    return tuple(n for n in span if n not in present) if len(span) < 100_000 else ()
