"""What was found out about a session, as its owner reads it: kept in versions, and searched.

A document is made by a job or written by the owner. Neither replaces what was there: it becomes the
newest version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from backend.core.time import seconds


class DocumentKind(StrEnum):
    TRANSCRIPT = "transcript"
    CHAPTERS = "chapters"
    SUMMARY = "summary"
    SCREEN = "screen"
    """Text that was read in the picture."""
    CANVAS = "canvas"
    """One page to look at instead of the recording."""


class Origin(StrEnum):
    MADE = "made"
    """By a job."""
    EDITED = "edited"
    """By the owner."""


@dataclass(frozen=True, slots=True)
class Document:
    session: str
    kind: DocumentKind
    version: int
    """From 1 on."""
    origin: Origin
    body: Mapping[str, Any]
    """JSON, as the kind's own module tells it."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A document without what it says."""

    version: int
    origin: Origin
    by: str | None
    """Name of the model that made it."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Passage:
    """A few words that can be searched for, and where in the film they belong."""

    start: Fraction
    end: Fraction
    text: str


NEAR = Fraction(20)
"""Seconds within which two places of one session are the same to who looks for something."""
STRETCH = 30
"""Words of speech that together tell what they mean: a single sentence often does not."""
PAUSE = Fraction(8)
"""Seconds after which somebody speaks of something else, perhaps."""


def stretches(spoken: Sequence[Passage]) -> tuple[Passage, ...]:
    """Passages of speech, in the order of time, joined until they are some words long.

    None is longer by more than its last passage, and none goes over a pause. Nothing is left out.
    """
    found: list[Passage] = []
    for one in spoken:
        last = found[-1] if found else None
        if last is not None and len(last.text.split()) < STRETCH and one.start - last.end < PAUSE:
            end = max(last.end, one.end)
            found[-1] = Passage(last.start, end, f"{last.text} {one.text}")
        else:
            found.append(one)
    return tuple(found)


def passages(kind: DocumentKind, body: Mapping[str, Any]) -> tuple[Passage, ...]:
    """What can be searched for in a document. Raises as the document's reader does."""
    if kind is DocumentKind.CANVAS:
        return ()  # all of it stands in the others, and would be found twice
    if kind is DocumentKind.CHAPTERS:
        rows = [(one["start"], one["end"], one["title"]) for one in body["chapters"]]
    elif kind is DocumentKind.SUMMARY:
        rows = [(0, 0, body["title"]), (0, 0, body["abstract"])]
        rows += [(one["at"], one["at"], one["text"]) for one in body["points"]]
        rows += [(one["at"], one["at"], one["text"]) for one in body["actions"]]
    else:
        rows = [(one["start"], one["end"], one["text"]) for one in body["segments"]]
    return tuple(
        Passage(seconds(start), seconds(end), str(text))
        for start, end, text in rows
        if str(text).strip()
    )
