"""A film as it leaves the library: with the chapters that it has now.

The film itself is never touched, nor copied for it: its index is made anew in memory, and the rest
is read from the file where it lies. So its key stays, and what was found out about it with that.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from backend.core.chapter import Chapter
from backend.core.chaptered import with_chapters

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LARGEST = 256 << 20
"""Bytes of an index that is made anew; a film of a day has a tenth of it."""
_FRAGMENT = b"moof"

Part = bytes | tuple[int, int]
"""Bytes, or the stretch `[start, stop)` of the file."""


class Chaptered(io.RawIOBase):
    """An open film with other chapters than its file has, to be read from any place."""

    def __init__(self, file: BinaryIO, parts: Sequence[Part]) -> None:
        self._file = file
        self._parts: list[tuple[int, Part]] = []
        self._size = 0
        self._at = 0
        for part in parts:
            self._parts.append((self._size, part))
            self._size += len(part) if isinstance(part, bytes) else part[1] - part[0]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        for begin, part in reversed(self._parts):
            if begin <= self._at < self._size:
                data = self._of(part, self._at - begin, len(view))
                if data:
                    view[: len(data)] = data
                    self._at += len(data)
                    return len(data)
                break
        return 0

    def _of(self, part: Part, start: int, most: int) -> bytes:
        if isinstance(part, bytes):
            return part[start : start + most]
        self._file.seek(part[0] + start)
        return self._file.read(min(most, part[1] - part[0] - start))

    def close(self) -> None:
        self._file.close()
        super().close()


def open_chaptered(path: Path, chapters: Sequence[Chapter]) -> BinaryIO:
    """A film to be read with these chapters; the file as it is where they cannot be put in.

    Raises OSError. Close it.
    """
    file = path.open("rb")
    try:
        parts = _parts(file, chapters)
    except (ValueError, struct.error):
        parts = None  # an index that is not as it should be stays as it is
    if parts is None:
        file.seek(0)
        return file
    return cast(BinaryIO, io.BufferedReader(Chaptered(file, parts)))


def _parts(file: BinaryIO, chapters: Sequence[Chapter]) -> list[Part] | None:
    size = file.seek(0, io.SEEK_END)
    at, found = 0, None
    while at + 8 <= size:
        file.seek(at)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at
        if length < 8 or at + length > size or kind == _FRAGMENT:
            return None
        if kind == b"moov":
            found = (at, at + length)
        at += length
    if found is None or found[1] - found[0] > _LARGEST:
        return None
    file.seek(found[0])
    index = file.read(found[1] - found[0])
    new, behind = with_chapters(index, found[0], size, chapters)
    return [(0, found[0]), new, (found[1], size), behind]
