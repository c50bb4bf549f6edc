"""Rows export and long: a recording encoded anew, smaller or at an even rate, against FFmpeg and
MoviePy with the same encoder settings."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.benchmarks.harness import (
    OUT,
    SHARED,
    Seconds,
    compare,
    ffmpegs,
    input_of,
    peer_python,
    timed,
)
from tests.benchmarks.ready_row import Backend, backend

MINUTES = int(os.environ.get("MINUTES", "10"))
LONG_MINUTES = int(os.environ.get("MINUTES", "60"))
EXPORTS = int(os.environ.get("EXPORTS", "3"))
"""Films of the row long that are made at the same time."""
HEIGHT = 720
RATE = 25
"""Frames a second of the row long, where the recording has 30: no packet can be copied."""
FLAT = 1.1
"""How much more memory the last quarter of the time may take than the second: the first begins with
the start of processes."""

MOVIEPY = """
import sys
from moviepy import VideoFileClip
source, target, height, preset, *settings = sys.argv[1:]
with VideoFileClip(source, target_resolution=(None, int(height))) as film:
    film.write_videofile(
        target, codec="libx264", preset=preset, audio_codec="aac", ffmpeg_params=settings,
        logger=None,
    )
"""
"""As its documentation advises: FFmpeg brings frames to their size before they reach Python."""


def recording(kind: str, minutes: int) -> Path | None:
    """One file with picture and sound, 30 frames a second and no time code, since MoviePy reads no
    others: the session that the recordings' own script builds, encoded as a recorder in a hurry
    does it. Of each `kind` one length is kept."""
    maker = SHARED / "make_session.py"
    if not maker.exists() or shutil.which("ffmpeg") is None:
        return None
    made = input_of(kind, minutes, ".mp4")
    if not made.exists():
        folder, part = input_of(kind, minutes), input_of(kind, minutes, ".part.mp4")
        shutil.rmtree(folder, ignore_errors=True)
        timed([peer_python("maker", "numpy", "soundfile"), maker, folder, str(minutes)])
        inputs = ["-i", folder / "video.mp4", "-i", folder / "audio_full.flac"]
        picture = ["-vf", "fps=30", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "20"]
        sound = ["-g", "150", "-c:a", "aac", "-b:a", "96k"]
        plain = ["-map", "0:v", "-map", "1:a", "-map_metadata", "-1", "-write_tmcd", "0"]
        words = ["-v", "error", "-nostdin", "-y", *inputs, *plain, *picture, *sound, part]
        timed(["ffmpeg", *words])
        shutil.rmtree(folder)
        part.rename(made)
    return made


def _settings() -> tuple[str, list[str]]:
    """x264's preset, and the rest of what a film of ours is encoded with."""
    # Not at the top: the queue's row must not load the media engine.
    from backend.media.framing import CRF, KEYFRAMES, PRESET

    keys = f"expr:gte(t,n_forced*{KEYFRAMES})"
    rest = ["-crf", str(CRF), "-profile:v", "high", "-force_key_frames", keys]
    return PRESET, [*rest, "-movflags", "+faststart"]


def _command(ffmpeg: Path, source: Path, target: Path, filters: str) -> list[str | Path]:
    """FFmpeg's one command. The sound is AAC already, and copied, as ours is."""
    preset, settings = _settings()
    timing = ["-fps_mode", "passthrough", "-enc_time_base", "-1"]
    return [
        *(ffmpeg, "-v", "error", "-nostdin", "-y", "-i", source, "-vf", filters, *timing),
        *("-c:v", "libx264", "-preset", preset, *settings, "-c:a", "copy", target),
    ]


def _sizes(ours: Sequence[Path], theirs: Path) -> None:
    sizes = [path.stat().st_size / 1e6 for path in (ours[0], theirs)]
    print(f"  {sizes[0]:.1f} MB and {sizes[1]:.1f} MB")


def run() -> None:
    source = recording("export", MINUTES)
    if source is None:
        print("\nexport: skipped, since there is no ../shared/media/make_session.py or no ffmpeg")
        return
    work = f"export: {MINUTES} minutes of 1080p to {HEIGHT}p"
    preset, settings = _settings()
    theirs = OUT / "export-theirs.mp4"
    with backend() as ours:
        mine = partial(ours.process, source, asked=["--height", str(HEIGHT)])
        for version, ffmpeg in ffmpegs().items():
            command = _command(ffmpeg, source, theirs, f"scale=-2:{HEIGHT}")
            compare(work, version, 1.05, mine, partial(timed, command))
            _sizes(ours.films(), theirs)
        moviepy = peer_python("moviepy", "moviepy==2.2.1")
        theirs = OUT / "export-moviepy.mp4"
        words = [moviepy, "-c", MOVIEPY, source, theirs, str(HEIGHT), preset, *settings]
        compare(work, "MoviePy 2.2.1", 0.5, mine, partial(timed, words))
        _sizes(ours.films(), theirs)


@contextmanager
def _watched(ours: Backend) -> Iterator[list[int]]:
    """Bytes that the processes of its jobs hold, once a second while the block runs."""
    held: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1.0):
            held.append(ours.held())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield held
    finally:
        over.set()
        watching.join()


def _tell_memory(held: Sequence[int]) -> None:
    if len(held) < 8:
        print("  memory: it took too short to be told")
        return
    each = len(held) // 4
    quarters = [statistics.median(held[i * each : (i + 1) * each]) / 1e6 for i in range(4)]
    said = ", ".join(f"{quarter:.0f}" for quarter in quarters)
    met = "met" if quarters[3] <= quarters[1] * FLAT else "MISSED"
    print(f"  memory of its processes, by quarters of the time: {said} MB", end="; ")
    print(f"at most {max(held) / 1e6:.0f} MB; flat: {met}")


def _at_once(commands: Sequence[Sequence[str | Path]]) -> Seconds:
    """Seconds until the last of several commands that start together has ended."""
    before, start = os.times(), time.perf_counter()
    running = [
        subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL)
        for command in commands
    ]
    failed = [process.args for process in running if process.wait()]
    assert not failed, failed
    after = os.times()
    worked = sum(after[2:4]) - sum(before[2:4])
    return Seconds.of(time.perf_counter() - start, worked)


def run_long() -> None:
    source = recording("long", LONG_MINUTES)
    if source is None:
        print("\nlong: skipped, since there is no ../shared/media/make_session.py or no ffmpeg")
        return
    folders = [OUT / f"long-{number}" for number in range(EXPORTS)]
    for folder in folders:
        folder.mkdir()
        (folder / "recording.mp4").hardlink_to(source)
    work = f"long: {EXPORTS} at once, each {LONG_MINUTES} minutes of 1080p, {RATE} frames a second"
    outputs = [OUT / f"long-theirs-{number}.mp4" for number in range(EXPORTS)]
    with backend(f"limit.ready={EXPORTS}") as ours:

        def mine() -> Seconds:
            with _watched(ours) as held:
                taken = ours.process(*folders, asked=["--rate", str(RATE)])
            _tell_memory(held)
            return taken

        for version, ffmpeg in ffmpegs().items():
            commands = [_command(ffmpeg, source, out, f"fps={RATE}") for out in outputs]
            pairs = int(os.environ.get("PAIRS", "1"))
            compare(work, version, 1.05, mine, partial(_at_once, commands), pairs, warmed=False)
            _sizes(ours.films(), outputs[0])
