"""What a window says of a library that it cannot use: one sentence, and it goes on when it can."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, Playwright, expect

from backend.client import Address
from backend.instance import write_address
from tests.shell.conftest import ORDINARY, Desktop, expect_list, until, until_answers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows knows other disks and owners")


def expect_trouble(page: Page, words: str) -> None:
    """A heading that says what is wrong and an advice, and nothing else that could be taken for
    the page."""
    alert = page.get_by_role("alert")
    expect(alert.get_by_role("heading")).to_contain_text(words)
    expect(alert.locator("p").first).not_to_be_empty()
    expect(page.get_by_role("heading")).to_have_count(1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, as the system can make one for root only."""
    if os.getuid() != 0:
        pytest.skip("not root: no disk can be made")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)]
    if subprocess.run(mounting, capture_output=True).returncode:
        pytest.skip("not root enough: mounting is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture
def desktop_on_disk(
    disk: Path, tmp_path: Path, display: str, playwright: Playwright
) -> Iterator[Desktop]:
    desktop = Desktop(disk / "library", display, playwright)
    desktop.environment["TMPDIR"] = str(tmp_path)
    try:
        yield desktop
    finally:
        desktop.close()


def remount(disk: Path, how: str) -> None:
    """As soon as the last process is gone with all its files."""
    words = ["mount", "-o", f"remount,{how}", str(disk)]
    until(lambda: subprocess.run(words, capture_output=True).returncode == 0)


def fill(disk: Path) -> None:
    with (disk / "ballast").open("wb") as ballast:
        while left := shutil.disk_usage(disk).free:
            ballast.write(bytes(min(left, 1 << 20)))
            ballast.flush()


SPOILED: dict[str, tuple[Callable[[Path], None], Callable[[Path], None], str]] = {
    "read-only": (
        lambda disk: remount(disk, "ro"),
        lambda disk: remount(disk, "rw"),
        "Read-only file system",
    ),
    "full": (fill, lambda disk: (disk / "ballast").unlink(), "storage"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_disk_that_takes_nothing(desktop_on_disk: Desktop, disk: Path, how: str) -> None:
    desktop = desktop_on_disk
    spoil, mend, words = SPOILED[how]
    assert desktop.run("sessions").returncode == 0
    desktop.until_deserted()
    spoil(disk)
    page = desktop.open()
    expect_trouble(page, words)
    # There is no second window, though nothing can be written beside the library.
    assert desktop.launch_again() == 0
    mend(disk)
    expect_list(page)


def test_a_disk_that_is_not_there_and_eight_launches(ordinary: Desktop) -> None:
    media = ordinary.data.parent.parent / "media"
    media.mkdir()
    if os.getuid() != 0:
        media.chmod(0o500)
    ordinary.use(media / "Disk" / "library")
    ordinary.choose_port()
    launches = [ordinary.start("window") for _ in range(8)]
    until(lambda: len([launch for launch in launches if launch.poll() is None]) == 1)
    (ordinary.shell,) = (launch for launch in launches if launch.poll() is None)
    assert [launch.returncode for launch in launches].count(0) == 7
    page = ordinary.look()
    expect_trouble(page, "cannot be used")
    expect(page.get_by_text("connect the disk")).to_be_visible()

    media.chmod(0o755)
    ordinary.data.parent.mkdir()
    if os.getuid() == 0:
        os.chown(ordinary.data.parent, ORDINARY, ORDINARY)
    expect_list(page)
    assert ordinary.launch_again() == 0


def test_a_folder_of_somebody_elses(ordinary: Desktop) -> None:
    if os.getuid() != 0:
        pytest.skip("not root: nobody else's folder can be made")
    ordinary.use(ordinary.data.parent.parent / "theirs")
    ordinary.data.mkdir()
    ordinary.data.chmod(0o777)
    page = ordinary.open()
    expect_trouble(page, "belongs to somebody else")
    assert list(ordinary.data.iterdir()) == []


def test_an_ordinary_users_own_folder(ordinary: Desktop) -> None:
    page = ordinary.open()
    expect_list(page)
    assert ordinary.shell is not None
    if os.getuid() == 0:
        uids = {psutil.Process(p.pid).uids().effective for p in ordinary.processes()}
        assert uids == {ORDINARY}


def taken(port: int) -> socket.socket:
    """The port in other hands, once the last thread of who had it is gone."""
    found: list[socket.socket] = []

    def take() -> bool:
        with contextlib.suppress(OSError):
            found.append(socket.create_server(("127.0.0.1", port)))
        return bool(found)

    until(take)
    return found[0]


def test_what_a_dead_window_left_and_a_port_that_is_taken(desktop: Desktop) -> None:
    desktop.data.mkdir(mode=0o700)
    for name in ("window.lock", "backend.lock"):
        (desktop.data / name).touch()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        # Somebody takes the call, and never says a word.
        port = silent.getsockname()[1]
        for name in ("window.json", "backend.json"):
            write_address(desktop.data / name, port, "old")
        page = desktop.open()
        expect_list(page)
        first = desktop.address()
        assert isinstance(first, Address)
        assert first.port != port

    # And once more, under the open window.
    desktop.ask_shell("/show", go="/settings")
    expect(page.get_by_role("button", name="Quit Rushes")).to_be_visible()
    shell, backend = desktop.shell, desktop.backend()
    assert shell is not None
    assert backend is not None
    shell.send_signal(signal.SIGSTOP)
    until(lambda: psutil.Process(shell.pid).status() == psutil.STATUS_STOPPED)
    backend.kill()  # the one who waits for it stands still
    with taken(first.port):
        shell.send_signal(signal.SIGCONT)
        until_answers(desktop, first.pid)
        expect(page.get_by_role("button", name="Quit Rushes")).to_be_visible()
        page.wait_for_url(re.compile("/settings$"))
        second = desktop.address()
        assert second is not None
        assert second.port != first.port
        page.wait_for_url(lambda url: f":{second.port}/" in url)
    desktop.ask_shell("/close", quit=True)
    assert shell.wait(60) == 0
