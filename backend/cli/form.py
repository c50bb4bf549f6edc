"""Options that say how the picture of a film is to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from backend.core.form import OWN, Form, parse_height, parse_rate
from backend.core.session import FrameRate

F = TypeVar("F", bound=Callable[..., Any])


class _Asked(click.ParamType[Any]):
    """A value as `parse` reads it. Wrong ones are wrong usage, with its words."""

    def __init__(self, option: str, parse: Callable[[str], object]) -> None:
        self.name = option
        self._parse = parse

    def convert(self, value: Any, param: object, ctx: object) -> Any:
        try:
            return {"asked": self._parse(str(value))}
        except ValueError as error:
            raise click.UsageError(f"{self.name} is {error}; {value!r} is none.") from None


def with_form(function: F) -> F:
    """Add --height and --rate; the command is given `height` and `rate`, for `asked_form` or
    `asked_options`."""
    height = click.option(
        "--height",
        type=_Asked("--height", parse_height),
        metavar="ROWS",
        help="Rows of pixels that the film is shown with, such as 720; the width follows. A smaller"
        f" picture stays as it is; {OWN}: as many as were recorded.",
    )
    rate = click.option(
        "--rate",
        type=_Asked("--rate", parse_rate),
        metavar="RATE",
        help="Frames a second, all of one length: a number such as 25 or 29.97, or constant, which"
        f" is nearest to the recording's own. {OWN}: each frame is shown at its own time.",
    )
    return height(rate(function))


Asked = dict[str, Any] | None
"""What an option was given; None where it was left out."""


def asked_form(height: Asked, rate: Asked) -> Form:
    """The form that was asked for."""
    return Form(
        None if height is None else height["asked"], None if rate is None else rate["asked"]
    )


def asked_options(height: Asked, rate: Asked) -> dict[str, int | str | float | None]:
    """The options of a session that were named, as the API takes them."""
    named: dict[str, int | str | float | None] = {}
    if height is not None:
        named["height"] = height["asked"]
    if rate is not None:
        wanted: FrameRate = rate["asked"]
        named["rate"] = wanted if isinstance(wanted, str | None) else float(wanted)
    return named
