"""Transport streams that were joined from pieces whose tracks have other numbers.

A demuxer keeps the tracks of the first table that it meets: of a piece with another table it finds
nothing, or takes its picture for sound. So the packets of later pieces are given the numbers of the
first one's tracks of the same kind, and the later tables are hidden.

Source: ISO/IEC 13818-1, sections 2.4.3.2 (packets), 2.4.4.3 and 2.4.4.8 (tables).
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from backend.media.view import View

# NumPy is loaded where it is used: most files are looked at without it, in half the time.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PACKET = 188
_SYNC = 0x47
_NULL = 0x1FFF
_PIECE = 1 << 16
"""Packets looked at in one go: 12 MB."""

_PICTURE = frozenset({0x01, 0x02, 0x10, 0x1B, 0x24, 0x33})
_SOUND = frozenset({0x03, 0x04, 0x0F, 0x11, 0x81, 0x87})


@dataclass(frozen=True, slots=True)
class Table:
    """Which tracks a piece of the stream has."""

    packet: int
    """Number of the packet from which it holds."""
    pids: frozenset[int]
    """Numbers of the packets that carry the tables themselves."""
    tracks: tuple[tuple[int, int], ...]
    """(stream type, number) of each track."""
    programs: int
    """How many programs the stream says it has."""


@dataclass(frozen=True, slots=True)
class Splice:
    """How packets from one on are numbered anew."""

    packet: int
    numbers: npt.NDArray[np.uint16]
    """New number by old one."""

    @property
    def place(self) -> int:
        """Bytes before it."""
        return self.packet * _PACKET


def is_transport_stream(head: bytes) -> bool:
    return len(head) > 2 * _PACKET and all(head[i * _PACKET] == _SYNC for i in range(3))


def splices(path: Path) -> tuple[Splice, ...]:
    """Where the tables of a transport stream change in a way that can be undone. Empty for nearly
    all files. Reads the whole file once."""
    tables: list[Table] = []
    for table in _tables(path):
        if table.programs > 1:
            return ()  # several programs at once: their tables take turns
        if not tables or (table.tracks, table.pids) != (tables[-1].tracks, tables[-1].pids):
            tables.append(table)
    return tuple(Splice(table.packet, _numbers(tables[0], table)) for table in tables[1:])


def _numbers(first: Table, table: Table) -> npt.NDArray[np.uint16]:
    import numpy as np

    numbers = np.arange(1 << 13, dtype=np.uint16)
    for pid in first.pids | table.pids | {pid for _, pid in first.tracks}:
        numbers[pid] = _NULL
    for pid in (pid for _, pid in table.tracks):
        numbers[pid] = _NULL
    for kind in (_PICTURE, _SOUND):
        wanted = [track for track in first.tracks if track[0] in kind]
        there = [track for track in table.tracks if track[0] in kind]
        for (stream_type, pid), (other_type, other) in zip(wanted, there, strict=False):
            if stream_type == other_type:
                numbers[other] = pid
    return numbers


def _tables(path: Path) -> Iterator[Table]:
    """The tables in the order of the file."""
    import numpy as np

    programs: set[int] = set()
    together = 1
    since: int | None = None  # the list of programs comes before the program
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        count = len(data) // _PACKET
        for start in range(0, count, _PIECE):
            piece = data[start * _PACKET : min(start + _PIECE, count) * _PACKET]
            packets = np.frombuffer(piece, np.uint8).reshape(-1, _PACKET)
            pids = (packets[:, 1].astype(np.uint16) & 0x1F) << 8 | packets[:, 2]
            starts = (packets[:, 0] == _SYNC) & (packets[:, 1] & 0x40 != 0)
            # Tables may name others further on in the same piece, so look for all of them.
            for at in np.flatnonzero(starts & (pids < 0x1FFF)):
                pid = int(pids[at])
                if pid and pid not in programs:
                    continue
                section = _section(packets[at].tobytes())
                if section is None:
                    continue
                if pid == 0 and section[0] == 0:
                    listed = set(_program_tables(section))
                    programs |= listed
                    together, since = len(listed), start + int(at)
                elif section[0] == 2:
                    tracks = tuple(_tracks(section))
                    begin = start + int(at) if since is None else since
                    yield Table(begin, frozenset({0, pid}), tracks, together)
                    since = None


def _section(packet: bytes) -> bytes | None:
    """The table that begins in a packet, where it is whole in it."""
    at = 4
    if packet[3] & 0x20:
        at += 1 + packet[4]
    if at >= _PACKET:
        return None
    at += 1 + packet[at]
    if at + 3 > _PACKET:
        return None
    end = at + 3 + (int.from_bytes(packet[at + 1 : at + 3], "big") & 0xFFF)
    return packet[at : end - 4] if at + 12 <= end <= _PACKET else None


def _program_tables(section: bytes) -> Iterator[int]:
    for at in range(8, len(section) - 3, 4):
        if section[at : at + 2] != b"\0\0":
            yield int.from_bytes(section[at + 2 : at + 4], "big") & 0x1FFF


def _tracks(section: bytes) -> Iterator[tuple[int, int]]:
    at = 12 + (int.from_bytes(section[10:12], "big") & 0xFFF)
    while at + 5 <= len(section):
        yield section[at], int.from_bytes(section[at + 1 : at + 3], "big") & 0x1FFF
        at += 5 + (int.from_bytes(section[at + 3 : at + 5], "big") & 0xFFF)


class SplicedFile(View):
    """A transport stream whose packets are numbered anew as they are read."""

    def __init__(self, path: Path, found: tuple[Splice, ...]) -> None:
        super().__init__(path)
        self._found = found

    def read(self, size: int = -1) -> bytes:
        first = self._at // _PACKET
        self._file.seek(first * _PACKET)
        lead = self._at - first * _PACKET
        count = -1 if size < 0 else -(-(lead + size) // _PACKET) * _PACKET
        data = self._renumbered(self._file.read(count), first)[lead:]
        data = data if size < 0 else data[:size]
        self._at += len(data)
        return data

    def _renumbered(self, data: bytes, first: int) -> bytes:
        import numpy as np

        whole = len(data) // _PACKET
        if first + whole <= self._found[0].packet:
            return data
        patched = np.frombuffer(data, np.uint8).copy()
        packets = patched[: whole * _PACKET].reshape(-1, _PACKET)
        ends = [splice.packet for splice in self._found[1:]] + [first + whole]
        for splice, end in zip(self._found, ends, strict=True):
            part = packets[max(splice.packet - first, 0) : max(end - first, 0)]
            new = splice.numbers[(part[:, 1].astype(np.uint16) & 0x1F) << 8 | part[:, 2]]
            part[:, 1] = part[:, 1] & 0xE0 | (new >> 8).astype(np.uint8)
            part[:, 2] = (new & 0xFF).astype(np.uint8)
        return patched.tobytes()
