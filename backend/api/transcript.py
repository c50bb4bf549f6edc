"""What is said in a session: read, corrected, heard again, compared, and given away."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused, known, missing
from backend.api.jobs import JobBody, job_body
from backend.api.routes import Routes
from backend.api.sessions import SessionPath, Title, found_session
from backend.api.wire import Asked, reply, services
from backend.core.captions import LINE, WRITERS
from backend.core.document import Document, DocumentKind, Origin
from backend.core.flow import Planned
from backend.core.job import JobKind, Priority
from backend.core.session import Session
from backend.core.speakers import MOST_SPEAKERS
from backend.core.time import seconds
from backend.core.transcript import Transcript, Utterance, corrected, transcript_from

api = Routes("transcript", __name__, url_prefix="/api/sessions", abp_responses=ERRORS)

KIND = DocumentKind.TRANSCRIPT
AGAIN = ("model", "language", "speakers")
"""What may be different when it is heard again."""
TYPES = {
    "srt": "application/x-subrip",
    "vtt": "text/vtt",
    "txt": "text/plain",
    "md": "text/markdown",
    "json": "application/json",
}

Moment = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]


class WordBody(BaseModel):
    start: float
    end: float
    text: str
    joined: bool = False
    """Whether it follows the word before without a space."""


class UtteranceBody(BaseModel):
    start: float
    end: float
    text: str
    words: list[WordBody]
    """Empty where its owner wrote it."""
    speaker: str | None = None


class SpanBody(BaseModel):
    start: float
    end: float


class FiguresBody(BaseModel):
    speaking: float
    """Seconds."""
    words: int
    words_per_minute: int
    pauses: int
    """Between utterances, of a second or longer."""
    longest_pause: float
    fillers: int


class VersionBody(BaseModel):
    version: int
    origin: Origin
    model: str | None
    created_at: datetime


class TranscriptBody(BaseModel):
    version: int
    origin: Origin
    text: str
    language: str | None
    model: str | None
    duration: float
    segments: list[UtteranceBody]
    speech: list[SpanBody]
    silence: list[SpanBody]
    figures: FiguresBody
    notes: list[str]
    versions: list[VersionBody]
    """All that are kept, the newest first."""


class TranscriptQuery(Asked):
    version: int | None = Field(None, ge=1)
    """The newest without it."""


class Written(Asked):
    start: Moment
    end: Moment
    text: Title = Field(min_length=1, max_length=10_000)
    speaker: Title | None = Field(None, min_length=1, max_length=100)


class Corrections(Asked):
    """The whole transcript as its owner wants it."""

    based_on: int = Field(ge=1)
    """The version that was corrected; 409 where a newer one has come meanwhile."""
    segments: list[Written] = Field(max_length=100_000)


class Again(Asked):
    """What is to be heard again."""

    start: Moment | None = None
    end: Moment | None = None
    """The stretch; the whole film without both."""
    model: str | None = Field(None, max_length=200)
    language: str | None = Field(None, pattern="^[a-z]{2,3}$")
    speakers: int | None = Field(None, ge=0, le=MOST_SPEAKERS)
    """How many people speak and are told apart, 0 for nobody; without it as many as are told apart
    around the stretch, or as the settings have it."""


class FilePath(SessionPath):
    ending: Literal["srt", "vtt", "txt", "md"]


class FileQuery(TranscriptQuery):
    line: int | None = Field(None, ge=10, le=1000)
    """Longest line, in characters; 42 in captions without it, and any length in text."""


@api.get("/<session>/transcript", responses={200: TranscriptBody})
def show_transcript(path: SessionPath, query: TranscriptQuery) -> Response:
    """What is said. 404 while nothing was written down."""
    return reply(_body(_found(found_session(path.session), query.version)))


@api.patch("/<session>/transcript", responses={200: TranscriptBody})
def correct_transcript(path: SessionPath, body: Corrections) -> Response:
    """Correct it. The version before stays, and words whose text is unchanged keep their times."""
    session = found_session(path.session)
    before = _read(_found(session, body.based_on))
    for one in body.segments:
        if one.end < one.start:
            raise Refused(422, f"“{one.text[:40]}” ends before it begins.", "Give it another end.")
    rows = [
        Utterance(seconds(one.start), seconds(one.end), " ".join(one.text.split()), (), one.speaker)
        for one in body.segments
    ]
    after = corrected(before, rows)
    with known(f"session {path.session}"):
        document = services().library.documents.edit(session.id, KIND, after.told(), body.based_on)
    return reply(_body(document))


@api.post("/<session>/transcript/again", responses={202: JobBody})
def hear_again(path: SessionPath, body: Again) -> Response:
    """Listen once more, with another model or language: to all of it, or to one stretch."""
    session = found_session(path.session)
    if session.film is None:
        raise Refused(409, "There is no film yet.", "Wait until it is ready.")
    options: dict[str, object] = {}
    if body.start is not None and body.end is not None:
        if body.end <= body.start:
            raise Refused(422, "The stretch ends before it begins.", "Give it another end.")
        options["span"] = [body.start, body.end]
    options |= {n: v for n in AGAIN if (v := getattr(body, n)) is not None}
    planned = Planned(JobKind.REVIEW, Priority.NORMAL, options=options)
    job = services().library.sessions.request(session.id, planned)
    if dict(job.options) != options:
        raise Refused(409, "It is being listened to already.", "Wait until that is done.")
    return reply(job_body(job, services().board), 202)


@api.get("/<session>/transcript.<ending>")
def give_transcript(path: FilePath, query: FileQuery) -> Response:
    """The transcript as a file: captions (SRT, WebVTT), text or Markdown."""
    return as_text(
        transcript_text(path.session, path.ending, query.version, query.line), path.ending
    )


def transcript_text(session: str, ending: str, version: int | None, line: int | None) -> str:
    """The file of a session's transcript with that ending; see `FileQuery`."""
    document = _found(found_session(session), version)
    if ending == "json":
        return json.dumps(_read(document).told(), ensure_ascii=False, indent=2) + "\n"
    return WRITERS[ending](_read(document), line or (LINE if ending in ("srt", "vtt") else 0))


def as_text(text: str, ending: str) -> Response:
    """A file of text, by its ending; it may have changed when it is asked for again."""
    answer = Response(text.encode("utf-8"), content_type=f"{TYPES[ending]}; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _found(session: Session, version: int | None) -> Document:
    documents = services().library.documents
    document = (
        documents.newest(session.id, KIND)
        if version is None
        else documents.version(session.id, KIND, version)
    )
    if document is None:
        raise missing("transcript of this session" if version is None else f"version {version}")
    return document


def _read(document: Document) -> Transcript:
    return transcript_from(document.body)


def _body(document: Document) -> TranscriptBody:
    told: dict[str, Any] = dict(document.body)
    return TranscriptBody.model_validate(
        {
            **told,
            "version": document.version,
            "origin": document.origin,
            "versions": versions_of(document.session, KIND),
        }
    )


def versions_of(session: str, kind: DocumentKind) -> list[VersionBody]:
    """The versions of a document that are kept, the newest first."""
    return [
        VersionBody(version=one.version, origin=one.origin, model=one.by, created_at=one.created_at)
        for one in services().library.documents.versions(session, kind)
    ]
