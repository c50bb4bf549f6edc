"""What the commands share that listen to a recording: their options, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from backend.cli.command import refusal
from backend.core.fault import Category, FaultError, Unusable
from backend.core.speakers import MOST_SPEAKERS
from backend.enrich.options import OutlineOptions, outline_options
from backend.settings import Choices, Settings

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
            "--model",
            metavar="NAME",
            help="The model that listens; the one in use (`rushes models`) without.",
        ),
    ):
        function = option(function)
    return function


def telling_apart(function: Callable[..., T]) -> Callable[..., T]:
    """The option of how many people speak."""
    return click.option(
        "--speakers",
        type=click.IntRange(0, MOST_SPEAKERS),
        metavar="NUMBER",
        help="How many people speak: what each says is marked. 0: not told, as without it, unless"
        " enrich.speakers says otherwise.",
    )(function)


def choices_of(settings: Settings) -> Choices:
    """What the owner of the library wants, for work that needs no library."""
    from backend.store.library import kept_preferences

    return Choices(kept_preferences(settings.data))


def options_for(
    settings: Settings, model: str | None, language: str | None, look: bool = True
) -> OutlineOptions:
    """With what a file is listened to and looked at: the model that is named, else those that the
    owner uses. Raises a refusal where the one that listens is not there."""
    choices = choices_of(settings)
    return usable(
        lambda: outline_options(
            settings.models,
            model or choices.speech_model,
            language,
            look=look,
            meaning=choices.meaning_model,
            speakers=choices.speakers,
        )
    )


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
