"""The waveform of a film: zoomed, moved, and finer where it is looked at closely."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page.conftest import House, Watch, made
from tests.page.test_journey import enter, time_of, until_film
from tests.recordings import write_sound, write_video

PART = "Part of the film that is shown"


@pytest.fixture(scope="module")
def lecture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """So much sound that the peaks of the whole have less than a pixel for a bar of a part."""
    folder = tmp_path_factory.mktemp("lectures") / "Lecture"
    write_video(folder / "video.mp4", 2, size=(320, 180))
    write_sound(folder / "audio" / "a.wav", 900, rate=8000)
    return folder


def field(page: Page) -> Locator:
    return page.get_by_role("slider", name="Waveform")


def drawn(page: Page) -> str:
    """What is drawn, once silence is known too."""
    page.get_by_role("tab", name="Facts").click()
    expect(page.get_by_text("LUFS")).to_be_visible()
    paths = page.locator(".wave > svg:first-child path")
    expect(paths.first).to_be_attached()
    return "".join(str(paths.nth(i).get_attribute("d")) for i in range(2))


def marks(page: Page) -> list[str]:
    return page.locator(".ruler span").all_text_contents()


def point(page: Page, share: float) -> None:
    box = field(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] - 20)


def test_zooming_by_buttons_keys_and_wheel(page: Page, house: House, take: Path) -> None:
    made(house, take, "Stand-up")
    enter(page, "Stand-up")
    until_film(page, "v.readyState >= 2")
    whole, part = drawn(page), page.get_by_role("slider", name=PART)
    expect(part).to_have_count(0)
    assert marks(page)[0] == "0:00" and marks(page)[-1] >= "0:10"
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    # No less than four seconds, from where the film stands.
    expect(part).to_have_attribute("aria-valuetext", "0 seconds to 4 seconds")
    expect(page.locator(".ruler span").last).to_have_text("0:03")
    assert drawn(page) != whole
    part.press("End")
    expect(part).to_have_attribute("aria-valuetext", "8 seconds to 12 seconds")
    expect(page.locator(".playhead")).to_be_hidden()
    # A click goes to what is under it.
    point(page, 0.5)
    page.mouse.down()
    page.mouse.up()
    until_film(page, "!v.seeking && Math.abs(v.currentTime - 10) < 0.2")
    expect(page.locator(".playhead")).to_be_visible()
    # What plays, or is gone to, is followed.
    field(page).press("Home")
    expect(part).to_have_attribute("aria-valuetext", "0 seconds to 4 seconds")
    page.locator("#main").press("-")
    page.locator("#main").press("-")
    page.locator("#main").press("-")
    expect(part).to_have_count(0)
    assert drawn(page) == whole
    point(page, 0.999)
    page.mouse.wheel(0, -100)
    expect(part).to_have_attribute("aria-valuetext", re.compile("to 12 seconds$"))
    before = part.get_attribute("aria-valuetext")
    page.mouse.wheel(-60, 0)
    expect(part).not_to_have_attribute("aria-valuetext", str(before))
    page.get_by_role("button", name="Show the whole film").click()
    expect(part).to_have_count(0)


def test_what_plays_stays_in_sight(page: Page, house: House, take: Path) -> None:
    made(house, take, "Stand-up")
    enter(page, "Stand-up")
    until_film(page, "v.readyState >= 2")
    for _ in range(4):
        page.locator("#main").press("+")
    part = page.get_by_role("slider", name=PART)
    expect(part).to_have_attribute("aria-valuetext", "0 seconds to 4 seconds")
    page.locator("#main").press("k")
    until_film(page, "v.currentTime > 4.3")
    expect(part).to_have_attribute("aria-valuetext", re.compile("^[3-8] seconds to"))
    expect(page.locator(".playhead")).to_be_visible()
    page.locator("#main").press("k")
    assert time_of(page) > 4


def test_finer_peaks_come_where_they_are_looked_at(
    page: Page, house: House, watch: Watch, lecture: Path
) -> None:
    made(house, lecture)
    enter(page, "Lecture")
    until_film(page, "v.readyState >= 2")
    page.locator("#main").press("5")
    until_film(page, "!v.seeking && Math.abs(v.currentTime - 450) < 1")

    def fine() -> list[str]:
        return [url for url in watch.asked if "/waves" in url]

    assert fine() == []
    with page.expect_response(re.compile("/waves")) as answer:
        for _ in range(12):
            page.locator("#main").press("+")
    assert answer.value.status == 206
    assert len(fine()) == 1
    # A beep of a tenth of a second at each whole one: seen as such only in the finer peaks.
    expect(page.locator(".ruler span")).to_have_count(4)
    page.wait_for_function(
        """() => { const loud = document.querySelector('.wave path.talk').getAttribute('d');
            const places = [...loud.matchAll(/M(\\d+)/g)].map((m) => Number(m[1]));
            const gaps = places.filter((x, i) => i > 0 && x - places[i - 1] > 30);
            return gaps.length >= 3 && gaps.length <= 4; }"""
    )
