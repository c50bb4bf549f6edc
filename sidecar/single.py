"""One window a library: a second launch shows the first one, and hands over its paths."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from backend.client import Client, Gone, Unwilling, address_in
from backend.core.fault import Category, refuse
from backend.instance import Lock, write_address
from backend.settings import Settings

ANSWER_SECONDS = 5.0
"""How long the first window may take to say that it heard."""
PATIENCE = 20.0
"""Seconds in which a first window that is on its way up, or down, must have got there."""


class Single:
    """The place of the one window. The lock decides; the address may be stale."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock(settings.window_lock)

    def take(self, paths: Sequence[Path]) -> bool:
        """Whether this process is the first. If not, the first has been shown `paths`.

        Raises OSError where no lock can be made, and a fault where the first does not answer.
        """
        until = time.monotonic() + PATIENCE
        while not self._lock.take():
            if self._hand_over(paths):
                return False
            if time.monotonic() > until:
                raise refuse(
                    Category.TIMEOUT,
                    "Rushes is open already, but its window does not answer.",
                    "Close it, or end it in the system's task manager; then open Rushes again.",
                )
            time.sleep(0.05)
        return True

    def announce(self, port: int, token: str) -> None:
        """Say where the first window listens. Only for who has taken the place."""
        write_address(self._settings.window_address, port, token)

    def release(self) -> None:
        """The address goes before the lock: nobody else's is there yet."""
        self._settings.window_address.unlink(missing_ok=True)
        self._lock.release()

    def _hand_over(self, paths: Sequence[Path]) -> bool:
        address = address_in(self._settings.window_address)
        if address is None:
            return False
        try:
            with Client(address, ANSWER_SECONDS) as first:
                answer = first.post("/show", {"paths": [str(path) for path in paths]})
        except (Gone, Unwilling):
            return False
        return answer.get("shown") is True
