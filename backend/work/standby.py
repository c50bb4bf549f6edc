"""A child that stands ready for a merge which will be asked for in a moment.

Python and the media engine take a third of a second to load. While files are still being looked at,
or a session is still recorded, that can be done beforehand, so that nobody waits for it. It is the
child of one job, like any other: it knows nothing until it is given its assignment, takes one, and
leaves with it. Nothing depends on it: where none stands ready, the job begins its own.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess

from backend.work import child
from backend.work.messages import FromChild, ToChild

KEEP = 30.0
"""Seconds after which one that nobody needed leaves: a live session sends its pieces more often."""
REAP = 5.0
"""Seconds that a child which has said its last word gets to exit."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process that waits for its assignment, or does what it says. Whoever has it ends it."""

    process: SpawnProcess
    pipe: Connection[ToChild, FromChild]

    def end(self) -> None:
        """Return when it is gone, whatever it was doing."""
        self.process.kill()
        reap(self.process)
        self.pipe.close()


def start_child(name: str, *, prepared: bool = False) -> Child:
    """A new child; a `prepared` one loads the media engine before it is told what to do."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=child.main, args=(theirs, prepared), name=name)
    process.start()
    theirs.close()
    return Child(process, ours)


def reap(process: SpawnProcess) -> None:
    """Return when the child is gone; kill it if it does not go. Idempotent."""
    process.join(timeout=REAP)
    if process.is_alive():
        process.kill()
        process.join()


class Standby:
    """Owns at most one child that waits. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: Child | None = None
        self._until = 0.0
        self._closed = False

    def expect(self) -> None:
        """Have a child ready: a merge is likely to be asked for soon.

        One that died is not replaced before it was to be used: a child that cannot start would be
        started for ever.
        """
        with self._lock:
            self._until = time.monotonic() + KEEP
            if self._waiting is None and not self._closed:
                with contextlib.suppress(OSError):  # where no process is to be had, the job says so
                    self._waiting = start_child("rushes merge", prepared=True)

    def take(self) -> Child | None:
        """The child that stands ready, which is the caller's from now on; it may have died."""
        with self._lock:
            waiting, self._waiting = self._waiting, None
        return waiting

    def dismiss(self, *, all_of_them: bool = False) -> None:
        """End a child that nobody has needed for a while."""
        with self._lock:
            if self._waiting is None or (not all_of_them and time.monotonic() < self._until):
                return
            waiting, self._waiting = self._waiting, None
        waiting.end()

    def close(self) -> None:
        """End the child; none is begun any more."""
        with self._lock:
            self._closed = True
        self.dismiss(all_of_them=True)
