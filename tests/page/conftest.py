"""The page in a real browser, over the real backend, on a library of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
)

from backend.core.document import DocumentKind
from backend.store import documents
from backend.store.library import open_library
from tests.journeys.conftest import PATIENCE, Theatre
from tests.recordings import write_sound, write_video

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
WAIT = 60_000
"""Milliseconds after which something that is waited for has failed. No speed is asserted by it."""

FLOOD = 20_000
"""Requests that no journey comes near. A page that makes more has lost itself in a circle."""

VIOLATIONS = """document.addEventListener('securitypolicyviolation', (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""


class House(Theatre):
    """A library, its backend, and requests to it past the page."""

    ready: dict[str, Any]

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.environment["RUSHES_THEATRE"] = str(data)
        self._backend: subprocess.Popen[str] | None = None

    def serve(self) -> None:
        self._backend = self.start("serve", "--json")
        assert self._backend.stdout is not None
        self.ready = json.loads(self._backend.stdout.readline())

    @property
    def url(self) -> str:
        return str(self.ready["url"]).rstrip("/")

    @property
    def door(self) -> str:
        """An address that signs a page in, once."""
        return f"{self.url}/#key={self.api('POST', '/sign-in/keys')['key']}"

    def fall(self) -> None:
        """Kill the backend; nobody is asked, nothing is tidied."""
        assert self._backend is not None
        self._backend.kill()
        self._end()

    def stop(self) -> None:
        """Ask the backend to leave."""
        if self._backend is not None:
            self._backend.terminate()
            self._end()

    def _end(self) -> None:
        assert self._backend is not None
        self._backend.communicate(timeout=PATIENCE)
        self._backend = None

    def api(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Any:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api{path}", data, method=method)
        request.add_header("Authorization", f"Bearer {self.ready['token']}")
        request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def put(self, session: str, file: Path) -> None:
        """A segment of a live session, in one piece."""
        data = file.read_bytes()
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}",
        }
        self.api("PUT", f"/sessions/{session}/segments/{file.name}", data, headers)

    def close(self) -> None:
        if self._backend is not None and self._backend.poll() is None:
            self.stop()
        super().close()


class Watch:
    """What pages complained of, and where they asked. A complaint that was not expected fails."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.asked: Counter[str] = Counter()
        self._expected: list[str] = []

    def expect(self, pattern: str) -> None:
        self._expected.append(pattern)

    def follow(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._count(request.url))

    def _count(self, url: str) -> None:
        self.asked[url] += 1
        if self.asked.total() == FLOOD:
            # Its messages would bury every answer that a test waits for, and no time would run out.
            for child in psutil.Process().children(recursive=True):
                if "chromium" in child.name():
                    child.kill()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def settle(self) -> None:
        assert self.asked.total() < FLOOD, self.asked.most_common(20)
        expected = [re.compile(pattern) for pattern in self._expected]
        left = [c for c in self.complaints if not any(e.search(c) for e in expected)]
        assert left == []
        strange = {
            url for url in self.asked if not re.match(r"(http://127\.0\.0\.1:|blob:|data:)", url)
        }
        assert strange == set(), "something was asked of another machine"


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    where = shutil.which("chromium")
    if where is None:
        pytest.skip("no chromium")
    chromium = playwright.chromium.launch(executable_path=where, args=FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "library")
    try:
        house.serve()
        yield house
    finally:
        house.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.settle()


def window(browser: Browser, watch: Watch, width: int = 1280) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": 800 if width > 640 else 860}, reduced_motion="reduce"
    )
    context.set_default_timeout(WAIT)
    context.add_init_script(VIOLATIONS)
    context.on("page", watch.follow)
    return context


@pytest.fixture
def context(browser: Browser, house: House, watch: Watch) -> Iterator[BrowserContext]:
    """One browser as its owner has it: cookies and storage are shared by its pages.

    It is closed before the library is: pages complain of a backend that goes.
    """
    context = window(browser, watch)
    yield context
    context.close()


@pytest.fixture
def open_page(context: BrowserContext, house: House) -> Callable[[], Page]:
    """A page that is signed in, at the list of sessions."""

    def open_page() -> Page:
        page = context.new_page()
        page.goto(house.door)
        expect(page.locator("#main")).to_be_visible()
        expect(page.locator(".bones")).to_have_count(0)
        return page

    return open_page


@pytest.fixture
def page(open_page: Callable[[], Page]) -> Page:
    return open_page()


@pytest.fixture
def open_at(browser: Browser, watch: Watch) -> Iterator[Callable[[House, str, int], Page]]:
    """A place of the page, in a window of its own and of some width."""
    contexts = []

    def open_at(house: House, place: str, width: int = 1280) -> Page:
        context = window(browser, watch, width)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{house.url}{place}#token={house.ready['token']}")
        return page

    yield open_at
    for context in contexts:
        context.close()


@pytest.fixture
def open_film(open_at: Callable[[House, str, int], Page]) -> Callable[[House, str, int], Page]:
    """A session's page, once its film can be played."""

    def open_film(house: House, session: str, width: int = 1280) -> Page:
        page = open_at(house, f"/sessions/{session}", width)
        page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
        return page

    return open_film


def write_take(folder: Path, seconds: int = 12, piece: int = 4) -> Path:
    """A video that needs no encoding, and its sound in pieces."""
    write_video(folder / "video.mp4", seconds, size=(320, 180))
    for number, start in enumerate(range(0, seconds, piece)):
        write_sound(folder / "audio" / f"seg_{number:03d}.wav", piece, start=start)
    return folder


@pytest.fixture(scope="session")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_take(tmp_path_factory.mktemp("takes") / "Stand-up")


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that takes seconds to encode."""
    folder = tmp_path_factory.mktemp("slow") / "Slow"
    write_video(folder / "video.mkv", 30, codec="mpeg4", size=(1280, 720), rate=25, first=9)
    return folder


def made(house: House, folder: Path, title: str | None = None) -> str:
    """The id of a session whose film and previews are there."""
    session = house.api("POST", "/sessions", {"paths": [str(folder)], "again": True})["id"]
    until(
        lambda: all(
            job["status"] == "completed" for job in house.api("GET", f"/sessions/{session}")["jobs"]
        )
    )
    if title is not None:
        house.api("PATCH", f"/sessions/{session}", {"title": title})
    return str(session)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def keep(
    house: House, session: str, found: Iterable[tuple[DocumentKind, Mapping[str, object]]]
) -> None:
    """Keep documents as jobs would have; the backend must not run meanwhile."""
    library = open_library(house.data, lambda events: None, house.films_folder)
    try:
        for kind, body in found:
            library.database.write(
                lambda t, kind=kind, body=body: documents.put(t, session, kind, body)
            )
    finally:
        library.close()
