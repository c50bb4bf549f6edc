"""The `rushes` command: one file a noun. What a command needs is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Carry out the command line and end the process with its exit code."""
    import click

    from backend.cli.command import Code
    from backend.cli.root import rushes

    for stream in (sys.stdout, sys.stderr):
        # A file name of any bytes must not end a command that only wanted to show it.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = rushes.main(arguments, prog_name="rushes", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = Code.CANCELLED
    sys.exit(int(code or 0))
