"""Jobs: what work there is, and the states it moves through.

    pending ──► queued ──► running ──► completed
       │         ▲ │ ▲        │ │
       │         │ │ └────────┘ ├────► failed
       │    delayed│  (yielded,  │
       │         ▲ │  recovered) ├────► cancelled
       │         └─┼─────────────┘
       └──► paused ◄┘

Every arrow is in `TRANSITIONS`; the store moves a job only along them, with an update that names
the state it moves from. `failed` and `cancelled` leave their state by the owner's retry alone.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from backend.core.fault import Category, Fault

MAX_ATTEMPTS = 3
BACKOFF = (2.0, 8.0)
"""Seconds before the second and the third attempt, before jitter."""


class JobStatus(StrEnum):
    PENDING = "pending"
    """Waits for another job to end."""
    QUEUED = "queued"
    DELAYED = "delayed"
    """Waits for the time of its next attempt, or of its first."""
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        return self in TERMINAL


TERMINAL = frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED})
ACTIVE = frozenset(JobStatus) - TERMINAL

TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.QUEUED, JobStatus.PAUSED, JobStatus.CANCELLED}),
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.CANCELLED}),
    JobStatus.DELAYED: frozenset({JobStatus.QUEUED, JobStatus.PAUSED, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset(
        {
            JobStatus.COMPLETED,
            JobStatus.FAILED,
            JobStatus.CANCELLED,
            JobStatus.QUEUED,
            JobStatus.DELAYED,
            JobStatus.PAUSED,
        }
    ),
    JobStatus.PAUSED: frozenset({JobStatus.QUEUED, JobStatus.PENDING, JobStatus.CANCELLED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset({JobStatus.QUEUED, JobStatus.PENDING}),
    JobStatus.CANCELLED: frozenset({JobStatus.QUEUED, JobStatus.PENDING}),
}


class Priority(IntEnum):
    """Lower numbers run first; first in, first out within one."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


class Lane(StrEnum):
    """Jobs of one lane share a limit; lanes do not wait for each other."""

    READY = "ready"
    VIDEO = "video"
    COPY = "copy"
    ENRICH = "enrich"
    LIGHT = "light"


LIMITS: Mapping[Lane, int] = {
    Lane.READY: 1,
    Lane.VIDEO: 1,
    Lane.COPY: 2,
    Lane.ENRICH: 5,
    Lane.LIGHT: 2,
}
"""Jobs at a time, unless the owner sets other limits."""


class JobKind(StrEnum):
    MERGE = "merge"
    """Put picture and sound together into the film."""
    WAVEFORM = "waveform"
    THUMBNAILS = "thumbnails"
    OPTIMISE = "optimise"
    """Make the film smaller, while it plays already."""
    REVIEW = "review"
    """Write down what is said."""
    CHAPTERS = "chapters"
    """Find where it turns to something else, and read what is on screen."""
    SUMMARY = "summary"
    """Say what it is about."""
    CANVAS = "canvas"
    """Put what was found on one page, with pictures."""
    SOUNDTRACK = "soundtrack"
    """Make a file of the sound alone, for its owner to take along."""


@dataclass(frozen=True, slots=True)
class KindRules:
    """How jobs of one kind are run."""

    lane: Lane
    memory: int
    """Bytes that must be free before one starts."""
    family: str | None
    """First words of the events that its transitions are also known by."""


RULES: Mapping[JobKind, KindRules] = {
    JobKind.MERGE: KindRules(Lane.READY, 384 << 20, "media-processing"),
    JobKind.WAVEFORM: KindRules(Lane.LIGHT, 128 << 20, None),
    JobKind.THUMBNAILS: KindRules(Lane.LIGHT, 192 << 20, None),
    JobKind.OPTIMISE: KindRules(Lane.VIDEO, 768 << 20, None),
    JobKind.REVIEW: KindRules(Lane.ENRICH, 640 << 20, "enrichment-job"),
    JobKind.CHAPTERS: KindRules(Lane.ENRICH, 1 << 30, "enrichment-job"),
    JobKind.SUMMARY: KindRules(Lane.ENRICH, 256 << 20, "enrichment-job"),
    JobKind.CANVAS: KindRules(Lane.ENRICH, 384 << 20, "enrichment-job"),
    JobKind.SOUNDTRACK: KindRules(Lane.COPY, 128 << 20, None),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work on one session, as it stood when it was read."""

    id: int
    session: str
    kind: JobKind
    lane: Lane
    status: JobStatus
    priority: Priority
    options: Mapping[str, object] = field(default_factory=dict)
    attempt: int = 0
    """Attempts that have begun, less those that were given back."""
    max_attempts: int = MAX_ATTEMPTS
    token: str | None = None
    """Of the claim that runs it: an ending that cannot show it changes nothing."""
    stage: str | None = None
    fault: Fault | None = None
    result: Mapping[str, object] = field(default_factory=dict)
    cancel_requested: bool = False
    pause_requested: bool = False
    not_before: datetime | None = None
    units: float | None = None
    """Size of the work, in the unit that `core.progress` rates this kind by."""
    work_seconds: float | None = None
    """Seconds that the attempt which completed it took."""
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None

    @property
    def is_refresh(self) -> bool:
        """Whether nobody asked for it: it brings what was made before up to date."""
        return bool(self.options.get(REFRESH))


REFRESH = "refresh"
"""Option of a job that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a running job whose attempt did not complete."""

    status: JobStatus
    fault: Fault | None
    delay: float = 0.0
    """Seconds before the next attempt, for DELAYED."""


def after_failure(
    fault: Fault, attempt: int, max_attempts: int, jitter: random.Random | None = None
) -> Ending:
    """Whether a failed attempt is followed by another, and when.

    `attempt` counts from 1 and includes the one that failed. Full delays are spread by up to a
    quarter so that jobs which failed together do not come back together.
    """
    if fault.category is Category.CANCELLED:
        return Ending(JobStatus.CANCELLED, fault)
    if not fault.can_retry or attempt >= max_attempts:
        return Ending(JobStatus.FAILED, fault)
    delay = BACKOFF[min(attempt, len(BACKOFF)) - 1]
    return Ending(
        JobStatus.DELAYED, fault, delay * (jitter or random.SystemRandom()).uniform(1, 1.25)
    )


def after_interruption(attempt: int, max_attempts: int) -> Ending:
    """What becomes of a job that was running when the backend died.

    Its attempt counts, since it may be what killed the machine; it goes on at once, because
    nothing says that waiting would help.
    """
    if attempt >= max_attempts:
        return Ending(
            JobStatus.FAILED,
            Fault(
                Category.CRASH,
                f"Rushes was interrupted {attempt} times while it did this, and set it aside.",
                "Retry it when the machine is at rest. What was finished is kept.",
            ),
        )
    return Ending(JobStatus.QUEUED, None)
