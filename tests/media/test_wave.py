"""Plain WAV is read without FFmpeg, and as FFmpeg would read it."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from backend.media import probe as probing
from backend.media.probe import probe
from backend.media.wave import plain_wave, wave_info

from .studio import Audio, noise, record


def by_ffmpeg(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        convert = av.AudioResampler("fltp")
        parts = [out.to_ndarray() for f in container.decode(audio=0) for out in convert.resample(f)]
    return np.concatenate(parts, axis=1)


CODECS = ["pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_the_same_is_found_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, layout: str
) -> None:
    channels = 1 if layout == "mono" else 2
    path = record(
        tmp_path / "a.wav", audio=Audio(noise(1.3, 44100, channels), codec, 44100, layout)
    )
    wave = plain_wave(path)
    assert wave
    whole = np.concatenate(list(wave.blocks()), axis=1)
    assert np.array_equal(whole, by_ffmpeg(path))
    part = np.concatenate(list(wave.blocks(12_345, 1000)), axis=1)
    assert np.array_equal(part, whole[:, 12_345:])
    quick = probe(path)
    assert wave_info(path) == quick
    monkeypatch.setattr(probing, "wave_info", lambda _: None)
    slow = probe(path)
    (stream,) = slow.audio
    # FFmpeg has no name for the channels of a file that does not say where they come from.
    assert quick == replace(slow, audio=(replace(stream, layout=layout),))


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WAVE" + body


FORMAT = struct.pack("<HHIIHH", 1, 1, 48000, 96000, 2, 16)
SAMPLES = np.arange(4800, dtype="<i2").tobytes()


def test_what_is_not_plain_is_left_to_ffmpeg(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    law = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)
    for content in (
        b"",
        b"RIFF",
        riff((b"fmt ", FORMAT)),
        riff((b"data", SAMPLES)),
        riff((b"fmt ", law), (b"data", SAMPLES)),
        riff((b"fmt ", FORMAT), (b"data", b"")),
        riff((b"fmt ", FORMAT), (b"fmt ", FORMAT), (b"data", SAMPLES)),
        riff((b"fmt ", FORMAT), (b"data", SAMPLES), (b"data", SAMPLES)),
        riff((b"fmt ", FORMAT[:10]), (b"data", SAMPLES)),
        b"RIFX" + riff((b"fmt ", FORMAT), (b"data", SAMPLES))[4:],
    ):
        path.write_bytes(content)
        assert plain_wave(path) is None
        assert wave_info(path) is None


def test_what_is_not_whole_or_not_understood_is_looked_at_closely(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    plain = riff((b"fmt ", FORMAT), (b"data", SAMPLES))
    path.write_bytes(plain[:-1000])
    wave = plain_wave(path)
    assert wave
    assert wave.samples == 4800 - 500, "what is there can be read"
    assert wave_info(path) is None, "what it promised is for the closer look to say"
    named = (b"LIST", b"INFO" + b"INAM" + struct.pack("<I", 6) + b"Take\0\0")
    odd = (b"LIST", b"INFO" + b"XXXX" + struct.pack("<I", 2) + b"a\0")
    for chunk, known in ((named, True), (odd, False), ((b"bext", b"\0" * 602), False)):
        path.write_bytes(riff((b"fmt ", FORMAT), chunk, (b"data", SAMPLES)))
        assert plain_wave(path)
        found = wave_info(path)
        assert (found is not None) == known
        if found:
            assert dict(found.tags) == {"title": "Take"}
            assert probe(path) == found
