"""The real window: what its owner sees of it, and what becomes of it when things are killed."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from tests.page.conftest import write_take
from tests.recordings import write_video
from tests.shell.conftest import Desktop, expect_list, kept_place, until, until_answers
from tests.shell.x11 import ask_to_close

SESSION = re.compile(r"/sessions/\w+$")
PLAYING = """() => { const v = document.querySelector('video');
    return v !== null && v.videoWidth > 0 && v.currentTime > 0.5 && !v.paused; }"""


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_take(tmp_path_factory.mktemp("takes") / "Stand-up", seconds=8)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that takes seconds to encode."""
    folder = tmp_path_factory.mktemp("slow") / "Slow"
    write_video(folder / "video.mkv", 40, codec="mpeg4", size=(1280, 720), rate=25, first=9)
    return folder


def test_a_film_plays_and_the_page_outlives_its_backend(desktop: Desktop, take: Path) -> None:
    page = desktop.open(take)
    page.wait_for_url(SESSION)
    page.locator("video").wait_for()
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.get_by_role("button", name="Play").first.click()
    page.wait_for_function(PLAYING)

    page.get_by_role("button", name="More for Stand-up").click()
    for entry in ("Save the film as…", "Show in folder", "Open with your player"):
        expect(page.get_by_role("menuitem", name=entry)).to_be_visible()
    page.keyboard.press("Escape")

    before = desktop.address()
    assert before is not None
    assert desktop.kill_backend()
    until_answers(desktop, before.pid)
    after = desktop.address()
    assert after is not None
    assert after.port == before.port
    # The page has come back by itself when it shows what happened since.
    session = desktop.ask_backend("GET", "/api/sessions")["sessions"][0]["id"]
    desktop.ask_backend("PATCH", f"/api/sessions/{session}", {"title": "After the fall"})
    expect(page.get_by_role("heading", name="After the fall")).to_be_visible()

    assert desktop.shell is not None
    # A click on a notice leads the window there.
    desktop.ask_shell("/show", go="/settings")
    expect(page.get_by_role("button", name="Quit Rushes")).to_be_visible()
    desktop.ask_shell("/close")
    assert desktop.shell.wait(60) == 0
    desktop.until_left()


def test_a_killed_shell_leaves_a_backend_that_finishes_and_goes(
    desktop: Desktop, slow: Path
) -> None:
    page = desktop.open(slow)
    page.wait_for_url(re.compile("/processing$"))
    until(lambda: desktop.ask_backend("GET", "/api/queue")["counts"]["running"])
    desktop.kill_shell()
    desktop.until_left()
    assert len(desktop.films()) == 1
    assert desktop.unfinished() == []

    # The lock went with its holder; the address it left behind is stale.
    assert (desktop.data / "window.json").exists()
    page = desktop.open()
    expect(page.get_by_role("link", name=re.compile("Slow")).first).to_be_visible()


def test_one_window_whatever_is_launched(desktop: Desktop, take: Path) -> None:
    desktop.choose_port()
    launches = [desktop.start("window") for _ in range(8)]
    until(lambda: len([launch for launch in launches if launch.poll() is None]) == 1)
    (desktop.shell,) = (launch for launch in launches if launch.poll() is None)
    assert [launch.returncode for launch in launches].count(0) == 7
    expect_list(desktop.look())
    assert desktop.launch_again(take) == 0
    until(lambda: desktop.ask_backend("GET", "/api/sessions")["total"] == 1)


def test_closing_while_there_is_work_is_explained_once(desktop: Desktop, slow: Path) -> None:
    page = desktop.open(slow)
    page.wait_for_url(re.compile("/processing$"))
    assert desktop.shell is not None
    close_by_hand(desktop)
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The work goes on without the window")).to_be_visible()
    dialog.get_by_role("button", name="Close the window").click()
    until(lambda: not visible_windows(desktop))
    # A second launch shows it again; closed once more, nothing is said.
    assert desktop.launch_again() == 0
    until(lambda: visible_windows(desktop))
    close_by_hand(desktop)
    until(lambda: not visible_windows(desktop))
    # It leaves when the work is done.
    assert desktop.shell.wait(120) == 0
    desktop.until_left()
    assert len(desktop.films()) == 1
    assert kept_place(desktop)["told"] is True


def test_quitting_stops_the_work_and_the_next_launch_resumes_it(
    desktop: Desktop, slow: Path
) -> None:
    page = desktop.open(slow)
    page.wait_for_url(re.compile("/processing$"))
    until(lambda: desktop.ask_backend("GET", "/api/queue")["counts"]["running"])
    with contextlib.suppress(Error):
        page.keyboard.press("Control+q")  # the window may go before the key comes up
    assert desktop.shell is not None
    assert desktop.shell.wait(60) == 0
    desktop.until_left()
    assert desktop.films() == []
    desktop.open()
    until(desktop.films)


def test_its_place_is_remembered(desktop: Desktop) -> None:
    expect_list(desktop.open())
    run_x(desktop, "windowmove", "200", "120")
    run_x(desktop, "windowsize", "900", "640")
    until(lambda: place_of(desktop) == (200, 120, 900, 640))
    desktop.ask_shell("/close")
    desktop.until_left()
    assert [kept_place(desktop)[key] for key in ("x", "y", "width", "height")] == [
        200, 120, 900, 640,
    ]  # fmt: skip
    expect_list(desktop.open())
    until(lambda: place_of(desktop) == (200, 120, 900, 640))


def test_films_come_in_and_go_out_by_the_systems_dialogs(
    desktop: Desktop, take: Path, tmp_path: Path
) -> None:
    page = desktop.open()
    page.get_by_role("button", name="Choose files…").click()
    type_into_dialog(desktop, "^Open files", str(take / "video.mp4"))
    page.wait_for_url(SESSION)
    (session,) = desktop.ask_backend("GET", "/api/sessions")["sessions"]
    # By reference: nothing was copied into the library.
    whole = desktop.ask_backend("GET", f"/api/sessions/{session['id']}")
    assert whole["originals"] == [str(take / "video.mp4")]

    target = tmp_path / "Mine.mp4"
    page.get_by_role("button", name=re.compile("^More for")).click()
    page.get_by_role("menuitem", name="Save the film as…").click()
    type_into_dialog(desktop, "^Save file", str(target))
    expect(page.get_by_text("The film is saved.")).to_be_visible()
    assert target.read_bytes() == desktop.films()[0].read_bytes()


def test_what_is_dropped_is_taken_in_where_it_lies(
    desktop: Desktop, take: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(take, tmp_path / "Grüße 50% & mehr")
    expect_list(desktop.open())
    run_x(desktop, "windowmove", "300", "0")
    source = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("drag_source.py"), folder],
        env=desktop.environment,
    )
    try:
        tell_x(desktop, "search", "--sync", "--onlyvisible", "--name", "^Source$")
        tell_x(desktop, "mousemove", "50", "50", "mousedown", "1")
        for x in range(100, 800, 50):
            tell_x(desktop, "mousemove", str(x), "400", "sleep", "0.05")
        tell_x(desktop, "mouseup", "1")
        until(lambda: desktop.ask_backend("GET", "/api/sessions")["total"])
    finally:
        source.kill()
        source.wait()
    (session,) = desktop.ask_backend("GET", "/api/sessions")["sessions"]
    whole = desktop.ask_backend("GET", f"/api/sessions/{session['id']}")
    assert {Path(path).parent for path in whole["originals"]} == {folder, folder / "audio"}


def test_a_newer_library_is_said_in_the_window(desktop: Desktop) -> None:
    import apsw

    assert desktop.run("sessions").returncode == 0
    desktop.until_deserted()
    database = apsw.Connection(str(desktop.data / "library.db"))
    database.execute("PRAGMA user_version = 999")
    database.close()
    page = desktop.open()
    expect(page.get_by_role("alert")).to_contain_text("newer")


def test_a_folder_that_cannot_be_used_is_said_until_it_can(desktop: Desktop) -> None:
    desktop.data.write_text("no folder")
    page = desktop.open()
    expect(page.get_by_role("alert")).to_contain_text("is a file, not a folder")
    desktop.data.unlink()
    expect_list(page)


def test_without_a_display_one_sentence_and_the_browser(desktop: Desktop) -> None:
    desktop.environment.pop("DISPLAY")
    done = desktop.run("window")
    assert done.returncode == 4
    assert "There is no display here to open a window on." in done.stderr
    assert "rushes serve --open" in done.stderr
    desktop.environment["DISPLAY"] = ":6543"
    done = desktop.run("window", "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["fault"]["message"] == "The display :6543 does not answer."


def visible_windows(desktop: Desktop) -> list[str]:
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", "^Rushes$"],
        env=desktop.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.split()


def run_x(desktop: Desktop, command: str, *words: str) -> str:
    """A command of xdotool's on the one window; `words` follow its number."""
    (window,) = visible_windows(desktop)
    options = [word for word in words if word.startswith("--")]
    rest = [word for word in words if not word.startswith("--")]
    return tell_x(desktop, command, *options, window, *rest)


def tell_x(desktop: Desktop, *words: str) -> str:
    done = subprocess.run(
        ["xdotool", *words],
        env=desktop.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def place_of(desktop: Desktop) -> tuple[int, ...]:
    told = dict(line.split("=") for line in run_x(desktop, "getwindowgeometry", "--shell").split())
    return tuple(int(told[key]) for key in ("X", "Y", "WIDTH", "HEIGHT"))


def close_by_hand(desktop: Desktop) -> None:
    """As the cross of a window does it."""
    (window,) = visible_windows(desktop)
    ask_to_close(desktop.environment["DISPLAY"], int(window))


def type_into_dialog(desktop: Desktop, title: str, text: str) -> None:
    """Answer a dialog of the system's by its field for names."""
    found = tell_x(desktop, "search", "--sync", "--onlyvisible", "--name", title)
    tell_x(desktop, "windowfocus", "--sync", found.split()[0])
    tell_x(desktop, "type", text)
    tell_x(desktop, "key", "Return")
