from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from backend.cli import progress
from backend.cli.output import Output
from backend.cli.progress import Progress

STAGES = [
    {"name": "reading", "label": "Reading 4 segments", "progress": 1.0},
    {"name": "film", "label": "Putting picture and sound together", "progress": 0.6},
    {"name": "checking", "label": "Checking the film", "progress": 0.0},
]


def session(status: str, **changes: Any) -> dict[str, Any]:
    job = {
        "id": 1,
        "kind": "merge",
        "status": status,
        "stage": "film" if status == "running" else None,
        "stages": STAGES if status == "running" else [],
        "seconds_left": 6.2,
        "speed": 84.0,
        **changes,
    }
    return {"id": "s", "title": "Stand-up \x1b[31m", "jobs": [job]}


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """A terminal that keeps what is drawn on it."""
    drawn = io.StringIO()

    def terminal(errors: bool = False) -> Console:
        return Console(file=drawn, force_terminal=True, width=100, markup=False, color_system=None)

    monkeypatch.setattr(progress, "console", terminal)
    return drawn


def shown(screen: io.StringIO, *states: dict[str, Any]) -> str:
    with Progress(Output(as_json=False)) as live:
        for state in states:
            live.show(state, None)
            live._live.refresh()
    return screen.getvalue()


def test_stages_have_bars_and_check_marks(screen: io.StringIO) -> None:
    text = shown(screen, session("running"))
    assert "Stand-up �[31m" in text, "a title cannot colour the screen"
    assert "✓" in text and "● " in text and "◌" in text
    assert "Reading 4 segments" in text and "100 %" in text and " 60 %" in text
    assert "about 6 s left · 84 × real time" in text
    assert "You can leave" in text


def test_what_waits_says_for_what(screen: io.StringIO) -> None:
    text = shown(screen, session("queued"), session("delayed"), session("paused"))
    assert "waits for its turn" in text and "tries again soon" in text and "is paused" in text
    assert "✓  Film" in shown(screen, session("completed"))
    assert "Film begins" in shown(screen, session("running", stages=[]))


def test_of_many_sessions_those_at_work_are_drawn(screen: io.StringIO) -> None:
    waiting = [{**session("queued"), "id": f"w{n}", "title": f"Waits {n}."} for n in range(20)]
    busy = {**session("running"), "id": "b", "title": "Busy"}
    text = shown(screen, *waiting, busy)
    last = text[text.rindex("Busy") :]
    assert "Waits 6." in last and "Waits 7." not in last
    assert "and 13 more sessions" in last


def test_a_job_without_an_estimate_is_drawn_too(screen: io.StringIO) -> None:
    text = shown(screen, session("running", seconds_left=None, speed=None))
    assert "Checking the film" in text and "left" not in text.replace("leave", "")


def test_where_nothing_can_be_drawn_each_stage_is_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Progress(Output(as_json=False)) as told:
        for _ in range(2):
            told.show(session("running"), None)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "Stand-up �[31m: Putting picture and sound together …\n"


def test_a_program_gets_the_events_of_jobs(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Output(as_json=True)) as told:
        told.show(session("running"), {"event": "job-progress", "job": 1})
        told.show(session("running"), {"event": "media-processing-progress", "job": 1})
        told.show({"id": "gone"}, {"event": "session-deleted"})
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ('{"event": "job-progress", "job": 1}\n', "")
