"""Pieces of sound encoded by several processes at once.

FFmpeg's AAC encoder uses one core; a process for each core uses them all. The processes are
spawned once, belong to one job and end with it: whoever made the crew closes it, and where that
process is killed its crew sees the end of it and leaves. Whoever made it is one of the hands: it
takes pieces too, rather than wait.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Self

from backend.core.fault import Category, Fault, FaultError, cause_of_death, explain, refuse
from backend.media.aac import encode_piece
from backend.media.pieces import Piece
from backend.media.plan import SoundPlan

MOST = 8
"""Processes at most: behind that the disk and the muxer are the limit."""
_ALONE = 45
"""Seconds of sound for which another process is not worth its start."""
_AHEAD = 2
"""Pieces that each process has at hand, so that none waits while the film is written."""
_TELL_EVERY = 0.05
"""Seconds between two words on the progress of a piece."""
_LEAVE = 5.0


@dataclass(frozen=True, slots=True)
class Task:
    """One piece to encode, and where to."""

    number: int
    piece: Piece
    part: Path


@dataclass(frozen=True, slots=True)
class _Heard:
    number: int
    samples: int


@dataclass(frozen=True, slots=True)
class _Made:
    number: int


_Word = _Heard | _Made | Fault


def helpers(seconds: float) -> int:
    """Processes worth spawning for that much sound, beside the one that asks."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(0, min(cores or 1, MOST, int(seconds / _ALONE)) - 1)


class Crew:
    """Encodes the pieces it is given, the first ones first. Use as a context manager."""

    def __init__(self, plan: SoundPlan, tasks: Sequence[Task], helping: int) -> None:
        self._waiting = deque(tasks)
        self._heard: dict[int, int] = {}
        self._hands: dict[Connection[Task, _Word], tuple[SpawnProcess, deque[Task]]] = {}
        context = multiprocessing.get_context("spawn")
        try:
            for _ in range(min(helping, len(tasks))):
                ours, theirs = context.Pipe()
                process = context.Process(target=_hand, args=(plan, theirs), name="rushes sound")
                process.start()
                theirs.close()
                self._hands[ours] = (process, deque())
            for _ in range(_AHEAD):
                for pipe in self._hands:
                    self._give(pipe)
        except BaseException:
            self.close()
            raise

    @property
    def heard(self) -> int:
        """Samples that went into the encoders of these processes so far."""
        return sum(self._heard.values())

    def _give(self, pipe: Connection[Task, _Word]) -> None:
        if self._waiting:
            task = self._waiting.popleft()
            self._hands[pipe][1].append(task)
            with contextlib.suppress(OSError):  # it died: the pipe's end says so next
                pipe.send(task)

    def take(self) -> Task | None:
        """The next piece that nobody has at hand: it is the caller's from now on."""
        return self._waiting.popleft() if self._waiting else None

    def collect(self, seconds: float) -> list[Task]:
        """The tasks that have been finished; waits for news, at most `seconds`.

        Raises the FaultError that a process met, or a `crash` where one is gone.
        """
        done: list[Task] = []
        ready = wait(list(self._hands), seconds)
        for pipe, (process, tasks) in self._hands.items():
            if pipe not in ready:
                continue
            try:
                while pipe.poll():
                    word = pipe.recv()
                    match word:
                        case _Heard(number, samples):
                            self._heard[number] = samples
                        case _Made():
                            done.append(tasks.popleft())
                            self._give(pipe)
                        case Fault():
                            raise FaultError(word)
            except (EOFError, OSError) as error:
                process.join(_LEAVE)
                raise _gone(process.exitcode) from error
        return done

    def close(self) -> None:
        """End the processes, whatever they do. What they were writing is left unfinished."""
        for pipe, (process, _) in self._hands.items():
            process.kill()
            pipe.close()
        for process, _ in self._hands.values():
            process.join()
            process.close()
        self._hands.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _gone(code: int | None) -> FaultError:
    return refuse(
        Category.CRASH,
        f"A process that encoded the sound ended unexpectedly ({cause_of_death(code)}).",
        "Rushes tries again by itself. If it keeps failing, the recording may be damaged.",
    )


def _hand(plan: SoundPlan, pipe: Connection[_Word, Task]) -> None:
    """Entry of a process of the crew: encode what comes, until the pipe ends."""
    # Ctrl-C in a terminal goes to the whole group; whether the job ends is not ours to say.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, name="parent", daemon=True).start()
    told = 0.0

    def heard(samples: int) -> None:
        nonlocal told
        if (now := time.monotonic()) - told >= _TELL_EVERY:
            told = now
            pipe.send(_Heard(task.number, samples))

    # The crew may have been closed at any moment.
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            try:
                encode_piece(plan, task.piece, task.part, _go_on, heard)
            except Exception as error:
                pipe.send(explain(error, "encode the sound"))
                return
            pipe.send(_Heard(task.number, task.piece.stop(plan) - task.piece.start))
            pipe.send(_Made(task.number))


def _go_on() -> None:
    """Nothing asks a process of the crew to stop: it is ended."""


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    # Not sys.exit: this is not the main thread, and the main one may be deep in an encoder.
    os._exit(1)
