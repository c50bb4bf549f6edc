"""`rushes sound`: the sound of a recording as a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from backend.cli.command import Code, command, refusal
from backend.cli.film import check_target, written_to
from backend.cli.output import Output, amount, length, plain
from backend.cli.recordings import recordings
from backend.cli.stages import Stages
from backend.core.timeline import Timeline, TrackKind
from backend.settings import Settings
from backend.work.apart import render_apart

ENDINGS = (".m4a", ".mp3")
HOW = {"copied": "copied as it is", "encoded": "encoded"}


@click.command()
@click.argument("recording", metavar="FILE|FOLDER|SESSION")
@written_to("OUT.m4a|OUT.mp3")
@command
def sound(recording: str, output: Path, force: bool, settings: Settings, out: Output) -> Code:
    """Save the sound of a recording, its segments joined, as .m4a or .mp3.

    Where it is AAC already, .m4a holds it as it is. Of a session the film's sound is saved, or that
    of its recordings where there is no film. Ctrl-C leaves no file.
    """
    if output.suffix.lower() not in ENDINGS:
        raise refusal(
            f"“{output.name}” does not tell which kind of file you want.",
            "Let its name end in .m4a or in .mp3.",
        )
    found = recordings(recording, settings, film=True)
    target = check_target(output, found.paths, force, settings)
    heard = found.timeline.track(TrackKind.AUDIO)
    if heard is None:
        raise refusal(f"“{recording}” has no sound.", "Choose a recording that has.")
    asked = found.cutting(Timeline((heard,)))
    used = {clip.path for clip in heard.clips}
    asked = replace(
        asked,
        sources=tuple(s for s in asked.sources if s.path in used),
        chapters=found.chapters,
    )
    with Stages(out) as stages:
        facts = render_apart(asked, target, stages.tell)
    out.line({"event": "completed", "output": str(target), **facts})
    said = [target.name, length(float(str(facts["duration"]))), amount(int(str(facts["size"])))]
    out.say("✓ " + " · ".join([*map(plain, said), f"sound {HOW[str(facts['sound'])]}"]), "green")
    return Code.DONE
