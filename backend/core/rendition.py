"""A film for a page whose browser cannot play H.264: VP9 and Opus, in pieces as it is watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from backend.core.time import seconds

ENGINE = 1
"""Version of everything that shapes a piece; raise it when pieces change."""

PIECE = Fraction(2)
"""Seconds of film in one piece: a whole number of Opus packets, and encoded in about a second."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """What a player has to know before it asks for the first piece."""

    duration: Fraction
    """Seconds of film."""
    type: str
    """Content type and codecs of every piece."""

    @property
    def pieces(self) -> int:
        return ceil(self.duration / PIECE)


def rendition_of(film: Mapping[str, object]) -> Rendition | None:
    """How a film with these facts is offered; None where they do not say what it holds."""
    length = film.get("duration")
    codecs = [
        name for kind, name in (("video", "vp9"), ("audio", "opus")) if film.get(f"{kind}_codec")
    ]
    if not isinstance(length, int | float | str) or not codecs:
        return None
    kind = "video" if "vp9" in codecs else "audio"
    return Rendition(seconds(length), f'{kind}/webm; codecs="{",".join(codecs)}"')
