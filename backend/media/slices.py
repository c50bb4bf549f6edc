"""H.264 without a container: where pictures begin, and in which order they are shown.

Source: ITU-T H.264, sections 7.3.2.1.1, 7.3.3, 7.4.1.2.4, 8.2.1.1 and E.1.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from backend.media.h264 import _HIGH, Bits, _skip_scaling_list

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence parameter set says of sizes and times."""

    width: int
    height: int
    number_bits: int
    """Bits of a slice's frame number."""
    order_bits: int
    """Bits of a slice's picture order count; 0 where the order is that of decoding."""
    frames_only: bool
    separate_planes: bool
    rate: Fraction | None
    """Frames a second, where it says so."""


def sequence(sps: bytes) -> Sequence:
    """Read a sequence parameter set, with its header byte. Raises ValueError for none."""
    bits = Bits(sps.replace(b"\0\0\3", b"\0\0"))
    if bits.take(8) & 31 != SPS:
        raise ValueError("no sequence parameter set")
    profile = bits.take(8)
    bits.take(16)
    bits.ue()
    chroma, planes = 1, 0
    if profile in _HIGH:
        chroma = bits.ue()
        planes = bits.take(1) if chroma == 3 else 0
        bits.ue(), bits.ue(), bits.take(1)
        if bits.take(1):
            for i in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling_list(bits, 16 if i < 6 else 64)
    number_bits = bits.ue() + 4
    order_type = bits.ue()
    order_bits = bits.ue() + 4 if order_type == 0 else 0
    if order_type == 1:
        raise ValueError("picture order of type 1")
    bits.ue(), bits.take(1)
    width, height = (bits.ue() + 1) * 16, (bits.ue() + 1) * 16
    frames_only = bits.take(1)
    if not frames_only:
        height *= 2
        bits.take(1)
    bits.take(1)
    if bits.take(1):
        across = 1 if chroma in (0, 3) else 2
        down = (2 if chroma == 1 else 1) * (2 - frames_only)
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= (left + right) * across
        height -= (top + bottom) * down
    rate = _rate(bits) if bits.take(1) else None
    return Sequence(width, height, number_bits, order_bits, bool(frames_only), bool(planes), rate)


def _rate(bits: Bits) -> Fraction | None:
    if bits.take(1) and bits.take(8) == 255:
        bits.take(32)
    if bits.take(1):
        bits.take(1)
    if bits.take(1):
        bits.take(4)
        if bits.take(1):
            bits.take(24)
    if bits.take(1):
        bits.ue(), bits.ue()
    if not bits.take(1):
        return None
    tick, scale = bits.take(32), bits.take(32)
    rate = Fraction(scale, 2 * tick) if tick else Fraction(0)
    return rate if 1 <= rate <= 480 else None


def begins_picture(unit: bytes) -> bool:
    """Whether a slice, by its first bytes, is the first one of its picture."""
    return len(unit) > 1 and bool(unit[1] & 0x80)


def order_count(unit: bytes, said: Sequence) -> int:
    """The lower bits of the picture order count in a slice's header. Raises ValueError."""
    bits = Bits(unit[:40].replace(b"\0\0\3", b"\0\0"))
    kind = bits.take(8) & 31
    bits.ue(), bits.ue(), bits.ue()
    if said.separate_planes:
        bits.take(2)
    bits.take(said.number_bits)
    if not said.frames_only and bits.take(1):
        bits.take(1)
    if kind == IDR:
        bits.ue()
    return bits.take(said.order_bits)


def shown_ranks(pictures: list[tuple[bool, int]], order_bits: int) -> list[int]:
    """Place in the order of showing of each picture, given (whether it is an IDR, lower bits of its
    order count) in the order of decoding."""
    size, epoch, high, last = 1 << order_bits, 0, 0, 0
    keys: list[tuple[int, int]] = []
    for idr, low in pictures:
        if idr:
            epoch, high = epoch + 1, 0
        elif low < last and last - low >= size // 2:
            high += size
        elif low > last and low - last > size // 2:
            high -= size
        last = low
        keys.append((epoch, high + low))
    ranks = [0] * len(keys)
    for rank, i in enumerate(sorted(range(len(keys)), key=lambda i: (keys[i], i))):
        ranks[i] = rank
    return ranks
