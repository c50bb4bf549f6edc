"""What was found out about a session, as its owner reads it: kept in versions, and searched.

A document is made by a job or written by the owner. Neither replaces what was there: it becomes the
newest version.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def passages(kind: DocumentKind, body: Mapping[str, Any]) -> tuple[Passage, ...]:
    """What can be searched for in a document. Raises as the document's reader does."""
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
