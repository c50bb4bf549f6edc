"""Named points of the work, at which a test may strike.

A point is passed with `reach(name)`, which does nothing in daily use. When RUSHES_STRIKE is set to
`point=action` (several with commas), the process kills itself, or its parent, the first time that
it passes the point, and leaves a file that says so in the folder RUSHES_STRIKE_MARKS: a test whose
point was never reached has shown nothing.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

POINTS = (
    "session-stored",
    "job-claimed",
    "child-started",
    "film-open",
    "film-half",
    "chunk-written",
    "sound-written",
    "film-written",
    "film-checked",
    "child-done",
    "artifact-prepared",
    "artifact-named",
    "job-finished",
    "manifest-written",
)
"""Every point of the main job, in the order in which it passes them."""

WINDOW_POINTS = (
    "backend-wanted",
    "backend-found",
    "paths-noted",
    "paths-heard",
    "paths-imported",
    "page-greeted",
)
"""Those of the shell: between them it can be killed, and what it was handed is not lost."""

SHRINKING = (
    "shrunk-chunk-kept",
    "smaller-film-written",
)
"""Further points of the job that makes a film smaller."""

DRAWING = ("pictures-kept",)
"""Of the job that draws a canvas: the pictures of one chapter are chosen."""


def _armed() -> dict[str, str]:
    strikes = os.environ.get("RUSHES_STRIKE", "")
    return dict(strike.split("=", 1) for strike in strikes.split(",") if "=" in strike)


_STRIKES = _armed()


def reach(point: str) -> None:
    """Pass `point`."""
    action = _STRIKES.get(point)
    if action is None:
        return
    mark = Path(os.environ["RUSHES_STRIKE_MARKS"]) / f"{point}.{action}"
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return  # once is enough: the next life of the process passes
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action == "kill-parent":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)  # the end of the pipe ends us
    elif action == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
