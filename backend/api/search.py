"""Words found across all sessions."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS
from backend.api.routes import Routes
from backend.api.wire import Page, reply, services
from backend.store.search import BEGIN, END

api = Routes("search", __name__, url_prefix="/api/search", abp_responses=ERRORS)


class SearchQuery(Page):
    q: str = Field(max_length=500)
    """Words; the last one may be the beginning of a word, unless a space follows it."""
    session: str | None = Field(None, min_length=1, max_length=100)
    """Only in this session."""


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


@api.get("", responses={200: HitsBody})
def search_everything(query: SearchQuery) -> Response:
    """Where these words are said or written, the best hits first."""
    found = services().library.search(query.q, query.limit, query.offset, query.session)
    return reply(
        HitsBody(
            hits=[
                HitBody(
                    session=hit.session,
                    title=hit.title,
                    kind=hit.kind,
                    start=round(float(hit.start), 3),
                    text=hit.text.replace(BEGIN, "").replace(END, ""),
                    pieces=_pieces(hit.text),
                )
                for hit in found.hits
            ],
            total=found.total,
        )
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
