"""What a recording consists of: listened to, looked at, read, and divided into chapters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.canvas import Canvas
from backend.core.chapter import Chapter
from backend.core.context import Context
from backend.core.fault import Category, Fault, FaultError
from backend.core.progress import Progress, Stage
from backend.core.summary import Summary
from backend.core.transcript import Transcript
from backend.enrich.canvas import Material, draw
from backend.enrich.chapters import ChapterSources, find_chapters
from backend.enrich.dictated import dictate
from backend.enrich.endpoint import Endpoint
from backend.enrich.meaning import Meaning
from backend.enrich.onscreen import STAGES, ReadingOptions, Seen, read_screen
from backend.enrich.options import OutlineOptions
from backend.enrich.review import review
from backend.enrich.summary import summarise
from backend.media.findings import write_findings
from backend.media.probe import probe
from backend.media.sight import SIGHT_ENGINE, see

T = TypeVar("T")

LISTENING, SEEING, SCREENS, CHAPTERS, SUMMARY, CANVAS = (
    "listening",
    "seeing",
    "screens",
    "chapters",
    "summary",
    "canvas",
)


@dataclass(frozen=True, slots=True)
class Outline:
    chapters: tuple[Chapter, ...]
    transcript: Transcript | None
    """None where nothing listened."""
    read: tuple[Seen, ...]
    notes: tuple[str, ...]
    """What could not be heeded, and why."""


def outline(path: Path, source: str, options: OutlineOptions, ctx: Context) -> Outline:
    """The chapters of a file, by whatever can be known of it. `source` is its key.

    What fails alone, the sound or the picture, is noted and done without. Raises FaultError where
    neither can be used.
    """
    return _Work(path, source, options, ctx).outline()


def sum_up(
    path: Path, source: str, options: OutlineOptions, endpoint: Endpoint | None, ctx: Context
) -> Summary:
    """The summary of a file: by the model at `endpoint` if there is one and it can, else out of
    sentences that were said. Raises FaultError where the file cannot be used."""
    asked = (Stage(SUMMARY, "Summing up", 5.0),) if endpoint is not None else ()
    work = _Work(path, source, options, ctx, asked)
    found = work.outline()
    notes = found.notes
    spoken = found.transcript or Transcript((), None, (), Fraction(0), None)
    summary = summarise(spoken, found.chapters, work.meaning)
    if endpoint is not None:
        summary = dictate(spoken, summary, endpoint, Phase(ctx, SUMMARY))
        ctx.progress(SUMMARY, 1.0)
    told = dict.fromkeys((*summary.notes, *notes))
    return Summary(
        summary.title,
        summary.abstract,
        summary.points,
        summary.actions,
        summary.by,
        tuple(told),
    )


def canvas_of(
    path: Path, source: str, options: OutlineOptions, ctx: Context
) -> tuple[Canvas, tuple[str, ...]]:
    """The canvas of a file, and what could not be heeded. Raises FaultError where the file cannot
    be used."""
    work = _Work(path, source, options, ctx, (Stage(CANVAS, "Drawing the canvas", 3.0),))
    found = work.outline()
    heard = found.transcript
    summary = None if heard is None else summarise(heard, found.chapters, work.meaning)
    material = Material(
        found.transcript, found.chapters, summary, None, meaning=lambda: work.meaning
    )
    return draw(path, source, material, Phase(ctx, CANVAS)), found.notes


class Phase:
    """Work with stages of its own, as one stage of a larger one. A `core.context.Context`."""

    def __init__(self, ctx: Context, name: str) -> None:
        self._ctx, self._name = ctx, name
        self._progress = Progress(())

    def plan(self, stages: Sequence[Stage]) -> None:
        self._progress = Progress(tuple(stages))

    def progress(self, stage: str, fraction: float) -> None:
        self._progress = self._progress.advanced(stage, fraction)
        self._ctx.progress(self._name, self._progress.overall)

    def check(self) -> None:
        self._ctx.check()

    def find(self, key: str) -> Path | None:
        return self._ctx.find(key)

    def part(self, key: str, suffix: str) -> Path:
        return self._ctx.part(key, suffix)

    def keep(
        self, kind: ArtifactKind, key: str, part: Path, facts: Mapping[str, object] | None = None
    ) -> Path:
        return self._ctx.keep(kind, key, part, facts)

    def reach(self, point: str) -> None:
        self._ctx.reach(point)


class _Work:
    """One file, and what is found out about it."""

    def __init__(
        self,
        path: Path,
        source: str,
        options: OutlineOptions,
        ctx: Context,
        after: tuple[Stage, ...] = (),
    ) -> None:
        """`after`: the stages of what follows the outline."""
        self._path, self._source, self._options, self._ctx = path, source, options, ctx
        self._info = probe(path)
        self._sees = options.look and bool(self._info.video)
        self._faults: list[Fault] = []
        self.meaning: Meaning | None = None
        stages = [
            Stage(LISTENING, "Listening", 10.0 if options.review and self._info.audio else 0.1),
            *([Stage(SEEING, "Looking for scenes", 2.0)] if self._sees else []),
            *([Stage(SCREENS, "Reading the screen", 5.0)] if self._reads else []),
            Stage(CHAPTERS, "Finding chapters", 1.0),
            *after,
        ]
        ctx.plan(stages)

    @property
    def _reads(self) -> bool:
        return self._sees and self._options.reading is not None

    def outline(self) -> Outline:
        ctx, options = self._ctx, self._options
        transcript = self._trying(self._listen)
        changes = self._trying(self._changes) if self._sees else None
        if transcript is None and changes is None and self._faults:
            raise FaultError(self._faults[0])
        read = self._trying(lambda: self._read(changes or ())) if self._reads else None
        if options.meaning is not None and transcript is not None and transcript.utterances:
            self.meaning = Meaning(options.meaning, options.cache, ctx.check)
        found = find_chapters(
            ChapterSources(self._info.duration, transcript, changes or (), read or (), self.meaning)
        )
        ctx.progress(CHAPTERS, 1.0)
        heard = transcript.notes if transcript is not None else ()
        failed = tuple(str(fault) for fault in self._faults)
        return Outline(found, transcript, read or (), (*heard, *failed, *options.lacking))

    def _trying(self, work: Callable[[], T]) -> T | None:
        """What comes of it; None where it fails, with the fault remembered."""
        try:
            return work()
        except FaultError as error:
            if error.fault.category in (Category.CANCELLED, Category.STORAGE):
                raise
            self._faults.append(error.fault)
            return None

    def _listen(self) -> Transcript | None:
        heard = None
        if self._options.review is not None:
            phase = Phase(self._ctx, LISTENING)
            heard = review(self._path, self._source, self._options.review, phase)
        self._ctx.progress(LISTENING, 1.0)
        return heard

    def _changes(self) -> tuple[Fraction, ...]:
        """When the picture changes; kept, since it must be decoded for it."""
        parameters = {"of": "outline"}
        key = artifact_key(ArtifactKind.SEEN, [self._source], parameters, SIGHT_ENGINE)
        kept = self._ctx.find(key)
        if kept is not None:
            try:
                found = tuple(Fraction(time) for time in json.loads(kept.read_bytes())["changes"])
            except (OSError, ValueError, TypeError, KeyError):
                pass  # somebody damaged it: look again
            else:
                self._ctx.progress(SEEING, 1.0)
                return found
        changes = see(self._path, Phase(self._ctx, SEEING)).changes
        part = self._ctx.part(key, ".json")
        write_findings(part, {"changes": [str(time) for time in changes]})
        self._ctx.keep(ArtifactKind.SEEN, key, part)
        self._ctx.progress(SEEING, 1.0)
        return changes

    def _read(self, changes: Sequence[Fraction]) -> tuple[Seen, ...]:
        assert self._options.reading is not None
        options = ReadingOptions(self._options.reading, self._options.cache)
        phase = Phase(self._ctx, SCREENS)
        phase.plan(STAGES)
        return read_screen(self._path, self._source, changes, self._info.duration, options, phase)
