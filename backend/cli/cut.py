"""`rushes cut`: parts of a recording, to the frame."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path

import click

from backend.cli.command import Code, command
from backend.cli.film import check_target, written_to
from backend.cli.form import Asked, asked_form, with_form
from backend.cli.output import Output, amount, length, plain
from backend.cli.recordings import Recordings, inside, ranges_of, recordings
from backend.cli.stages import Stages
from backend.core.chapter import shown
from backend.core.edits import keep, require_inside
from backend.core.fault import FaultError, Unusable
from backend.settings import Settings
from backend.work.apart import render_apart

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
@written_to("OUT.mp4")
@with_form
@command
def cut(
    recording: str,
    texts: tuple[str, ...],
    output: Path,
    force: bool,
    height: Asked,
    rate: Asked,
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
    form = asked_form(height, rate)
    cutting = found.cutting(edited.timeline, form)
    if found.chapters is not None:
        cutting = replace(cutting, chapters=shown(found.chapters, edited.map))
    with Stages(out) as stages:
        facts = render_apart(cutting, target, stages.tell)
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
