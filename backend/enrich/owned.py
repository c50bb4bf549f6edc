"""Models that the owner added: folders that are looked at once, kept in mind, and never changed."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from backend.core.fault import Category, FaultError, explain, refuse
from backend.enrich.catalogue import BUNDLED, SILERO
from backend.enrich.models import Model, Purpose, sha256_of

_ENGLISH = 51_864
_MULTILINGUAL = (51_865, 51_866)
"""Words of Whisper's vocabularies: of weights for English, for many languages, and for one more."""
_LIST = "added.json"
_SPEECH = ("model.bin", "config.json", "tokenizer.json")
_KEPT = (".bin", ".json", ".txt", ".onnx", ".onnx_data", ".data")
"""Ends of the names of files that belong to a model."""
_ITS_MAKER = "as its maker says"
_HINT = (
    "Choose a folder with model.bin, config.json, tokenizer.json and a vocabulary, which is a"
    " Whisper model for CTranslate2; or one with model.onnx and tokenizer.json, which tells what"
    " sentences mean."
)
_RENAME = "Give it another name: rushes models add FOLDER --name NAME; or rename its folder."


def known_models(cache: Path) -> Sequence[Model]:
    """The models of a library: those of the extras, and those that its owner added. `cache` is the
    library's folder for models."""
    return (*BUNDLED, *added_models(cache))


def added_models(cache: Path) -> tuple[Model, ...]:
    """In the order in which they were added. What cannot be read of the list is left out."""
    try:
        rows = json.loads((cache / _LIST).read_bytes())["models"]
    except (OSError, ValueError, TypeError, KeyError):
        return ()
    return tuple(model for row in rows if (model := _model(row)) is not None)


def require_free(cache: Path, model: Model) -> None:
    """Raises FaultError (model) where another one has its name."""
    others = [one for one in added_models(cache) if one.folder != model.folder]
    if any(one.name == model.name for one in (*BUNDLED, SILERO, *others)):
        raise refuse(
            Category.MODEL,
            f"There is a model called “{model.name}” already.",
            _RENAME,
        )


def keep_model(cache: Path, model: Model) -> None:
    """Add a model to the list, in the place of the one from the same folder. Raises FaultError."""
    require_free(cache, model)
    others = [one for one in added_models(cache) if one.folder != model.folder]
    _write(cache, (*others, model))


def forget_model(cache: Path, name: str) -> None:
    """Take a model off the list; its folder stays as it is. Raises KeyError for no such one."""
    before = added_models(cache)
    left = [model for model in before if model.name != name]
    if len(left) == len(before):
        raise KeyError(name)
    _write(cache, left)


def describe(
    folder: Path, name: str | None = None, check: Callable[[], None] = lambda: None
) -> Model:
    """The model in a folder of the owner's: weights for speech that CTranslate2 reads, or a model
    of sentences for ONNX. Told by its files; whether it can be loaded only a trial can tell.

    Raises FaultError that names what is missing or of the wrong kind.
    """
    called = name or folder.name
    if called == "auto" or not called.isprintable() or not called.strip():
        raise refuse(Category.MODEL, f"A model cannot be called “{called}”.", _RENAME)
    try:
        _require_folder(folder)
        weights = _weights_in(folder)
        if weights.endswith(".onnx"):
            if not (folder / "tokenizer.json").is_file():
                raise refuse(Category.MODEL, f"“{folder.name}” has no tokenizer.json.", _HINT)
            purpose, many, languages = Purpose.MEANING, False, _ITS_MAKER
        else:
            many = _is_multilingual(folder)
            purpose, languages = Purpose.SPEECH, "99 languages" if many else "English"
        files = _files(folder, weights)
        sums = {one: sha256_of((folder / one,), lambda _: check()) for one in files}
        sizes = {one: (folder / one).stat().st_size for one in files}
    except OSError as error:
        raise FaultError(explain(error, f"read the model in “{folder}”")) from error
    return Model(
        called,
        purpose,
        called,
        _ITS_MAKER,
        languages,
        many,
        sum(sizes.values()),
        "",
        folder=str(folder),
        sums=sums,
        sizes=sizes,
    )


def _require_folder(folder: Path) -> None:
    if folder.is_dir():
        next(folder.iterdir(), None)  # may the owner's Rushes look into it?
        return
    words = "is a file; a model is a folder" if folder.exists() else "is not there"
    raise refuse(Category.MODEL, f"“{folder}” {words}.", _HINT)


def _weights_in(folder: Path) -> str:
    """The file of weights, relative to the folder; model.bin where it should be one for speech."""
    if (folder / "model.bin").is_file():
        return "model.bin"
    for usual in ("model.onnx", "onnx/model.onnx"):
        if (folder / usual).is_file():
            return usual
    found = sorted(path.name for path in folder.glob("*.onnx"))
    if len(found) == 1:
        return found[0]
    if found:
        raise refuse(
            Category.MODEL,
            f"“{folder.name}” holds {len(found)} models: {', '.join(found[:4])}.",
            "Call the one that is meant model.onnx.",
        )
    if any((folder / name).is_file() for name in ("config.json", "vocabulary.txt")):
        return "model.bin"
    raise refuse(Category.MODEL, f"“{folder.name}” holds no model that Rushes can use.", _HINT)


def _is_multilingual(folder: Path) -> bool:
    """Of a Whisper model. Raises FaultError (model) where it is none, OSError."""
    for name in _SPEECH:
        if not (folder / name).is_file():
            raise refuse(Category.MODEL, f"“{folder.name}” has no {name}.", _HINT)
    try:
        config = json.loads((folder / "config.json").read_bytes())
        words = _vocabulary(folder)
    except (FileNotFoundError, ValueError, TypeError):
        raise refuse(
            Category.MODEL, f"The description of “{folder.name}” cannot be read.", _HINT
        ) from None
    recognises = isinstance(config, dict) and bool(config.get("alignment_heads"))
    if not recognises or words not in (_ENGLISH, *_MULTILINGUAL):
        raise refuse(
            Category.MODEL, f"“{folder.name}” holds a model that does not recognise speech.", _HINT
        )
    return words != _ENGLISH


def _vocabulary(folder: Path) -> int:
    """Number of words. Raises OSError, ValueError."""
    if (folder / "vocabulary.json").is_file():
        return len(json.loads((folder / "vocabulary.json").read_bytes()))
    return len((folder / "vocabulary.txt").read_text("utf-8").rstrip("\n").split("\n"))


def _files(folder: Path, weights: str) -> list[str]:
    """Files of a model, its weights first."""
    beside = (folder / weights).parent
    found = {path for place in {folder, beside} for path in place.iterdir()}
    other = (".bin", ".onnx") if weights.endswith(".onnx") else (".onnx",)
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in found
        if path.suffix in _KEPT and path.suffix not in other and path.is_file()
    )
    return [weights, *(name for name in names if name != weights)]


def _model(row: Any) -> Model | None:
    try:
        return Model(**{**row, "purpose": Purpose(row["purpose"]), "weights": ()})
    except (TypeError, ValueError, KeyError):
        return None


def _write(cache: Path, models: Sequence[Model]) -> None:
    names = [field.name for field in fields(Model) if field.name != "weights"]
    rows = [{name: asdict(model)[name] for name in names} for model in models]
    write_json(cache / _LIST, {"models": rows})


def write_json(path: Path, told: dict[str, object]) -> None:
    """Write a small file whole, by rename. Raises FaultError (storage)."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as file:
            json.dump(told, file, indent=1)  # ASCII: names of folders may be any bytes
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise FaultError(explain(error, f"keep {path.name}")) from error
    finally:
        part.unlink(missing_ok=True)
