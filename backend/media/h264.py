"""What has to be known of H.264 packets to copy them: parameter sets, and where decoding begins.

Source: ITU-T H.264, sections 7.3.1, 7.3.2.1.1 and Annex B.
"""

from __future__ import annotations

from collections.abc import Iterator

SPS, PPS = 7, 8
_IDR = 5
_SLICES = frozenset({1, 2, 3, 4, 5})
_HIGH = {100, 110, 122, 244, 44, 83, 86, 118, 128}
"""Profiles whose parameter sets tell chroma format and bit depth."""

_LOOK = 4096
"""Bytes of a packet in which parameter sets are looked for; they come first."""


class Bits:
    """Reads Exp-Golomb codes."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("parameter set is cut short")
        return self._value >> self._left & (1 << count) - 1

    def ue(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("no Exp-Golomb code")
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def shape(sps: bytes) -> tuple[int, ...]:
    """The fields of a sequence parameter set that a decoder cannot do without, up to the VUI.

    Two sets of one shape can follow each other in one track: what differs then (colour, timing)
    is advice. Level and constraint flags are left out too. `sps` is the NAL unit with its header
    byte. Raises ValueError where it is none.
    """
    bits = Bits(sps.replace(b"\0\0\3", b"\0\0"))
    if bits.take(8) & 31 != SPS:
        raise ValueError("no sequence parameter set")
    profile = bits.take(8)
    bits.take(16)
    fields = [profile, bits.ue()]
    if profile in _HIGH:
        chroma = bits.ue()
        fields.append(chroma)
        if chroma == 3:
            fields.append(bits.take(1))
        fields += [bits.ue(), bits.ue(), bits.take(1)]
        if bits.take(1):
            for i in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling_list(bits, 16 if i < 6 else 64)
    fields.append(bits.ue())  # log2_max_frame_num
    order = bits.ue()
    fields.append(order)
    if order == 0:
        fields.append(bits.ue())
    elif order == 1:
        fields += [bits.take(1), bits.se(), bits.se()]
        fields += [bits.se() for _ in range(bits.ue())]
    fields += [bits.ue(), bits.take(1), bits.ue(), bits.ue()]  # references, gaps, width, height
    frames_only = bits.take(1)
    fields += [frames_only] if frames_only else [frames_only, bits.take(1)]
    fields.append(bits.take(1))
    if bits.take(1):
        fields += [bits.ue() for _ in range(4)]
    return tuple(fields)


def length_size(extradata: bytes | None) -> int:
    """Bytes of a NAL unit's length in packets of this stream; 0 where start codes are used."""
    if extradata and len(extradata) > 6 and extradata[0] == 1:
        return (extradata[4] & 3) + 1
    return 0


def units(data: bytes, size: int) -> Iterator[bytes]:
    """NAL units of a packet. `size`: see `length_size`."""
    at = 0
    if size:
        while at + size < len(data):
            end = at + size + int.from_bytes(data[at : at + size], "big")
            yield data[at + size : end]
            at = end
        return
    at = data.find(b"\0\0\1")
    while at >= 0:
        end = data.find(b"\0\0\1", at + 3)
        # A unit never ends in zeros; those before a longer start code are nobody's.
        yield data[at + 3 : end if end >= 0 else len(data)].rstrip(b"\0")
        at = end


def is_idr(packet: memoryview | bytes, size: int) -> bool:
    """Whether a packet is a frame from which decoding can begin, and before which nothing is shown
    that is decoded later."""
    for unit in units(bytes(packet[:_LOOK]), size):
        if unit and unit[0] & 31 in _SLICES:
            return unit[0] & 31 == _IDR
    return False


def shapes_in(packet: memoryview | bytes, size: int) -> Iterator[tuple[int, ...]]:
    """Shapes of the parameter sets at the start of a packet. `size`: see `length_size`."""
    for unit in units(bytes(packet[:_LOOK]), size):
        if unit and unit[0] & 31 == SPS:
            yield shape(unit)


def number_of(unit: bytes) -> int:
    """The number of a sequence or picture parameter set. Raises ValueError where it is damaged."""
    bits = Bits(unit[:64].replace(b"\0\0\3", b"\0\0"))
    if bits.take(8) & 31 == SPS:
        bits.take(24)
    return bits.ue()


def numbers_in(packet: memoryview | bytes, size: int) -> Iterator[int]:
    """Numbers of the parameter sets at the start of a packet."""
    for unit in units(bytes(packet[:_LOOK]), size):
        if unit and unit[0] & 31 in (SPS, PPS):
            yield number_of(unit)


def shapes_of_header(extradata: bytes | None) -> Iterator[tuple[int, ...]]:
    """Shapes of the parameter sets in a stream's header, in either of its forms."""
    if not extradata:
        return
    if not length_size(extradata):
        yield from shapes_in(extradata, 0)
        return
    at = 6
    for _ in range(extradata[5] & 31):
        end = at + 2 + int.from_bytes(extradata[at : at + 2], "big")
        yield shape(extradata[at + 2 : end])
        at = end
