"""What all commands share: their two options, their exit codes, and how they fail."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from typing import Any

import click

from backend.cli.output import Output
from backend.client import Gone, Unwilling
from backend.core.fault import Category, Fault, FaultError, Unusable, explain
from backend.settings import Settings, settings_for

PATH = click.Path(path_type=Path, readable=False)
"""Any path. What cannot be read is refused by who wants to read it: that is no wrong usage."""


class Code(IntEnum):
    """How a command ended."""

    DONE = 0
    USAGE = 2
    REFUSED = 3
    FAILED = 4
    CANCELLED = 130


REFUSED = frozenset(
    {Category.INPUT, Category.MISSING, Category.PERMISSION, Category.CORRUPT, Category.MODEL}
)
GONE = Fault(
    Category.CRASH,
    "The background process ended while it was asked.",
    "Run the command again: it starts a new one, and nothing that was taken in is lost.",
)


class Stop(Exception):
    """Ends a command with a code, everything having been said."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


def refusal(message: str, hint: str = "", category: Category = Category.INPUT) -> Unusable:
    """The error to raise for something given on the command line that cannot be used."""
    return Unusable(Fault(category, message, hint))


def code_of(fault: Fault) -> Code:
    """The exit code for a job, or a session, that ended with this fault."""
    return Code.CANCELLED if fault.category is Category.CANCELLED else Code.FAILED


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `settings` and `out`, and turn whatever goes wrong into words and a code.

    Stands below `@group.command(...)` and above the options.
    """

    @click.option(
        "--data-dir",
        type=PATH,
        metavar="DIR",
        help="The library to use, instead of your own (or RUSHES_DATA_DIR).",
    )
    @click.option("--json", "as_json", is_flag=True, help="Answer in lines of JSON.")
    @functools.wraps(function)
    def carried_out(*args: Any, data_dir: Path | None, as_json: bool, **options: Any) -> None:
        out = Output(as_json)
        try:
            settings = settings_for(data_dir)
        except RuntimeError as error:  # there is no such person
            out.fail(
                Fault(
                    Category.INPUT, f"“{data_dir}” cannot be used: {error}", "Name another folder."
                )
            )
            raise click.exceptions.Exit(Code.REFUSED) from error
        try:
            code = function(*args, settings=settings, out=out, **options)
        except Stop as stop:
            code = stop.code
        except Unwilling as refused:
            out.fail(refused.fault)
            code = Code.FAILED if refused.status >= 500 else Code.REFUSED
        except Unusable as error:
            out.fail(error.fault)
            code = Code.REFUSED
        except FaultError as error:
            out.fail(error.fault)
            code = Code.FAILED
        except Gone:
            out.fail(GONE)
            code = Code.FAILED
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            out.note("Stopped.")
            code = Code.CANCELLED
        except Exception as error:
            _log(settings)
            out.fail(explain(error, "do this"))
            code = Code.FAILED
        click.get_current_context().exit(int(code or Code.DONE))

    return carried_out


def _log(settings: Settings) -> None:
    """Keep the trace where the backend's own are; not on a screen."""
    try:
        with settings.log.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(traceback.format_exc())
    except OSError:
        pass  # there is no library yet, or no room: the words have to do


class Listing(click.Group):
    """A group that lists when no subcommand is named."""

    def __init__(self, *args: Any, first: str = "list", **options: Any) -> None:
        super().__init__(*args, **options)
        self.first = first

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = [self.first, *args]
        return super().parse_args(ctx, args)


def limited(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option that every list has."""
    return click.option(
        "--limit",
        type=click.IntRange(1, 1000),
        default=50,
        show_default=True,
        help="How many to list at most.",
    )(function)
