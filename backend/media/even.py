"""Times of packets whose frames all last equally long.

Shown and decoded at whole multiples of one step, so that the file's own table of durations has one
line: players and editors take that, and nothing else, for a constant rate.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

from backend.media.copy import NotCopyable
from backend.media.order import WINDOW, Disorder, Timed, reordering

P = TypeVar("P", bound=Timed)


def evenly(packets: Iterable[tuple[int, P]], step: int, depth: int) -> Iterator[tuple[int, int, P]]:
    """(shown, decoded, packet) of `packets`, which are (shown, packet) in decoding order. Shown
    times are put right where a coarse clock rounded them, and each packet lasts `step` ticks.

    `depth`: frames by which the encoder reorders, where known. Raises NotCopyable where a frame
    comes much too early or late, or never; Disorder where no order of decoding fits.
    """
    waiting: deque[tuple[int, P]] = deque()
    counts = _counted(packets, step)
    for item in counts:
        waiting.append(item)
        if len(waiting) > WINDOW:
            break
    shown = [at for at, _ in waiting]
    if not shown:
        return
    decoded = min(shown) - max(depth, reordering(shown)) * step
    while waiting:
        at, packet = waiting.popleft()
        if decoded > at:
            raise Disorder(f"a frame at {at} cannot be decoded at {decoded}")
        yield at, decoded, packet
        decoded += step
        waiting.extend(item for item in (next(counts, None),) if item is not None)


def _counted(packets: Iterable[tuple[int, P]], step: int) -> Iterator[tuple[int, P]]:
    """Packets at whole multiples of `step` after the first one."""
    first: int | None = None
    waiting: list[int] = []
    due: int | None = None
    for shown, packet in packets:
        first = shown if first is None else first
        count = round(Fraction(shown - first, step))
        packet.duration = step
        yield first + count * step, packet
        heapq.heappush(waiting, count)
        if len(waiting) > WINDOW:
            due = _followed(heapq.heappop(waiting), due)
    while waiting:
        due = _followed(heapq.heappop(waiting), due)


def _followed(count: int, due: int | None) -> int:
    """The number of the frame that is due after this one."""
    if due is not None and count != due:
        raise NotCopyable("its frames come at an uneven rate")
    return count + 1
