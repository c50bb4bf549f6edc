"""Chapters: where a recording turns to something else, and what each part is called.

Evidence is weighed at every pause and every change of the picture: how much what is said before
differs from what is said behind it (the depth of the dip in likeness of two windows: TextTiling,
Hearst, 1997, over vectors of sentences instead of counted words), how long the pause is, whether
the picture changes there, whether a new heading comes on screen, and whether the speaker says that
something new begins. Where there is no evidence there is no chapter.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import sqrt

import numpy as np

from backend.core.chapter import Chapter, tiled
from backend.core.time import ZERO
from backend.core.transcript import Transcript, Utterance
from backend.enrich.meaning import Meaning, fitting
from backend.enrich.onscreen import Seen
from backend.enrich.words import Phrase, Phrases, Vectors, apart, bags

CHAPTERS_ENGINE = 1
"""Version of how chapters are found and named; raise it when that changes."""

_SHORT = Fraction(180)
"""Seconds of a recording below which a chapter may be a few seconds long."""
_LEAST_PAUSE = Fraction(3, 20)
"""Seconds of silence in which a chapter may begin."""
_BEFORE_SPEECH = Fraction(1, 4)
"""Seconds of a pause that are left before what is said."""
_NEAR = Fraction(3, 2)
"""Seconds between a pause and a change of the picture that belong together."""
_AROUND = 8.0
"""Seconds around a turn in what is said in which it counts for a pause."""
_LONG_PAUSE = 5.0
_LONG_SCENE = Fraction(10)
"""Seconds that a picture stands on both sides of a change which tells something."""

_TOPIC, _PAUSE, _CHANGE, _HEADING, _CUE = 1.0, 0.45, 0.3, 0.8, 0.4
"""Weights of the evidence."""
_ENOUGH, _ENOUGH_UNSPOKEN = 0.55, 0.25
"""Evidence for a chapter: where words are known, and where they are not."""
_DEEP, _DEEP_IN_WORDS = 0.5, 0.3
"""Depth of a dip that is full evidence: of meaning, and of words alone."""

_CUES = re.compile(
    r"(?:(?:okay|ok|alright|all right|right|so|now|and|well|gut|also|bon|alors|bueno)[,. ]+)*"
    r"(?:next(?: up| topic| point| item| question)"
    r"|the next (?:topic|point|thing|item|question|part)"
    r"|let'?s (?:move on|talk about|turn to|start|begin|get started|go on)|moving on"
    r"|(?:now )?(?:i want|i'd like|we want) to (?:talk about|turn to|show)|first(?:ly| of all)?,"
    r"|second(?:ly)?,|third(?:ly)?,|finally,|in conclusion"
    r"|to (?:sum up|summarize|summarise|conclude)"
    r"|any questions|chapter \w+|part (?:one|two|three|four|\d)|welcome"
    r"|als nächstes|nächste[rs]? (?:punkt|thema|frage)|kommen wir (?:zu|jetzt)|zum schluss"
    r"|zusammenfassend|erstens|zweitens|drittens|gibt es fragen"
    r"|passons (?:à|au)|ensuite|pour (?:finir|conclure|commencer)|premièrement|deuxièmement"
    r"|pasemos a|a continuación|para (?:terminar|empezar|concluir)|en primer lugar|por último)",
    re.IGNORECASE,
)
"""How people say that something new begins."""


@dataclass(frozen=True, slots=True)
class ChapterSources:
    """What is known of a recording; whatever is absent is done without."""

    duration: Fraction
    transcript: Transcript | None = None
    changes: Sequence[Fraction] = ()
    """When the picture changes as a whole, in order."""
    read: Sequence[Seen] = ()
    """Text on screen, in order."""
    meaning: Meaning | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """A moment at which a chapter may begin."""

    time: Fraction
    evidence: float


def find_chapters(sources: ChapterSources) -> tuple[Chapter, ...]:
    """The chapters of a recording; they cover it. At least one of any that has a length."""
    spoken = sources.transcript.utterances if sources.transcript is not None else ()
    vectors = _vectors(spoken, sources.meaning)
    most, fewest, least = _sizes(sources.duration)
    places = _places(sources, spoken, vectors, _window(sources.duration, most))
    starts = _chosen(places, sources.duration, most, fewest, least, bool(spoken))
    return _titled([ZERO, *starts], sources, spoken, vectors[0])


def _sizes(duration: Fraction) -> tuple[int, int, Fraction]:
    """How many chapters there may be, how many there should be, and how long each is at least."""
    if duration < _SHORT:
        return min(3, 1 + int(duration // 20)), 1, Fraction(8)
    minutes = float(duration) / 60
    most = max(min(6, int(duration / 45)), round(1.83 * sqrt(minutes)))
    least = max(min(Fraction(60), duration / 6), duration / most * Fraction(2, 5))
    return most, round(0.73 * sqrt(minutes)), least


def _window(duration: Fraction, most: int) -> float:
    """Seconds on either side over which what is said is compared."""
    return float(max(Fraction(10), min(Fraction(90), duration / most / 2)))


def _vectors(spoken: Sequence[Utterance], meaning: Meaning | None) -> tuple[Vectors, float]:
    """What was said, and how deep a dip in its likeness is full evidence."""
    texts = [one.text for one in spoken]
    if meaning is None:
        return bags(texts), _DEEP_IN_WORDS
    return meaning.vectors(texts), _DEEP


def _places(
    sources: ChapterSources,
    spoken: Sequence[Utterance],
    vectors: tuple[Vectors, float],
    window: float,
) -> list[_Place]:
    changes = sorted(set(sources.changes))
    headed = _headings(sources.read, changes)
    marks = sorted({*changes, *headed})
    topics = _topics(spoken, *vectors, window)
    found: list[_Place] = []
    beside: set[Fraction] = set()
    for n, (before, after) in enumerate(pairwise(spoken)):
        pause = after.start - before.end
        low, high = bisect_left(marks, before.end - _NEAR), bisect_right(marks, after.start + _NEAR)
        near = marks[low:high]
        beside.update(near)
        time = _start(before.end, after.start, near)
        if time is None:
            continue
        evidence = _TOPIC * topics[n] + _PAUSE * min(1.0, max(0.0, float(pause)) / _LONG_PAUSE)
        evidence += max((_shown(one, marks, headed) for one in near), default=0.0)
        if _CUES.match(after.text):
            evidence += _CUE
        found.append(_Place(time, evidence))
    found += _unspoken(sources, spoken)
    for one in marks:
        if one not in beside and (one in headed or not _within(spoken, one)):
            found.append(_Place(one, _shown(one, marks, headed)))
    return found


def _start(end: Fraction, start: Fraction, near: Sequence[Fraction]) -> Fraction | None:
    """When a chapter begins that begins between `end` and `start` of two utterances: with the
    picture if it changes in the pause, else just before what is said; where nobody pauses, with a
    change that is near. None where there is neither."""
    inside = [one for one in near if end <= one <= start]
    if inside:
        return inside[-1]
    if start - end >= _LEAST_PAUSE:
        return start - min(_BEFORE_SPEECH, (start - end) / 2)
    return min(near, key=lambda one: abs(one - start), default=None)


def _shown(time: Fraction, marks: Sequence[Fraction], headed: frozenset[Fraction]) -> float:
    """What the picture tells at one of its changes: the more, the longer it stood and stands."""
    if time in headed:
        return _CHANGE + _HEADING
    at = bisect_left(marks, time)
    stood = time - marks[at - 1] if at else _LONG_SCENE
    stands = marks[at + 1] - time if at + 1 < len(marks) else _LONG_SCENE
    return _CHANGE * float(min(stood, stands, _LONG_SCENE) / _LONG_SCENE)


def _headings(read: Sequence[Seen], changes: Sequence[Fraction]) -> frozenset[Fraction]:
    """When another heading comes on screen: with the change before it was read, if one is near."""
    furniture = _furniture(read)
    found: list[Fraction] = []
    last: str | None = None
    for seen in read:
        heading = None if seen.heading in furniture else seen.heading
        if heading is not None and last is not None and heading != last:
            at = bisect_right(changes, seen.time) - 1
            near = at >= 0 and seen.time - changes[at] <= 2 * _NEAR
            found.append(changes[at] if near else seen.time)
        last = heading or last
    return frozenset(found)


def _furniture(read: Sequence[Seen]) -> frozenset[str]:
    """Headings that are there nearly always: the name of a program, a logo."""
    counts = Counter(seen.heading for seen in read if seen.heading)
    return frozenset(h for h, n in counts.items() if len(read) >= 4 and n > 0.6 * len(read))


def _unspoken(sources: ChapterSources, spoken: Sequence[Utterance]) -> list[_Place]:
    """Pauses between stretches of speech of which no word is known."""
    if spoken or sources.transcript is None:
        return []
    found = []
    for before, after in pairwise(sources.transcript.speech):
        pause = after.start - before.end
        inside = [one for one in sources.changes if before.end <= one <= after.start]
        time = _start(before.end, after.start, inside)
        if time is not None:
            evidence = _PAUSE * min(1.0, float(pause) / _LONG_PAUSE)
            found.append(_Place(time, evidence + (_CHANGE if inside else 0.0)))
    return found


def _within(spoken: Sequence[Utterance], time: Fraction) -> bool:
    at = bisect_right(spoken, time, key=lambda one: one.start) - 1
    return at >= 0 and time < spoken[at].end


def _topics(
    spoken: Sequence[Utterance], vectors: Vectors, deep: float, window: float
) -> list[float]:
    """For each pause between two utterances how surely the topic changes there, 0 to 1.2."""
    count = len(spoken) - 1
    if count < 3:
        return [0.0] * max(0, count)
    starts = [float(one.start) for one in spoken]
    ends = [float(one.end) for one in spoken]
    weights = np.array([sqrt(len(one.text.split()) or 1) for one in spoken], np.float32)
    sums = np.zeros((len(spoken) + 1, vectors.shape[1]), np.float32)
    np.cumsum(vectors * weights[:, None], axis=0, out=sums[1:])
    likeness = np.zeros(count, np.float32)
    for n in range(count):
        first = bisect_left(starts, ends[n] - window, 0, n)
        last = bisect_right(ends, starts[n + 1] + window, n + 1)
        a, b = sums[n + 1] - sums[first], sums[max(last, n + 2)] - sums[n + 1]
        likeness[n] = a @ b / max(1e-9, float(np.linalg.norm(a) * np.linalg.norm(b)))
    depth = _depths(likeness)
    found = []
    for n in range(count):
        low = bisect_left(ends, ends[n] - _AROUND)
        high = bisect_right(ends, ends[n] + _AROUND, hi=count)
        near = (
            depth[m] * (1 if m == n else 0.75 - 0.5 * abs(ends[m] - ends[n]) / _AROUND)
            for m in range(low, high)
        )
        found.append(min(1.2, max(near) / deep))
    return found


def _depths(likeness: Vectors) -> list[float]:
    """How far each is below the next peaks on both sides, in the mean."""
    found = []
    for n, value in enumerate(likeness):
        left = right = value
        for m in range(n - 1, -1, -1):
            if likeness[m] < left:
                break
            left = likeness[m]
        for m in range(n + 1, len(likeness)):
            if likeness[m] < right:
                break
            right = likeness[m]
        found.append(float(left + right - 2 * value) / 2)
    return found


def _chosen(
    places: Sequence[_Place],
    duration: Fraction,
    most: int,
    fewest: int,
    least: Fraction,
    worded: bool,
) -> list[Fraction]:
    """When chapters begin, but for the first: where the evidence is strongest, far enough apart."""
    enough = _ENOUGH if worded else _ENOUGH_UNSPOKEN
    found: list[Fraction] = []
    for place in sorted(places, key=lambda one: (-one.evidence, one.time)):
        wanted = enough if len(found) + 1 >= fewest else enough / 2
        if place.evidence < wanted or len(found) + 1 >= most:
            break
        if all(abs(place.time - other) >= least for other in (*found, ZERO, duration)):
            found.append(place.time)
    return sorted(found)


def _titled(
    starts: Sequence[Fraction],
    sources: ChapterSources,
    spoken: Sequence[Utterance],
    vectors: Vectors,
) -> tuple[Chapter, ...]:
    ends = [*starts[1:], sources.duration]
    parts = [
        [n for n, one in enumerate(spoken) if start <= (one.start + one.end) / 2 < end]
        for start, end in zip(starts, ends, strict=True)
    ]
    marking = Phrases([[spoken[n].text for n in part] for part in parts])
    furniture = _furniture(sources.read)
    titles: list[str] = []
    last: str | None = None
    for n, (start, end) in enumerate(zip(starts, ends, strict=True)):
        heading = _heading(sources.read, start, end, furniture)
        if heading is None or heading == last:
            phrases = marking.of(n)
            if sources.meaning is not None and phrases:
                phrases = fitting(phrases, vectors[parts[n]], sources.meaning)
            titles.append(_worded(phrases, [spoken[m] for m in parts[n]]))
        else:
            titles.append(heading)
        last = heading or last
    return tiled(zip(starts, titles, strict=True), sources.duration)


def _heading(
    read: Sequence[Seen], start: Fraction, end: Fraction, furniture: frozenset[str]
) -> str | None:
    """The heading on screen when a chapter begins, or within its first half."""
    for seen in read:
        if start <= seen.time < (start + end) / 2 and seen.heading not in (None, *furniture):
            return seen.heading
    return None


def _worded(phrases: Sequence[Phrase], said: Sequence[Utterance]) -> str:
    """The first two phrases that share no word; the first that was said where there are none."""
    best = apart(phrases, 2)
    if best:
        title = ", ".join(one.text for one in best)
        return title[:1].upper() + title[1:]
    return said[0].text if said else ""
