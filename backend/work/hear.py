"""Writing down what is said in a file, in a process of its own, for a command.

What was understood before the command was stopped is found again by the next one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from backend.core.artifact import ArtifactKind
from backend.core.fault import Category, Fault, FaultError, cause_of_death, explain
from backend.core.progress import Progress, Stage
from backend.core.transcript import Transcript
from backend.enrich.options import ReviewOptions

Message = float | Transcript | Fault
KEPT = 7 * 24 * 3600.0
"""Seconds after which what was understood of a file is forgotten."""
REAP = 5.0
"""Seconds that a process which has said its last word gets to leave tidily."""
_STEP = 0.005
"""Least progress that is told."""


def transcribe_apart(
    path: Path, options: ReviewOptions, shelf: Path, tell: Callable[[float], None]
) -> Transcript:
    """What is said in a file; `shelf` is the folder of what was understood so far.

    `tell` hears how much is done, 0 to 1. Raises FaultError.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(str(path), options, str(shelf), theirs))
    process.start()
    theirs.close()
    try:
        while True:
            message: Message = ours.recv()
            if isinstance(message, Fault):
                raise FaultError(message)
            if isinstance(message, Transcript):
                process.join(REAP)
                return message
            tell(message)
    except EOFError as error:
        process.join()
        raise FaultError(
            Fault(
                Category.CRASH,
                f"The process that listened to “{path.name}” ended unexpectedly"
                f" ({cause_of_death(process.exitcode)}).",
                "Try again: it goes on where it was.",
            )
        ) from error
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


class _Shelf:
    """`core.context.Context` over a folder: what is kept is found by the next run."""

    def __init__(self, folder: Path, pipe: Connection[Message, None]) -> None:
        self._folder, self._pipe = folder, pipe
        self._progress = Progress(())
        self._told = 0.0

    def plan(self, stages: Sequence[Stage]) -> None:
        self._progress = Progress(tuple(stages))

    def progress(self, stage: str, fraction: float) -> None:
        self._progress = self._progress.advanced(stage, fraction)
        if self._progress.overall >= self._told + _STEP:
            self._told = self._progress.overall
            self._pipe.send(self._told)

    def check(self) -> None:
        return None  # whoever wants it to stop kills the process

    def find(self, key: str) -> Path | None:
        path = self._folder / f"{key}.json"
        return path if path.is_file() else None

    def part(self, key: str, suffix: str) -> Path:
        return self._folder / f"{key}.{os.getpid()}.part{suffix}"

    def keep(
        self, kind: ArtifactKind, key: str, part: Path, facts: Mapping[str, object] | None = None
    ) -> Path:
        kept = self._folder / f"{key}{part.suffix}"
        part.replace(kept)
        return kept

    def reach(self, point: str) -> None:
        from backend.points import reach

        reach(point)


def _child(name: str, options: ReviewOptions, folder: str, pipe: Connection[Message, None]) -> None:
    from backend.enrich.review import review
    from backend.media.source import identify
    from backend.work.child import MEMORY_LIMIT, bound_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command hears Ctrl-C, and ends this
    threading.Thread(target=_leave_with, args=(pipe,), daemon=True).start()
    bound_memory(MEMORY_LIMIT)
    path, shelf = Path(name), Path(folder)
    try:
        source = identify(path).key
        shelf.mkdir(parents=True, exist_ok=True)
        _forget(shelf)
        answer: Message = review(path, source, options, _Shelf(shelf, pipe))
    except BrokenPipeError:
        return  # nobody waits for it any more
    except Exception as error:
        answer = explain(error, f"listen to “{path.name}”")
    pipe.send(answer)


def _forget(shelf: Path) -> None:
    before = time.time() - KEPT
    for path in shelf.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def _leave_with(pipe: Connection[Message, None]) -> None:
    """End when the other side of the pipe does."""
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()
    os._exit(1)
