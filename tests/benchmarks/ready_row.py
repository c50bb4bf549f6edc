"""Row ready, first form: a 30-minute session with WAV segments becomes one MP4 that plays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.harness import PLACE, SHARED, compare, ffmpegs, peer_python, timed

MINUTES = int(os.environ.get("MINUTES", "30"))
BIT_RATE = "96k"
CODER = "fast"
"""FFmpeg's AAC coder, the same on both sides."""


def session() -> Path | None:
    """The session that the recordings' own script builds, with its segments as WAV."""
    maker = SHARED / "make_session.py"
    if not maker.exists() or shutil.which("ffmpeg") is None:
        return None
    aac, wav = PLACE / f"session-{MINUTES}", PLACE / f"session-{MINUTES}-wav"
    marker = PLACE / f"session-{MINUTES}-wav.done"
    if not marker.exists():
        python = peer_python("maker", "numpy", "soundfile")
        shutil.rmtree(aac, ignore_errors=True)
        shutil.rmtree(wav, ignore_errors=True)
        timed([python, maker, aac, str(MINUTES)])
        (wav / "audio").mkdir(parents=True)
        shutil.move(aac / "video.mp4", wav / "video.mp4")
        for piece in sorted((aac / "audio").iterdir()):
            target = wav / "audio" / f"{piece.stem}.wav"
            timed(["ffmpeg", "-v", "error", "-y", "-i", piece, target])
        shutil.rmtree(aac)
        marker.touch()
    return wav


def run() -> None:
    folder = session()
    if folder is None:
        print("\nready: skipped, since there is no ../shared/media/make_session.py or no ffmpeg")
        return
    data = PLACE / "ready-library"
    shutil.rmtree(data, ignore_errors=True)
    rushes = [sys.executable, "-m", "backend"]
    server = subprocess.Popen(
        [*rushes, "serve", "--data-dir", str(data), "--json"], stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    server.stdout.readline()
    pieces = sorted((folder / "audio").iterdir())
    listing = PLACE / "ready.txt"
    listing.write_text("".join(f"file '{piece}'\n" for piece in pieces))
    output = PLACE / "ready-theirs.mp4"

    def ours() -> float:
        for film in data.glob("films/*/*.mp4"):
            film.unlink()
        process = ["process", "--data-dir", str(data), "--again", "--wait", "ready", str(folder)]
        taken = timed([*rushes, *process], stderr=subprocess.DEVNULL)
        # Previews follow the film; the next run must not share the machine with them.
        timed(
            [*rushes, "process", "--data-dir", str(data), "--wait", "done", str(folder)],
            stderr=subprocess.DEVNULL,
        )
        return taken

    try:
        for version, ffmpeg in ffmpegs().items():
            command: list[str | Path] = [
                *(ffmpeg, "-v", "error", "-nostdin", "-y"),
                *("-f", "concat", "-safe", "0", "-i", listing, "-i", folder / "video.mp4"),
                *(
                    "-map",
                    "1:v",
                    "-map",
                    "0:a",
                    "-c:v",
                    "copy",
                    "-c:a",
                    "aac",
                    "-aac_coder",
                    CODER,
                    "-b:a",
                    BIT_RATE,
                ),
                *("-movflags", "+faststart", output),
            ]
            compare(
                f"ready: {MINUTES} minutes, {len(pieces)} WAV segments",
                version,
                0.5,
                ours,
                lambda command=command: timed(command),
            )
    finally:
        server.terminate()
        server.wait()
        os.sync()
