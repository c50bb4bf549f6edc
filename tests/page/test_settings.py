"""What is chosen on the settings screen is what the backend keeps."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.page.conftest import House, until


def kept(house: House, name: str) -> str:
    settings = house.api("GET", "/settings")["settings"]
    return next(str(s["value"]) for s in settings if s["name"] == name)


def test_notifications_and_quiet_hours_are_chosen(page: Page, house: House) -> None:
    page.goto(f"{house.url}/settings")
    page.get_by_role("radiogroup", name="Tell me about").get_by_text("Failures").click()
    until(lambda: kept(house, "notify") == "failures")
    quiet = page.get_by_role("switch", name="Quiet hours")
    quiet.click(force=True)
    until(lambda: kept(house, "notify.quiet") == "22:00-07:00")
    end = page.get_by_label("Quiet to")
    end.fill("22:00")
    expect(page.get_by_text("Choose two different times.")).to_be_visible()
    end.fill("06:30")
    end.blur()
    until(lambda: kept(house, "notify.quiet") == "22:00-06:30")
    page.reload()
    expect(page.get_by_label("Quiet to")).to_have_value("06:30")
    expect(page.get_by_role("radio", name="Failures")).to_be_checked()
    quiet.click(force=True)
    until(lambda: kept(house, "notify.quiet") == "off")
    expect(page.get_by_label("Quiet to")).to_have_count(0)


def test_what_is_chosen_stays_chosen(page: Page, house: House) -> None:
    page.goto(f"{house.url}/settings")
    page.get_by_role("button", name="Increase Days in the bin").click()
    until(lambda: kept(house, "bin.days") == "31")
    expect(page.get_by_text("Usually 30.")).to_be_visible()
    page.get_by_role("switch", name="Make films smaller").click(force=True)
    until(lambda: kept(house, "optimise") == "off")
    page.get_by_role("radiogroup", name="How good they look then").get_by_text("High").click()
    until(lambda: kept(house, "optimise.quality") == "high")
    copies = page.get_by_role("textbox", name="Copies")
    copies.fill("3")
    copies.press("Enter")
    until(lambda: kept(house, "limit.copy") == "3")
    page.get_by_role("radiogroup", name="Theme").get_by_text("Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("radio", name="High")).to_be_checked()
    expect(page.get_by_role("switch", name="Make films smaller")).not_to_be_checked()
    expect(page.get_by_role("textbox", name="Days in the bin")).to_have_value("31")


def test_the_form_of_films_and_the_rule_for_recordings_are_chosen(page: Page, house: House) -> None:
    page.goto(f"{house.url}/settings")
    height = page.get_by_label("Height of films")
    expect(height).to_have_value("own")
    height.fill("720")
    height.blur()
    until(lambda: kept(house, "film.height") == "720")
    rate = page.get_by_label("Frames a second")
    rate.fill("constant")
    rate.blur()
    until(lambda: kept(house, "film.rate") == "constant")
    page.get_by_role("radiogroup", name="Recordings").get_by_text("Bin").click()
    until(lambda: kept(house, "originals") == "bin")
    page.reload()
    expect(page.get_by_label("Height of films")).to_have_value("720")
