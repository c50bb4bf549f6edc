"""A disk that is full: said in words, nothing lost, and it goes on when there is room."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests import disks
from tests.films import assert_in_sync
from tests.journeys.conftest import PATIENCE, Theatre, listed
from tests.recordings import write_session


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with disks.small_disk(tmp_path / "disk", 72) as disk:
        yield disk


@pytest.mark.parametrize("left", [0, 200_000, 3_000_000])
def test_a_full_disk_is_said_and_survived(small_disk: Path, tmp_path: Path, left: int) -> None:
    theatre = Theatre(small_disk / "library")
    theatre.environment["RUSHES_THEATRE"] = str(theatre.data)
    try:
        recording = write_session(tmp_path / "Take", 2)
        assert theatre.run("process", "--wait", "done", recording).returncode == 0
        theatre.run("queue", "pause")
        again = write_session(tmp_path / "Next", 3, first=4)
        theatre.run("process", "--wait", "none", again)
        ballast = small_disk / "ballast"
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(bytes(max(0, free - left)))
        resumed = theatre.run("queue", "resume")
        if left:
            # The library itself had room; the film had not.
            assert resumed.returncode == 0, resumed.stderr
            done = theatre.run("process", "--wait", "done", again)
            assert done.returncode == 4
            assert "storage" in done.stderr
        else:
            assert resumed.returncode != 0
            assert "storage" in resumed.stderr
        ballast.unlink()
        theatre.run("queue", "resume")
        for job in theatre.ask("jobs"):
            if job["status"] == "failed":  # as its words ask for, now that there is room
                theatre.run("jobs", "retry", str(job["id"]))
        for path, seconds in ((recording, 2), (again, 3)):
            done = theatre.run("process", "--wait", "done", path)
            assert done.returncode == 0, done.stderr
            title = path.name
            (film,) = [film for film in theatre.films() if film.name.startswith(title)]
            assert_in_sync(film, seconds)
        assert len(listed(theatre.ask("sessions", "list"), "sessions")) == 2
        assert theatre.unfinished() == []
    finally:
        theatre.close()


def test_a_command_that_waits_says_why_and_goes_on(small_disk: Path, tmp_path: Path) -> None:
    theatre = Theatre(small_disk / "library")
    theatre.environment["RUSHES_THEATRE"] = str(theatre.data)
    theatre.arm("film-checked=stop", tmp_path / "marks")
    try:
        waiting = theatre.start("process", "--json", write_session(tmp_path / "Take", 2))
        asleep: list[psutil.Process] = []
        end = time.monotonic() + PATIENCE
        while not asleep:
            assert time.monotonic() < end, "the film was never finished"
            asleep = [p for p in theatre.processes() if p.status() == psutil.STATUS_STOPPED]
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free))
        for process in asleep:
            process.resume()
        assert waiting.stdout is not None
        told = next(line for text in waiting.stdout if (line := json.loads(text)).get("fault"))
        assert told["event"] == "waiting"
        assert told["fault"]["category"] == "storage"
        ballast.unlink()
        _, err = waiting.communicate(timeout=PATIENCE)
        assert waiting.returncode == 0, err
        (film,) = theatre.films()
        assert_in_sync(film, 2)
        assert theatre.unfinished() == []
    finally:
        theatre.close()
