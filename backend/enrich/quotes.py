"""The sentences of a recording that tell something by themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction

from backend.core.canvas import Quote
from backend.core.chapter import Chapter
from backend.core.transcript import Transcript
from backend.enrich.meaning import Meaning
from backend.enrich.summary import choose_apart, rank, tidy
from backend.enrich.words import bags

MOST = 6
_EVERY = Fraction(90)
"""Seconds of film for which there is one."""
_SHORTEST, _LONGEST = 6, 32
"""Words of a sentence that can stand alone."""
_LEANING = re.compile(
    r"^(?:and|but|so|because|which|then|that's|this|that|it|they|he|she|und|aber|also|weil|dann"
    r"|et|mais|donc|y|pero|entonces)\b",
    re.IGNORECASE,
)
"""How sentences begin that lean on the one before."""


def quotes(
    transcript: Transcript,
    chapters: Sequence[Chapter],
    meaning: Meaning | None,
    told: Iterable[str],
) -> tuple[Quote, ...]:
    """Sentences as they were said, in the order of time, unlike each other and unlike what is
    `told` elsewhere; one for every minute and a half, six at most, none where nothing else was
    said."""
    spoken = [one for one in transcript.utterances if one.text.strip()]
    elsewhere = " ".join(_plain(text) for text in told)
    known = [n for n, one in enumerate(spoken) if _plain(one.text) in elsewhere]
    if len(known) == len(spoken):
        return ()
    texts = [one.text for one in spoken]
    vectors = bags(texts) if meaning is None else meaning.vectors(texts)
    ranks = rank(spoken, vectors, chapters)
    fit = [
        n
        for n, one in enumerate(spoken)
        if _SHORTEST <= len(one.text.split()) <= _LONGEST or not _has_spaces(one.text)
    ]
    for n, one in enumerate(spoken):
        if _LEANING.match(one.text):
            ranks[n] *= 0.5
    unfit = set(range(len(spoken))) - set(fit)
    most = min(MOST, 1 + int(transcript.duration / _EVERY))
    chosen = choose_apart(ranks, vectors, most, known, unfit)
    return tuple(
        Quote(tidy(spoken[n].text), spoken[n].start, spoken[n].speaker) for n in sorted(chosen)
    )


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _has_spaces(text: str) -> bool:
    """Whether words can be counted by spaces: not in Chinese, Japanese or Thai."""
    return " " in text.strip()
