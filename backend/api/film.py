"""Films and their previews, as a page plays them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from flask import Response, request
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused
from backend.api.files import ASK_AGAIN, FOR_EVER, in_ranges, send
from backend.api.jobs import JobBody, job_body
from backend.api.outline import leaving_with
from backend.api.routes import Routes
from backend.api.session_body import StripBody, strip_body
from backend.api.sessions import SessionPath, found_session
from backend.api.wire import Asked, reply, services
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.flow import smaller
from backend.core.rendition import PIECE, rendition_of
from backend.core.session import Quality
from backend.core.time import stamp

api = Routes("film", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

MADE_AGAIN = "Put it back, or retry the session: it is made again."


class Version(Asked):
    v: str | None = Field(None, pattern="^[0-9a-f]{1,64}$")
    """Key of the version; without it the one that plays now. A version never changes."""
    download: bool = False
    """Offer it as a file to keep, named by the session's title, with its chapters in it."""


class Smaller(Asked):
    quality: Quality | None = None
    """How good it is to look; None: as the session's options say."""


class RenditionBody(BaseModel):
    film: str
    """Key of the film that the pieces are of."""
    type: str
    """Content type and codecs of every piece."""
    duration: float
    """Seconds of film."""
    piece_seconds: float
    pieces: int


class PiecePath(SessionPath):
    piece: int = Field(ge=0, le=2**31)


class PieceQuery(Asked):
    film: str = Field(pattern="^[0-9a-f]{1,64}$")
    """Key of the film."""


@api.get("/<session>/media", responses=in_ranges("video/mp4", "video/webm"))
def play_film(path: SessionPath, query: Version) -> Response:
    """The film in ranges, as players ask for them."""
    session = found_session(path.session)
    wanted = query.v or (session.film.key if session.film else None)
    film = _version(session.id, wanted or "")
    # Whoever plays or saves it goes on asking for it in pieces: it must not go meanwhile.
    services().library.artifacts.lease(session.id, film.key)
    if not query.download:
        return send(Path(film.path), film.key, MADE_AGAIN)
    version, chapters = leaving_with(session.id)
    return send(
        Path(film.path),
        f"{film.key}-{version}",
        MADE_AGAIN,
        title=session.title,
        cache=ASK_AGAIN if version else FOR_EVER,
        chapters=chapters,
    )


@api.get("/<session>/peaks", responses=in_ranges("application/json"))
def show_peaks(path: SessionPath, query: Version) -> Response:
    """Waveform peaks of the whole, in audiowaveform's JSON format, version 2."""
    return _newest(path.session, ArtifactKind.PEAKS, query.v)


@api.get("/<session>/waves", responses=in_ranges("application/octet-stream"))
def show_waves(path: SessionPath, query: Version) -> Response:
    """Peaks for zooming in, in audiowaveform's binary format, version 2: a header of 24 bytes, then
    two bytes for every 256 samples. Ask for the range that is on the screen."""
    return _newest(path.session, ArtifactKind.WAVES, query.v)


@api.get("/<session>/thumbnails", responses=in_ranges("image/jpeg"))
def show_thumbnails(path: SessionPath, query: Version) -> Response:
    """The strip of small pictures; the session says how it is laid out, and so does its WebVTT."""
    return _newest(path.session, ArtifactKind.STRIP, query.v)


@api.get("/<session>/thumbnails.vtt", responses=in_ranges("text/vtt"))
def show_thumbnail_track(path: SessionPath) -> Response:
    """The strip as a WebVTT track: for each stretch of time, its rectangle of the picture."""
    session = found_session(path.session)
    strip = strip_of(_made(session.id))
    if strip is None:
        raise Refused(404, "It has not been made yet.", "It follows the film by itself.")
    text = sprite_track(strip, f"thumbnails?v={strip.key}")
    return Response(text, content_type="text/vtt; charset=utf-8")


@api.get("/<session>/rendition", responses={200: RenditionBody})
def show_rendition(path: SessionPath) -> Response:
    """How the film is offered to a page that cannot play H.264: in pieces, made when watched."""
    session = found_session(path.session)
    if session.film is None:
        raise Refused(409, "There is no film yet.", "Wait until it is ready.")
    offered = rendition_of(session.film.facts)
    if offered is None:
        raise Refused(409, "Nothing is known of this film.", "Retry the session: it is made again.")
    return reply(
        RenditionBody(
            film=session.film.key,
            type=offered.type,
            duration=float(offered.duration),
            piece_seconds=float(PIECE),
            pieces=offered.pieces,
        )
    )


@api.get("/<session>/rendition/<int:piece>", responses=in_ranges("video/webm", "audio/webm"))
def play_piece(path: PiecePath, query: PieceQuery) -> Response:
    """A piece of the film as VP9 and Opus, its times from 0. Answers when it is made.

    That takes about a second, and longer after a jump into a film with few keyframes."""
    session = found_session(path.session)
    film = _version(session.id, query.film)
    offered = rendition_of(film.facts)
    if offered is None or path.piece >= offered.pieces:
        raise Refused(404, "The film has no such piece.")
    services().library.artifacts.lease(session.id, film.key)
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", bool)
    made = services().renditions.piece(film, path.piece, gone)
    if made is None:
        raise Refused(410, "Nobody waits for it any more.")
    kind = offered.type.partition(";")[0]
    return send(made, f"{film.key}-{path.piece}", MADE_AGAIN, kind=kind)


def _version(session: str, key: str) -> Artifact:
    """The version of the film with that key."""
    film = next((a for a in _made(session) if a.key == key), None)
    if film is None or film.kind is not ArtifactKind.FILM:
        raise Refused(404, "There is no such film.", "It may not be made yet. Look again.")
    return film


@api.post("/<session>/optimise", responses={202: JobBody})
def ask_for_smaller_film(path: SessionPath, body: Smaller) -> Response:
    """Make the film smaller, unless that is being done; it then takes the place of the present one.

    The job's result says what became of it: a film that would hardly get smaller stays as it is.
    """
    session = found_session(path.session)
    if session.film is None:
        raise Refused(409, "There is no film yet.", "Wait until it is ready.")
    planned = smaller(session, quality=body.quality)
    job = services().library.sessions.request(session.id, planned)
    return reply(job_body(job, services().board), 202)


def _made(session: str) -> list[Artifact]:
    return services().library.artifacts.of_session(session)


def strip_of(made: Sequence[Artifact]) -> StripBody | None:
    """How the newest strip is laid out."""
    strips = [artifact for artifact in made if artifact.kind is ArtifactKind.STRIP]
    return strip_body(strips[-1]) if strips else None


def sprite_track(strip: StripBody, address: str) -> str:
    """WebVTT with a media fragment of the sprite for each of its tiles."""
    lines = ["WEBVTT", ""]
    interval = Fraction(strip.interval)
    for i in range(strip.count):
        x, y = i % strip.columns * strip.tile_width, i // strip.columns * strip.tile_height
        lines += [
            f"{stamp(i * interval)} --> {stamp((i + 1) * interval)}",
            f"{address}#xywh={x},{y},{strip.tile_width},{strip.tile_height}",
            "",
        ]
    return "\n".join(lines)


def _newest(number: str, kind: ArtifactKind, key: str | None) -> Response:
    session = found_session(number)
    made = [a for a in _made(session.id) if a.kind is kind and key in (None, a.key)]
    if not made:
        raise Refused(404, "It has not been made yet.", "It follows the film by itself.")
    return send(Path(made[-1].path), made[-1].key, MADE_AGAIN)
