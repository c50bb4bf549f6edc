"""Which file a recording is, and whether it is still the same one."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from backend.core.fault import Category, FaultError, refuse
from backend.core.media import Source

BLOCK = 64 * 1024
BLOCKS = 64
"""Blocks of `BLOCK` bytes that are hashed, spread evenly over the file."""


def shown(path: Path | str) -> str:
    """A file's name as messages show it: control characters visible, so that it stays one line."""
    name = Path(path).name or str(path)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in name)


def regular_file(path: Path) -> os.stat_result:
    """The status of a file that can be read like a file, without opening it.

    Nothing else is ever opened: a pipe or a device would keep the reader waiting for ever.

    Raises FaultError: missing, permission, or input where it is no regular file.
    """
    name = shown(path)
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise refuse(
            Category.MISSING,
            f"“{name}” is not there.",
            "Put the file back, connect its drive, or choose another file.",
        ) from error
    except PermissionError as error:
        raise _forbidden(name) from error
    except (OSError, ValueError) as error:
        raise refuse(
            Category.INPUT,
            f"“{name}” cannot be a file on this system.",
            "Rename the file, then add it again.",
        ) from error
    if stat.S_ISDIR(status.st_mode):
        raise refuse(
            Category.INPUT, f"“{name}” is a folder, not a recording.", "Choose the files inside it."
        )
    if not stat.S_ISREG(status.st_mode):
        raise refuse(
            Category.INPUT,
            f"“{name}” is not an ordinary file but a pipe, socket or device.",
            "Choose a file that a recorder wrote.",
        )
    return status


def _forbidden(name: str) -> FaultError:
    return refuse(
        Category.PERMISSION,
        f"“{name}” may not be read.",
        "Give yourself permission to read the file, then retry.",
    )


def identify(path: Path) -> Source:
    """Which file lies at `path` and which bytes it holds.

    The digest covers at most 64 blocks of 64 KiB, first and last included, so that the largest
    recording costs milliseconds; a smaller file is hashed whole.

    Raises FaultError as `regular_file` does, or of whatever keeps the file from being read.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as the owner named them
    size = regular_file(path).st_size
    digest = hashlib.blake2b(digest_size=20)
    try:
        with path.open("rb") as file:
            if size <= BLOCK * BLOCKS:
                while block := file.read(1 << 20):
                    digest.update(block)
            else:
                for i in range(BLOCKS):
                    file.seek(i * (size - BLOCK) // (BLOCKS - 1))
                    digest.update(file.read(BLOCK))
            status = os.fstat(file.fileno())
    except PermissionError as error:
        raise _forbidden(shown(path)) from error
    return Source(str(path), status.st_size, status.st_mtime_ns, status.st_ino, digest.hexdigest())


def require_unchanged(source: Source) -> None:
    """Make sure that the file is still the one that was identified.

    A file that is cut short while it is read ends like any other, without an error; so it is
    looked at before and after.

    Raises FaultError: missing when it is gone, corrupt when size, time or file are others.
    """
    status = regular_file(Path(source.path))
    before = (source.size, source.mtime_ns, source.file_id)
    if (status.st_size, status.st_mtime_ns, status.st_ino) != before:
        raise refuse(
            Category.CORRUPT,
            f"“{shown(source.path)}” is no longer the file that was imported: it has changed.",
            "Wait until the program that writes it is done, then import it again.",
        )
