"""Writes and reads the boxes of an MP4's index.

Source: ISO/IEC 14496-12, sections 8.2 to 8.7; 14496-14, 5.6; 14496-15, 5.3.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_CONTAINERS = frozenset({"moov", "trak", "mdia", "minf", "stbl"})


@dataclass(frozen=True, slots=True)
class Sample:
    place: int
    """Byte of the file at which it begins."""
    size: int
    key: bool = True


@dataclass(frozen=True, slots=True)
class Track:
    """One track to be written."""

    handler: str
    entry: bytes
    """Its sample description."""
    timescale: int
    step: int
    """Ticks that a sample lasts."""
    samples: Sequence[Sample]
    ranks: Sequence[int] | None = None
    """Place of each sample in the order of showing; None: as they come."""
    size: tuple[int, int] = (0, 0)


def box(kind: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind.encode("latin-1")) + body


def _full(kind: str, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _numbers(kind: str, values: Sequence[int], form: str = "I") -> bytes:
    return _full(kind, struct.pack(f">I{len(values)}{form}", len(values), *values))


def picture_entry(width: int, height: int, avcc: bytes) -> bytes:
    head = struct.pack(">6xH16xHHIIIH32xHh", 1, width, height, 0x480000, 0x480000, 0, 1, 24, -1)
    return box("avc1", head, box("avcC", avcc))


def sound_entry(rate: int, channels: int, config: bytes) -> bytes:
    """`config`: MPEG-4's AudioSpecificConfig."""
    inner = b"\x05" + bytes([len(config)]) + config
    decoder = struct.pack(">BBB3sII", 0x40, 0x15, 0, b"\0\0\0", 0, 0) + inner
    body = struct.pack(">HB", 1, 0) + b"\x04" + bytes([len(decoder)]) + decoder + b"\x06\x01\x02"
    esds = _full("esds", b"\x03" + bytes([len(body)]) + body)
    return box("mp4a", struct.pack(">6xH8xHHIHH", 1, channels, 16, 0, rate, 0), esds)


def index(tracks: Sequence[Track], move: int) -> bytes:
    """The `moov` of a file whose samples lie `move` bytes further back than they say."""
    header = _full(
        "mvhd",
        struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", len(tracks) + 1),
    )
    return box("moov", header, *(_track(i + 1, t, move) for i, t in enumerate(tracks)))


def _track(number: int, track: Track, move: int) -> bytes:
    count = len(track.samples)
    length = count * track.step
    width, height = track.size
    header = _full(
        "tkhd",
        struct.pack(">IIIII8xHHHH", 0, 0, number, 0, length * 1000 // track.timescale, 0, 0, 0, 0),
        _MATRIX,
        struct.pack(">II", width << 16, height << 16),
        flags=3,
    )
    media = [
        _full("mdhd", struct.pack(">IIIIHH", 0, 0, track.timescale, length, 0x55C4, 0)),
        _full("hdlr", struct.pack(">I4s12x", 0, track.handler.encode()), b"\0"),
    ]
    kind = _full("vmhd", bytes(8), flags=1) if track.handler == "vide" else _full("smhd", bytes(4))
    source = box("dinf", _full("dref", struct.pack(">I", 1), _full("url ", flags=1)))
    table = [
        _full("stsd", struct.pack(">I", 1), track.entry),
        _full("stts", struct.pack(">III", 1, count, track.step)),
        _full("stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        _full("stsz", struct.pack(">I", 0), _sized([s.size for s in track.samples])),
        _numbers("co64", [s.place + move for s in track.samples], "Q"),
    ]
    if not all(sample.key for sample in track.samples):
        table.append(_numbers("stss", [i + 1 for i, s in enumerate(track.samples) if s.key]))
    if track.ranks is not None:
        late = max(i - rank for i, rank in enumerate(track.ranks))
        shifts = [(rank - i + late) * track.step for i, rank in enumerate(track.ranks)]
        pairs = [v for shift, same in groupby(shifts) for v in (len(list(same)), shift)]
        table.append(_full("ctts", struct.pack(f">I{len(pairs)}I", len(pairs) // 2, *pairs)))
        edit = struct.pack(">IIiI", 1, length * 1000 // track.timescale, late * track.step, 0x10000)
        header += box("edts", _full("elst", edit))
    return box("trak", header, box("mdia", *media, box("minf", kind, source, box("stbl", *table))))


def _sized(sizes: Sequence[int]) -> bytes:
    return struct.pack(f">I{len(sizes)}I", len(sizes), *sizes)


def boxes_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The boxes side by side in `data`: (kind, content)."""
    at = 0
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if size < 8:
            return
        yield kind.decode("latin-1"), data[at + 8 : at + size]
        at += size


def find(data: bytes, kind: str) -> Iterator[bytes]:
    """Contents of all boxes of a kind, however deep."""
    for name, content in boxes_in(data):
        if name == kind:
            yield content
        elif name in _CONTAINERS:
            yield from find(content, kind)
