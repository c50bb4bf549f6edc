"""Row start: from launch to the ready line, on an empty library and on one with 10,000 jobs; and
from launch to the window's page."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil

from backend.store.library import open_library
from tests.benchmarks import window_part
from tests.benchmarks.harness import OUT
from tests.benchmarks.status_row import fill

GOALS = {0: 1.0, 10_000: 0.4}
"""By jobs in the library: seconds within which a backend is to be ready."""
MEMORY_GOAL = 90.0
"""Megabytes that one with nothing to do may hold."""
STARTS = 7
REST = 3.0
"""Seconds after which a backend that was started counts as idle."""


def start(data: Path) -> tuple[float, float]:
    """Seconds until one is ready, and its megabytes once it is idle."""
    begun = time.perf_counter()
    backend = subprocess.Popen(
        [sys.executable, "-m", "backend", "serve", "--data-dir", str(data), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert backend.stdout is not None
    with backend.stdout:
        ready = backend.stdout.readline()
        taken = time.perf_counter() - begun
        assert ready.startswith(b"{"), "it is not ready"
        time.sleep(REST)
        memory = psutil.Process(backend.pid).memory_info().rss / 1e6
        backend.terminate()
        backend.wait()
    return taken, memory


def run() -> None:
    for jobs, goal in GOALS.items():
        data = OUT / "start"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True)
        if jobs:
            library = open_library(data, lambda events: None, data / "films")
            fill(library, jobs)
            library.close()
        start(data)
        found = [start(data) for _ in range(STARTS)]
        ready = statistics.median(taken for taken, _ in found)
        memory = max(held for _, held in found)
        print(f"\nstart: a library of {jobs:,} jobs")
        met = "met" if ready < goal else "MISSED"
        print(f"  ready     {ready:7.3f} s, slowest {max(t for t, _ in found):.3f} s,", end=" ")
        print(f"goal < {goal} s: {met}")
        met = "met" if memory < MEMORY_GOAL else "MISSED"
        print(f"  idle      {memory:7.1f} MB, goal < {MEMORY_GOAL:.0f} MB: {met}")
    window_part.run()
