"""`rushes`, or `rushes window`: the window."""

from __future__ import annotations

import os
from pathlib import Path

import click

from backend.cli.command import PATH, Code, command, refusal
from backend.cli.output import Output
from backend.core.fault import Category
from backend.settings import Settings


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH…]", type=PATH)
@click.option("--page", metavar="PATH", default="", hidden=True, help="Show this page of it.")
@command
def window(paths: tuple[Path, ...], page: str, settings: Settings, out: Output) -> Code:
    """Open the window, and import what is named. `rushes` alone does the same.

    Where the window is open already, that one comes to the front. Close it whenever you like: what
    runs goes on.
    """
    for path in paths:
        if not os.path.lexists(path):
            raise refusal(
                f"There is nothing at {path}.", "Name a folder, or files.", Category.MISSING
            )
    from sidecar.shell import run
    from sidecar.single import Launch

    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - links stay links
    run(settings, Launch(absolute, page))
    return Code.DONE
