"""Clocks that jump in mid recording.

A stream that was spliced, or whose sender was started anew, goes on with other time stamps. Players
and FFmpeg's tools close such jumps (`ts_discontinuity_process`); so does this, for all tracks by
the same step, so that they stay together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.media import Jump
from backend.core.time import ZERO, ticks

S = TypeVar("S", VideoStream, AudioStream)

_BACK = Fraction(1, 2)
"""Seconds by which decoding times may run backwards: a muxer's carelessness, no jump."""

_AHEAD = Fraction(10)
"""Seconds without a packet, in a broadcast, after which its clock is taken to have been set."""

_BROADCAST = ("mpegts", "mpeg")
"""Containers whose clock may be set at any time. Elsewhere a long pause is a pause."""


@dataclass(slots=True)
class _Track:
    base: Fraction
    shift: Fraction = ZERO
    end: Fraction | None = None
    packets: int = 0
    cuts: int = 0
    """Cuts that lie behind it."""
    jumps: list[Jump] = field(default_factory=list)


class Jumps:
    """Finds the jumps, given the packets of all tracks in the order of the file."""

    def __init__(
        self, container: str, bases: Mapping[int, Fraction], cuts: Sequence[int] = ()
    ) -> None:
        """`bases`: seconds a tick of each track, by index. `cuts`: bytes at which pieces with
        clocks of their own begin."""
        self._tracks = {index: _Track(base) for index, base in bases.items()}
        self._shift = ZERO
        self._cuts = cuts
        self._cut = 0
        self._ahead = _AHEAD if container.startswith(_BROADCAST) else None

    def step(self, index: int, time: int | None, duration: int, place: int | None = None) -> int:
        """Ticks to add to the times of the next packet of a track, by its decoding time and its
        place in the file."""
        track = self._tracks[index]
        if time is not None and place is not None:
            self._pass_cuts(track, time * track.base, place)
        if time is not None:
            at, length = time * track.base, duration * track.base
            if track.end is not None:
                track.end = max(track.end, self._closed(track, at) + length)
            else:
                track.shift, track.end = self._shift, at + self._shift + length
        track.packets += 1
        return ticks(track.shift, track.base)

    def _pass_cuts(self, track: _Track, at: Fraction, place: int) -> None:
        """Put what lies behind a cut behind everything that lies before it."""
        cuts = bisect_right(self._cuts, place)
        if cuts > self._cut:
            self._cut = cuts
            ends = [track.end for track in self._tracks.values() if track.end is not None]
            self._shift = max(ends, default=at) - at
        if cuts > track.cuts:
            track.cuts = cuts
            self._set(track, self._shift)

    def _closed(self, track: _Track, at: Fraction) -> Fraction:
        """The packet's time on a clock without jumps."""
        assert track.end is not None
        off = at + track.shift - track.end
        if track.shift != self._shift and abs(at + self._shift - track.end) < abs(off):
            self._set(track, self._shift)  # another track jumped before
            off = at + track.shift - track.end
        if off < -_BACK or (self._ahead is not None and off > self._ahead):
            self._shift = track.end - at
            self._set(track, self._shift)
        return at + track.shift

    def _set(self, track: _Track, shift: Fraction) -> None:
        track.shift = shift
        track.jumps.append(Jump(track.packets, shift))

    def of(self, index: int) -> tuple[Jump, ...]:
        """The jumps of a track that were found."""
        return tuple(self._tracks[index].jumps)


def without_jumps(
    packets: Iterable[Packet[S]], jumps: tuple[Jump, ...], base: Fraction
) -> Iterator[Packet[S]]:
    """Packets of one track, from its first on, with the times of a clock that runs through."""
    if not jumps:
        yield from packets
        return
    waiting, shift, count = list(jumps), 0, 0
    for packet in packets:
        if packet.size:
            while waiting and waiting[0].packet <= count:
                shift = ticks(waiting.pop(0).shift, base)
            count += 1
            if packet.pts is not None:
                packet.pts += shift
            if packet.dts is not None:
                packet.dts += shift
        yield packet
