"""Chapters in an MP4, put in by its index alone: no sample is moved by more than the index grows.

They are written as other players look for them: as a track of text that the other tracks name as
their chapters (QuickTime and what comes of it), and as a list of titles (`chpl`, Nero).

Source: ISO/IEC 14496-12, sections 8.1 to 8.7; QuickTime File Format, “Text media”, “Base media
information header” and “Chapter lists”.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from backend.core.chapter import Chapter
from backend.core.time import ticks

MOST_LISTED = 255
"""Entries that a list of titles can have; the track of text has all."""
_LONGEST = 255
"""Bytes of a title in the list."""
_SCALE = 1000
_TICK = Fraction(1, _SCALE)
"""Of the track of text, in seconds."""
_LIST_TICK = Fraction(1, 10_000_000)
"""Of the list of titles."""
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_NESTED = frozenset({b"trak", b"mdia", b"minf", b"stbl"})
_SHORT = 1 << 32
_HEADER = 8
"""Bytes of a box before its content."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    content: bytes

    def __bytes__(self) -> bytes:
        return _box(self.kind, self.content)


def with_chapters(
    index: bytes, place: int, size: int, chapters: Sequence[Chapter]
) -> tuple[bytes, bytes]:
    """The index of a film with these chapters instead of its own, and what is put behind its end.

    `index` is the whole `moov` box, which lies at byte `place` of a file of `size` bytes. Raises
    ValueError where that is no index that can be read.
    """
    boxes = _boxes(_only(_boxes(index), b"moov"))
    old = _chapter_tracks(boxes)
    kept = [box for box in boxes if box.kind != b"trak" or _number(box.content) not in old]
    numbers = [_number(box.content) for box in kept if box.kind == b"trak"]
    if not numbers:
        raise ValueError("it has no tracks")
    texts = [_sample(chapter.title) for chapter in chapters]
    number = max(numbers) + 1
    # Offsets take more room where they pass what four bytes hold; that is known before they move.
    wide = size + len(index) + 4096 * (len(chapters) + 1) >= _SHORT

    def made(shift: int) -> bytes:
        header = _Track(number, chapters, texts, size + shift + _HEADER, _movie_scale(kept))
        out = []
        for box in kept:
            if box.kind == b"mvhd":
                out.append(_box(b"mvhd", box.content[:-4], struct.pack(">I", number + 1)))
            elif box.kind == b"trak":
                named = _named(_moved(box.content, place, shift, wide), number, bool(chapters))
                out.append(_box(b"trak", named))
            elif box.kind != b"udta":
                out.append(bytes(box))
        if chapters:
            out.append(header.box())
        owned = b"".join(box.content for box in kept if box.kind == b"udta")
        listed = _listed(_boxes(owned), chapters)
        return _box(b"moov", *out, *([_box(b"udta", listed)] if listed else []))

    new = made(len(made(0)) - len(index))
    return new, _box(b"mdat", *texts) if chapters else b""


@dataclass(frozen=True, slots=True)
class _Track:
    """The track of text."""

    number: int
    chapters: Sequence[Chapter]
    texts: Sequence[bytes]
    place: int
    """Byte of the file at which its first sample lies; the others follow."""
    scale: int
    """Ticks in a second of the film's own header."""

    def box(self) -> bytes:
        starts = [ticks(one.start, _TICK) for one in self.chapters]
        last = self.chapters[-1].end
        end = ticks(last, _TICK)
        lengths = [b - a for a, b in zip(starts, [*starts[1:], end], strict=True)]
        header = _full(
            b"tkhd",
            struct.pack(
                ">IIIII8xHHHH",
                0,
                0,
                self.number,
                0,
                ticks(last, Fraction(1, self.scale)),
                0,
                0,
                0,
                0,
            ),
            _MATRIX,
            bytes(8),
        )
        media = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, _SCALE, end, 0x55C4, 0))
        handler = _full(b"hdlr", struct.pack(">I4s12x", 0, b"text"), b"Chapters\0")
        base = _box(
            b"gmhd",
            _full(b"gmin", struct.pack(">HHHHHH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0)),
            _box(b"text", _MATRIX),
        )
        source = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
        count = len(self.texts)
        pairs = b"".join(struct.pack(">II", 1, length) for length in lengths)
        sizes = struct.pack(f">{count}I", *map(len, self.texts))
        entry = _box(b"text", struct.pack(">6xH", 1), bytes(44))
        table = _box(
            b"stbl",
            _full(b"stsd", struct.pack(">I", 1), entry),
            _full(b"stts", struct.pack(">I", count), pairs),
            _full(b"stsc", struct.pack(">IIII", 1, 1, count, 1)),
            _full(b"stsz", struct.pack(">II", 0, count), sizes),
            _full(b"co64", struct.pack(">IQ", 1, self.place)),
        )
        return _box(
            b"trak",
            header,
            _box(b"mdia", media, handler, _box(b"minf", base, source, table)),
        )


def _sample(title: str) -> bytes:
    """A title as a sample of text, which says that it is UTF-8."""
    text = title.encode("utf-8", "replace")[:65_000]
    return struct.pack(">H", len(text)) + text + struct.pack(">I4sI", 12, b"encd", 0x100)


def _listed(owned: Sequence[_Box], chapters: Sequence[Chapter]) -> bytes:
    """What the film's owner data holds, with the list of titles."""
    rest = b"".join(bytes(box) for box in owned if box.kind != b"chpl")
    if not chapters:
        return rest
    rows = []
    for one in chapters[:MOST_LISTED]:
        # Cut between letters: half of one is none.
        title = one.title.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore").encode()
        rows.append(struct.pack(">QB", ticks(one.start, _LIST_TICK), len(title)) + title)
    return rest + _full(b"chpl", struct.pack(">IB", 0, len(rows)), *rows, version=1)


def _named(track: bytes, chapters: int, there: bool) -> bytes:
    """A track that names `chapters` as the track of its chapters, and no other."""
    parts, place = [], 0
    for box in _boxes(track):
        if box.kind == b"tref":
            others = b"".join(bytes(one) for one in _boxes(box.content) if one.kind != b"chap")
            if others:
                parts.append(_box(b"tref", others))
        else:
            parts.append(bytes(box))
        if box.kind in (b"tkhd", b"edts"):
            place = len(parts)
    if there:
        parts.insert(place, _box(b"tref", _box(b"chap", struct.pack(">I", chapters))))
    return b"".join(parts)


def _moved(content: bytes, place: int, shift: int, wide: bool) -> bytes:
    """Boxes in which every chunk that lies behind `place` lies `shift` bytes further back."""
    out = []
    for box in _boxes(content):
        if box.kind in _NESTED:
            out.append(_box(box.kind, _moved(box.content, place, shift, wide)))
        elif box.kind in (b"stco", b"co64"):
            form = "I" if box.kind == b"stco" else "Q"
            (count,) = struct.unpack_from(">I", box.content, 4)
            found = struct.unpack_from(f">{count}{form}", box.content, 8)
            there = [chunk + shift if chunk > place else chunk for chunk in found]
            kind, form = (b"co64", "Q") if wide else (box.kind, form)
            out.append(_full(kind, struct.pack(f">I{count}{form}", count, *there)))
        else:
            out.append(bytes(box))
    return b"".join(out)


def _chapter_tracks(boxes: Sequence[_Box]) -> set[int]:
    """Numbers of the tracks that others name as their chapters."""
    return {
        number
        for box in boxes
        if box.kind == b"trak"
        for part in _boxes(box.content)
        if part.kind == b"tref"
        for named in _boxes(part.content)
        if named.kind == b"chap"
        for (number,) in struct.iter_unpack(">I", named.content)
    }


def _number(track: bytes) -> int:
    header = _only(_boxes(track), b"tkhd")
    (number,) = struct.unpack_from(">I", header, 20 if header[:1] == b"\1" else 12)
    return int(number)


def _movie_scale(boxes: Sequence[_Box]) -> int:
    header = _only(boxes, b"mvhd")
    (scale,) = struct.unpack_from(">I", header, 20 if header[:1] == b"\1" else 12)
    return int(scale)


def _only(boxes: Sequence[_Box], kind: bytes) -> bytes:
    found = next((box.content for box in boxes if box.kind == kind), None)
    if found is None or len(found) < _HEADER:
        raise ValueError(f"it has no {kind.decode()}")
    return found


def _boxes(data: bytes) -> list[_Box]:
    return list(_walk(data))


def _walk(data: bytes) -> Iterator[_Box]:
    at = 0
    while at + _HEADER <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < _HEADER or at + size > len(data):
            if kind == b"\0\0\0\0":
                return  # QuickTime ends what it owns with a zero
            raise ValueError("its index is damaged")
        yield _Box(kind, data[at + _HEADER : at + size])
        at += size


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + _HEADER, kind) + body


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)
