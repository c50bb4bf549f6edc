"""Giving a file away: a copy beside which no half one is ever seen."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from backend.core.chapter import Chapter
from backend.core.fault import FaultError, explain
from backend.store.backup import sync_file, sync_folder
from backend.store.chaptered import open_chaptered

_BLOCK = 1 << 20


def give(file: Path, target: Path, chapters: Sequence[Chapter] = ()) -> None:
    """Copy by way of an unfinished file and a rename, with these chapters where it can hold any.
    Raises a fault, and leaves nothing."""

    def copy(part: Path) -> None:
        if not chapters:
            shutil.copyfile(file, part)
            return
        with open_chaptered(file, chapters) as opened, part.open("wb") as copied:
            shutil.copyfileobj(opened, copied, _BLOCK)

    _put(copy, target)


def give_bytes(data: bytes, target: Path) -> None:
    """Write a file in the same way."""
    _put(lambda part: part.write_bytes(data), target)


def _put(write: Callable[[Path], object], target: Path) -> None:
    part = target.with_name(f".rushes-{secrets.token_hex(4)}.part")
    try:
        write(part)
        sync_file(part)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise FaultError(explain(error, f"write {target}")) from error
    finally:
        with contextlib.suppress(OSError):  # where nothing can be written, nothing is
            part.unlink(missing_ok=True)
