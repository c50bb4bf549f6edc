"""Long recordings: memory stays as it is, however long they are."""

from __future__ import annotations

import multiprocessing
import os
import time
from fractions import Fraction
from pathlib import Path

import psutil
import pytest

from .studio import Audio, Ctx, noise, record, take
from .test_sync import _flashing

LENGTH = 600
"""Seconds of a segment."""
MOST = 700 << 20
"""Bytes that a merge and its helpers may hold: processes with FFmpeg and NumPy loaded."""
INDEX = 16 << 20
"""Bytes that the muxer's index of an hour takes: some 70 for each packet of sound."""


def _merge(folder: str, hours: float) -> None:
    place = Path(folder)
    pieces = sorted(place.glob("seg_*.wav"))
    offsets = [Fraction(i * LENGTH) for i in range(len(pieces))]
    (place / "kept").mkdir()
    session = take(place / "picture.mkv", pieces, offsets)
    facts = session.merge(place / "film.mp4", Ctx(place / "kept"))
    duration = facts["duration"]
    assert isinstance(duration, float)
    assert abs(duration - hours * 3600) < 1


def resident(process: psutil.Process) -> int:
    """Bytes that a process and its children hold."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def memory_of_merging(folder: Path, hours: float) -> list[int]:
    """Bytes held by the process that merges so long a session, several times a second."""
    _flashing(folder / "picture.mkv", int(hours * 3600), 2)
    first = record(folder / "seg_000.wav", audio=Audio(noise(LENGTH), "pcm_s16le"))
    for i in range(1, int(hours * 3600) // LENGTH):
        os.link(first, folder / f"seg_{i:03}.wav")
    process = multiprocessing.get_context("spawn").Process(target=_merge, args=(str(folder), hours))
    process.start()
    watched = psutil.Process(process.pid)
    held: list[int] = []
    while process.is_alive():
        held.append(resident(watched))
        time.sleep(0.2)
    process.join()
    assert process.exitcode == 0
    return held


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_four_hours_take_no_more_memory_than_one(tmp_path: Path) -> None:
    held = memory_of_merging(tmp_path, 4)
    half = len(held) // 2
    assert max(held) < MOST
    assert max(held[half:]) < max(held[:half]) + 2 * INDEX + (16 << 20)
