"""`session.json`, what a recorder may say about a session beside its media."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from backend.core.fault import Category, FaultError, explain, refuse
from backend.core.time import seconds

DESCRIPTION = "session.json"
LARGEST = 8 << 20
LATEST = Fraction(7 * 24 * 3600)
"""Seconds: an offset beyond a week is a mistake in its unit."""


@dataclass(frozen=True, slots=True)
class Description:
    """What the file says, checked. Paths are absolute and lie in the session's folder."""

    title: str | None = None
    started_at: datetime | None = None
    names_video: bool = False
    """Whether it says which file is the video, or that there is none."""
    video: Path | None = None
    segments: tuple[Path, ...] | None = None
    offsets: Mapping[Path, Fraction] = field(default_factory=dict)


def read_description(folder: Path) -> Description | None:
    """The description in `folder`, None if there is none. Raises `FaultError` for nonsense."""
    path = folder / DESCRIPTION
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > LARGEST:
            raise _nonsense(path, "it is far too large")
        fields = json.loads(path.read_bytes(), parse_constant=_no_constants)
    except (ValueError, RecursionError) as error:
        raise _nonsense(path, "it is not JSON") from error
    except OSError as error:
        raise FaultError(explain(error, f"read “{path}”")) from error
    if not isinstance(fields, dict):
        raise _nonsense(path, "it is not an object")
    return _checked(path, fields)


def _checked(path: Path, fields: dict[str, object]) -> Description:
    title = fields.get("title")
    video = fields.get("video")
    picture = None if video is None else _file(path, video, "“video”")
    if title is not None and not isinstance(title, str):
        raise _nonsense(path, "“title” is not a text")
    listed = fields.get("segments")
    segments: list[Path] | None = None
    offsets: dict[Path, Fraction] = {}
    if listed is not None:
        if not isinstance(listed, list):
            raise _nonsense(path, "“segments” is not a list")
        segments = []
        for number, entry in enumerate(listed):
            where = f"“segments[{number}]”"
            if not isinstance(entry, dict):
                raise _nonsense(path, f"{where} is not an object")
            file = _file(path, entry.get("file"), f"{where}, “file”,")
            if file in segments or file == picture:
                raise _nonsense(path, f"{where} names “{file.name}” a second time")
            segments.append(file)
            if entry.get("offset") is not None:
                offsets[file] = _offset(path, entry["offset"], f"{where}, “offset”,")
    return Description(
        title=title,
        started_at=_moment(path, fields.get("started_at")),
        names_video="video" in fields,
        video=picture,
        segments=None if segments is None else tuple(segments),
        offsets=offsets,
    )


def _file(path: Path, name: object, where: str) -> Path:
    if not isinstance(name, str) or not name or "\0" in name:
        raise _nonsense(path, f"{where} is not the name of a file")
    file = path.parent / name
    try:
        inside = path.parent.resolve() in file.resolve().parents
        there = file.exists()
    except (OSError, RuntimeError, ValueError) as error:  # too long, in a circle, no text at all
        raise _nonsense(path, f"{where} is not the name of a file") from error
    if not inside:
        raise _nonsense(path, f"{where} (“{name}”) lies outside the session's folder")
    if not there:
        raise refuse(
            Category.MISSING,
            f"“{path}” names “{name}”, which is not there.",
            f"Put the file back, or take it out of {DESCRIPTION}.",
        )
    return file


def _offset(path: Path, value: object, where: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _nonsense(path, f"{where} is not a number of seconds")
    try:
        offset = seconds(value)
    except ValueError as error:
        raise _nonsense(path, f"{where} is not a number of seconds") from error
    if offset < 0:
        raise _nonsense(path, f"{where} lies before the session's start")
    if offset > LATEST:
        raise _nonsense(path, f"{where} lies more than a week after the session's start")
    return offset


def _moment(path: Path, value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or not 1970 <= moment.year <= 9998:
        raise _nonsense(path, "“started_at” is not a time such as 2026-03-01T09:30:00Z")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _no_constants(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _nonsense(path: Path, what: str) -> FaultError:
    return refuse(
        Category.INPUT,
        f"“{path}” cannot be used: {what}.",
        "Correct it, or remove it: Rushes then finds the files by itself.",
    )
