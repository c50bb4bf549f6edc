"""`rushes inspect --sync`: how far apart picture and sound of a film are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from backend.cli.command import Code, refusal
from backend.cli.link import Link
from backend.cli.output import Output, plain
from backend.core.fault import Category, Fault
from backend.core.sync import SyncReport
from backend.core.time import timecode
from backend.settings import Settings

_SHOWN = 12
"""Pairs that are listed."""


def measured(file: Path, settings: Settings, out: Output) -> Code:
    """Measure a file, or the film of a session, and say what came out."""
    from backend.work.isolate import measure_sync

    path = Path(os.path.abspath(file))  # noqa: PTH100 - links stay links
    if not path.exists() and len(file.parts) == 1:
        path = _film(str(file), settings)
    bar = sys.stderr.isatty() and not out.json

    def tell(share: float) -> None:
        if bar:
            click.echo(f"\rListening and watching … {share * 100:3.0f} %", nl=False, err=True)

    report = measure_sync(path, tell)
    if bar:
        click.echo("\r\x1b[K", nl=False, err=True)
    if isinstance(report, Fault):
        out.fail(report, file=str(path))
        return Code.REFUSED
    out.line({"file": str(path), **_told(report)})
    if not out.json:
        _show(path, report, out)
    return Code.DONE


def _film(name: str, settings: Settings) -> Path:
    with Link(settings) as link:
        session = link.get(f"/api/sessions/{link.session(name)}")
    if not session["film"]:
        raise refusal(
            f"Session {name} has no film yet.",
            f"`rushes sessions show {name}` tells how far it is.",
            Category.MISSING,
        )
    return Path(session["film"]["path"])


def _told(report: SyncReport) -> dict[str, object]:
    picture, sound = report.picture, report.sound
    return {
        "picture": None if picture is None else [float(end) for end in picture],
        "sound": None if sound is None else [float(end) for end in sound],
        "frame": None if report.frame is None else float(report.frame),
        "clock": None if report.clock is None else float(report.clock),
        "flashes": report.flashes,
        "beeps": report.beeps,
        "pairs": [[pair.at, pair.off] for pair in report.pairs],
        "median": report.median,
        "worst": report.worst,
        "drift": report.drift,
    }


def _show(path: Path, report: SyncReport, out: Output) -> None:
    out.say(plain(path))
    for name, span in (("picture", report.picture), ("sound", report.sound)):
        if span is not None:
            out.say(f"  {name:8} from {timecode(span[0])} to {timecode(span[1])}")
    if report.clock is not None:
        off = (float(report.clock) - 1) * 1e6
        agree = "agrees with its time stamps"
        if report.clock != 1:
            agree = f"runs {abs(off):.0f} millionths {'slow' if off < 0 else 'fast'}"
        out.say(f"  the clock of its sound {agree}")
    if report.picture is None or report.sound is None:
        out.say("  There is nothing to compare: it has only one of picture and sound.")
        return
    if not report.pairs:
        out.say(
            f"  {report.flashes} flashes and {report.beeps} sudden sounds do not pair up: whether"
            " what is seen and heard belong together cannot be measured here. A clap in front of"
            " the camera, at the start and at the end, would tell."
        )
        return
    for pair in report.pairs[:_SHOWN]:
        out.say(f"  {pair.at:10.3f} s  {pair.off * 1000:+7.1f} ms")
    if len(report.pairs) > _SHOWN:
        out.say(f"  … and {len(report.pairs) - _SHOWN} more")
    median, worst, drift = (1000 * (x or 0) for x in (report.median, report.worst, report.drift))
    out.say(
        f"  {len(report.pairs)} flashes with their beeps: the sound is {_late(median)} in the"
        f" middle, {_late(worst)} at worst, and moves by {drift:+.1f} ms from first to last"
    )
    if report.frame is not None:
        frame = float(report.frame) * 1000
        within = abs(worst) <= frame
        words = "within one frame everywhere" if within else "more than one frame apart"
        out.say(f"  {'✓' if within else '!'} {words} ({frame:.1f} ms)", "green" if within else "")


def _late(milliseconds: float) -> str:
    if abs(milliseconds) < 0.05:
        return "on time"
    return f"{abs(milliseconds):.1f} ms {'late' if milliseconds > 0 else 'early'}"
