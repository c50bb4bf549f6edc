"""Long recordings: memory stays as it is, however long they are."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from backend.core.form import Form
from backend.media.hearing import hear
from backend.media.optimise import optimise
from backend.media.sight import see

from .studio import Audio, Ctx, noise, record, take

HOURS = 4
LENGTH = 600
"""Seconds of a segment."""
MOST = 700 << 20
"""Bytes that a job and its helpers may hold: processes with FFmpeg and NumPy loaded."""
INDEX = 16 << 20
"""Bytes that the muxer's index of an hour takes: some 70 for each packet of sound."""
SLACK = 16 << 20


def resident(process: psutil.Process) -> int:
    """Bytes that a process and its children hold."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def memory_of(work: Callable[[Path], None], folder: Path) -> list[int]:
    """Bytes held by a process that does this work in `folder`, several times a second."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=(folder,))
    process.start()
    watched = psutil.Process(process.pid)
    held: list[int] = []
    while process.is_alive():
        held.append(resident(watched))
        time.sleep(0.2)
    process.join()
    assert process.exitcode == 0
    quarters = [max(held[i * len(held) // 4 : (i + 1) * len(held) // 4]) >> 20 for i in range(4)]
    print(f"{work.__name__}: at most {quarters} MiB in each quarter of the time")
    return held


def _ctx(folder: Path) -> Ctx:
    kept = folder / "kept"
    kept.mkdir(exist_ok=True)
    return Ctx(kept)


def _merge(folder: Path) -> None:
    pieces = sorted(folder.glob("seg_*.wav"))
    offsets = [Fraction(i * LENGTH) for i in range(len(pieces))]
    facts = take(folder / "picture.mkv", pieces, offsets).merge(folder / "film.mp4", _ctx(folder))
    duration = facts["duration"]
    assert isinstance(duration, float)
    assert abs(duration - HOURS * 3600) < 1


def _encode(folder: Path) -> None:
    form = Form(rate=Fraction(3))
    facts = take(folder / "film.mp4").merge(folder / "even.mp4", _ctx(folder), form=form)
    assert facts["picture"] == "encoded"


def _shrink(folder: Path) -> None:
    silent = folder / "silent.mp4"  # beside that sound so small a picture weighs nothing
    take(folder / "picture.mkv").merge(silent, _ctx(folder))
    outcome = optimise(silent, "a film", folder / "smaller.mp4", _ctx(folder))
    assert outcome.smaller, outcome.said


def _hear(folder: Path) -> None:
    assert hear(folder / "film.mp4", _ctx(folder)).loudness.integrated is not None


def _see(folder: Path) -> None:
    assert see(folder / "film.mp4", _ctx(folder)).changes is not None


def _panning(path: Path, seconds: int, rate: int) -> None:
    """A soft pattern that moves, in better quality than anybody needs: it can be made smaller."""
    x, y = np.meshgrid(np.arange(64), np.arange(36))
    soft = (128 + 60 * np.sin(x / 5) * np.cos(y / 4)).astype(np.uint8)
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "crf": "2", "g": "20"}
        stream = out.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for number in range(seconds * rate):
            grey = np.roll(soft, number, axis=1)
            frame = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with four hours of a small picture, and of sound beside it."""
    folder = tmp_path_factory.mktemp("long")
    _panning(folder / "picture.mkv", HOURS * 3600, 2)
    first = record(folder / "seg_000.wav", audio=Audio(noise(LENGTH), "pcm_s16le"))
    for i in range(1, HOURS * 3600 // LENGTH):
        os.link(first, folder / f"seg_{i:03}.wav")
    return folder


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_four_hours_take_no_more_memory_than_one(recorded: Path) -> None:
    """The second half no more than the first, but for the index of what was written in it."""
    # What encodes writes the whole film in the end, and reads the index of another for its sound.
    late = {_merge: HOURS // 2, _encode: 2 * HOURS, _shrink: 0, _hear: 0, _see: 0}
    for work, hours in late.items():
        held = memory_of(work, recorded)
        half = len(held) // 2
        assert max(held) < MOST, work.__name__
        assert max(held[half:]) < max(held[:half]) + hours * INDEX + SLACK, work.__name__
