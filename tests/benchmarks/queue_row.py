"""Row queue: enqueue, and claim + finish, 20,000 jobs, every commit on the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.benchmarks.harness import OUT, ROOT, compare, peer_python

JOBS = 20_000
AT_ONCE = (1, 8)
"""Threads that enqueue, or claim and finish: the one of a command, and those of a busy server.
huey always gets one, with which it is fastest: from eight it answers "database is locked"."""

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

folder, phase, jobs, threads = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
pool = ThreadPoolExecutor(threads)
library = open_library(folder, lambda events: None, folder / "films")
now = datetime.now(UTC)
plan = (Planned(JobKind.MERGE, Priority.NORMAL),)
if phase == "enqueue":
    for n in range(jobs):
        library.sessions.create(Session(id=f"s{n}", title="T", state=SessionState.LIVE,
                                        started_at=now, created_at=now, updated_at=now))
    def one(n):
        library.database.write(lambda t: graph.insert(t, f"s{n}", plan))
else:
    def one(n):
        job = library.jobs.claim(Lane.READY)
        assert job is not None and library.jobs.finish(job, {}, 0.0)
start = time.perf_counter()
if threads == 1:
    for n in range(jobs):
        one(n)
else:
    list(pool.map(one, range(jobs)))
print(time.perf_counter() - start)
library.close()
"""

THEIRS = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from huey import SqliteHuey

queue = SqliteHuey(filename=sys.argv[1], fsync=True, results=True)

@queue.task()
def work(session):
    return {}

jobs, threads = int(sys.argv[3]), int(sys.argv[4])
pool = ThreadPoolExecutor(threads)
if sys.argv[2] == "enqueue":
    def one(n):
        work(f"s{n}")
else:
    def one(n):
        queue.execute(queue.dequeue())
start = time.perf_counter()
if threads == 1:
    for n in range(jobs):
        one(n)
else:
    list(pool.map(one, range(jobs)))
print(time.perf_counter() - start)
"""


def phase(python: Path, program: str, place: Path, name: str, jobs: int, threads: int) -> float:
    told = subprocess.check_output(
        [str(python), "-c", program, str(place), name, str(jobs), str(threads)],
        text=True,
        cwd=ROOT,
    )
    return float(told.splitlines()[-1])


def run(jobs: int = int(os.environ.get("JOBS", JOBS))) -> None:
    huey = peer_python("huey", "huey==2.5.3")
    ours, theirs = OUT / "queue-ours", OUT / "queue-theirs.db"

    def our(name: str, threads: int) -> float:
        if name == "enqueue":
            shutil.rmtree(ours, ignore_errors=True)
            ours.mkdir()
        else:
            our("enqueue", 8)
        return phase(Path(sys.executable), OURS, ours, name, jobs, threads)

    def their(name: str, threads: int) -> float:
        if name == "enqueue":
            for path in OUT.glob("queue-theirs.db*"):
                path.unlink()
        else:
            their("enqueue", 1)
        return phase(huey, THEIRS, theirs, name, jobs, threads)

    for threads in AT_ONCE:
        for name, words in (("enqueue", "enqueue"), ("work", "claim and finish")):
            compare(
                f"queue: {words} {jobs} jobs, {threads} at once",
                "huey, fsync",
                1.0,
                partial(our, name, threads),
                partial(their, name, 1),
            )
