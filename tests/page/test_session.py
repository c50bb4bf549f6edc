"""What a session's page tells of its film: facts, what was put right, what is seen when."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.media.test_sight import Shot, film
from tests.page.conftest import House, made
from tests.page.test_journey import enter, until_film
from tests.recordings import write_sound


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots of four seconds; its sound lacks a piece, and the last one breaks off."""
    folder = tmp_path_factory.mktemp("visits") / "Visit"
    write_sound(folder / "audio" / "seg_000.wav", 3)
    broken = write_sound(folder / "audio" / "seg_002.mp3", 3, start=3)
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size * 2 // 3])
    film(folder / "video.mp4", [Shot(4, 1), Shot(4, 2)])
    return folder


def fact(page: Page, name: str) -> str:
    row = page.locator(".facts > div").filter(has=page.get_by_text(name, exact=True))
    return row.locator("dd").inner_text()


def test_facts_and_what_is_worth_knowing(page: Page, house: House, visit: Path) -> None:
    session = made(house, visit)
    told = house.api("GET", f"/sessions/{session}")
    holds = house.api("GET", f"/sessions/{session}/analysis")
    enter(page, "Visit")
    until_film(page, "v.readyState >= 2")
    page.get_by_role("tab", name="Facts").click()
    expect(page.get_by_text("LUFS")).to_be_visible()
    assert fact(page, "Length") == "0:08"
    assert fact(page, "Picture") == "320 × 180"
    assert fact(page, "Originals").startswith("3 files, ")
    assert fact(page, "Saved as") == told["film"]["path"]
    assert fact(page, "Folder") == str(visit)
    loudness = holds["sound"]["loudness"]
    told_loud = f"{loudness['integrated']:.1f} LUFS, peaks at {loudness['true_peak']:.1f} dBTP"
    assert fact(page, "Loudness") == told_loud.replace("-", "−")
    assert re.fullmatch(r"0:0\d in \d pauses", fact(page, "Silence"))
    notes = page.get_by_role("heading", name="Worth knowing").locator("xpath=following::ul[1]/li")
    assert notes.all_inner_texts() == told["notes"]
    expect(notes.filter(has_text="Segments seem to be missing (number 1)")).to_have_count(1)
    expect(notes.filter(has_text="seg_002.mp3: the header says 0:03.000")).to_have_count(1)
    expect(page.locator(".changes path")).to_be_attached()
    expect(page.locator(".wave path.talk")).to_be_attached()
    # Silence is drawn pale, what is heard strong.
    quiet = sum(s["end"] - s["start"] for s in holds["sound"]["silence"]) / 8
    counted = page.evaluate(
        "() => ['quiet', 'talk'].map((name) => document.querySelector(`.wave path.${name}`)"
        ".getAttribute('d').split('M').length - 1)"
    )
    assert counted[0] / sum(counted) == pytest.approx(quiet, abs=0.25)
    # Each change of the picture is a tick at its time.
    (change,) = holds["picture"]["changes"]
    assert change == pytest.approx(4, abs=0.1)
    placed = page.evaluate(
        "() => { const svg = document.querySelector('.changes');"
        " return [...svg.querySelector('path').getAttribute('d').matchAll(/M([\\d.]+)/g)]"
        ".map((found) => Number(found[1]) / svg.viewBox.baseVal.width); }"
    )
    assert placed == pytest.approx([change / 8], abs=0.01)
    page.get_by_role("tab", name="Files").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("seg_002.mp3")


def test_the_pointer_over_film_and_waveform_shows_what_is_there(
    page: Page, house: House, take: Path
) -> None:
    made(house, take, "Stand-up")
    enter(page, "Stand-up")
    until_film(page, "v.readyState >= 2")
    glimpse = page.locator(".glimpse")
    expect(glimpse).to_have_count(0)
    for place in (".seek-track", ".time-field"):
        field = page.locator(place).first
        field.hover(position={"x": 300, "y": 8})
        expect(glimpse).to_be_visible()
        expect(glimpse.locator("div")).to_have_css("background-image", re.compile("thumbnails"))
        first = glimpse.inner_text()
        assert re.fullmatch(r"0:0\d", first)
        field.hover(position={"x": 700, "y": 8})
        expect(glimpse).not_to_have_text(first)
        page.mouse.move(5, 5)
        expect(glimpse).to_have_count(0)
