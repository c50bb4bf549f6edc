"""A summary that a language model writes, out of pieces that it can read whole.

Times are never asked of it, for it would invent them: it names the numbers of sentences, and what
names none that it was given, or says what has nothing to do with them, does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from backend.core.chapter import clean_title
from backend.core.context import Watch
from backend.core.progress import Stage
from backend.core.summary import Action, Point, Summary
from backend.core.transcript import Transcript, Utterance
from backend.enrich.actions import when_of
from backend.enrich.endpoint import Endpoint, Failed, ask, tokens
from backend.enrich.words import content_of

ASKING = "asking"

_MOST = 8
"""Key points of a summary."""
_TRIES = 2
"""How often a piece is asked for before the model is given up."""
_LONGEST = 500
"""Characters of a point; what is longer is no point."""
_ABSTRACT = 1200

_PIECE = """You summarise a part of a transcript of a recording. Each line is a numbered sentence.
Use only what is said there. Answer in the language of the transcript, with one JSON object and
nothing else:
{"title": "a few words", "abstract": "two or three sentences",
"points": [{"segment": 12, "text": "a key point"}],
"actions": [{"segment": 15, "text": "what is to be done", "who": "name or null",
"when": "as it was said, or null"}]}
"segment" is the number of the sentence that it comes from. At most 5 points. Only actions that
somebody agreed to or was asked to do. Never write times."""

_WHOLE = """You are given summaries of the parts of one recording, each in a numbered line.
Use only what stands there. Answer in their language, with one JSON object and nothing else:
{"title": "a few words", "abstract": "two to four sentences about the whole",
"points": [3, 7]}
"points" are the numbers of the at most 8 lines that matter most."""


@dataclass(frozen=True, slots=True)
class _Part:
    """What the model said of one piece."""

    title: str
    abstract: str
    points: tuple[Point, ...]
    actions: tuple[Action, ...]


def dictate(transcript: Transcript, extract: Summary, endpoint: Endpoint, ctx: Watch) -> Summary:
    """The summary that the model at `endpoint` writes; where it fails, `extract` with a note that
    says so. Raises `Stopped` within a tenth of a second when it is asked to.

    The whole transcript is read, in pieces where it is longer than the model's context.
    """
    ctx.plan([Stage(ASKING, f"Asking {endpoint.name}", 1.0)])
    spoken = [one for one in transcript.utterances if one.text.strip()]
    if not spoken:
        return extract
    try:
        pieces = _pieces(spoken, endpoint)
        parts: list[_Part] = []
        for done, piece in enumerate(pieces):
            ctx.progress(ASKING, done / (len(pieces) + 1))
            parts.append(_tried(partial(_part, spoken, piece, endpoint, ctx)))
        ctx.progress(ASKING, len(pieces) / (len(pieces) + 1))
        whole = parts[0] if len(parts) == 1 else _whole(parts, endpoint, ctx)
    except Failed as failure:
        note = f"{endpoint.name} {failure}. This summary is made of sentences that were said."
        return replace(extract, notes=(*extract.notes, note))
    ctx.progress(ASKING, 1.0)
    return Summary(whole.title, whole.abstract, whole.points, whole.actions, endpoint.name)


def _pieces(spoken: Sequence[Utterance], endpoint: Endpoint) -> list[range]:
    """Sentences in runs that fit the model's context; each is in one. Raises Failed where one
    alone does not."""
    room = endpoint.room - tokens(_PIECE)
    found: list[range] = []
    first, held = 0, 0
    for n, one in enumerate(spoken):
        cost = tokens(_line(n, one))
        if cost > room:
            raise Failed("has too small a context for a sentence of this recording", final=True)
        if held + cost > room:
            found.append(range(first, n))
            first, held = n, 0
        held += cost
    found.append(range(first, len(spoken)))
    return found


def _line(number: int, one: Utterance) -> str:
    speaker = f"{one.speaker}: " if one.speaker else ""
    return f"[{number}] {speaker}{' '.join(one.text.split())}\n"


def _tried(work: Callable[[], _Part]) -> _Part:
    for _ in range(_TRIES - 1):
        try:
            return work()
        except Failed as failure:
            if failure.final:
                raise
    return work()


def _part(spoken: Sequence[Utterance], piece: range, endpoint: Endpoint, ctx: Watch) -> _Part:
    lines = "".join(_line(n, spoken[n]) for n in piece)
    body = ask(endpoint, _PIECE, lines, ctx.check)
    if not isinstance(body, Mapping):
        raise Failed("answered something else than it was asked for")
    known = {word[:5] for n in piece for word in content_of(spoken[n].text)}
    points: list[Point] = []
    actions: list[Action] = []
    rejected = 0
    for kind, told in (("points", body.get("points")), ("actions", body.get("actions"))):
        for one in told if isinstance(told, list) else []:
            n, text = _cited(one, piece), _text(one, "text", _LONGEST)
            if n is None or text is None or not _grounded(text, known):
                rejected += 1
            elif kind == "points":
                points.append(Point(text, spoken[n].start))
            else:
                actions.append(_action(one, text, spoken[n]))
    title, abstract = _text(body, "title", _LONGEST), _text(body, "abstract", _ABSTRACT)
    if title is None or abstract is None or not _grounded(abstract, known):
        raise Failed("wrote what has nothing to do with what was said")
    if rejected > len(points) + len(actions):
        raise Failed("cited sentences that do not exist, or that say something else")
    points.sort(key=lambda point: point.at)
    actions.sort(key=lambda action: action.at)
    return _Part(clean_title(title), abstract, tuple(points[:_MOST]), tuple(actions))


def _whole(parts: Sequence[_Part], endpoint: Endpoint, ctx: Watch) -> _Part:
    """One out of what was written of all pieces; level by level where that is too long itself."""
    actions = tuple(action for part in parts for action in part.actions)
    room = endpoint.room - tokens(_WHOLE)
    level = list(parts)
    while len(level) > 1:
        groups: list[list[_Part]] = [[]]
        held = 0
        for part in level:
            cost = sum(tokens(line) for line in _lines([part], 10_000))
            if groups[-1] and held + cost > room:
                groups.append([])
                held = 0
            groups[-1].append(part)
            held += cost
        if len(groups) == len(level):
            raise Failed("has too small a context to sum up so many pieces", final=True)
        level = [
            group[0] if len(group) == 1 else _tried(partial(_joined, group, endpoint, ctx))
            for group in groups
        ]
    return replace(level[0], actions=actions)


def _lines(parts: Sequence[_Part], first: int = 0) -> list[str]:
    """Every abstract and point of the parts, numbered."""
    texts = [t for part in parts for t in (part.abstract, *(one.text for one in part.points))]
    return [f"[{n}] {text}\n" for n, text in enumerate(texts, first)]


def _joined(parts: Sequence[_Part], endpoint: Endpoint, ctx: Watch) -> _Part:
    body = ask(endpoint, _WHOLE, "".join(_lines(parts)), ctx.check)
    if not isinstance(body, Mapping):
        raise Failed("answered something else than it was asked for")
    known = {
        word[:5]
        for part in parts
        for text in (part.title, part.abstract, *(one.text for one in part.points))
        for word in content_of(text)
    }
    title, abstract = _text(body, "title", _LONGEST), _text(body, "abstract", _ABSTRACT)
    if title is None or abstract is None or not _grounded(abstract, known):
        raise Failed("wrote what has nothing to do with what was said")
    numbered: list[Point | None] = [p for part in parts for p in (None, *part.points)]
    wanted = body.get("points")
    found = [
        numbered[n]
        for n in (wanted if isinstance(wanted, list) else [])
        if isinstance(n, int) and not isinstance(n, bool) and 0 <= n < len(numbered)
    ]
    points = sorted({p for p in found if p is not None}, key=lambda point: point.at)
    if not points:  # it chose none that there are: some of every piece
        every = [point for part in parts for point in part.points[:2]]
        points = every[:: max(1, -(-len(every) // _MOST))]
    return _Part(clean_title(title), abstract, tuple(points[:_MOST]), ())


def _cited(one: object, piece: range) -> int | None:
    """The sentence that is named, if it was among those that were given."""
    number = one.get("segment") if isinstance(one, Mapping) else None
    if isinstance(number, str) and number.strip("[] ").isdecimal():
        number = int(number.strip("[] "))
    valid = isinstance(number, int) and not isinstance(number, bool) and number in piece
    return int(number) if valid and number is not None else None


def _text(body: Mapping[str, Any], name: str, longest: int) -> str | None:
    text = body.get(name)
    if not isinstance(text, str):
        return None
    line = " ".join(text.split())
    return line if 0 < len(line) <= longest and not _loops(line) else None


def _loops(line: str) -> bool:
    """Whether it says the same over and over."""
    words = line.split()
    return len(words) >= 24 and len(set(words)) < len(words) / 4


def _grounded(text: str, known: set[str]) -> bool:
    """Whether a third of its words, by their beginnings, were said; so that what is told in other
    words passes, and what is made up does not."""
    words = content_of(text)
    return not words or 3 * sum(word[:5] in known for word in words) >= len(words)


def _action(one: Mapping[str, Any], text: str, said: Utterance) -> Action:
    """Who and when only if they were said; the model likes to fill in."""
    heard = said.text.casefold()

    def as_said(name: str) -> str | None:
        value = _text(one, name, 80)
        return value if value is not None and value.casefold() in heard else None

    return Action(text, as_said("who"), as_said("when") or when_of(said.text), said.start)
