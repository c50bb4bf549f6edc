"""Small recordings, made on the spot: a picture that flashes and sound that beeps each second."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000
BEEP = 0.1
"""Seconds that a beep and its flash last, from each whole second on."""


def write_video(
    path: Path,
    seconds: float = 2,
    *,
    codec: str = "libx264",
    size: tuple[int, int] = (160, 120),
    rate: int = 20,
    first: int = 0,
) -> Path:
    """A picture that is white for `BEEP` at each whole second; else grey with a moving bar.

    `first` numbers its first second, so that no two recordings of a test are alike.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "g": str(rate)}
        light, grey, bar = _luma(235), _luma(60), _luma(120)
        # Luma, and below it the chroma of no colour: nothing is left to be converted.
        image = np.full((height * 3 // 2, width), 128, np.uint8)
        for number in range(round(seconds * rate)):
            flash = (number % rate) < BEEP * rate
            at = (number + first * 7) % width
            image[:height] = light if flash else grey
            image[:height, at : at + 4] = bar
            frame = av.VideoFrame.from_ndarray(image, format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _luma(grey: int) -> int:
    """Full-range grey in the range of video."""
    return round(16 + grey * 219 / 255)


def write_sound(
    path: Path,
    seconds: float = 1,
    *,
    codec: str | None = None,
    rate: int = RATE,
    layout: str = "mono",
    pitch: float = 440,
    start: float = 0,
) -> Path:
    """A beep at each whole second of the session, of which this piece begins at `start`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    codec = codec or {".wav": "pcm_s16le", ".flac": "flac", ".mp3": "mp3"}.get(path.suffix, "aac")
    length = round(seconds * rate)
    time = start + np.arange(length) / rate
    wave = 0.3 * np.sin(2 * np.pi * pitch * time) * ((time % 1) < BEEP)
    pcm = (wave * 32767).astype(np.int16)
    channels = {"mono": 1, "stereo": 2}[layout]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate)
        for at in range(0, length, 1024):
            block = np.repeat(pcm[at : at + 1024], channels)[None, :]
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            for part in resampler.resample(frame):
                container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def write_session(
    folder: Path, seconds: int = 2, *, codec: str = "libx264", first: int = 0
) -> Path:
    """A session folder: a video, and a segment of sound for each of its seconds."""
    suffix = ".webm" if codec.startswith("libvpx") else ".mp4"
    write_video(folder / f"video{suffix}", seconds, codec=codec, first=first)
    for number in range(seconds):
        write_sound(
            folder / "audio" / f"seg_{number:03d}.wav", 1, pitch=300 + 50 * first, start=number
        )
    return folder


def write_grain(
    path: Path, seconds: int, *, size: tuple[int, int] = (320, 180), rate: int = 8
) -> Path:
    """A camera's picture as a recorder in a hurry writes it: grain, in far more bytes than it
    needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    random = np.random.default_rng(1)
    grains = [random.normal(0, 8, (height, width, 1)) for _ in range(8)]
    slope = np.linspace(60, 180, width)[None, :, None]
    with av.open(str(path), "w") as container:
        options = {"preset": "ultrafast", "qp": "14", "g": str(2 * rate)}
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(seconds * rate):
            image = np.roll(slope, 3 * number, axis=1) + grains[number % len(grains)]
            picture = np.repeat(np.clip(image, 0, 255).astype(np.uint8), 3, axis=2)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
