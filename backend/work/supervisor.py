"""The one that decides what runs: claims, preempts, cancels, pauses.

It alone starts and stops jobs. Whoever wants something of a job writes it into the library; the
committed event wakes the supervisor, which then looks at the library and not at the event.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

from backend.bus import Board, Bus
from backend.core.event import MODEL_PROGRESS, progress_names_of
from backend.core.fault import Category, Fault, explain
from backend.core.job import RULES, Job, JobKind, JobStatus, Lane
from backend.core.session import Originals
from backend.points import reach
from backend.settings import Choices, Settings
from backend.store.library import Library
from backend.work.admission import Machine, Promises, limits_in_force, may_start, measure, need_of
from backend.work.originals import clear_originals
from backend.work.standby import Standby
from backend.work.versions import drop_replaced
from backend.work.worker import Reason, Worker

log = logging.getLogger(__name__)

DROP_EVERY = 60.0
"""Seconds between two looks for versions of films that nobody plays any more."""
MEASURE_EVERY = 2.0
"""Seconds between looks at processor, memory and disk."""
STUMBLE = 0.5
"""Seconds before it looks again when a look failed."""
_NOISE = frozenset((MODEL_PROGRESS, *(name for kind in RULES for name in progress_names_of(kind))))


class Supervisor:
    """Runs on a thread of its own between `start` and `stop`."""

    def __init__(self, settings: Settings, library: Library, bus: Bus, board: Board) -> None:
        self._settings = settings
        self._library = library
        self._bus = bus
        self._board = board
        self._standby = Standby()
        self._promises = Promises()
        self._workers: dict[int, Worker] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._machine: Machine | None = None
        self._measured_at = 0.0
        self._drop_at = 0.0
        self._events = bus.subscribe(size=10_000)
        self._listener = threading.Thread(target=self._listen, name="supervisor's ear")
        self._thread = threading.Thread(target=self._run, name="supervisor")

    def start(self) -> None:
        self._listener.start()
        self._thread.start()

    def stop(self) -> None:
        """Claim nothing more; give back what runs; return when every child is gone."""
        self._stopping = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()
        for worker in self._running():
            worker.stop(Reason.QUIT)
        for worker in self._running():
            worker.join()
        self._standby.close()
        self._events.close()
        if self._listener.ident is not None:
            self._listener.join()

    def expect(self) -> None:
        """Hear that a film is likely to be asked for soon."""
        self._standby.expect()

    def idle(self) -> bool:
        """Whether nothing runs and nothing will, unless somebody asks for it."""
        if self._running():
            return False
        if self._library.preferences.queue_paused():
            return True
        counts = self._library.jobs.counts()
        return not any(
            counts[status] for status in (JobStatus.QUEUED, JobStatus.DELAYED, JobStatus.RUNNING)
        )

    def _running(self) -> list[Worker]:
        with self._lock:
            return list(self._workers.values())

    def _left(self, worker: Worker) -> None:
        with self._lock:
            self._workers.pop(worker.job.id, None)
        self._drop_at = 0.0  # a version may have been replaced, or a session be done
        self._wake.set()

    def _listen(self) -> None:
        while not self._events.closed:
            event = self._events.get()
            if event is not None and event.name not in _NOISE:
                self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                self._look()
                pause = self._seconds_to_next_look()
            except Exception:
                # One look that failed must not end the queue; the next one is not far away.
                log.exception("the supervisor stumbled")
                pause = STUMBLE
            self._wake.wait(pause)

    def _seconds_to_next_look(self) -> float:
        due = self._library.jobs.next_due()
        if due is None:
            return MEASURE_EVERY
        ahead = due / 1000 - datetime.now(UTC).timestamp()
        return min(MEASURE_EVERY, max(0.02, ahead))

    def _look(self) -> None:
        if self._library.jobs.next_due() is not None:
            self._library.jobs.wake_due()
        paused = self._library.preferences.queue_paused()
        self._heed_requests(paused)
        self._standby.dismiss()
        choices = Choices(self._library.preferences.all())
        machine = self._measure()
        limits = limits_in_force(choices.limits(), machine)
        self._board.set_machine(
            {"limits": {str(lane): limit for lane, limit in limits.items()}, **machine.as_dict()}
        )
        if paused:
            return
        for lane in Lane:
            self._fill(lane, limits[lane], machine, choices)
        self._drop_replaced()

    def _drop_replaced(self) -> None:
        now = time.monotonic()
        if now >= self._drop_at:
            self._drop_at = now + DROP_EVERY
            drop_replaced(self._settings, self._library)
            if Choices(self._library.preferences.all()).originals is Originals.BIN:
                clear_originals(self._library)

    def _measure(self) -> Machine:
        now = time.monotonic()
        if self._machine is None or now - self._measured_at >= MEASURE_EVERY:
            self._machine = measure(self._settings.films)
            self._measured_at = now
        return self._machine

    def _heed_requests(self, queue_paused: bool) -> None:
        for worker in self._running():
            job = self._library.jobs.get(worker.job.id)
            if job is None or job.cancel_requested or job.token != worker.job.token:
                worker.stop(Reason.CANCEL)
            elif job.pause_requested:
                worker.stop(Reason.PAUSE)
            elif queue_paused:
                worker.stop(Reason.YIELD)

    def _fill(self, lane: Lane, limit: int, machine: Machine, choices: Choices) -> None:
        while not self._stopping:
            waiting = self._library.jobs.next_in(lane)
            if waiting is None:
                return
            there = [worker for worker in self._running() if worker.job.lane is lane]
            if len(there) >= limit:
                self._preempt(waiting, there, limit)
                return
            running = {worker.job.id for worker in self._running()}
            need = need_of(waiting, choices, self._settings.models)
            promised = self._promises.open(running, time.monotonic())
            if not may_start(need, len(running), machine, promised):
                return
            if not self._start_next(lane, need):
                return

    def _preempt(self, waiting: Job, there: list[Worker], limit: int) -> None:
        """Ask the least urgent running job to make room, if it is less urgent than `waiting`."""
        staying = [worker for worker in there if worker.stopping is None]
        if len(staying) < limit:
            return  # somebody is on the way out already
        last = max(staying, key=lambda worker: (worker.job.priority, worker.job.id))
        if last.job.priority > waiting.priority:
            log.info("job %s makes room for job %s", last.job.id, waiting.id)
            last.stop(Reason.YIELD)

    def _start_next(self, lane: Lane, need: int) -> bool:
        job = self._library.jobs.claim(lane)
        if job is None:
            return False
        self._promises.make(job.id, need, time.monotonic())
        reach("job-claimed")
        try:
            self._begin(job)
        except Exception as error:
            # It is claimed: nobody else would ever end it.
            log.exception("job %s could not be begun", job.id)
            self._library.jobs.fail(job, explain(error, f"begin the {job.kind}"))
        return True

    def _begin(self, job: Job) -> None:
        session = self._library.sessions.get(job.session, binned=True)
        if session is None:
            self._library.jobs.fail(job, _session_gone(job.kind))
            return
        log.info("job %s (%s) of %s, attempt %s", job.id, job.kind, job.session, job.attempt)
        worker = Worker(
            job,
            session,
            self._settings,
            self._library,
            self._bus,
            self._board,
            self._standby,
            self._left,
        )
        with self._lock:
            self._workers[job.id] = worker
        try:
            worker.start()
        except RuntimeError:  # no thread is to be had
            self._left(worker)
            raise


def _session_gone(kind: JobKind) -> Fault:
    return Fault(
        Category.MISSING, f"The session of this {kind} is gone.", "There is nothing to do."
    )
