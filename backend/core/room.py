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
    need = needed(session)
    if free >= need:
        return None
    return Fault(
        Category.STORAGE,
        f"There is not enough storage for the film: it needs about {need / 1e9:.1f} GB,"
        f" and {free / 1e9:.1f} GB are free.",
        f"Free {max(0.1, (need - free) / 1e9):.1f} GB on the disk that holds your films,"
        " then retry.",
    )
