"""Plain WAV read without a decoder: what lies in the file are the samples already.

Only the usual form is read here: RIFF, one `fmt ` and one `data` chunk, whole samples of 16, 24 or
32 bits, mono or stereo. Whatever else is left to FFmpeg. Layout of the chunks: Microsoft and IBM,
"Multimedia Programming Interface and Data Specifications 1.0" (1991).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from backend.core.fault import FaultError, explain
from backend.core.media import AudioStream, MediaInfo
from backend.media.source import regular_file, shown

# NumPy is loaded where samples are read: a file is looked at without it, in half the time.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_SILENT = frozenset({b"fact", b"PEAK", b"JUNK", b"PAD ", b"FLLR"})
"""Chunks that say nothing about the recording that is not known without them."""
_TAGS = {
    b"IART": "artist",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"ICRD": "date",
    b"IGNR": "genre",
    b"INAM": "title",
    b"IPRD": "album",
    b"ISFT": "encoder",
}
_LIST = 1 << 16
_CHUNKS = 64
"""Chunks looked at in search of the samples."""


@dataclass(frozen=True, slots=True)
class PlainWave:
    """Where the samples of a WAV file lie, and how they are written."""

    path: Path
    rate: int
    channels: int
    bits: int
    float: bool
    offset: int
    """First byte of the samples."""
    samples: int
    """Samples of each channel that are really there."""

    def blocks(self, start: int = 0, size: int = 48_000) -> Iterator[npt.NDArray[np.float32]]:
        """From sample `start` to the end, as float32 of shape (channels, at most `size`).

        Raises FaultError where the disk does not give them.
        """
        import numpy as np

        wide = self.channels * self.bits // 8
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset + start * wide)
                left = self.samples - start
                while left > 0:
                    raw = file.read(min(size, left) * wide)
                    raw = raw[: len(raw) // wide * wide]
                    if not raw:
                        return
                    left -= len(raw) // wide
                    flat = self._floats(raw)
                    yield np.ascontiguousarray(flat.reshape(-1, self.channels).T)
        except OSError as error:
            raise FaultError(explain(error, f"read “{shown(self.path)}”")) from error

    def _floats(self, raw: bytes) -> npt.NDArray[np.float32]:
        import numpy as np

        if self.float:
            return np.frombuffer(raw, "<f4").astype(np.float32)
        if self.bits == 16:
            return np.frombuffer(raw, "<i2").astype(np.float32) * np.float32(1 / (1 << 15))
        if self.bits == 24:
            wide = np.zeros((len(raw) // 3, 4), np.uint8)
            wide[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
            whole = wide.view("<i4")[:, 0]
        else:
            whole = np.frombuffer(raw, "<i4")
        return whole.astype(np.float32) * np.float32(1 / (1 << 31))


def plain_wave(path: Path) -> PlainWave | None:
    """The samples of a WAV file of the usual form; None for any other file.

    Raises FaultError (missing, permission, input) where there is no file to be read.
    """
    found = _parsed(path)
    return found[0] if found else None


def wave_info(path: Path) -> MediaInfo | None:
    """What FFmpeg would find out about a plain, whole WAV file, for a hundredth of the time; None
    where a file is none, or holds more than is understood here. Raises as `plain_wave`."""
    found = _parsed(path)
    if found is None:
        return None
    wave, tags = found
    if tags is None or not wave.samples:
        return None
    duration = Fraction(wave.samples, wave.rate)
    stream = AudioStream(
        index=0,
        codec=f"pcm_{'f' if wave.float else 's'}{wave.bits}le",
        profile=None,
        rate=wave.rate,
        channels=wave.channels,
        layout="mono" if wave.channels == 1 else "stereo",
        time_base=Fraction(1, wave.rate),
        start=Fraction(0),
        duration=duration,
    )
    return MediaInfo(
        path=str(path),
        container="wav",
        size=path.stat().st_size,
        duration=duration,
        start=Fraction(0),
        audio=(stream,),
        tags=tuple(sorted(tags.items())),
    )


_Tags = dict[str, str]


def _parsed(path: Path) -> tuple[PlainWave, _Tags | None] | None:
    """A plain WAV file, and its tags where everything in it is whole and known."""
    size = regular_file(path).st_size
    try:
        with path.open("rb") as file:
            riff, _, wave = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
            if (riff, wave) != (b"RIFF", b"WAVE"):
                return None
            form: tuple[int, ...] | None = None
            plain: PlainWave | None = None
            tags: _Tags | None = {}
            for _ in range(_CHUNKS):
                head = file.read(8)
                if len(head) < 8:
                    break
                kind, length = struct.unpack("<4sI", head)
                at = file.tell()
                if kind == b"fmt ":
                    if form is not None or not 16 <= length <= 128:
                        return None
                    form = _form(file.read(length))
                elif kind == b"data":
                    if plain is not None or (plain := _plain(path, form, at, length, size)) is None:
                        return None
                    tags = tags if at + length <= size else None
                elif kind == b"LIST" and tags is not None:
                    tags = _info(file.read(min(length, _LIST)), tags)
                elif kind not in _SILENT:
                    tags = None
                file.seek(at + length + length % 2)
    except OSError as error:
        raise FaultError(explain(error, f"read “{shown(path)}”")) from error
    return None if plain is None else (plain, tags)


def _info(chunk: bytes, tags: _Tags) -> _Tags | None:
    """With the tags of a LIST chunk; None where one has no name."""
    if chunk[:4] != b"INFO" or len(chunk) >= _LIST:
        return None
    at = 4
    while at + 8 <= len(chunk):
        kind, length = struct.unpack_from("<4sI", chunk, at)
        name = _TAGS.get(kind)
        text = chunk[at + 8 : at + 8 + length]
        if name is None or len(text) < length:
            return None
        tags = {**tags, name: text.split(b"\0")[0].decode("utf-8", "replace")}
        at += 8 + length + length % 2
    return tags


def _form(chunk: bytes) -> tuple[int, ...]:
    """(tag, channels, rate, bytes a sample of all channels, bits)."""
    tag, channels, rate, _, wide, bits = struct.unpack("<HHIIHH", chunk[:16])
    if tag == _EXTENSIBLE and len(chunk) >= 40:
        valid, _, tag = struct.unpack("<HIH", chunk[18:26])
        tag = tag if valid == bits else 0
    return tag, channels, rate, wide, bits


def _plain(
    path: Path, form: tuple[int, ...] | None, at: int, length: int, size: int
) -> PlainWave | None:
    if form is None:
        return None
    tag, channels, rate, wide, bits = form
    known = (tag == _PCM and bits in (16, 24, 32)) or (tag == _FLOAT and bits == 32)
    # A length of nought or of all ones was never filled in; what it means is FFmpeg's to say.
    usual = 0 < length < 0xFFFF_FF00 and rate > 0
    if not (known and usual and channels in (1, 2) and wide == channels * bits // 8):
        return None
    there = max(0, min(length, size - at))
    return PlainWave(path, rate, channels, bits, tag == _FLOAT, at, there // wide)
