"""The canvas of a film, put together from what was found out about it before.

Whatever is missing is done without, and the page says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.canvas import Canvas, Quote, Shot, figures_of, wave_of
from backend.core.chapter import Chapter
from backend.core.context import Context
from backend.core.fault import Category, FaultError
from backend.core.progress import Stage
from backend.core.summary import Summary
from backend.core.time import ZERO, TimeRange, seconds
from backend.core.transcript import Transcript
from backend.enrich.meaning import Meaning
from backend.enrich.quotes import quotes
from backend.media.findings import write_findings
from backend.media.frames import Pixels
from backend.media.hearing import HEARING_ENGINE, hear
from backend.media.probe import probe
from backend.media.stills import STILLS_ENGINE, StillFinder, open_still, save_still, shares

LISTENING, PICTURES, PAGE = "hearing", "pictures", "page"
"""The stages."""
MOST_SHOTS = 24
"""Pictures on a page."""
_EACH = 3
"""Pictures of a chapter."""
_UNDIVIDED = 6
"""Pictures of a film without chapters."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The canvas that there is already."""

    canvas: Canvas
    owned: frozenset[str]
    """Which of `about` and `quotes` its owner wrote: they stay."""
    still: bool
    """Whether its pictures would be chosen so again."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a canvas is made of. None: that is not known."""

    transcript: Transcript | None
    chapters: tuple[Chapter, ...]
    summary: Summary | None
    peaks: Path | None
    """audiowaveform's JSON, version 2."""
    recorded: str | None = None
    """When, by RFC 3339."""
    meaning: Callable[[], Meaning | None] = lambda: None
    """Loads the model of what sentences mean, if there is one."""
    earlier: Earlier | None = None


def draw(path: Path, source: str, material: Material, ctx: Context) -> Canvas:
    """The canvas of the film at `path`; `source` is its key. Pictures are kept as artifacts, and
    those of each chapter that are chosen already are not looked for again. What its owner wrote
    on an earlier one stays.

    Raises FaultError where the film cannot be read.
    """
    return _Drawing(path, source, material, ctx).canvas()


class _Drawing:
    def __init__(self, path: Path, source: str, material: Material, ctx: Context) -> None:
        self._path, self._source, self._material, self._ctx = path, source, material, ctx
        self._info = probe(path)
        self._notes: list[str] = []
        sounds = bool(self._info.audio) and material.peaks is None
        ctx.plan(
            [
                *([Stage(LISTENING, "Drawing the waveform", 2.0)] if sounds else []),
                *([Stage(PICTURES, "Choosing pictures", 4.0)] if self._info.video else []),
                Stage(PAGE, "Putting the canvas together", 1.0),
            ]
        )

    def canvas(self) -> Canvas:
        material, duration = self._material, self._info.duration
        transcript, summary = material.transcript, material.summary
        chapters = _within(material.chapters, duration)
        wave = self._wave()
        shots = self._shots(chapters)
        self._note_what_lacks(shots)
        said = transcript.utterances if transcript is not None else ()
        told: tuple[str, ...] = ()
        if summary is not None:
            told = (
                summary.abstract,
                *(one.text for one in summary.points),
                *(one.text for one in summary.actions),
            )
        self._ctx.check()
        earlier = material.earlier
        owned = earlier.owned if earlier is not None else frozenset()
        found: tuple[Quote, ...] = ()
        if earlier is not None and "quotes" in owned:
            found = tuple(one for one in earlier.canvas.quotes if one.at <= duration)
        elif transcript is not None and said:
            found = quotes(transcript, chapters, material.meaning(), told)
        about = summary.title if summary is not None else ""
        if earlier is not None and "about" in owned:
            about = earlier.canvas.about
        self._ctx.progress(PAGE, 1.0)
        return Canvas(
            title=earlier.canvas.title if earlier is not None else "",
            about=about,
            abstract=summary.abstract if summary is not None else "",
            duration=duration,
            recorded=material.recorded,
            chapters=chapters,
            shots=shots,
            wave=wave,
            speech=transcript.speech if transcript is not None else (),
            quotes=found,
            points=summary.points if summary is not None else (),
            actions=summary.actions if summary is not None else (),
            figures=figures_of(transcript) if transcript is not None and said else None,
            language=transcript.language if transcript is not None else None,
            by=summary.by if summary is not None and said else None,
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _note_what_lacks(self, shots: Sequence[Shot]) -> None:
        material, info = self._material, self._info
        if not info.video:
            self._notes.append("It has no picture.")
        elif not shots:
            self._notes.append("No picture in it is worth showing.")
        if not info.audio:
            self._notes.append("It has no sound.")
            return
        if material.transcript is None:
            self._notes.append("What is said in it is not written down.")
        else:
            self._notes += material.transcript.notes
        if material.summary is not None:
            self._notes += material.summary.notes

    def _wave(self) -> tuple[int, ...]:
        if not self._info.audio:
            return ()
        if self._material.peaks is not None:
            found = self._read(self._material.peaks)
            if found is not None:
                return found
        try:
            return self._read(self._heard()) or ()
        except FaultError as error:
            if error.fault.category is Category.STORAGE:
                raise
            self._notes.append(str(error.fault))
            return ()

    def _read(self, path: Path) -> tuple[int, ...] | None:
        try:
            told = json.loads(path.read_bytes())
            lasts = Fraction(told["samples_per_pixel"] * told["length"], told["sample_rate"])
            return wave_of(told["data"], lasts, self._info.duration)
        except (OSError, ValueError, TypeError, KeyError, ZeroDivisionError):
            return None  # somebody damaged it: listen again

    def _heard(self) -> Path:
        """The waveform, as the job of that name makes it."""
        key = artifact_key(ArtifactKind.PEAKS, [self._source], {}, HEARING_ENGINE)
        kept = self._ctx.find(key)
        if kept is not None:
            return kept
        peaks = hear(self._path, _Inner(self._ctx)).peaks
        part = self._ctx.part(key, ".json")
        facts = peaks.write_whole(part)
        return self._ctx.keep(ArtifactKind.PEAKS, key, part, facts)

    def _shots(self, chapters: Sequence[Chapter]) -> tuple[Shot, ...]:
        if not self._info.video:
            return ()
        spans, counts = _asked(chapters, self._info.duration)
        earlier = self._earlier()
        found: list[Shot] = []
        last: Pixels | None = None
        with StillFinder(self._path, self._ctx.check) as finder:
            for n, (span, count) in enumerate(zip(spans, counts, strict=True)):
                self._ctx.check()
                there = earlier.get((*_rounded(span), count)) if count else []
                if there is not None:
                    before = _last(there, self._ctx)
                    last = last if before is None else before
                    found += there
                else:
                    chosen, last = self._chosen(finder, span, count, last)
                    found += chosen
                self._ctx.progress(PICTURES, (n + 1) / len(spans))
        return tuple(found)

    def _earlier(self) -> dict[tuple[float, float, int], list[Shot]]:
        """The pictures of an earlier canvas, by stretch and how many it was to have."""
        earlier = self._material.earlier
        if earlier is None or not earlier.still:
            return {}
        canvas, found = earlier.canvas, {}
        spans, counts = _asked(canvas.chapters, canvas.duration)
        for span, count in zip(spans, counts, strict=True):
            shots = [shot for shot in canvas.shots if span.start <= shot.at < span.end]
            if count and all(self._ctx.find(shot.key) is not None for shot in shots):
                found[(*_rounded(span), count)] = shots
        return found

    def _chosen(
        self, finder: StillFinder, span: TimeRange, count: int, before: Pixels | None
    ) -> tuple[list[Shot], Pixels | None]:
        """The pictures of one stretch, and the last of them."""
        asked = {"start": str(span.start), "end": str(span.end), "count": count}
        key = artifact_key(ArtifactKind.CHOSEN, [self._source], asked, STILLS_ENGINE)
        kept = self._kept(key)
        if kept is not None:
            last = _last(kept, self._ctx)
            return kept, before if last is None else last
        found = []
        for still in finder.best(span, count, before):
            name = artifact_key(
                ArtifactKind.STILL, [self._source], {"at": str(still.time)}, STILLS_ENGINE
            )
            part = self._ctx.part(name, ".jpg")
            width, height = save_still(still.pixels, part)
            facts = {"at": float(still.time), "width": width, "height": height}
            self._ctx.keep(ArtifactKind.STILL, name, part, facts)
            found.append(Shot(still.time, name, width, height))
            before = still.pixels
        part = self._ctx.part(key, ".json")
        told = [
            {"at": str(one.at), "key": one.key, "size": [one.width, one.height]} for one in found
        ]
        write_findings(part, {"shots": told})
        self._ctx.keep(ArtifactKind.CHOSEN, key, part)
        self._ctx.reach("pictures-kept")
        return found, before

    def _kept(self, key: str) -> list[Shot] | None:
        """What was chosen for a stretch before this job was interrupted."""
        path = self._ctx.find(key)
        if path is None:
            return None
        try:
            told = json.loads(path.read_bytes())["shots"]
            found = [Shot(seconds(one["at"]), one["key"], *one["size"]) for one in told]
        except (OSError, ValueError, TypeError, KeyError):
            return None  # somebody damaged it: look again
        return found if all(self._ctx.find(one.key) is not None for one in found) else None


class _Inner:
    """Listening, as a stage of the drawing. A `core.context.Watch`."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    def plan(self, stages: Sequence[Stage]) -> None:
        """Its only stage stands in the plan of the whole."""

    def progress(self, stage: str, fraction: float) -> None:
        self._ctx.progress(LISTENING, fraction)

    def check(self) -> None:
        self._ctx.check()


def _asked(chapters: Sequence[Chapter], duration: Fraction) -> tuple[list[TimeRange], list[int]]:
    """The stretches that have pictures, and how many each of them is to have."""
    spans = [one.span for one in chapters] or [TimeRange(ZERO, duration)]
    each = _UNDIVIDED if len(spans) == 1 else _EACH
    return spans, shares(spans, MOST_SHOTS, each)


def _rounded(span: TimeRange) -> tuple[float, float]:
    """To the millisecond, as a canvas tells it."""
    return round(float(span.start), 3), round(float(span.end), 3)


def _last(shots: Sequence[Shot], ctx: Context) -> Pixels | None:
    path = ctx.find(shots[-1].key) if shots else None
    return None if path is None else open_still(path)


def _within(chapters: Sequence[Chapter], duration: Fraction) -> tuple[Chapter, ...]:
    """Those that begin within the film, the last one up to its end."""
    inside = [one for one in chapters if one.start < duration]
    if inside:
        last = inside[-1]
        inside[-1] = Chapter(last.start, duration, last.title)
    return tuple(inside)
