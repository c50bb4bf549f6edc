"""The child process of one job.

It lives as long as its end of the pipe: when the backend is gone the pipe ends and the child ends
with it, whatever it was doing, so that nothing goes on encoding for nobody.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from backend import points
from backend.core.artifact import ArtifactKind
from backend.core.context import Stopped
from backend.core.fault import explain
from backend.core.progress import Stage
from backend.work import enriching, handlers
from backend.work.messages import (
    Advance,
    Answer,
    Assignment,
    Done,
    Failed,
    Find,
    FromChild,
    Left,
    Made,
    Plan,
    Stop,
    ToChild,
)

MEMORY_LIMIT = 12 << 30
"""Bytes of address space: far above honest work, below what takes the machine down."""
HANDLERS = {**handlers.HANDLERS, **enriching.HANDLERS}
TELL_EVERY = 0.05
"""Seconds between two words on the progress of one stage."""


class PipeContext:
    """`core.context.Context` over the child's end of the pipe."""

    def __init__(self, assignment: Assignment, pipe: Connection[FromChild, ToChild]) -> None:
        self._assignment = assignment
        self._pipe = pipe
        self._sending = threading.Lock()
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._stop = threading.Event()
        self._told: dict[str, float] = {}
        self._listener = threading.Thread(target=self._listen, name="pipe", daemon=True)
        self._listener.start()

    def send(self, message: FromChild) -> None:
        with self._sending:
            self._pipe.send(message)

    def _listen(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                # Nobody is left to hear the result. Not sys.exit: this is not the main thread,
                # and the main one may be deep in an encoder.
                os._exit(1)
            if isinstance(message, Stop):
                self._stop.set()
            elif isinstance(message, Answer):
                self._answers.put(message)

    def plan(self, stages: Sequence[Stage]) -> None:
        self.send(Plan(tuple(stages)))

    def progress(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if fraction < 1.0 and now - self._told.get(stage, 0.0) < TELL_EVERY:
            return
        self._told[stage] = now
        self.send(Advance(stage, fraction))

    def check(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def find(self, key: str) -> Path | None:
        self.send(Find(key))
        return self._answers.get().path

    def part(self, key: str, suffix: str) -> Path:
        return self._assignment.work / part_name(self._assignment, key, suffix)

    def keep(
        self, kind: ArtifactKind, key: str, part: Path, facts: Mapping[str, object] | None = None
    ) -> Path:
        self.send(Made(kind, key, part, facts or {}))
        path = self._answers.get().path
        if path is None:
            raise Stopped  # the claim is over: somebody else does this job now
        return path

    def reach(self, point: str) -> None:
        points.reach(point)


def part_name(assignment: Assignment, key: str, suffix: str) -> str:
    """Names job and claim, so that leftovers can be told from the work of another claim."""
    job = assignment.job
    return f"{key[:16]}.{job.id}-{job.token}.part{suffix}"


def main(pipe: Connection[FromChild, ToChild], prepared: bool = False) -> None:
    """Entry of the child process: do the job that comes first, say how it went, leave.

    `prepared`: load what a merge needs before there is one.
    """
    faulthandler.enable()
    # Ctrl-C in a terminal goes to the whole group; whether the job ends is the backend's to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(MEMORY_LIMIT)
    if prepared:
        import backend.media.merge  # noqa: F401
    try:
        assignment = pipe.recv()
    except (EOFError, OSError):
        return  # nobody needed it, or nobody is left
    assert isinstance(assignment, Assignment)
    context = PipeContext(assignment, pipe)
    context.reach("child-started")
    try:
        done: FromChild = HANDLERS[assignment.job.kind](assignment, context)
    except Stopped:
        done = Left()
    except BaseException as error:
        done = Failed(explain(error, f"finish the {assignment.job.kind}"))
    if isinstance(done, Done):
        context.reach("child-done")
    # The backend may have gone at this very moment.
    with contextlib.suppress(OSError):
        context.send(done)


def bound_memory(limit: int) -> None:
    """Let the process fail with MemoryError before it drags the machine down, where POSIX can."""
    try:
        import resource
    except ImportError:
        return  # Windows: the backend puts its children into a job object instead
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    if soft == resource.RLIM_INFINITY or soft > wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
