"""kill -9 of the shell and of the backend under it: nothing is lost, and nothing stays behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.points import WINDOW_POINTS
from tests.recordings import write_session
from tests.shell.conftest import Desktop, until

SESSION = re.compile(r"/sessions/\w+$")


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session whose picture has to be encoded, so that every point is passed."""
    return write_session(tmp_path_factory.mktemp("takes") / "Encoded", 3, codec="mpeg4")


def expect_one_session(desktop: Desktop, page: Page) -> None:
    """The page has led to the one session there is, and its film is whole."""
    page.wait_for_url(SESSION)
    expect(page.get_by_role("heading", name="Encoded")).to_be_visible()
    assert desktop.ask_backend("GET", "/api/sessions")["total"] == 1
    until(lambda: not desktop.ask_backend("GET", "/api/queue")["counts"]["running"])
    assert len(desktop.films()) == 1
    assert desktop.shell is not None
    desktop.ask_shell("/close", quit=True)
    assert desktop.shell.wait(120) == 0
    desktop.until_left()
    assert desktop.unfinished() == []  # while the page played, pieces for it were being made
    assert not (desktop.data / "window-paths.json").exists()


@pytest.mark.parametrize("point", WINDOW_POINTS)
def test_a_shell_that_is_killed(desktop: Desktop, take: Path, tmp_path: Path, point: str) -> None:
    marks = tmp_path / "marks"
    desktop.arm(f"{point}=kill", marks)
    desktop.choose_port()
    # What is handed over to a window is not lost with it: whoever brings it becomes the window.
    hands_over = point == "paths-noted"
    first = desktop.start("window", *([] if hands_over else [take]))
    if hands_over:
        until((desktop.data / "window.json").exists)
        desktop.choose_port()
        desktop.shell = desktop.start("window", take)
    until(lambda: first.poll() is not None)
    assert (marks / f"{point}.kill").exists(), f"{point} was never reached"
    if not hands_over:
        desktop.choose_port()
        desktop.shell = desktop.start("window")
    page = desktop.look()
    if point == "page-greeted":  # the import was over
        until(lambda: desktop.ask_backend("GET", "/api/sessions")["total"])
        session = desktop.ask_backend("GET", "/api/sessions")["sessions"][0]["id"]
        desktop.ask_shell("/show", go=f"/sessions/{session}")
    expect_one_session(desktop, page)


@pytest.mark.parametrize(
    "strike", ["session-stored=kill", "film-half=kill-parent", "job-finished=kill"]
)
def test_a_backend_that_is_killed_under_the_window(
    desktop: Desktop, take: Path, tmp_path: Path, strike: str
) -> None:
    marks = tmp_path / "marks"
    desktop.arm(strike, marks)
    page = desktop.open(take)
    expect_one_session(desktop, page)
    assert (marks / strike.replace("=", ".")).exists(), f"{strike} was never reached"
