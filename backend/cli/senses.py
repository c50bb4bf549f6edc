"""`rushes silence`, `rushes loudness`, `rushes scenes`: what a recording holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from backend.cli.command import Code, code_of, command, refusal
from backend.cli.link import Link
from backend.cli.output import Output, amount_of_work
from backend.client import Unwilling
from backend.core.fault import Category, FaultError, Unusable
from backend.core.time import seconds, timecode
from backend.settings import Settings

NAMED = click.argument("named", metavar="SESSION_OR_FILE")


@click.command()
@NAMED
@click.option(
    "--threshold",
    type=click.FloatRange(-120, 0),
    metavar="DBFS",
    help="Level below which it is silent. Without it the recording's own noise tells.",
)
@click.option(
    "--least",
    type=click.FloatRange(0.05, 3600),
    metavar="SECONDS",
    help="Shortest silence to tell; 0.5 without it.",
)
@click.option(
    "--margin",
    type=click.FloatRange(0, 60),
    metavar="SECONDS",
    help="How much around every sound is not silence; 0.1 without it.",
)
@command
def silence(
    named: str,
    threshold: float | None,
    least: float | None,
    margin: float | None,
    settings: Settings,
    out: Output,
) -> Code:
    """Say where a session or a media file is silent.

    Silence is what holds nothing but the recording's own noise.
    """
    rules: dict[str, object] = {}
    if threshold is not None:
        rules["threshold"] = threshold
    if least is not None:
        rules["least"] = seconds(least)
    if margin is not None:
        rules["margin"] = seconds(margin)
    found = _heard(named, rules, settings, out)
    out.line({"event": "completed", **found})
    if not out.json:
        _show(found["silence"], "It is never silent.", out)
        quiet = sum((_span(one) for one in found["silence"]), Fraction(0))
        out.note(f"{timecode(quiet)} of silence, below {found['threshold']:.0f} dBFS.")
    return Code.DONE


@click.command()
@NAMED
@command
def loudness(named: str, settings: Settings, out: Output) -> Code:
    """Measure how loud a session or a media file is, by EBU R128."""
    found = _heard(named, {}, settings, out)
    out.line({"event": "completed", **found["loudness"], "clipped": found["clipped"]})
    if not out.json:
        measured = found["loudness"]
        out.say(f"Loudness        {_amount(measured['integrated'], 'LUFS')}")
        out.say(f"Range           {_amount(measured['range'], 'LU')}")
        out.say(f"True peak       {_amount(measured['true_peak'], 'dBTP')}")
        for one in found["clipped"]:
            out.say(f"Clipped         {_clock(one['start'])} – {_clock(one['end'])}")
    return Code.DONE


@click.command()
@NAMED
@command
def scenes(named: str, settings: Settings, out: Output) -> Code:
    """Say where the picture of a session or a media file changes as a whole."""
    found = _seen(named, settings, out)
    out.line({"event": "completed", **found})
    if not out.json:
        if not found["changes"]:
            out.say("The picture never changes as a whole.")
        starts = [0.0, *found["changes"]]
        out.table(
            ("scene", "from"),
            [(str(i), _clock(start)) for i, start in enumerate(starts, 1)],
            right=("scene", "from"),
        )
        for kind in ("black", "frozen"):
            for one in found[kind]:
                out.say(f"{kind}  {_clock(one['start'])} – {_clock(one['end'])}")
    return Code.DONE


def _heard(
    named: str, rules: Mapping[str, object], settings: Settings, out: Output
) -> dict[str, Any]:
    from backend.work.senses import find_in_sound

    def listen(path: Path, tell: Callable[[float], None]) -> dict[str, Any]:
        return find_in_sound(path, rules, tell)

    return _found(named, "sound", not rules, listen, settings, out)


def _seen(named: str, settings: Settings, out: Output) -> dict[str, Any]:
    from backend.work.senses import find_in_picture

    return _found(named, "picture", True, find_in_picture, settings, out)


def _found(
    named: str,
    what: str,
    kept: bool,
    find: Callable[[Path, Callable[[float], None]], dict[str, Any]],
    settings: Settings,
    out: Output,
) -> dict[str, Any]:
    """What a session's backend knows of it, or what is found in a file. `kept`: by the rules that
    a session's own jobs follow."""
    path = path_in(named)
    if path is None:
        with Link(settings) as link:
            session, path = _film_of(link, named)
            if kept:
                known = _known(link, session)[what]
                if known is not None:
                    return dict(known)
    try:
        with amount_of_work(out) as tell:
            return find(path, tell)
    except FaultError as error:
        if code_of(error.fault) is Code.CANCELLED:
            raise
        raise Unusable(error.fault) from error


def film_or_file(named: str, settings: Settings) -> Path:
    """The file of that name, or the film of the session. Raises a refusal without one."""
    path = path_in(named)
    if path is None:
        with Link(settings) as link:
            _, path = _film_of(link, named)
    return path


def path_in(named: str) -> Path | None:
    """The file that is named; None where a session must be meant."""
    path = Path(os.path.abspath(named))  # noqa: PTH100 - links stay links
    return path if os.path.lexists(path) or Path(named).name != named else None


def _film_of(link: Link, named: str) -> tuple[str, Path]:
    session = link.session(named)
    film = link.get(f"/api/sessions/{session}")["film"]
    if film is None:
        raise refusal("There is no film yet.", "Wait until it is ready.", Category.MISSING)
    return session, Path(film["path"])


def _known(link: Link, session: str) -> dict[str, Any]:
    """What the session's own jobs found; nothing while they have not got that far."""
    try:
        return dict(link.get(f"/api/sessions/{session}/analysis"))
    except Unwilling as refused:
        if refused.status != 404:
            raise
        return {"sound": None, "picture": None}


def _show(stretches: list[dict[str, float]], none: str, out: Output) -> None:
    if not stretches:
        out.say(none)
        return
    rows = [(_clock(one["start"]), _clock(one["end"]), timecode(_span(one))) for one in stretches]
    out.table(("from", "to", "lasts"), rows, right=("from", "to", "lasts"))


def _span(stretch: dict[str, float]) -> Fraction:
    return seconds(stretch["end"]) - seconds(stretch["start"])


def _clock(time: float) -> str:
    return timecode(seconds(time))


def _amount(value: float | None, unit: str) -> str:
    return "too quiet or too short to tell" if value is None else f"{value:.1f} {unit}"
