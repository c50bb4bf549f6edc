"""What a command is to work on: a file, a session's folder, or a session of the library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from backend.cli.command import refusal
from backend.cli.link import Link, document
from backend.core.chapter import Chapter, chapters_from
from backend.core.document import DocumentKind
from backend.core.fault import Category, Fault, FaultError, Unusable
from backend.core.form import AS_RECORDED, Form
from backend.core.session import Picture, Segment
from backend.core.time import TimeRange, clock, seconds
from backend.core.timeline import Timeline, recorded_timeline
from backend.discovery import find_files
from backend.ingest import look_into
from backend.settings import Settings
from backend.work.apart import Cutting
from backend.work.isolate import probe_files

FAR = Fraction(10**9)
"""Seconds; later than any end."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """What was recorded together."""

    title: str
    picture: Picture | None
    segments: tuple[Segment, ...]
    chapters: tuple[Chapter, ...] | None = None
    """Those that the library keeps of a session; None where only the files may have some."""

    @property
    def timeline(self) -> Timeline:
        return recorded_timeline(self.picture, self.segments)

    @property
    def paths(self) -> list[Path]:
        """All files, the picture first."""
        pictures = [self.picture.source.path] if self.picture else []
        return [Path(path) for path in [*pictures, *(s.source.path for s in self.segments)]]

    def cutting(self, timeline: Timeline, form: Form = AS_RECORDED) -> Cutting:
        """A timeline of these, ready to be rendered."""
        parts: list[Picture | Segment] = [*([self.picture] if self.picture else [])]
        parts += self.segments
        infos = {part.info.path: part.info for part in parts}
        return Cutting(timeline, infos, tuple(part.source for part in parts), self.title, form)


def recordings(named: str, settings: Settings, film: bool = False) -> Recordings:
    """The recordings of a file, a folder, or a session whose id begins so; of a session its `film`
    instead, where that is wanted and there.

    Raises a refusal where there is none, or one cannot be used.
    """
    if os.path.lexists(named) or Path(named).name != named or "." in named:
        try:
            picture, segments, _ = look_into(find_files([Path(named)]), probe_files)
        except FaultError as error:
            raise Unusable(error.fault) from error
        # A file has a title of its own, or none.
        title = Path(named).resolve().name if Path(named).is_dir() else ""
        return Recordings(title, picture, tuple(segments))
    with Link(settings) as link:
        number = link.session(named)
        session = link.get(f"/api/sessions/{number}")
        outline = document(link, number, DocumentKind.CHAPTERS)
    listed = {segment["path"]: seconds(segment["offset"]) for segment in session["segments"]}
    films = [path for path in session["originals"] if path not in listed]
    if film and session["film"] and Path(session["film"]["path"]).exists():
        films, listed = [session["film"]["path"]], {}
    elif not all(Path(path).exists() for path in session["originals"]):
        if not session["film"]:
            raise refusal(
                f"The recordings of session {named} are not where they were.",
                "Connect their drive, or put them back.",
                Category.MISSING,
            )
        films, listed = [session["film"]["path"]], {}
    chapters = None if outline is None else chapters_from(outline)
    return replace(_probed(str(session["title"]), films, listed), chapters=chapters)


def _probed(title: str, films: Sequence[str], listed: dict[str, Fraction]) -> Recordings:
    paths = [Path(path) for path in [*films, *listed]]
    picture: Picture | None = None
    segments = []
    for path, probed in zip(paths, probe_files(paths), strict=True):
        if isinstance(probed, Fault):
            raise Unusable(probed)
        source, info = probed
        if str(path) in listed or not info.video:
            segments.append(Segment(source, info, listed.get(str(path))))
        else:
            picture = Picture(source, info)
    return Recordings(title, picture, tuple(segments))


def ranges_of(texts: Sequence[str]) -> list[TimeRange]:
    """Ranges written as START-END, each side a time like 1:15.5; an empty side is the recording's
    own. Raises a refusal."""
    found = []
    for text in texts:
        start, dash, end = text.replace("\N{EN DASH}", "-").partition("-")
        try:
            if not dash:
                raise ValueError(f"{text[:40]!r} has no dash between its start and its end")
            begin = clock(start) if start.strip() else Fraction(0)
            until = clock(end) if end.strip() else FAR
        except ValueError as error:
            raise refusal(
                f"“{text[:40]}” is no range: {error}.", "Write it as 1:05-1:20.5, or 65-80.5."
            ) from error
        if until <= begin:
            raise refusal(
                f"“{text[:40]}” is empty: its end is not later than its start.",
                "Write the start first, as in 1:05-1:20.",
            )
        found.append(TimeRange(begin, until))
    return found


def inside(ranges: Sequence[TimeRange], duration: Fraction) -> list[TimeRange]:
    """Ranges whose open ends are the recording's own."""
    return [
        TimeRange(part.start, max(part.start, duration) if part.end == FAR else part.end)
        for part in ranges
    ]
