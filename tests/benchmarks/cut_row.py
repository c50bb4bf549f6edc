"""Row cut: 20 frame-exact clips out of a recording, joined into one file."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.harness import OUT, SHARED, compare, ffmpegs, input_of, peer_python, timed

MINUTES = int(os.environ.get("MINUTES", "60"))
CLIPS = int(os.environ.get("CLIPS", "20"))
SECONDS = 20.0
"""Length of a clip."""


def recording() -> Path | None:
    """One file with picture and sound: the session that the recordings' own script builds."""
    maker = SHARED / "make_session.py"
    if not maker.exists() or shutil.which("ffmpeg") is None:
        return None
    made = input_of("recording", MINUTES, ".mp4")
    if not made.exists():
        folder = input_of("recording", MINUTES)
        shutil.rmtree(folder, ignore_errors=True)
        timed([peer_python("maker", "numpy", "soundfile"), maker, folder, str(MINUTES)])
        listing = folder / "list.txt"
        pieces = sorted((folder / "audio").iterdir())
        listing.write_text("".join(f"file '{piece}'\n" for piece in pieces))
        timed(
            [
                *("ffmpeg", "-v", "error", "-y", "-i", folder / "video.mp4"),
                *("-f", "concat", "-safe", "0", "-i", listing, "-c", "copy", made),
            ]
        )
        shutil.rmtree(folder)
    return made


def ranges() -> list[tuple[float, float]]:
    """Clips at any place, in order, none across another."""
    rng = random.Random(7)
    part = MINUTES * 60 / CLIPS
    starts = [i * part + rng.uniform(0, max(part - SECONDS - 1, 0.1)) for i in range(CLIPS)]
    return [(round(start, 3), round(start + SECONDS, 3)) for start in starts]


def run() -> None:
    source = recording()
    if source is None:
        print("\ncut: skipped, since there is no ../shared/media/make_session.py or no ffmpeg")
        return
    wanted = ranges()
    work = f"cut: {CLIPS} clips of {SECONDS:.0f} s out of {MINUTES} minutes, 1080p"
    ours = [sys.executable, "-m", "backend", "cut", source, "-o", OUT / "cut-ours.mp4", "--force"]
    for start, end in wanted:
        ours += ["-r", f"{start}-{end}"]
    smartcut = peer_python("smartcut", "smartcut==1.7").with_name("smartcut")
    keep = ",".join(f"{start},{end}" for start, end in wanted)
    theirs = [smartcut, source, OUT / "cut-smartcut.mp4", "--keep", keep]
    compare(
        work,
        "smartcut 1.7",
        0.7,
        lambda: timed(ours, stderr=subprocess.DEVNULL),
        lambda: timed(theirs, stderr=subprocess.DEVNULL),
    )
    version, ffmpeg = next(iter(ffmpegs().items()))
    command: list[str | Path] = [ffmpeg, "-v", "error", "-nostdin", "-y"]
    for start, _ in wanted:
        command += ["-ss", str(start), "-t", str(SECONDS), "-i", source]
    streams = "".join(f"[{i}:v][{i}:a]" for i in range(CLIPS))
    command += [
        *("-filter_complex", f"{streams}concat=n={CLIPS}:v=1:a=1[v][a]", "-map", "[v]"),
        *("-map", "[a]", "-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "veryfast"),
        *("-crf", "20", "-c:a", "aac", "-movflags", "+faststart", OUT / "cut-ffmpeg.mp4"),
    ]
    compare(
        work,
        f"{version}, encoding",
        0.05,
        lambda: timed(ours, stderr=subprocess.DEVNULL),
        lambda: timed(command),
    )
