"""The app that `build.spec` makes, in the hands of an ordinary user without a network."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect, sync_playwright

from backend.enrich.catalogue import BUNDLED, SILERO
from backend.enrich.models import installed
from tests.enrich.conftest import lines, talk_of, word_errors
from tests.media.studio import SHARED
from tests.page.conftest import write_take
from tests.recordings import write_session, write_video
from tests.shell.conftest import ORDINARY, WAIT, Desktop, until

ROOT = Path(__file__).resolve().parents[2]
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
UP = 1

pytestmark = [
    pytest.mark.frozen,
    pytest.mark.skipif(
        sys.platform != "linux", reason="looks at an X display, which Windows and macOS lack"
    ),
]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Where the app and its user live. Not in pytest's folders, which are their owner's only."""
    with tempfile.TemporaryDirectory(prefix="All of us ") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@pytest.fixture(scope="module")
def app(place: Path) -> Path:
    """The executable, built, and moved away from where it was built."""
    build = [sys.executable, "-m", "PyInstaller", "--log-level=WARN", "--distpath", place / "out"]
    subprocess.run([*build, "--workpath", place / "work", ROOT / "build.spec"], check=True)
    folder = (place / "out" / "Rushes").rename(place / "My Apps")
    shutil.rmtree(place / "work")
    return folder / "Rushes"


@pytest.fixture(scope="module")
def offline(app: Path) -> Iterator[bool]:
    """No network but loopback, for this thread and what it starts; whether that could be had."""
    import fcntl

    libc = ctypes.CDLL(None)
    with Path("/proc/thread-self/ns/net").open() as network:
        if libc.unshare(CLONE_NEWNET) != 0:
            yield False
            return
        try:
            with socket.socket() as any_socket:
                request = struct.pack("16sh22x", b"lo", UP)
                fcntl.ioctl(any_socket, SIOCSIFFLAGS, request)
            yield True
        finally:
            libc.setns(network.fileno(), CLONE_NEWNET)


@pytest.fixture(scope="module")
def playwright(offline: bool) -> Iterator[Playwright]:
    """Looks in from the same network."""
    expect.set_options(timeout=WAIT)
    with sync_playwright() as started:
        yield started


@pytest.fixture
def desktop(app: Path, place: Path, display: str, playwright: Playwright) -> Iterator[Desktop]:
    with tempfile.TemporaryDirectory(prefix="Home of Zoë ", dir=place) as home:
        desktop = Desktop(Path(home) / "library", display, playwright)
        desktop.program = [str(app)]
        desktop.environment["HOME"] = home
        for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"):
            desktop.environment.pop(name, None)
        if os.getuid() == 0:
            os.chown(home, ORDINARY, ORDINARY)
            desktop.user = ORDINARY
        try:
            yield desktop
        finally:
            desktop.close()


def test_there_is_no_network(offline: bool) -> None:
    if not offline:
        pytest.skip("there is a network: without one they cannot be run by anybody but root")
    with socket.socket() as there, pytest.raises(OSError, match="unreachable"):
        there.connect(("192.0.2.1", 80))


def test_everything_it_needs_is_in_it(desktop: Desktop) -> None:
    checks = desktop.ask("doctor")
    assert [check for check in checks if not check["ok"]] == []
    assert {"PyAV", "encoders", "SQLite"} <= {check["check"] for check in checks}
    assert desktop.run("sample", Path(desktop.environment["HOME"]) / "Sample").returncode == 0


def test_the_models_that_are_installed_here_are_in_it(desktop: Desktop, place: Path) -> None:
    here = {model.name for model in (*BUNDLED, SILERO) if installed(model)}
    told = desktop.ask("models", "list")
    assert {model["name"] for model in told if model["installed"]} == here
    if not SHARED.is_dir() or not {"whisper-tiny.en", "silero", "voices"} <= here:
        pytest.skip("there is no speech to be heard, or no model to hear it with")
    talk, text = place / "talk.flac", Path(desktop.environment["HOME"]) / "talk.txt"
    said = lines(SHARED, 2)
    talk_of(talk, said, [1, 1])
    model = ["--model", "whisper-tiny.en", "--speakers", "2"]
    done = desktop.run("transcribe", talk, *model, "-o", text)
    assert done.returncode == 0, done.stderr
    wrong, words = word_errors(" ".join(one.text for one in said), text.read_text("utf-8"))
    assert wrong / words < 0.4, text.read_text("utf-8")  # the names of speakers are words, too


def test_a_film_is_made_and_plays_in_the_window(desktop: Desktop, place: Path) -> None:
    take = write_take(place / "Stand-up", seconds=8)
    done = desktop.run("process", take)
    assert done.returncode == 0, done.stderr
    (film,) = desktop.films()
    if desktop.user is not None:
        assert film.stat().st_uid == desktop.user

    opened = opener(desktop)
    page = desktop.open()
    page.get_by_role("link", name=re.compile("Stand-up")).first.click()
    page.locator("video").wait_for()
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    page.get_by_role("button", name="Play").first.click()
    page.wait_for_function(
        """() => { const v = document.querySelector('video');
        return v.videoWidth > 0 && v.currentTime > 0.5; }"""
    )

    # The system's programs get the system's libraries, not the app's.
    desktop.ask_shell("/play", path=str(film))
    assert opened.read_text().splitlines() == [str(film), "/opt/theirs"]


def test_killed_in_the_middle_it_resumes(desktop: Desktop, place: Path) -> None:
    slow = place / "Slow"
    write_video(slow / "video.mkv", 40, codec="mpeg4", size=(1280, 720), rate=25, first=9)
    quick = write_session(place / "Quick")
    page = desktop.open(slow)
    page.wait_for_url(re.compile("/processing$"))
    assert desktop.launch_again(quick) == 0
    until(lambda: desktop.ask_backend("GET", "/api/sessions")["total"] == 2)
    until(lambda: desktop.ask_backend("GET", "/api/queue")["counts"]["running"])
    desktop.kill_shell()
    assert desktop.kill_backend()
    desktop.until_left()
    assert not [film for film in desktop.films() if film.parent.name.startswith("Slow")]

    page = desktop.open()
    until(lambda: len(desktop.films()) == 2)
    # A window that was killed while it was handed a path opens that again, and shows its film.
    page.get_by_role("link", name="Sessions").first.click()
    for name in ("Slow", "Quick"):
        expect(page.get_by_role("link", name=re.compile(name)).first).to_be_visible()
    until(lambda: desktop.unfinished() == [])


def opener(desktop: Desktop) -> Path:
    """The system's opener of files, which notes the file, and where it finds its libraries."""
    home = Path(desktop.environment["HOME"])
    program = home / "xdg-open"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$1" "$LD_LIBRARY_PATH" > "$HOME/opened"\n')
    program.chmod(0o755)
    desktop.environment["PATH"] = f"{home}:{os.environ['PATH']}"
    desktop.environment["LD_LIBRARY_PATH"] = "/opt/theirs"
    return home / "opened"
