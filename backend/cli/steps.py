"""Steps of an enrichment, as commands name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from backend.cli.command import refusal
from backend.core.flow import ENRICHING

F = TypeVar("F", bound=Callable[..., Any])

STEPS = ", ".join(ENRICHING)
"""All of them, for people."""


def steps_in(text: str) -> list[str]:
    """Steps that are named with commas between them. Raises a refusal for one that there is not."""
    steps = [step.strip() for step in text.split(",")]
    for step in steps:
        if step not in ENRICHING:
            raise refusal(f"“{step}” is no step.", f"There are: {STEPS}.")
    return steps


def leaving_out(function: F) -> F:
    """Add --no-enrich and --without; the command is given `no_enrich` and `without`."""
    return click.option(
        "--no-enrich", is_flag=True, help="Make the film only; leave enrichment out."
    )(
        click.option(
            "--without",
            metavar="STEP,…",
            help=f"Leave these steps of the enrichment out: {STEPS}. The others do without.",
        )(function)
    )
