"""What became of a recording's time: original → processed, and back.

A map is a sequence of pieces, each a stretch of original time and the stretch that it became. A
piece that was removed has no processed length, one that was added no original length, and one that
was sped up has a shorter one. Pieces follow each other without a gap on both clocks, so the map is
monotone, exact, and can be composed and inverted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from typing import Any

from backend.core.time import ZERO, TimeRange, seconds


class Reason(StrEnum):
    """Why a stretch of time is not what it was."""

    MANUAL = "manual"
    SILENCE = "silence-trimmed"
    SPEED = "speed-adjusted"
    TRANSITION = "transition-applied"
    STABILISATION = "stabilisation-crop"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time before and after. No reasons: it is as it was."""

    original: Fraction
    """Seconds that it took; 0 where something was added."""
    processed: Fraction
    """Seconds that it takes; 0 where it was removed."""
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if self.original < 0 or self.processed < 0:
            raise ValueError("a stretch of time cannot be shorter than nothing")
        if self.original != self.processed and not self.reasons:
            raise ValueError("time that changes its length needs a reason")

    def joined(self, following: Piece) -> Piece | None:
        """Both as one piece, where they changed alike."""
        if self.reasons != following.reasons:
            return None
        if self.processed * following.original != following.processed * self.original:
            return None
        return Piece(
            self.original + following.original, self.processed + following.processed, self.reasons
        )


def _normalised(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Nothing empty, what was removed before what was added in its place, alike pieces as one."""
    ordered: list[Piece] = []
    added: list[Piece] = []
    for piece in pieces:
        if not piece.original and not piece.processed:
            continue
        if not piece.original:
            added.append(piece)
            continue
        if piece.processed:
            ordered += added
            added = []
        ordered.append(piece)
    last: Piece | None = None
    for piece in [*ordered, *added]:
        joined = last.joined(piece) if last else None
        if last is not None and joined is None:
            yield last
        last = joined or piece
    if last is not None:
        yield last


@dataclass(frozen=True)
class TimeMap:
    """A map of time from 0 on. Normalised, so that maps that do the same are equal."""

    pieces: tuple[Piece, ...]

    def __init__(self, pieces: Iterable[Piece]) -> None:
        object.__setattr__(self, "pieces", tuple(_normalised(pieces)))

    @classmethod
    def identity(cls, duration: Fraction) -> TimeMap:
        return cls([Piece(duration, duration)])

    @cached_property
    def _starts(self) -> tuple[list[Fraction], list[Fraction]]:
        original, processed = [ZERO], [ZERO]
        for piece in self.pieces:
            original.append(original[-1] + piece.original)
            processed.append(processed[-1] + piece.processed)
        return original, processed

    @property
    def original_duration(self) -> Fraction:
        return self._starts[0][-1]

    @property
    def processed_duration(self) -> Fraction:
        return self._starts[1][-1]

    def placed(self) -> Iterator[tuple[TimeRange, TimeRange, Piece]]:
        """Each piece with its range on the original and on the processed clock."""
        original, processed = self._starts
        for i, piece in enumerate(self.pieces):
            yield (
                TimeRange(original[i], original[i + 1]),
                TimeRange(processed[i], processed[i + 1]),
                piece,
            )

    def processed(self, time: Fraction) -> Fraction:
        """When a moment of the original is shown; for one that was removed, where the cut is.

        Times outside the map are taken for its nearest end.
        """
        original, processed = self._starts
        return _moved(time, original, processed)

    def original(self, time: Fraction) -> Fraction:
        """Which moment of the original is shown; for what was added, the moment it stands at."""
        original, processed = self._starts
        return _moved(time, processed, original)

    def kept(self) -> tuple[TimeRange, ...]:
        """Ranges of the original that are still there, whole stretches as one."""
        found: list[TimeRange] = []
        for original, processed, _ in self.placed():
            if not original.duration or not processed.duration:
                continue
            if found and found[-1].end == original.start:
                found[-1] = TimeRange(found[-1].start, original.end)
            else:
                found.append(original)
        return tuple(found)

    def inverse(self) -> TimeMap:
        """The way back: what was removed is added again, and the other way round."""
        return TimeMap(Piece(p.processed, p.original, p.reasons) for p in self.pieces)

    def then(self, later: TimeMap) -> TimeMap:
        """This map, and `later` applied to what it made.

        Raises ValueError where `later` is the map of something longer or shorter.
        """
        if self.processed_duration != later.original_duration:
            raise ValueError(
                f"a map of {later.original_duration} s cannot follow"
                f" {self.processed_duration} s of processed time"
            )
        return TimeMap(_composed(self.pieces, later.pieces))

    def as_json(self) -> list[list[object]]:
        """JSON values: original length, processed length, reasons of each piece."""
        return [
            [str(p.original), str(p.processed), [str(reason) for reason in p.reasons]]
            for p in self.pieces
        ]

    @classmethod
    def from_json(cls, values: Sequence[Sequence[Any]]) -> TimeMap:
        """The map that `as_json` told. Raises ValueError for anything else."""
        pieces = []
        for value in values:
            original, processed, reasons = value
            pieces.append(
                Piece(
                    seconds(str(original)),
                    seconds(str(processed)),
                    tuple(Reason(str(reason)) for reason in reasons),
                )
            )
        return cls(pieces)


def _moved(time: Fraction, from_: list[Fraction], to: list[Fraction]) -> Fraction:
    i = bisect_right(from_, time) - 1
    if i < 0:
        return ZERO
    if i >= len(from_) - 1:
        return to[-1]
    share = (time - from_[i]) / (from_[i + 1] - from_[i])
    return to[i] + share * (to[i + 1] - to[i])


def _composed(first: Iterable[Piece], second: Iterable[Piece]) -> Iterator[Piece]:
    """Walks both along the clock they share."""
    before, after = deque(first), deque(second)
    while before or after:
        if before and not before[0].processed:
            yield before.popleft()
            continue
        if after and not after[0].original:
            yield after.popleft()
            continue
        a, b = before.popleft(), after.popleft()
        shared = min(a.processed, b.original)
        reasons = tuple(sorted({*a.reasons, *b.reasons}))
        yield Piece(a.original * shared / a.processed, b.processed * shared / b.original, reasons)
        if a.processed > shared:
            before.appendleft(_rest(a, 1 - shared / a.processed))
        if b.original > shared:
            after.appendleft(_rest(b, 1 - shared / b.original))


def _rest(piece: Piece, share: Fraction) -> Piece:
    return Piece(piece.original * share, piece.processed * share, piece.reasons)
