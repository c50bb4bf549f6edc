"""Models on the settings screen: chosen, added, verified, forgotten; and the steps they serve."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import folder_of
from tests.page.conftest import House, Watch, until
from tests.page.test_settings import kept


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of the owner's with a model of sentences."""
    minilm = next(model for model in BUNDLED if model.name == "minilm")
    folder = tmp_path / "my sentences"
    folder.mkdir()
    for weight in minilm.weights:
        (folder / weight.name).symlink_to(folder_of(minilm, tmp_path) / weight.name)
    return folder


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name="Models").get_by_role("listitem").filter(has_text=title)


def test_a_model_is_chosen_and_the_choice_taken_back(page: Page, house: House) -> None:
    page.goto(f"{house.url}/settings")
    tiny = row(page, "Whisper tiny, English")
    expect(row(page, "Whisper base")).to_contain_text("In use")
    expect(tiny).to_contain_text("75.5 MB · English · MIT")
    expect(tiny).not_to_contain_text("In use")
    page.get_by_role("button", name="Use Whisper tiny, English").click()
    expect(tiny).to_contain_text("In use")
    expect(row(page, "Whisper base")).not_to_contain_text("In use")
    assert kept(house, "enrich.model") == "whisper-tiny.en"
    page.get_by_role("button", name="Let Rushes choose").click()
    expect(row(page, "Whisper base")).to_contain_text("In use")
    assert kept(house, "enrich.model") == "auto"
    expect(page.get_by_role("button", name="Let Rushes choose")).to_have_count(0)


def test_a_folder_is_added_verified_and_forgotten(
    page: Page, house: House, watch: Watch, mine: Path
) -> None:
    watch.expect("422.*/api/models")
    page.goto(f"{house.url}/settings")
    page.get_by_role("button", name="Add a folder…").click()
    dialog = page.get_by_role("dialog", name="Add a model")
    dialog.get_by_label("Folder on this computer").fill(str(mine.parent / "nothing"))
    dialog.get_by_role("button", name="Add").click()
    expect(dialog.get_by_text("is not there")).to_be_visible()
    dialog.get_by_label("Folder on this computer").fill(str(mine))
    dialog.get_by_role("button", name="Add").click()
    added = row(page, "my sentences")
    expect(added).to_contain_text("sentences a second here")
    expect(added).to_contain_text(str(mine))
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Verify my sentences", exact=True).click()
    expect(added.get_by_role("status")).to_have_text("All its files are the right ones.")
    weights = mine / "model.onnx"
    target = weights.resolve()
    weights.unlink()
    with weights.open("wb") as file:
        file.truncate(1 << 40)  # a hole, which nobody has the time to read
    page.get_by_role("button", name="Verify my sentences", exact=True).click()
    expect(added.get_by_role("status")).to_have_count(0)
    bar = added.get_by_role("progressbar", name="Verifying my sentences")
    expect(bar).to_have_attribute("aria-valuenow", "50")  # as many bytes as there should be
    page.get_by_role("button", name="Stop verifying my sentences").click()
    expect(bar).to_have_count(0)
    expect(added.get_by_role("alert")).to_have_count(0)
    weights.unlink()
    weights.symlink_to(target)
    start = weights.read_bytes()[:1000]
    weights.unlink()
    weights.write_bytes(start)
    page.get_by_role("button", name="Verify my sentences", exact=True).click()
    alert = added.get_by_role("alert")
    expect(alert).to_contain_text("model.onnx of my sentences is cut short: 1,000 of 22,928,619")
    expect(alert).to_contain_text("Copy it anew")
    page.get_by_role("button", name="Forget my sentences").click()
    expect(added).to_have_count(0)
    assert weights.is_file()


def test_steps_are_switched_off_and_who_is_sent_what_is_said(page: Page, house: House) -> None:
    page.goto(f"{house.url}/settings")
    expect(page.get_by_text("Nothing leaves this computer.")).to_be_visible()
    for name, setting in (("Transcripts", "review"), ("Chapters", "chapters")):
        switch = page.get_by_role("switch", name=name)
        expect(switch).to_be_checked()
        switch.click(force=True)
        until(lambda setting=setting: kept(house, f"enrich.{setting}") == "off")
    expect(page.get_by_role("switch", name="Summaries", exact=True)).to_be_checked()
    page.get_by_label("Address of the other model").fill("http://localhost:11434")
    name = page.get_by_label("Name of the other model")
    name.focus()
    expect(page.get_by_text("Both are needed")).to_be_visible()
    name.fill("llama3.2")
    name.blur()
    until(lambda: kept(house, "enrich.endpoint") == "http://localhost:11434 llama3.2")
    models = page.get_by_role("region", name="Models")
    expect(models.get_by_text("http://localhost:11434")).to_be_visible()
    expect(page.get_by_text("What is said is sent to http://localhost:11434.")).to_be_visible()
