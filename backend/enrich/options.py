"""What may be asked of an enrichment; light enough to be loaded by who asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.core.fault import FaultError
from backend.core.time import TimeRange
from backend.enrich.models import (
    Model,
    Purpose,
    choose,
    how_to_add,
)
from backend.enrich.owned import known_models


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    model: Model
    cache: Path
    """Where weights that come in parts are put together."""
    language: str | None = None
    """Code of ISO 639; None: what the recording sounds like."""
    only: TimeRange | None = None
    """The stretch of the film to review; None: all of it."""
    speakers: int = 0
    """How many are told apart; below two nobody is."""


@dataclass(frozen=True, slots=True)
class OutlineOptions:
    """Whatever is None is done without."""

    cache: Path
    """Where weights that come in parts are put together."""
    review: ReviewOptions | None = None
    meaning: Model | None = None
    reading: Model | None = None
    look: bool = True
    """Whether the picture counts."""
    lacking: tuple[str, ...] = ()
    """What would make it better, and how to have it."""


_BETTER = {
    Purpose.SPEECH: "What is said could not be heeded: there is no model of speech.",
    Purpose.MEANING: "With a model of what sentences mean it would be better.",
    Purpose.READING: "With a model that reads, text on screen would name them.",
}


def meaning_model(
    models: Sequence[Model], wanted: str | None
) -> tuple[Model | None, tuple[str, ...]]:
    """The model of what sentences mean: the wanted one, else the best there is, and what to do
    about one that is wanted and not there."""
    try:
        return choose(Purpose.MEANING, models, wanted), ()
    except FaultError as error:
        words = f"{error.fault.message} {error.fault.hint}"
        return choose(Purpose.MEANING, models), (words,)


def outline_options(
    cache: Path,
    speech: str | None = None,
    language: str | None = None,
    look: bool = True,
    meaning: str | None = None,
    speakers: int = 0,
) -> OutlineOptions:
    """The best that is installed. `speech`, `meaning`: the models that are wanted for them;
    `speakers`: how many are told apart.

    Raises FaultError where the one for speech is not there; without the other it works, too.
    """
    models = known_models(cache)
    wanted = [Purpose.SPEECH, Purpose.MEANING, *([Purpose.READING] if look else [])]
    found: dict[Purpose, Model] = {}
    lacking: list[str] = []
    for purpose in wanted:
        if purpose is Purpose.MEANING:
            chosen, gone = meaning_model(models, meaning)
            lacking += gone
        else:
            chosen = choose(purpose, models, speech if purpose is Purpose.SPEECH else None)
        if chosen is not None:
            found[purpose] = chosen
        else:
            known = next(model for model in models if model.purpose is purpose)
            lacking.append(f"{_BETTER[purpose]} {how_to_add(known)}")
    heard = found.get(Purpose.SPEECH)
    return OutlineOptions(
        cache,
        None if heard is None else ReviewOptions(heard, cache, language, speakers=speakers),
        found.get(Purpose.MEANING),
        found.get(Purpose.READING),
        look,
        tuple(lacking),
    )
