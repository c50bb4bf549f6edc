"""The sound of a session: saved as a file, from the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, Page, expect

from backend.core.job import JobStatus
from tests.media.test_mix import two_tracks
from tests.page.conftest import House, Watch, made, until
from tests.page.test_journey import choose, until_film
from tests.page.test_smaller import asleep
from tests.recordings import write_video


def save(page: Page, title: str, kind: str) -> None:
    choose(page, title, "Save the sound…")
    dialog = page.get_by_role("dialog", name="Save the sound")
    dialog.get_by_role("radio", name=kind).check(force=True)
    dialog.get_by_role("button", name="Download").click()


@pytest.mark.parametrize(("kind", "codec"), [("M4A", "aac"), ("MP3", "mp3float")])
def test_the_sound_of_a_film_is_downloaded(
    page: Page, house: House, take: Path, tmp_path: Path, kind: str, codec: str
) -> None:
    made(house, take, "Stand-up")
    with page.expect_download() as download:
        save(page, "Stand-up", kind)
    assert download.value.suggested_filename == f"Stand-up.{kind.lower()}"
    expect(page.get_by_role("dialog")).to_have_count(0)
    file = tmp_path / "sound"
    download.value.save_as(file)
    with av.open(str(file)) as container:
        assert [stream.codec_context.name for stream in container.streams] == [codec]
        assert container.duration / av.time_base == pytest.approx(12, abs=0.1)


@pytest.fixture
def halting(tmp_path: Path) -> Iterator[House]:
    """One whose work stops, as if asleep, before what it made gets its name."""
    house = House(tmp_path / "library")
    house.arm("film-checked=stop", tmp_path / "marks")
    try:
        house.serve()
        yield house
    finally:
        house.close()


def test_one_that_is_made_shows_how_far_it_is_and_is_cancelled(
    browser: Browser, halting: House, take: Path, tmp_path: Path
) -> None:
    session = halting.api("POST", "/sessions", {"paths": [str(take)]})["id"]
    until(lambda: bool(asleep(halting)))
    (tmp_path / "marks" / "film-checked.stop").unlink()  # the next one is to stop there too
    for process in asleep(halting):
        process.resume()
    until(lambda: halting.api("GET", f"/sessions/{session}")["status"] == "ready")
    page = browser.new_page()
    page.goto(halting.door)
    save(page, "Stand-up", "M4A")
    dialog = page.get_by_role("dialog", name="Save the sound")
    until(lambda: bool(asleep(halting)))
    expect(dialog.get_by_role("progressbar")).to_have_attribute(
        "aria-valuenow", re.compile(r"^[1-9]")
    )
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog.get_by_role("button", name="Download")).to_be_visible()
    page.close()
    job = halting.api("GET", f"/sessions/{session}")["jobs"][-1]
    assert (job["kind"], job["status"]) == ("soundtrack", JobStatus.CANCELLED)
    until(lambda: not list(halting.data.rglob("*.m4a")))


def test_a_film_without_sound_is_said_to_have_none(
    page: Page, house: House, watch: Watch, tmp_path: Path
) -> None:
    watch.expect(r"409 \(CONFLICT\).*/sound")
    made(house, write_video(tmp_path / "Mute" / "video.mp4", 2, size=(320, 180)).parent)
    page.reload()
    save(page, "Mute", "M4A")
    expect(page.get_by_role("alert")).to_contain_text("“Mute” has no sound.")


def test_another_track_is_chosen_and_plays(page: Page, house: House, tmp_path: Path) -> None:
    recording = two_tracks(tmp_path / "two.mkv")
    session = house.api("POST", "/sessions", {"paths": [str(recording)]})["id"]
    until(lambda: house.api("GET", f"/sessions/{session}")["status"] == "ready")
    page.goto(f"{house.url}/sessions/{session}")
    until_film(page, "v.readyState >= 2")
    before = page.evaluate("document.querySelector('video').currentSrc")
    page.get_by_role("tab", name="Facts").click()
    chooser = page.get_by_role("button", name="Choose another")
    expect(chooser).to_have_text("Track 2, stereo, 44.1 kHz")
    expect(page.get_by_text("number 2 is heard")).to_be_visible()
    chooser.click()
    page.get_by_role("menuitemradio", name="All of them, mixed").click()
    expect(page.get_by_text("The film is made again with that sound")).to_be_visible()
    expect(chooser).to_have_text("All of them, mixed")
    # The film is taken over where it stands, once it has that sound.
    until_film(page, f"v.readyState >= 2 && v.currentSrc !== {json.dumps(before)}")
    assert house.api("GET", f"/sessions/{session}")["film"]["key"] in page.evaluate(
        "document.querySelector('video').currentSrc"
    )
    expect(page.get_by_text("Its 2 tracks of sound are mixed.")).to_be_visible()
    expect(page.get_by_text("The film still has the sound from before.")).to_have_count(0)
    expect(page.locator(".wave path.talk")).to_be_attached()
