"""The window's part of row start: from launch until its page can be used."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.benchmarks.harness import OUT

GOAL = 1.0
"""Seconds within which the page is to be there."""
STARTS = 5
GIVE_UP = 120.0
LOOK = 0.05
"""Seconds between two looks, which cost the window time of its own."""


def _display() -> tuple[str, subprocess.Popen[bytes] | None]:
    """The display there is, or one of our own."""
    if named := os.environ.get("DISPLAY"):
        return named, None
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1600x1000x24"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        return f":{told.readline().strip()}", server


def _is_there(port: int) -> bool:
    """Whether the page has drawn itself: it names itself when it has."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=1) as answer:
            pages = json.load(answer)
    except (OSError, urllib.error.URLError, ValueError):
        return False
    return any("· Rushes" in page["title"] and page["url"].startswith("http:") for page in pages)


def launch(data: Path, display: str) -> float:
    """Seconds until the page can be used."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    begun = time.perf_counter()
    shell = subprocess.Popen(
        [sys.executable, "-m", "backend", "window", "--data-dir", str(data)],
        env={
            **os.environ,
            "DISPLAY": display,
            "QTWEBENGINE_REMOTE_DEBUGGING": f"127.0.0.1:{port}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not _is_there(port):
        assert shell.poll() is None, "the window did not open"
        assert time.perf_counter() - begun < GIVE_UP, "the page did not come"
        time.sleep(LOOK)
    taken = time.perf_counter() - begun
    shell.send_signal(signal.SIGTERM)
    shell.wait()
    while (data / "backend.json").exists() and _lives(data):
        time.sleep(0.1)
    return taken


def _lives(data: Path) -> bool:
    """Whether the backend is still there; it leaves some seconds after the window."""
    from backend.instance import Lock

    lock = Lock(data / "backend.lock")
    free = lock.take()
    lock.release()
    return not free


def _forget_files() -> bool:
    """Make the system read everything from the disk again; whether it may be asked to."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def run() -> None:
    if shutil.which("Xvfb") is None and "DISPLAY" not in os.environ:
        print("\nstart: the window\n  left out: there is no display, and no Xvfb")
        return
    data = OUT / "window"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    display, server = _display()
    try:
        forgotten = _forget_files()
        found = {"cold": [launch(data, display)]}
        found["warm"] = [launch(data, display) for _ in range(STARTS)]
    finally:
        if server is not None:
            server.terminate()
            server.wait()
    how = "nothing of it in memory" if forgotten else "first launch"
    print(f"\nstart: the window, from launch until its page can be used (cold: {how})")
    for name, taken in found.items():
        middle = statistics.median(taken)
        met = "met" if middle < GOAL else "MISSED"
        print(f"  {name:6} {middle:9.3f} s, slowest {max(taken):.3f} s, goal < {GOAL} s: {met}")
