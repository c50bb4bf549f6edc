"""The real window on a display of its own, looked into by its web view's debugging port."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from backend.client import Address, Client, Gone, address_in
from tests.journeys.conftest import PATIENCE, Theatre

WAIT = 120_000
"""Milliseconds after which something that is waited for has failed. No speed is asserted by it."""
NEEDED = "the window cannot be shown"
ORDINARY = 65534
"""Nobody: a user that every system has, and that owns nothing."""


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """An X server without a screen."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip(f"{NEEDED}: no Xvfb")
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [server, "-displayfd", str(writing), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    try:
        yield f":{number}"
    finally:
        process.terminate()
        process.wait(PATIENCE)


class Desktop(Theatre):
    """A library, and windows upon it."""

    measured = True  # nobody else runs the shell

    def __init__(self, data: Path, display: str, playwright: Playwright) -> None:
        super().__init__(data)
        self.use(data)
        self.environment |= {"DISPLAY": display, "HOME": str(data)}
        self.environment["TMPDIR"] = str(data.parent)
        self.environment.pop("XDG_RUNTIME_DIR", None)
        self.environment["QT_API"] = "pyside6"  # whatever else is installed here
        self.environment.pop("PYWEBVIEW_GUI", None)
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
        self._playwright = playwright
        self._browsers: list[Browser] = []
        self._started: list[subprocess.Popen[str]] = []
        self.shell: subprocess.Popen[str] | None = None
        self.port = 0

    def use(self, data: Path) -> None:
        """From now on this folder is the library."""
        self.data = data
        self.environment["RUSHES_THEATRE"] = str(data)

    def start(self, *words: str | Path) -> subprocess.Popen[str]:
        self._started.append(super().start(*words))
        return self._started[-1]

    def open(self, *paths: Path) -> Page:
        """Launch the window, and look into it."""
        self.choose_port()
        self.shell = self.start("window", *paths)
        return self.look()

    def choose_port(self) -> None:
        """Where the web view of the launches to come can be looked into."""
        self.port = free_port()
        self.environment["QTWEBENGINE_REMOTE_DEBUGGING"] = f"127.0.0.1:{self.port}"

    def look(self) -> Page:
        """The page in the window that was opened last."""
        url = f"http://127.0.0.1:{self.port}"
        end = time.monotonic() + PATIENCE
        while True:
            try:
                browser = self._playwright.chromium.connect_over_cdp(url, no_defaults=True)
                if browser.contexts and browser.contexts[0].pages:
                    break
                browser.close()
            except Exception:
                assert time.monotonic() < end, "the window did not come"
            if self.shell is not None:  # somebody else may have opened it
                assert self.shell.poll() is None, self.shell.communicate()
            time.sleep(0.1)
        self._browsers.append(browser)
        page = browser.contexts[0].pages[0]
        page.set_default_timeout(WAIT)
        return page

    def launch_again(self, *paths: Path) -> int:
        """A second launch, awaited; its exit code."""
        return self.run("window", *paths).returncode

    def kill_shell(self) -> None:
        assert self.shell is not None
        self.shell.send_signal(signal.SIGKILL)
        self.shell.communicate(timeout=PATIENCE)

    def ask_shell(self, what: str, **fields: object) -> Any:
        address = address_in(self.data / "window.json")
        assert address is not None
        with Client(address, PATIENCE) as shell:
            return shell.post(what, fields)

    def ask_backend(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        address = address_in(self.data / "backend.json")
        assert address is not None
        with Client(address, PATIENCE) as backend:
            return backend.ask(method, path, body)

    def address(self) -> Address | None:
        return address_in(self.data / "backend.json")

    def windows(self) -> list[psutil.Process]:
        """Processes of this library that hold a web view."""
        return [p for p in self.processes() if "QtWebEngineProcess" in name_of(p)]

    def until_left(self) -> None:
        """Wait until no process is left, and nobody was asked to leave."""
        end = time.monotonic() + PATIENCE
        while left := self.processes():
            assert time.monotonic() < end, [p.cmdline() for p in left]
            time.sleep(0.1)

    def close(self) -> None:
        for browser in self._browsers:
            with contextlib.suppress(Exception):
                browser.close()
        super().close()
        for process in self._started:
            if process.stdout is not None and not process.stdout.closed:
                process.communicate(timeout=PATIENCE)


def name_of(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return str(process.name())
    return ""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def until_answers(desktop: Desktop, pid: int) -> None:
    """Wait for a backend of another process than `pid`."""

    def answers() -> bool:
        address = desktop.address()
        if address is None or address.pid == pid:
            return False
        with contextlib.suppress(Gone), Client(address, 2) as client:
            client.get("/api/status")
            return True
        return False

    until(answers)


@pytest.fixture
def desktop(tmp_path: Path, display: str, playwright: Playwright) -> Iterator[Desktop]:
    pytest.importorskip("webview", reason=f"{NEEDED}: pywebview is not installed")
    desktop = Desktop(tmp_path / "library", display, playwright)
    try:
        yield desktop
    finally:
        desktop.close()


@pytest.fixture
def ordinary(display: str, playwright: Playwright) -> Iterator[Desktop]:
    """A library in the hands of an ordinary user, in a folder of theirs that lies in one of the
    tests' own. They may read everything: the Python that runs the tests may be the superuser's."""
    pytest.importorskip("webview", reason=f"{NEEDED}: pywebview is not installed")
    # Not in pytest's folders, which are their owner's only.
    with tempfile.TemporaryDirectory(prefix="Home of Zoë ") as name:
        home = Path(name) / "zoë"
        home.mkdir()
        home.parent.chmod(0o755)
        desktop = Desktop(home / "library", display, playwright)
        desktop.environment |= {"HOME": str(home), "TMPDIR": str(home)}
        if os.getuid() == 0:
            # Nor may they write among the tests' files: what they run is not measured.
            measured = [name for name in desktop.environment if name.startswith("COVERAGE_")]
            for name in measured:
                del desktop.environment[name]
            os.chown(home, ORDINARY, ORDINARY)
            ids = (f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups")
            reads = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
            desktop.program = ["setpriv", *ids, *reads, *desktop.program]
        try:
            yield desktop
        finally:
            desktop.close()


def expect_list(page: Page) -> None:
    """An empty library, ready to be used."""
    expect(page.get_by_role("heading", name="Drop a recording here")).to_be_visible()


def kept_place(desktop: Desktop) -> dict[str, Any]:
    found = json.loads((desktop.data / "window-place.json").read_text())
    assert isinstance(found, dict)
    return found
