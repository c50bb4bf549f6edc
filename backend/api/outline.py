"""Chapters and summary of a session: read, edited, compared, and given away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused, known, missing
from backend.api.routes import Routes
from backend.api.sessions import SessionPath, Title, found_session
from backend.api.transcript import Moment, VersionBody, as_text, versions_of
from backend.api.wire import Asked, reply, services
from backend.core.chapter import Chapter, chapters_from, told, vtt, youtube
from backend.core.document import Document, DocumentKind, Origin
from backend.core.summary import in_lines, summary_from, summary_text

api = Routes("outline", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

Line = Annotated[Title, Field(min_length=1, max_length=2000)]


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
    versions: list[VersionBody]
    """All that are kept, the newest first."""


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
    origin: Origin
    title: str
    abstract: str
    points: list[PointBody]
    actions: list[ActionBody]
    by: str
    """“extractive”, or the model that wrote it and its address."""
    notes: list[str]
    versions: list[VersionBody]
    """All that are kept, the newest first."""


class EditedPoint(Asked):
    text: Line
    at: Moment


class EditedAction(EditedPoint):
    who: Title | None = Field(None, min_length=1, max_length=200)
    when: Title | None = Field(None, min_length=1, max_length=200)


class EditedSummary(Asked):
    """The whole summary as its owner wants it."""

    based_on: int = Field(ge=1)
    """The version that was edited; 409 where a newer one has come meanwhile."""
    title: Title = Field(max_length=1000)
    abstract: Title = Field(max_length=20_000)
    points: list[EditedPoint] = Field(max_length=1000)
    actions: list[EditedAction] = Field(max_length=1000)


class OutlineQuery(Asked):
    version: int | None = Field(None, ge=1)
    """The newest without it."""


class ChaptersFile(SessionPath):
    ending: Literal["vtt", "txt", "json"]


class SummaryFile(SessionPath):
    ending: Literal["md", "txt", "json"]


@api.get("/<session>/chapters", responses={200: ChaptersBody})
def show_chapters(path: SessionPath, query: OutlineQuery) -> Response:
    """404 while none were found."""
    return reply(_chapters(_found(path.session, DocumentKind.CHAPTERS, query.version)))


@api.patch("/<session>/chapters", responses={200: ChaptersBody})
def edit_chapters(path: SessionPath, body: EditedChapters) -> Response:
    """Keep them as their owner wants them; the version before stays."""
    before = _found(path.session, DocumentKind.CHAPTERS)
    try:
        edited = chapters_from({"chapters": [one.model_dump() for one in body.chapters]})
    except ValueError as error:
        raise Refused(422, f"These are no chapters: {error}.", "Mend that one.") from error
    return reply(_chapters(_kept(before, told(edited), body.based_on)))


@api.get("/<session>/chapters.<ending>")
def give_chapters(path: ChaptersFile, query: OutlineQuery) -> Response:
    """As a WebVTT track, as the text that YouTube takes, or as JSON."""
    return as_text(chapters_text(path.session, path.ending, query.version), path.ending)


@api.get("/<session>/summary", responses={200: SummaryBody})
def show_summary(path: SessionPath, query: OutlineQuery) -> Response:
    """404 while there is none."""
    return reply(_summary(_found(path.session, DocumentKind.SUMMARY, query.version)))


@api.patch("/<session>/summary", responses={200: SummaryBody})
def edit_summary(path: SessionPath, body: EditedSummary) -> Response:
    """Keep it as its owner wants it; the version before stays, and so does who made it."""
    before = _found(path.session, DocumentKind.SUMMARY)
    edited = summary_from({**before.body, **body.model_dump(exclude={"based_on"})})
    return reply(_summary(_kept(before, in_lines(edited).told(), body.based_on)))


@api.get("/<session>/summary.<ending>")
def give_summary(path: SummaryFile, query: OutlineQuery) -> Response:
    """As Markdown, as text or as JSON."""
    return as_text(summary_file(path.session, path.ending, query.version), path.ending)


def chapters_text(session: str, ending: str, version: int | None) -> str:
    """The file of a session's chapters with that ending: vtt, txt or json."""
    found = chapters_from(_found(session, DocumentKind.CHAPTERS, version).body)
    if ending == "json":
        return _json(told(found))
    return vtt(found) if ending == "vtt" else youtube(found)


def summary_file(session: str, ending: str, version: int | None) -> str:
    """The file of a session's summary with that ending: md, txt or json."""
    document = _found(session, DocumentKind.SUMMARY, version)
    found = summary_from(document.body)
    if ending == "json":
        return _json(found.told())
    return summary_text(found, ending == "md", document.origin is Origin.EDITED)


def leaving_with(session: str) -> tuple[int, tuple[Chapter, ...]]:
    """The chapters that a film has when it leaves the library, and their version; 0 for none."""
    document = services().library.documents.newest(session, DocumentKind.CHAPTERS)
    return (0, ()) if document is None else (document.version, chapters_from(document.body))


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _kept(before: Document, edited: Mapping[str, Any], based_on: int) -> Document:
    """What its owner wrote, as the newest version."""
    with known(f"session {before.session}"):
        return services().library.documents.edit(
            before.session, before.kind, {**before.body, **edited}, based_on
        )


def _chapters(document: Document) -> ChaptersBody:
    return ChaptersBody.model_validate({"notes": [], **_whole(document)})


def _summary(document: Document) -> SummaryBody:
    return SummaryBody.model_validate({"notes": [], **_whole(document)})


def _whole(document: Document) -> dict[str, Any]:
    return {
        **document.body,
        "version": document.version,
        "origin": document.origin,
        "versions": versions_of(document.session, document.kind),
    }


def _found(session: str, kind: DocumentKind, version: int | None = None) -> Document:
    documents, number = services().library.documents, found_session(session).id
    document = (
        documents.newest(number, kind)
        if version is None
        else documents.version(number, kind, version)
    )
    if document is None:
        raise missing(f"{kind} of this session" if version is None else f"version {version}")
    return document
