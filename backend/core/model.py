"""A model as its owner is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from backend.core.fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    name: str
    purpose: str
    """speech, meaning, reading or voice."""
    title: str
    licence: str
    languages: str
    size: int
    """Bytes of its weights."""
    installed: bool
    offer: str
    """How to have it where it is not installed; else empty."""
    folder: str | None
    """Of a model that the owner added."""
    in_use: bool
    setting: str | None
    """Name of the preference that chooses it; None where there is nothing to choose."""
    speed: float | None = None
    """Of its last run on this machine; None where it has not worked here yet."""
    speed_unit: str = ""
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What became of looking at a model's files one by one, and of a trial."""

    files: Mapping[str, Fault | None]
    """By name: what is wrong with it."""
    trouble: Fault | None
    """Why it cannot be used; None where it works."""
