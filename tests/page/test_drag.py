"""A film that is dragged out of the page, as far as a page can have a hand in it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.page.conftest import House, made

CARRIED = """(link) => {
    const carried = new DataTransfer();
    link.dispatchEvent(new DragEvent('dragstart', {bubbles: true, dataTransfer: carried}));
    return carried.getData('DownloadURL');
}"""


def test_a_card_carries_its_film(page: Page, house: House, take: Path) -> None:
    made(house, take, 'Lesson 4: "a/b"')
    kind, name, address = (
        page.locator("[data-card]", has_text="Lesson 4").evaluate(CARRIED).split(":", 2)
    )  # a colon in the title would end the name
    assert (kind, name) == ("video/mp4", "Lesson 4 a b.mp4")
    # What the browser fetches for whoever it is dropped on, it gets.
    fetched = page.request.get(address)
    assert fetched.status == 200
    assert fetched.headers["content-type"] == "video/mp4"
    assert "attachment" in fetched.headers["content-disposition"]
