"""A thousand sessions that are found out about at once: asked for, looked at, taken back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from backend.core.session import SessionOptions
from backend.store import artifacts, intake
from backend.store.db import Transaction
from backend.store.library import open_library
from tests.page.conftest import House, Watch, until
from tests.store.making import film, session

MANY = 1000


def fill(house: House) -> None:
    """Sessions with films of nothing, in a queue that is paused."""
    house.stop()
    library = open_library(house.data, lambda events: None, house.films_folder)
    leave = SessionOptions(merge=False, enrich=False)

    def put(transaction: Transaction) -> None:
        for n in range(MANY):
            one = session(f"s{n:04}", title=f"Session {n}", options=leave)
            intake.insert(transaction, one)
            path = house.films_folder / f"{n}.mp4"
            artifacts.settle(transaction, film(one.id, path=str(path)))

    library.database.write(put)
    library.preferences.pause_queue(True)
    library.close()
    house.serve()


def test_a_thousand_sessions_are_queued_and_taken_out_again(
    page: Page, house: House, watch: Watch
) -> None:
    watch.expect("net::ERR")
    fill(house)
    page.goto(f"{house.url}/queue#token={house.ready['token']}")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_text("Nothing runs, and nothing waits.")).to_be_visible()
    asked = house.api("POST", "/enrichment", {"lacking": True, "priority": "low"})["asked"]
    jobs = sum(len(one["jobs"]) for one in asked)
    assert len(asked) == MANY and jobs == MANY * 4
    expect(drawer.get_by_text(f"{jobs} waiting")).to_be_visible()
    expect(drawer.get_by_text(f"and {jobs - 60:,} jobs more that wait")).to_be_visible()
    drawer.get_by_role("button", name="Cancel all").click()
    expect(drawer.get_by_text(f"{jobs:,} jobs cancelled.")).to_be_visible(timeout=120_000)
    expect(drawer.get_by_text("0 waiting")).to_be_visible()
    assert house.api("GET", "/queue")["sessions"] == 0
    drawer.get_by_role("button", name="Undo").click()
    until(lambda: house.api("GET", "/queue")["sessions"] == MANY)
    expect(drawer.get_by_text(f"{jobs} waiting")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("button.badge")).to_contain_text(f"{jobs:,} jobs waiting")
    expect(page.get_by_text("Session 0", exact=True).first).to_be_visible()
