"""Who says what: turns of speakers laid over the words of a transcript."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import count, groupby

from backend.core.transcript import Utterance, Word, uttered

MOST_SPEAKERS = 8
"""Speakers that are told apart, at most."""
_LEAST = Fraction(1)
"""Seconds of words below which somebody else within an utterance is not believed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """From when on somebody speaks, until the next turn begins."""

    start: Fraction
    speaker: int
    """0 is who speaks first."""


def speaker_name(speaker: int) -> str:
    """What a speaker is called until its owner gives a name."""
    return f"Speaker {speaker + 1}"


def attributed(utterances: Iterable[Utterance], turns: Sequence[Turn]) -> tuple[Utterance, ...]:
    """Utterances with their speakers; one is split where somebody else goes on for a second or
    longer. `turns` are in order; without any nobody is named."""
    if not turns:
        return tuple(utterances)
    starts = [turn.start for turn in turns]
    found: list[Utterance] = []
    for one in utterances:
        if not one.words:
            middle = (one.start + one.end) / 2
            found.append(replace(one, speaker=speaker_name(_speaking(turns, starts, middle))))
            continue
        said = [
            (_speaking(turns, starts, (word.start + word.end) / 2), (word,)) for word in one.words
        ]
        runs = _believed(_merged(said))
        if len(runs) == 1:
            found.append(replace(one, speaker=speaker_name(runs[0][0])))
        else:
            found += [replace(uttered(run), speaker=speaker_name(who)) for who, run in runs]
    return tuple(found)


_Run = tuple[int, tuple[Word, ...]]


def _speaking(turns: Sequence[Turn], starts: Sequence[Fraction], time: Fraction) -> int:
    return turns[max(0, bisect_right(starts, time) - 1)].speaker


def _merged(runs: Iterable[_Run]) -> list[_Run]:
    """Runs beside each other of the same speaker are one."""
    return [
        (who, tuple(word for _, words in same for word in words))
        for who, same in groupby(runs, key=lambda run: run[0])
    ]


def _believed(runs: list[_Run]) -> list[_Run]:
    """Without runs that are too short: the longer one beside each has it, the shortest first."""
    while len(runs) > 1:
        lasts = [words[-1].end - words[0].start for _, words in runs]
        n = min(range(len(runs)), key=lambda n: lasts[n])
        if lasts[n] >= _LEAST:
            break
        beside = [m for m in (n - 1, n + 1) if 0 <= m < len(runs)]
        taker = max(beside, key=lambda m: lasts[m])
        runs = _merged([*runs[:n], (runs[taker][0], runs[n][1]), *runs[n + 1 :]])
    return runs


def named_as_before(
    utterances: Iterable[Utterance], before: Iterable[Utterance]
) -> tuple[Utterance, ...]:
    """With the names that speakers had before, where most of what somebody says now was said by
    one of them; so names that the owner gave outlive another hearing."""
    now = tuple(utterances)
    shared: dict[str, Counter[str]] = {}
    old = [one for one in before if one.speaker is not None]
    at = 0
    for one in now:
        while at < len(old) and old[at].end <= one.start:
            at += 1
        for n in range(at, len(old)):
            other = old[n]
            if other.start >= one.end:
                break
            both = min(one.end, other.end) - max(one.start, other.start)
            if both > 0 and one.speaker is not None and other.speaker is not None:
                # Milliseconds: what a transcript tells of a time.
                counted = shared.setdefault(one.speaker, Counter())
                counted[other.speaker] += int(both * 1000)
    pairs = sorted(
        ((time, name, was) for name, counted in shared.items() for was, time in counted.items()),
        reverse=True,
    )
    names: dict[str, str] = {}
    for time, name, was in pairs:
        most = time * 2 > shared[name].total()
        if most and name not in names and was not in names.values():
            names[name] = was
    taken = set(names.values())
    free = (label for n in count() if (label := speaker_name(n)) not in taken)
    for name in dict.fromkeys(one.speaker for one in now if one.speaker is not None):
        if name not in names:
            names[name] = name if name not in taken else next(free)
            taken.add(names[name])
    return tuple(
        one if one.speaker is None else replace(one, speaker=names[one.speaker]) for one in now
    )
