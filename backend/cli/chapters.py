"""`rushes chapters` and `rushes summary`: what a recording consists of, and what it comes to."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import click

from backend.cli.command import PATH, Code, Unusable, command, refusal
from backend.cli.enrich import document_of, steps_for, wish_for
from backend.cli.film import check_target, write_text, written_to
from backend.cli.link import Link
from backend.cli.listening import listening, require_ending, usable
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
from backend.core.document import DocumentKind, Origin
from backend.core.fault import explain
from backend.core.flow import ENRICHING
from backend.core.job import JobKind
from backend.core.summary import Summary, summary_from, summary_text
from backend.enrich.options import outline_options
from backend.settings import Settings
from backend.store.giving import give
from backend.work.apart import render_apart
from backend.work.hear import chapters_apart, summary_apart

T = TypeVar("T")

CHAPTER_FILES = (".vtt", ".txt", ".json", ".mp4")
SUMMARY_FILES = (".md", ".txt", ".json")
KEY = "RUSHES_ENDPOINT_KEY"
"""What a model behind an address may want to be shown; never an option, which others would see."""


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
        options = usable(lambda: outline_options(settings.models, model, language))
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
            _wish(link, number, JobKind.CHAPTERS, model, language),
            out,
        )
        if brought is not None:
            wish = {"based_on": body["version"], **told(brought)}
            body = link.ask("PATCH", f"/api/sessions/{number}/chapters", wish)
    return chapters_from(body), tuple(body["notes"])


def _wish(
    link: Link, number: str, last: JobKind, model: str | None, language: str | None
) -> Mapping[str, object]:
    """What is to be asked of a session where `last` is wanted; all that it builds on where the
    model or the language is named."""
    how = wish_for(None, model, language)
    steps = list(ENRICHING[: ENRICHING.index(last) + 1]) if how else steps_for(link, number, last)
    return {"steps": steps, **how}


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


@click.command()
@click.argument("named", metavar="SESSION_OR_FILE")
@listening
@click.option(
    "--endpoint",
    metavar="ADDRESS",
    help="Let a model there write it, such as Ollama at http://localhost:11434: what is said is"
    f" sent to it. Its key, if it wants one, is read from {KEY}.",
)
@click.option("--endpoint-model", metavar="NAME", default="", help="Which of its models.")
@click.option(
    "--context", type=int, metavar="TOKENS", help="How much it takes in at a time; 4096 without."
)
@written_to("OUT.md|.txt|.json", needed=False)
@command
def summary(
    named: str,
    model: str | None,
    language: str | None,
    endpoint: str | None,
    endpoint_model: str,
    context: int | None,
    output: Path | None,
    force: bool,
    settings: Settings,
    out: Output,
) -> Code:
    """Sum up what is said in a session or a media file: key points, and what is to be done.

    It is made of sentences that were said, on this machine; without --endpoint, or an endpoint in
    the settings, nothing leaves it. Of a session it is the summary that the library keeps.
    """
    require_ending(output, SUMMARY_FILES)
    path = path_in(named)
    originals = [] if path is None else [path]
    target = None if output is None else check_target(output, originals, force, settings)
    asked = None
    if endpoint is not None:
        from backend.enrich.endpoint import CONTEXT, Endpoint

        key = os.environ.get(KEY)
        asked = usable(lambda: Endpoint(endpoint, endpoint_model, key, context or CONTEXT))
        out.note(plain(f"What is said is sent to {asked.name}."))
    elif endpoint_model or context is not None:
        raise refusal("It is not said where that model is.", "Name it with --endpoint ADDRESS.")
    changed = False
    if path is None and asked is None:
        found, changed = _summary_of_session(named, model, language, settings, out)
    else:
        film = film_or_file(named, settings)
        options = usable(lambda: outline_options(settings.models, model, language, look=False))
        with amount_of_work(out) as tell:
            found = usable(lambda: summary_apart(film, options, asked, settings.heard, tell))
    if target is not None:
        suffix = target.suffix.lower()
        body = json.dumps(found.told(), ensure_ascii=False, indent=2) + "\n"
        write_text(
            body if suffix == ".json" else summary_text(found, suffix == ".md", changed), target
        )
    out.line(
        {"event": "completed", "output": None if target is None else str(target), **found.told()}
    )
    if not out.json:
        if target is None:
            for line in summary_text(found, False, changed).splitlines():
                out.say(plain(line))
        else:
            out.say(f"✓ {target.name}", "green")
        for note in found.notes:
            out.note(plain(note))
    return Code.DONE


def _summary_of_session(
    named: str, model: str | None, language: str | None, settings: Settings, out: Output
) -> tuple[Summary, bool]:
    """What the library keeps as a session's summary, and whether its owner has edited it; as
    `_of_session`."""
    with Link(settings) as link:
        number = link.session(named)
        wish = _wish(link, number, JobKind.SUMMARY, model, language)
        body = document_of(link, number, DocumentKind.SUMMARY, wish, out)
    return summary_from(body), body["origin"] == Origin.EDITED
