"""How fast models are on this machine: what the last real run of each came to."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from backend.core.fault import FaultError
from backend.enrich.models import Model
from backend.enrich.owned import write_json

LEAST = 5.0
"""Seconds of speech below which a run says nothing about a model."""
_FOLDER = "speeds"


@dataclass(frozen=True, slots=True)
class Speed:
    amount: float
    """Seconds of speech a second for models of speech; texts a second for those of meaning."""
    measured_at: datetime


def remember_speed(cache: Path, model: Model, amount: float) -> None:
    """Keep how fast a model just was. What cannot be written is forgotten: it is no result."""
    told: dict[str, object] = {"amount": amount, "at": datetime.now(UTC).isoformat()}
    with contextlib.suppress(FaultError):
        write_json(_file(cache, model), told)


def speed_of(cache: Path, model: Model) -> Speed | None:
    """None where it has not worked here yet."""
    try:
        told = json.loads(_file(cache, model).read_bytes())
        return Speed(float(told["amount"]), datetime.fromisoformat(told["at"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _file(cache: Path, model: Model) -> Path:
    return cache / _FOLDER / f"{model.fingerprint[:16]}.json"
