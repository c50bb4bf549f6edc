"""Looking at files that cannot be trusted, in a process that may crash, hang or swell."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from backend.core.fault import Category, Fault, FaultError, explain
from backend.core.media import MediaInfo, Source
from backend.core.sync import SyncReport

Probed = tuple[Source, MediaInfo] | Fault
FILE_SECONDS = 60.0
"""How long one file may take, beside the time it takes to read it."""
READING = 20e6
"""Bytes a second that a slow drive gives: some files must be read whole to know their length."""
MEMORY_LIMIT = 4 << 30
HASHING = 2
"""Files that are hashed at a time; more is a race for the disk."""


@contextlib.contextmanager
def spawned(target: Callable[..., None], *args: object) -> Iterator[Connection[Any, Any]]:
    """What a process says that runs `target(*args, pipe)`; it is gone when the block ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*args, theirs))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


def end_with(pipe: Connection[Any, Any]) -> None:
    """End this process, whatever it is doing, when the other side of the pipe does: nobody is left
    to take what it makes."""
    threading.Thread(target=_until_over, args=(pipe,), name="pipe", daemon=True).start()


def _until_over(pipe: Connection[Any, Any]) -> None:
    with contextlib.suppress(EOFError, OSError):
        pipe.recv()
    os._exit(1)


def probe_files(paths: Sequence[Path], seconds: float = FILE_SECONDS) -> list[Probed]:
    """What each file is, or why it cannot be used; one answer a path, in their order.

    A file that takes the process with it, or more than `seconds`, costs its own answer only: the
    rest is looked at by another process.
    """
    answers: list[Probed] = []
    while len(answers) < len(paths):
        rest = paths[len(answers) :]
        answers += _probe_until_it_breaks(rest, seconds)
    return answers


def make_sample(folder: Path) -> None:
    """Make the sample session in a new folder, apart from whoever asks for it.

    Raises `FaultError` where the folder is there already or cannot be written.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_sample_child, args=(str(folder), theirs))
    process.start()
    theirs.close()
    try:
        fault: Fault | None = ours.recv()
    except EOFError:
        fault = Fault(Category.CRASH, "The sample session could not be made.", "Try again.")
    finally:
        process.join()
        process.close()
        ours.close()
    if fault is not None:
        raise FaultError(fault)


def _sample_child(folder: str, pipe: Connection[Fault | None, None]) -> None:
    from backend.media.sample import make_sample as make

    try:
        make(Path(folder))
        pipe.send(None)
    except Exception as error:
        pipe.send(explain(error, "make the sample session"))


def measure_sync(path: Path, tell: Callable[[float], None]) -> SyncReport | Fault:
    """How far apart picture and sound of a film are. `tell` hears how much of it is decoded."""
    with spawned(_sync_child, str(path)) as pipe:
        try:
            while True:
                answer: float | SyncReport | Fault = pipe.recv()
                if not isinstance(answer, float):
                    return answer
                tell(answer)
        except EOFError:
            return Fault(
                Category.INPUT,
                f"“{path.name}” could not be measured: it made the reader crash.",
                "The file is damaged. Leave it out, or repair it with another program.",
            )


def try_hardware(seconds: float = FILE_SECONDS) -> dict[str, str | None]:
    """By each encoder of graphics processors, why it cannot be used; None where it works.

    Drivers may crash or hang: then there is no answer, and a TimeoutError or EOFError.
    """
    with spawned(_hardware_child) as pipe:
        if not pipe.poll(seconds):
            raise TimeoutError(f"no answer within {seconds:.0f} s")
        found: dict[str, str | None] = pipe.recv()
        return found


class _Telling:
    """The context of a measurement: it is ended by ending its process."""

    def __init__(self, pipe: Connection[float | SyncReport | Fault, None]) -> None:
        self._pipe = pipe
        self._told = 0.0

    def progress(self, stage: str, fraction: float) -> None:
        if fraction >= self._told + 0.01:
            self._told = fraction
            self._pipe.send(fraction)

    def check(self) -> None:
        """Nothing to ask: who does not want the answer any more kills the process."""


def _sync_child(name: str, pipe: Connection[float | SyncReport | Fault, None]) -> None:
    from backend.work.child import bound_memory

    bound_memory(MEMORY_LIMIT)
    from backend.media.sync import measure

    path = Path(name)
    try:
        pipe.send(measure(path, _Telling(pipe)))
    except Exception as error:
        pipe.send(explain(error, f"measure “{path.name}”"))


def _hardware_child(pipe: Connection[dict[str, str | None], None]) -> None:
    from backend.media.hardware import tried

    pipe.send({found.encoder.codec: found.trouble for found in tried()})


def _probe_until_it_breaks(paths: Sequence[Path], seconds: float) -> list[Probed]:
    answers: list[Probed] = []
    with spawned(_child, [str(path) for path in paths]) as pipe:
        for path in paths:
            patience = seconds + _size(path) / READING
            if not pipe.poll(patience):
                answers.append(
                    Fault(
                        Category.INPUT,
                        f"“{path.name}” could not be read: it kept Rushes busy for {patience:.0f} s"
                        " without an answer.",
                        "Leave this file out, or convert it with another program first.",
                    )
                )
                break
            try:
                answers.append(pipe.recv())
            except EOFError:
                answers.append(
                    Fault(
                        Category.INPUT,
                        f"“{path.name}” could not be read: it made the reader crash.",
                        "The file is damaged. Leave it out, or repair it with another program.",
                    )
                )
                break
    return answers


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _child(paths: list[str], pipe: Connection[Probed, None]) -> None:
    from backend.work.child import bound_memory

    bound_memory(MEMORY_LIMIT)
    from backend.media.probe import probe
    from backend.media.source import identify

    files = [Path(name) for name in paths]
    # Hashing is most of the time that sound takes, and does not hold the interpreter.
    with ThreadPoolExecutor(HASHING) as pool:
        known = [pool.submit(identify, path) for path in files]
        for path, source in zip(files, known, strict=True):
            try:
                answer: Probed = (source.result(), probe(path))
            except Exception as error:
                answer = explain(error, f"read “{path.name}”")
            pipe.send(answer)
