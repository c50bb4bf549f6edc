"""`rushes transcribe`: what is said in a recording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import click

from backend.cli.command import Code, command, refusal
from backend.cli.enrich import document_of, wish_for
from backend.cli.film import check_target, write_text, written_to
from backend.cli.link import Link
from backend.cli.listening import (
    choices_of,
    listening,
    require_ending,
    telling_apart,
    usable,
)
from backend.cli.output import Output, amount_of_work, plain
from backend.cli.senses import path_in
from backend.core.captions import LINE, WRITERS
from backend.core.document import DocumentKind
from backend.core.fault import Category
from backend.core.time import timecode
from backend.core.transcript import Transcript, transcript_from
from backend.enrich.models import Purpose, choose, how_to_add
from backend.enrich.options import ReviewOptions
from backend.enrich.owned import known_models
from backend.settings import Settings
from backend.work.hear import transcribe_apart

ENDINGS = (*(f".{suffix}" for suffix in WRITERS), ".json")


@click.command()
@click.argument("named", metavar="SESSION_OR_FILE")
@listening
@telling_apart
@written_to("OUT.srt|.vtt|.txt|.md|.json", needed=False)
@click.option(
    "--line",
    type=click.IntRange(10, 1000),
    metavar="CHARACTERS",
    help=f"Longest line; {LINE} in captions without it, and any length in text.",
)
@command
def transcribe(
    named: str,
    model: str | None,
    language: str | None,
    speakers: int | None,
    output: Path | None,
    force: bool,
    line: int | None,
    settings: Settings,
    out: Output,
) -> Code:
    """Write down what is said in a session or a media file.

    Nothing leaves this machine. Stopped with Ctrl-C or killed, it goes on where it was when it is
    asked again.
    """
    require_ending(output, ENDINGS)
    path = path_in(named)
    originals = [] if path is None else [path]
    target = None if output is None else check_target(output, originals, force, settings)
    if path is None:
        wish = wish_for("review", model, language, speakers)
        transcript = _of_session(named, wish, settings, out)
    else:
        transcript = _of_file(path, model, language, speakers, settings, out)
    if target is not None:
        _write(transcript, target, line)
    out.line(
        {
            "event": "completed",
            "output": None if target is None else str(target),
            **transcript.told(),
        }
    )
    if not out.json:
        _show(transcript, target, out)
    return Code.DONE


def _of_session(
    named: str, wish: Mapping[str, object], settings: Settings, out: Output
) -> Transcript:
    """What the library knows is said in a session; found out where it does not know yet, or where
    another model or language is wanted."""
    with Link(settings) as link:
        number = link.session(named)
        return transcript_from(document_of(link, number, DocumentKind.TRANSCRIPT, wish, out))


def _of_file(
    path: Path,
    model: str | None,
    language: str | None,
    speakers: int | None,
    settings: Settings,
    out: Output,
) -> Transcript:
    def listen() -> Transcript:
        models, choices = known_models(settings.models), choices_of(settings)
        chosen = choose(Purpose.SPEECH, models, model or choices.speech_model)
        if chosen is None:
            lacking = next(known for known in models if known.purpose is Purpose.SPEECH)
            raise refusal("There is no model of speech here.", how_to_add(lacking), Category.MODEL)
        count = choices.speakers if speakers is None else speakers
        options = ReviewOptions(chosen, settings.models, language, speakers=count)
        with amount_of_work(out) as tell:
            return transcribe_apart(path, options, settings.heard, tell)

    return usable(listen)


def _write(transcript: Transcript, target: Path, line: int | None) -> None:
    suffix = target.suffix.lower()
    if suffix == ".json":
        text = json.dumps(transcript.told(), ensure_ascii=False, indent=2) + "\n"
    elif line is None:
        text = WRITERS[suffix[1:]](transcript, LINE if suffix in (".srt", ".vtt") else 0)
    else:
        text = WRITERS[suffix[1:]](transcript, line)
    write_text(text, target)


def _show(transcript: Transcript, target: Path | None, out: Output) -> None:
    if target is None:
        said = transcript.utterances
        who = any(one.speaker for one in said)
        rows = [
            (timecode(one.start), *([plain(one.speaker or "")] if who else []), plain(one.text))
            for one in said
        ]
        if rows:
            out.table(("at", *(["who"] if who else []), "said"), rows, right=("at",))
    else:
        out.say(f"✓ {target.name}", "green")
    for note in transcript.notes:
        out.note(plain(note))
    figures = transcript.figures()
    if transcript.utterances:
        out.note(
            f"{figures['words']} words in {figures['speaking']} s of speech"
            f" ({transcript.language}, {transcript.model})."
        )
