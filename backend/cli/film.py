"""Where a film may be given away to."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from backend.cli.command import refusal
from backend.core.fault import Category, FaultError, explain
from backend.settings import Settings
from backend.store.giving import give

Command = TypeVar("Command", bound=Callable[..., object])


def written_to(metavar: str, needed: bool = True) -> Callable[[Command], Command]:
    """The options of a command that writes one file: `output` and `force`."""

    def with_options(function: Command) -> Command:
        output = click.option(
            "-o",
            "--output",
            type=click.Path(path_type=Path),
            metavar=metavar,
            required=needed,
            help="The file to write.",
        )
        force = click.option("--force", is_flag=True, help="Replace the file that is there.")
        return output(force(function))

    return with_options


def check_target(output: Path, paths: Sequence[Path], force: bool, settings: Settings) -> Path:
    """Where the film is to go, absolute. Raises a refusal before any work has begun."""
    target = Path(os.path.abspath(output))  # noqa: PTH100 - links stay links
    try:
        _require_usable(target, paths, force, settings)
    except OSError as error:
        fault = explain(error, f"write {target}")
        raise refusal(fault.message, "Name another place.", fault.category) from error
    return target


def _require_usable(target: Path, paths: Sequence[Path], force: bool, settings: Settings) -> None:
    if target.is_dir():
        raise refusal(
            f"{target} is a folder.", "Name the file that you want, such as film.mp4 in it."
        )
    if not target.parent.is_dir():
        raise refusal(
            f"The folder {target.parent} is not there.",
            "Make it first, or name another place.",
            Category.MISSING,
        )
    above = target.resolve().parents
    if any(place.resolve() in above for place in (settings.data, settings.films)):
        raise refusal(
            f"{target} would lie inside the library, which Rushes keeps by itself.",
            "Name another place.",
        )
    if any(path.is_dir() and path.resolve() in above for path in paths):
        raise refusal(
            f"{target} would lie among the recordings, and be taken for one the next time.",
            "Name a place outside the session's folder.",
        )
    if target.exists() and any(path.exists() and path.samefile(target) for path in paths):
        raise refusal(f"{target} is one of the recordings.", "Name another place.")
    if os.path.lexists(target) and not force:
        raise refusal(f"{target} exists already.", "Name another place, or replace it: --force.")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise refusal(
            f"Nothing can be written in {target.parent}.",
            "Name another place.",
            Category.PERMISSION,
        )


def copy_film(film: Path, target: Path, originals: Sequence[Path]) -> None:
    """Copy by way of an unfinished file and a rename. Raises a fault, and leaves nothing."""
    if target.exists() and any(path.exists() and path.samefile(target) for path in originals):
        raise refusal(f"{target} is one of the recordings.", "Name another place.")
    give(film, target)


def write_text(text: str, target: Path) -> None:
    """As `write_bytes`, in UTF-8."""
    write_bytes(text.encode("utf-8"), target)


def write_bytes(data: bytes, target: Path) -> None:
    """Write by way of an unfinished file and a rename. Raises a fault, and leaves nothing."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise FaultError(explain(error, f"write {target}")) from error
