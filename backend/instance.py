"""One backend a library: the lock that says so, and the note that says where it listens."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from backend.core.fault import Category, Fault, Unusable


class Lock:
    """Holds a library for this process until it ends, however it ends: the system lets go of it.

    The file stays; what counts is the lock on it, which a dead process cannot hold.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> bool:
        """Whether this process holds the library now. Raises OSError where none can be made."""
        if self._file is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
        except OSError:
            os.close(handle)
            return False
        self._file = handle
        return True

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def write_address(path: Path, port: int, token: str) -> None:
    """Say where this backend listens, to those who may read its owner's files."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"port": port, "token": token, "pid": os.getpid()}, file)
    part.replace(path)


def last_port(path: Path) -> int:
    """The port of the backend that was here last; 0 where that is not known."""
    try:
        port = json.loads(path.read_text("utf-8"))["port"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return port if isinstance(port, int) and 0 < port < 65536 else 0


def own_folder(folder: Path) -> None:
    """Make the data folder, readable by its owner only. Raises `Unusable` where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.name != "nt":
            if folder.stat().st_uid != os.getuid():
                raise _unusable(
                    Category.PERMISSION,
                    f"The data folder {folder} belongs to somebody else.",
                    "Choose one of your own with --data-dir.",
                )
            folder.chmod(0o700)
    except FileExistsError as error:
        raise _unusable(
            Category.INPUT,
            f"{folder} is a file, not a folder.",
            "Choose another with --data-dir.",
        ) from error
    except OSError as error:
        raise _unusable(
            Category.PERMISSION,
            f"The data folder {folder} cannot be used: {error.strerror}.",
            "Choose another with --data-dir, or connect the disk it lies on.",
        ) from error


def _unusable(category: Category, message: str, hint: str) -> Unusable:
    return Unusable(Fault(category, message, hint))
