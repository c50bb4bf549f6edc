from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

PATIENCE = 120.0
"""Seconds after which a journey that waits for something has failed. No speed is asserted by it."""


class Theatre:
    """A library of its own, and the real command on it."""

    measured = False
    """Whether it is counted which lines its processes run. They start half as slow again then, and
    most journeys run what other tests run."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.films_folder = data / "films"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if self.measured or not name.startswith("COVERAGE_")
        }
        self.program = [sys.executable, "-m", "backend"]
        self.user: int | None = None
        """Who runs it, where that is somebody else than who runs the tests."""

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        command = [*self.program, *map(str, words)]
        place = command.index("--") if "--" in command else len(command)
        command[place:place] = ["--data-dir", str(self.data)]
        return subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
        )

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in out + err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def ask(self, *words: str | Path) -> list[dict[str, Any]]:
        """The lines of JSON that a command answers with."""
        done = self.run(*words, "--json")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def arm(self, strikes: str, marks: Path) -> None:
        marks.mkdir(exist_ok=True)
        self.environment["RUSHES_STRIKE"] = strikes
        self.environment["RUSHES_STRIKE_MARKS"] = str(marks)

    def disarm(self) -> None:
        self.environment.pop("RUSHES_STRIKE", None)

    def backend(self) -> psutil.Process | None:
        """The backend of this library, if one lives."""
        try:
            pid = json.loads((self.data / "backend.json").read_text())["pid"]
            process = psutil.Process(pid)
            return process if str(self.data) in " ".join(process.cmdline()) else None
        except (OSError, ValueError, psutil.Error):
            return None

    def processes(self) -> list[psutil.Process]:
        """Every process that has anything of this library open or in its command line."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("RUSHES_THEATRE") == str(self.data):
                    found.append(process)
        return [p for p in found if p.pid != os.getpid()]

    def kill_backend(self) -> bool:
        backend = self.backend()
        if backend is None:
            return False
        with contextlib.suppress(psutil.Error):
            backend.send_signal(signal.SIGKILL)
            backend.wait(10)
        return True

    def until_deserted(self) -> None:
        """Ask the backend to leave, and wait until no process is left: nobody may be orphaned."""
        backend = self.backend()
        if backend is not None:
            with contextlib.suppress(psutil.Error):
                backend.terminate()
        end = time.monotonic() + PATIENCE
        while left := self.processes():
            assert time.monotonic() < end, [(p.pid, p.cmdline()) for p in left]
            time.sleep(0.05)

    def films(self) -> list[Path]:
        return sorted(self.films_folder.glob("*/*.mp4"))

    def unfinished(self) -> list[Path]:
        return [path for path in self.data.rglob("*") if ".part" in path.name]

    def close(self) -> None:
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.until_deserted()


def listed(lines: Sequence[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """Rows of a listing: one object a line, or one that holds them all."""
    if len(lines) == 1 and isinstance(lines[0].get(key), list):
        rows: list[dict[str, Any]] = lines[0][key]
        return rows
    return list(lines)


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    theatre = Theatre(tmp_path / "library")
    theatre.environment["RUSHES_THEATRE"] = str(theatre.data)
    yield theatre
    theatre.close()
