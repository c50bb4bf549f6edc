"""Finding words in everything, from every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import House, made
from tests.page.test_looks import WIDTHS, look
from tests.page.test_words import SAID, Heard, transcript, write_down

FOUND = ".hits > .hits-of > .hit"
"""Places with the words themselves, not those that only mean something like it."""


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, take: Path) -> Iterator[Heard]:
    house = House(tmp_path_factory.mktemp("search") / "library")
    try:
        house.serve()
        session, other = made(house, take, "Inauguration"), made(house, take, "My country")
        house.stop()
        write_down(house, session, transcript(*SAID))
        house.serve()
        yield Heard(house, session, other)
    finally:
        house.close()


@pytest.fixture
def settings_page(
    heard: Heard, open_at: Callable[[House, str, int], Page]
) -> Callable[[int], Page]:
    def opened(width: int = 1280) -> Page:
        page = open_at(heard.house, "/settings", width)
        expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        return page

    return opened


def test_words_are_found_while_they_are_typed_and_lead_to_their_moment(
    heard: Heard, settings_page: Callable[[], Page]
) -> None:
    page = settings_page()
    page.keyboard.press("/")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.type("countr")
    hits = page.locator(FOUND)
    expect(hits).to_have_count(3)
    expect(page.get_by_text("3 places")).to_be_visible()
    expect(hits.filter(has_text="ask not").locator("mark")).to_have_text("country")
    # What is said is text, whatever it looks like.
    expect(hits.filter(has_text="<b>ask</b>")).to_be_visible()
    hits.filter(has_text="<b>ask</b>").click()
    page.wait_for_url("**/sessions/*at=6*")
    expect(hits).to_have_count(0)
    page.wait_for_function("() => document.querySelector('video')?.currentTime === 6")
    # The next one of the same session moves the film that is open.
    field.fill("thank you")
    hits.filter(has_text="Thank").click()
    page.wait_for_function("() => document.querySelector('video')?.currentTime === 9")


def test_it_is_used_by_keyboard_and_says_when_there_is_nothing(
    heard: Heard, settings_page: Callable[[], Page]
) -> None:
    page = settings_page()
    field = page.get_by_role("searchbox")
    field.fill("nobody knows this")
    expect(page.get_by_text("Nobody says it, and no title has it.")).to_be_visible()
    field.press("Escape")
    expect(page.locator(".hits")).to_have_count(0)
    field.fill("My cou")
    expect(page.locator(FOUND)).to_have_count(1)
    field.press("ArrowDown")
    expect(page.locator(".hit.active")).to_have_count(1)
    field.press("Enter")
    page.wait_for_url(f"**/sessions/{heard.silent}")


@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_right(heard: Heard, settings_page: Callable[[int], Page], width: int) -> None:
    page = settings_page(width)
    page.get_by_role("searchbox").fill("country")
    expect(page.locator(FOUND)).to_have_count(3)
    look(page, "search", width)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_meant_is_found_in_other_words(
    heard: Heard, settings_page: Callable[[int], Page], width: int
) -> None:
    page = settings_page(width)
    field = page.get_by_role("searchbox")
    field.fill("serving the nation one lives in")
    close = page.get_by_role("region", name="Means something like it")
    expect(close.locator(".hit")).not_to_have_count(0)
    expect(page.get_by_text("Nobody says it in these words.")).to_be_visible()
    expect(close.locator(".hit").filter(has_text="my fellow")).to_be_visible()
    look(page, "search-meaning", width)
    field.press("ArrowDown")
    expect(close.locator(".hit.active")).to_have_count(1)
    field.press("Enter")
    page.wait_for_url("**/sessions/*")
    expect(close).to_have_count(0)
