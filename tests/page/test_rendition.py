"""A browser that cannot play H.264 plays the film all the same, in pieces made while it watches."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.media.test_mix import two_tracks
from tests.page.conftest import House, Watch, made
from tests.page.test_journey import seek, until_film

WITHOUT_H264 = "HTMLMediaElement.prototype.canPlayType = () => ''"


def watched(page: Page, house: House, session: str) -> None:
    page.add_init_script(WITHOUT_H264)
    page.goto(f"{house.url}/sessions/{session}")
    until_film(page, "v.readyState >= 2 && v.videoWidth === 320 && v.src.startsWith('blob:')")


def test_it_plays_over_the_joins_and_from_anywhere_to_the_end(
    page: Page, house: House, take: Path
) -> None:
    watched(page, house, made(house, take))
    assert page.evaluate("document.querySelector('video').duration") > 11.9
    page.get_by_role("button", name="Play").click()
    until_film(page, "!v.paused && v.currentTime > 4.5 && v.videoWidth === 320")
    seek(page, "8", 9.6)
    until_film(page, "v.ended && v.currentTime > 11.9")
    seek(page, "2", 2.4)
    until_film(page, "v.buffered.length >= 1 && v.error === null")
    expect(page.get_by_text("cannot play H.264")).to_be_hidden()
    # What is watched is no work of the queue.
    assert all(job["kind"] != "rendition" for job in house.api("GET", "/jobs")["jobs"])


def test_it_goes_on_when_a_killed_backend_is_back(
    page: Page, house: House, watch: Watch, take: Path
) -> None:
    watch.expect("net::ERR_")
    session = made(house, take)
    watched(page, house, session)
    house.fall()
    for folder in (house.data / "renditions").iterdir():
        for piece in folder.iterdir():
            piece.unlink()
    house.serve()
    expect(page.get_by_text("Rushes is not running.")).to_be_hidden()
    page.reload()
    until_film(page, "v.readyState >= 2 && v.videoWidth === 320")
    page.get_by_role("button", name="Play").click()
    until_film(page, "!v.paused && v.currentTime > 2.5")


def test_a_film_that_is_gone_is_told_and_plays_once_it_is_back(
    page: Page, house: House, watch: Watch, take: Path
) -> None:
    watch.expect("422")
    session = made(house, take)
    [film] = house.films()
    film.rename(film.with_suffix(".away"))
    page.add_init_script(WITHOUT_H264)
    page.goto(f"{house.url}/sessions/{session}")
    expect(page.get_by_text("but that did not work")).to_be_visible()
    expect(page.get_by_text("is not there")).to_be_visible()
    film.with_suffix(".away").rename(film)
    page.get_by_role("button", name="Try again").click()
    until_film(page, "v.readyState >= 2 && v.videoWidth === 320")


def test_it_goes_on_with_the_track_that_is_chosen(page: Page, house: House, tmp_path: Path) -> None:
    session = made(house, two_tracks(tmp_path / "two.mkv"))
    page.add_init_script(WITHOUT_H264)
    page.goto(f"{house.url}/sessions/{session}")
    until_film(page, "v.readyState >= 2 && v.src.startsWith('blob:')")
    before = page.evaluate("document.querySelector('video').src")
    page.get_by_role("tab", name="Facts").click()
    page.get_by_role("button", name="Choose another").click()
    page.get_by_role("menuitemradio", name="All of them, mixed").click()
    until_film(page, f"v.readyState >= 2 && v.src !== {json.dumps(before)}")
    film = house.api("GET", f"/sessions/{session}/rendition")["film"]
    entries = "performance.getEntriesByType('resource').map(entry => entry.name)"
    assert any(f"film={film}" in address for address in page.evaluate(entries))


def test_a_browser_that_plays_neither_offers_another_player(
    page: Page, house: House, take: Path
) -> None:
    session = made(house, take)
    page.add_init_script(WITHOUT_H264 + "; delete window.MediaSource")
    page.goto(f"{house.url}/sessions/{session}")
    expect(page.get_by_text("It cannot play VP9 either")).to_be_visible()
    expect(page.get_by_role("link", name="Download, and play it elsewhere")).to_be_visible()
