"""A film gets smaller while it is seen: on its card, in its room, and never under its player."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import House, made, until
from tests.page.test_journey import card, choose, enter, until_film
from tests.recordings import write_grain


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One whose work stops, as if asleep, when the first chunk of a smaller film is there."""
    house = House(tmp_path / "library")
    house.arm("shrunk-chunk-kept=stop", tmp_path / "marks")
    try:
        house.serve()
        yield house
    finally:
        house.close()


@pytest.fixture(scope="module")
def grain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grain") / "Grain"
    write_grain(folder / "video.mp4", 6)
    return folder


def asleep(house: House) -> list[psutil.Process]:
    return [p for p in house.processes() if p.status() == psutil.STATUS_STOPPED]


def source_of(page: Page) -> str:
    return str(page.evaluate("document.querySelector('video').currentSrc"))


def test_a_film_shrinks_on_its_card_and_not_under_its_player(
    page: Page, house: House, grain: Path
) -> None:
    session = made(house, grain)
    enter(page, "Grain")
    until_film(page, "v.readyState >= 2")
    before = source_of(page)
    choose(page, "Grain", "Optimise")
    expect(page.get_by_text("The film gets smaller in the background.")).to_be_visible()
    until(lambda: bool(asleep(house)))
    expect(page.get_by_text(re.compile(r"Shrinking \d+ %")).first).to_be_visible()
    page.get_by_role("link", name="Sessions").first.click()
    shown = page.get_by_role("listitem").filter(has=card(page, "Grain"))
    expect(shown.get_by_text(re.compile(r"Shrinking \d+ %"))).to_be_visible()
    expect(shown.get_by_text("plays already")).to_be_visible()
    # It plays meanwhile, and is held while it does.
    enter(page, "Grain")
    until_film(page, "v.readyState >= 2")
    assert source_of(page) == before
    old = house.api("GET", f"/sessions/{session}")["film"]
    page.get_by_role("tab", name="Facts").click()
    for process in asleep(house):
        process.resume()
    expect(page.get_by_text(re.compile(r"Your film is \d+ % smaller\."))).to_be_visible()
    new = house.api("GET", f"/sessions/{session}")
    assert new["film"]["key"] != old["key"]
    assert new["compression_ratio"] == pytest.approx(
        new["film"]["size"] / new["original_size"], abs=1e-4
    )
    page.evaluate("document.querySelector('video').currentTime = 4.5")
    until_film(page, "!v.seeking && v.readyState >= 2 && Math.abs(v.currentTime - 4.5) < 0.1")
    assert source_of(page) == before
    assert Path(old["path"]).exists()
    page.reload()
    until_film(page, "v.readyState >= 2 && Math.abs(v.duration - 6) < 0.1")
    assert new["film"]["key"] in source_of(page)
    page.get_by_role("link", name="Sessions").first.click()
    less = round((1 - new["compression_ratio"]) * 100)
    assert less > 5
    expect(shown.get_by_text(f"−{less} %")).to_be_visible()
    expect(shown.get_by_text("Ready", exact=True)).to_be_visible()
    # What came of it is known: it is not offered again.
    page.get_by_role("button", name="More for Grain").click()
    expect(page.get_by_role("menuitem", name="Delete")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Optimise")).to_have_count(0)
