"""How much disk the film of a session needs, and whether it is there."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from backend.core.fault import Category, Fault
from backend.core.flow import is_shrunk
from backend.core.session import Session

SPARE = 64 << 20
"""Bytes that stay free on the films' disk whatever is written."""

AIM = Fraction(2, 5)
"""Share of a recording that a film is expected to take once it is small."""


@dataclass(frozen=True, slots=True)
class Room:
    """What making a session's film takes."""

    needed: int
    """Bytes that must be free before the work begins."""
    small: bool = False
    """Whether the picture is encoded small at once, since there is no room to copy it first."""
    short: Fault | None = None
    """What is wrong where even that does not fit."""


def room_for(session: Session, free: int, made: int = 0) -> Room:
    """How a session's film is made with so many bytes free, of which it has `made` some already.

    At first it may become as large as what was recorded, and stands beside the smaller one until
    that is whole. Where that does not fit, and the film is to be small anyway, it is made small at
    once.
    """
    shrunk = is_shrunk(session)
    small = int(session.original_size * AIM) + SPARE
    copied = session.original_size + (small if shrunk else SPARE)
    if free + made >= copied:
        return Room(copied)
    if shrunk and free + made >= small:
        return Room(small, small=True)
    needed = small if shrunk else copied
    return Room(needed, shrunk, _short("for the film", needed, free + made))


def room_to_shrink(film: int, free: int) -> Fault | None:
    """Why there is no room for a smaller version of a film of so many bytes; None where there is.

    What is encoded is given up piece by piece while it is put together, so it is there once.
    """
    return _short("to make the film smaller", int(film * AIM) + SPARE, free)


def _short(what: str, need: int, free: int) -> Fault | None:
    if free >= need:
        return None
    return Fault(
        Category.STORAGE,
        f"There is not enough storage {what}: it needs about {_amount(need)},"
        f" and {_amount(free)} are free.",
        f"Free {_amount(need - free)} on the disk that holds your films, then retry.",
    )


def _amount(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, ceil(size / 1e6))} MB"
