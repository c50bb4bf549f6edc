"""What is said in a session, on its page: read, found, corrected, compared, given away."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Page, expect

from backend.core.document import DocumentKind
from backend.core.flow import Planned
from backend.core.job import JobKind, Priority
from backend.core.time import seconds
from backend.core.transcript import Transcript, Utterance, Word
from backend.store.db import Transaction
from backend.store.library import open_library
from tests.page.conftest import House, Watch, keep, made
from tests.page.test_looks import WIDTHS, look

SAID = (
    (0.5, "And so, my fellow Américans:"),
    (3.0, "ask not what your country can do for you,"),
    (6.0, "<b>ask</b> what you can do for your country."),
    (9.0, "Thank you."),
)


def transcript(*rows: tuple[float, str], model: str = "whisper-base") -> dict[str, object]:
    def utterance(start: float, text: str) -> Utterance:
        words = text.split()
        each = [seconds(start + 0.25 * n) for n in range(len(words) + 1)]
        spoken = tuple(Word(each[n], each[n + 1], word) for n, word in enumerate(words))
        return Utterance(each[0], each[-1], text, spoken)

    rows_ = tuple(utterance(*row) for row in rows)
    return dict(Transcript(rows_, "en" if rows else None, (), seconds(12), model).told())


def write_down(house: House, session: str, *versions: dict[str, object]) -> None:
    keep(house, session, [(DocumentKind.TRANSCRIPT, body) for body in versions])


@dataclass
class Heard:
    house: House
    session: str
    silent: str


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, take: Path) -> Iterator[Heard]:
    house = House(tmp_path_factory.mktemp("words") / "library")
    try:
        house.serve()
        session, silent = made(house, take, "Inauguration"), made(house, take, "Rain")
        house.stop()
        first = transcript(SAID[0], (3.0, "ask not what you country can do for you,"), *SAID[2:])
        write_down(house, session, first, transcript(*SAID))
        write_down(house, silent, {**transcript(), "notes": ["Nobody speaks here."]})
        house.serve()
        yield Heard(house, session, silent)
    finally:
        house.close()


@pytest.fixture
def reading(
    heard: Heard, open_film: Callable[[House, str, int], Page]
) -> Callable[[str, int], Page]:
    return partial(open_film, heard.house)


def position(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def test_it_follows_the_film_and_leads_to_any_word(
    heard: Heard, reading: Callable[[str], Page]
) -> None:
    page = reading(heard.session)
    rows = page.locator(".said")
    expect(rows).to_have_count(4)
    # What is said is text, whatever it looks like.
    expect(rows.nth(2).locator("p")).to_have_text("<b>ask</b> what you can do for your country.")
    page.get_by_role("button", name="Go to 0:03").click()
    expect(rows.nth(1)).to_have_attribute("aria-current", "true")
    assert position(page) == pytest.approx(3, abs=0.1)
    rows.nth(0).locator("p").click(position={"x": 60, "y": 8})
    page.wait_for_function("document.querySelector('video').currentTime > 0.6")
    assert position(page) < 2
    expect(rows.nth(0)).to_have_attribute("aria-current", "true")
    expect(page.get_by_text(re.compile(r"24 words · .* spoken"))).to_be_visible()


def test_captions_stand_over_the_film_and_stay_chosen(
    heard: Heard, reading: Callable[[str], Page]
) -> None:
    page = reading(heard.session)
    captions = page.locator(".player .caption")
    page.get_by_role("button", name="Captions on").click()
    page.get_by_role("button", name="Go to 0:06").click()
    expect(captions).to_have_text("<b>ask</b> what you can do for your country.")
    page.reload()
    expect(page.get_by_role("button", name="Captions off")).to_be_visible()
    page.get_by_role("button", name="Go to 0:09").click()
    expect(captions).to_have_text("Thank you.")
    page.get_by_role("button", name="Captions off").click()
    expect(captions).to_have_count(0)


def test_words_are_found_in_it(heard: Heard, reading: Callable[[str], Page]) -> None:
    page = reading(heard.session)
    page.get_by_role("region", name="What is said").focus()
    page.keyboard.press("Control+f")
    field = page.get_by_role("textbox", name="Find in what is said")
    expect(field).to_be_focused()
    field.fill("COUNTRY")
    expect(page.get_by_text("1 of 2")).to_be_visible()
    expect(page.locator("mark")).to_have_count(2)
    field.press("Enter")
    expect(page.get_by_text("2 of 2")).to_be_visible()
    expect(page.locator("mark.looked")).to_have_text("country")
    field.press("Enter")
    expect(page.get_by_text("1 of 2")).to_be_visible()
    field.fill("americans")
    expect(page.locator("mark")).to_have_text("Américans")
    field.fill("nowhere")
    expect(page.get_by_text("Not said")).to_be_visible()
    field.press("Escape")
    expect(page.locator("mark")).to_have_count(0)


def test_an_earlier_version_is_compared(heard: Heard, reading: Callable[[str], Page]) -> None:
    page = reading(heard.session)
    page.get_by_role("combobox", name="Version").select_option("1")
    expect(page.get_by_text("ask not what you country")).to_be_visible()
    expect(page.get_by_role("button", name="Correct the words")).to_be_disabled()
    page.get_by_role("button", name="Compare with the newest").click()
    expect(page.get_by_text("They differ in 1 place.")).to_be_visible()
    expect(page.locator("del")).to_have_text("ask not what you country can do for you,")
    expect(page.locator("ins")).to_have_text(SAID[1][1])
    page.get_by_role("button", name="Back to the newest").click()
    expect(page.locator("del")).to_have_count(0)
    expect(page.get_by_text(SAID[1][1])).to_be_visible()


def test_it_is_saved_as_a_file(heard: Heard, reading: Callable[[str], Page]) -> None:
    page = reading(heard.session)

    def saved(form: str, line: str = "") -> str:
        page.get_by_role("button", name="More for the transcript").click()
        page.get_by_role("menuitem", name="Save as…").click()
        page.get_by_role("radio", name=form).check(force=True)
        if line:
            page.get_by_label("Longest line, in characters").fill(line)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert download.value.suggested_filename.startswith("Inauguration.")
        return download.value.path().read_text(encoding="utf-8")

    assert "00:00:03,000 --> " in saved("SRT")
    assert saved("VTT").startswith("WEBVTT")
    assert max(map(len, saved("Text", "20").splitlines())) <= 20
    assert saved("Markdown").startswith("# ")
    assert len(json.loads(saved("JSON"))["segments"]) == 4


def kept(house: House, session: str, version: int) -> dict[str, Any]:
    """What is said, once it has so many versions: the page shows a correction before it is kept."""
    until = time.monotonic() + 60
    told: dict[str, Any] = {}
    while told.get("version") != version:
        assert time.monotonic() < until, told
        told = house.api("GET", f"/sessions/{session}/transcript")
    return told


def test_a_correction_is_kept_and_one_that_came_late_is_not_lost(
    house: House, page: Page, take: Path, watch: Watch
) -> None:
    watch.expect("409|net::ERR")
    session = made(house, take)
    house.stop()
    write_down(house, session, transcript(*SAID))
    house.serve()
    page.goto(f"{house.url}/sessions/{session}#token={house.ready['token']}")
    page.get_by_role("button", name="Correct the words").click()
    page.get_by_role("button", name="Correct what is said at 0:03").click()
    field = page.get_by_role("textbox", name="What is said here")
    field.fill("ask not, what your country can do,")
    field.press("Enter")
    expect(page.get_by_text("ask not, what your country can do,")).to_be_visible()
    told = kept(house, session, 2)
    assert told["origin"] == "edited"
    assert told["segments"][0]["words"] and told["segments"][1]["words"] == []

    page.get_by_role("button", name="Correct what is said at 0:09").click()
    field.fill("Thanks to all.")
    rows = [{n: row[n] for n in ("start", "end", "text")} for row in told["segments"]]
    rows[0]["text"], rows[3]["text"] = "Dear all,", "Thank you all."
    house.api("PATCH", f"/sessions/{session}/transcript", {"based_on": 2, "segments": rows})
    # The page has heard of it; what is being written was still begun before.
    expect(page.get_by_text("Dear all,")).to_be_visible()
    field.press("Enter")
    expect(page.get_by_text("It changed meanwhile; your text is kept.")).to_be_visible()
    expect(page.get_by_text("It now says “Thank you all.”")).to_be_visible()
    expect(field).to_have_value("Thanks to all.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(field).to_have_count(0)
    assert kept(house, session, 4)["segments"][3]["text"] == "Thanks to all."


def test_speakers_are_given_names(house: House, page: Page, take: Path, watch: Watch) -> None:
    watch.expect("409|net::ERR")
    session = made(house, take)
    house.stop()
    body = transcript(*SAID)
    for n, one in enumerate(cast("list[dict[str, object]]", body["segments"])):
        one["speaker"] = f"Speaker {n % 2 + 1}"
    write_down(house, session, body)
    house.serve()
    page.goto(f"{house.url}/sessions/{session}#token={house.ready['token']}")
    who = page.locator(".said .who")
    expect(who).to_have_text(["Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2"])
    page.get_by_role("button", name="Name Speaker 1, who speaks at 0:06").click()
    name = page.get_by_role("combobox", name="Name")
    expect(name).to_have_value("Speaker 1")
    name.fill("Ana <b>")
    name.press("Enter")
    expect(who).to_have_text(["Ana <b>", "Speaker 2", "Ana <b>", "Speaker 2"])
    told = kept(house, session, 2)
    assert [one["speaker"] for one in told["segments"]][:2] == ["Ana <b>", "Speaker 2"]
    assert all(one["words"] for one in told["segments"]), "a name cost the times of words"

    page.get_by_role("button", name="Name Speaker 2, who speaks at 0:09").click()
    name.fill("Ana <b>")
    page.get_by_role("radio", name="Only here").check(force=True)
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    # Who goes on is not named again, but can be.
    expect(who).to_have_text(["Ana <b>", "Speaker 2", "Ana <b>"])
    page.get_by_role("button", name="Correct the words").click()
    page.get_by_role("button", name="Name Ana <b>, who speaks at 0:09").click()
    expect(name).to_have_value("Ana <b>")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Done with correcting").click()
    assert kept(house, session, 3)["segments"][1]["speaker"] == "Speaker 2"
    # What was found first stays as it was, and takes no names.
    page.get_by_role("combobox", name="Version").select_option("1")
    expect(who).to_have_text(["Speaker 1", "Speaker 2", "Speaker 1", "Speaker 2"])
    expect(page.get_by_role("button", name=re.compile("^Name "))).to_have_count(0)


def test_it_is_asked_for_stopped_and_heard_again(
    house: House, page: Page, take: Path, watch: Watch
) -> None:
    watch.expect("net::ERR")
    session = made(house, take)
    house.api("POST", "/queue/pause")
    page.goto(f"{house.url}/sessions/{session}")
    page.get_by_role("button", name="Write down what is said").click()
    expect(page.get_by_text("It waits its turn.")).to_be_visible()
    page.get_by_role("tabpanel").get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("You cancelled it.")).to_be_visible()
    house.stop()
    write_down(house, session, transcript(*SAID))
    house.serve()
    page.goto(f"{house.url}/sessions/{session}#token={house.ready['token']}")
    page.get_by_role("button", name="Correct the words").click()
    page.get_by_role("button", name="Hear 0:03 again").click()
    page.get_by_label("Model").select_option("whisper-tiny.en")
    page.get_by_label("People who speak").select_option("2")
    page.get_by_role("dialog").get_by_role("button", name="Hear again").click()
    expect(page.get_by_text("It waits its turn.")).to_be_visible()
    expect(page.get_by_text(SAID[0][1])).to_be_visible()
    job = house.api("GET", f"/sessions/{session}")["jobs"][-1]
    assert job["options"]["model"] == "whisper-tiny.en"
    assert job["options"]["span"][0] == 3 and job["options"]["speakers"] == 2


def test_no_model_says_how_to_add_one(house: House, page: Page, take: Path, watch: Watch) -> None:
    watch.expect("net::ERR")
    session = made(house, take)
    house.stop()
    library = open_library(house.data, lambda events: None, house.films_folder)
    try:
        job = library.sessions.request(session, Planned(JobKind.REVIEW, Priority.NORMAL))
        said = json.dumps({"said": "There is no model of speech here. Add it."})
        for change in (
            "status = 'running', token = 'claimed'",
            "status = 'completed', token = NULL, result = ?",
        ):
            named = (said, job.id) if "?" in change else (job.id,)

            def move(
                t: Transaction, change: str = change, named: tuple[object, ...] = named
            ) -> None:
                t.execute(f"UPDATE job SET {change} WHERE id = ?", named)

            library.database.write(move)
    finally:
        library.close()
    house.serve()
    page.goto(f"{house.url}/sessions/{session}#token={house.ready['token']}")
    expect(page.get_by_text("There is no model of speech here. Add it.")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_how_it_looks(heard: Heard, reading: Callable[[str, int], Page], width: int) -> None:
    page = reading(heard.session, width)
    page.get_by_role("button", name="Go to 0:03").click()
    page.get_by_role("textbox", name="Find in what is said").fill("country")
    expect(page.get_by_text("1 of 2")).to_be_visible()
    look(page, "words", width)
    page.get_by_role("button", name="Correct the words").click()
    page.get_by_role("button", name="Correct what is said at 0:03").click()
    look(page, "words-correct", width)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("combobox", name="Version").select_option("1")
    page.get_by_role("button", name="Compare with the newest").click()
    expect(page.locator("del")).to_have_count(1)
    look(page, "words-compare", width)
    page.get_by_role("button", name="More for the transcript").click()
    page.get_by_role("menuitem", name="Save as…").click()
    look(page, "words-save", width)
    silent = reading(heard.silent, width)
    expect(silent.get_by_text("Nobody speaks in this film.")).to_be_visible()
    look(silent, "words-none", width)
