"""Row live: from a job's process, over its pipe, to the event streams of ten pages."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import shutil
import statistics
import threading
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import cast

from backend.api.server import Server
from backend.bus import Board, Bus, Presence
from backend.core.event import Event
from backend.services import Intake, Meanings, Models, Renditions, Services
from backend.settings import Settings
from backend.store.library import open_library
from tests.benchmarks.harness import OUT

PAGES = 10
EVENTS = 1000
EVERY = 0.01
"""Seconds between two events; a job's progress is told every tenth of one."""
GOAL = 50.0
"""Milliseconds within which 99 of 100 events are to be at a page."""
TOKEN = "benchmark"


def work(pipe: Connection) -> None:
    """A job's process: says when it said something."""
    for _ in range(EVENTS):
        pipe.send(time.monotonic())
        time.sleep(EVERY)
    pipe.close()


def watch(port: int, open_pages: Connection) -> None:
    """Ten pages in a process of their own; tells how long each event took to each."""
    taken: list[float] = []

    def read(ready: threading.Barrier) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        connection.request("GET", "/api/events", headers=headers)
        answer = connection.getresponse()
        answer.readline()
        ready.wait()
        heard = 0
        while heard < EVENTS:
            line = answer.readline()
            if line.startswith(b"data: "):
                taken.append(time.monotonic() - json.loads(line[6:])["sent"])
                heard += 1
        connection.close()

    ready = threading.Barrier(PAGES + 1)
    pages = [threading.Thread(target=read, args=(ready,)) for _ in range(PAGES)]
    for page in pages:
        page.start()
    ready.wait()
    open_pages.send(None)
    for page in pages:
        page.join()
    open_pages.send(taken)


def run() -> None:
    data = OUT / "live"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    bus, settings = Bus(), Settings(data, data / "films")
    library = open_library(data, bus.publish, settings.films)
    services = Services(
        settings=settings,
        library=library,
        bus=bus,
        board=Board(),
        presence=Presence(),
        intake=cast(Intake, None),
        renditions=cast(Renditions, None),
        meanings=cast(Meanings, None),
        models=cast(Models, None),
        poster=lambda canvas, pictures, dark: b"",
        token=TOKEN,
        leave=lambda: None,
    )
    server = Server(services)
    server.start()
    fresh = multiprocessing.get_context("spawn")
    here, there = fresh.Pipe()
    says, hears = fresh.Pipe()
    pages = fresh.Process(target=watch, args=(server.port, there))
    job = fresh.Process(target=work, args=(says,))
    try:
        pages.start()
        here.recv()
        job.start()
        for _ in range(EVENTS):
            sent = hears.recv()
            event = Event(None, "job-progress", datetime.now(UTC), "s", 1, {"sent": sent})
            bus.publish([event])
        taken = [seconds * 1000 for seconds in here.recv()]
    finally:
        for process in (job, pages):
            process.join(10)
            process.kill()
        server.stop()
        library.close()
    worst = statistics.quantiles(taken, n=100)[98]
    met = "met" if worst < GOAL else "MISSED"
    print(f"\nlive: {EVENTS:,} events to {PAGES} pages")
    print(f"  median {statistics.median(taken):.2f} ms, p99 {worst:.2f} ms, ", end="")
    print(f"goal < {GOAL:.0f} ms: {met}")
