"""Shows notices on the owner's desktop.

Where there is a session bus, D-Bus is spoken to directly: a click can then lead somewhere, a title
may begin with a dash, and a service that does not answer costs seconds instead of 25. Elsewhere it
is plyer, which knows Windows, macOS and sandboxes; none of it says reliably whether it worked.
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING

from backend.core.notice import Notice

if TYPE_CHECKING:
    from backend.desktop_bus import Bus

log = logging.getLogger(__name__)

NAME = "Rushes"
ANSWER_SECONDS = 5.0
"""How long the desktop may take to answer."""
LEAVING_SECONDS = 1.0
"""How long what is still to be shown may hold up the end of the backend."""
CLICK_SECONDS = 900.0
"""How long a backend that nobody else needs stays for the click on a notice that still stands."""
WAITING = 20
"""Notices that wait for a desktop which does not answer; the oldest are dropped first."""
SHOWN = 100
"""Notices whose clicks are known, the newest ones."""
PLYER_SECONDS = 10
"""How long Windows keeps a balloon up."""


class CannotShow(Exception):
    """A way of showing notices that there is not; says why."""


class NoDesktop(CannotShow):
    """There is no desktop at all, so that no other way need be tried."""


def speaks_dbus() -> bool:
    return sys.platform == "linux"


class NativeDesktop:
    """Shows notices on a daemon thread of its own, since no system promises to answer.

    `open_page` is called, on some thread, with the path of a notice that was clicked.
    """

    def __init__(self, open_page: Callable[[str], None]) -> None:
        self._open_page = open_page
        self._waiting: deque[Notice] = deque(maxlen=WAITING)
        self._shown: dict[int, str] = {}
        """Paths of the notices that can be clicked, by their numbers."""
        self._click_until = 0.0
        self._idle = threading.Event()
        self._idle.set()
        self._lock = threading.Lock()
        self._closing = False
        self._bus: Bus | None = None
        self._plyer: threading.Thread | None = None
        self._reasons: set[str] = set()
        self._thread: threading.Thread | None = None
        self._bell, self._ear = socket.socketpair()

    def show(self, notice: Notice) -> None:
        with self._lock:
            if self._closing:
                return
            self._waiting.append(notice)
            self._idle.clear()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="desktop", daemon=True)
                self._thread.start()
            self._bell.send(b"!")

    def expects_click(self) -> bool:
        """Whether a notice was shown so lately that its click is to be waited for."""
        return not self._idle.is_set() or (
            bool(self._shown) and time.monotonic() < self._click_until
        )

    def close(self) -> None:
        self._idle.wait(LEAVING_SECONDS)
        with self._lock:
            self._closing = True
            self._bell.close()  # which ends the thread, as soon as nothing holds it up
        if self._thread is None:
            self._ear.close()
        else:
            self._thread.join(LEAVING_SECONDS)

    def _run(self) -> None:
        try:
            while self._wait():
                while self._waiting and not self._closing:
                    self._deliver(self._waiting.popleft())
                with self._lock:
                    if not self._waiting:
                        self._idle.set()
                self._heed_clicks()
        except Exception:
            log.exception("no more notifications are shown")
        finally:
            with self._lock:
                self._closing = True
                self._idle.set()
            self._hang_up()
            self._ear.close()

    def _wait(self) -> bool:
        """Wait for a notice or for a signal of the desktop; False when it is time to leave."""
        with DefaultSelector() as selector:
            selector.register(self._ear, EVENT_READ)
            if self._bus is not None:
                selector.register(self._bus.socket, EVENT_READ)
            heard = any(key.fileobj is self._ear for key, _ in selector.select())
        return not heard or bool(self._ear.recv(64))

    def _deliver(self, notice: Notice) -> None:
        try:
            if not speaks_dbus():
                raise CannotShow("this system has a way of its own")
            self._show_by_bus(notice)
        except NoDesktop as reason:
            self._say_once(f"notifications are not shown: {reason}")
        except CannotShow as reason:
            if speaks_dbus():
                self._say_once(f"notifications are left to plyer: {reason}")
            self._show_by_plyer(notice)
        except OSError as error:
            self._hang_up()
            self._say_once(f"the desktop did not take a notification: {str(error) or 'no answer'}")
        except Exception:
            self._hang_up()
            log.exception("a notification could not be shown")

    def _show_by_bus(self, notice: Notice) -> None:
        from backend.desktop_bus import Bus

        known = self._bus is not None
        try:
            self._show_on(self._bus or Bus(), notice)
        except ConnectionError:
            self._hang_up()
            if not known:
                raise
            self._show_on(Bus(), notice)  # the bus has been started anew

    def _show_on(self, bus: Bus, notice: Notice) -> None:
        self._bus = bus
        number = bus.show(notice)
        if bus.clickable:
            self._shown[number] = notice.path
            self._click_until = time.monotonic() + CLICK_SECONDS
            while len(self._shown) > SHOWN:
                self._shown.pop(next(iter(self._shown)))

    def _heed_clicks(self) -> None:
        if self._bus is None:
            return
        try:
            signals = self._bus.signals()
        except OSError:
            self._hang_up()
            return
        for signal, number in signals:
            path = self._shown.get(number)
            if path is not None and signal == "ActionInvoked":
                threading.Thread(target=self._open_page, args=(path,), daemon=True).start()
            elif signal == "NotificationClosed":
                self._shown.pop(number, None)

    def _hang_up(self) -> None:
        if self._bus is not None:
            self._bus.close()
        self._bus = None
        self._shown.clear()

    def _show_by_plyer(self, notice: Notice) -> None:
        if self._plyer is not None and self._plyer.is_alive():
            self._say_once("plyer still shows an earlier notification, so others are left out")
            return
        # A daemon's own threads are daemons too: on Windows plyer starts one that sleeps.
        self._plyer = threading.Thread(target=self._call_plyer, args=(notice,), daemon=True)
        self._plyer.start()
        self._plyer.join(ANSWER_SECONDS)

    def _call_plyer(self, notice: Notice) -> None:
        try:
            show_by_plyer(notice)
        except Exception as error:
            self._say_once(f"plyer shows no notifications here: {error}")

    def _say_once(self, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons.add(reason)
            log.warning("%s", reason)


def show_by_plyer(notice: Notice) -> None:
    """Show a notice by plyer, or by macOS itself where plyer's bridge to it is not installed."""
    title, body = _undashed(notice.title), _undashed(notice.body)
    if sys.platform == "darwin" and not has_pyobjus():
        script = (
            "on run argv",
            "display notification (item 2 of argv) with title (item 1 of argv)",
        )
        lines = [word for line in (*script, "end run") for word in ("-e", line)]
        subprocess.run(["osascript", *lines, title, body], timeout=ANSWER_SECONDS, check=True)
        return
    from plyer import notification

    if sys.platform == "linux" and Path("/app").is_dir():
        title, body = _quotable(title), _quotable(body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every way that it does not find
        notification.notify(title=title, message=body, app_name=NAME, timeout=PLYER_SECONDS)


def _undashed(text: str) -> str:
    """A text that no command line takes for an option."""
    return f" {text}" if text.startswith("-") else text


def _quotable(text: str) -> str:
    """A text that plyer can put between quotes: in a sandbox it quotes without looking."""
    return text.replace("\\", "/").replace("'", "’")


def has_pyobjus() -> bool:
    from importlib.util import find_spec

    return find_spec("pyobjus") is not None


def describe() -> str:
    """Whether notifications can be shown here, and by whom, in a few words."""
    if sys.platform == "win32":
        return "shown by Windows, with plyer"
    if sys.platform == "darwin":
        return "shown by macOS, with plyer" if has_pyobjus() else "shown by macOS"
    from backend.desktop_bus import Bus

    try:
        bus = Bus()
        try:
            leads = "a click leads to the session" if bus.clickable else "without clicks"
            return f"shown by {bus.name()}; {leads}"
        finally:
            bus.close()
    except TimeoutError:
        return "not shown: the desktop does not answer"
    except (CannotShow, OSError) as error:
        return f"not shown: {error}"
