"""Words found across all sessions."""

from __future__ import annotations

from enum import StrEnum

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS
from backend.api.routes import Routes
from backend.api.wire import Page, reply, services
from backend.store.search import BEGIN, END, Hit

api = Routes("search", __name__, url_prefix="/api/search", abp_responses=ERRORS)


class SearchBy(StrEnum):
    WORDS = "words"
    MEANING = "meaning"
    """What comes closest in other words, too; from the first hit on only, since none is exact."""


class SearchQuery(Page):
    q: str = Field(max_length=500)
    """Words; the last one may be the beginning of a word, unless a space follows it."""
    session: str | None = Field(None, min_length=1, max_length=100)
    """Only in this session."""
    by: SearchBy = SearchBy.WORDS


class SnippetBody(BaseModel):
    text: str
    found: bool
    """Whether it is what was looked for."""


class HitBody(BaseModel):
    session: str
    title: str
    kind: str
    """title, or the kind of document that says it: transcript."""
    start: float
    """Seconds of the film."""
    text: str
    pieces: list[SnippetBody]
    """The same text, cut where the words begin and end that were found."""


class HitsBody(BaseModel):
    hits: list[HitBody]
    total: int
    note: str | None = None
    """What would make it more, for people."""


@api.get("", responses={200: HitsBody})
def search_everything(query: SearchQuery) -> Response:
    """Where these words are said or written, or what they mean; the best hits first."""
    if query.by is SearchBy.MEANING:
        near = services().meanings.near(query.q, query.limit, query.session)
        hits = [_hit(hit) for hit in near.hits]
        return reply(HitsBody(hits=hits, total=len(hits), note=near.note))
    found = services().library.search(query.q, query.limit, query.offset, query.session)
    return reply(HitsBody(hits=[_hit(hit) for hit in found.hits], total=found.total))


def _hit(hit: Hit) -> HitBody:
    return HitBody(
        session=hit.session,
        title=hit.title,
        kind=hit.kind,
        start=round(float(hit.start), 3),
        text=hit.text.replace(BEGIN, "").replace(END, ""),
        pieces=_pieces(hit.text),
    )


def _pieces(text: str) -> list[SnippetBody]:
    pieces = []
    for n, part in enumerate(text.split(BEGIN)):
        inside, sign, after = part.partition(END)
        if n and sign:
            pieces.append(SnippetBody(text=inside, found=True))
        else:
            after = part
        if after:
            pieces.append(SnippetBody(text=after, found=False))
    return pieces
