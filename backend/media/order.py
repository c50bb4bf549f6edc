"""Decoding times for packets that have lost theirs, or come from several encoders.

Frames are decoded in another order than they are shown, and a file needs times for both. Given
the times at which frames are shown, the k-th packet may be decoded at the k-th of the sorted times,
moved earlier by as many frames as the encoder reorders; nothing else is needed, and the result
never collides where encoders follow each other. Players look for the frame to begin with by its
decoding time, and add to what they look for what the first frame waits to be shown; so no frame
from which decoding can begin may wait for longer than the first one (`mov_seek_stream`).

FFmpeg's own muxers derive missing times so (`compute_muxer_pkt_fields`), but only for constant
rates.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
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
        lead = 0

        def ready() -> Iterator[tuple[int, int, T]]:
            nonlocal last
            while times and waiting:
                shown, packet = waiting.popleft()
                decoded = min(times.popleft(), shown)
                if lead and last is not None:
                    if shown - decoded > lead and all(shown < time for time, _ in waiting):
                        decoded = shown - lead
                    decoded = max(decoded, min(last + 1, shown))
                if last is not None and decoded <= last:
                    raise Disorder(f"a frame at {shown} cannot be decoded after {last}")
                last = decoded
                yield shown, decoded, packet

        def start() -> None:
            nonlocal started, lead
            started = True
            depth = max(self._depth, reordering([shown for shown, _ in waiting]))
            if not depth:
                return
            order = sorted(heap)
            first, second = (*order[:2], order[0] + 2 * depth + 2)[:2]
            step = (second - first) // (depth + 1)
            if waiting[0][0] == first >= 0 and step:
                lead = depth * usual([b - a for a, b in pairwise(order)] or [step])
                heapq.heappop(heap)
                times.append(first - lead)
                times.extend(first + (i + 1) * step for i in range(depth))
                return
            # Where frames are hidden before zero, the muxer takes the shortest wait until then for
            # the track's delay: no packet may wait for less time than the first one.
            step = max(1, (second - first) // depth)
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
    """Packets, the last ones with durations that make the track reach `end`.

    A recorder does not say how long its last frame stays; the recording's end does. An MP4 adds up
    its durations in decoding order, which runs ahead by as much as it did at the beginning; its
    header counts to the end of the frame that is shown last.
    """
    first: P | None = None
    waiting: deque[P] = deque()
    for packet in packets:
        first = first or packet
        waiting.append(packet)
        if len(waiting) > WINDOW:
            yield waiting.popleft()
    if first is None:
        return
    shown_last = max(waiting, key=lambda packet: packet.pts or 0)
    if end <= (shown_last.pts or 0):
        end = (shown_last.pts or 0) + max(shown_last.duration or 0, 1)
    for packet in waiting:
        packet.duration = min(packet.duration or 0, end - (packet.pts or 0))
    shown_last.duration = end - (shown_last.pts or 0)
    ahead = (first.pts or 0) - (first.dts or 0)
    decoded_last = waiting[-1]
    if decoded_last is not shown_last or ahead:
        decoded_last.duration = max(end - (decoded_last.dts or 0) - ahead, 1)
    yield from waiting


def usual(steps: list[int]) -> int:
    """The median."""
    return sorted(steps)[len(steps) // 2]


def reordering(shown: list[int]) -> int:
    """By how many frames packets in decoding order run ahead of the order they are shown in."""
    ranks = {time: rank for rank, time in enumerate(sorted(shown))}
    return max((i - ranks[time] for i, time in enumerate(shown)), default=0)
