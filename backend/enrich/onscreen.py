"""Text on screen, read where the picture changed and nowhere else: a frame takes seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.context import Context
from backend.core.fault import Category, refuse
from backend.core.progress import Stage
from backend.enrich.models import Model, folder_of, how_to_add, quiet_engines
from backend.media.findings import write_findings
from backend.media.frames import LONGEST_SIDE, Pixels, glances, stills
from backend.media.scenes import Glance

READING_ENGINE = 1
"""Version of what is read from a frame; raise it when that changes."""
LOOKING, READING = "looking", "reading"
STAGES = (
    Stage(LOOKING, "Looking for screens that differ", 1.0),
    Stage(READING, "Reading what is on screen", 4.0),
)

AN_HOUR = 40
"""Frames of an hour that are read at most."""
_FEWEST = 12
"""Frames of a shorter film that are."""
_SETTLED = Fraction(1, 2)
"""Seconds after a change of the picture until a window has opened and a slide stands."""
_APART = Fraction(5)
"""Seconds between two moments that are looked at."""
_EVERY = Fraction(15)
"""Seconds of the same picture after which it is looked at again: text changes little of it."""
_DIFFERENT = 1.0
"""Mean difference of two glances, in 8-bit steps, from which there may be other text."""
_EXACT = Fraction(1, 10)
"""Seconds to which it is found out when text came on screen."""
_IN_VAIN = 8
"""Frames without text, spread over the film, after which it is believed to have none."""
_SURE = 0.6
"""How sure of a line its reader must be."""
_LARGE = 1.25
"""How much higher than most lines a heading is."""
_UPPER = 0.6
"""Share of the picture's height in which a heading stands."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Text on screen."""

    time: Fraction
    """Since when it is there, in seconds of the film."""
    lines: tuple[str, ...]
    """From top to bottom."""
    heading: str | None = None
    """The line that stands out by its size."""


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    model: Model
    cache: Path
    """Where weights that come in parts are put together."""
    an_hour: int = AN_HOUR


def read_screen(
    path: Path,
    source: str,
    changes: Sequence[Fraction],
    duration: Fraction,
    options: ReadingOptions,
    ctx: Context,
) -> tuple[Seen, ...]:
    """The text that a film shows, moment by moment, in order; what holds none is left out.

    `source` is the key of what the film was made from, `changes` are the moments at which its
    picture changed as a whole. The caller has announced `STAGES`. Raises FaultError where the film
    cannot be read or the model not be loaded.
    """
    looks = _differing(path, _moments(changes, duration), duration, ctx)
    most = max(_FEWEST, ceil(options.an_hour * duration / 3600))
    if len(looks) > most:
        looks = [looks[n * len(looks) // most] for n in range(most)]
    reader: _Reader | None = None
    found: dict[Fraction, Seen] = {}
    for done, look in enumerate(_spread(looks)):
        ctx.check()
        ctx.progress(READING, done / len(looks))
        key = _key(source, look.time, options.model)
        seen = _known(ctx.find(key))
        if seen is None:
            reader = reader or _Reader(options, ctx)
            still = next(stills(path, [look.time], ctx.check), None)
            if still is None:
                continue
            seen = reader.read(_since(path, look, changes, ctx), still.pixels)
            part = ctx.part(key, ".json")
            write_findings(
                part,
                {"time": str(seen.time), "lines": list(seen.lines), "heading": seen.heading},
            )
            ctx.keep(ArtifactKind.READ, key, part)
            ctx.reach("frame-read")
        found[look.time] = seen
        if len(found) >= _IN_VAIN and not any(one.lines for one in found.values()):
            break
    ctx.progress(READING, 1.0)
    return tuple(found[time] for time in sorted(found) if found[time].lines)


def _moments(changes: Sequence[Fraction], duration: Fraction) -> list[Fraction]:
    """When to look: after each change, and now and then while the picture stays the same."""
    found: list[Fraction] = []
    for start, end in zip([Fraction(0), *changes], [*changes, duration], strict=True):
        at = start + min(_SETTLED, (end - start) / 2)
        while at < end:
            if not found or at - found[-1] >= _APART:
                found.append(at)
            at += _EVERY
    return found


@dataclass(frozen=True, slots=True)
class _Look:
    """A moment at which the picture is another than it was `before`, when it was like `last`."""

    time: Fraction
    before: Fraction
    last: Glance | None


def _differing(
    path: Path, moments: Sequence[Fraction], duration: Fraction, ctx: Context
) -> list[_Look]:
    """Those at which the picture is another than at the last of them."""
    kept: list[_Look] = []
    last: Glance | None = None
    before = Fraction(0)
    for time, seen in glances(path, moments, ctx.check):
        ctx.progress(LOOKING, min(1.0, float(time / duration)))
        if last is None or seen.difference(last) >= _DIFFERENT:
            kept.append(_Look(time, before, last))
            last = seen
        before = time
    ctx.progress(LOOKING, 1.0)
    return kept


def _since(path: Path, look: _Look, changes: Sequence[Fraction], ctx: Context) -> Fraction:
    """Since when the picture has been as it is at that moment: when it changed as a whole, or, by
    halves, when enough of it did."""
    known = [one for one in changes if look.before < one <= look.time]
    if known or look.last is None:
        return known[-1] if known else look.time
    low, high = look.before, look.time
    while high - low > _EXACT:
        middle = (low + high) / 2
        _, seen = next(glances(path, [middle], ctx.check))
        if seen.difference(look.last) >= _DIFFERENT:
            high = middle
        else:
            low = middle
    return high


def _spread(looks: Sequence[_Look]) -> Iterator[_Look]:
    """All of them, each as far from those before as it can be: halves, quarters, eighths."""
    count = len(looks)
    bits = max(1, count - 1).bit_length()
    for n in range(1 << bits):
        turned = int(f"{n:0{bits}b}"[::-1], 2)
        if turned < count:
            yield looks[turned]


class _Reader:
    """RapidOCR with PP-OCRv6's detector and recogniser, loaded from verified files."""

    def __init__(self, options: ReadingOptions, ctx: Context) -> None:
        model = options.model
        folder = folder_of(model, options.cache, ctx.check)
        quiet_engines()
        detector, recogniser = (str(folder / weight.name) for weight in model.weights)
        try:
            from rapidocr import RapidOCR

            self._engine: Any = RapidOCR(
                params={
                    "Global.log_level": "critical",
                    "Global.use_cls": False,
                    "Global.text_score": _SURE,
                    "Det.model_path": detector,
                    "Det.limit_type": "max",
                    "Det.limit_side_len": LONGEST_SIDE,
                    "Rec.model_path": recogniser,
                }
            )
        except Exception as error:
            raise refuse(
                Category.MODEL, f"{model.title} could not be loaded: {error}", how_to_add(model)
            ) from error

    def read(self, time: Fraction, pixels: Pixels) -> Seen:
        found = self._engine(np.ascontiguousarray(pixels[:, :, ::-1]))
        if found.txts is None or found.boxes is None:
            return Seen(time, ())
        lines: list[tuple[str, float, float]] = []
        for text, box in zip(found.txts, found.boxes, strict=True):
            line = " ".join(str(text).split())
            if line:
                top, bottom = float(min(y for _, y in box)), float(max(y for _, y in box))
                lines.append((line, top, bottom - top))
        return Seen(time, tuple(line for line, _, _ in lines), heading_of(lines, len(pixels)))


def heading_of(lines: Sequence[tuple[str, float, float]], height: int) -> str | None:
    """Of lines (text, top, height, in pixels) the one that is larger than the others and stands in
    the upper part of a picture of that height; None where none does."""
    worded = [one for one in lines if sum(c.isalpha() for c in one[0]) >= 3]
    upper = [one for one in worded if one[1] <= height * _UPPER]
    if not upper:
        return None
    largest = max(upper, key=lambda one: one[2])
    if len(worded) > 1 and largest[2] < _LARGE * median(one[2] for one in worded):
        return None
    return largest[0]


def _key(source: str, time: Fraction, model: Model) -> str:
    parameters = {"time": str(time), "model": model.fingerprint, "sure": _SURE}
    return artifact_key(ArtifactKind.READ, [source], parameters, READING_ENGINE)


def _known(path: Path | None) -> Seen | None:
    """What was read then; None where it was not, or where somebody damaged what is known."""
    if path is None:
        return None
    try:
        body = json.loads(path.read_bytes())
        heading = None if body["heading"] is None else str(body["heading"])
        return Seen(Fraction(body["time"]), tuple(map(str, body["lines"])), heading)
    except (OSError, ValueError, TypeError, KeyError, ZeroDivisionError):
        return None
