"""What work in a child may ask of whoever runs it.

Media and enrichment code takes a `Context` and knows nothing of queues, pipes or processes. In a
job the child's end of the pipe implements it; a command or a test may bring a simpler one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from backend.core.artifact import ArtifactKind
from backend.core.progress import Stage


class Stopped(Exception):
    """Raised inside work that was asked to end: cancelled, paused, preempted, or quitting.

    Not an error. Work lets it pass, closing what it opened; its unfinished files are removed by
    whoever asked.
    """


class Watch(Protocol):
    """All that work needs which only looks at a file: to tell how far it is, and to stop."""

    def plan(self, stages: Sequence[Stage]) -> None:
        """Announce the stages of this job, in order, before the first of them begins."""

    def progress(self, stage: str, fraction: float) -> None:
        """Tell how much of a stage is done, 0 to 1, from bytes, frames or samples worked through.

        Cheap: call it as often as there is something to tell.
        """

    def check(self) -> None:
        """Raise `Stopped` when the work must end. Call it at least every 100 ms of work."""


class Context(Watch, Protocol):
    """The one argument through which a job's work talks to the outside."""

    def find(self, key: str) -> Path | None:
        """The finished artifact of that key, if it was made before."""

    def part(self, key: str, suffix: str) -> Path:
        """Where to write the unfinished file of an artifact; its name contains `.part`."""

    def keep(
        self, kind: ArtifactKind, key: str, part: Path, facts: Mapping[str, object] | None = None
    ) -> Path:
        """Hand over a finished, verified and fsynced `.part` file. Returns its final path.

        Returns only when the artifact is recorded: after that no crash can undo it.
        """

    def reach(self, point: str) -> None:
        """Pass a named point of the work. Does nothing, except where a test strikes there."""
