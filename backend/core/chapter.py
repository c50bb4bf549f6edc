"""Chapters of a film, and as other programs take them: WebVTT, the text that YouTube reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from backend.core.time import ZERO, TimeRange, seconds, stamp, timecode
from backend.core.timemap import TimeMap

LONGEST_TITLE = 100
"""Characters."""
YOUTUBE_LEAST = 10
"""Whole seconds of a chapter that YouTube shows."""
YOUTUBE_FEWEST = 3
"""Chapters without which YouTube shows none."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """`[start, end)` in exact seconds of the film."""

    start: Fraction
    end: Fraction
    title: str

    @property
    def span(self) -> TimeRange:
        return TimeRange(self.start, self.end)


def clean_title(text: str) -> str:
    """One line of at most 100 characters; a longer one ends with a word and an ellipsis."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[: LONGEST_TITLE - 1]
    whole = cut.rsplit(" ", 1)[0] if " " in cut[LONGEST_TITLE // 2 :] else cut
    return whole.rstrip(" ,;:–-") + "…"


def clock_title(start: Fraction) -> str:
    """The title of a chapter of which nothing is known but when it begins: `1:05`."""
    return timecode(start).rsplit(".", 1)[0]


def tiled(marks: Iterable[tuple[Fraction, str]], duration: Fraction) -> tuple[Chapter, ...]:
    """Chapters that begin at `marks` (time, title) and cover `[0, duration)` without a gap.

    The first begins at 0, whatever its mark says. Marks outside are left out; of two at the same
    time the earlier named stays; one without a title is called by its time. None for a film without
    length.
    """
    inside: dict[Fraction, str] = {}
    for time, title in sorted(marks, key=lambda mark: mark[0]):
        if ZERO <= time < duration:
            inside.setdefault(time, title)
    if duration > 0 and not inside:
        inside[ZERO] = ""
    starts = [ZERO, *list(inside)[1:]] if inside else []
    ends = [*starts[1:], duration] if inside else []
    return tuple(
        Chapter(start, end, clean_title(title) or clock_title(start))
        for start, end, title in zip(starts, ends, inside.values(), strict=True)
    )


def shown(chapters: Iterable[Chapter], cut: TimeMap) -> tuple[Chapter, ...]:
    """What is left of chapters where their film was cut; those of which nothing is shown go."""
    left = (
        Chapter(cut.processed(one.start), cut.processed(one.end), one.title) for one in chapters
    )
    return tuple(one for one in left if one.end > one.start)


def told(chapters: Iterable[Chapter]) -> dict[str, list[dict[str, object]]]:
    """For JSON; seconds to the millisecond."""
    return {
        "chapters": [
            {
                "start": round(float(one.start), 3),
                "end": round(float(one.end), 3),
                "title": one.title,
            }
            for one in chapters
        ]
    }


def chapters_from(body: Mapping[str, Any]) -> tuple[Chapter, ...]:
    """What `told` told, or what its owner made of it. Titles are cleaned.

    Raises ValueError where one does not begin where the one before ends, or has no length, and
    KeyError or TypeError for what are no chapters.
    """
    found = tuple(
        Chapter(seconds(one["start"]), seconds(one["end"]), clean_title(str(one["title"])))
        for one in body["chapters"]
    )
    if found and found[0].start != 0:
        raise ValueError("the first chapter must begin at 0")
    for one in found:
        if one.start >= one.end:
            raise ValueError(f"the chapter at {clock_title(one.start)} has no length")
        if not one.title:
            raise ValueError(f"the chapter at {clock_title(one.start)} has no title")
    for before, one in pairwise(found):
        if before.end != one.start:
            raise ValueError(f"the chapter at {clock_title(one.start)} does not follow the last")
    return found


def vtt(chapters: Iterable[Chapter]) -> str:
    """WebVTT, for a track of kind `chapters`; what would be taken for markup is text."""
    return "WEBVTT\n" + "".join(
        f"\n{n}\n{stamp(one.start)} --> {stamp(one.end)}\n{_plain(one.title)}\n"
        for n, one in enumerate(chapters, 1)
    )


def youtube(chapters: Iterable[Chapter]) -> str:
    """A line a chapter, as a video's description on YouTube takes them: from 0:00, in whole
    seconds, none under ten. What is shorter belongs to the one before, and the first to the next.
    """
    return "".join(f"{clock_title(one.start)} {one.title}\n" for one in for_youtube(chapters))


def for_youtube(chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
    """The chapters that stand in its text: whole seconds each, but for the last one's end."""
    found: list[Chapter] = []
    for one in chapters:
        whole = replace(one, start=Fraction(int(one.start)))
        if found:
            last = found[-1] = replace(found[-1], end=whole.start)
            if last.end - last.start < YOUTUBE_LEAST:
                # What came before is too short for itself: the longer one names both.
                found.pop()
                longer = whole if one.end - one.start > last.end - last.start else last
                whole = Chapter(last.start, one.end, longer.title)
        found.append(whole)
    if len(found) > 1 and found[-1].end - found[-1].start < YOUTUBE_LEAST:
        last = found.pop()
        found[-1] = replace(found[-1], end=last.end)
    return tuple(found)


def _plain(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
