"""Chapters and summary of a session: read, and the chapters edited."""

from __future__ import annotations

from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused, known, missing
from backend.api.routes import Routes
from backend.api.sessions import SessionPath, Title, found_session
from backend.api.transcript import Moment
from backend.api.wire import Asked, reply, services
from backend.core.chapter import chapters_from, told, vtt, youtube
from backend.core.document import Document, DocumentKind, Origin

api = Routes("outline", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)


class ChapterBody(BaseModel):
    start: float
    end: float
    title: str


class ChaptersBody(BaseModel):
    version: int
    origin: Origin
    chapters: list[ChapterBody]
    notes: list[str]
    """What would make them better."""


class EditedChapter(Asked):
    start: Moment
    end: Moment
    title: Title = Field(min_length=1, max_length=1000)


class EditedChapters(Asked):
    """All chapters as their owner wants them: from 0 on, each where the one before ends."""

    based_on: int = Field(ge=1)
    """The version that was edited; 409 where a newer one has come meanwhile."""
    chapters: list[EditedChapter] = Field(min_length=1, max_length=1000)


class PointBody(BaseModel):
    text: str
    at: float


class ActionBody(BaseModel):
    text: str
    who: str | None
    when: str | None
    """As it was said."""
    at: float


class SummaryBody(BaseModel):
    version: int
    title: str
    abstract: str
    points: list[PointBody]
    actions: list[ActionBody]
    by: str
    """“extractive”, or the model that wrote it and its address."""
    notes: list[str]


class ChaptersFile(SessionPath):
    ending: Literal["vtt", "txt"]


@api.get("/<session>/chapters", responses={200: ChaptersBody})
def show_chapters(path: SessionPath) -> Response:
    """404 while none were found."""
    return reply(_chapters(_newest(path.session, DocumentKind.CHAPTERS)))


@api.patch("/<session>/chapters", responses={200: ChaptersBody})
def edit_chapters(path: SessionPath, body: EditedChapters) -> Response:
    """Keep them as their owner wants them; the version before stays."""
    before = _newest(path.session, DocumentKind.CHAPTERS)
    try:
        edited = chapters_from({"chapters": [one.model_dump() for one in body.chapters]})
    except ValueError as error:
        raise Refused(422, f"These are no chapters: {error}.", "Mend that one.") from error
    after = {**before.body, **told(edited)}
    with known(f"session {path.session}"):
        document = services().library.documents.edit(
            path.session, DocumentKind.CHAPTERS, after, body.based_on
        )
    return reply(_chapters(document))


@api.get("/<session>/chapters.<ending>")
def give_chapters(path: ChaptersFile) -> Response:
    """As a WebVTT track, or as the text that YouTube takes."""
    found = chapters_from(_newest(path.session, DocumentKind.CHAPTERS).body)
    text, kind = (
        (vtt(found), "text/vtt") if path.ending == "vtt" else (youtube(found), "text/plain")
    )
    answer = Response(text.encode("utf-8"), content_type=f"{kind}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@api.get("/<session>/summary", responses={200: SummaryBody})
def show_summary(path: SessionPath) -> Response:
    """404 while there is none."""
    document = _newest(path.session, DocumentKind.SUMMARY)
    return reply(SummaryBody.model_validate({**document.body, "version": document.version}))


def _chapters(document: Document) -> ChaptersBody:
    body = {"notes": [], **document.body}
    return ChaptersBody.model_validate(
        {**body, "version": document.version, "origin": document.origin}
    )


def _newest(session: str, kind: DocumentKind) -> Document:
    document = services().library.documents.newest(found_session(session).id, kind)
    if document is None:
        raise missing(f"{kind} of this session")
    return document
