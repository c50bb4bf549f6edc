"""Frames that a thread of its own decodes and shapes, a few ahead of whoever encodes them.

A decoder and an encoder have threads of their own, but each stands still while the other is asked;
and a scaler has none. Side by side they keep the cores busy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import TypeAlias

from av import VideoFrame

from backend.core.context import Stopped

_LOOK = 0.05
"""Seconds between two looks whether anybody still wants them."""

Timed: TypeAlias = "tuple[int, VideoFrame]"


@contextmanager
def frames_ahead(
    frames: Callable[..., Iterator[Timed]], most: int, check: Callable[[], None]
) -> Iterator[Iterator[Timed]]:
    """What `frames` yields, made in a thread; it has ended, and what it opened is closed, when the
    block is left.

    `frames` is called with a `check` of its own, which it must call as often as work calls any;
    what it raises is raised where the next frame is taken. At most `most` frames wait. `check` is
    called while nothing comes.
    """
    made: Queue[Timed | BaseException | None] = Queue(most)
    stop = threading.Event()

    def stopped() -> None:
        if stop.is_set():
            raise Stopped

    def hand_over(one: Timed | BaseException | None) -> None:
        while not stop.is_set():
            try:
                made.put(one, timeout=_LOOK)
                return
            except Full:
                continue

    def work() -> None:
        try:
            for timed in frames(check=stopped):
                hand_over(timed)
                stopped()
            hand_over(None)
        except BaseException as error:  # whatever it is belongs to whoever waits for frames
            hand_over(error)

    def taken() -> Iterator[Timed]:
        while True:
            try:
                came = made.get(timeout=_LOOK)
            except Empty:
                check()
                continue
            if came is None:
                return
            if isinstance(came, BaseException):
                raise came
            yield came

    thread = threading.Thread(target=work, name="frames ahead")
    thread.start()
    try:
        yield taken()
    finally:
        stop.set()
        thread.join()
