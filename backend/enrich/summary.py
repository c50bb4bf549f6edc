"""A summary made of sentences that were said.

Sentences are ranked by how central they are among the others (LexRank, Erkan and Radev, 2004: the
stationary distribution of a walk between sentences, along their likeness), by where they stand and
by what they announce; those that are told are chosen one after the other, each as little like those
before as can be (maximal marginal relevance, Carbonell and Goldstein, 1998).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from backend.core.chapter import Chapter, clean_title
from backend.core.summary import EXTRACTIVE, Point, Summary
from backend.core.transcript import Transcript, Utterance
from backend.enrich.actions import actions_of
from backend.enrich.meaning import Meaning, fitting
from backend.enrich.words import Phrases, Vectors, apart, bags, content_of

SUMMARY_ENGINE = 1
"""Version of how a summary is made; raise it when that changes."""

Weights = npt.NDArray[np.float64]
"""Shape (sentences,)."""

_BLOCK = 800
"""Sentences that are compared with each other: memory and time grow with their square."""
_DAMPING = 0.85
_ROUNDS = 40
_NOVELTY = 0.45
"""How much being unlike what was chosen counts beside being central."""
_ABSTRACT = 3
_POINTS = 8
_SHORTEST, _LONGEST = 6, 45
"""Words of a sentence that can stand for others."""
_ANNOUNCING = re.compile(
    r"\b(?:important|in short|to sum up|summar\w+|conclu\w+|the (?:main|key|point|goal|idea|problem"
    r"|reason|result)|we (?:decided|agreed)|decision|it turns out|the bottom line|today we"
    r"|wichtig\w*|zusammenfass\w+|das ziel|wir haben (?:beschlossen|entschieden)|ergebnis"
    r"|en résumé|l'important|nous avons décidé|le but|en resumen|lo importante|hemos decidido)\b",
    re.IGNORECASE,
)
_CHATTING = re.compile(
    r"^(?:hi|hello|hey|good (?:morning|afternoon|evening)|thank you|thanks|welcome|bye|okay|ok|yeah"
    r"|hallo|danke|tschüss|bonjour|merci|hola|gracias)\b",
    re.IGNORECASE,
)


def summarise(
    transcript: Transcript, chapters: Sequence[Chapter], meaning: Meaning | None
) -> Summary:
    """Title, a few sentences, key points and what is to be done; each with its moment.

    Without `meaning` sentences are alike by the words they share.
    """
    spoken = [one for one in transcript.utterances if one.text.strip()]
    if not spoken:
        title = clean_title(chapters[0].title) if len(chapters) == 1 else ""
        notes = transcript.notes or ("Nothing was said that could be summed up.",)
        return Summary(title, "", (), (), EXTRACTIVE, notes)
    texts = [one.text for one in spoken]
    vectors = bags(texts) if meaning is None else meaning.vectors(texts)
    ranks = rank(spoken, vectors, chapters)
    abstract = choose_apart(ranks, vectors, min(_ABSTRACT, max(1, len(spoken) // 3)), ())
    points = _points(spoken, ranks, vectors, chapters, abstract)
    return Summary(
        _title(spoken, vectors, chapters, meaning),
        " ".join(tidy(spoken[n].text) for n in sorted(abstract)),
        tuple(Point(tidy(spoken[n].text), spoken[n].start) for n in points),
        actions_of(transcript),
        EXTRACTIVE,
    )


def rank(spoken: Sequence[Utterance], vectors: Vectors, chapters: Sequence[Chapter]) -> Weights:
    """How well each sentence stands for the others, 0 to about 1."""
    ranks = np.zeros(len(spoken))
    for at in range(0, len(spoken), _BLOCK):
        block = slice(at, at + _BLOCK)
        ranks[block] = _central(vectors[block])
    mean = vectors.mean(axis=0)
    ranks = 0.7 * ranks + 0.3 * _scaled((vectors @ mean).astype(np.float64))
    first = _firsts(spoken, chapters)
    for n, one in enumerate(spoken):
        words = len(one.text.split())
        if not _SHORTEST <= words <= _LONGEST or len(content_of(one.text)) < 3:
            ranks[n] *= 0.3
        if one.text.rstrip().endswith("?"):
            ranks[n] *= 0.6
        if _CHATTING.match(one.text):
            ranks[n] *= 0.4
        if _ANNOUNCING.search(one.text):
            ranks[n] += 0.25
        if n in first:
            ranks[n] += 0.15
    return ranks


def _central(vectors: Vectors) -> Weights:
    """The chance to be at each sentence on a walk from one to one that is like it."""
    alike = np.maximum(vectors @ vectors.T, 0).astype(np.float64)
    np.fill_diagonal(alike, 0)
    alike[alike < np.median(alike)] = 0  # what is like everything says nothing
    totals = alike.sum(axis=1, keepdims=True)
    count = len(alike)
    walk = np.divide(alike, totals, out=np.full_like(alike, 1 / count), where=totals > 0)
    found = np.full(count, 1 / count)
    for _ in range(_ROUNDS):
        found = (1 - _DAMPING) / count + _DAMPING * (found @ walk)
    return _scaled(found)


def _scaled(values: Weights) -> Weights:
    low, high = float(values.min()), float(values.max())
    scaled: Weights = (values - low) / max(high - low, 1e-9)
    return scaled


def _firsts(spoken: Sequence[Utterance], chapters: Sequence[Chapter]) -> set[int]:
    """The first sentences of each chapter that are worth telling."""
    found: set[int] = set()
    for chapter in chapters:
        inside = [
            n
            for n, one in enumerate(spoken)
            if chapter.start <= one.start < chapter.end and len(one.text.split()) >= _SHORTEST
        ]
        found.update(inside[:2])
    return found


def choose_apart(
    ranks: Weights,
    vectors: Vectors,
    count: int,
    known: Sequence[int],
    unfit: Collection[int] = (),
) -> list[int]:
    """The `count` best, each unlike those before and unlike what is `known`; none that is
    `unfit`."""
    found: list[int] = []
    nearest = np.zeros(len(ranks))
    for n in known:
        nearest = np.maximum(nearest, vectors @ vectors[n])
    left = np.ones(len(ranks), bool)
    left[[*known, *unfit]] = False
    while len(found) < count and left.any():
        values = (1 - _NOVELTY) * ranks - _NOVELTY * nearest
        values[~left] = -np.inf
        best = int(values.argmax())
        found.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return found


def _points(
    spoken: Sequence[Utterance],
    ranks: Weights,
    vectors: Vectors,
    chapters: Sequence[Chapter],
    told: Sequence[int],
) -> list[int]:
    """What each part of the recording comes to, in the order of time."""
    most = min(_POINTS, max(1, len(spoken) // 3))
    parts = [
        [n for n, one in enumerate(spoken) if chapter.start <= one.start < chapter.end]
        for chapter in chapters
    ]
    parts = [part for part in parts if part] or [list(range(len(spoken)))]
    while len(parts) > most:  # neighbours that say least are one
        n = min(range(len(parts) - 1), key=lambda n: len(parts[n]) + len(parts[n + 1]))
        parts[n : n + 2] = [parts[n] + parts[n + 1]]
    found: list[int] = []
    for done, part in enumerate(parts, 1):
        count = round(most * done / len(parts)) - len(found)
        rows = np.array(part)
        beside = [part.index(n) for n in told if n in part]
        free = len(part) - len(beside)
        chosen = choose_apart(ranks[rows], vectors[rows], min(max(count, 1), free), beside)
        found += [part[n] for n in chosen]
    return sorted(found)


def _title(
    spoken: Sequence[Utterance],
    vectors: Vectors,
    chapters: Sequence[Chapter],
    meaning: Meaning | None,
) -> str:
    """The title of its only chapter, else what the whole of it is about."""
    if len(chapters) == 1 and not chapters[0].title.startswith("0:00"):
        return clean_title(chapters[0].title)
    phrases = Phrases([[one.text for one in spoken]]).of(0)
    if meaning is not None and phrases:
        phrases = fitting(phrases, vectors, meaning)
    best = apart(phrases, 3)
    title = ", ".join(one.text for one in best) or spoken[0].text
    return clean_title(title[:1].upper() + title[1:])


def tidy(text: str) -> str:
    """A sentence that begins as one."""
    line = " ".join(text.split())
    return line[:1].upper() + line[1:]
