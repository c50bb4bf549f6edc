"""Makes the sample session: picture and sound apart, as a screen recorder leaves them.

The narration (`narration.opus`) was read by the flite synthesiser for this project. The square
lights up when a tone sounds, so that anybody can see and hear whether the two are in sync.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from importlib import resources
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from backend.media.read import open_media

RATE = 48_000
FRAME_RATE = 30
WIDTH, HEIGHT = 960, 540
PIECE = 8
"""Seconds of sound in a segment."""
TONES = (13, 14, 15, 21, 22, 23)
"""Seconds at which a tone sounds and the square lights up."""
TONE_LENGTH = Fraction(1, 5)
SLIDES = (
    (0, "A sample session", "Picture and sound, recorded apart"),
    (12, "One film, in seconds", "Watch the square, hear the tone"),
    (24, "Quit at any time", "The work goes on where it was"),
)
INK, PAPER, AMBER, GREY = "#f2f0ec", "#17181a", "#f0a63c", "#6d7178"

Samples = NDArray[np.float32]


def make_sample(folder: Path) -> Path:
    """Write the sample session into a new folder; that folder.

    Raises FileExistsError if the folder is there, OSError if it cannot be written.
    """
    folder.mkdir(parents=True)
    (folder / "audio").mkdir()
    sound = _sound()
    _write_picture(folder / "video.mp4", sound)
    segments = []
    for number, start in enumerate(range(0, len(sound), PIECE * RATE)):
        name = f"audio/seg_{number:03d}.m4a"
        _write_sound(folder / name, sound[start : start + PIECE * RATE])
        segments.append({"file": name, "offset": start / RATE})
    description = {
        "title": "Welcome to Rushes",
        "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "video": "video.mp4",
        "segments": segments,
    }
    (folder / "session.json").write_text(json.dumps(description, indent=1), "utf-8")
    return folder


def _sound() -> Samples:
    """Narration and tones, mono, at `RATE`."""
    pieces = []
    with (
        resources.as_file(resources.files("backend.media") / "narration.opus") as path,
        open_media(path) as container,
    ):
        resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        for frame in container.decode(audio=0):
            pieces += [np.ravel(part.to_ndarray()) for part in resampler.resample(frame)]
    sound: Samples = np.concatenate(pieces).astype(np.float32)
    length = int(TONE_LENGTH * RATE)
    shape = np.sin(np.linspace(0, np.pi, length)) ** 0.5  # no click at either end
    tone = 0.25 * np.sin(2 * np.pi * 880 * np.arange(length) / RATE) * shape
    for at in TONES:
        sound[at * RATE : at * RATE + length] += tone.astype(np.float32)
    return sound


def _write_sound(path: Path, sound: Samples) -> None:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        stream.bit_rate = 96_000
        size = 1024
        for start in range(0, len(sound), size):
            frame = av.AudioFrame.from_ndarray(
                sound[None, start : start + size], format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = RATE, start
            frame.time_base = Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _write_picture(path: Path, sound: Samples) -> None:
    frames = len(sound) * FRAME_RATE // RATE
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=FRAME_RATE)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "20", "g": str(2 * FRAME_RATE)}
        for number, image in enumerate(_pictures(frames, sound)):
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
            frame.pts = number
            frame.time_base = Fraction(1, FRAME_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _pictures(frames: int, sound: Samples) -> Iterator[Image.Image]:
    small = ImageFont.load_default(22)
    slides = [(start * FRAME_RATE, _slide(title, line)) for start, title, line in SLIDES]
    per_frame = RATE // FRAME_RATE
    for number in range(frames):
        image = next(slide for start, slide in reversed(slides) if number >= start).copy()
        draw = ImageDraw.Draw(image)
        time = Fraction(number, FRAME_RATE)
        lit = any(at <= time < at + TONE_LENGTH for at in TONES)
        draw.rectangle((790, 60, 890, 160), fill=AMBER if lit else PAPER, outline=GREY, width=3)
        draw.text((70, 470), f"{number // FRAME_RATE:02d}:{number % FRAME_RATE:02d}", INK, small)
        draw.rectangle((150, 482, 150 + 740 * number // frames, 486), fill=AMBER)
        for bar in range(60):
            at = (number - 59 + bar) * per_frame
            heard = sound[max(0, at) : max(0, at + per_frame)]
            half = 4 + int(100 * np.abs(heard).max(initial=0.0))
            x = 70 + bar * 14
            draw.rectangle((x, 370 - half // 2, x + 7, 370 + half // 2), fill=INK)
        yield image


def _slide(title: str, line: str) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((70, 80), title, INK, ImageFont.load_default(54))
    draw.text((70, 160), line, GREY, ImageFont.load_default(26))
    return image
