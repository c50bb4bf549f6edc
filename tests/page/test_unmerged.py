"""A session without a film plays from its files, in time; its film takes over when it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import House, Watch
from tests.recordings import write_sound, write_video

SECONDS = 30

SAMPLE = """async (wanted) => {
    // Where the sound and the picture are, by the elements' own clocks.
    const v = document.querySelector('video');
    const found = [], end = performance.now() + wanted.milliseconds;
    while (performance.now() < end) {
        await new Promise((next) => setTimeout(next, 50));
        if (v.paused || v.seeking || v.readyState < 3) continue;
        const sounding = [...document.querySelectorAll('audio')].filter((a) => !a.paused);
        for (const a of sounding) {
            const piece = wanted.pieces[Number(a.currentSrc.split('/').at(-1))];
            const at = piece.begin + a.currentTime - piece.offset;
            found.push({picture: v.currentTime, off: at - v.currentTime, many: sounding.length});
        }
    }
    return found;
}"""


@pytest.fixture(scope="session")
def pieced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture, and sound in pieces of 4 s: a gap from 12 to 14 s, an overlap from 17 to 18 s."""
    folder = tmp_path_factory.mktemp("pieced") / "Pieced"
    write_video(folder / "video.mp4", SECONDS, size=(320, 180), first=3)
    offsets = [0, 4, 8, 14, 17, 21, 25]
    for number, start in enumerate(offsets):
        write_sound(folder / "audio" / f"seg_{number:03d}.wav", 4, start=start, pitch=500)
    names = [f"audio/seg_{number:03d}.wav" for number in range(len(offsets))]
    listed = [{"file": n, "offset": o} for n, o in zip(names, offsets, strict=True)]
    told = {"title": "Pieced", "video": "video.mp4", "segments": listed}
    (folder / "session.json").write_text(json.dumps(told))
    return folder


def unmerged(house: House, folder: Path) -> str:
    body = {"paths": [str(folder)], "options": {"merge": False}, "again": True}
    return str(house.api("POST", "/sessions", body)["id"])


def places(house: House, session: str) -> dict[int, Any]:
    """By the file, where its sound lies."""
    told = house.api("GET", f"/sessions/{session}/playback")["pieces"]
    return {piece["source"]: piece for piece in told if piece["kind"] == "audio"}


def shows(page: Page, holds: str) -> None:
    page.wait_for_function(f"() => {{ const v = document.querySelector('video'); return {holds} }}")


def test_files_play_together_over_borders_gaps_and_speeds(
    page: Page, house: House, pieced: Path
) -> None:
    session = unmerged(house, pieced)
    page.goto(f"{house.url}/sessions/{session}")
    expect(page.get_by_text("There is no film of this session.")).to_be_visible()
    shows(page, "v !== null && v.readyState >= 2")
    wanted = {"milliseconds": 8500, "pieces": places(house, session)}
    main = page.locator("#main")
    main.press("Space")
    shows(page, "!v.paused && v.currentTime > 0.5")
    assert page.evaluate("document.querySelector('video').muted")
    once = page.evaluate(SAMPLE, wanted)
    for _ in range(4):
        main.press(">")
    shows(page, "v.playbackRate === 2")
    twice = page.evaluate(SAMPLE, {**wanted, "milliseconds": 8000})
    jumped = []
    for key in ("1", "6", "8"):
        main.press(key)
        shows(page, f"!v.seeking && v.currentTime > {int(key) * SECONDS / 10 + 1}")
        jumped += page.evaluate(SAMPLE, {**wanted, "milliseconds": 700})
    for name, found in (("once", once), ("twice", twice), ("jumped", jumped)):
        assert len(found) > 20, name
        far = [each for each in found if abs(each["off"]) >= 0.15]
        # A computer that is busy with other things holds the page's clock up for a moment: sound
        # that strays is brought back, and never stays away.
        assert len(far) < len(found) / 10, (name, found)
        assert {each["many"] for each in found} == {1}, name
    gap = [each for each in once + twice if 12.1 < each["picture"] < 13.9]
    assert gap == []  # nothing sounds where nothing was recorded


def test_optimise_leads_to_the_film(page: Page, house: House, pieced: Path) -> None:
    session = unmerged(house, pieced)
    page.goto(f"{house.url}/sessions/{session}")
    shows(page, "v !== null && v.readyState >= 2")
    page.locator("#main").press("5")
    shows(page, "!v.seeking && Math.abs(v.currentTime - 15) < 0.2")
    page.get_by_role("button", name="Optimise").click()
    shows(page, "v.currentSrc.includes('/media?v=') && v.readyState >= 2")
    shows(page, "Math.abs(v.currentTime - 15) < 0.3 && !v.muted")
    expect(page.get_by_role("button", name="Optimise")).to_have_count(0)
    assert page.locator("audio").count() == 0


def test_play_without_merging_leaves_the_work_alone(page: Page, house: House, pieced: Path) -> None:
    house.api("POST", "/queue/pause")
    body = {"paths": [str(pieced)], "again": True}
    session = house.api("POST", "/sessions", body)["id"]
    page.goto(f"{house.url}/sessions/{session}/processing")
    page.get_by_role("button", name="Play without merging").click()
    page.wait_for_url(f"**/sessions/{session}")
    shows(page, "v !== null && v.currentSrc.endsWith('/sources/0') && v.readyState >= 2")
    expect(page.get_by_role("button", name="Watch it develop")).to_be_visible()
    house.api("POST", "/queue/resume")
    shows(page, "v.currentSrc.includes('/media?v=')")


def test_a_missing_picture_is_named_and_found_again(
    page: Page, house: House, watch: Watch, tmp_path: Path
) -> None:
    write_video(tmp_path / "Lost" / "video.mp4", 4, first=5)
    write_sound(tmp_path / "Lost" / "audio" / "seg_000.wav", 4)
    session = unmerged(house, tmp_path / "Lost")
    video = tmp_path / "Lost" / "video.mp4"
    video.rename(tmp_path / "away.mp4")
    page.goto(f"{house.url}/sessions/{session}")
    expect(page.get_by_text("“video.mp4” is not in its place")).to_be_visible()
    (tmp_path / "away.mp4").rename(video)
    page.get_by_role("button", name="Look again").click()
    shows(page, "v.readyState >= 2 && v.currentSrc.endsWith('/sources/0')")


def test_a_picture_that_no_browser_plays_is_said_to_be_so(
    page: Page, house: House, tmp_path: Path
) -> None:
    write_video(tmp_path / "Odd" / "video.mkv", 3, codec="mpeg4", first=6)
    session = unmerged(house, tmp_path / "Odd")
    page.goto(f"{house.url}/sessions/{session}")
    expect(page.get_by_text("This browser cannot play “video.mkv”.")).to_be_visible()
    expect(page.get_by_role("link", name="Download, and play it elsewhere")).to_be_visible()
    page.get_by_role("button", name="Optimise").click()
    shows(page, "v.currentSrc.includes('/media?v=') && v.readyState >= 2")
