"""Keeps a backend beside the window: starts or finds one, and starts another when it dies."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Callable

from backend.client import Address, Client, Gone, Unwilling
from backend.core.fault import Category, Fault, FaultError, explain
from backend.launch import Started, start_beside
from backend.points import reach
from backend.settings import Settings

AGAIN = 2.0
"""Seconds between two tries where a backend cannot be started."""
LOOK = 0.25
"""Seconds between two looks at whether this process is to end."""
SHORT = 5.0
"""Seconds: a backend that lived less fell over, rather than being knocked."""
FALLS = 3
"""How often in a row one may fall over before the owner is told."""


class Keeper:
    """One thread that keeps a backend. `ready` and `trouble` are called from it."""

    def __init__(
        self,
        settings: Settings,
        prepare: Callable[[], None],
        ready: Callable[[Address], None],
        trouble: Callable[[Fault], None],
    ) -> None:
        """`prepare` comes before each start, and may raise a fault of its own."""
        self._settings = settings
        self._prepare = prepare
        self._ready = ready
        self._trouble = trouble
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self.address: Address | None = None
        """Of the backend as it was last seen; None while none can be started."""

    def start(self) -> None:
        self._thread.start()

    def stop(self, end_work: bool) -> None:
        """Let the backend finish what is queued and leave; or, with `end_work`, leave now."""
        self._leaving.set()
        if end_work and self.address is not None:
            with contextlib.suppress(Gone, Unwilling), Client(self.address, 5.0) as client:
                client.post("/api/leave")
        if self._process is not None and self._process.stdin is not None:
            # What the end of this process would do by itself.
            self._process.stdin.close()

    def _keep(self) -> None:
        falls = 0
        while not self._leaving.is_set():
            begun = time.monotonic()
            try:
                self._prepare()
                reach("backend-wanted")
                started = start_beside(self._settings)
                reach("backend-found")
            except FaultError as error:
                self._tell(error.fault)
                continue
            except Exception as error:  # whatever it is: a window without a word is worse
                self._tell(explain(error, "start its background process"))
                continue
            self._process, self.address = started.process, started.address
            self._ready(started.address)
            self._until_gone(started)
            falls = falls + 1 if time.monotonic() - begun < SHORT else 0
            if falls >= FALLS and not self._leaving.is_set():
                self._tell(
                    Fault(
                        Category.CRASH,
                        "The background process of Rushes ended again right after its start.",
                        f"It is tried again. Its log may say why: {self._settings.log}",
                    )
                )

    def _tell(self, fault: Fault) -> None:
        self.address = None
        self._trouble(fault)
        self._leaving.wait(AGAIN)

    def _until_gone(self, started: Started) -> None:
        """Return when the backend has ended, or this process is to."""
        if started.process is None:
            self._until_stream_ends(started.address)
            return
        while not self._leaving.is_set():
            with contextlib.suppress(subprocess.TimeoutExpired):
                started.process.wait(LOOK)
                return

    def _until_stream_ends(self, address: Address) -> None:
        """Another's process cannot be waited for, but its event stream ends with it."""
        with Client(address) as client, contextlib.suppress(Gone, Unwilling):
            for _ in client.events():
                if self._leaving.is_set():
                    return
