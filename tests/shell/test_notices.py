"""A click on a notice opens the window at the session, though no window was there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.bulletin import Bulletin, SessionBus
from tests.recordings import write_session
from tests.shell.conftest import Desktop


def test_a_click_opens_the_window_there(desktop: Desktop, tmp_path: Path) -> None:
    take = write_session(tmp_path / "Lesson")
    desktop.choose_port()
    with SessionBus() as address, Bulletin(address) as bulletin:
        desktop.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        assert desktop.run("process", take).returncode == 0
        (shown,) = bulletin.until(1)
        assert shown.title == "Lesson"
        backend = desktop.backend()
        assert backend is not None, "it stays for the click, though nobody else needs it"
        bulletin.click(shown)
        page = desktop.look()
        page.wait_for_url(re.compile(r"/sessions/\w+$"))
        page.get_by_role("heading", name="Lesson").wait_for()
        desktop.ask_shell("/close")
        # Once the notice is gone, nobody waits any more.
        desktop.until_left()
