"""Core values as JSON text, in the database and in manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache

from pydantic import TypeAdapter

from backend.core.fault import Fault
from backend.core.session import Picture, Segment, SessionOptions


@cache
def _adapters() -> tuple[TypeAdapter[Picture], TypeAdapter[Segment], TypeAdapter[SessionOptions]]:
    # Built at first use: it takes milliseconds that a short command need not spend.
    return TypeAdapter(Picture), TypeAdapter(Segment), TypeAdapter(SessionOptions)


def dump_picture(picture: Picture) -> str:
    """JSON of a core value; fractions are written as "numerator/denominator"."""
    return _adapters()[0].dump_json(picture).decode()


def load_picture(text: str) -> Picture:
    return _adapters()[0].validate_json(text)


def dump_segment(segment: Segment) -> str:
    return _adapters()[1].dump_json(segment).decode()


def load_segment(text: str) -> Segment:
    return _adapters()[1].validate_json(text)


def dump_options(options: SessionOptions) -> str:
    return _adapters()[2].dump_json(options).decode()


def load_options(text: str) -> SessionOptions:
    return _adapters()[2].validate_json(text)


def dump_mapping(fields: Mapping[str, object]) -> str:
    return json.dumps(dict(fields), ensure_ascii=False, separators=(",", ":"))


def load_mapping(text: str) -> dict[str, object]:
    fields = json.loads(text)
    if not isinstance(fields, dict):
        raise TypeError("expected a JSON object")
    return fields


def dump_notes(notes: Sequence[str]) -> str:
    return json.dumps(list(notes), ensure_ascii=False)


def load_notes(text: str) -> list[str]:
    return [str(note) for note in json.loads(text)]


def dump_fault(fault: Fault | None) -> str | None:
    return None if fault is None else dump_mapping(fault.as_dict())


def load_fault(text: str | None) -> Fault | None:
    return None if text is None else Fault.from_dict(load_mapping(text))


def milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def moment(value: int) -> datetime:
    """The time of a column, in UTC."""
    return datetime.fromtimestamp(value / 1000, UTC)


def moment_or_none(value: int | None) -> datetime | None:
    return None if value is None else moment(value)
