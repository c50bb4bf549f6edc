"""A session that has no film: what plays instead, its original files, and the wish for a film."""

from __future__ import annotations

import os
import stat
from enum import StrEnum
from pathlib import Path

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused, known
from backend.api.files import in_ranges, send
from backend.api.routes import Routes
from backend.api.session_body import WholeSession, whole_session
from backend.api.sessions import SessionPath, found_session
from backend.api.wire import Asked, reply, services
from backend.core.media import Source
from backend.core.playback import content_type, session_pieces, source_infos
from backend.core.timeline import TrackKind, session_timeline

api = Routes("playback", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

TYPES = (
    "video/mp4",
    "video/webm",
    "audio/mp4",
    "audio/webm",
    "audio/mpeg",
    "audio/wav",
    "audio/flac",
    "audio/ogg",
    "audio/aac",
    "application/octet-stream",
)


class SourceState(StrEnum):
    THERE = "there"
    MISSING = "missing"
    FORBIDDEN = "forbidden"
    CHANGED = "changed"
    """Another file than the one that was imported: its times would be wrong."""


class SourceBody(BaseModel):
    name: str
    path: str
    state: SourceState
    clock: float
    """Where the file's own clock stands when it begins, in seconds."""
    duration: float


class PieceBody(BaseModel):
    """A stretch that plays out of one original; what none covers is silent or shows nothing."""

    source: int
    """Place in `sources`, from 0."""
    kind: TrackKind
    begin: float
    """Seconds after the session's start."""
    duration: float
    offset: float
    """Seconds of the file that are skipped, from its beginning."""
    type: str | None
    """What `canPlayType` is to be asked; None: no browser plays it."""


class PlaybackBody(BaseModel):
    duration: float
    pieces: list[PieceBody]
    """By kind, and by the time they begin; those of one kind do not overlap."""
    sources: list[SourceBody]


class SourcePath(Asked):
    session: str = Field(min_length=1, max_length=100)
    number: int = Field(ge=0, le=2**31)


class SourceQuery(Asked):
    download: bool = False
    """Offer it as a file to keep."""


@api.get("/<session>/playback", responses={200: PlaybackBody})
def show_playback(path: SessionPath) -> Response:
    """How its original files play without a film: where each lies on the session's clock."""
    session = found_session(path.session)
    return reply(
        PlaybackBody(
            duration=round(float(session_timeline(session).duration), 6),
            pieces=[
                PieceBody(
                    source=piece.source,
                    kind=piece.kind,
                    begin=round(float(piece.span.start), 6),
                    duration=round(float(piece.span.duration), 6),
                    offset=round(float(piece.offset), 6),
                    type=piece.type,
                )
                for piece in session_pieces(session)
            ],
            sources=[
                SourceBody(
                    name=_name(source),
                    path=source.path,
                    state=_state(source),
                    clock=round(float(info.start), 6),
                    duration=round(float(info.duration), 6),
                )
                for source, info in zip(session.sources, source_infos(session), strict=True)
            ],
        )
    )


@api.get("/<session>/sources/<int:number>", responses=in_ranges(*TYPES))
def play_source(path: SourcePath, query: SourceQuery) -> Response:
    """One of its original files, by its place in the playback; in ranges, as players ask."""
    session = found_session(path.session)
    if path.number >= len(session.sources):
        raise Refused(404, f"“{session.title}” has no file {path.number}.", "Read its playback.")
    source = session.sources[path.number]
    state, name = _state(source), _name(source)
    put_back = f"Put it back to {source.path}, or connect the disk that holds it."
    if state is SourceState.MISSING:
        raise Refused(404, f"“{name}” is not in its place.", put_back, kind="missing")
    if state is SourceState.FORBIDDEN:
        hint = "Give yourself permission to read the file, then try again."
        raise Refused(409, f"“{name}” may not be read.", hint, kind="permission")
    if state is SourceState.CHANGED:
        hint = "Put the file back that was imported, or import it again."
        raise Refused(409, f"“{name}” is no longer the file that was imported.", hint)
    return send(
        Path(source.path),
        source.key,
        put_back,
        title=Path(name).stem if query.download else None,
        kind=content_type(source_infos(session)[path.number]),
        cache="private, no-cache",  # it is its owner's: it may change, or go, at any time
    )


@api.post("/<session>/merge", responses={202: WholeSession, 200: WholeSession})
def merge_session(path: SessionPath) -> Response:
    """Have its film made after all. 200 when it is there already."""
    with known(f"session {path.session}"):
        session = services().library.sessions.merge(path.session)
    return reply(whole_session(session), 202 if session.film is None else 200)


def _name(source: Source) -> str:
    return source.path.replace("\\", "/").rsplit("/", 1)[-1]


def _state(source: Source) -> SourceState:
    """Whether the file is still the one that was imported, by what the file system says."""
    try:
        status = Path(source.path).stat()
    except PermissionError:
        return SourceState.FORBIDDEN
    except (OSError, ValueError):
        return SourceState.MISSING
    same = (status.st_size, status.st_mtime_ns) == (source.size, source.mtime_ns)
    if not stat.S_ISREG(status.st_mode) or not same:
        return SourceState.CHANGED
    return SourceState.THERE if os.access(source.path, os.R_OK) else SourceState.FORBIDDEN
