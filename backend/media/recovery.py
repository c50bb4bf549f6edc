"""Recordings whose bytes are put right while they are read. The files stay as they are."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backend.media.splice import SplicedFile, is_transport_stream, splices

_HEAD = 4096


@dataclass(frozen=True, slots=True)
class Mended:
    """A recording that can be read after all."""

    format: str
    """The one demuxer that may read it."""
    open: Callable[[], io.RawIOBase]
    notes: tuple[str, ...]
    """What was done, for a person."""
    cuts: tuple[int, ...] = ()
    """Bytes at which pieces with clocks of their own begin."""


def mended(path: Path) -> Mended | None:
    """How a file is put right; None for one that needs nothing or that nothing helps.

    Raises OSError where it cannot be read. What was found is remembered until the file changes.
    """
    status = path.stat()
    return _mended(path, status.st_size, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=32)
def _mended(path: Path, size: int, changed: int, inode: int) -> Mended | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if is_transport_stream(head):
        return _spliced(path)
    return None


def _spliced(path: Path) -> Mended | None:
    found = splices(path)
    if not found:
        return None
    cuts = tuple(splice.place for splice in found)
    count = len(found) + 1
    note = f"it was joined from {count} pieces with tracks of their own; they follow each other"
    return Mended("mpegts", lambda: SplicedFile(path, found), (note,), cuts)
