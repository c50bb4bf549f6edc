"""The page needs nothing that its policy forbids, and nobody but its own backend."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.page.conftest import House, Watch, made


def test_the_document_holds_no_script_and_no_style(page: Page, house: House) -> None:
    answer = page.request.get(house.url)
    document = answer.text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", document)
    assert not re.findall(r"<script(?![^>]*\ssrc=\"/)", document)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_what_the_policy_forbids_does_not_run(page: Page, watch: Watch) -> None:
    watch.expect("policy:|Content.Security.Policy")
    # Else nothing here would prove anything: the browser holds to the policy, and tells of it.
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            document.body.append(script);
            const style = document.createElement('style');
            style.textContent = 'body { --ran: 1 }';
            document.body.append(style);
            return fetch('http://192.0.2.1/').catch(() => null);
        }"""
    )
    assert page.evaluate("window.ran") is None
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--ran')") == ""
    forbidden = " ".join(watch.complaints)
    for directive in ("script-src", "style-src", "connect-src"):
        assert directive in forbidden
    for address in [one for one in watch.asked if "192.0.2.1" in one]:
        del watch.asked[address]


def test_nothing_is_asked_of_another_machine(
    page: Page, house: House, watch: Watch, take: Path
) -> None:
    session = made(house, take)
    for place in ("/", f"/sessions/{session}", f"/sessions/{session}/processing", "/queue"):
        page.goto(house.url + place)
        expect(page.locator("#main")).to_be_visible()
    page.goto(f"{house.url}/settings")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert any("/assets/" in address for address in watch.asked)
    assert any("/api/sessions" in address for address in watch.asked)
    # The rest is said by the watch, which every test of the page has.
    assert {re.sub(r"^(http://127\.0\.0\.1:)\d+/.*", r"\1", a) for a in watch.asked} <= {
        "http://127.0.0.1:"
    }
