"""Edits of a timeline. Each returns a new timeline and the map of its time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from backend.core.fault import Category, refuse
from backend.core.time import ZERO, TimeRange, timecode
from backend.core.timeline import Clip, Gap, Timeline, Track
from backend.core.timemap import Piece, Reason, TimeMap

_READABLE = Fraction(1, 100)
"""Seconds; a clock on a screen shows milliseconds, rounded."""


@dataclass(frozen=True, slots=True)
class Edited:
    timeline: Timeline
    map: TimeMap


def normalised(ranges: Iterable[TimeRange]) -> tuple[TimeRange, ...]:
    """Ranges in order and disjoint; what touches or overlaps is one, what is empty is nothing."""
    found: list[TimeRange] = []
    for part in sorted(part for part in ranges if part.duration):
        if found and part.start <= found[-1].end:
            found[-1] = TimeRange(found[-1].start, max(found[-1].end, part.end))
        else:
            found.append(part)
    return tuple(found)


def require_inside(ranges: Iterable[TimeRange], duration: Fraction) -> tuple[TimeRange, ...]:
    """Ranges of a recording, as they were asked for, in order and disjoint.

    An end that is later by less than people can read off a clock is the recording's own. Raises
    FaultError (input) for one that is empty or lies outside.
    """
    found = []
    for part in ranges:
        end = min(part.end, duration) if part.end - duration < _READABLE else part.end
        if part.start < 0 or part.start >= duration or end > duration:
            raise refuse(
                Category.INPUT,
                f"{_named(part)} is not inside the recording, which lasts {timecode(duration)}.",
                f"Choose a range between 0:00 and {timecode(duration)}.",
            )
        if end <= part.start:
            raise refuse(
                Category.INPUT,
                f"{_named(part)} is empty: nothing lies between its start and its end.",
                "Choose an end that is later than the start.",
            )
        found.append(TimeRange(part.start, end))
    if not found:
        raise refuse(
            Category.INPUT, "No range was chosen.", "Say which part of the recording you want."
        )
    return normalised(found)


def _named(part: TimeRange) -> str:
    return f"{timecode(part.start)} – {timecode(part.end)}"


def complement(ranges: Iterable[TimeRange], duration: Fraction) -> tuple[TimeRange, ...]:
    """What `ranges` leave over of `[0, duration)`."""
    found, at = [], ZERO
    for part in normalised(ranges):
        if part.start > at:
            found.append(TimeRange(at, min(part.start, duration)))
        at = max(at, part.end)
        if at >= duration:
            break
    if at < duration:
        found.append(TimeRange(at, duration))
    return tuple(part for part in found if part.duration)


def keep(timeline: Timeline, ranges: Iterable[TimeRange], reason: Reason = Reason.MANUAL) -> Edited:
    """Only these ranges of a timeline, one behind the other in the order of time.

    All tracks are cut at the same moments, so they stay aligned. What lies outside the timeline is
    ignored.
    """
    duration = timeline.duration
    whole = TimeRange(ZERO, duration)
    wanted = tuple(part for r in normalised(ranges) if (part := r.intersection(whole)))
    tracks = tuple(replace(track, items=_kept(track, wanted)) for track in timeline.tracks)
    return Edited(Timeline(tracks), TimeMap(_pieces(wanted, duration, reason)))


def remove(
    timeline: Timeline, ranges: Iterable[TimeRange], reason: Reason = Reason.MANUAL
) -> Edited:
    """A timeline without these ranges, closed up."""
    return keep(timeline, complement(ranges, timeline.duration), reason)


def _pieces(kept: tuple[TimeRange, ...], duration: Fraction, reason: Reason) -> Iterator[Piece]:
    at = ZERO
    for part in kept:
        yield Piece(part.start - at, ZERO, (reason,))
        yield Piece(part.duration, part.duration)
        at = part.end
    yield Piece(duration - at, ZERO, (reason,))


def _kept(track: Track, ranges: tuple[TimeRange, ...]) -> tuple[Clip | Gap, ...]:
    items: list[Clip | Gap] = []
    placed = list(track.placed())
    first = 0
    for wanted in ranges:
        while first < len(placed) and placed[first][0].end <= wanted.start:
            first += 1
        for span, item in placed[first:]:
            if span.start >= wanted.end:
                break
            if (part := span.intersection(wanted)) is not None:
                items.append(_sliced(item, part.shifted(-span.start)))
    return tuple(items)


def _sliced(item: Clip | Gap, part: TimeRange) -> Clip | Gap:
    if isinstance(item, Gap):
        return Gap(part.duration)
    start, speed = item.source_range.start, item.speed
    return replace(
        item, source_range=TimeRange(start + part.start * speed, start + part.end * speed)
    )
