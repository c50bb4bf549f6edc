"""Chapters of recordings, where a film shows them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from backend.core.chapter import Chapter
from backend.core.media import MediaInfo
from backend.core.time import ZERO, TimeRange
from backend.core.timeline import Clip, Timeline, TrackKind
from backend.media.read import open_media


def film_chapters(timeline: Timeline, infos: Mapping[str, MediaInfo]) -> tuple[Chapter, ...]:
    """The chapters of what is seen, or of one recording that is heard, shifted with their clips and
    clipped by them.

    One that goes on across a cut is one chapter still. Raises FaultError where a file cannot be
    opened.
    """
    track = timeline.track(TrackKind.VIDEO) or timeline.track(TrackKind.AUDIO)
    if track is None or (
        track.kind is TrackKind.AUDIO and len({clip.path for clip in track.clips}) > 1
    ):
        return ()
    known: dict[str, tuple[Chapter, ...]] = {}
    found: list[Chapter] = []
    last: tuple[str, Chapter] | None = None
    for span, clip in track.placed():
        if not isinstance(clip, Clip):
            continue
        if clip.path not in known:
            known[clip.path] = chapters_of(Path(clip.path), infos[clip.path].start)
        for chapter in known[clip.path]:
            shown = chapter.span.intersection(clip.source_range)
            if shown is None:
                continue
            shown = shown.shifted(span.start - clip.source_range.start)
            if last == (clip.path, chapter) and found[-1].end == shown.start:
                shown = TimeRange(found.pop().start, shown.end)
            found.append(Chapter(shown.start, shown.end, chapter.title))
            last = clip.path, chapter
    return tuple(found)


def chapters_of(path: Path, start: Fraction = ZERO) -> tuple[Chapter, ...]:
    """A file's own chapters, in seconds since `start`. Raises FaultError."""
    container = open_media(path)
    try:
        found = []
        for chapter in container.chapters():
            base = chapter["time_base"]
            if base is None:
                continue
            tick = Fraction(base.numerator, base.denominator)
            begin = max(chapter["start"] * tick - start, ZERO)
            end = chapter["end"] * tick - start
            if end > begin:
                title = chapter["metadata"].get("title", "")
                found.append(Chapter(begin, end, title))
    finally:
        container.close()
    return tuple(sorted(found, key=lambda chapter: chapter.span))
