"""What the queue says when nothing can go on."""

from __future__ import annotations

from dataclasses import asdict

from playwright.sync_api import Page, Route, expect

from backend.store.library import WAITS_FOR_ROOM
from tests.page.conftest import House


def test_the_queue_says_why_nothing_goes_on(page: Page, house: House) -> None:
    trouble = [{**asdict(WAITS_FOR_ROOM), "can_retry": True}, None]

    def answer(route: Route) -> None:
        given = route.fetch()
        route.fulfill(response=given, json={**given.json(), "trouble": trouble[0]})

    page.route("**/api/queue", answer)
    page.goto(f"{house.url}/queue")
    drawer = page.get_by_role("dialog")
    expect(drawer.get_by_role("alert")).to_contain_text(WAITS_FOR_ROOM.message)
    expect(drawer.get_by_role("alert")).to_contain_text("Free some space")
    trouble.pop(0)
    page.reload()
    expect(drawer.get_by_text("Nothing runs, and nothing waits.")).to_be_visible()
    expect(drawer.get_by_role("alert")).to_have_count(0)
    page.unroute_all(behavior="ignoreErrors")
