"""One window a library: a second launch shows the first one, and hands over its paths."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.client import Client, Gone, Unwilling, address_in
from backend.core.fault import Category, FaultError, refuse
from backend.instance import Lock, own_folder, write_address
from backend.settings import Settings

ANSWER_SECONDS = 5.0
"""How long the first window may take to say that it heard."""
PATIENCE = 20.0
"""Seconds in which a first window that is on its way up, or down, must have got there."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a launch wants of the window."""

    paths: Sequence[Path] = ()
    """To be imported."""
    page: str = ""
    """To be shown; wherever the window is, if empty."""


NOTHING = Launch()


class Single:
    """The place of the one window. The lock decides; the address may be stale.

    It lies beside the library. Where nothing can be written there, windows that wait for that find
    each other in the folder that the system has for such things.
    """

    def __init__(self, settings: Settings) -> None:
        self._data = settings.data
        self._lock = Lock(settings.window_lock)
        self._address = settings.window_address
        key = hashlib.sha256(str(settings.data).encode("utf-8", "surrogateescape")).hexdigest()
        elsewhere = _own_temporary() / key[:16]
        self._waiting = Lock(elsewhere / self._address.with_suffix(".lock").name)
        self._note = elsewhere / self._address.name
        self._announced: Path | None = None
        self.held = False
        """Whether the place beside the library is this process's, and with it its files."""

    def take(self, launch: Launch = NOTHING) -> bool:
        """Whether this process is to show a window. If not, the first knows of the launch."""
        with contextlib.suppress(FaultError, OSError):
            return self.settle(launch)
        with contextlib.suppress(FaultError, OSError):
            own_folder(self._note.parent)
            return self._take(self._waiting, launch)
        return True

    def settle(self, launch: Launch = NOTHING) -> bool:
        """Whether the place beside the library is this process's now; if not, as above.

        Raises OSError or a fault where the folder cannot be used, or the first does not answer.
        """
        own_folder(self._data)
        self.held = self._take(self._lock, launch)
        return self.held

    def announce(self, port: int, token: str) -> None:
        """Say where the first window listens: beside the library if that can be written."""
        for place in (self._address, self._note) if self.held else (self._note,):
            with contextlib.suppress(FaultError, OSError):
                own_folder(place.parent)
                write_address(place, port, token)
                self._announced = place
                return

    def release(self) -> None:
        """The address goes before the lock: nobody else's is there yet."""
        if self._announced is not None:
            with contextlib.suppress(OSError):
                self._announced.unlink(missing_ok=True)
        self._lock.release()
        self._waiting.release()

    def _take(self, lock: Lock, launch: Launch) -> bool:
        until = time.monotonic() + PATIENCE
        while not lock.take():
            if self._hand_over(launch):
                return False
            if time.monotonic() > until:
                raise refuse(
                    Category.TIMEOUT,
                    "Rushes is open already, but its window does not answer.",
                    "Close it, or end it in the system's task manager; then open Rushes again.",
                )
            time.sleep(0.05)
        return True

    def _hand_over(self, launch: Launch) -> bool:
        told: dict[str, object] = {"paths": [str(path) for path in launch.paths]}
        if launch.page:
            told["go"] = launch.page
        for place in (self._address, self._note):
            address = address_in(place)
            if address is None:
                continue
            with (
                contextlib.suppress(Gone, Unwilling),
                Client(address, ANSWER_SECONDS) as first,
            ):
                answer = first.post("/show", told)
                if answer.get("shown") is True:
                    return True
        return False


def _own_temporary() -> Path:
    """This user's folder for what a restart of the system may sweep away. It may not be there.

    Not what `tempfile` finds, which writes there to see whether that works: the disk may be full.
    """
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "rushes"
    named = (os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    user = "" if os.name == "nt" else f"-{os.getuid()}"
    return Path(next(filter(None, named), "/tmp")) / f"rushes{user}"
