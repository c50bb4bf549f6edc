"""The canvas on a session's page: asked for, read, opened large, led back from, edited, saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.core.chapter import tiled, told
from backend.core.document import DocumentKind
from backend.core.summary import Action, Point, Summary
from backend.core.time import TimeRange, seconds
from backend.core.transcript import Transcript, Utterance
from tests.page.conftest import House, Watch, keep, made, until
from tests.page.test_looks import COLOURS, PICTURES, STICKING_OUT, WIDTHS, look

SAID = (
    (0.5, "We never agreed on a date for the importer, and that has to change today."),
    (2.5, "<b>Nobody</b> wants to see another spreadsheet with seventeen tabs in it."),
    (5.0, "Ana will send the contract to the lawyers by Friday."),
    (8.0, "What makes people leave is losing work, and nothing else comes close."),
)


def known() -> dict[DocumentKind, dict[str, object]]:
    """What a transcript, chapters and a summary would have found."""
    rows = tuple(
        Utterance(seconds(at), seconds(at + 1.8), text, (), "Ada" if n == 1 else None)
        for n, (at, text) in enumerate(SAID)
    )
    speech = tuple(TimeRange(one.start, one.end) for one in rows)
    talk = Transcript(rows, "en", speech, seconds(12), "whisper-base")
    marks = [(seconds(0), "A date for the importer"), (seconds(5), "The <i>contract</i>")]
    summary = Summary(
        "Importer, contract, losing work",
        SAID[0][1],
        (Point(SAID[3][1], seconds(8)),),
        (Action(SAID[2][1], "Ana", "by Friday", seconds(5)),),
        "extractive",
    )
    return {
        DocumentKind.TRANSCRIPT: dict(talk.told()),
        DocumentKind.CHAPTERS: dict(told(tiled(marks, seconds(12)))),
        DocumentKind.SUMMARY: dict(summary.told()),
    }


@dataclass
class Gallery:
    house: House
    session: str
    bare: str
    """A session of which nothing is known yet."""


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory, take: Path) -> Iterator[Gallery]:
    house = House(tmp_path_factory.mktemp("canvas") / "library")
    try:
        house.serve()
        session, bare = made(house, take, "Stand-up, Tuesday"), made(house, take, "Rain")
        house.stop()
        keep(house, session, known().items())
        house.serve()
        house.api("POST", f"/sessions/{session}/enrichment", {"steps": ["canvas"]})
        address = f"/sessions/{session}/enrichment"
        until(lambda: house.api("GET", address)["status"] == "completed")
        yield Gallery(house, session, bare)
    finally:
        house.close()


@pytest.fixture
def looking(
    gallery: Gallery, open_film: Callable[[House, str, int], Page]
) -> Callable[[str, int], Page]:
    def looking(session: str, width: int = 1280) -> Page:
        page = open_film(gallery.house, session, width)
        page.get_by_role("tab", name="Canvas").click()
        return page

    return looking


def position(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def pictures(page: Page, scope: str) -> None:
    """Wait until every picture there is drawn."""
    page.wait_for_function(
        """(scope) => {
            const shown = [...document.querySelectorAll(`${scope} img`)];
            for (const one of shown) one.loading = 'eager';
            return shown.length > 0 && shown.every((one) => one.complete && one.naturalWidth > 0);
        }""",
        arg=scope,
    )


def test_every_time_leads_to_its_moment(gallery: Gallery, looking: Callable[[str], Page]) -> None:
    page = looking(gallery.session)
    canvas = page.get_by_role("article", name="Canvas of Stand-up, Tuesday")
    expect(canvas.get_by_text("Importer, contract, losing work")).to_be_visible()
    # What was said is text, whatever it looks like.
    expect(canvas.get_by_text("“<b>Nobody</b> wants to see", exact=False)).to_be_visible()
    expect(canvas.get_by_text("Ana · by Friday")).to_be_visible()
    pictures(page, ".canvas")
    canvas.locator(".canvas-list .time", has_text="0:08").click()
    page.wait_for_function("document.querySelector('video').currentTime >= 7.9")
    canvas.get_by_role("button", name="Go to chapter 2: The <i>contract</i>").click()
    page.wait_for_function("Math.abs(document.querySelector('video').currentTime - 5) < 0.2")
    canvas.locator(".canvas-shot").first.click()
    page.wait_for_function("document.querySelector('video').currentTime < 4.9")


def test_it_opens_large_and_leads_back_into_the_film(
    gallery: Gallery, looking: Callable[[str], Page]
) -> None:
    page = looking(gallery.session)
    page.get_by_role("button", name="Open large").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Key points")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Open large").click()
    dialog.locator(".canvas-list .time", has_text="0:05").click()
    expect(dialog).to_have_count(0)
    page.wait_for_function("Math.abs(document.querySelector('video').currentTime - 5) < 0.2")
    assert position(page) == pytest.approx(5, abs=0.3)


def test_it_is_saved_as_a_page_and_a_picture(
    gallery: Gallery, looking: Callable[[str], Page], watch: Watch, tmp_path: Path
) -> None:
    page = looking(gallery.session)
    for name, ending in (("Save as HTML", "html"), ("Save as PNG", "png")):
        page.get_by_role("button", name="Save the canvas").click()
        with page.expect_download() as waiting:
            page.get_by_role("menuitem", name=name, exact=True).click()
        assert waiting.value.suggested_filename == f"Stand-up, Tuesday.{ending}"
        waiting.value.save_as(tmp_path / f"canvas.{ending}")
    assert (tmp_path / "canvas.png").read_bytes().startswith(b"\x89PNG")
    # The page by itself: nothing is asked of anybody, and it is whole.
    alone = page.context.new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.set_content((tmp_path / "canvas.html").read_text("utf-8"))
    expect(alone.get_by_role("heading", name="Stand-up, Tuesday")).to_be_visible()
    pictures(alone, "main")
    assert [url for url in asked if not url.startswith("data:")] == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        alone.set_viewport_size({"width": width, "height": 900})
        for colours in COLOURS:
            alone.emulate_media(color_scheme=colours)
            path = PICTURES / f"canvas-page-{colours}-{width}.png"
            alone.screenshot(path=path, full_page=True)
        assert alone.evaluate(STICKING_OUT) == []


def test_it_is_drawn_anew_when_a_chapter_was_renamed(
    gallery: Gallery, looking: Callable[[str], Page], tmp_path: Path
) -> None:
    page, session = looking(gallery.session), gallery.session
    expect(page.locator(".canvas-cards").get_by_text("A date for the importer")).to_be_visible()
    before = gallery.house.api("GET", f"/sessions/{session}/chapters")
    renamed = [{**one} for one in before["chapters"]]
    renamed[0]["title"] = "Which day it is"
    gallery.house.api(
        "PATCH",
        f"/sessions/{session}/chapters",
        {"based_on": before["version"], "chapters": renamed},
    )
    expect(page.get_by_text("What it was drawn from has changed. It begins in")).to_be_visible()
    # Nobody has to wait for that: what is saved is drawn first.
    page.get_by_role("button", name="Save the canvas").click()
    with page.expect_download(timeout=120_000) as waiting:
        page.get_by_role("menuitem", name="Save as HTML", exact=True).click()
    waiting.value.save_as(tmp_path / "canvas.html")
    saved = (tmp_path / "canvas.html").read_text("utf-8")
    assert "Which day it is" in saved and "A date for the importer" not in saved
    expect(page.locator(".canvas-cards").get_by_text("Which day it is")).to_be_visible()
    expect(page.get_by_text("What it was drawn from has changed")).to_have_count(0)


def test_quotes_are_changed_and_taken_out(gallery: Gallery, looking: Callable[[str], Page]) -> None:
    page = looking(gallery.session)
    quotes = page.locator(".canvas-quotes li")
    expect(quotes.first).to_be_visible()
    address = f"/sessions/{gallery.session}/canvas"
    before = gallery.house.api("GET", address)
    page.get_by_role("button", name="More for the canvas").click()
    page.get_by_role("menuitem", name="Change the quotes").click()
    page.get_by_role("button", name="Change the quote at").first.click()
    page.get_by_role("textbox", name="The quote").fill("Nobody wants spreadsheets.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(quotes.first.locator("blockquote")).to_have_text("“Nobody wants spreadsheets.”")
    for _ in before["quotes"]:
        left = quotes.count()
        page.get_by_role("button", name="Take out the quote at").first.click()
        expect(quotes).to_have_count(left - 1)
    after = gallery.house.api("GET", address)
    assert after["quotes"] == [] and after["origin"] == "edited"
    page.get_by_role("button", name="More for the canvas").click()
    page.get_by_role("menuitem", name="Take the quotes that Rushes finds").click()
    expect(quotes).to_have_count(len(before["quotes"]), timeout=120_000)


def test_a_quote_that_another_hand_changed_is_not_lost_nor_written_over_unseen(
    gallery: Gallery, looking: Callable[[str], Page], watch: Watch
) -> None:
    watch.expect("409")
    page, address = looking(gallery.session), f"/sessions/{gallery.session}/canvas"
    before = gallery.house.api("GET", address)

    def elsewhere(quotes: list[dict[str, object]], about: str) -> None:
        newest = gallery.house.api("GET", address)["version"]
        body = {"based_on": newest, "quotes": quotes, "about": about}
        gallery.house.api("PATCH", address, body)
        expect(page.locator(".canvas-about")).to_have_text(about)

    page.get_by_role("button", name="More for the canvas").click()
    page.get_by_role("menuitem", name="Change the quotes").click()
    page.get_by_role("button", name="Change the quote at").first.click()
    field = page.get_by_role("textbox", name="The quote")
    field.fill("Mine.")
    first, *others = before["quotes"]
    elsewhere([{**first, "text": "Theirs."}, *others], "Changed")
    expect(field).to_have_value("Mine.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("your text is kept. It now says “Theirs.”")).to_be_visible()
    elsewhere(others, "Taken out")
    expect(page.get_by_text("The quote was taken out.")).to_be_visible()
    expect(field).to_have_value("Mine.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(field).to_have_count(0)
    expect(page.locator(".canvas-quotes li").first).to_contain_text("“Mine.”")
    kept = gallery.house.api("GET", address)["quotes"]
    assert [one["text"] for one in kept] == ["Mine.", *(one["text"] for one in others)]
    assert (kept[0]["at"], kept[0]["who"]) == (first["at"], first["who"])
    gallery.house.api(
        "PATCH",
        address,
        {
            "based_on": gallery.house.api("GET", address)["version"],
            "quotes": before["quotes"],
            "about": before["about"],
        },
    )


def test_it_is_drawn_when_it_is_asked_for(gallery: Gallery, looking: Callable[[str], Page]) -> None:
    page = looking(gallery.bare)
    expect(page.get_by_text("No canvas is drawn yet.")).to_be_visible()
    page.get_by_role("button", name="Draw the canvas").click()
    expect(page.get_by_role("article", name="Canvas of Rain")).to_be_visible()
    expect(page.get_by_text("What is said in it is not written down.")).to_be_visible()
    expect(page.get_by_role("heading", name="Pictures")).to_be_visible()
    pictures(page, ".canvas")
    page.get_by_role("button", name="More for the canvas").click()
    expect(page.get_by_role("menuitem", name="Change the quotes")).to_be_disabled()
    page.get_by_role("menuitem", name="Draw again").click()
    address = f"/sessions/{gallery.bare}/canvas"
    until(lambda: gallery.house.api("GET", address)["version"] == 2)


@pytest.mark.parametrize("width", WIDTHS)
def test_it_looks_good(gallery: Gallery, looking: Callable[[str, int], Page], width: int) -> None:
    page = looking(gallery.session, width)
    pictures(page, ".canvas")
    page.get_by_role("button", name="Open large").scroll_into_view_if_needed()
    look(page, "canvas", width)
    page.get_by_role("button", name="Open large").click()
    pictures(page, ".canvas-sheet")
    look(page, "canvas-large", width)
