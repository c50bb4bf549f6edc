"""`rushes` itself: which commands there are, each loaded when it is called."""

from __future__ import annotations

import importlib
import os
from pathlib import Path

import click

from backend import __version__

COMMANDS = {
    "window": ("window", "window", "Open the window; `rushes` alone does the same."),
    "process": ("process", "process", "Make a film of each recording, and wait for it."),
    "sessions": ("sessions", "sessions", "List, show, record, delete and restore sessions."),
    "optimise": ("optimise", "optimise", "Make a session's film smaller, if it still looks good."),
    "jobs": ("jobs", "jobs", "List the jobs; cancel, retry, pause or resume one."),
    "queue": ("queue", "queue", "How much is waiting and for how long; pause or resume it all."),
    "cut": ("cut", "cut", "Cut parts out of a recording, to the frame."),
    "inspect": ("inspect", "inspect", "Say what is in a media file, or how a film is made."),
    "silence": ("senses", "silence", "Say where a session or a media file is silent."),
    "loudness": ("senses", "loudness", "Measure how loud a session or a media file is."),
    "scenes": ("senses", "scenes", "Say where its picture changes as a whole."),
    "transcribe": ("transcribe", "transcribe", "Write down what is said, word by word."),
    "enrich": ("enrich", "enrich", "Find out what is in a session."),
    "search": ("enrich", "search", "Find words in all sessions."),
    "chapters": ("chapters", "chapters", "Find chapters, and write them where others look."),
    "summary": ("summary", "summary", "Sum up what is said, and what is to be done."),
    "models": ("models", "models", "What finds things out: list, add, use and verify models."),
    "canvas": ("canvas", "canvas", "One page to look at instead of a recording."),
    "sound": ("sound", "sound", "Save the sound of a recording as .m4a or .mp3."),
    "settings": ("settings", "settings", "List and change what you can choose."),
    "backup": ("backup", "backup", "Back the library up, list backups, put one back."),
    "rebuild": ("backup", "rebuild", "Find sessions again by the films on the disk."),
    "doctor": ("doctor", "doctor", "Check that everything Rushes needs is in order."),
    "sample": ("sample", "sample", "Make a short session to try things with."),
    "serve": ("serve", "serve", "Be the backend of a library until it is told to end."),
}
"""By name: module, object, and one line of help, so that the list needs none of the modules."""


def _is_for_window(words: list[str]) -> bool:
    """Whether a command line names no command, but what the window is to show."""
    if not words:
        return True
    first = words[0]
    if first.startswith("-"):
        return first not in ("-h", "--help", "--version")
    return first not in COMMANDS and (os.path.lexists(first) or Path(first).name != first)


class _Lazy(click.Group):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["window", *args] if _is_for_window(args) else args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name, _ = COMMANDS[cmd_name]
        found = getattr(importlib.import_module(f"backend.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            meant = f" Did you mean `rushes {near[0]}`?" if near else ""
            ctx.fail(f"There is no command “{args[0]}”.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, _, words) in COMMANDS.items()])


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="Rushes %(version)s")
def rushes() -> None:
    """Finished recordings, made ready on your own machine.

    Give it a folder or loose files; it makes one film that plays anywhere. Work goes on in the
    background: you can leave at any time, and lose nothing.

    Without a command it opens its window, and imports what is named: rushes [PATH…]

    Exit codes: 0 done, 2 wrong usage, 3 what you gave cannot be used, 4 a job failed,
    130 cancelled or left with Ctrl-C.
    """
