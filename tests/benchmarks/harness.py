"""Pairs of runs, alternately, on one machine; ratios, not seconds, are what is compared."""

from __future__ import annotations

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PLACE = ROOT / "build" / "bench"
"""Peers and inputs; safe to delete."""
OUT = PLACE / "out"
"""What runs write; it goes when the last of them has ended."""
SHARED = ROOT.parent / "shared" / "media"
PAIRS = int(os.environ.get("PAIRS", "3"))

# An installed program has its bytecode; a checkout writes it at its first run, unless forbidden.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class Seconds(float):
    """What one run took; `processor` is the time that all its processes computed, where known."""

    processor: float | None = None

    @staticmethod
    def of(wall: float, processor: float) -> Seconds:
        taken = Seconds(wall)
        taken.processor = processor
        return taken


Run = Callable[[], float]
"""One run of one side; its seconds."""


@dataclass(slots=True)
class Comparison:
    """Ours against one peer: seconds of each pair, in the order in which they ran."""

    work: str
    peer: str
    goal: float
    """Largest ratio ours / peer that was aimed at."""
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    def tell(self) -> None:
        print(f"\n{self.work}, against {self.peer}")
        for ours, theirs in zip(self.ours, self.theirs, strict=True):
            print(f"  {ours:9.3f} s  {theirs:9.3f} s   {ours / theirs:6.3f} ×")
        sides = (self.ours, self.theirs)
        worked = [[getattr(taken, "processor", None) for taken in side] for side in sides]
        if all(seconds is not None for side in worked for seconds in side):
            ours, theirs = (statistics.median(side) for side in worked)
            print(f"  of the processor {ours:.2f} s and {theirs:.2f} s: {ours / theirs:.3f} ×")
        met = "met" if self.ratio <= self.goal else "MISSED"
        print(f"  median {self.ratio:.3f} ×, goal ≤ {self.goal} ×: {met}")


def compare(
    work: str,
    peer: str,
    goal: float,
    ours: Run,
    theirs: Run,
    pairs: int = PAIRS,
    *,
    warmed: bool = True,
) -> Comparison:
    """Run both in turn, `pairs` times; where `warmed`, after one uncounted pair."""
    comparison = Comparison(work, peer, goal)
    if warmed:
        ours()
        theirs()
    for _ in range(pairs):
        comparison.ours.append(ours())
        comparison.theirs.append(theirs())
    comparison.tell()
    return comparison


def timed(command: Sequence[str | Path], **options: object) -> Seconds:
    """Seconds that a whole process takes. Raises CalledProcessError when it fails."""
    before, start = _children(), time.perf_counter()
    subprocess.run(
        [str(word) for word in command],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]
    )
    return Seconds.of(time.perf_counter() - start, _children() - before)


def _children() -> float:
    """Processor seconds of the processes that were waited for."""
    times = os.times()
    return times.children_user + times.children_system


def peer_python(name: str, *packages: str) -> Path:
    """The Python of an environment of its own, with a peer in it, made at first use."""
    folder = PLACE / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", *packages],
            check=True,
            stderr=subprocess.DEVNULL,
        )
    return python


def input_of(kind: str, length: int, rest: str = "") -> Path:
    """Where an input of that length lies. Those of other lengths go: they are large."""
    mine = f"{kind}-{length}"
    for other in PLACE.glob(f"{kind}-*"):
        if re.match(rf"{re.escape(mine)}(?!\d)", other.name) is None:
            shutil.rmtree(other) if other.is_dir() else other.unlink()
    return PLACE / f"{mine}{rest}"


def ffmpegs() -> dict[str, Path]:
    """Every FFmpeg there is to compare with, by version: the system's and imageio's."""
    found: dict[str, Path] = {}
    if (system := shutil.which("ffmpeg")) is not None:
        found[version_of(Path(system))] = Path(system)
    python = peer_python("imageio", "imageio-ffmpeg==0.6.0")
    where = "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())"
    bundled = Path(subprocess.check_output([str(python), "-c", where], text=True).strip())
    found.setdefault(version_of(bundled), bundled)
    return found


def version_of(ffmpeg: Path) -> str:
    first = subprocess.check_output([str(ffmpeg), "-version"], text=True).splitlines()[0]
    return " ".join(first.split()[:3])


def describe_machine() -> None:
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [x for x in cpuinfo.read_text().splitlines() if x.startswith("model name")]
        processor = names[0].split(":", 1)[1].strip() if names else processor
    if hasattr(os, "getloadavg"):
        print(f"load of the last minute: {os.getloadavg()[0]:.1f}")
    print(
        f"{platform.system()}, {os.cpu_count()} × {processor}, Python {platform.python_version()}"
    )
