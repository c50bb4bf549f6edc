"""The models of a library: told, added, verified and tried.

Weights come from anywhere, so that they are loaded in a process of their own only.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

from backend.core.context import Context
from backend.core.fault import Category, Fault, FaultError
from backend.core.model import ModelCheck, ModelFacts
from backend.core.time import TimeRange, seconds
from backend.enrich.catalogue import BUNDLED, SILERO
from backend.enrich.models import (
    Model,
    Purpose,
    choose,
    engine_lacks,
    how_to_add,
    installed,
    verify_files,
)
from backend.enrich.options import ReviewOptions, meaning_model
from backend.enrich.owned import describe, forget_model, keep_model, known_models, require_free
from backend.enrich.speeds import speed_of
from backend.settings import Choices, Settings
from backend.store.library import Library
from backend.work.hear import on_shelf

CHOSEN_BY = {Purpose.SPEECH: "enrich.model", Purpose.MEANING: "enrich.meaning"}
"""Preferences with the name of the model to use, by what for."""
UNITS = {Purpose.SPEECH: "times real time", Purpose.MEANING: "sentences a second"}
TRIED = TimeRange(seconds(0), seconds(15))
"""Stretch of the sample's narration that a model of speech is tried with."""


class ModelKeeper:
    """`services.Models` over the library's folder for models."""

    def __init__(self, settings: Settings, library: Library) -> None:
        self._cache = settings.models
        self._library = library
        self._lock = threading.Lock()

    def all(self) -> list[ModelFacts]:
        choices = Choices(self._library.preferences.all())
        known = (*known_models(self._cache), SILERO)
        wanted = {Purpose.SPEECH: choices.speech_model, Purpose.MEANING: choices.meaning_model}
        used = {name for p in Purpose if (name := _used(p, known, wanted.get(p)))}
        return [self._told(model, model.name in used) for model in known]

    def add(self, folder: Path, name: str | None, check: Callable[[], None]) -> ModelFacts:
        model = describe(folder, name, check)
        require_free(self._cache, model)
        if not engine_lacks(model.purpose):
            try_model(model, self._cache, check)
        with self._lock:
            keep_model(self._cache, model)
        return self._fact(model.name)

    def forget(self, name: str) -> None:
        model = model_called(name, self._cache)
        if model.folder is None:
            raise PermissionError(name)
        with self._lock:
            forget_model(self._cache, name)
        setting = CHOSEN_BY.get(model.purpose)
        if setting is not None and self._library.preferences.all().get(setting) == name:
            self._library.preferences.set(setting, None)

    def verify(
        self, name: str, check: Callable[[], None], tell: Callable[[float], None]
    ) -> ModelCheck:
        return check_model(model_called(name, self._cache), self._cache, tell, check)

    def _fact(self, name: str) -> ModelFacts:
        return next(facts for facts in self.all() if facts.name == name)

    def _told(self, model: Model, used: bool) -> ModelFacts:
        there = installed(model) and not engine_lacks(model.purpose)
        speed = speed_of(self._cache, model) if there else None
        offer = "" if there else how_to_add(model)
        if not there and installed(model):
            offer = _engine_offer(model)
        return ModelFacts(
            name=model.name,
            purpose=str(model.purpose),
            title=model.title,
            licence=model.licence,
            languages=model.languages,
            size=model.size,
            installed=there,
            offer=offer,
            folder=model.folder,
            in_use=used,
            setting=CHOSEN_BY.get(model.purpose),
            speed=None if speed is None else speed.amount,
            speed_unit="" if speed is None else UNITS[model.purpose],
            measured_at=None if speed is None else speed.measured_at,
        )


def model_called(name: str, cache: Path) -> Model:
    """Raises KeyError for no such model."""
    for model in (*known_models(cache), SILERO):
        if model.name == name:
            return model
    raise KeyError(name)


def installed_models(cache: Path) -> list[Model]:
    return [model for model in (*known_models(cache), SILERO) if installed(model)]


def _used(purpose: Purpose, models: Sequence[Model], wanted: str | None) -> str | None:
    if purpose is Purpose.MEANING:
        chosen, _ = meaning_model(models, wanted)
    else:
        try:
            chosen = choose(purpose, models, wanted)
        except FaultError:
            return None  # what the owner wants is not there
    return None if chosen is None else chosen.name


def _engine_offer(model: Model) -> str:
    """How to have what runs a model, whose weights are there."""
    alike = next(one for one in (*BUNDLED, SILERO) if one.purpose is model.purpose)
    return f"What runs it is not installed. {how_to_add(alike)}"


def check_model(
    model: Model,
    cache: Path,
    tell: Callable[[float], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> ModelCheck:
    """Compare every file of a model with its sha256, and try it where all are right.

    `tell` hears how much is done, 0 to 1; `check` raises to stop it.
    """
    files = verify_files(model, check, lambda done: tell(done * 0.5))
    trouble = next((fault for fault in files.values() if fault is not None), None)
    if trouble is None and engine_lacks(model.purpose):
        trouble = Fault(Category.MODEL, f"{model.title} cannot run here.", _engine_offer(model))
    if trouble is None:
        try:
            try_model(model, cache, check, lambda done: tell(0.5 + done * 0.5))
        except FaultError as error:
            trouble = error.fault
    tell(1.0)
    return ModelCheck(files, trouble)


def try_model(
    model: Model,
    cache: Path,
    check: Callable[[], None],
    tell: Callable[[float], None] = lambda _: None,
) -> None:
    """Load a model, and let it work for some seconds; how fast it is then is remembered.

    Raises FaultError that says why it cannot be used.
    """
    if model.purpose not in CHOSEN_BY:
        return
    narration = resources.files("backend.media") / "narration.opus"
    with resources.as_file(narration) as path, tempfile.TemporaryDirectory() as shelf:
        try:
            on_shelf(_trial, path, (model, cache), Path(shelf), tell, check)
        except FaultError as error:
            fault = error.fault
            if fault.category is Category.CRASH:
                raise FaultError(
                    replace(
                        fault,
                        category=Category.MODEL,
                        message=f"{model.title} made the process crash that loaded it.",
                        hint="Its files are damaged or of another kind. Get them anew.",
                    )
                ) from error
            raise


def _trial(path: Path, source: str, tried: tuple[Model, Path], ctx: Context) -> None:
    model, cache = tried
    if model.purpose is Purpose.SPEECH:
        from backend.enrich.review import review

        review(path, source, ReviewOptions(model, cache, "en", TRIED), ctx)
    else:
        from backend.enrich.meaning import Meaning

        Meaning(model, cache, ctx.check).measure(cache, model)
