"""The film's sound in pieces that can be encoded apart, and kept.

AAC holds 1024 samples a packet, and builds each sample out of two packets, which overlap. So a
piece is encoded from a little before its first packet to a little behind its last, and what was
encoded there is thrown away: the encoder then knows the sound that went before, and packets of two
pieces overlap as those of one do. Where nothing is cut there is nothing to hear.

Pieces end where a run does, just before it, so that a piece needs nothing of the runs behind it:
the sound of a session that is still recorded can be encoded as it comes in, and the same pieces
are found when it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.media import Source
from backend.media.plan import SoundPlan
from backend.media.sound import begins_anywhere, fades, run_span, runs

SOUND_ENGINE = 1
"""Version of everything that shapes a piece; raise it when pieces change."""

FRAME = 1024
"""Samples an AAC-LC packet holds."""

PIECE = Fraction(30)
"""Seconds of sound that are encoded at a stretch, and lost at most when an encode is killed."""

RUN_IN = 16
"""Packets encoded before the first of a piece: from 8 on, a join is as close to the original as
any other place."""

LOOK = 2
"""Packets of sound behind the last of a piece that the encoder wants to have seen."""

_CHEAP = Fraction(60)
"""Seconds of a run that may be decoded for the sake of its end alone."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Packets `first` to `end` of the track. Packet i holds half of the samples from
    (i - 1) * 1024 to (i + 1) * 1024; the first one is priming."""

    first: int
    end: int
    begins: int
    """Sample behind which all is this piece's to report on; what lies before is run-in."""

    @property
    def start(self) -> int:
        """First sample that is encoded."""
        return max(0, self.first - RUN_IN) * FRAME

    def stop(self, plan: SoundPlan) -> int:
        """Sample behind the last that is encoded."""
        return min(plan.samples, (self.end + LOOK) * FRAME)


def packets_of(plan: SoundPlan) -> int:
    """Packets of the whole track."""
    return ceil(Fraction(plan.samples, FRAME)) + 1


def pieces(plan: SoundPlan) -> tuple[Piece, ...]:
    """The whole track, piece behind piece. All but the last stay the same when clips are added
    behind those of the plan."""
    made: list[Piece] = []
    first = begins = 0
    least = max(int(PIECE * plan.rate), (LOOK + 2) * FRAME)
    for seam in _seams(plan, least):
        if seam - begins < least:
            continue
        end = seam // FRAME - LOOK
        made.append(Piece(first, end, begins))
        first, begins = end, seam
    return (*made, Piece(first, packets_of(plan), begins))


def _seams(plan: SoundPlan, least: int) -> Iterator[int]:
    """Samples from which the track can be decoded without what lies far before them."""
    if plan.beside:
        return  # where one lane can begin another may not
    at = 0
    for run in runs(plan):
        first, last = run_span(run, plan.rate)
        yield from range(at + least, first - least, least)
        if begins_anywhere(run, plan.rate):
            yield from range(max(at, first) + least, last - least, least)
            yield last
        elif last - first <= _CHEAP * plan.rate:
            yield last
        at = max(at, last)


def piece_keys(
    plan: SoundPlan, made: tuple[Piece, ...], sources: Mapping[str, Source]
) -> list[str]:
    """Names of pieces, by the bytes that are heard in them, their places, and the encoder's
    settings. `sources` by path."""
    heard = _heard(plan, sources)
    keys = []
    at = 0
    for piece in made:
        start, stop = piece.start, piece.stop(plan)
        while at < len(heard) and heard[at][1] <= start:
            at += 1
        here = []
        for first, last, facts in heard[at:]:
            if first >= stop:
                break
            if last > start:
                here.append(facts)
        settings: list[object] = [plan.rate, plan.channels, plan.bit_rate, plan.coder]
        if plan.beside:
            settings += [_heard(lane, sources) for lane in plan.lanes[1:]]
        keys.append(
            artifact_key(
                ArtifactKind.SOUND,
                [],
                {"packets": [piece.first, piece.end], "heard": here, "aac": settings},
                SOUND_ENGINE,
            )
        )
    return keys


def _heard(plan: SoundPlan, sources: Mapping[str, Source]) -> list[tuple[int, int, list[object]]]:
    """What is heard, run by run: its first sample, the one behind its last, and what tells it."""
    heard: list[tuple[int, int, list[object]]] = []
    for run, edges in fades(plan):
        first, last = run_span(run, plan.rate)
        facts: list[object] = [
            [
                sources[clip.clip.path].key,
                clip.clip.stream,
                *(str(time) for time in (clip.zero, clip.span.start, clip.span.end)),
                *([] if clip.pace == 1 else [str(clip.pace)]),
            ]
            for clip in run
        ]
        heard.append((first, last, [*facts, edges.fade_in, edges.fade_out]))
    return heard
