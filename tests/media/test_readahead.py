"""Frames that a thread makes ahead of whoever takes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import count

import av
import pytest

from backend.core.context import Stopped
from backend.media.readahead import frames_ahead

FRAMES = 12
FRAME = av.VideoFrame(16, 16, "yuv420p")


def numbered(check: Callable[[], None], length: int | None = None) -> Iterator[tuple[int, object]]:
    for tick in count() if length is None else range(length):
        check()
        yield tick, FRAME


def go_on() -> None:
    pass


@pytest.mark.parametrize("length", [0, 1, FRAMES, FRAMES + 1, 10 * FRAMES])
def test_all_come_in_order(length: int) -> None:
    with frames_ahead(lambda check: numbered(check, length), FRAMES, go_on) as ahead:
        assert [tick for tick, _ in ahead] == list(range(length))
        assert next(ahead, None) is None  # and the end stays the end


def test_only_a_few_wait() -> None:
    made = 0
    full = threading.Event()

    def frames(check: Callable[[], None]) -> Iterator[tuple[int, object]]:
        nonlocal made
        for timed in numbered(check):
            made += 1
            if made > FRAMES:
                full.set()  # this one finds no place
            yield timed

    with frames_ahead(frames, FRAMES, go_on) as ahead:
        assert full.wait(60)
        assert next(ahead)[0] == 0
    assert FRAMES < made <= FRAMES + 2


def test_who_leaves_ends_it_and_what_it_opened() -> None:
    closed = threading.Event()

    def frames(check: Callable[[], None]) -> Iterator[tuple[int, object]]:
        try:
            yield from numbered(check)
        finally:
            closed.set()

    with pytest.raises(KeyError), frames_ahead(frames, FRAMES, go_on) as ahead:
        next(ahead)
        raise KeyError
    assert closed.is_set()
    assert not any(one.name == "frames ahead" for one in threading.enumerate())


def test_what_fails_there_fails_here_behind_the_frames_before_it() -> None:
    def frames(check: Callable[[], None]) -> Iterator[tuple[int, object]]:
        yield from numbered(check, 3)
        raise ValueError("damaged")

    with frames_ahead(frames, FRAMES, go_on) as ahead:
        assert [next(ahead)[0] for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="damaged"):
            next(ahead)


def test_a_stop_is_heard_while_no_frame_comes() -> None:
    asked = threading.Event()

    def frames(check: Callable[[], None]) -> Iterator[tuple[int, object]]:
        asked.set()
        while True:  # a long way to the first frame
            check()
        yield 0, FRAME

    def stop() -> None:
        if asked.is_set():
            raise Stopped

    with pytest.raises(Stopped), frames_ahead(frames, FRAMES, stop) as ahead:
        next(ahead)
