"""Row status: counts, a page of the list, and one job, at 10,000 and a million jobs."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import apsw

from backend.core.session import Session, SessionState
from backend.store.db import Transaction
from backend.store.library import Library, open_library
from tests.benchmarks.harness import OUT

GOALS = {10_000: 5.0, 1_000_000: 20.0}
"""Milliseconds within which 99 of 100 queries are to be answered."""
QUERIES = 300


def fill(library: Library, jobs: int) -> None:
    now = datetime.now(UTC)
    library.sessions.create(
        Session(
            id="s",
            title="T",
            state=SessionState.LIVE,
            started_at=now,
            created_at=now,
            updated_at=now,
        )
    )

    def insert(transaction: Transaction) -> None:
        transaction.connection.executemany(
            "INSERT INTO job (session, kind, lane, status, priority, options, max_attempts,"
            " created_at, updated_at) VALUES ('s', 'merge', 'ready', ?, 1, '{}', 3, ?, ?)",
            (
                (("completed", "failed", "cancelled")[n % 3], transaction.now, transaction.now)
                for n in range(jobs)
            ),
        )

    library.database.write(insert)


def percentile(query: Callable[[], object]) -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds."""
    taken = []
    for _ in range(QUERIES):
        start = time.perf_counter()
        query()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=100)[98]


def run() -> None:
    for jobs, goal in GOALS.items():
        folder = OUT / "status"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        library = open_library(folder, lambda events: None, folder / "films")
        try:
            fill(library, jobs)
            print(f"\nstatus: {jobs:,} jobs (SQLite {apsw.sqlite_lib_version()})")
            queries: dict[str, Callable[[], object]] = {
                "counts": library.jobs.counts,
                "a page": partial(library.jobs.page, limit=50),
                "page 100": partial(library.jobs.page, limit=50, offset=5000),
                "one job": partial(library.jobs.get, jobs // 2),
            }
            for name, query in queries.items():
                median, worst = percentile(query)
                met = "met" if worst < goal else "MISSED"
                print(f"  {name:9} {median:7.3f} ms, p99 {worst:7.3f} ms, goal < {goal} ms: {met}")
        finally:
            library.close()
