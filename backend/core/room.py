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


def shortage(need: int, free: int, doing: str = "make the film") -> Fault | None:
    """Why something cannot be done that needs so many bytes; None where those that are free
    suffice."""
    if free >= need:
        return None
    return Fault(
        Category.STORAGE,
        f"There is not enough storage to {doing}: it needs about {need / 1e9:.1f} GB,"
        f" and {free / 1e9:.1f} GB are free.",
        f"Free {max(0.1, (need - free) / 1e9):.1f} GB on the disk that holds your films,"
        " then retry.",
    )
