"""A session as it is told: to a list, and whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator

from backend.api.jobs import FaultBody, JobBody, fault_body, job_body, progress_of
from backend.api.wire import Asked, services
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.flow import ENRICHING, SessionStatus, merge_of, newest_of, session_status
from backend.core.form import HEIGHTS, RATES, exact_rate
from backend.core.job import Job, JobKind, JobStatus
from backend.core.room import room_for
from backend.core.session import (
    Originals,
    Quality,
    Session,
    SessionOptions,
    SessionState,
    heard_tracks,
)
from backend.core.time import ZERO, seconds
from backend.core.timeline import session_timeline
from backend.core.tracks import numbered, richest

AudioTrack = Annotated[int, Field(ge=1, le=64)] | Literal["mix"] | None


class Options(Asked):
    merge: bool = True
    optimise: bool = True
    """Whether the film is made smaller in the background, once it plays."""
    enrich: bool = True
    without: tuple[JobKind, ...] = Field((), max_length=20)
    """Steps of the enrichment that are left out; the others do without them."""
    audio: AudioTrack = None
    """Which track of sound is heard, by its number in the file; or all of them; or the best."""
    quality: Quality = Quality.MEDIUM
    """Of the smaller film."""
    height: Annotated[int, Field(ge=HEIGHTS[0], le=HEIGHTS[1])] | None = None
    """Rows of pixels that the film is shown with, at most."""
    rate: Annotated[float, Field(ge=RATES[0], le=RATES[1])] | Literal["constant"] | None = None
    """Frames a second, all of one length; "constant": the rate nearest to the recording's own;
    null: each frame is shown at its own time."""
    originals: Originals = Originals.KEEP
    """Whether the recordings are put into the system's bin once everything is made of them."""

    @field_validator("without")
    @classmethod
    def steps(cls, without: tuple[JobKind, ...]) -> tuple[JobKind, ...]:
        if any(kind not in ENRICHING for kind in without):
            raise ValueError(f"there are these steps: {', '.join(ENRICHING)}")
        return without

    def core(self, chosen: SessionOptions) -> SessionOptions:
        """What was asked for; what was not named is as `chosen`."""
        named = self.model_dump(exclude_unset=True)
        if isinstance(self.rate, float):
            named["rate"] = exact_rate(self.rate)
        return replace(chosen, **named)

    @staticmethod
    def of(options: SessionOptions) -> Options:
        rate = float(options.rate) if isinstance(options.rate, Fraction) else options.rate
        return Options.model_validate({**asdict(options), "rate": rate})


class SegmentBody(BaseModel):
    name: str
    path: str
    size: int
    duration: float
    offset: float
    """Seconds after the session's start."""


class FilmBody(BaseModel):
    path: str
    key: str
    size: int
    duration: float | None


class StripBody(BaseModel):
    """How the strip of thumbnails is laid out, from the top left, row by row."""

    key: str
    columns: int
    rows: int
    tile_width: int
    tile_height: int
    count: int
    interval: float
    """Seconds of film that one tile stands for."""


class KeyBody(BaseModel):
    key: str


class ProcessingBody(BaseModel):
    """How the film comes along; None in all fields where none was asked for."""

    status: JobStatus | None
    progress: float
    stage: str | None
    fault: FaultBody | None
    started_at: datetime | None
    completed_at: datetime | None


class OptimisingBody(BaseModel):
    """How the film gets smaller."""

    job: int
    status: JobStatus
    progress: float
    said: str | None
    """What became of it in words, once it has ended."""


class SessionBody(BaseModel):
    id: str
    title: str
    status: SessionStatus
    state: SessionState
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    deleted_at: datetime | None
    folder: str | None
    duration: float
    """Seconds of recording."""
    original_size: int
    size: int | None
    """Bytes of the film."""
    compression_ratio: float | None
    """The film's size by that of the originals."""
    film: FilmBody | None
    media_processing: ProcessingBody
    optimising: OptimisingBody | None
    """None where nobody asked for a smaller film."""
    notes: list[str]
    segment_count: int
    watched: float
    """Seconds of film after which its owner stopped watching."""
    strip: StripBody | None
    peaks: KeyBody | None
    waves: KeyBody | None
    """Of the peaks for zooming in."""


class TrackBody(BaseModel):
    """A track of sound of the recording."""

    number: int
    """From 1 on, in the order of the file."""
    codec: str
    rate: int
    """Samples a second."""
    layout: str
    """mono, stereo, 5.1 …"""
    heard: bool


class RoomBody(BaseModel):
    """Disk that making the film needs."""

    needed: int
    free: int
    """Bytes of the disk that holds the films."""
    small: bool
    """Whether the picture is encoded small at once, since there is no room to copy it first."""
    short: str | None
    """What is wrong where it does not suffice."""


class WholeSession(SessionBody):
    """With what a list leaves out."""

    options: Options
    originals: list[str]
    segments: list[SegmentBody]
    tracks: list[TrackBody]
    """Of the file with the most of them; `options.audio` says which are heard."""
    jobs: list[JobBody]
    room: RoomBody | None
    """None once the film is made, or where none is wanted."""


class SessionsBody(BaseModel):
    sessions: list[SessionBody]
    total: int


def _film(session: Session) -> FilmBody | None:
    film = session.film
    if film is None:
        return None
    duration: float | None = None
    told = film.facts.get("duration")
    if isinstance(told, int | float | str):
        duration = float(seconds(told))
    return FilmBody(path=film.path, key=film.key, size=film.size, duration=duration)


def _processing(jobs: Sequence[Job]) -> ProcessingBody:
    merge = merge_of(jobs)
    progress, live = (0.0, {}) if merge is None else progress_of(merge, services().board)
    return ProcessingBody(
        status=None if merge is None else merge.status,
        progress=progress,
        stage=None if merge is None else live.get("stage") or merge.stage,
        fault=None if merge is None else fault_body(merge.fault),
        started_at=None if merge is None else merge.started_at,
        completed_at=None if merge is None else merge.completed_at,
    )


def _optimising(jobs: Sequence[Job]) -> OptimisingBody | None:
    job = newest_of(jobs, JobKind.OPTIMISE)
    if job is None:
        return None
    progress, _ = progress_of(job, services().board)
    said = job.result.get("said") or (job.fault and str(job.fault))
    return OptimisingBody(
        job=job.id,
        status=job.status,
        progress=progress,
        said=str(said) if job.status.terminal and said else None,
    )


def strip_body(strip: Artifact | None) -> StripBody | None:
    if strip is None:
        return None
    try:
        return StripBody.model_validate({"key": strip.key, **strip.facts})
    except ValidationError:
        return None  # made by another version: shown again once it is made anew


def session_body(
    session: Session, jobs: Sequence[Job], made: Sequence[Artifact] = ()
) -> SessionBody:
    newest = {artifact.kind: artifact for artifact in made}
    peaks, waves = newest.get(ArtifactKind.PEAKS), newest.get(ArtifactKind.WAVES)
    film, original = _film(session), session.original_size
    return SessionBody(
        id=session.id,
        title=session.title,
        status=session_status(session, jobs),
        state=session.state,
        started_at=session.started_at,
        created_at=session.created_at,
        updated_at=session.updated_at,
        ended_at=session.ended_at,
        deleted_at=session.deleted_at,
        folder=session.folder,
        duration=round(float(session_timeline(session).duration), 6),
        original_size=original,
        size=None if film is None else film.size,
        compression_ratio=round(film.size / original, 4) if film and original else None,
        film=film,
        media_processing=_processing(jobs),
        optimising=_optimising(jobs),
        notes=list(session.notes),
        segment_count=len(session.segments),
        watched=float(session.watched),
        strip=strip_body(newest.get(ArtifactKind.STRIP)),
        peaks=None if peaks is None else KeyBody(key=peaks.key),
        waves=None if waves is None else KeyBody(key=waves.key),
    )


def whole_session(session: Session) -> WholeSession:
    library = services().library
    jobs = library.jobs.of_sessions([session.id])[session.id]
    made = library.artifacts.of_session(session.id)
    segments, end = [], ZERO
    for segment in session.segments:
        start: Fraction = end if segment.offset is None else segment.offset
        end = start + segment.info.duration
        segments.append(
            SegmentBody(
                name=segment.name,
                path=segment.source.path,
                size=segment.source.size,
                duration=round(float(segment.info.duration), 6),
                offset=round(float(start), 6),
            )
        )
    return WholeSession(
        **session_body(session, jobs, made).model_dump(),
        options=Options.of(session.options),
        originals=[source.path for source in session.sources],
        segments=segments,
        tracks=_tracks(session),
        jobs=[job_body(job, services().board) for job in jobs],
        room=_room(session),
    )


def _tracks(session: Session) -> list[TrackBody]:
    info = richest(session.picture, session.segments)
    if info is None:
        return []
    heard = heard_tracks(info, session.options.audio)
    return [
        TrackBody(
            number=number,
            codec=stream.codec,
            rate=stream.rate,
            layout=stream.layout,
            heard=stream in heard,
        )
        for number, stream in enumerate(numbered(info), 1)
    ]


def _room(session: Session) -> RoomBody | None:
    free = services().settings.free()
    if session.film is not None or not session.options.merge or free is None:
        return None
    room = room_for(session, free)
    short = None if room.short is None else str(room.short)
    return RoomBody(needed=room.needed, free=free, small=room.small, short=short)
