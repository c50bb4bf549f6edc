"""Decoding times for packets that have lost theirs, or come from several encoders.

Frames are decoded in another order than they are shown, and a file needs times for both. Given
the times at which frames are shown, the k-th packet may be decoded at the k-th of the sorted times,
moved earlier by as many frames as the encoder reorders; nothing else is needed, and the result
never collides where encoders follow each other. FFmpeg's own muxers derive missing times so
(`compute_muxer_pkt_fields`), but only for constant rates.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
P = TypeVar("P", bound="Timed")

WINDOW = 64
"""Packets looked ahead. H.264 reorders by at most 16."""


class Disorder(Exception):
    """Times of frames that no order of decoding fits: doubled, or further apart than the window."""


class Ranked(Generic[T]):
    """Pairs packets, in decoding order, with decoding times. Holds `WINDOW` packets."""

    def __init__(self, packets: Iterable[tuple[int, T]], depth: int = 0) -> None:
        """`packets`: (time it is shown, packet) in decoding order. `depth`: frames by which the
        encoder reorders, where known; the first packets may show that it is more."""
        self._packets = iter(packets)
        self._depth = depth

    def __iter__(self) -> Iterator[tuple[int, int, T]]:
        """(shown, decoded, packet). Raises Disorder."""
        waiting: deque[tuple[int, T]] = deque()
        heap: list[int] = []
        times: deque[int] = deque()
        last: int | None = None
        started = False

        def ready() -> Iterator[tuple[int, int, T]]:
            nonlocal last
            while times and waiting:
                shown, packet = waiting.popleft()
                decoded = min(times.popleft(), shown)
                if last is not None and decoded <= last:
                    raise Disorder(f"a frame at {shown} cannot be decoded after {last}")
                last = decoded
                yield shown, decoded, packet

        def start() -> None:
            nonlocal started
            started = True
            depth = max(self._depth, reordering([shown for shown, _ in waiting]))
            first, second = (*sorted(heap)[:2], min(heap) + depth)[:2]
            # Not a frame earlier each, but so close that no packet waits for less time than the
            # first one: the muxer takes the shortest wait at the beginning for the track's delay.
            step = max(1, (second - first) // max(depth, 1))
            times.extend(first - (depth - i) * step for i in range(depth))

        for shown, packet in self._packets:
            waiting.append((shown, packet))
            heapq.heappush(heap, shown)
            if len(heap) <= WINDOW:
                continue
            if not started:
                start()
            times.append(heapq.heappop(heap))
            yield from ready()
        if heap and not started:
            start()
        while heap:
            times.append(heapq.heappop(heap))
        yield from ready()


class Timed(Protocol):
    """A packet, as far as its time matters."""

    pts: int | None
    dts: int | None
    duration: int | None


def held(packets: Iterable[P], end: int) -> Iterator[P]:
    """Packets, the last one with a duration that makes the track reach `end`.

    A recorder does not say how long its last frame stays; the recording's end does. An MP4 adds up
    its durations in decoding order, which runs ahead by as much as it did at the beginning.
    """
    first: P | None = None
    last: P | None = None
    for packet in packets:
        if last is not None:
            yield last
        first, last = first or packet, packet
    if first is None or last is None:
        return
    ahead = (first.pts or 0) - (first.dts or 0)
    last.duration = max(end - (last.dts or 0) - ahead, 1)
    yield last


def reordering(shown: list[int]) -> int:
    """By how many frames packets in decoding order run ahead of the order they are shown in."""
    ranks = {time: rank for rank, time in enumerate(sorted(shown))}
    return max((i - ranks[time] for i, time in enumerate(shown)), default=0)
