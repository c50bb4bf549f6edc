"""`rushes models`: listed, added, used by a job, verified, refused and forgotten."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import folder_of
from tests.cli.conftest import Rushes
from tests.enrich.conftest import lines, shared, talk_of

__all__ = ["shared"]


@pytest.fixture
def weights(rushes: Rushes) -> Path:
    """A folder of the owner's with a small model of speech."""
    tiny = next(model for model in BUNDLED if model.name == "whisper-tiny.en")
    folder = rushes.place / "My weights"
    folder.mkdir()
    for name in (weight.name for weight in tiny.weights):
        shutil.copy(folder_of(tiny, rushes.data) / name, folder / name)
    return folder


def listed(rushes: Rushes) -> dict[str, dict[str, object]]:
    return {model["name"]: model for model in rushes("models", "--json").lines}


def test_a_model_that_was_added_is_used(rushes: Rushes, weights: Path, shared: Path) -> None:
    added = rushes("models", "add", "My weights", "--name", "mine", "--json")
    assert added.code == 0, added
    assert added.lines[-1]["event"] == "added" and added.lines[-1]["languages"] == "English"
    assert added.lines[-1]["speed"] > 0
    assert added.lines[-1]["folder"] == str(weights)
    assert rushes("models", "use", "mine").code == 0
    found = listed(rushes)
    assert found["mine"]["in_use"] and not found["whisper-base"]["in_use"]
    assert found["minilm"]["in_use"], "another purpose was touched"
    talk = rushes.place / "talk.flac"
    talk_of(talk, lines(shared, 1), [0.5])
    rushes.environment["RUSHES_SETTINGS"] = "enrich=on"
    ran = rushes("process", talk, "--wait", "done", "--json")
    assert ran.code == 0, ran
    heard = rushes("transcribe", ran.lines[-1]["session"], "--json").lines[-1]
    assert heard["model"] == "mine" and heard["segments"]
    # A file is listened to with what its owner uses, too, unless another model is named.
    aside = rushes("transcribe", talk, "--json").lines[-1]
    assert aside["model"] == "mine"
    named = rushes("transcribe", talk, "--model", "whisper-tiny.en", "--json").lines[-1]
    assert named["model"] == "whisper-tiny.en"
    rushes("settings", "set", "enrich.meaning", "gone")
    outlined = rushes("chapters", talk, "--json").lines[-1]
    assert any("called “gone”" in note for note in outlined["notes"])
    rushes("settings", "set", "enrich.model", "gone")
    for command in ("transcribe", "chapters", "summary", "canvas"):
        refused = rushes(command, talk)
        assert refused.code == 3 and "called “gone”" in refused.err, command
    assert rushes("transcribe", talk, "--model", "mine").code == 0
    assert rushes("models", "use", "mine").code == 0
    assert rushes("models", "forget", "mine").code == 0
    found = listed(rushes)
    assert "mine" not in found and found["whisper-base"]["in_use"]
    assert (weights / "model.bin").is_file()


def test_weights_are_verified_and_what_is_wrong_is_named(rushes: Rushes, weights: Path) -> None:
    verified = rushes("models", "verify", "whisper-tiny.en", "--json")
    assert verified.code == 0, verified
    assert verified.lines[-1]["event"] == "verified"
    assert [one["fault"] for one in verified.lines[-1]["files"]] == [None] * 4
    told = [line["progress"] for line in verified.lines if line["event"] == "progress"]
    assert told == sorted(told) and told[-1] == 1.0
    speed = listed(rushes)["whisper-tiny.en"]["speed"]
    assert isinstance(speed, float) and speed > 0
    assert rushes("models", "add", weights).code == 0
    with (weights / "model.bin").open("r+b") as file:
        file.truncate(1000)
    (weights / "vocabulary.txt").unlink()
    broken = rushes("models", "verify", "My weights")
    assert broken.code == 3
    assert "model.bin of My weights is cut short: 1,000 of 75,537,502 bytes" in broken.err
    assert "vocabulary.txt of My weights is missing" in broken.err
    assert "Copy it anew" in broken.err
    assert rushes("models", "verify", "nonesuch").code == 3


def test_what_is_no_model_is_refused(rushes: Rushes, weights: Path) -> None:
    with (weights / "model.bin").open("r+b") as file:
        file.truncate(30_000_000)
    short = rushes("models", "add", weights)
    assert short.code == 3
    assert "model.bin of My weights could not be loaded: it is cut short" in short.err
    assert rushes("models", "add", weights / "model.bin").code == 3
    assert rushes("models", "forget", "whisper-base").code == 3
    assert set(listed(rushes)) == {*(model.name for model in BUNDLED), "silero"}
