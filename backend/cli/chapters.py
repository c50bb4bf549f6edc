"""`rushes chapters`: what a recording consists of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import click

from backend.cli.command import PATH, Code, command, refusal
from backend.cli.enrich import document_of, wish_of
from backend.cli.film import check_target, write_text, written_to
from backend.cli.link import Link
from backend.cli.listening import listening, options_for, require_ending, usable
from backend.cli.output import Output, amount_of_work, plain
from backend.cli.recordings import recordings
from backend.cli.senses import film_or_file, path_in
from backend.cli.stages import Stages
from backend.core.chapter import (
    YOUTUBE_FEWEST,
    Chapter,
    chapters_from,
    clock_title,
    for_youtube,
    tiled,
    told,
    vtt,
    youtube,
)
from backend.core.document import DocumentKind
from backend.core.fault import Unusable, explain
from backend.core.job import JobKind
from backend.settings import Settings
from backend.store.giving import give
from backend.work.apart import render_apart
from backend.work.hear import chapters_apart

CHAPTER_FILES = (".vtt", ".txt", ".json", ".mp4")


@click.command()
@click.argument("named", metavar="SESSION_OR_FILE")
@listening
@click.option(
    "--from",
    "edited",
    type=PATH,
    metavar="CHAPTERS.json",
    help="Take these, as you edited them, instead of looking for any.",
)
@written_to("OUT.vtt|.txt|.json|.mp4", needed=False)
@command
def chapters(
    named: str,
    model: str | None,
    language: str | None,
    edited: Path | None,
    output: Path | None,
    force: bool,
    settings: Settings,
    out: Output,
) -> Code:
    """Tell the chapters of a session, or find those of a media file.

    They begin where the topic, the picture or what is on screen changes, in a pause. Nothing leaves
    this machine. Edit what -o OUT.json wrote, and bring it back with --from: a session keeps them.
    """
    require_ending(output, CHAPTER_FILES)
    path = path_in(named)
    originals = [] if path is None else [path]
    target = None if output is None else check_target(output, originals, force, settings)
    notes: tuple[str, ...] = ()
    if path is None:
        found, notes = _of_session(named, model, language, edited, settings, out)
    elif edited is not None:
        found = _edited(edited)
    else:
        options = options_for(settings, model, language)
        with amount_of_work(out) as tell:
            outline = usable(lambda: chapters_apart(path, options, settings.heard, tell))
        found, notes = outline.chapters, outline.notes
    if target is not None:
        if target.suffix.lower() != ".mp4":
            notes = (*notes, *_written(found, target))
        elif path is None:
            give(film_or_file(named, settings), target, found)
        else:
            _film(found, path, target, settings, out)
    out.line(
        {
            "event": "completed",
            "output": None if target is None else str(target),
            **told(found),
            "notes": list(notes),
        }
    )
    if not out.json:
        rows = [(clock_title(one.start), one.title) for one in found]
        out.table(("from", "chapter"), rows, right=("from",))
        if target is not None:
            out.say(f"✓ {target.name}", "green")
        for line in notes:
            out.note(plain(line))
    return Code.DONE


def _of_session(
    named: str,
    model: str | None,
    language: str | None,
    edited: Path | None,
    settings: Settings,
    out: Output,
) -> tuple[tuple[Chapter, ...], tuple[str, ...]]:
    """What the library knows of a session's chapters, with what is to be known of them; found out
    where it does not know yet, or where another model or language is wanted."""
    brought = None if edited is None else _edited(edited)
    with Link(settings) as link:
        number = link.session(named)
        body = document_of(
            link,
            number,
            DocumentKind.CHAPTERS,
            wish_of(link, number, JobKind.CHAPTERS, model, language),
            out,
        )
        if brought is not None:
            wish = {"based_on": body["version"], **told(brought)}
            body = link.ask("PATCH", f"/api/sessions/{number}/chapters", wish)
    return chapters_from(body), tuple(body["notes"])


def _edited(path: Path) -> tuple[Chapter, ...]:
    """Chapters out of a file. Raises a refusal."""
    hint = "Write a file with `rushes chapters FILE -o OUT.json`, and edit that."
    try:
        found = chapters_from(json.loads(path.read_bytes()))
    except OSError as error:
        raise Unusable(explain(error, f"read {path}")) from error
    except ValueError as error:
        raise refusal(f"The chapters in “{path.name}” cannot be used: {error}.", hint) from error
    except (TypeError, KeyError, AttributeError) as error:
        raise refusal(f"“{path.name}” holds no chapters.", hint) from error
    if not found:
        raise refusal(f"“{path.name}” holds no chapters.", hint)
    return found


def _film(
    found: Sequence[Chapter], path: Path, target: Path, settings: Settings, out: Output
) -> None:
    """A film of the file at `path`, with these chapters."""
    recorded = recordings(str(path), settings)
    timeline = recorded.timeline
    marks = [(one.start, one.title) for one in found]
    cutting = replace(
        recorded.cutting(timeline), chapters=tiled(marks, Fraction(timeline.duration))
    )
    with Stages(out) as stages:
        render_apart(cutting, target, stages.tell)


def _written(found: Sequence[Chapter], target: Path) -> tuple[str, ...]:
    """Write them; returns what is to be known of it."""
    suffix = target.suffix.lower()
    if suffix == ".txt":
        write_text(youtube(found), target)
        if len(for_youtube(found)) < YOUTUBE_FEWEST:
            return (f"YouTube shows chapters only where there are {YOUTUBE_FEWEST} or more.",)
        return ()
    write_text(
        vtt(found)
        if suffix == ".vtt"
        else json.dumps(told(found), ensure_ascii=False, indent=2) + "\n",
        target,
    )
    return ()
