"""What a job's child and the backend say to each other through the pipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.document import DocumentKind
from backend.core.fault import Fault
from backend.core.job import Job
from backend.core.progress import Stage
from backend.core.session import Session
from backend.settings import Choices

# To the child


@dataclass(frozen=True, slots=True)
class Assignment:
    """All that a child is told: it never opens the database."""

    job: Job
    session: Session
    work: Path
    """Folder for this session's unfinished files; it exists."""
    choices: Choices = field(default_factory=lambda: Choices({}))
    """What the owner wants done, and with what."""
    documents: Mapping[DocumentKind, Mapping[str, object]] = field(default_factory=dict)
    """What is known of the session, for jobs that build on it."""
    versions: Mapping[DocumentKind, int] = field(default_factory=dict)
    """Of these documents."""
    models: Path = Path()
    """Where weights that come in parts are put together."""
    made: Mapping[ArtifactKind, Artifact] = field(default_factory=dict)
    """The newest file of each kind that there is of the session, of whichever film."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Leave at the next check."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Reply to `Find` and `Keep`: where the artifact lies, None if there is none."""

    path: Path | None


# From the child


@dataclass(frozen=True, slots=True)
class Plan:
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Advance:
    stage: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Find:
    key: str


@dataclass(frozen=True, slots=True)
class Made:
    """A finished, verified and synced `.part` file that wants its name."""

    kind: ArtifactKind
    key: str
    part: Path
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """The work is complete. `made` is recorded in the same transaction as the job's end."""

    result: Mapping[str, object]
    made: Made | None = None
    documents: Mapping[DocumentKind, Mapping[str, object]] = field(default_factory=dict)
    """What was found out; recorded in the same transaction."""


@dataclass(frozen=True, slots=True)
class Left:
    """The child was asked to stop, and has."""


@dataclass(frozen=True, slots=True)
class Failed:
    fault: Fault


FromChild = Plan | Advance | Find | Made | Done | Left | Failed
ToChild = Assignment | Stop | Answer
