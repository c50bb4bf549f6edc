"""Handing a file over in pieces."""

from __future__ import annotations

from pathlib import Path

from backend.cli.command import refusal
from backend.cli.link import ATTEMPTS, Link
from backend.cli.output import Output, console, plain
from backend.client import Gone, Unwilling, segment_path
from backend.core.fault import Category, FaultError, explain

PIECE = 8 << 20


def upload(link: Link, session: str, file: Path, out: Output) -> int:
    """Upload a file into a live session; its size in bytes.

    Every piece is sent, and the backend compares those that it has: an upload that broke off goes
    on, and one of a file that changed since does not end as a mixture. Raises `Unwilling`, or a
    fault for a file that cannot be read.
    """
    try:
        if not file.is_file():
            raise _unreadable(file)
        size = file.stat().st_size
        if not size:
            raise refusal(f"“{file}” is empty.", "Add it when something was recorded.")
        with file.open("rb") as source, _Bar(file.name, size, out) as bar:
            path = segment_path(session, file.name)
            first, failed = 0, 0
            while first < size:
                source.seek(first)
                piece = source.read(min(PIECE, size - first))
                if not piece:
                    raise refusal(
                        f"“{file}” became shorter while it was read.",
                        "Add it again when nothing writes it any more.",
                    )
                try:
                    link.client.put(path, piece, first, size)
                except Gone:
                    failed += 1
                    if failed > ATTEMPTS:
                        raise
                    link.again()
                    continue
                except Unwilling as refused:
                    there = refused.headers.get("Upload-Offset", "")
                    failed += 1
                    if not there.isdecimal() or failed > ATTEMPTS:
                        raise
                    first = int(there)
                    continue
                first += len(piece)
                bar.show(first)
    except OSError as error:
        raise FaultError(explain(error, f"read “{file}”")) from error
    return size


def _unreadable(file: Path) -> FaultError:
    if file.exists():
        return refusal(f"“{file}” is not a file.", "Name single files.")
    return refusal(f"“{file}” is not there.", "Check the name.", Category.MISSING)


class _Bar:
    """A bar in a terminal; lines of JSON for a program; nothing elsewhere."""

    def __init__(self, name: str, size: int, out: Output) -> None:
        self._name, self._size, self._out = name, size, out
        self._live = None
        drawn = None if out.json else console(errors=True)
        if drawn is not None and drawn.is_terminal and size > PIECE:
            from rich.progress import DownloadColumn, Progress

            self._live = Progress(
                *Progress.get_default_columns(), DownloadColumn(), console=drawn, transient=True
            )
            self._task = self._live.add_task(plain(name), total=size)

    def __enter__(self) -> _Bar:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, done: int) -> None:
        self._out.line(
            {"event": "upload-progress", "file": self._name, "sent": done, "size": self._size}
        )
        if self._live is not None:
            self._live.update(self._task, completed=done)
