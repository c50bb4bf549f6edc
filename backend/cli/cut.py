"""`rushes cut`: parts of a recording, to the frame."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from backend.cli.command import Code, Unusable, command
from backend.cli.film import check_target
from backend.cli.output import Output, amount, console, length, plain
from backend.cli.recordings import Recordings, inside, ranges_of, recordings
from backend.core.edits import keep, require_inside
from backend.core.fault import FaultError
from backend.settings import Settings
from backend.work.apart import render_apart
from backend.work.messages import Advance, Plan

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

HOW = {
    "copied": "picture copied",
    "joined": "picture copied, encoded only beside the cuts",
    "encoded": "picture encoded",
}


@click.command()
@click.argument("recording", metavar="FILE|FOLDER|SESSION")
@click.option(
    "-r",
    "--range",
    "texts",
    multiple=True,
    required=True,
    metavar="START-END",
    help="What to keep, such as 1:05-1:20.5, -30 or 90-. May be given again.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT.mp4",
    required=True,
    help="The file to write.",
)
@click.option("--force", is_flag=True, help="Replace the file that is there.")
@command
def cut(
    recording: str,
    texts: tuple[str, ...],
    output: Path,
    force: bool,
    settings: Settings,
    out: Output,
) -> Code:
    """Cut parts out of a recording, to the frame, without encoding what can be copied.

    Several ranges follow each other in the order of time; those that overlap are one. Of a session
    the originals are cut, or its film where they are gone. Ctrl-C leaves no file.
    """
    asked = ranges_of(texts)
    found = recordings(recording, settings)
    target = check_target(output, found.paths, force, settings)
    timeline = found.timeline
    try:
        ranges = require_inside(inside(asked, timeline.duration), timeline.duration)
    except FaultError as error:
        raise Unusable(error.fault) from error
    edited = keep(timeline, ranges)
    with Stages(out) as stages:
        facts = render_apart(found.cutting(edited.timeline), target, stages.tell)
    _date(target, found)
    out.line(
        {
            "event": "completed",
            "output": str(target),
            "map": edited.map.as_json(),
            **facts,
        }
    )
    for note in _notes(facts["notes"]):
        out.note(f"! {plain(note)}")
    said = [target.name, length(_number(facts["duration"])), amount(_number(facts["size"]))]
    if facts["picture"]:
        said.append(HOW[str(facts["picture"])])
    out.say("✓ " + " · ".join(said), "green")
    return Code.DONE


def _date(target: Path, found: Recordings) -> None:
    """Date the file as its recording, so that it is found beside it."""
    recorded = (found.picture or found.segments[0]).source.mtime_ns
    with contextlib.suppress(OSError):  # not every file system lets dates be set
        os.utime(target, ns=(recorded, recorded))


def _notes(value: object) -> list[str]:
    return [str(note) for note in value] if isinstance(value, list) else []


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


class Stages:
    """Progress of one piece of work: a bar a stage in a terminal, a line a stage elsewhere."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._labels: dict[str, str] = {}
        self._tasks: dict[str, TaskID] = {}
        self._begun: set[str] = set()
        self._bars: Progress | None = None

    def __enter__(self) -> Stages:
        if not self._out.json and (terminal := console(errors=True)).is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn

            columns = ("[progress.percentage]{task.percentage:>3.0f} %", "{task.description}")
            self._bars = Progress(
                BarColumn(30),
                *(TextColumn(column, markup=False) for column in columns[1:]),
                TextColumn(columns[0]),
                console=terminal,
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def tell(self, told: Plan | Advance) -> None:
        """Take note of what the work says."""
        if isinstance(told, Plan):
            self._labels = {stage.name: stage.label for stage in told.stages}
            if self._bars is not None:
                for task in self._tasks.values():
                    self._bars.remove_task(task)
                self._tasks = {
                    stage.name: self._bars.add_task(stage.label, total=1.0) for stage in told.stages
                }
            return
        self._out.line({"event": "progress", "stage": told.stage, "progress": told.fraction})
        if self._bars is not None:
            self._bars.update(self._tasks[told.stage], completed=told.fraction)
        elif told.stage not in self._begun:
            self._begun.add(told.stage)
            self._out.note(f"{self._labels.get(told.stage, told.stage)} …")
