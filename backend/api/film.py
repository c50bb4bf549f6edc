"""Films and their previews, as a page plays them."""

from __future__ import annotations

from pathlib import Path

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused
from backend.api.files import in_ranges, send
from backend.api.jobs import JobBody, job_body
from backend.api.sessions import SessionPath, found_session
from backend.api.wire import Asked, reply, services
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.flow import Planned
from backend.core.job import JobKind, Priority

api = APIBlueprint("film", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

MADE_AGAIN = "Put it back, or retry the session: it is made again."


class Version(Asked):
    v: str | None = Field(None, pattern="^[0-9a-f]{1,64}$")
    """Key of the version; without it the one that plays now. A version never changes."""
    download: bool = False
    """Offer it as a file to keep, named by the session's title."""


class RenditionBody(BaseModel):
    job: JobBody | None
    """The one that makes it; None when it is there already."""


@api.get("/<session>/media", responses=in_ranges("video/mp4", "video/webm"))
def play_film(path: SessionPath, query: Version) -> Response:
    """The film, or its rendition by its key; in ranges, as players ask for them."""
    session = found_session(path.session)
    wanted = query.v or (session.film.key if session.film else None)
    made = {artifact.key: artifact for artifact in _made(session.id)}
    film = made.get(wanted or "")
    if film is None or film.kind not in (ArtifactKind.FILM, ArtifactKind.RENDITION):
        raise Refused(404, "There is no such film.", "It may not be made yet. Look again.")
    name = session.title if query.download else None
    return send(Path(film.path), film.key, MADE_AGAIN, title=name)


@api.get("/<session>/peaks", responses=in_ranges("application/json"))
def show_peaks(path: SessionPath, query: Version) -> Response:
    """Waveform peaks, in audiowaveform's JSON format, version 2."""
    return _newest(path.session, ArtifactKind.PEAKS, query.v)


@api.get("/<session>/thumbnails", responses=in_ranges("image/jpeg"))
def show_thumbnails(path: SessionPath, query: Version) -> Response:
    """The strip of small pictures; the session says how it is laid out."""
    return _newest(path.session, ArtifactKind.STRIP, query.v)


@api.post("/<session>/rendition", responses={202: RenditionBody, 200: RenditionBody})
def ask_for_rendition(path: SessionPath) -> Response:
    """Make a version that browsers without H.264 can play. 200 when it is there already."""
    session = found_session(path.session)
    if session.film is None:
        raise Refused(409, "There is no film yet.", "Wait until it is ready.")
    if any(artifact.kind is ArtifactKind.RENDITION for artifact in _made(session.id)):
        return reply(RenditionBody(job=None))
    job = services().library.sessions.request(session.id, Planned(JobKind.RENDITION, Priority.HIGH))
    return reply(RenditionBody(job=job_body(job, services().board)), 202)


def _made(session: str) -> list[Artifact]:
    return services().library.artifacts.of_session(session)


def _newest(number: str, kind: ArtifactKind, key: str | None) -> Response:
    session = found_session(number)
    made = [a for a in _made(session.id) if a.kind is kind and key in (None, a.key)]
    if not made:
        raise Refused(404, "It has not been made yet.", "It follows the film by itself.")
    return send(Path(made[-1].path), made[-1].key, MADE_AGAIN)
