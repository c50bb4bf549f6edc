"""kill -9 at every named point of the main job, and at random."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from backend.points import POINTS
from tests.films import assert_in_sync
from tests.journeys.conftest import PATIENCE, Theatre, listed
from tests.recordings import write_session

IN_CHILD = {
    "child-started",
    "film-open",
    "film-half",
    "chunk-written",
    "sound-written",
    "film-written",
    "film-checked",
    "child-done",
}
STRIKES = [
    *((point, "kill") for point in POINTS),
    *((point, "kill-parent") for point in POINTS if point in IN_CHILD),
]


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session whose picture has to be encoded, so that every point is passed."""
    return write_session(tmp_path_factory.mktemp("encoded") / "Encoded", 3, codec="mpeg4")


@pytest.mark.parametrize(("point", "action"), STRIKES)
def test_a_kill_at_any_point_costs_nothing(
    theatre: Theatre, encoded: Path, tmp_path: Path, point: str, action: str
) -> None:
    marks = tmp_path / "marks"
    theatre.arm(f"{point}={action}", marks)
    done = theatre.run("process", "--wait", "done", encoded)
    assert (marks / f"{point}.{action}").exists(), f"{point} was never reached"
    # The command may have been told that its backend died; the next one goes on where it was.
    if done.returncode != 0:
        done = theatre.run("process", "--wait", "done", encoded)
    assert done.returncode == 0, done.stderr
    assert len(listed(theatre.ask("sessions", "list"), "sessions")) == 1
    (film,) = theatre.films()
    assert_in_sync(film, 3)
    assert (film.parent / "session.rushes.json").exists()
    assert theatre.unfinished() == []
    theatre.until_deserted()


def strike_at_random(theatre: Theatre, sessions: list[Path], kills: int, seed: int) -> None:
    """Kill backend, child, or both, `kills` times while `sessions` are worked on."""
    chance = random.Random(seed)
    struck = 0
    end = time.monotonic() + PATIENCE + kills * 5
    while struck < kills:
        assert time.monotonic() < end, f"only {struck} kills struck"
        # Every third time as a new session, so that there always is something to do.
        again = ("--again",) if chance.random() < 0.3 else ()
        command = theatre.start("process", "--wait", "none", *again, chance.choice(sessions))
        if chance.random() < 0.7:
            command.wait(PATIENCE)
        time.sleep(chance.uniform(0.0, 1.0))
        backend = theatre.backend()
        if backend is not None:
            children = job_children(backend)
            target = chance.choice(("backend", "child", "both"))
            victims = children[:1] if target != "backend" else []
            if target != "child" or not children:
                victims.append(backend)
            for victim in victims:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(victim.pid, signal.SIGKILL)
                    struck += 1
        _, err = command.communicate(timeout=PATIENCE)
        assert "Traceback" not in err


def job_children(backend: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return [c for c in backend.children() if "spawn_main" in " ".join(c.cmdline())]
    return []


def settle(theatre: Theatre) -> list[dict[str, object]]:
    """Let everything end, retrying what was set aside; the sessions there are."""
    end = time.monotonic() + PATIENCE * 3
    while time.monotonic() < end:
        jobs = listed(theatre.ask("jobs", "list", "--limit", "1000"), "jobs")
        for job in jobs:
            if job["status"] == "failed":
                assert job["fault"]["category"] == "crash", job
                theatre.run("jobs", "retry", str(job["id"]))
        if all(job["status"] == "completed" for job in jobs):
            break
        time.sleep(0.3)
    else:
        raise AssertionError("the queue did not come to rest")
    return listed(theatre.ask("sessions", "list", "--limit", "1000"), "sessions")


def survive(theatre: Theatre, folder: Path, kills: int, seed: int) -> None:
    recordings = [
        write_session(folder / f"Take {n}", 2 + n % 3, codec=("libx264", "mpeg4")[n % 2], first=n)
        for n in range(8)
    ]
    print(f"seed {seed}")
    strike_at_random(theatre, recordings, kills, seed)
    for recording in recordings:
        done = theatre.run("process", "--wait", "none", recording)
        assert done.returncode == 0, done.stderr
    sessions = settle(theatre)
    assert {str(session["title"]) for session in sessions} == {r.name for r in recordings}
    films = theatre.films()
    assert len(films) == len(sessions)
    for film in films:
        number = int(film.name.split()[1])
        assert_in_sync(film, 2 + number % 3)
    theatre.until_deserted()
    assert theatre.unfinished() == []


def test_thirty_random_kills_lose_nothing_and_double_nothing(
    theatre: Theatre, tmp_path: Path
) -> None:
    survive(theatre, tmp_path, 30, seed=random.SystemRandom().randrange(10**6))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_five_hundred_random_kills_lose_nothing_and_double_nothing(
    theatre: Theatre, tmp_path: Path
) -> None:
    survive(theatre, tmp_path, 500, seed=random.SystemRandom().randrange(10**6))
