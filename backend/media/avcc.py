"""Parameter sets of several H.264 encoders in one track.

A decoder keeps parameter sets by number, and each picture names the ones it needs. So packets of
two encoders can follow each other where their sets have different numbers and the track's header
(AVCDecoderConfigurationRecord) holds all of them.

Source: ISO/IEC 14496-15, 5.3.3.1; ITU-T H.264, 7.3.2.1.1, 7.3.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from backend.media.h264 import PPS, SPS, length_size, number_of, units

LENGTH = 4
"""Bytes of a NAL unit's length in packets of a joined track."""

_EXTENDED = frozenset({100, 110, 122, 144})
"""Profiles whose header tells chroma format and bit depth."""


class Clash(Exception):
    """Two different parameter sets have the same number."""


def parameter_sets(extradata: bytes | None) -> Iterator[bytes]:
    """The sequence and picture parameter sets (NAL units) of a stream's header, in either form.

    Raises ValueError or IndexError where it is damaged.
    """
    if not extradata:
        return
    if not length_size(extradata):
        yield from (unit for unit in units(extradata, 0) if unit[0] & 31 in (SPS, PPS))
        return
    at = 6
    for count in (extradata[5] & 31, None):
        if count is None:
            count, at = extradata[at], at + 1
        for _ in range(count):
            end = at + 2 + int.from_bytes(extradata[at : at + 2], "big")
            yield bytes(extradata[at + 2 : end])
            at = end


def record(sets: Iterable[bytes]) -> bytes:
    """One header for all of these parameter sets, with NAL lengths of `LENGTH` bytes.

    Raises Clash where two that differ have one number, ValueError where one is damaged.
    """
    sequences: dict[int, bytes] = {}
    pictures: dict[int, bytes] = {}
    for unit in sets:
        kind = sequences if unit[0] & 31 == SPS else pictures
        number = number_of(unit)
        if kind.setdefault(number, unit) != unit:
            raise Clash(f"parameter set {number} is there twice")
    if not sequences or not pictures:
        raise ValueError("no parameter sets")
    main = max(sequences.values(), key=lambda unit: (unit[1] in _EXTENDED, unit[1]))
    level = max(unit[3] for unit in sequences.values())
    found = bytes([1, main[1], main[2], level, 0xFC | LENGTH - 1, 0xE0 | len(sequences)])
    found += b"".join(len(unit).to_bytes(2, "big") + unit for unit in sequences.values())
    found += bytes([len(pictures)])
    found += b"".join(len(unit).to_bytes(2, "big") + unit for unit in pictures.values())
    if main[1] in _EXTENDED:
        found += bytes([0xFC | 1, 0xF8, 0xF8, 0])  # 4:2:0, 8 bit: nothing else is joined
    return found


def with_lengths(packet: bytes, size: int) -> bytes:
    """A packet whose NAL units are preceded by their lengths in `LENGTH` bytes.

    `size`: bytes of the lengths that it has; 0 where it has start codes.
    """
    return b"".join(
        len(unit).to_bytes(LENGTH, "big") + unit for unit in units(packet, size) if unit
    )
