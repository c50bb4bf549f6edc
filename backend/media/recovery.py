"""Recordings whose bytes are put right while they are read. The files stay as they are."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backend.media.boxes import top_boxes
from backend.media.lent import beginning
from backend.media.source import shown
from backend.media.splice import SplicedFile, is_transport_stream, splices
from backend.media.unindexed import recover
from backend.media.view import View

_HEAD = 4096
_MP4 = frozenset({b"ftyp", b"styp", b"sidx", b"moof", b"mdat", b"free", b"wide", b"skip"})


class PrefixedFile(View):
    """A file with something before its first byte."""

    def __init__(self, path: Path, head: bytes) -> None:
        super().__init__(path, len(head))
        self._head = head

    def read(self, size: int = -1) -> bytes:
        if self._at < len(self._head):
            data = self._head[self._at : None if size < 0 else self._at + size]
        else:
            self._file.seek(self._at - len(self._head))
            data = self._file.read(size)
        self._at += len(data)
        return data


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
    if head[4:8] in _MP4:
        return _indexed(path, size)
    return None


def _indexed(path: Path, size: int) -> Mended | None:
    for box in top_boxes(path):
        if box.is_index and box.end <= size:
            return None
        if box.kind == "moof":
            return _begun(path)
    try:
        found = recover(path)
    except (ValueError, IndexError, struct.error):  # what looked like media is none
        found = None
    if found is None:
        return None
    return Mended("mov", lambda: PrefixedFile(path, found.head), found.notes)


def _begun(path: Path) -> Mended | None:
    lender = beginning(path)
    if lender is None:
        return None
    name, moov = lender
    note = f"it is one piece of a stream; “{shown(name)}” told how to read it"
    return Mended("mov", lambda: PrefixedFile(path, moov), (note,))


def _spliced(path: Path) -> Mended | None:
    found = splices(path)
    if not found:
        return None
    cuts = tuple(splice.place for splice in found)
    count = len(found) + 1
    note = f"it was joined from {count} pieces with tracks of their own; they follow each other"
    return Mended("mpegts", lambda: SplicedFile(path, found), (note,), cuts)
