"""The shell: one window over the page, a backend beside it, and what the page may ask of it."""

from __future__ import annotations

import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from backend.client import Address, Client, Gone, Json, Unwilling, sessions_among
from backend.core.fault import Fault, FaultError
from backend.instance import own_folder
from backend.settings import Settings
from sidecar import engine, files, place
from sidecar.desk import Desk
from sidecar.keeper import Keeper
from sidecar.single import Single
from sidecar.window import Window

log = logging.getLogger(__name__)

FIRST_LOOK = 2.0
"""Seconds that the window waits for its backend before it comes up without one."""
IDLE_LOOK = 2.0
"""Seconds between two looks whether a hidden window is still needed."""
ASKING = 5.0
"""Seconds that the backend may take to say whether it works."""
ENDING = (signal.SIGTERM, *((signal.SIGHUP,) if sys.platform != "win32" else ()))
"""Signals of the system's that end the window in an orderly way."""
WORKING = ("pending", "queued", "delayed", "running")


def run(settings: Settings, paths: Sequence[Path] = ()) -> None:
    """Show the window of a library, and take in `paths`; returns when it is closed.

    Where it is open already, that one is shown, and handed the paths. Raises `FaultError` where
    no window can be shown.
    """
    engine.require_display()
    chosen = engine.choose()
    single = Single(settings)
    held = False
    # Where the folder cannot be used, the window says so, and looks again.
    with contextlib.suppress(FaultError, OSError):
        own_folder(settings.data)
        if not single.take(paths):
            return
        held = True
    shell = Shell(settings, chosen, single, held)
    try:
        shell.run(paths)
    finally:
        shell.close()


class Shell:
    """Window, desk and keeper of one library."""

    def __init__(
        self, settings: Settings, chosen: engine.Engine, single: Single, held: bool
    ) -> None:
        self._settings = settings
        self._engine = chosen
        self._single = single
        self._held = held
        self._place_file = settings.data / "window-place.json"
        remembered = place.recall(self._place_file)
        self._told = remembered.told
        storage = settings.data / "web-view" if held else None
        self._window = Window(chosen, remembered, storage, self._on_closing)
        self._keeper = Keeper(settings, self._prepare, self._on_ready, self._on_trouble)
        self._desk = Desk(
            {
                "/show": self._show,
                "/hello": self._hello,
                "/choose": self._choose,
                "/target": self._target,
                "/dropped": self._dropped,
                "/reveal": self._reveal,
                "/play": self._play,
                "/close": self._close,
            }
        )
        self._page = threading.Lock()
        self._begun = False
        self._shown = ""
        """Base address of the page in the window; empty while a fault is there, or nothing."""
        self._greeted = False
        self._words: list[Mapping[str, object]] = []
        """What the page is to be told as soon as it listens."""
        self._fault: Fault | None = None
        self._end_work = False
        self._gone = threading.Event()

    def run(self, paths: Sequence[Path]) -> None:
        """Until the window is gone. On the main thread."""
        self._keeper.start()  # first: it comes up while the web view is loaded
        self._desk.start()
        if self._held:
            self._single.announce(self._desk.port, self._desk.token)
        engine.prepare(self._engine)
        self._window.prepare()
        threading.Thread(target=self._leave_when_idle, name="idle", daemon=True).start()
        self._keeper.decided(FIRST_LOOK)
        if paths:
            threading.Thread(target=self._bring, args=(paths,), daemon=True).start()
        with self._page:
            address = self._keeper.address
            self._shown = address.url if address else ""
            url = self._door(address, "/") if address else None
        for number in ENDING:
            signal.signal(number, lambda *_: self._window.destroy())
        self._window.run(url, self._on_begun)

    def close(self) -> None:
        """What is left to do when the window is gone."""
        self._gone.set()
        self._keeper.stop(self._end_work)
        if self._held:
            with contextlib.suppress(OSError):
                place.keep(self._place_file, replace(self._window.place, told=self._told))
            self._single.release()
        self._desk.stop()

    # The backend, as the keeper's thread tells of it.

    def _prepare(self) -> None:
        own_folder(self._settings.data)
        if self._held:
            return
        # The folder can be used by now; another window may have got there first.
        if not self._single.take(()):
            self._window.destroy()
            return
        self._held = True
        self._single.announce(self._desk.port, self._desk.token)

    def _on_ready(self, address: Address) -> None:
        with self._page:
            if not self._begun:
                return  # it is what the window begins with, or loads as soon as it is there
            back = self._shown == address.url and self._greeted
        if back:
            self._window.wake()
        else:
            self._load(address)

    def _on_trouble(self, fault: Fault) -> None:
        with self._page:
            self._fault = fault
            if not self._begun:
                return
        self._tell(fault)

    def _on_begun(self) -> None:
        """The window is there."""
        with self._page:
            self._begun = True
            address, shown, fault = self._keeper.address, self._shown, self._fault
        if address is not None and address.url != shown:
            self._load(address)
        elif address is None and fault is not None:
            self._tell(fault)

    def _tell(self, fault: Fault) -> None:
        with self._page:
            self._shown, self._greeted = "", False
        self._window.tell(fault)

    def _load(self, address: Address) -> None:
        """Load the page from there, at the place where it was."""
        path = urlsplit(self._window.address()).path if self._shown else ""
        with self._page:
            self._shown, self._greeted = address.url, False
        self._window.load(self._door(address, path or "/"))

    def _door(self, address: Address, path: str) -> str:
        """The address that signs the page in, and tells it that it has a window."""
        return f"{address.url}{path}#token={address.token}&window"

    # What a second launch, and the page by way of the backend, may ask.

    def _show(self, question: Mapping[str, Any]) -> Json:
        self._window.front()
        if paths := [Path(path) for path in question.get("paths", ())]:
            threading.Thread(target=self._bring, args=(paths,), daemon=True).start()
        if (page := question.get("go")) is not None:
            self._say({"go": str(page)})
        return {"shown": True}

    def _hello(self, question: Mapping[str, Any]) -> Json:
        with self._page:
            self._greeted = True
            words, self._words = self._words, []
        for word in words:
            self._window.say(word)
        return {}

    def _choose(self, question: Mapping[str, Any]) -> Json:
        folder = question.get("kind") == "folder"
        return {"paths": self._window.choose_folder() if folder else self._window.choose_files()}

    def _target(self, question: Mapping[str, Any]) -> Json:
        name = str(question["name"])
        return {"path": self._window.choose_target(str(question.get("folder", "")), name)}

    def _dropped(self, question: Mapping[str, Any]) -> Json:
        return {"paths": self._window.take_dropped()}

    def _reveal(self, question: Mapping[str, Any]) -> Json:
        files.reveal(Path(str(question["path"])))
        return {}

    def _play(self, question: Mapping[str, Any]) -> Json:
        files.play(Path(str(question["path"])))
        return {}

    def _close(self, question: Mapping[str, Any]) -> Json:
        self._end_work = question.get("quit") is True
        if self._end_work or not self._works():
            # After the answer, which has to get to the page that is about to go.
            threading.Timer(0.1, self._window.destroy).start()
        else:
            self._window.hide()
        return {}

    # Coming in and going away.

    def _bring(self, paths: Sequence[Path]) -> None:
        """Import what a launch named, and go where it is worked on."""
        while (address := self._keeper.address) is None:
            if self._gone.wait(0.1):
                return  # the window said why
        for group in sessions_among(paths):
            try:
                with Client(address) as client:
                    session = client.post("/api/sessions", {"paths": [str(p) for p in group]})
            except Unwilling as refused:
                fault = refused.fault
                self._say({"say": {"text": fault.message, "more": fault.hint}})
            except Gone:
                self._say({"say": {"text": "The import was interrupted.", "more": "Try again."}})
            else:
                where = "" if session["film"] else "/processing"
                self._say({"go": f"/sessions/{session['id']}{where}"})

    def _say(self, word: Mapping[str, object]) -> None:
        with self._page:
            if not self._greeted:
                self._words.append(word)
                return
        self._window.say(word)

    def _on_closing(self) -> None:
        """The owner closes the window: hide it while there is work, else go."""
        if not self._works():
            self._window.destroy()
        elif self._told or not self._greeted:
            self._window.hide()
        else:
            # Once. The page says that the work goes on, and asks what is meant.
            self._told = True
            self._window.say({"closing": True})

    def _works(self) -> bool:
        """Whether there is anything that goes on by itself."""
        address = self._keeper.address
        if address is None:
            return False
        try:
            with Client(address, ASKING) as client:
                queue = client.get("/api/queue")
        except (Gone, Unwilling):
            return False
        return not queue["paused"] and any(queue["counts"].get(status) for status in WORKING)

    def _leave_when_idle(self) -> None:
        """A window that nobody sees is needed while its backend works."""
        while not self._gone.wait(IDLE_LOOK):
            if self._window.hidden and not self._works():
                self._window.destroy()
