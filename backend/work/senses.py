"""Listening to and looking at one file in a process of its own, for a command."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from backend.core.fault import Category, Fault, FaultError, explain, refuse
from backend.core.progress import Progress, Stage
from backend.work.isolate import spawned

Told = Mapping[str, object]
Message = float | Told | Fault

STALLED_AFTER = 300.0
"""Seconds without any progress after which a file is given up."""
MEMORY_LIMIT = 4 << 30
_STEP = 0.01
"""Least progress that is told."""


def find_in_sound(
    path: Path, rules: Mapping[str, object], tell: Callable[[float], None]
) -> dict[str, object]:
    """Silence, loudness and clipping of a file. `rules` as `media.silence.SilenceRules` takes them;
    `tell` hears how much is done, 0 to 1. Raises FaultError."""
    return _apart(_hear, path, rules, tell)


def find_in_picture(path: Path, tell: Callable[[float], None]) -> dict[str, object]:
    """Changes, black and frozen stretches of a file's picture. Raises FaultError."""
    return _apart(_see, path, {}, tell)


def _apart(
    work: Callable[[Path, Mapping[str, object], Telling], Told],
    path: Path,
    rules: Mapping[str, object],
    tell: Callable[[float], None],
) -> dict[str, object]:
    # At once, too, where the owner stopped the command, the process is gone.
    with spawned(_child, work, str(path), dict(rules)) as pipe:
        try:
            while True:
                if not pipe.poll(STALLED_AFTER):
                    raise refuse(
                        Category.INPUT,
                        f"“{path.name}” could not be read: it kept Rushes busy for"
                        f" {STALLED_AFTER / 60:.0f} minutes without an answer.",
                        "Convert it with another program first.",
                    )
                message: Message = pipe.recv()
                if isinstance(message, Fault):
                    raise FaultError(message)
                if isinstance(message, Mapping):
                    return dict(message)
                tell(message)
        except EOFError as error:
            raise refuse(
                Category.INPUT,
                f"“{path.name}” could not be read: it made the reader crash.",
                "The file is damaged. Repair it with another program.",
            ) from error


class Telling:
    """Tells its progress through the pipe, as a number from 0 to 1."""

    def __init__(self, pipe: Connection[Any, None]) -> None:
        self._pipe = pipe
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


def _hear(path: Path, rules: Mapping[str, object], ctx: Telling) -> Told:
    from backend.media.hearing import hear
    from backend.media.silence import SilenceRules

    return hear(path, ctx, SilenceRules(**rules)).told()  # type: ignore[arg-type]


def _see(path: Path, rules: Mapping[str, object], ctx: Telling) -> Told:
    from backend.media.sight import see

    return see(path, ctx).told()


def _child(
    work: Callable[[Path, Mapping[str, object], Telling], Told],
    name: str,
    rules: Mapping[str, object],
    pipe: Connection[Message, None],
) -> None:
    from backend.work.child import bound_memory

    # Ctrl-C in a terminal goes to the whole group; the command ends this process by itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(MEMORY_LIMIT)
    path = Path(name)
    try:
        answer: Message = work(path, rules, Telling(pipe))
    except BrokenPipeError:
        return  # nobody waits for it any more
    except Exception as error:
        answer = explain(error, f"read “{path.name}”")
    pipe.send(answer)
