"""What other recordings by the same recorder know: parameter sets, and the beginnings of streams.

Source: ISO/IEC 14496-1, section 7.2.6 (descriptors).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from backend.media.atoms import box, boxes_in, find
from backend.media.boxes import top_boxes

_SIBLINGS = 50
"""Files of a folder that are looked at."""
_INDEX_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Lent:
    """What another recording of the same recorder knows."""

    name: str
    avcc: bytes | None = None
    size: tuple[int, int] | None = None
    """Width and height that its index states: encoders may leave the cropping to it."""
    config: bytes | None = None


def lent_to(path: Path) -> Iterator[Lent]:
    """Parameter sets of the other MP4 files in the folder, the nearest in name first."""
    own = _index_of(path)  # what is there of one that was cut short
    for name, moov in (*([("", own)] if own else []), *_indexes(path)):
        lent = Lent(name)
        for described in find(moov, "stsd"):
            lent = _described(lent, described[8:])
        if lent.avcc or lent.config:
            yield lent


def beginning(path: Path) -> tuple[str, bytes] | None:
    """The initialisation segment in the folder to which a piece of a stream belongs: its name, and
    the `moov` in it."""
    numbers = set(_track_numbers(path))
    for name, moov in _indexes(path):
        if any(top.kind in ("mdat", "moof") for top in top_boxes(path.with_name(name))):
            continue  # a recording of its own
        there = {int.from_bytes(header[12:16], "big") for header in find(moov, "tkhd")}
        if numbers and numbers <= there and any(kind == "mvex" for kind, _ in boxes_in(moov)):
            return name, box("moov", moov)
    return None


def _track_numbers(path: Path) -> Iterator[int]:
    """The tracks of which the first fragment of a file holds samples."""
    for top in top_boxes(path):
        if top.kind == "moof" and top.size <= _INDEX_LIMIT:
            with path.open("rb") as file:
                file.seek(top.offset + 8)
                fragment = file.read(top.size - 8)
            for kind, track in boxes_in(fragment):
                if kind == "traf":
                    for header in find(track, "tfhd"):
                        yield int.from_bytes(header[4:8], "big")
            return


def _indexes(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and `moov` of the other files in the folder that have one."""
    try:
        names = sorted(
            (other for other in path.parent.iterdir() if other.suffix.lower() in _SUFFIXES),
            key=lambda other: (-_alike(other.name, path.name), other.name),
        )
    except OSError:
        return
    for other in names[:_SIBLINGS]:
        if other == path or not other.is_file():
            continue
        moov = _index_of(other)
        if moov is None:
            continue
        yield other.name, moov


_SUFFIXES = frozenset({".mp4", ".mov", ".m4v", ".m4a", ".3gp"})


def _alike(a: str, b: str) -> int:
    """Letters with which both begin."""
    return next((i for i, pair in enumerate(zip(a, b, strict=False)) if len({*pair}) > 1), len(a))


def _index_of(path: Path) -> bytes | None:
    try:
        for top in top_boxes(path):
            if top.is_index and top.size <= _INDEX_LIMIT:
                with path.open("rb") as file:
                    file.seek(top.offset + 8)
                    return file.read(top.size - 8)
    except OSError:
        pass
    return None


def _described(lent: Lent, entries: bytes) -> Lent:
    """With what the first sample description of a track tells."""
    for kind, entry in boxes_in(entries):
        if kind in ("avc1", "avc3"):
            for name, content in boxes_in(entry[78:]):
                size = (int.from_bytes(entry[24:26], "big"), int.from_bytes(entry[26:28], "big"))
                lent = replace(lent, avcc=content, size=size) if name == "avcC" else lent
        elif kind == "mp4a":
            for name, content in boxes_in(entry[28:]):
                config = _config(content) if name == "esds" else None
                lent = replace(lent, config=config) if config else lent
    return lent


def _config(esds: bytes) -> bytes | None:
    """MPEG-4's AudioSpecificConfig out of an elementary stream descriptor."""
    at, end = 4, len(esds)
    while at < end:
        tag, size, at = esds[at], 0, at + 1
        while at < end:
            byte, at = esds[at], at + 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        if tag == 3:
            at += 3
        elif tag == 4:
            at += 13
        elif tag == 5:
            return esds[at : at + size] or None
        else:
            at += size
    return None
