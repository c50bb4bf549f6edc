"""What the commands share that listen to a recording: their options, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from backend.cli.command import refusal
from backend.core.fault import Category, FaultError, Unusable

T = TypeVar("T")


def listening(function: Callable[..., T]) -> Callable[..., T]:
    """The options of how a recording is listened to."""
    for option in (
        click.option(
            "--language",
            metavar="CODE",
            help="The language that is spoken, such as en or de; found out without it.",
        ),
        click.option(
            "--model", metavar="NAME", help="The model that listens; the best there is without."
        ),
    ):
        function = option(function)
    return function


def require_ending(output: Path | None, endings: Sequence[str]) -> None:
    """Raises a refusal where a file's name does not tell what is to be in it."""
    if output is not None and output.suffix.lower() not in endings:
        raise refusal(
            f"“{output.name}” does not tell which kind of file you want.",
            f"Let its name end in {', '.join(endings[:-1])} or {endings[-1]}.",
        )


def usable(work: Callable[[], T]) -> T:
    """What comes of work on what was given; a fault of it ends the command as a refusal."""
    try:
        return work()
    except FaultError as error:
        if error.fault.category is Category.CANCELLED:
            raise
        raise Unusable(error.fault) from error
