"""`rushes canvas`: one page to look at instead of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from backend.cli.command import Code, Stop, command
from backend.cli.enrich import carry_out, wish_for
from backend.cli.film import check_target, write_bytes, written_to
from backend.cli.link import Link
from backend.cli.listening import listening, options_for, require_ending, usable
from backend.cli.output import Output, amount_of_work, plain
from backend.cli.senses import path_in
from backend.client import Unwilling
from backend.core.canvas import Canvas, canvas_from, titled
from backend.core.canvas_html import page
from backend.settings import Settings
from backend.work.drawing import canvas_apart, draw_poster
from backend.work.shelf import file_name

ENDINGS = (".html", ".png")


@click.command()
@click.argument("named", metavar="SESSION_OR_FILE")
@listening
@click.option("--again", is_flag=True, help="Draw a session's canvas anew, from what is known now.")
@click.option("--dark", is_flag=True, help="Light on dark, in .png; .html follows its reader.")
@written_to("OUT.html|.png", needed=False)
@command
def canvas(
    named: str,
    model: str | None,
    language: str | None,
    again: bool,
    dark: bool,
    output: Path | None,
    force: bool,
    settings: Settings,
    out: Output,
) -> Code:
    """Draw one page to look at instead of a session or a media file.

    Pictures by chapter, the sound, key points, what is to be done, quotes, and numbers. The .html
    needs nothing else: send it along. Without -o it lies beside the file, or for a session in the
    present folder. Nothing leaves this machine.
    """
    require_ending(output, ENDINGS)
    path = path_in(named)
    if path is not None:
        target = check_target(
            output or path.with_name(f"{path.stem}.canvas.html"), [path], force, settings
        )
        drawn, notes = _of_file(path, model, language, target, dark, settings, out)
    else:
        with Link(settings) as link:
            number = link.session(named)
            title = file_name(str(link.get(f"/api/sessions/{number}")["title"]))
            place = output or Path(f"{title}.canvas.html")
            target = check_target(place, [], force, settings)
            # Heard otherwise, all that is made of what was heard is made anew.
            wish = wish_for(None if model or language else "canvas", model, language)
            again = again or "steps" not in wish
            drawn = _of_session(link, number, wish, again, out)
            query = {"as": target.suffix.lower()[1:], "dark": str(dark).lower()}
            write_bytes(link.client.fetch(f"/api/sessions/{number}/canvas", query), target)
        notes = ()
    out.line({"event": "completed", "output": str(target), **drawn.told()})
    out.say(f"✓ {target.name}", "green")
    for note in dict.fromkeys((*drawn.notes, *notes)):
        out.note(plain(note))
    return Code.DONE


def _of_session(
    link: Link, number: str, wish: Mapping[str, object], again: bool, out: Output
) -> Canvas:
    """What the library has; drawn where there is none yet, where it is out of date, or where
    another is wanted."""
    address = f"/api/sessions/{number}/canvas"
    if not again:
        try:
            there = link.get(address)
        except Unwilling as refused:
            if refused.status != 404:
                raise
        else:
            if not there["out_of_date"]:
                return canvas_from(there)
    code = carry_out(link, number, wish, True, out, quiet=True)
    if code is not Code.DONE:
        raise Stop(code)
    return canvas_from(link.get(address))


def _of_file(
    path: Path,
    model: str | None,
    language: str | None,
    target: Path,
    dark: bool,
    settings: Settings,
    out: Output,
) -> tuple[Canvas, tuple[str, ...]]:
    options = options_for(settings, model, language)
    with amount_of_work(out) as tell:
        drawn, pictures, notes = usable(lambda: canvas_apart(path, options, settings.heard, tell))
    drawn = titled(drawn, path.stem)
    if target.suffix.lower() == ".html":
        write_bytes(page(drawn, pictures).encode("utf-8"), target)
    else:
        write_bytes(draw_poster(drawn, pictures, dark), target)
    return drawn, notes
