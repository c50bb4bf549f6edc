"""What the owner should know of recordings before the work on them starts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from backend.core.form import film_size, grid
from backend.core.media import VideoStream
from backend.core.placement import place
from backend.core.session import Picture, Segment, SessionOptions, missing_numbers
from backend.core.time import ZERO, TimeRange
from backend.core.tracks import heard_note, richest


def remarks(
    picture: Picture | None, segments: Sequence[Segment], options: SessionOptions
) -> list[str]:
    """What the owner should know of these files before the work starts."""
    notes = [*(picture.info.notes if picture else ())]
    notes += heard_note(richest(picture, segments), options.audio)
    for segment in segments:
        notes += [f"{segment.name}: {note}" for note in segment.info.notes]
    missing = missing_numbers([segment.name for segment in segments])
    if missing and all(segment.offset is None for segment in segments):
        few = ", ".join(str(number) for number in missing[:5]) + (" …" if missing[5:] else "")
        notes.append(
            f"Segments seem to be missing (number {few}). The sound after them comes earlier than"
            " it was recorded."
        )
    if picture is not None:
        notes += _shown(picture.info.video[0], options)
    notes += _clocks(segments)
    overlap = _overlap(segments)
    if overlap > Fraction(1, 20):
        notes.append(
            f"Segments overlap by {float(overlap):.1f} s in all; the later one is heard there."
        )
    return notes


def _shown(stream: VideoStream, options: SessionOptions) -> list[str]:
    """At which size and rate the film shows the pictures, where that takes a word."""
    notes = []
    rate = grid(options.rate, stream)
    if rate is not None:
        uneven = "Its pictures come at an uneven rate; the film" if stream.variable else "The film"
        notes.append(f"{uneven} shows {float(rate):.5g} a second, as you asked.")
    elif stream.variable:
        notes.append("Its pictures come at an uneven rate; the film shows each at its own time.")
    if options.height is not None:
        width, height = film_size(stream, options.height)
        if (width, height) == film_size(stream, None):
            notes.append(f"Its picture has no more than {options.height} rows: it stays so.")
        else:
            turned = stream.rotation % 180
            size = f"{height} × {width}" if turned else f"{width} × {height}"
            notes.append(f"The film is {size}, as you asked.")
    return notes


def _clocks(segments: Sequence[Segment]) -> list[str]:
    """Where the segments' clock ran wrong, and where nothing was recorded between them."""
    placed = place(segments)
    notes = []
    moved = sum((one.span.duration * (one.speed - 1) for one in placed), ZERO)
    if moved:
        how = "slow" if moved < 0 else "fast"
        notes.append(
            f"The clock of the sound runs {how}, by {abs(float(moved)):.2f} s in all; the film puts"
            " that right."
        )
    ends = ZERO
    gaps = []
    for one in sorted(placed, key=lambda one: one.span.start):
        if one.span.start - ends > Fraction(1, 10):
            gaps.append(one.span.start - ends)
        ends = max(ends, one.span.end)
    if gaps:
        many = "once" if len(gaps) == 1 else f"{len(gaps)} times"
        notes.append(
            f"The sound pauses {many}, for {float(sum(gaps)):.1f} s in all; the film is silent"
            " there."
        )
    return notes


def _overlap(segments: Sequence[Segment]) -> Fraction:
    """Seconds in which two segments that have offsets sound at once."""
    placed = sorted(
        TimeRange(s.offset, s.offset + s.info.duration) for s in segments if s.offset is not None
    )
    return sum((max(ZERO, one.end - next_.start) for one, next_ in pairwise(placed)), ZERO)
