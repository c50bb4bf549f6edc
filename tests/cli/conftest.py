"""The real command, the real backend that it starts, and small real recordings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from backend.client import Client, Gone, Unwilling
from backend.instance import Lock
from backend.launch import attach
from backend.settings import Settings, settings_for
from tests.recordings import write_sound, write_video

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every line of standard output, which must all be JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Rushes:
    """The `rushes` command on a library of the test's own."""

    data: Path
    place: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return settings_for(self.data)

    def start(self, *words: object, through: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """`through`: a program that runs and watches the command it is given."""
        return subprocess.Popen(
            [*through, sys.executable, "-P", "-m", "backend", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.place,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "RUSHES_DATA_DIR": str(self.data),
                **self.environment,
            },
            start_new_session=True,
        )

    def finish(self, process: subprocess.Popen[bytes]) -> Ran:
        out, err = process.communicate(timeout=PATIENCE)
        ran = Ran(process.returncode, out.decode(), err.decode())
        assert "Traceback" not in ran.out + ran.err, ran
        return ran

    def __call__(self, *words: object) -> Ran:
        return self.finish(self.start(*words))

    def leave(self) -> None:
        """End the backend of this library, and wait until it is gone."""
        lock = Lock(self.settings.lock)
        until = time.monotonic() + PATIENCE
        while self.settings.lock.exists() and not lock.take():
            assert time.monotonic() < until, "the backend does not leave"
            if address := attach(self.settings):
                try:
                    with Client(address) as client:
                        client.post("/api/leave")
                except (Gone, Unwilling):
                    pass
            time.sleep(0.05)
        lock.release()

    def kill_backend(self) -> None:
        address = attach(self.settings)
        assert address is not None
        os.kill(address.pid, signal.SIGKILL)


@pytest.fixture
def make_rushes(tmp_path: Path) -> Iterator[Callable[[str], Rushes]]:
    made: list[Rushes] = []

    def make(name: str) -> Rushes:
        place = tmp_path / "elsewhere"
        # A folder of that name beside the caller must not be taken for the program.
        (place / "backend").mkdir(parents=True, exist_ok=True)
        (place / "backend" / "__init__.py").write_text("raise SystemExit('the wrong one')")
        made.append(Rushes(tmp_path / name, place))
        return made[-1]

    yield make
    for each in made:
        each.leave()


@pytest.fixture
def rushes(make_rushes: Callable[[str], Rushes]) -> Rushes:
    return make_rushes("library")


@pytest.fixture(scope="session")
def _recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "Stand-up"
    write_video(folder / "video.mp4", 2)
    write_sound(folder / "audio" / "seg_1.m4a", 1)
    write_sound(folder / "audio" / "seg_2.m4a", 1, start=1)
    return folder


@pytest.fixture
def recorded(_recorded: Path, tmp_path: Path) -> Path:
    """A session folder: a picture and two segments of sound, 2 s long."""
    import shutil

    return Path(shutil.copytree(_recorded, tmp_path / "Stand-up"))
