"""What a command says: words and tables for people, or lines of JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from backend.core.fault import Fault

if TYPE_CHECKING:
    from rich.console import Console

Cell = str | tuple[str, str]
"""Text, or text and its style."""

_SIGNS = {
    "ready": ("✓ ready", "green"),
    "completed": ("✓ completed", "green"),
    "failed": ("✗ failed", "red"),
    "running": ("● running", "yellow"),
    "processing": ("● processing", "yellow"),
    "recording": ("● recording", "yellow"),
    "cancelled": ("− cancelled", "dim"),
    "paused": ("∥ paused", ""),
    "queued": ("◌ queued", ""),
    "waiting": ("◌ waiting", ""),
    "pending": ("◌ pending", "dim"),
    "delayed": ("◌ delayed", ""),
    "unmerged": ("− unmerged", "dim"),
}


def plain(text: object) -> str:
    """Text without what a terminal would obey: a title must not move the cursor."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def sign(status: object) -> Cell:
    """A status with a sign and a colour, never by colour alone."""
    return _SIGNS.get(str(status), (str(status), ""))


def length(seconds: float | None) -> str:
    """`1:02:03` or `2:03`."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def remaining(seconds: float | None) -> str:
    """How long it will take, as coarse as it is known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


def amount(size: float | None) -> str:
    """Bytes as people read them, in powers of 1000."""
    if size is None:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit in ("B", "kB") else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def when(moment: str | None) -> str:
    """A time of the backend's, on this machine's clock, to the minute."""
    if not moment:
        return ""
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}"


class Output:
    """Where a command's answer goes. With `json` standard output holds lines of JSON only."""

    def __init__(self, as_json: bool) -> None:
        self.json = as_json

    def line(self, fields: Mapping[str, Any]) -> None:
        """One line of JSON, at once. Nothing where people are spoken to."""
        if self.json:
            # ASCII: a path of any bytes can be written, and read back.
            sys.stdout.write(json.dumps(fields) + "\n")
            sys.stdout.flush()

    def say(self, text: str, style: str = "") -> None:
        """The answer, to a person."""
        if not self.json:
            click.echo(click.style(text, fg=style) if style else text)

    def note(self, text: str) -> None:
        """Something beside the answer, to a person."""
        if not self.json:
            click.echo(text, err=True)

    def fail(self, fault: Fault, **fields: object) -> None:
        """What failed, why and what to do."""
        self.line({"event": "failed", **fields, "fault": fault.as_dict()})
        if not self.json:
            about = f"{plain(fields['title'])}: " if fields.get("title") else ""
            click.echo(click.style("✗ ", fg="red") + about + plain(fault.message), err=True)
            if fault.hint:
                click.echo(f"  {plain(fault.hint)}", err=True)

    def table(
        self, heads: Sequence[str], rows: Iterable[Sequence[Cell]], right: Sequence[str] = ()
    ) -> None:
        """A compact table. `right` names the columns of numbers."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for head in heads:
            table.add_column(
                head,
                justify="right" if head in right else "left",
                overflow="fold",
                no_wrap=head in ("id", "status", *right),
            )
        for row in rows:
            table.add_row(
                *(
                    Text(plain(cell)) if isinstance(cell, str) else Text(plain(cell[0]), cell[1])
                    for cell in row
                )
            )
        console().print(table)


def console(errors: bool = False) -> Console:
    """A terminal to draw on; as wide as it takes where there is none."""
    from rich.console import Console

    drawn = Console(stderr=errors, highlight=False, markup=False, emoji=False)
    if not drawn.is_terminal:
        drawn.width = 200
    return drawn


@contextmanager
def amount_of_work(out: Output) -> Iterator[Callable[[float], None]]:
    """Where progress is told: a line of JSON, or a word that is overwritten on a terminal."""
    drawn = not out.json and sys.stderr.isatty()

    def tell(done: float) -> None:
        out.line({"event": "progress", "progress": round(done, 4)})
        if drawn:
            click.echo(f"\r{done:.0%} ", nl=False, err=True)

    try:
        yield tell
    finally:
        if drawn:
            click.echo("\r     \r", nl=False, err=True)
