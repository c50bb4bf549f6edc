"""Chapters and the summary of a session, on its page: they lead through the film, can be edited."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.core.document import DocumentKind
from backend.core.flow import Planned
from backend.core.job import JobKind, Priority
from backend.store.db import Transaction
from backend.store.library import open_library
from tests.page.conftest import House, Watch, keep, made
from tests.page.test_looks import WIDTHS, look
from tests.page.test_words import SAID, position, transcript

HOSTILE = (
    "<img src=x onerror=alert(1)> & “everything” that was ever said about the budget for March"
)


def chapters(*marks: tuple[float, str]) -> dict[str, object]:
    ends = [*(start for start, _ in marks[1:]), 12.0]
    rows = zip(marks, ends, strict=True)
    found = [{"start": start, "end": end, "title": title} for (start, title), end in rows]
    return {"chapters": found, "notes": []}


def summary(by: str = "extractive", **other: object) -> dict[str, object]:
    return {
        "title": "What a country can do",
        "abstract": "The country asks <b>nothing</b>. You do.",
        "points": [{"text": "Ask not what your country can do for you.", "at": 3.0}],
        "actions": [{"text": HOSTILE, "who": "you", "when": "by Friday", "at": 6.0}],
        "by": by,
        "model": by,
        "notes": [],
        **other,
    }


CHAPTERS = chapters((0, "Greeting"), (3, HOSTILE), (9, "Thanks"))
SIXTY = chapters(*((n * 0.2, f"Part {n} of many, with a title of some length") for n in range(60)))
NOTHING = summary(title="", abstract="", points=[], actions=[], notes=["Nobody speaks here."])


@dataclass
class Outlined:
    house: House
    session: str
    many: str
    none: str


@pytest.fixture(scope="module")
def outlined(tmp_path_factory: pytest.TempPathFactory, take: Path) -> Iterator[Outlined]:
    house = House(tmp_path_factory.mktemp("outline") / "library")
    try:
        house.serve()
        session, many, none = (made(house, take, title) for title in ("Speech", "Long", "Rain"))
        house.stop()
        speech = [{"start": 0.5, "end": 4.5}, {"start": 6, "end": 11}]
        known = (
            (DocumentKind.TRANSCRIPT, {**transcript(*SAID), "speech": speech}),
            (DocumentKind.CHAPTERS, CHAPTERS),
            (DocumentKind.SUMMARY, summary("small at http://localhost:11434")),
        )
        keep(house, session, known)
        keep(house, many, [(DocumentKind.CHAPTERS, SIXTY), (DocumentKind.SUMMARY, NOTHING)])
        house.serve()
        yield Outlined(house, session, many, none)
    finally:
        house.close()


@pytest.fixture
def reading(
    outlined: Outlined, open_film: Callable[[House, str, int], Page]
) -> Callable[[str, str, int], Page]:
    def reading(session: str, tab: str, width: int = 1280) -> Page:
        page = open_film(outlined.house, session, width)
        page.get_by_role("tab", name=tab).click()
        return page

    return reading


Reading = Callable[[str, str], Page]


def test_chapters_lead_through_the_film(outlined: Outlined, reading: Reading) -> None:
    page = reading(outlined.session, "Chapters")
    rows = page.locator(".chapter-list li")
    # A title is text, whatever it looks like.
    expect(rows.locator("p")).to_have_text(["Greeting", HOSTILE, "Thanks"])
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    rows.nth(2).get_by_role("button").click()
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")
    assert position(page) == pytest.approx(9, abs=0.1)
    under = page.get_by_role("group", name="Chapters").get_by_role("button")
    expect(under).to_have_count(3)
    expect(under.nth(2)).to_have_class("now")
    under.nth(1).click()
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    expect(page.locator(".seek-mark")).to_have_count(2)
    page.keyboard.press("n")
    expect(rows.nth(2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("b")
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    page.get_by_role("slider", name="Waveform").hover()
    expect(page.locator(".glimpse b")).to_have_text(HOSTILE)
    expect(page.locator(".wave .speech path")).to_have_attribute("d", re.compile(r"^M.*M"))


def test_the_summary_leads_to_its_moments(outlined: Outlined, reading: Reading) -> None:
    page = reading(outlined.session, "Summary")
    # A model behind an address is named with it.
    expect(page.get_by_text("Written by small at http://localhost:11434.")).to_be_visible()
    expect(page.get_by_text("The country asks <b>nothing</b>. You do.")).to_be_visible()
    expect(page.get_by_text("you · by Friday")).to_be_visible()
    panel = page.get_by_role("tabpanel")
    panel.get_by_role("button", name="Go to 0:06").click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 5.9")


@pytest.mark.parametrize(
    ("tab", "item", "name", "words"),
    [
        ("Chapters", "Save as WebVTT", "Speech.vtt", "&lt;img src=x"),
        ("Chapters", "Save for YouTube (text)", "Speech.txt", "0:00 "),
        ("Summary", "Save as Markdown", "Speech.md", "## To do"),
    ],
)
def test_they_are_given_away(
    outlined: Outlined, reading: Reading, tab: str, item: str, name: str, words: str
) -> None:
    page = reading(outlined.session, tab)
    page.get_by_role("button", name=f"More for the {tab.lower()}").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=item).click()
    assert download.value.suggested_filename == name
    assert words in download.value.path().read_text(encoding="utf-8")


def test_they_are_copied(outlined: Outlined, reading: Reading) -> None:
    page = reading(outlined.session, "Summary")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="More for the summary").click()
    page.get_by_role("menuitem", name="Copy as text").click()
    expect(page.get_by_text("It is copied.")).to_be_visible()
    assert "• 0:03 Ask not what" in page.evaluate("navigator.clipboard.readText()")


def test_chapters_are_edited_and_nothing_is_lost(
    house: House, page: Page, take: Path, watch: Watch
) -> None:
    watch.expect("409|net::ERR")
    session = made(house, take)
    house.stop()
    keep(house, session, [(DocumentKind.CHAPTERS, CHAPTERS)])
    house.serve()
    page.goto(f"{house.url}/sessions/{session}#token={house.ready['token']}")
    page.get_by_role("tab", name="Chapters").click()
    titles = page.locator(".chapter-list p")

    def now() -> list[tuple[float, str]]:
        told = house.api("GET", f"/sessions/{session}/chapters")["chapters"]
        return [(one["start"], one["title"]) for one in told]

    page.get_by_role("button", name="Edit the chapters").click()
    page.get_by_role("button", name="Edit the chapter at 0:03").click()
    page.get_by_label("Title of the chapter").fill("Question")
    page.get_by_label("Begins at").fill("11")
    expect(page.get_by_text("A time from 0:00.1 to 0:08.9")).to_be_visible()
    page.get_by_label("Begins at").fill("0:04.5")
    page.get_by_label("Begins at").press("Enter")
    expect(titles).to_have_text(["Greeting", "Question", "Thanks"])
    assert now() == [(0, "Greeting"), (4.5, "Question"), (9, "Thanks")]

    page.get_by_role("button", name="Remove the chapter at 0:00").click()
    expect(titles).to_have_text(["Question", "Thanks"])
    page.get_by_role("button", name="Undo").last.click()
    expect(titles).to_have_text(["Greeting", "Question", "Thanks"])

    page.get_by_role("button", name="Go to 0:09, Thanks").first.click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 8.9")
    expect(page.get_by_role("button", name="Begin a chapter here")).to_be_disabled()
    page.locator("#main").press("ArrowRight")
    page.locator("video").evaluate("video => { video.pause(); video.currentTime = 10 }")
    page.get_by_role("button", name="Begin a chapter here").click()
    title = page.get_by_label("Title of the chapter")
    expect(title).to_have_value("Chapter at 0:10")
    # Somebody else edits meanwhile: what is typed stays.
    told = house.api("GET", f"/sessions/{session}/chapters")
    rows = told["chapters"]
    rows[0]["title"] = "Hello"
    house.api(
        "PATCH",
        f"/sessions/{session}/chapters",
        {"based_on": told["version"], "chapters": rows},
    )
    title.fill("The end")
    title.press("Enter")
    expect(
        page.get_by_text("The chapters changed meanwhile; what you wrote is kept.")
    ).to_be_visible()
    expect(titles.first).to_have_text("Hello")
    expect(title).to_have_value("The end")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(titles).to_have_text(["Hello", "Question", "Thanks", "The end"])
    page.get_by_role("combobox", name="Version").select_option("1")
    expect(titles).to_have_text(["Greeting", HOSTILE, "Thanks"])
    page.get_by_role("button", name="Use this version").click()
    expect(page.get_by_role("button", name="Use this version")).to_have_count(0)
    assert [title for _, title in now()] == ["Greeting", HOSTILE, "Thanks"]


def test_a_summary_is_edited(house: House, page: Page, take: Path, watch: Watch) -> None:
    watch.expect("409|net::ERR")
    session = made(house, take)
    house.stop()
    keep(house, session, [(DocumentKind.SUMMARY, summary())])
    house.serve()
    page.goto(f"{house.url}/sessions/{session}#token={house.ready['token']}")
    page.get_by_role("tab", name="Summary").click()
    expect(page.get_by_text("Made of sentences that were said, on this machine.")).to_be_visible()
    page.get_by_role("button", name="Edit the summary").click()
    page.get_by_label("Key point 1, at 0:03").fill("Ask what <i>you</i> can do.")
    page.get_by_role("button", name="A point where the film is").click()
    page.get_by_label("Key point 2, at 0:00").fill("It begins.")
    page.get_by_label("Who, to do 1").fill("")
    # Somebody else edits meanwhile: neither is lost.
    other = {name: summary()[name] for name in ("abstract", "points", "actions")}
    path = f"/sessions/{session}/summary"
    house.api("PATCH", path, {"based_on": 1, "title": "Theirs", **other})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(
        page.get_by_text("The summary changed meanwhile; what you wrote is kept.")
    ).to_be_visible()
    expect(page.get_by_label("Key point 2, at 0:00")).to_have_value("It begins.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Ask what <i>you</i> can do.")).to_be_visible()
    told = house.api("GET", f"/sessions/{session}/summary")
    assert (told["version"], told["origin"], told["actions"][0]["who"]) == (3, "edited", None)
    assert [one["at"] for one in told["points"]] == [3, 0]
    house.api("PATCH", path, {"based_on": 3, "title": "Seen at once", **other})
    expect(page.get_by_role("heading", name="Seen at once")).to_be_visible()
    page.get_by_role("combobox", name="Version").select_option("1")
    expect(page.get_by_text("Ask not what your country can do for you.")).to_be_visible()


def test_they_are_asked_for_and_stopped(house: House, page: Page, take: Path) -> None:
    session = made(house, take)
    house.api("POST", "/queue/pause")
    page.goto(f"{house.url}/sessions/{session}")
    page.get_by_role("tab", name="Summary").click()
    page.get_by_role("button", name="Sum up").click()
    expect(page.get_by_text("It begins when what it builds on is done.")).to_be_visible()
    kinds = {job["kind"] for job in house.api("GET", f"/sessions/{session}/enrichment")["jobs"]}
    assert kinds == {"review", "chapters", "summary"}
    page.get_by_role("tab", name="Chapters").click()
    panel = page.get_by_role("tabpanel")
    panel.get_by_role("button", name="Cancel").click()
    expect(panel.get_by_text("You cancelled it.")).to_be_visible()
    expect(panel.get_by_role("button", name="Find chapters")).to_be_visible()


def ended(house: House, session: str, kind: JobKind, change: str, told: dict[str, object]) -> None:
    """A step that came to its end; the backend must not run meanwhile."""
    library = open_library(house.data, lambda events: None, house.films_folder)
    try:
        job = library.sessions.request(session, Planned(kind, Priority.NORMAL))
        for move, named in (
            ("status = 'running', token = 'claimed'", ()),
            (f"token = NULL, {change}", (json.dumps(told),)),
        ):

            def carry_out(
                t: Transaction, move: str = move, named: tuple[str, ...] = named
            ) -> object:
                return t.execute(f"UPDATE job SET {move} WHERE id = ?", (*named, job.id))

            library.database.write(carry_out)
    finally:
        library.close()


def test_what_failed_or_lacks_something_says_what_to_do(
    house: House, page: Page, take: Path, watch: Watch
) -> None:
    watch.expect("net::ERR")
    session = made(house, take)
    house.stop()
    lacking = "There is no model of speech here. Add it."
    nothing = "Nothing was written down that could be summed up."
    fault = {"category": "memory", "message": "Memory is short.", "hint": "Close something."}
    ended(house, session, JobKind.REVIEW, "status = 'completed', result = ?", {"said": lacking})
    ended(house, session, JobKind.CHAPTERS, "status = 'failed', fault = ?", fault)
    ended(house, session, JobKind.SUMMARY, "status = 'completed', result = ?", {"said": nothing})
    house.serve()
    house.api("POST", "/queue/pause")
    page.goto(f"{house.url}/sessions/{session}#token={house.ready['token']}")
    page.get_by_role("tab", name="Summary").click()
    expect(page.get_by_text(nothing)).to_be_visible()
    expect(page.get_by_text(lacking)).to_be_visible()
    page.get_by_role("tab", name="Chapters").click()
    expect(page.get_by_text("Chapters could not be found")).to_be_visible()
    expect(page.get_by_text("Close something.")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("It waits its turn.")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_how_it_looks(
    outlined: Outlined, reading: Callable[[str, str, int], Page], width: int
) -> None:
    page = reading(outlined.session, "Chapters", width)
    page.get_by_role("button", name="Go to 0:03").first.click()
    expect(page.locator(".chapter-list li").nth(1)).to_have_attribute("aria-current", "true")
    look(page, "chapters", width)
    page.get_by_role("button", name="Edit the chapters").click()
    page.get_by_role("button", name="Edit the chapter at 0:03").click()
    look(page, "chapters-edit", width)
    page.get_by_role("tab", name="Summary").click()
    expect(page.get_by_text("you · by Friday")).to_be_visible()
    look(page, "summary", width)
    page.get_by_role("button", name="Edit the summary").click()
    look(page, "summary-edit", width)
    many = reading(outlined.many, "Chapters", width)
    expect(many.locator(".chapter-list li")).to_have_count(60)
    look(many, "chapters-many", width)
    many.get_by_role("tab", name="Summary").click()
    expect(many.get_by_text("Nobody speaks here.")).to_be_visible()
    look(many, "summary-nothing", width)
    none = reading(outlined.none, "Chapters", width)
    expect(none.get_by_text("No chapters yet.")).to_be_visible()
    look(none, "chapters-none", width)
    none.get_by_role("tab", name="Summary").click()
    expect(none.get_by_text("No summary yet.")).to_be_visible()
    look(none, "summary-none", width)
