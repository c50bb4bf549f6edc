"""How much disk the film of a session needs, and whether it is there."""

from __future__ import annotations

from backend.core.fault import Category, Fault
from backend.core.session import Session

SPARE = 64 << 20
"""Bytes that stay free on the films' disk whatever is written."""


def needed(session: Session) -> int:
    """Bytes that must be free before the work begins: the film may become as large as what was
    recorded."""
    return session.original_size + SPARE


def shortage(session: Session, free: int) -> Fault | None:
    """Why the film cannot be made with so many bytes free; None where they suffice."""
    return _short("for the film", needed(session), free)


def room_to_shrink(film: int, free: int) -> Fault | None:
    """The same for a smaller version of a film of so many bytes, which is never larger."""
    return _short("to make the film smaller", film + SPARE, free)


def _short(what: str, need: int, free: int) -> Fault | None:
    if free >= need:
        return None
    return Fault(
        Category.STORAGE,
        f"There is not enough storage {what}: it needs about {need / 1e9:.1f} GB,"
        f" and {free / 1e9:.1f} GB are free.",
        f"Free {max(0.1, (need - free) / 1e9):.1f} GB on the disk that holds your films,"
        " then retry.",
    )
