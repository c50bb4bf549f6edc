"""Films and their previews, as a page plays them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, Field

from backend.api.faults import Refused
from backend.api.jobs import JobBody, job_body
from backend.api.sessions import SessionPath, found_session
from backend.api.wire import Asked, reply, services
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.flow import Planned
from backend.core.job import JobKind, Priority

api = APIBlueprint("film", __name__, url_prefix="/api/sessions")

TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".json": "application/json"}
TYPES[".jpg"] = "image/jpeg"
BLOCK = 256 << 10


class Version(Asked):
    v: str | None = Field(None, pattern="^[0-9a-f]{1,64}$")
    """Key of the version; without it the one that plays now. A version never changes."""
    download: bool = False
    """Offer it as a file to keep, named by the session's title."""


class RenditionBody(BaseModel):
    job: JobBody | None
    """The one that makes it; None when it is there already."""


@api.get("/<session>/media")
def play_film(path: SessionPath, query: Version) -> Response:
    """The film, or its rendition by its key; in ranges, as players ask for them."""
    session = found_session(path.session)
    wanted = query.v or (session.film.key if session.film else None)
    made = {artifact.key: artifact for artifact in _made(session.id)}
    film = made.get(wanted or "")
    if film is None or film.kind not in (ArtifactKind.FILM, ArtifactKind.RENDITION):
        raise Refused(404, "There is no such film.", "It may not be made yet. Look again.")
    name = session.title if query.download else None
    return send(Path(film.path), name)


@api.get("/<session>/peaks")
def show_peaks(path: SessionPath, query: Version) -> Response:
    """Waveform peaks, in audiowaveform's JSON format, version 2."""
    return _newest(path.session, ArtifactKind.PEAKS, query.v)


@api.get("/<session>/thumbnails")
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
    return send(Path(made[-1].path))


def send(file: Path, title: str | None = None) -> Response:
    """A file, or the range of it that was asked for (416 where it has none).

    The open file is handed to the server, which sends it as fast as the player takes it: a player
    that is paused holds no thread.
    """
    try:
        opened = file.open("rb")
    except OSError as error:
        raise Refused(
            404,
            f"The file “{file.name}” is gone from its place.",
            "Put it back, or retry the session: it is made again.",
        ) from error
    size = opened.seek(0, 2)
    start, stop, status = 0, size, 200
    if request.headers.get("Range"):
        wanted = request.range
        found = None
        # Players ask for one range; many at once are only asked for to keep a server busy.
        if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1:
            found = wanted.range_for_length(size)
        if found is None:
            opened.close()
            raise Refused(
                416, "The file has no such range.", headers={"Content-Range": f"bytes */{size}"}
            )
        (start, stop), status = found, 206
    opened.seek(start)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(stop - start),
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if title is not None:
        headers["Content-Disposition"] = _attachment(title, file.suffix)
    kind = TYPES.get(file.suffix, "application/octet-stream")
    if request.method == "HEAD":
        opened.close()
        # Not b"": that would tell a length of its own.
        return Response(iter(()), status, headers, content_type=kind)
    body = request.environ["wsgi.file_wrapper"](opened, BLOCK)
    return Response(body, status, headers, content_type=kind, direct_passthrough=True)


def _attachment(title: str, suffix: str) -> str:
    name = re.sub(r'[\x00-\x1f\x7f"\\/]+', " ", title).strip() or "film"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{quote(name + suffix)}"
