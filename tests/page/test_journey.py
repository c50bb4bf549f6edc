"""What people do with the page, from the first recording to a killed backend."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from backend.core.session import Session, SessionOptions, SessionState
from backend.store.library import open_library
from tests.page.conftest import House, Watch, made, until
from tests.recordings import write_sound, write_video

DEVELOPING = re.compile(r"/sessions/\w+/processing$")
SESSION = re.compile(r"/sessions/\w+$")
PATH_FIELD = re.compile("name its place")


def import_path(page: Page, folder: Path) -> None:
    page.get_by_role("button", name=re.compile("^(Import|Type or paste the path…)$")).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(PATH_FIELD).fill(str(folder))
    dialog.get_by_role("button", name="Import", exact=True).click()


def card(page: Page, title: str) -> Locator:
    return page.locator("[data-card]", has_text=title)


def enter(page: Page, title: str) -> None:
    card(page, title).click()
    expect(page.get_by_role("group", name=f"Player, {title}")).to_be_visible()


def choose(page: Page, title: str, item: str) -> None:
    """An entry of the menu of a session."""
    page.get_by_role("button", name=f"More for {title}").click()
    page.get_by_role("menuitem", name=item).click()


def time_of(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def until_film(page: Page, holds: str) -> None:
    """Wait until something holds of the film, `v`."""
    page.wait_for_function(
        f"() => {{ const v = document.querySelector('video'); return v !== null && ({holds}); }}"
    )


def seek(page: Page, key: str, seconds: float) -> None:
    page.locator("#main").press(key)
    until_film(page, f"!v.seeking && v.readyState >= 2 && Math.abs(v.currentTime-{seconds}) < 0.2")


def test_import_watch_play_rename_delete_and_undo(page: Page, watch: Watch, take: Path) -> None:
    expect(page.get_by_role("heading", name="Drop a recording here")).to_be_visible()
    import_path(page, take)
    page.wait_for_url(DEVELOPING)
    expect(page.get_by_role("heading", name="Stand-up")).to_be_visible()
    page.wait_for_url(SESSION)
    expect(page).to_have_title(re.compile("Stand-up"))

    until_film(page, "v.readyState >= 2 && v.videoWidth === 320 && Math.abs(v.duration-12) < 0.1")
    page.get_by_role("button", name="Play").click()
    until_film(page, "!v.paused && v.currentTime > 0.5")
    page.get_by_role("button", name="Pause").click()
    until_film(page, "v.paused")
    seek(page, "5", 6.0)
    expect(page.get_by_role("slider", name="Waveform")).to_have_attribute("aria-valuenow", "6")
    page.get_by_role("tab", name="Files").click()
    page.get_by_role("button", name="Go to 8 seconds").click()
    until_film(page, "!v.seeking && Math.abs(v.currentTime - 8) < 0.2")

    # What the page says as it goes may arrive after the next page has read the session.
    watch.expect("net::ERR_FAILED")
    page.route(
        "**/api/sessions/*",
        lambda route: route.abort() if route.request.method == "PATCH" else route.fallback(),
    )
    page.reload()
    until_film(page, "v.readyState >= 2 && Math.abs(v.currentTime - 8) < 0.2")
    page.unroute("**/api/sessions/*")

    choose(page, "Stand-up", "Rename…")
    field = page.get_by_role("dialog").get_by_label("Title")
    expect(field).to_be_focused()
    field.fill("Stand-up, Tuesday")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Stand-up, Tuesday")).to_be_visible()
    expect(page).to_have_title(re.compile("Tuesday"))

    choose(page, "Stand-up, Tuesday", "Delete")
    expect(page.get_by_text("“Stand-up, Tuesday” is in the bin.")).to_be_visible()
    expect(page.get_by_role("heading", name="Drop a recording here")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(card(page, "Stand-up, Tuesday")).to_be_visible()
    enter(page, "Stand-up, Tuesday")
    until_film(page, "v.readyState >= 2")


def test_a_path_that_leads_nowhere_is_said_beside_its_field(
    page: Page, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("422")
    import_path(page, tmp_path / "nothing here")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("nothing here")).to_be_visible()
    expect(dialog.get_by_label(PATH_FIELD)).to_have_attribute("aria-invalid", "true")


def test_a_live_session_grows_and_ends(page: Page, house: House, take: Path) -> None:
    session = house.api("POST", "/sessions", {"live": True, "title": "Lesson 4"})["id"]
    shown = page.get_by_role("listitem").filter(has_text="Lesson 4")
    expect(shown.get_by_text("Recording")).to_be_visible()
    pieces = sorted((take / "audio").iterdir())
    for number, piece in enumerate(pieces, 1):
        house.put(session, piece)
        expect(shown.get_by_text(f"{number} segment")).to_be_visible()
    shown.get_by_role("button", name="End session").click()
    page.wait_for_url(DEVELOPING)
    page.wait_for_url(SESSION)
    until_film(page, "Math.abs(v.duration - 12) < 0.1")


def test_files_picked_in_the_browser_are_sent_in_pieces_through_a_break(
    page: Page, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("ERR_FAILED")
    video = write_video(tmp_path / "picked" / "Talk.mp4", 60)
    sound = write_sound(tmp_path / "picked" / "sound.wav", 60, layout="stereo")
    assert sound.stat().st_size > 8 << 20
    ranges: list[str] = []

    def count(route: Route) -> None:
        if route.request.method != "PUT":
            route.continue_()
            return
        ranges.append(route.request.headers["content-range"])
        # The second piece is lost on its way, once.
        if len(ranges) == 2:
            route.abort("failed")
        else:
            route.continue_()

    page.route("**/segments/**", count)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files…").click()
    chooser.value.set_files([video, sound])
    page.wait_for_url(DEVELOPING)
    expect(page.get_by_role("heading", name="Talk")).to_be_visible()
    page.wait_for_url(SESSION)
    until_film(page, "v.readyState >= 2 && v.videoWidth === 160 && Math.abs(v.duration - 60) < 0.2")
    size = sound.stat().st_size
    assert f"bytes 0-{(8 << 20) - 1}/{size}" in ranges
    assert f"bytes {8 << 20}-{size - 1}/{size}" in ranges
    page.unroute_all(behavior="wait")


def test_a_description_that_is_picked_along_places_the_sound(
    page: Page, house: House, tmp_path: Path
) -> None:
    video = write_video(tmp_path / "Talk.mp4", 8)
    sound = write_sound(tmp_path / "late.wav", 2)
    said = tmp_path / "session.json"
    pieces = [{"file": "audio/late.wav", "offset": 5}]
    said.write_text(json.dumps({"title": "Said so", "video": "Talk.mp4", "segments": pieces}))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files…").click()
    chooser.value.set_files([said, video, sound])
    page.wait_for_url(SESSION)
    expect(page.get_by_role("heading", name="Said so")).to_be_visible()
    (session,) = house.api("GET", "/sessions")["sessions"]
    (segment,) = house.api("GET", f"/sessions/{session['id']}")["segments"]
    assert segment["offset"] == 5


def test_the_sample_can_be_tried_at_once(page: Page) -> None:
    page.get_by_role("button", name="Try the sample").click()
    page.wait_for_url(DEVELOPING)
    page.wait_for_url(SESSION)
    expect(page.get_by_role("heading", name="Welcome to Rushes")).to_be_visible()
    until_film(page, "v.readyState >= 2 && v.videoWidth === 960")


def test_leaving_the_processing_screen_and_returning(page: Page, slow: Path) -> None:
    import_path(page, slow)
    page.wait_for_url(DEVELOPING)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    shown = page.get_by_role("listitem").filter(has_text="Slow")
    expect(shown.get_by_text("Merging")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Making 1 film"))).to_be_visible()
    card(page, "Slow").click()
    page.wait_for_url(DEVELOPING)
    page.go_back()
    expect(shown).to_be_visible()
    page.go_forward()
    page.wait_for_url(DEVELOPING)
    page.get_by_role("button", name="Stay here").click()
    expect(page.get_by_text("Ready to play")).to_be_visible()
    page.get_by_role("button", name="View session").click()
    until_film(page, "v.readyState >= 2 && v.videoWidth === 1280")


def test_two_pages_see_the_same(open_page: Callable[[], Page], watch: Watch, take: Path) -> None:
    watch.expect("404")  # the page asks for the session that the other one deleted
    one, two = open_page(), open_page()
    import_path(one, take)
    expect(card(two, "Stand-up")).to_be_visible()
    one.wait_for_url(SESSION)
    shown = two.get_by_role("listitem").filter(has_text="Stand-up")
    expect(shown.get_by_text("Ready")).to_be_visible()
    choose(two, "Stand-up", "Rename…")
    two.get_by_role("dialog").get_by_label("Title").fill("Match, 2nd half")
    two.get_by_role("button", name="Rename").click()
    expect(one.get_by_role("heading", name="Match, 2nd half")).to_be_visible()
    choose(two, "Match, 2nd half", "Delete")
    expect(one.get_by_role("heading", name="This session is not here")).to_be_visible()
    two.get_by_role("button", name="Undo").click()
    expect(one.get_by_role("group", name="Player, Match, 2nd half")).to_be_visible()


def test_a_backend_killed_under_the_page_comes_back_whole(
    page: Page, house: House, watch: Watch, take: Path, slow: Path
) -> None:
    watch.expect("net::ERR_")
    session = made(house, take)
    page.goto(f"{house.url}/sessions/{session}")
    until_film(page, "v.readyState >= 2")
    seek(page, "5", 6.0)
    page.get_by_role("link", name="Sessions").first.click()
    import_path(page, slow)
    page.wait_for_url(DEVELOPING)
    expect(page.get_by_role("progressbar").first).to_be_visible()
    before = house.url
    house.fall()
    expect(page.get_by_text("Rushes is not running.")).to_be_visible()
    house.serve()
    assert house.url == before
    expect(page.get_by_text("Rushes is not running.")).to_be_hidden()
    # The work goes on, and is shown, without anybody having touched the page.
    page.wait_for_url(SESSION)
    until_film(page, "v.readyState >= 2 && v.videoWidth === 1280")
    page.goto(f"{house.url}/sessions/{session}")
    until_film(page, "v.readyState >= 2 && Math.abs(v.currentTime - 6) < 0.2")


def test_a_film_that_plays_survives_a_killed_backend(
    page: Page, house: House, watch: Watch, take: Path
) -> None:
    watch.expect("net::ERR_")
    session = made(house, take)
    page.goto(f"{house.url}/sessions/{session}")
    until_film(page, "v.readyState >= 2")
    house.fall()
    expect(page.get_by_text("Rushes is not running.")).to_be_visible()
    expect(page.get_by_role("heading", name="Stand-up")).to_be_visible()
    house.serve()
    expect(page.get_by_text("Rushes is not running.")).to_be_hidden()
    seek(page, "5", 6.0)
    page.get_by_role("button", name="Play").click()
    until_film(page, "!v.paused && v.currentTime > 6.3")


def test_a_film_deleted_on_the_disk_is_told_in_words(
    page: Page, house: House, watch: Watch, take: Path
) -> None:
    watch.expect("404|net::ERR_")
    session = made(house, take)
    [film] = house.films()
    film.rename(film.with_suffix(".away"))
    page.goto(f"{house.url}/sessions/{session}")
    expect(page.get_by_text("The film does not come")).to_be_visible()
    film.with_suffix(".away").rename(film)
    page.get_by_role("button", name="Try again").click()
    until_film(page, "v.readyState >= 2 && v.videoWidth === 320")


def test_a_film_deleted_under_its_player_is_told_in_words(
    page: Page, house: House, watch: Watch, tmp_path: Path
) -> None:
    watch.expect("404|net::ERR_")
    # More than a player reads ahead: seeking to its end has to ask for more.
    noise = write_noise(tmp_path / "noise.mp4")
    # One file is the film, however long the page takes.
    house.api("PATCH", "/settings", {"values": {"optimise": "off"}})
    session = made(house, noise)
    page.goto(f"{house.url}/sessions/{session}")
    until_film(page, "v.readyState >= 2")
    [film] = house.films()
    film.unlink()
    page.locator("#main").press("9")
    expect(page.get_by_text("The film does not come")).to_be_visible()
    expect(page.get_by_text("deleted on the disk")).to_be_visible()


def write_noise(path: Path) -> Path:
    """Some 60 MB that cannot be compressed."""
    chance = np.random.default_rng(1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=20)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "10", "g": "20"}
        for number in range(300):
            image = chance.integers(0, 255, (360, 640, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 20)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


TITLES = (
    "x" * 10_000,
    "word " * 2000,
    "<img src=x onerror=alert(1)>",
    "مرحبا \u202eevil\u202c שלום",
    "🎬" * 300,
)


def test_titles_are_text_whatever_they_hold(page: Page, house: House, take: Path) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"something ran: {dialog.message}"))
    session = made(house, take)
    for title in TITLES:
        house.api("PATCH", f"/sessions/{session}", {"title": title})
        kept = " ".join(title.split())[:500].strip()
        page.goto(f"{house.url}/")
        expect(card(page, kept[:20])).to_have_attribute("title", re.compile(re.escape(kept)))
        no_sideways(page)
        for place in ("", "/processing"):
            page.goto(f"{house.url}/sessions/{session}{place}")
            expect(page.get_by_role("heading", level=1)).to_have_text(kept)
            assert page.locator("img[src=x]").count() == 0
            no_sideways(page)
        page.goto(f"{house.url}/queue")
        expect(page.get_by_role("button", name=f"View {kept[:20]}").first).to_be_visible()
        no_sideways(page)


def no_sideways(page: Page) -> None:
    """The document is not wider than the window."""
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], width


def test_a_failure_says_what_why_and_what_to_do(page: Page, house: House, take: Path) -> None:
    folder = Path(shutil.copytree(take, house.data.parent / "Interview"))
    house.api("POST", "/queue/pause")
    import_path(page, folder)
    page.wait_for_url(DEVELOPING)
    away = folder.with_name("away")
    folder.rename(away)
    house.api("POST", "/queue/resume")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Your recording is untouched.")
    told = house.api("GET", "/jobs?status=failed")["jobs"][0]["fault"]
    assert told["message"] and told["hint"]
    expect(alert).to_contain_text(told["message"])
    expect(alert).to_contain_text(told["hint"])
    page.get_by_role("button", name="Show details").click()
    expect(page.get_by_text("Reason")).to_be_visible()
    page.get_by_role("link", name="Sessions").click()
    shown = page.get_by_role("listitem").filter(has_text="Interview")
    expect(page.get_by_role("button", name=re.compile("1 failed"))).to_be_visible()
    shown.get_by_role("link", name="What to do").click()
    away.rename(folder)
    page.get_by_role("button", name="Retry").click()
    page.wait_for_url(SESSION)
    until_film(page, "v.readyState >= 2")


def test_the_queue_pauses_cancels_retries_and_clears(
    page: Page, house: House, take: Path, slow: Path
) -> None:
    import_path(page, slow)
    page.wait_for_url(DEVELOPING)
    page.get_by_role("link", name="Sessions").click()
    page.locator("button.badge").click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_role("button", name="Pause Slow").first.click()
    drawer.get_by_role("button", name="Resume Slow").click()
    running = drawer.get_by_role("region", name="Running")
    expect(running.get_by_text("Slow")).to_be_visible()
    drawer.get_by_role("button", name="Pause all").click()
    expect(drawer.get_by_role("heading", level=2)).to_have_text("Paused")
    drawer.get_by_role("button", name="Resume all").click()
    expect(running.get_by_text("Slow")).to_be_visible()
    running.get_by_role("button", name="Cancel Slow").click()
    finished = drawer.get_by_role("region", name="Finished")
    expect(finished.get_by_text(re.compile("^Film.* cancelled$"))).to_be_visible()
    page.keyboard.press("Escape")  # though the button that was pressed is gone, and its focus
    expect(drawer).to_be_hidden()
    choose(page, "Slow", "Retry")
    page.wait_for_url(SESSION)
    until_film(page, "v.readyState >= 2")
    until(lambda: house.api("GET", "/queue")["counts"].get("running", 0) == 0)
    page.goto(f"{house.url}/queue")
    finished.get_by_role("button", name="Clear finished").click()
    expect(drawer.get_by_text("Nothing runs, and nothing waits.")).to_be_visible()


def test_a_failed_job_is_retried_from_the_queue(page: Page, house: House, take: Path) -> None:
    folder = Path(shutil.copytree(take, house.data.parent / "Interview"))
    house.api("POST", "/queue/pause")
    house.api("POST", "/sessions", {"paths": [str(folder)]})
    away = folder.with_name("away")
    folder.rename(away)
    house.api("POST", "/queue/resume")
    page.get_by_role("button", name=re.compile("1 failed")).click()
    drawer = page.get_by_role("dialog")
    needs = drawer.get_by_role("region", name="Needs you")
    needs.get_by_role("button", name="Details").click()
    expect(needs.get_by_text("missing")).to_be_visible()
    away.rename(folder)
    needs.get_by_role("button", name="Retry").click()
    expect(drawer.get_by_text(re.compile("^Film.* made$"))).to_be_visible()
    expect(needs).to_be_hidden()


def focused(page: Page) -> str:
    return str(
        page.evaluate(
            "(({activeElement: on}) => on.getAttribute('aria-label') ?? on.innerText)(document)"
        )
    )


def tab_to(page: Page, name: str, back: bool = False) -> None:
    passed: list[str] = []
    for _ in range(60):
        passed.append(focused(page))
        if passed[-1].startswith(name):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"Tab never reaches {name}, only {passed}")


def test_everything_without_a_pointer(page: Page, house: House, take: Path) -> None:
    keys = page.keyboard
    keys.press("Tab")
    assert focused(page) == "Skip to the page"
    tab_to(page, "Type or paste the path")
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_function("document.activeElement.innerText.startsWith('Type or paste')")
    keys.press("Enter")
    page.get_by_role("dialog").wait_for()
    for _ in range(20):
        if page.evaluate("document.activeElement.matches('input.input')"):
            break
        keys.press("Tab")
    keys.type(str(take))
    keys.press("Enter")
    page.wait_for_url(SESSION)
    until_film(page, "v.readyState >= 2")
    tab_to(page, "Play")
    keys.press("Space")
    until_film(page, "!v.paused && v.currentTime > 0")
    keys.press("Space")
    until_film(page, "v.paused")
    keys.press("Home")
    until_film(page, "v.currentTime === 0")
    tab_to(page, "Waveform")
    keys.press("ArrowRight")
    until_film(page, "Math.abs(v.currentTime - 5) < 0.2")
    tab_to(page, "More for Stand-up", back=True)
    keys.press("Enter")
    keys.press("Enter")  # the first entry: Rename
    expect(page.get_by_role("dialog").get_by_label("Title")).to_be_focused()
    keys.type("By hand")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="By hand")).to_be_visible()
    tab_to(page, "Sessions", back=True)
    keys.press("Enter")
    made(house, take, "Another")
    expect(card(page, "Another")).to_be_visible()
    expect(page.locator("[data-card]")).to_have_count(2)
    tab_to(page, "Another")
    keys.press("ArrowRight")
    page.wait_for_function("document.activeElement.innerText === 'By hand'")
    keys.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    keys.type("anoth")
    expect(page.locator("[data-card]")).to_have_count(1)
    tab_to(page, "Another")
    keys.press("Enter")
    page.wait_for_url(SESSION)


def fill_shelf(house: House, number: int) -> None:
    """Sessions as they would be after years; the backend must not run meanwhile."""
    library = open_library(house.data, lambda events: None, house.films_folder)
    now = datetime.now(UTC)
    try:
        for n in range(number):
            begun = now - timedelta(hours=7 * n)
            library.sessions.create(
                Session(
                    id=f"s{n:05}",
                    title=f"Lesson {n}, {('algebra', 'history', 'singing')[n % 3]}",
                    state=SessionState.ENDED if n % 10 else SessionState.LIVE,
                    started_at=begun,
                    created_at=begun,
                    updated_at=begun,
                    options=SessionOptions(merge=False, optimise=False, enrich=False),
                )
            )
    finally:
        library.close()


def test_a_thousand_sessions(house: House, open_page: Callable[[], Page], take: Path) -> None:
    house.stop()
    fill_shelf(house, 1000)
    house.serve()
    page = open_page()
    expect(page.get_by_role("button", name="All 1,000")).to_be_visible()
    expect(card(page, "Lesson 0,")).to_be_visible()
    assert page.locator("[data-card]").count() < 100
    page.get_by_role("searchbox").fill("Lesson 999")
    expect(page.locator("[data-card]")).to_have_count(1)
    enter(page, "Lesson 999, algebra")
    page.go_back()
    expect(page.locator("[data-card]")).to_have_count(1)
    page.get_by_role("searchbox").fill("SINGING")
    expect(page.get_by_role("button", name="All 333")).to_be_visible()
    page.get_by_role("searchbox").fill("no such lesson")
    page.get_by_role("button", name="Show all sessions").click()
    expect(page.get_by_role("button", name="All 1,000")).to_be_visible()
    # To the very end, however often more has to be read on the way.
    for density in ("Cards", "List"):
        page.get_by_role("radio", name=density).locator("..").click()
        last = card(page, "Lesson 999,")

        def at_the_end(last: Locator = last) -> bool:
            page.mouse.wheel(0, 50_000)
            page.wait_for_timeout(50)
            return last.count() > 0

        until(at_the_end)
        expect(last).to_be_visible()
        assert page.locator("[data-card]").count() < 150
        page.evaluate("window.scrollTo(0, 0)")
        expect(card(page, "Lesson 0,")).to_be_visible()
