"""Several sessions are ticked on the list, and found out about at once."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.page.conftest import House, made, until


def test_what_is_in_many_sessions_is_found_out_at_once(
    page: Page, house: House, take: Path
) -> None:
    house.api("PATCH", "/settings", {"values": {"enrich.review": "off"}})
    names = ["Monday", "Tuesday"]
    ids = [made(house, take, name) for name in names]
    page.goto(house.url)
    page.get_by_role("button", name="Select").click()
    find = page.get_by_role("button", name="Find out what is in them")
    expect(find).to_be_disabled()
    for name in names:
        # The tick lies over the whole card: whoever chooses does not want to leave the list.
        page.get_by_role("listitem").filter(has_text=name).click()
        expect(page.get_by_role("checkbox", name=f"Choose {name}")).to_be_checked()
    expect(page.get_by_text("2 sessions chosen")).to_be_visible()
    find.click()
    expect(
        page.get_by_text("What is in 2 sessions is found out in the background.")
    ).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)

    def found(session: str) -> dict[str, str]:
        jobs = house.api("GET", f"/sessions/{session}/enrichment")["jobs"]
        return {job["kind"]: job["status"] for job in jobs}

    everything = {"chapters": "completed", "canvas": "completed"}
    until(lambda: all(found(one) == everything for one in ids))
    page.get_by_role("button", name="Select").click()
    page.get_by_role("listitem").filter(has_text="Monday").click()
    find.click()
    expect(page.get_by_text("There is nothing to be found out.")).to_be_visible()
    page.get_by_role("button", name="Select").click()
    page.get_by_role("button", name="All shown").click()
    expect(page.get_by_text("2 sessions chosen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Chosen sessions")).to_have_count(0)
