"""Sound encoded while a session is still recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from backend.core.session import Session
from backend.core.timeline import session_timeline
from backend.media.aac import encode_piece
from backend.media.pieces import piece_keys, pieces
from backend.media.plan import sound_plan


def encode_ahead(
    session: Session, done: Collection[str], part: Callable[[str], Path]
) -> Iterator[tuple[str, Path]]:
    """Encode the pieces of a session's segments that will stay as they are whatever comes behind
    them, and are not among `done`. `part` names a file by a key; yields each, once it is whole.

    Nothing where the packets will be copied. Raises FaultError.
    """
    if not session.segments:
        return
    infos = {segment.info.path: segment.info for segment in session.segments}
    sound = sound_plan(session_timeline(session), infos)
    if sound is None or sound.copied:
        return
    made = pieces(sound)[:-1]
    keys = piece_keys(sound, made, {source.path: source for source in session.sources})
    for piece, key in zip(made, keys, strict=True):
        if key not in done:
            path = part(key)
            encode_piece(sound, piece, path, _go_on, _unheard)
            yield key, path


def _go_on() -> None:
    """Nothing asks this work to stop: its process is ended."""


def _unheard(samples: int) -> None:
    """Nobody watches how far this work is."""
