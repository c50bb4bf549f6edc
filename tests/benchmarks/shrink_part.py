"""One film made smaller, as the job does it, in a process of its own: `shrink_part FILM OUT`.

CORES limits the processors that it may use.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from backend.core.artifact import ArtifactKind
from backend.core.progress import Stage
from backend.media.optimise import optimise


class Alone:
    """A context in which nobody listens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def plan(self, stages: Sequence[Stage]) -> None: ...

    def progress(self, stage: str, fraction: float) -> None: ...

    def check(self) -> None: ...

    def reach(self, point: str) -> None: ...

    def find(self, key: str) -> Path | None:
        return None

    def part(self, key: str, suffix: str) -> Path:
        return self._folder / f"{key}{suffix}"

    def keep(
        self, kind: ArtifactKind, key: str, part: Path, facts: Mapping[str, object] | None = None
    ) -> Path:
        return part


def main(film: Path, output: Path) -> None:
    if cores := int(os.environ.get("CORES", "0")):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        outcome = optimise(film, "bench", output, Alone(Path(folder)))
    print(json.dumps({"smaller": outcome.smaller, "said": outcome.said, **outcome.facts}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
