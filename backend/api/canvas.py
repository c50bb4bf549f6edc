"""The canvas of a session: told, edited, and given away as a page or a picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from flask import Response, request
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused, known, missing
from backend.api.files import attachment, in_ranges, send
from backend.api.outline import ActionBody, ChapterBody, PointBody
from backend.api.routes import Routes
from backend.api.sessions import SessionPath, Title, found_session
from backend.api.transcript import Moment, SpanBody
from backend.api.wire import Asked, reply, services
from backend.core.artifact import ArtifactKind
from backend.core.canvas import Canvas, Quote, canvas_from, is_outdated, titled
from backend.core.canvas_html import page
from backend.core.document import Document, DocumentKind, Origin
from backend.core.flow import newest_of
from backend.core.job import JobKind, JobStatus
from backend.core.session import Session
from backend.core.time import seconds

api = Routes("canvas", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

KIND = DocumentKind.CANVAS
AGAIN = "Draw the canvas again."
OLD = "It was drawn before the last changes to its session."
PATIENCE = 30.0
"""Seconds that who saves a canvas waits for one that is up to date."""
GLANCE = 0.5
"""Seconds between two looks at it."""


class ShotBody(BaseModel):
    at: float
    key: str
    """Of the picture: `stills?v=KEY`."""
    width: int
    height: int


class QuoteBody(BaseModel):
    text: str
    at: float
    who: str | None


class CanvasFiguresBody(BaseModel):
    words: int
    speaking: float
    """Seconds."""
    pauses: int
    """Of a second or longer."""
    longest_pause: float
    speakers: int | None
    """None where nobody told them apart."""


class CanvasBody(BaseModel):
    version: int
    origin: Origin
    title: str
    """The session's, until its owner gives the canvas one of its own."""
    about: str
    abstract: str
    duration: float
    recorded: str | None
    chapters: list[ChapterBody]
    shots: list[ShotBody]
    wave: list[int]
    """Heights of the columns of its waveform, 0 to 100; empty without sound."""
    speech: list[SpanBody]
    quotes: list[QuoteBody]
    points: list[PointBody]
    actions: list[ActionBody]
    figures: CanvasFiguresBody | None
    """None where nothing was said, or nobody listened."""
    language: str | None
    by: str | None
    notes: list[str]
    owned: list[Literal["about", "quotes"]] = Field(default_factory=list)
    """What its owner wrote: it stays when the rest is drawn anew."""
    out_of_date: bool
    """Whether what it was drawn from has changed since; it is drawn anew in the background."""


class CanvasQuery(Asked):
    form: Literal["html", "png"] | None = Field(None, alias="as")
    """As a file to keep; as JSON without it."""
    dark: bool = False
    """Light on dark, for PNG; HTML follows its reader's system."""


class EditedQuote(Asked):
    text: Title = Field(min_length=1, max_length=2000)
    at: Moment
    who: Title | None = Field(None, min_length=1, max_length=100)


class EditedCanvas(Asked):
    """What its owner wants otherwise; the rest stays."""

    based_on: int = Field(ge=1)
    """The version that was edited; 409 where a newer one has come meanwhile."""
    title: Title | None = Field(None, max_length=200)
    """Empty: the session's."""
    about: Title | None = Field(None, max_length=200)
    quotes: Annotated[list[EditedQuote], Field(max_length=50)] | Literal["found"] | None = None
    """Those that it shall have from now on; “found” for those that are found when it is drawn
    anew, which is done at once."""


class StillQuery(Asked):
    v: str = Field(pattern="^[0-9a-f]{1,64}$")
    """Key of the picture. It never changes."""


@api.get("/<session>/canvas", responses={200: CanvasBody})
def show_canvas(path: SessionPath, query: CanvasQuery) -> Response:
    """One page to look at instead of the film; 404 while none is drawn. With `as=html` a page that
    needs nothing else, with `as=png` a picture, both to keep."""
    session = found_session(path.session)
    document = services().library.documents.newest(session.id, KIND)
    if document is None:
        raise missing("canvas of this session")
    if query.form is None:
        return reply(_body(session, document))
    kind = "text/html; charset=utf-8" if query.form == "html" else "image/png"
    answer = Response(canvas_file(session, query.form, query.dark), content_type=kind)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Disposition"] = attachment(session.title, f".{query.form}")
    return answer


def canvas_file(session: Session, form: Literal["html", "png"], dark: bool) -> bytes:
    """The newest canvas as a file; 404 while none is drawn. One that is out of date is drawn anew
    first, or says that it is old where that cannot be done now. Raises FaultError."""
    document = _up_to_date(session)
    canvas = _named(session, document)
    if _is_outdated(document):
        canvas = replace(canvas, notes=(*canvas.notes, OLD))
    pictures = _pictures(session, canvas)
    if form == "html":
        return page(canvas, pictures).encode("utf-8")
    return services().poster(canvas, pictures, dark)


@api.patch("/<session>/canvas", responses={200: CanvasBody})
def edit_canvas(path: SessionPath, body: EditedCanvas) -> Response:
    """Another title, other quotes or fewer; the version before stays."""
    session = found_session(path.session)
    documents = services().library.documents
    document = documents.newest(session.id, KIND)
    if document is None:
        raise missing("canvas of this session")
    canvas, owned = canvas_from(document.body), set(document.body.get("owned", ()))
    drawn_from = document.body.get("drawn_from")
    if body.title is not None:
        canvas = replace(canvas, title=body.title.strip())
    if body.about is not None:
        canvas = replace(canvas, about=body.about.strip())
        owned.add("about")
    if body.quotes == "found":
        owned.discard("quotes")
        drawn_from = {}  # whatever it was: it is not what is wanted now
    elif body.quotes is not None:
        owned.add("quotes")
        quotes = [Quote(one.text.strip(), seconds(one.at), one.who) for one in body.quotes]
        late = next((one for one in quotes if one.at > canvas.duration), None)
        if late is not None:
            raise Refused(422, f"“{late.text[:40]}” lies behind the end.", "Give it another time.")
        canvas = replace(canvas, quotes=tuple(sorted(quotes, key=lambda one: one.at)))
    edited = {
        **document.body,
        **canvas.told(),
        "owned": sorted(owned),
        "drawn_from": drawn_from,
    }
    with known(f"session {path.session}"):
        after = documents.edit(session.id, KIND, edited, body.based_on)
    if body.quotes == "found":
        documents.draw_now(session.id)
    return reply(_body(session, after))


@api.get("/<session>/stills", responses=in_ranges("image/jpeg"))
def show_still(path: SessionPath, query: StillQuery) -> Response:
    """One of the pictures on a canvas."""
    session = found_session(path.session)
    still = services().library.artifacts.find(session.id, query.v)
    if still is None or still.kind is not ArtifactKind.STILL:
        raise missing("picture of that key")
    return send(Path(still.path), still.key, AGAIN)


def _body(session: Session, document: Document) -> CanvasBody:
    told = _named(session, document).told()
    return CanvasBody.model_validate(
        {
            **told,
            "version": document.version,
            "origin": document.origin,
            "owned": document.body.get("owned", []),
            "out_of_date": _is_outdated(document),
        }
    )


def _is_outdated(document: Document) -> bool:
    newest = services().library.documents.versions_now(document.session)
    return is_outdated(document.body, newest)


def _up_to_date(session: Session) -> Document:
    """The newest canvas; where it is out of date, the one that is drawn now, if that does not take
    longer than `PATIENCE`."""
    library, until = services().library, time.monotonic() + PATIENCE
    with services().bus.subscribe() as events:
        document = library.documents.newest(session.id, KIND)
        if document is not None and _is_outdated(document):
            library.documents.draw_now(session.id)
            while _is_outdated(document) and _is_drawn(session) and time.monotonic() < until:
                events.get(GLANCE)
                document = library.documents.newest(session.id, KIND) or document
    if document is None:
        raise missing("canvas of this session")
    return document


def _is_drawn(session: Session) -> bool:
    """Whether its canvas is drawn now or next, and somebody still waits for it."""
    library = services().library
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", bool)
    drawing = newest_of(library.jobs.of_sessions([session.id])[session.id], JobKind.CANVAS)
    return (
        drawing is not None
        and drawing.status not in (JobStatus.PENDING, JobStatus.PAUSED)
        and not drawing.status.terminal
        and not library.preferences.queue_paused()
        and not gone()
    )


def _named(session: Session, document: Document) -> Canvas:
    return titled(canvas_from(document.body), session.title)


def _pictures(session: Session, canvas: Canvas) -> dict[str, bytes]:
    """Those that are there."""
    found = {}
    for shot in canvas.shots:
        still = services().library.artifacts.find(session.id, shot.key)
        if still is not None and still.kind is ArtifactKind.STILL:
            try:
                found[shot.key] = Path(still.path).read_bytes()
            except OSError:
                continue  # somebody took it away: the page does without
    return found
