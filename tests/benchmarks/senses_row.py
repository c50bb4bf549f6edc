"""Rows scenes and senses: what a session holds, against PySceneDetect and FFmpeg.

Changes are right within a tenth of a second of a clip change that the session's maker noted; what
changes within its clips counts as wrong for both sides alike.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.harness import OUT, SHARED, compare, ffmpegs, input_of, peer_python, timed

MINUTES = int(os.environ.get("MINUTES", "30"))
NEAR = 0.1
"""Seconds."""
EVERY = 10
"""Seconds of film between two pictures of the peer's strip."""

OURS = """
import sys
from pathlib import Path
from backend.media import sight
from backend.media.hearing import hear
class Nobody:
    def plan(self, stages): pass
    def progress(self, stage, fraction): pass
    def check(self): pass
film, out, whole = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "whole"
heard = hear(film, Nobody())
heard.peaks.write_whole(out / "peaks.json")
heard.peaks.write_fine(out / "peaks.dat")
heard.write(out / "heard.json")
if not whole:
    sight._Looking.look_closer = lambda looking: None
seen = sight.see(film, Nobody())
seen.strip.write(out / "strip.jpg")
seen.write(out / "seen.json")
"""
"""All that the two jobs of a session find; unless `whole`, without the second pass over its
picture, which finds changes, black and frozen stretches."""


def session() -> Path | None:
    """The session that the recordings' own script builds, with its truth."""
    maker = SHARED / "make_session.py"
    if not maker.exists() or shutil.which("ffmpeg") is None:
        return None
    folder = input_of("senses", MINUTES)
    if not (folder / "truth.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        timed([peer_python("maker", "numpy", "soundfile"), maker, folder, str(MINUTES)])
    film = folder / "film.mp4"
    if not film.exists():
        inputs = ["-i", folder / "video.mp4", "-i", folder / "audio_full.flac"]
        coded = ["-c:v", "copy", "-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]
        timed(["ffmpeg", "-v", "error", "-nostdin", "-y", *inputs, *coded, film])
    return folder


def score(found: Sequence[float], truth: Sequence[float]) -> tuple[float, float, float]:
    """Precision, recall and F1 of changes, each matched at most once."""
    rest, right = list(truth), 0
    for time in found:
        near = min(rest, key=lambda known: abs(known - time), default=None)
        if near is not None and abs(near - time) <= NEAR:
            rest.remove(near)
            right += 1
    precision = right / len(found) if found else 0.0
    recall = right / len(truth) if truth else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def run_scenes() -> None:
    folder = session()
    if folder is None:
        print("\nscenes: skipped, since there is no ../shared/media/make_session.py or no ffmpeg")
        return
    video = folder / "video.mp4"
    detector = peer_python("scenedetect", "scenedetect==0.7.2", "opencv-python-headless==4.12.0.88")
    told = OUT / "video-Scenes.csv"
    found: list[float] = []

    def ours() -> float:
        answer = OUT / "scenes.json"
        with answer.open("w") as out:
            command = [sys.executable, "-m", "backend", "scenes", str(video), "--json"]
            seconds = timed_into(command, out.fileno())
        found[:] = json.loads(answer.read_text().splitlines()[-1])["changes"]
        return seconds

    def theirs() -> float:
        command = [detector, "-m", "scenedetect", "-q", "-i", video]
        detect = ["detect-adaptive", "list-scenes", "-q", "-s", "-o", OUT]
        return timed([*command, *detect], cwd=OUT)

    compare(f"scenes: {MINUTES} minutes of 1080p", "scenedetect", 0.12, ours, theirs)
    truth = json.loads((folder / "truth.json").read_text())["clip_changes"]
    changes = [change["start"] for change in truth][1:]
    with told.open() as table:
        starts = [float(row["Start Time (seconds)"]) for row in csv.DictReader(table)][1:]
    for name, times in (("ours", found), ("scenedetect", starts)):
        precision, recall, f1 = score(times, changes)
        print(f"  {name:12} {len(times):4} changes, of {len(changes)} clip changes:", end="")
        print(f" precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")


def timed_into(command: list[str], out: int) -> float:
    import time

    start = time.perf_counter()
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=out)
    return time.perf_counter() - start


def run_senses() -> None:
    folder = session()
    if folder is None:
        print("\nsenses: skipped, since there is no ../shared/media/make_session.py or no ffmpeg")
        return
    film, out = folder / "film.mp4", OUT / "senses"
    out.mkdir(exist_ok=True)
    rows = -(-MINUTES * 60 // EVERY // 10)

    def ours(how: str) -> float:
        return timed([sys.executable, "-c", OURS, film, out, how])

    for version, ffmpeg in ffmpegs().items():
        quiet: list[str | Path] = [ffmpeg, "-v", "error", "-nostdin", "-y"]
        sound: list[list[str | Path]] = [
            [*quiet, "-i", film, "-vn", "-af", "silencedetect", "-f", "null", "-"],
            [
                *(*quiet, "-i", film, "-filter_complex", "[0:a]showwavespic=s=2000x120"),
                *("-frames:v", "1", out / "wave.png"),
            ],
        ]
        strip: list[str | Path] = ["-i", film, "-an", "-frames:v", "1", "-vf"]
        strip += [f"fps=1/{EVERY},scale=160:-2,tile=10x{rows}", out / "theirs.jpg"]
        exact = [*sound, [*quiet, *strip]]
        near = [*sound, [*quiet, "-skip_frame", "nokey", *strip]]
        first = f"senses: silence, peaks, thumbnails, loudness of {MINUTES} minutes"
        whole = f"{first}, and changes, black, frozen"
        for work, how, peer, commands in (
            (first, "first", f"{version}, three commands", exact),
            (first, "first", f"{version}, three commands, keyframes only", near),
            (whole, "whole", f"{version}, three commands", exact),
        ):
            compare(work, peer, 0.5, partial(ours, how), partial(_all, commands))


def _all(commands: Sequence[Sequence[str | Path]]) -> float:
    return sum(timed(command) for command in commands)
