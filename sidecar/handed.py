"""What launches named and is not imported yet: written down before anybody is told it was heard."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Sequence
from pathlib import Path


class Handed:
    """A queue of lists of paths that outlives the process, where its file can be written."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lists: list[list[str]] = []
        self._kept = False
        self._changed = threading.Condition()

    def keep(self) -> None:
        """Take up what an earlier window left, and write down what comes from now on.

        Only for the one window of its library.
        """
        with self._changed:
            if not self._kept:
                self._kept = True
                left = _read(self._file)
                self._lists[:0] = [paths for paths in left if paths not in self._lists]
                self._write()
                self._changed.notify()

    def add(self, paths: Sequence[str]) -> None:
        """It is on the disk when this returns, if the disk takes it."""
        with self._changed:
            if list(paths) not in self._lists:
                self._lists.append(list(paths))
                self._write()
                self._changed.notify()

    def next(self) -> list[str]:
        """The first list; waits for one. It stays the first until it is done with."""
        with self._changed:
            self._changed.wait_for(lambda: self._lists)
            return self._lists[0]

    def done(self, paths: list[str]) -> None:
        with self._changed:
            if paths in self._lists:
                self._lists.remove(paths)
                self._write()

    def _write(self) -> None:
        if not self._kept:
            return
        with contextlib.suppress(OSError):
            if not self._lists:
                self._file.unlink(missing_ok=True)
                return
            part = self._file.with_name(self._file.name + ".part")
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w") as file:
                json.dump(self._lists, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._file)


def _read(file: Path) -> list[list[str]]:
    try:
        found = json.loads(file.read_text("ascii"))
    except (OSError, ValueError):
        return []
    lists = found if isinstance(found, list) else []
    return [
        paths
        for paths in lists
        if isinstance(paths, list) and paths and all(isinstance(path, str) for path in paths)
    ]
