"""A child that stands ready for a merge: it does one job, and it is never in the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from backend.core.job import JobStatus
from backend.work import standby
from backend.work.standby import Child, Standby
from tests.work.conftest import Studio

OWNER = """
import time
from backend.work.standby import Standby
if __name__ == "__main__":
    standby = Standby()
    standby.expect()
    print(standby.take().process.pid, flush=True)
    time.sleep(600)
"""


def waiting(studio: Studio) -> Child | None:
    return studio.app.supervisor._standby._waiting


def expected(studio: Studio) -> Child:
    """The child that stands ready."""
    studio.app.supervisor.expect()
    child = waiting(studio)
    assert child is not None
    return child


def gone(pid: int | None) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_child_that_stands_ready_does_one_merge_and_leaves(
    studio: Studio, short: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = expected(studio)
    monkeypatch.setattr(Standby, "expect", lambda self: None)
    begun: list[str] = []

    def begin(name: str) -> Child:
        begun.append(name)
        return standby.start_child(name)

    monkeypatch.setattr("backend.work.worker.start_child", begin)
    pid = child.process.pid
    first = studio.bring(short)
    studio.until_idle()
    assert studio.job(first).status is JobStatus.COMPLETED
    assert "rushes merge" not in begun
    assert gone(pid)
    assert waiting(studio) is None
    second = studio.bring(shutil.copytree(short, tmp_path / "Again"))
    studio.until_idle()
    assert studio.job(second).status is JobStatus.COMPLETED
    assert "rushes merge" in begun


def test_a_child_that_died_while_it_waited_costs_nobody_an_attempt(
    studio: Studio, short: Path
) -> None:
    child = expected(studio)
    assert child.process.pid is not None
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.join()
    studio.app.supervisor.expect()
    assert waiting(studio) is child, "one that cannot live is not started again and again"
    session = studio.bring(short)
    studio.until_idle()
    job = studio.job(session)
    assert (job.status, job.attempt) == (JobStatus.COMPLETED, 1)


def test_a_child_that_nobody_needs_leaves(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standby, "KEEP", 0.0)
    pid = expected(studio).process.pid
    studio.until(lambda: gone(pid), "the child to leave")
    assert waiting(studio) is None


def test_it_leaves_with_the_backend(studio: Studio) -> None:
    pid = expected(studio).process.pid
    studio.close()
    assert gone(pid)
    studio.app.supervisor.expect()
    assert waiting(studio) is None
    studio.restart()


def test_it_leaves_when_its_owner_is_killed(studio: Studio, tmp_path: Path) -> None:
    program = tmp_path / "owner.py"
    program.write_text(OWNER)
    root = Path(standby.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    ) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert not gone(pid)
        owner.kill()
        studio.until(lambda: gone(pid), "the child to leave")
