"""Frames that a thread of its own decodes and shapes, a few ahead of whoever encodes them.

A decoder and an encoder have threads of their own, but each stands still while the other is asked;
and a scaler has none. Side by side they keep the cores busy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Self, TypeAlias

from av import VideoFrame

from backend.core.context import Stopped

_LOOK = 0.05
"""Seconds between two looks whether anybody still wants them."""

Check: TypeAlias = Callable[[], None]
Timed: TypeAlias = "tuple[int, VideoFrame]"


class FramesAhead:
    """An iterator over what `frames` yields, in a thread. Use as a context manager: the thread has
    ended, and what it opened is closed, when that is left."""

    def __init__(self, frames: Callable[..., Iterator[Timed]], most: int, check: Check) -> None:
        """`frames` is called in the thread, with a `check` of its own that it must call as often as
        work calls any; what it raises is raised by the next step here. At most `most` frames wait.
        `check` is called while nothing comes."""
        self._source, self._check = frames, check
        self._made: Queue[Timed | BaseException | None] = Queue(most)
        self._stop = threading.Event()
        self._over = False
        self._thread = threading.Thread(target=self._work, name="frames ahead")

    def __iter__(self) -> Iterator[Timed]:
        return self

    def __next__(self) -> Timed:
        if self._over:
            raise StopIteration
        came = self._next()
        if isinstance(came, tuple):
            return came
        self._over = True
        if came is None:
            raise StopIteration
        raise came

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _next(self) -> Timed | BaseException | None:
        while True:
            try:
                return self._made.get(timeout=_LOOK)
            except Empty:
                self._check()

    def _stopped(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _work(self) -> None:
        try:
            for timed in self._source(check=self._stopped):
                self._hand_over(timed)
                self._stopped()
            self._hand_over(None)
        except BaseException as error:  # whatever it is belongs to whoever waits for frames
            self._hand_over(error)

    def _hand_over(self, made: Timed | BaseException | None) -> None:
        while not self._stop.is_set():
            try:
                self._made.put(made, timeout=_LOOK)
                return
            except Full:
                continue
