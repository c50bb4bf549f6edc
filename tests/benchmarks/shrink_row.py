"""Rows shrink and cores: a film gets smaller, against FFmpeg's x264, and against one core."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from backend.core.session import Quality
from tests.benchmarks.harness import OUT, SHARED, compare, ffmpegs, input_of, timed

SECONDS = int(os.environ.get("SHRINK_SECONDS", "60"))
"""Of film."""

SOURCES = {
    "screen": ("screen/editor_vp8_vfr_124s.webm", "1920:1080", 0.7),
    "camera": ("camera/gopro_karma_tmcd_gpmd.mp4", "1280:720", 1.05),
}
"""By what is shown: a recording, the size that it is brought to, and the goal."""


def film(shown: str) -> Path:
    """A film as a recorder in a hurry writes it: 30 frames a second, x264 ultrafast."""
    name, size, _ = SOURCES[shown]
    path = input_of(f"shrink-{shown}", SECONDS, ".mp4")
    if not path.exists():
        part = path.with_suffix(".part.mp4")
        scale = f"scale={size}:force_original_aspect_ratio=decrease,pad={size}:-1:-1,setsar=1"
        timed(
            [
                *("ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", "-i", SHARED / name),
                *("-t", str(SECONDS), "-an", "-vf", f"fps=30,{scale},format=yuv420p"),
                *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-g", "150"),
                *("-movflags", "+faststart", part),
            ]
        )
        part.rename(path)
    return path


def likeness(ffmpeg: Path, result: Path, original: Path) -> float:
    """SSIM over every frame, each shown for as long as it is."""
    graph = "[0:v]fps=30[a];[1:v]fps=30[b];[a][b]ssim"
    told = subprocess.run(
        [ffmpeg, "-nostdin", "-i", result, "-i", original, "-lavfi", graph, "-f", "null", "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    found = re.findall(r"SSIM .*All:([0-9.]+)", told)
    return float(found[-1])


def run() -> None:
    if not SHARED.is_dir() or shutil.which("ffmpeg") is None:
        print("\nshrink: skipped, since there is no ../shared/media or no ffmpeg")
        return
    # Not at the top: the queue's row must not load the media engine.
    from backend.media.quality import TARGETS, Material

    for shown, (_, size, goal) in SOURCES.items():
        original = film(shown)
        ours, theirs = OUT / "shrink-ours.mp4", OUT / "shrink-theirs.mp4"
        target = TARGETS[Quality.MEDIUM, Material(shown)]

        def mine(original: Path = original, ours: Path = ours) -> float:
            return timed([sys.executable, "-m", "tests.benchmarks.shrink_part", original, ours])

        for version, ffmpeg in ffmpegs().items():
            command = [
                *(ffmpeg, "-v", "error", "-nostdin", "-y", "-i", original, "-c:v", "libx264"),
                *("-preset", target.preset, "-crf", str(target.crf), "-vsync", "passthrough"),
                *("-movflags", "+faststart", theirs),
            ]
            compare(
                f"shrink: {SECONDS} s of {shown}, {size.replace(':', ' × ')}",
                f"{version}, {target.preset} at CRF {target.crf}",
                goal,
                mine,
                lambda command=command: timed(command),
            )
            for name, result in (("ours", ours), ("theirs", theirs)):
                share = result.stat().st_size / original.stat().st_size
                alike = likeness(ffmpeg, result, original)
                print(f"  {name}: {share:.3f} of the size, SSIM {alike:.4f}")


def run_cores() -> None:
    if (
        not SHARED.is_dir()
        or shutil.which("ffmpeg") is None
        or not hasattr(os, "sched_setaffinity")
    ):
        print("\ncores: skipped, since there is no ../shared/media, no ffmpeg, or no affinity")
        return
    original, output = film("camera"), OUT / "cores.mp4"
    command = [sys.executable, "-m", "tests.benchmarks.shrink_part", original, output]

    def on(cores: int) -> float:
        return timed(command, env={**os.environ, "CORES": str(cores)})

    compare(
        f"cores: {SECONDS} s of camera made smaller on two cores",
        "itself on one",
        1 / 1.7,
        lambda: on(2),
        lambda: on(1),
    )
