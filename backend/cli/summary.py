"""`rushes summary`: what a recording comes to."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from backend.cli.command import PATH, Code, command, refusal
from backend.cli.enrich import document_of, wish_of
from backend.cli.film import check_target, write_text, written_to
from backend.cli.link import Link
from backend.cli.listening import listening, options_for, require_ending, usable
from backend.cli.output import Output, amount_of_work, plain
from backend.cli.senses import film_or_file, path_in
from backend.core.document import DocumentKind, Origin
from backend.core.fault import Unusable, explain
from backend.core.job import JobKind
from backend.core.summary import Summary, summary_from, summary_text
from backend.settings import Settings
from backend.work.hear import summary_apart

SUMMARY_FILES = (".md", ".txt", ".json")
KEY = "RUSHES_ENDPOINT_KEY"
"""What a model behind an address may want to be shown; never an option, which others would see."""


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
@click.option(
    "--from",
    "edited",
    type=PATH,
    metavar="SUMMARY.json",
    help="Keep this one of a session, as you edited it.",
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
    edited: Path | None,
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
    if edited is not None and (path is not None or asked is not None):
        raise refusal("Only a session keeps an edited summary.", "Name a session of the library.")
    if path is None and asked is None:
        found, changed = _summary_of_session(named, model, language, edited, settings, out)
    else:
        film = film_or_file(named, settings)
        options = options_for(settings, model, language, look=False)
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
    named: str,
    model: str | None,
    language: str | None,
    edited: Path | None,
    settings: Settings,
    out: Output,
) -> tuple[Summary, bool]:
    """What the library keeps as a session's summary, and whether its owner has edited it; as
    `_of_session`."""
    brought = None if edited is None else _edited_summary(edited)
    with Link(settings) as link:
        number = link.session(named)
        wish = wish_of(link, number, JobKind.SUMMARY, model, language)
        body = document_of(link, number, DocumentKind.SUMMARY, wish, out)
        if brought is not None:
            text = brought.told()
            keep = {part: text[part] for part in ("title", "abstract", "points", "actions")}
            address = f"/api/sessions/{number}/summary"
            body = link.ask("PATCH", address, {"based_on": body["version"], **keep})
    return summary_from(body), body["origin"] == Origin.EDITED


def _edited_summary(path: Path) -> Summary:
    """A summary out of a file. Raises a refusal."""
    try:
        return summary_from(json.loads(path.read_bytes()))
    except OSError as error:
        raise Unusable(explain(error, f"read {path}")) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        hint = "Write a file with `rushes summary SESSION -o OUT.json`, and edit that."
        raise refusal(f"“{path.name}” holds no summary.", hint) from error
