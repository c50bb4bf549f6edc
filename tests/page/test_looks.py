"""Every screen as it looks: nothing sticks out, axe finds nothing, and pictures are kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.conftest import House, Watch, made, until, window

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "screenshots"
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"

WIDTHS = (1280, 420)
COLOURS: tuple[Literal["dark", "light"], ...] = ("dark", "light")

STICKING_OUT = """() => {
    const inside = (node) => {
        let up = node.parentElement;
        for (; up !== null && up !== document.body; up = up.parentElement)
            if (getComputedStyle(up).overflowX !== 'visible') return true;
        return false;
    };
    const root = document.documentElement;
    const found = root.scrollWidth > root.clientWidth ? [`document: ${root.scrollWidth}`] : [];
    for (const node of document.body.querySelectorAll('*')) {
        const style = getComputedStyle(node);
        const box = node.getBoundingClientRect();
        if (box.width === 0 || style.visibility === 'hidden' || inside(node)) continue;
        if (node.closest('.skip, .hidden, [data-react-aria-top-layer] [hidden]')) continue;
        if (box.right > innerWidth + 1 || box.left < -1)
            found.push(`${node.tagName}.${node.className}: ${box.left}–${box.right}`);
    }
    return found;
}"""


@dataclass
class Stay:
    """A library with one session in each state, shared by the screens that are looked at."""

    house: House
    ready: str
    live: str
    failed: str
    waiting: str


@pytest.fixture(scope="module")
def stay(tmp_path_factory: pytest.TempPathFactory, take: Path) -> Iterator[Stay]:
    place = tmp_path_factory.mktemp("looks")
    house = House(place / "library")
    try:
        house.serve()
        house.api("PATCH", "/settings", {"values": {"notify.quiet": "22:00-07:00"}})
        ready = made(house, take, "Stand-up, Tuesday")
        made(house, take, "Lesson 4: what we agreed on last week, and why it took that long")
        live = house.api("POST", "/sessions", {"live": True, "title": "Match, 2nd half"})["id"]
        for piece in sorted((take / "audio").iterdir()):
            house.put(live, piece)
        folder = Path(shutil.copytree(take, place / "Interview"))
        house.api("POST", "/queue/pause")
        failed = house.api("POST", "/sessions", {"paths": [str(folder)]})["id"]
        shutil.rmtree(folder)
        house.api("POST", "/queue/resume")
        until(lambda: house.api("GET", f"/sessions/{failed}")["status"] == "failed")
        house.api("POST", "/queue/pause")
        body = {"paths": [str(take)], "again": True, "title": "Visit to the mill"}
        waiting = house.api("POST", "/sessions", body)["id"]
        yield Stay(house, ready, live, failed, waiting)
    finally:
        house.close()


def show_film(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")


def show_menu(page: Page) -> None:
    page.get_by_role("button", name="More for Stand-up, Tuesday").click()
    expect(page.get_by_role("menu")).to_be_visible()


def show_import(page: Page) -> None:
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def show_list(page: Page) -> None:
    toggle = page.get_by_role("radio", name="List")
    if toggle.is_visible():  # the narrow window knows one density only
        toggle.check(force=True)


def show_rename(page: Page) -> None:
    show_menu(page)
    page.get_by_role("menuitem", name="Rename…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def show_sound(page: Page) -> None:
    show_menu(page)
    page.get_by_role("menuitem", name="Save the sound…").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def show_part(page: Page) -> None:
    show_film(page)
    for _ in range(3):
        page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_role("slider", name="Part of the film that is shown")).to_be_visible()


def nothing(page: Page) -> None:
    pass


SCREENS: dict[str, tuple[str, Callable[[Page], None]]] = {
    "sessions": ("/", nothing),
    "sessions-list": ("/", show_list),
    "sessions-menu": ("/", show_menu),
    "no-match": ("/?q=nothing-like-this", nothing),
    "import": ("/", show_import),
    "rename": ("/", show_rename),
    "sound": ("/", show_sound),
    "session": ("/sessions/{ready}", show_film),
    "session-part": ("/sessions/{ready}", show_part),
    "session-live": ("/sessions/{live}", nothing),
    "session-failed": ("/sessions/{failed}", nothing),
    "session-from-files": ("/sessions/{waiting}", show_film),
    "processing-waiting": ("/sessions/{waiting}/processing", nothing),
    "processing-failed": ("/sessions/{failed}/processing", nothing),
    "queue": ("/queue", nothing),
    "settings": ("/settings", nothing),
    "gone": ("/sessions/nosuch", nothing),
}


def look(page: Page, name: str, width: int) -> None:
    """Keep a picture of the page, and complain of it, dark and light."""
    assert AXE.exists(), "hatch_build.py brings it"
    # A room comes as a file of its own: until it is there, nothing of it can be looked at.
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator(".bone")).to_have_count(0)
    PICTURES.mkdir(parents=True, exist_ok=True)
    # Past the document's policy, as a person's own tools are.
    page.evaluate(AXE.read_text())
    told = []
    for colours in COLOURS:
        page.emulate_media(color_scheme=colours)
        page.screenshot(path=PICTURES / f"{name}-{colours}-{width}.png")
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        told += [
            (colours, each["id"], each["help"], [node["html"][:200] for node in each["nodes"]])
            for each in found["violations"]
        ]
    assert told == [], json.dumps(told, indent=1)
    assert page.evaluate(STICKING_OUT) == []


@pytest.fixture
def looking(browser: Browser, watch: Watch, width: int) -> Iterator[Page]:
    context = window(browser, watch, width)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen(stay: Stay, looking: Page, watch: Watch, screen: str, width: int) -> None:
    if screen == "gone":
        watch.expect("404")
    place, prepare = SCREENS[screen]
    address = stay.house.url + place.format_map(vars(stay))
    looking.goto(f"{address}#token={stay.house.ready['token']}")
    prepare(looking)
    look(looking, screen, width)


@pytest.mark.parametrize("width", WIDTHS)
def test_an_empty_library_and_one_that_does_not_answer(
    house: House, browser: Browser, watch: Watch, width: int
) -> None:
    watch.expect("net::ERR_")
    context = window(browser, watch, width)
    page = context.new_page()
    page.goto(house.door)
    expect(page.get_by_role("heading", name="Drop a recording here")).to_be_visible()
    look(page, "empty", width)
    house.fall()
    expect(page.get_by_text("Rushes is not running.")).to_be_visible()
    look(page, "offline", width)
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_somebody_who_is_not_signed_in(stay: Stay, looking: Page, watch: Watch, width: int) -> None:
    watch.expect("401")
    looking.goto(f"{stay.house.url}/#token=wrong")
    expect(looking.get_by_role("heading", name="Open Rushes again")).to_be_visible()
    look(looking, "signed-out", width)
