"""Row queue: enqueue, and claim + finish, 20,000 jobs, every commit on the disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.harness import PLACE, ROOT, compare, peer_python

JOBS = 20_000
SESSIONS_AT_ONCE = 8

OURS = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from backend.core.flow import Planned
from backend.core.job import JobKind, Lane, Priority
from backend.core.session import Session, SessionState
from backend.store import graph
from backend.store.library import open_library

folder, phase, jobs = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
library = open_library(folder, lambda events: None, folder / "films")
now = datetime.now(UTC)
plan = (Planned(JobKind.MERGE, Priority.NORMAL),)
if phase == "enqueue":
    for n in range(jobs):
        library.sessions.create(Session(id=f"s{n}", title="T", state=SessionState.LIVE,
                                        started_at=now, created_at=now, updated_at=now))
    start = time.perf_counter()
    for n in range(jobs):
        library.database.write(lambda t, n=n: graph.insert(t, f"s{n}", plan))
else:
    start = time.perf_counter()
    for n in range(jobs):
        job = library.jobs.claim(Lane.READY)
        assert job is not None and library.jobs.finish(job, {}, 0.0)
print(time.perf_counter() - start)
library.close()
"""

THEIRS = """
import sys, time
from huey import SqliteHuey

queue = SqliteHuey(filename=sys.argv[1], fsync=True, results=True)

@queue.task()
def work(session):
    return {}

jobs = int(sys.argv[3])
start = time.perf_counter()
if sys.argv[2] == "enqueue":
    for n in range(jobs):
        work(f"s{n}")
else:
    for n in range(jobs):
        queue.execute(queue.dequeue())
print(time.perf_counter() - start)
"""


def phase(python: Path, program: str, place: Path, name: str, jobs: int) -> float:
    told = subprocess.check_output(
        [str(python), "-c", program, str(place), name, str(jobs)], text=True, cwd=ROOT
    )
    return float(told.splitlines()[-1])


def run(jobs: int = JOBS) -> None:
    huey = peer_python("huey", "huey==2.5.3")
    ours, theirs = PLACE / "queue-ours", PLACE / "queue-theirs.db"
    PLACE.mkdir(parents=True, exist_ok=True)

    def our_enqueue() -> float:
        shutil.rmtree(ours, ignore_errors=True)
        ours.mkdir()
        return phase(Path(sys.executable), OURS, ours, "enqueue", jobs)

    def their_enqueue() -> float:
        for path in PLACE.glob("queue-theirs.db*"):
            path.unlink()
        return phase(huey, THEIRS, theirs, "enqueue", jobs)

    def our_work() -> float:
        our_enqueue()
        return phase(Path(sys.executable), OURS, ours, "work", jobs)

    def their_work() -> float:
        their_enqueue()
        return phase(huey, THEIRS, theirs, "work", jobs)

    compare(f"queue: enqueue {jobs} jobs", "huey, fsync", 1.0, our_enqueue, their_enqueue)
    compare(f"queue: claim and finish {jobs}", "huey, fsync", 1.0, our_work, their_work)
