"""What may be asked of an enrichment; light enough to be loaded by who asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from backend.core.time import TimeRange
from backend.enrich.models import Model


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    model: Model
    cache: Path
    """Where weights that come in parts are put together."""
    language: str | None = None
    """Code of ISO 639; None: what the recording sounds like."""
    only: TimeRange | None = None
    """The stretch of the film to review; None: all of it."""
