"""`rushes sample`: a short session to try things with."""

from __future__ import annotations

from pathlib import Path

import click

from backend.cli.command import Code, command, refusal
from backend.cli.output import Output
from backend.settings import Settings
from backend.work.isolate import make_sample


@click.command("sample")
@click.argument("folder", type=click.Path(path_type=Path))
@command
def sample(folder: Path, settings: Settings, out: Output) -> Code:
    """Make a short sample session in FOLDER, which must not be there yet.

    Half a minute of picture and speech, recorded apart: `rushes process FOLDER` makes its film.
    """
    if folder.exists():
        raise refusal(f"“{folder}” is there already.", "Name a folder that is not there yet.")
    out.note("Making a sample session …")
    make_sample(folder)
    out.line({"event": "completed", "folder": str(folder.absolute())})
    out.say(str(folder))
    return Code.DONE
