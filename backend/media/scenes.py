"""Where the picture changes as a whole: cuts, a new window, another slide.

Frames are compared as glances: a few hundred spots of each, so that noise and a moving pointer
weigh nothing. A change is a frame that differs from the one before by much, and by much more than
the frames around it differ from each other: the adaptive rule of PySceneDetect's AdaptiveDetector
(content difference over its mean in a window), which keeps pans and fast motion from counting. One
that leaves much of the picture as it was is a page or a panel, and not the whole. A picture that
was away for less than a quarter of a second only flashed; and what came up for a few seconds and
left everything as it was only passed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt

from backend.core.time import TimeRange

Plane = npt.NDArray[np.float32]
"""8-bit values of a picture's spots. Shape (height, width)."""

DIFFERENT = 15.0
"""Mean difference of two glances, in 8-bit steps, from which they show different things; the least
that PySceneDetect's adaptive detector takes, too."""
STILL = 0.256
"""Mean difference up to which nothing moves: 0.001 of the range, as in FFmpeg's freezedetect."""
_TIMES = 3.0
"""How much a change stands out from the differences around it."""
_NEIGHBOURS, _AROUND = 2, Fraction(1, 2)
"""Frames on either side that are around a change, if they are within so many seconds of it."""
_FLASH = Fraction(1, 4)
_PASSING, _SAME = Fraction(3), 3.0
"""Seconds within which a window that comes up and goes away, or a slide that is looked at again, is
no change of scene; and the mean difference, in 8-bit steps, up to which all is as it was, but for a
button that lights up or a word that was typed."""
_STAYED, _STAYS = 1.5, 0.375
"""Steps of brightness up to which a spot stayed as it was, and the share of spots that stay from
which on a change is one of a part: a page in its window, a panel. Bars do not count."""
LEAST = Fraction(1, 2)
"""Seconds between two changes, and from the ends; of those closer together the greatest counts."""

_SPOTS = 160
"""Spots across a picture; each is one pixel of it."""
_BOX = 4
"""Spots that are averaged, in both directions."""
_DARK = 0.1
"""Share of the range from black up to which a spot is black; as FFmpeg's blackdetect has it."""
_ALL = 0.98
"""Share of spots that make a black picture."""

_EIGHT_BITS = frozenset(
    {"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray"}
)
_TEN_BITS = frozenset({"yuv420p10le", "yuv422p10le", "yuv444p10le"})
_FULL_RANGE = 2


@dataclass(frozen=True, slots=True)
class Glance:
    """A frame as it is compared: its brightness, and its colours where it has planes of them."""

    planes: tuple[Plane, ...]
    dark: float
    """Brightness up to which a spot is black."""
    black: bool

    def difference(self, other: Glance) -> float:
        """Mean difference in 8-bit steps; pictures of different shapes share nothing."""
        total = 0.0
        for ours, theirs in zip(self.planes, other.planes, strict=False):
            if ours.shape != theirs.shape:
                return 255.0
            total += float(np.abs(ours - theirs).mean())
        return total

    def is_still(self, other: Glance) -> bool:
        """Whether nothing moved between the two: all planes together, by their spots."""
        if any(a.shape != b.shape for a, b in zip(self.planes, other.planes, strict=False)):
            return False
        sums = [float(np.abs(a - b).sum()) for a, b in zip(self.planes, other.planes, strict=False)]
        return sum(sums) <= STILL * sum(plane.size for plane in self.planes)

    def stayed(self, other: Glance) -> float:
        """Share of spots as bright as in the other, without those that are black in both."""
        ours, theirs = self.planes[0], other.planes[0]
        if ours.shape != theirs.shape:
            return 0.0
        lit = np.maximum(ours, theirs) > self.dark
        if not lit.any():
            return 1.0
        return float((np.abs(ours - theirs)[lit] < _STAYED).mean())

    def drift(self, other: Glance) -> float:
        """How far brightness and colours lie apart wherever they stand in the picture: the earth
        mover's distance, in 8-bit steps. A camera that moves changes little of it."""
        return sum(
            float(np.abs(np.sort(ours, axis=None) - np.sort(theirs, axis=None)).mean())
            if ours.shape == theirs.shape
            else 255.0
            for ours, theirs in zip(self.planes, other.planes, strict=False)
        )


def glance(frame: av.VideoFrame) -> Glance:
    """Look at a decoded frame. Its pixels are read in place: it is not scaled."""
    name = frame.format.name
    if name not in _EIGHT_BITS and name not in _TEN_BITS:
        frame = frame.reformat(format="yuv444p")
        name = "yuv444p"
    deep = name in _TEN_BITS
    full = name.startswith("yuvj") or int(frame.color_range) == _FULL_RANGE
    luma = _spots(frame, 0, deep, _SPOTS)
    dark = 255 * _DARK if full else 16 + 219 * _DARK
    black = float((luma <= dark).mean()) >= _ALL
    planes = [_boxed(luma)]
    if name not in ("nv12", "gray"):
        planes += [_boxed(_spots(frame, i, deep, _SPOTS // 2)) for i in (1, 2)]
    return Glance(tuple(planes), dark, black)


def _spots(frame: av.VideoFrame, plane: int, deep: bool, across: int) -> Plane:
    raw = frame.planes[plane]
    kind = np.dtype(np.uint16 if deep else np.uint8)
    rows = np.frombuffer(memoryview(raw), kind).reshape(raw.height, -1)[:, : raw.width]
    step = max(1, raw.width // across)
    found: Plane = rows[::step, ::step].astype(np.float32)
    return found / np.float32(4) if deep else found


def _boxed(spots: Plane) -> Plane:
    height, width = spots.shape
    if height < _BOX or width < _BOX:
        return spots
    cut = spots[: height // _BOX * _BOX, : width // _BOX * _BOX]
    boxes: Plane = cut.reshape(height // _BOX, _BOX, width // _BOX, _BOX).mean(axis=(1, 3))
    return boxes


@dataclass(slots=True)
class _Suspect:
    """A change that may yet turn out to be a flash, or something that passes."""

    time: Fraction
    difference: float
    before: Glance | None
    """The picture that it ended; None once it may not come back any more."""


class Changes:
    """Changes of a picture, as its frames come. Frames in order; `begin` where some are missing."""

    def __init__(self) -> None:
        self._times: deque[Fraction] = deque(maxlen=2 * _NEIGHBOURS + 1)
        self._differences: deque[float] = deque(maxlen=2 * _NEIGHBOURS + 1)
        self._befores: deque[Glance] = deque(maxlen=2 * _NEIGHBOURS + 1)
        self._waiting = 0
        """How many of the last differences are not judged: those after them have not come."""
        self._last: Glance | None = None
        self._suspects: list[_Suspect] = []
        self._found: list[_Suspect] = []

    def begin(self) -> None:
        """What comes next does not follow what came last."""
        self._drain()
        self._last = None

    def add(self, time: Fraction, seen: Glance) -> None:
        last = self._last
        if last is not None:
            if self._times and time - self._times[-1] > _AROUND:
                self._judge_all(still=True)
            self._settle(time, last)
            self._times.append(time)
            self._differences.append(seen.difference(last))
            self._befores.append(last)
            self._waiting += 1
        self._last = seen
        if self._waiting > _NEIGHBOURS:
            self._judge(len(self._times) - self._waiting)

    def _judge_all(self, *, still: bool) -> None:
        """Judge what still waits for frames. `still`: none comes for a while, since recorders leave
        out those that repeat the one before; otherwise nothing is known of what comes."""
        while self._waiting:
            self._judge(len(self._times) - self._waiting, still=still)

    def _judge(self, i: int, *, still: bool = False) -> None:
        """Whether the difference that is i-th in the window is a change."""
        self._waiting -= 1
        differences, time = list(self._differences), self._times[i]
        around = [
            difference if abs(self._times[j] - time) <= _AROUND else 0.0
            for j, difference in enumerate(differences)
            if j != i
        ]
        if still:
            around += [0.0] * (_NEIGHBOURS - (len(differences) - 1 - i))
        mean = sum(around) / len(around) if around else 0.0
        if differences[i] < DIFFERENT or differences[i] < _TIMES * mean:
            return
        before = self._befores[i]
        after = self._befores[i + 1] if i + 1 < len(self._befores) else self._last
        if after is None or after.stayed(before) < _STAYS:
            self._suspects.append(_Suspect(time, differences[i], before))

    def _settle(self, now: Fraction, shown: Glance) -> None:
        """Those suspects whose quarter of a second is over are changes, unless the picture of
        before is `shown` again."""
        while self._suspects and now > self._suspects[0].time + _FLASH:
            one = self._suspects.pop(0)
            if one.before is not None and shown.difference(one.before) < DIFFERENT / 2:
                until = one.time + _FLASH
                self._suspects = [s for s in self._suspects if s.time > until]
            elif not self._has_passed(one.time, shown):
                self._found.append(one)
        if not self._suspects and max(self._differences, default=0.0) < DIFFERENT:
            self._has_passed(now, shown)  # it may go in steps, none of which is a change

    def _has_passed(self, now: Fraction, shown: Glance) -> bool:
        """Whether what came up a moment ago, and counted as a change, is gone `now` and all is as
        it was; then it does not count."""
        for n, one in enumerate(self._found):
            if one.before is not None and now - one.time > _PASSING:
                one.before = None
            elif one.before is not None and shown.difference(one.before) < _SAME:
                del self._found[n:]
                return True
        return False

    def _drain(self) -> None:
        """Judge what still waits for frames that do not come."""
        self._judge_all(still=False)
        self._found += self._suspects
        self._suspects = []
        self._times.clear()
        self._differences.clear()
        self._befores.clear()

    def times(self) -> tuple[Fraction, ...]:
        """When the picture changed; seconds, in order."""
        self._drain()
        kept: list[tuple[Fraction, float]] = []
        for one in sorted(self._found, key=lambda one: one.time):
            if kept and one.time - kept[-1][0] < LEAST:
                if one.difference > kept[-1][1]:
                    kept[-1] = (one.time, one.difference)
            else:
                kept.append((one.time, one.difference))
        return tuple(time for time, _ in kept)


class Stillness:
    """Stretches in which no frame differs from the first of them, as frames come."""

    def __init__(self) -> None:
        self._first: tuple[Fraction, Glance] | None = None
        self._last = Fraction(0)
        self._found: list[TimeRange] = []

    def begin(self) -> None:
        """What comes next does not follow what came last."""
        self._end(self._last)
        self._first = None

    def add(self, time: Fraction, seen: Glance) -> None:
        self._last = time
        if self._first is None:
            self._first = (time, seen)
        elif not seen.is_still(self._first[1]):
            self._end(time)
            self._first = (time, seen)

    def _end(self, time: Fraction) -> None:
        if self._first is not None and self._first[0] < time:
            self._found.append(TimeRange(self._first[0], time))

    def stretches(self) -> list[TimeRange]:
        """All of them, however short."""
        self.begin()
        return self._found


class Marks:
    """Stretches between moments that are marked and moments that are not."""

    def __init__(self) -> None:
        self._marks: list[tuple[Fraction, bool]] = []
        self._goes_on = False

    def begin(self) -> None:
        """What comes next does not follow what came last."""
        self._goes_on = False

    def add(self, time: Fraction, marked: bool) -> None:
        """From `time` on, until the next moment that is told."""
        if not self._goes_on or self._marks[-1][1] != marked:
            self._marks.append((time, marked))
        self._goes_on = True

    def stretches(self, duration: Fraction) -> list[TimeRange]:
        marks = sorted(self._marks, key=lambda mark: mark[0])
        ends = [time for time, _ in marks[1:]] + [duration]
        return [
            TimeRange(start, end)
            for (start, marked), end in zip(marks, ends, strict=True)
            if marked and start < end
        ]
