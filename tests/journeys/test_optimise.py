"""A film gets smaller from the command, across kills of the child and of the backend."""

from __future__ import annotations

import time
from pathlib import Path

import av
import pytest

from backend.points import SHRINKING
from tests.journeys.conftest import PATIENCE, Theatre, listed
from tests.recordings import write_grain

SECONDS = 16
"""Two chunks."""


@pytest.fixture(scope="module")
def grain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grain") / "Grain"
    write_grain(folder / "video.mp4", SECONDS)
    return folder


def optimised(theatre: Theatre, session: str, *words: str) -> int:
    """Ask for a smaller film, until an answer says what became of it. The exit code."""
    for _ in range(3):
        done = theatre.run("optimise", "--wait", session, *words)
        if "ended while it was asked" not in done.stderr:
            break
    return done.returncode


@pytest.mark.parametrize(
    ("point", "action"), [(SHRINKING[0], "kill-parent"), (SHRINKING[1], "kill")]
)
def test_a_kill_in_mid_work_costs_nothing(
    theatre: Theatre, grain: Path, tmp_path: Path, point: str, action: str
) -> None:
    marks = tmp_path / "marks"
    theatre.arm(f"{point}={action}", marks)
    assert theatre.run("process", "--wait", "done", "--no-optimise", grain).returncode == 0
    (before,) = theatre.films()
    size, session = before.stat().st_size, listed(theatre.ask("sessions", "list"), "sessions")[0]
    assert optimised(theatre, session["id"]) == 0
    assert (marks / f"{point}.{action}").exists(), f"{point} was never reached"
    end = time.monotonic() + PATIENCE
    while before in theatre.films():
        assert time.monotonic() < end, "the old film does not go"
        time.sleep(0.05)
    (film,) = theatre.films()
    assert film.stat().st_size < 0.6 * size
    with av.open(str(film)) as container:
        # Each picture differs from the one before: nothing is left out.
        assert sum(1 for _ in container.decode(video=0)) == SECONDS * 8
    assert theatre.unfinished() == []
    assert list(theatre.films_folder.glob(".work/*/*")) == []
    theatre.until_deserted()
