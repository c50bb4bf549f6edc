"""MP4 recordings without their index: the recorder was killed before it could write it.

The media is there, piece behind piece, but nothing says what is where. Pictures (H.264) carry their
lengths and sound (AAC) can be told by decoding it (see `scan`). Times are lost: pictures are shown
at a steady rate.

What a decoder must know first (the parameter sets) often stood in the index only. Then another
recording by the same recorder, in the same folder, lends its own.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError

from backend.media import slices
from backend.media.atoms import Sample, Track, index, picture_entry, sound_entry
from backend.media.boxes import top_boxes
from backend.media.lent import Lent, lent_to
from backend.media.scan import MAX_PIXELS, Ear, Found, breaks, scan, unit_end
from backend.media.source import shown

_BEGINNING = 16 << 20
"""Bytes in which the first picture is looked for."""
_RATES = (
    *(Fraction(rate) for rate in (10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120, 240)),
    *(Fraction(rate * 1000, 1001) for rate in (15, 24, 30, 48, 60, 120, 240)),
)
_USUAL = (Fraction(24000, 1001), *map(Fraction, (24, 25)), Fraction(30000, 1001), Fraction(30))
_SAMPLE = 1024


@dataclass(frozen=True, slots=True)
class Recovered:
    """An index for what was found."""

    head: bytes
    """What is to be read before the file's own first byte."""
    notes: tuple[str, ...]


def recover(path: Path) -> Recovered | None:
    """An index for a recording that has none; None where nothing in it can be told apart."""
    span = _media(path)
    if span is None:
        return None
    lent = list(lent_to(path))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start, end = span
        beginning = scan(data, (start, min(end, start + _BEGINNING)), None)
        sets = _parameters(data, beginning, lent)
        # Only a recorder that is known by its picture, or has none, lends what sound needs.
        near = [other for other in lent if sets is None or other.name == sets.name]
        config = _sound_config(data, span, [] if sets is None and beginning.pictures else near)
        found = scan(data, span, None if config is None else config.config)
        if config and config.config and not config.name and found.pictures:
            config = replace(config, config=_likelier(config.config, found))
        return _recovered(data, found, sets, config)


def _recovered(
    data: mmap.mmap, found: Found, sets: Lent | None, config: Lent | None
) -> Recovered | None:
    tracks: list[Track] = []
    notes = ["it has no index: the recorder was stopped before it could finish the file"]
    if found.pictures and sets is not None and sets.avcc is not None:
        tracks.append(_picture(data, found, sets, config))
        notes.append("its pictures are shown at a steady rate: their own times are lost")
    elif found.pictures:
        notes.append(
            "its picture cannot be recovered: what a decoder must know of it stood in the index."
            " Put another recording by the same recorder beside it, then import it again"
        )
    if found.sound and config is not None and config.config is not None:
        tracks.append(_sound(found, config.config))
    if not tracks:
        return None
    names = sorted({lender.name for lender in (sets, config) if lender and lender.name})
    if names:
        notes.append("“" + "” and “".join(map(shown, names)) + "” told how to read it")
    size = len(index(tracks, 0))
    return Recovered(index(tracks, size), tuple(notes))


def _media(path: Path) -> tuple[int, int] | None:
    """Where the media of an MP4 without index lies."""
    size = path.stat().st_size
    boxes = {box.kind: box for box in top_boxes(path) if not box.is_index or box.end <= size}
    if "moov" in boxes or "moof" in boxes or "mdat" not in boxes:
        return None
    mdat = boxes["mdat"]
    with path.open("rb") as file:
        file.seek(mdat.offset)
        header = 16 if int.from_bytes(file.read(4), "big") == 1 else 8
    end = min(mdat.end, size)
    start = mdat.offset + header
    return (start, end) if end - start > 64 else None


def _sound_config(data: mmap.mmap, span: tuple[int, int], lent: list[Lent]) -> Lent | None:
    """The first of the likely configurations with which a chain of frames can be decoded."""
    places = list(breaks(data, span))
    kinds = [data[place] >> 5 for place in places]  # 0: one channel, 1: a pair
    channels = 1 if kinds.count(0) > kinds.count(1) else 2
    guessed = (Lent("", config=config) for config in _CONFIGS if config[1] >> 3 & 15 == channels)
    for likely in (*lent, *guessed):
        if likely.config is None:
            continue
        ear, understood = Ear(likely.config), 0
        for start in places:
            at: int | None = start
            for _ in range(3):
                at = None if at is None else ear.frame(data, at, span[1])
                understood += at is not None
        if understood >= max(3, len(places)):
            return likely
    return None


_CONFIGS = tuple(
    bytes([2 << 3 | rate >> 1, (rate & 1) << 7 | channels << 3])
    for channels in (2, 1)
    for rate in (3, 4, 5, 6, 7, 8)
)
"""AAC-LC of 48, 44.1, 32, 24, 22.05 and 16 kHz."""


def _parameters(data: mmap.mmap, found: Found, lent: list[Lent]) -> Lent | None:
    """The parameter sets with which the first picture can be decoded."""
    first = next((sample for sample in found.pictures if sample.key), None)
    if first is None:
        return None
    own = [Lent("", _avcc(found.sps, found.pps))] if found.sps and found.pps else []
    picture = data[first.place : first.place + first.size]
    for likely in (*own, *lent):
        if likely.avcc is None:
            continue
        decoder = av.CodecContext.create("h264", "r")
        decoder.extradata = likely.avcc
        decoder.thread_count = 1
        decoder.options = {"err_detect": "explode", "max_pixels": str(MAX_PIXELS)}
        try:
            frames = decoder.decode(av.Packet(picture)) or decoder.decode(None)
        except (FFmpegError, ValueError):
            continue
        if frames and not getattr(frames[0], "is_corrupt", False):
            return likely
    return None


def _avcc(sps: bytes, pps: bytes) -> bytes:
    head = b"\x01" + sps[1:4] + b"\xff\xe1"
    sizes = [len(unit).to_bytes(2, "big") for unit in (sps, pps)]
    return head + sizes[0] + sps + b"\x01" + sizes[1] + pps


# -- writing it down


_FREQUENCIES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)


def _frequency(config: bytes) -> int:
    rates = (
        96000,
        88200,
        64000,
        48000,
        44100,
        32000,
        24000,
        22050,
        16000,
        12000,
        11025,
        8000,
        7350,
    )
    number = (config[0] & 7) << 1 | config[1] >> 7
    return rates[number] if number < len(rates) else 48000


def _sound(found: Found, config: bytes) -> Track:
    rate = _frequency(config)
    entry = sound_entry(rate, config[1] >> 3 & 15, config)
    return Track("soun", entry, rate, _SAMPLE, found.sound)


def _picture(data: mmap.mmap, found: Found, sets: Lent, config: Lent | None) -> Track:
    assert sets.avcc is not None
    length = int.from_bytes(sets.avcc[6:8], "big")
    said = slices.sequence(sets.avcc[8 : 8 + length])
    first = next(i for i, sample in enumerate(found.pictures) if sample.key)
    pictures = found.pictures[first:]
    rate = said.rate or _steady(found, config.config if config else None)
    ranks = None
    if said.order_bits:
        orders = [(s.key, _order(data, s, said)) for s in pictures]
        ranks = slices.shown_ranks(orders, said.order_bits)
        ranks = None if ranks == sorted(ranks) else ranks
    size = sets.size or (said.width, said.height)
    entry = picture_entry(*size, sets.avcc)
    scale = rate.numerator * (1 if rate.numerator > 1000 else 1000)
    return Track("vide", entry, scale, int(scale / rate), pictures, ranks, size)


def _order(data: mmap.mmap, sample: Sample, said: slices.Sequence) -> int:
    """The order count of a picture."""
    at, end = sample.place, sample.place + sample.size
    while (following := unit_end(data, at, end)) is not None:
        if data[at + 4] & 31 in (slices.SLICE, slices.IDR):
            return slices.order_count(data[at + 4 : min(at + 64, following)], said)
        at = following
    raise ValueError("no slice")


def _steady(found: Found, config: bytes | None) -> Fraction:
    """Frames a second: the usual rate that makes picture and sound equally long."""
    measured = _pictures_a_frame(found)
    if not measured or config is None:
        return Fraction(30)
    rate = measured * _frequency(config) / _SAMPLE
    return min(_RATES, key=lambda usual: abs(usual - rate))


def _likelier(config: bytes, found: Found) -> bytes:
    """48 and 44.1 kHz decode alike; the one that gives pictures a usual rate is the right one."""
    measured = _pictures_a_frame(found)
    if _frequency(config) != 48000 or not measured:
        return config
    other = bytes([config[0] & 0xF8 | 2, config[1] & 0x7F])  # 44.1 kHz

    def off(candidate: bytes) -> Fraction:
        rate = measured * _frequency(candidate) / _SAMPLE
        return min(abs(times * usual / rate - 1) for usual in _USUAL for times in (1, 2))

    return min((config, other), key=off)


def _pictures_a_frame(found: Found) -> Fraction:
    """How many pictures come with a frame of sound, by the slope over the whole file: a recorder
    writes one of them ahead of the other, and was stopped anywhere."""
    import numpy as np  # a quarter of a second that only such a file should cost

    heard = np.searchsorted([s.place for s in found.sound], [s.place for s in found.pictures])
    if len(heard) < 2 or heard[0] == heard[-1]:
        return Fraction(0)
    slope = np.polyfit(heard, np.arange(len(heard)), 1)[0]
    return Fraction(float(slope)).limit_denominator(10**6)
