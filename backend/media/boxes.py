"""The top-level boxes of an MP4 file: where its index and its media lie.

Source: ISO/IEC 14496-12, section 4.2.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_LIMIT = 100_000
"""Boxes looked at; a fragmented recording of a day has fewer."""


@dataclass(frozen=True, slots=True)
class Box:
    kind: str
    offset: int
    """Bytes from the start of the file."""
    size: int
    """Bytes its header claims; it may reach beyond the end of a truncated file."""

    @property
    def end(self) -> int:
        return self.offset + self.size

    @property
    def is_index(self) -> bool:
        return self.kind == "moov"


def top_boxes(path: Path) -> Iterator[Box]:
    """The boxes of a file in order; ends at the first thing that is none."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        offset = 0
        for _ in range(_LIMIT):
            if offset + 8 > end:
                return
            file.seek(offset)
            header = file.read(16)
            size, kind = int.from_bytes(header[:4], "big"), header[4:8]
            if size == 1 and len(header) == 16:
                size = int.from_bytes(header[8:16], "big")
            elif size == 0:
                size = end - offset
            if size < 8 or not all(32 <= byte < 127 or byte == 0xA9 for byte in kind):
                return
            yield Box(kind.decode("latin-1"), offset, size)
            offset += size
