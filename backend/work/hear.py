"""What is said in a file and what it is about, found out in a process of its own, for a command.

What was understood before the command was stopped is found again by the next one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from backend.core.artifact import ArtifactKind
from backend.core.context import Context
from backend.core.fault import Category, Fault, FaultError, cause_of_death, explain
from backend.core.summary import Summary
from backend.core.transcript import Transcript
from backend.enrich.options import OutlineOptions, ReviewOptions
from backend.work.isolate import end_with
from backend.work.senses import Telling

if TYPE_CHECKING:
    from backend.enrich.endpoint import Endpoint
    from backend.enrich.outline import Outline

Options = TypeVar("Options")
T = TypeVar("T")
KEPT = 7 * 24 * 3600.0
"""Seconds after which what was understood of a file is forgotten."""
TICK = 0.2
"""Seconds between two looks whether to go on."""
REAP = 5.0
"""Seconds that a process which has said its last word gets to leave tidily."""


@dataclass(frozen=True, slots=True)
class _Found(Generic[T]):
    """The last word of the process."""

    result: T


def transcribe_apart(
    path: Path, options: ReviewOptions, shelf: Path, tell: Callable[[float], None]
) -> Transcript:
    """What is said in a file; see `on_shelf`."""
    return on_shelf(_review, path, options, shelf, tell)


def chapters_apart(
    path: Path, options: OutlineOptions, shelf: Path, tell: Callable[[float], None]
) -> Outline:
    """The chapters of a file, and what they were made of; see `on_shelf`."""
    return on_shelf(_outline, path, options, shelf, tell)


def summary_apart(
    path: Path,
    options: OutlineOptions,
    endpoint: Endpoint | None,
    shelf: Path,
    tell: Callable[[float], None],
) -> Summary:
    """The summary of a file, by the model at `endpoint` if there is one; see `on_shelf`."""
    return on_shelf(_sum_up, path, (options, endpoint), shelf, tell)


def on_shelf(
    work: Callable[[Path, str, Options, Context], T],
    path: Path,
    options: Options,
    shelf: Path,
    tell: Callable[[float], None],
    check: Callable[[], None] = lambda: None,
) -> T:
    """What `work` (path, key of its bytes, options, context) finds out about a file, in a process
    of its own; `shelf` is the folder of what was found so far.

    `tell` hears how much is done, 0 to 1; `check` is asked often, and may raise to end it. Raises
    FaultError.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(work, str(path), options, str(shelf), theirs))
    process.start()
    theirs.close()
    try:
        while True:
            while not ours.poll(TICK):
                check()
            message: float | Fault | _Found[T] = ours.recv()
            if isinstance(message, Fault):
                raise FaultError(message)
            if isinstance(message, _Found):
                process.join(REAP)
                return message.result
            tell(message)
    except EOFError as error:
        process.join()
        raise FaultError(
            Fault(
                Category.CRASH,
                f"The process that worked on “{path.name}” ended unexpectedly"
                f" ({cause_of_death(process.exitcode)}).",
                "Try again: it goes on where it was.",
            )
        ) from error
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def _review(path: Path, source: str, options: ReviewOptions, ctx: Context) -> Transcript:
    from backend.enrich.review import review

    return review(path, source, options, ctx)


def _outline(path: Path, source: str, options: OutlineOptions, ctx: Context) -> Outline:
    from backend.enrich.outline import outline

    return outline(path, source, options, ctx)


def _sum_up(
    path: Path, source: str, options: tuple[OutlineOptions, Endpoint | None], ctx: Context
) -> Summary:
    from backend.enrich.outline import sum_up

    return sum_up(path, source, *options, ctx)


class _Shelf(Telling):
    """`core.context.Context` over a folder: what is kept is found by the next run."""

    def __init__(self, folder: Path, pipe: Connection[Any, None]) -> None:
        super().__init__(pipe)
        self._folder = folder

    def find(self, key: str) -> Path | None:
        kept = (self._folder / f"{key}{suffix}" for suffix in (".json", ".jpg"))
        return next((path for path in kept if path.is_file()), None)

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


def _child(
    work: Callable[[Path, str, Options, Context], T],
    name: str,
    options: Options,
    folder: str,
    pipe: Connection[Any, None],
) -> None:
    from backend.media.source import identify
    from backend.work.child import MEMORY_LIMIT, bound_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command hears Ctrl-C, and ends this
    end_with(pipe)
    bound_memory(MEMORY_LIMIT)
    path, shelf = Path(name), Path(folder)
    try:
        source = identify(path).key
        shelf.mkdir(parents=True, exist_ok=True)
        _forget(shelf)
        answer: Fault | _Found[T] = _Found(work(path, source, options, _Shelf(shelf, pipe)))
    except BrokenPipeError:
        return  # nobody waits for it any more
    except Exception as error:
        answer = explain(error, f"work on “{path.name}”")
    pipe.send(answer)


def _forget(shelf: Path) -> None:
    before = time.time() - KEPT
    for path in shelf.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()
