"""A session's sound: which of its tracks is heard; and as a file of its own, made when it is asked
for and kept for an hour."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from flask import Response
from pydantic import Field

from backend.api.faults import ERRORS, Refused, known
from backend.api.files import ASK_AGAIN, FOR_EVER, in_ranges, send
from backend.api.jobs import JobBody, job_body
from backend.api.outline import leaving_with
from backend.api.routes import Routes
from backend.api.session_body import AudioTrack, WholeSession, whole_session
from backend.api.sessions import SessionPath, found_session
from backend.api.wire import Asked, reply, services
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.flow import SoundFormat, has_sound, merge_of, soundtrack
from backend.core.session import SessionState
from backend.core.tracks import require_track, richest

api = Routes("sound", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

STILL = 10.0
"""Seconds in which work that is cancelled must have stopped; it takes one."""
Key = Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]


class SoundWish(Asked):
    format: SoundFormat


class TrackWish(Asked):
    audio: AudioTrack
    """Its number in the file; or all of them; or, with null, the best."""


class SoundQuery(Asked):
    v: Key
    """Key of the file, from the job's result."""
    download: bool = False
    """Offer it as a file to keep, named by the session's title."""


@api.post("/<session>/sound", responses={202: JobBody})
def ask_for_sound(path: SessionPath, body: SoundWish) -> Response:
    """Make a file of the sound, unless it is there; the job's result has its `key`.

    AAC is copied into .m4a as it is. Of a session without a film, its recordings are heard.
    """
    session = found_session(path.session)
    library = services().library
    merge = merge_of(library.jobs.of_sessions([session.id])[session.id])
    coming = merge is not None and not merge.status.terminal
    if session.state is SessionState.LIVE or (session.film is None and coming):
        raise Refused(409, "There is no film yet.", "Wait until it is ready.")
    if not has_sound(session):
        raise Refused(409, f"“{session.title}” has no sound.")
    planned = soundtrack(body.format)
    job = library.sessions.request(session.id, planned)
    if dict(job.options) != dict(planned.options):
        raise Refused(
            409,
            f"Its sound is being saved as .{job.options['format']}.",
            "Wait until that is done, or cancel it.",
        )
    return reply(job_body(job, services().board), 202)


@api.post("/<session>/hear", responses={202: WholeSession, 200: WholeSession})
def choose_track(path: SessionPath, body: TrackWish) -> Response:
    """Have another track of sound heard, or all of them mixed. What runs of the session is
    cancelled, and its film made again; the one that is there plays until then. 200 where it is
    heard already."""
    session = found_session(path.session)
    library = services().library
    require_track(richest(session.picture, session.segments), body.audio)
    if session.options.audio == body.audio:
        return reply(whole_session(session))
    if session.state is SessionState.LIVE:
        raise Refused(409, "It is being recorded.", "Choose its sound when it has ended.")
    library.jobs.cancel_session(session.id)
    _until_still(session.id)
    with known(f"session {path.session}"):
        return reply(whole_session(library.sessions.hear(session.id, body.audio)), 202)


def _until_still(session: str) -> None:
    """Return when nothing runs of a session. Raises `Refused` (409) where that takes too long."""
    end = time.monotonic() + STILL
    while any(
        not j.status.terminal for j in services().library.jobs.of_sessions([session])[session]
    ):
        if time.monotonic() > end:
            raise Refused(409, "What runs has not stopped yet.", "Choose again in a moment.")
        time.sleep(0.05)


@api.get("/<session>/sound", responses=in_ranges("audio/mp4", "audio/mpeg"))
def take_sound(path: SessionPath, query: SoundQuery) -> Response:
    """The file of the sound that has this key."""
    session = found_session(path.session)
    sound = found_sound(session.id, query.v)
    again = "Save it again."
    if not query.download:
        return send(Path(sound.path), sound.key, again)
    version, chapters = leaving_with(session.id)
    return send(
        Path(sound.path),
        f"{sound.key}-{version}",
        again,
        title=session.title,
        cache=ASK_AGAIN if version else FOR_EVER,
        chapters=chapters,
    )


def found_sound(session: str, key: str) -> Artifact:
    """The file of a session's sound that has this key, to be kept for another hour. Raises
    `Refused` (404)."""
    artifacts = services().library.artifacts
    sound = artifacts.find(session, key)
    if sound is None or sound.kind is not ArtifactKind.SOUNDTRACK:
        raise Refused(404, "This file of the sound is no longer kept.", "Save it again.")
    artifacts.lease(session, key)
    return sound
