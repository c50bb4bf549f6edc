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
from backend.core.fault import Fault
from backend.instance import own_folder
from backend.points import reach
from backend.settings import Settings
from sidecar import engine, files, place
from sidecar.desk import Desk
from sidecar.handed import Handed
from sidecar.keeper import Keeper
from sidecar.single import NOTHING, Launch, Single
from sidecar.window import Window

log = logging.getLogger(__name__)

IDLE_LOOK = 2.0
"""Seconds between two looks whether a hidden window is still needed."""
LOOK = 0.1
"""Seconds between two looks whether there is a backend that can import something."""
AGAIN = 1.0
"""Seconds after which an import is asked for again that a backend did not live to answer."""
TRIES = 5
"""How often an import is asked for."""
ASKING = 5.0
"""Seconds that the backend may take to say whether it works."""
ENDING = (signal.SIGTERM, *((signal.SIGHUP,) if sys.platform != "win32" else ()))
"""Signals of the system's that end the window in an orderly way."""
WORKING = ("pending", "queued", "delayed", "running")


def run(settings: Settings, launch: Launch = NOTHING) -> None:
    """Show the window of a library as a launch wants it; returns when it is closed.

    Where it is open already, that one is shown, and told. Raises `FaultError` where no window can
    be shown.
    """
    engine.require_display()
    single = Single(settings)
    if not single.take(launch):
        return
    shell = Shell(settings, single)
    try:
        shell.run(launch)
    finally:
        shell.close()


class Shell:
    """Window, desk and keeper of one library."""

    def __init__(self, settings: Settings, single: Single) -> None:
        self._settings = settings
        self._single = single
        self._place_file = settings.data / "window-place.json"
        remembered = place.recall(self._place_file)
        self._told = remembered.told
        storage = settings.data / "web-view" if single.held else None
        self._window = Window(remembered, storage, self._on_closing)
        self._handed = Handed(settings.data / "window-paths.json")
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
        self._loaded: Address | None = None
        """Whose page is in the window."""
        self._shown = ""
        """Base address of the page in the window; empty while a fault is there, or nothing."""
        self._greeted = False
        self._words: list[Mapping[str, object]] = []
        """What the page is to be told as soon as it listens."""
        self._fault: Fault | None = None
        self._end_work = False
        self._gone = threading.Event()

    def run(self, launch: Launch) -> None:
        """Until the window is gone. On the main thread. Raises `FaultError` where there is no web
        view to show."""
        if self._single.held:
            self._handed.keep()
        if launch.paths:
            self._handed.add([str(path) for path in launch.paths])
        if launch.page:
            self._say({"go": launch.page})
        self._keeper.start()  # before all that takes its time: it comes up beside it
        self._desk.start()
        self._single.announce(self._desk.port, self._desk.token)
        chosen = engine.choose()
        engine.prepare(chosen)
        self._window.prepare(chosen.gui)
        for task in (self._leave_when_idle, self._bring):
            threading.Thread(target=task, name=task.__name__.strip("_"), daemon=True).start()
        for number in ENDING:
            signal.signal(number, lambda *_: self._window.destroy())
        self._window.run(self._on_begun)

    def close(self) -> None:
        """What is left to do when the window is gone."""
        self._gone.set()
        self._keeper.stop(self._end_work)
        if self._single.held:
            with contextlib.suppress(OSError):
                place.keep(self._place_file, replace(self._window.place, told=self._told))
        self._single.release()
        self._desk.stop()

    # The backend, as the keeper's thread tells of it.

    def _prepare(self) -> None:
        if self._single.held:
            own_folder(self._settings.data)
            return
        # The folder can be used by now; another window may have got there first.
        if not self._single.settle():
            self._window.destroy()
            return
        self._handed.keep()
        self._single.announce(self._desk.port, self._desk.token)

    def _on_ready(self, address: Address) -> None:
        with self._page:
            if not self._begun:
                return  # it is what the window begins with, or loads as soon as it is there
            back = self._shown == address.url and self._greeted
        if back:
            self._loaded = address
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
            address, fault = self._keeper.address, self._fault
        if address is not None:
            self._load(address)
        elif fault is not None:
            self._tell(fault)

    def _tell(self, fault: Fault) -> None:
        with self._page:
            self._loaded, self._shown, self._greeted = None, "", False
        self._window.tell(fault)

    def _load(self, address: Address) -> None:
        """Load the page from there, at the place where it was; once, whoever finds it first."""
        with self._page:
            if self._loaded == address:
                return
            again = self._loaded is not None
            self._loaded, shown = address, self._shown
            self._shown, self._greeted = address.url, False
        path = urlsplit(self._window.address()).path if shown else ""
        # Nothing is loaded for an address that differs behind the # only; and a page whose backend
        # died before it was whole has to be.
        mark = f"?after={address.pid}" if again else ""
        self._window.load(self._door(address, f"{path or '/'}{mark}"))

    def _door(self, address: Address, path: str) -> str:
        """The address that signs the page in, and tells it that it has a window."""
        return f"{address.url}{path}#token={address.token}&window"

    # What a second launch, and the page by way of the backend, may ask.

    def _show(self, question: Mapping[str, Any]) -> Json:
        if paths := [str(path) for path in question.get("paths", ())]:
            self._handed.add(paths)
            reach("paths-noted")
        self._window.front()
        if (page := question.get("go")) is not None:
            self._say({"go": str(page)})
        return {"shown": True}

    def _hello(self, question: Mapping[str, Any]) -> Json:
        with self._page:
            reach("page-greeted")
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

    def _bring(self) -> None:
        """Import what launches name, as it comes, and go where it is worked on."""
        while not self._gone.is_set():
            paths = self._handed.next()
            reach("paths-heard")
            for group in sessions_among([Path(path) for path in paths]):
                word = self._import(group)
                if self._gone.is_set():
                    return  # the next window imports it
                self._say(word)
            reach("paths-imported")
            self._handed.done(paths)

    def _import(self, group: Sequence[Path]) -> Mapping[str, object]:
        """What is to be said of it. A backend that ends over it is asked again, a few times."""
        for _ in range(TRIES):
            while (address := self._keeper.address) is None:
                if self._gone.wait(LOOK):
                    return {}
                # The window says why there is none.
            try:
                with Client(address) as client:
                    session = client.post("/api/sessions", {"paths": [str(p) for p in group]})
            except Unwilling as refused:
                fault = refused.fault
                return {"say": {"text": fault.message, "more": fault.hint}}
            except Gone:
                self._gone.wait(AGAIN)
            else:
                where = "" if session["film"] else "/processing"
                return {"go": f"/sessions/{session['id']}{where}"}
        return {"say": {"text": "The import was interrupted.", "more": "Try again."}}

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
