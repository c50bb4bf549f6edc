"""The tables as peewee models, and their rows as core values.

The schema itself is made by the migrations; a test holds these models against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from peewee import (
    CompositeKey,
    FloatField,
    IntegerField,
    Model,
    TextField,
)

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.event import Event
from backend.core.job import Job, JobKind, JobStatus, Lane, Priority
from backend.core.session import Session, SessionState
from backend.store import values


class SessionRow(Model):
    id = TextField(primary_key=True)
    title = TextField()
    state = TextField()
    started_at = IntegerField()
    created_at = IntegerField()
    updated_at = IntegerField()
    ended_at = IntegerField(null=True)
    deleted_at = IntegerField(null=True)
    folder = TextField(null=True)
    sources = TextField(null=True)
    picture = TextField(null=True)
    options = TextField()
    notes = TextField()
    film = TextField(null=True)
    watched_ms = IntegerField(default=0)

    class Meta:
        table_name = "session"


class SegmentRow(Model):
    session = TextField()
    position = IntegerField()
    name = TextField()
    facts = TextField()

    class Meta:
        table_name = "segment"
        primary_key = CompositeKey("session", "position")


class JobRow(Model):
    id = IntegerField(primary_key=True)
    session = TextField()
    kind = TextField()
    lane = TextField()
    status = TextField()
    priority = IntegerField()
    options = TextField()
    attempt = IntegerField(default=0)
    max_attempts = IntegerField()
    token = TextField(null=True)
    stage = TextField(null=True)
    fault = TextField(null=True)
    result = TextField(default="{}")
    cancel_requested = IntegerField(default=0)
    pause_requested = IntegerField(default=0)
    not_before = IntegerField(null=True)
    went_with = IntegerField(null=True)
    units = FloatField(null=True)
    work_seconds = FloatField(null=True)
    created_at = IntegerField()
    updated_at = IntegerField()
    started_at = IntegerField(null=True)
    completed_at = IntegerField(null=True)

    class Meta:
        table_name = "job"


class EdgeRow(Model):
    parent = IntegerField()
    child = IntegerField()
    required = IntegerField()

    class Meta:
        table_name = "edge"
        primary_key = CompositeKey("parent", "child")


class EventRow(Model):
    id = IntegerField(primary_key=True)
    name = TextField()
    at = IntegerField()
    session = TextField(null=True)
    job = IntegerField(null=True)
    data = TextField()

    class Meta:
        table_name = "event"


class ArtifactRow(Model):
    session = TextField()
    key = TextField()
    kind = TextField()
    path = TextField()
    size = IntegerField()
    facts = TextField()
    state = TextField()
    created_at = IntegerField()
    leased_at = IntegerField(null=True)

    class Meta:
        table_name = "artifact"
        primary_key = CompositeKey("session", "key")


class SettingRow(Model):
    name = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "setting"


MODELS = (SessionRow, SegmentRow, JobRow, EdgeRow, EventRow, ArtifactRow, SettingRow)

UNREADABLE = (ValueError, TypeError, KeyError)
"""What reading a row raises when its contents are damaged."""

JOB_COLUMNS = tuple(JobRow._meta.sorted_field_names)
RETURNING_JOB = ", ".join(JOB_COLUMNS)
"""Columns of a job in the order that `job_of` reads from a raw row."""


def drained(query: Any) -> list[dict[str, Any]]:
    """All rows of a peewee query at once: a cursor left half-read would pin the write-ahead log."""
    return list(query.dicts())


def job_from(columns: Mapping[str, Any]) -> Job:
    return Job(
        id=columns["id"],
        session=columns["session"],
        kind=JobKind(columns["kind"]),
        lane=Lane(columns["lane"]),
        status=JobStatus(columns["status"]),
        priority=Priority(columns["priority"]),
        options=values.load_mapping(columns["options"]),
        attempt=columns["attempt"],
        max_attempts=columns["max_attempts"],
        token=columns["token"],
        stage=columns["stage"],
        fault=values.load_fault(columns["fault"]),
        result=values.load_mapping(columns["result"]),
        cancel_requested=bool(columns["cancel_requested"]),
        pause_requested=bool(columns["pause_requested"]),
        not_before=values.moment_or_none(columns["not_before"]),
        units=columns["units"],
        work_seconds=columns["work_seconds"],
        created_at=values.moment(columns["created_at"]),
        updated_at=values.moment(columns["updated_at"]),
        started_at=values.moment_or_none(columns["started_at"]),
        completed_at=values.moment_or_none(columns["completed_at"]),
    )


def job_of(row: tuple[Any, ...]) -> Job:
    """A job from a raw row with the columns of `RETURNING_JOB`."""
    return job_from(dict(zip(JOB_COLUMNS, row, strict=True)))


def artifact_from(columns: Mapping[str, Any]) -> Artifact:
    return Artifact(
        key=columns["key"],
        kind=ArtifactKind(columns["kind"]),
        session=columns["session"],
        path=columns["path"],
        size=columns["size"],
        facts=values.load_mapping(columns["facts"]),
    )


def event_from(columns: Mapping[str, Any]) -> Event:
    return Event(
        columns["id"],
        columns["name"],
        values.moment(columns["at"]),
        columns["session"],
        columns["job"],
        values.load_mapping(columns["data"]),
    )


def session_from(
    columns: Mapping[str, Any], segments: Iterable[str], film: Artifact | None
) -> Session:
    """A session from its row, the facts of its segments in order, and its film."""
    ended: datetime | None = values.moment_or_none(columns["ended_at"])
    return Session(
        id=columns["id"],
        title=columns["title"],
        state=SessionState(columns["state"]),
        started_at=values.moment(columns["started_at"]),
        created_at=values.moment(columns["created_at"]),
        updated_at=values.moment(columns["updated_at"]),
        ended_at=ended,
        deleted_at=values.moment_or_none(columns["deleted_at"]),
        folder=columns["folder"],
        picture=None if columns["picture"] is None else values.load_picture(columns["picture"]),
        segments=tuple(values.load_segment(facts) for facts in segments),
        options=values.load_options(columns["options"]),
        notes=tuple(values.load_notes(columns["notes"])),
        film=film,
        watched=Fraction(columns["watched_ms"], 1000),
    )
