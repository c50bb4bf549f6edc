"""What happened, in the order in which it was committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from backend.core.job import RULES, JobKind, JobStatus

PROGRESS = "job-progress"
SESSION_CREATED = "session-created"
SESSION_UPDATED = "session-updated"
SESSION_DELETED = "session-deleted"
QUEUE_CHANGED = "queue-changed"
"""Paused, resumed, or other limits."""

MODEL_PROGRESS = "model-progress"
"""How far the verifying of a model is; told, and not kept."""

_FAMILY_WORDS = {
    JobStatus.PENDING: "created",
    JobStatus.RUNNING: "started",
    JobStatus.COMPLETED: "completed",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One committed fact. `id` is None for progress, which is told but not kept."""

    id: int | None
    name: str
    at: datetime
    session: str | None = None
    job: int | None = None
    data: Mapping[str, object] = field(default_factory=dict)

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "event": self.name,
            "at": self.at.isoformat(),
            "session": self.session,
            "job": self.job,
            **self.data,
        }


def names_of(kind: JobKind, status: JobStatus) -> tuple[str, ...]:
    """Names under which a job's arrival in `status` is told: its own, then its family's."""
    family, word = RULES[kind].family, _FAMILY_WORDS.get(status)
    if family is None or word is None or (word == "created" and family == "media-processing"):
        return (f"job-{status}",)
    return (f"job-{status}", f"{family}-{word}")


def retry_names_of(kind: JobKind) -> tuple[str, ...]:
    """Names that tell of a second attempt, the owner's or Rushes' own."""
    family = RULES[kind].family
    return ("job-retried",) if family is None else ("job-retried", f"{family}-retried")


def progress_names_of(kind: JobKind) -> tuple[str, ...]:
    family = RULES[kind].family
    return (PROGRESS,) if family is None else (PROGRESS, f"{family}-progress")
