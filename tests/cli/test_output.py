from __future__ import annotations

from pathlib import Path

import pytest

from backend.cli.output import amount, length, plain, remaining, when
from backend.cli.watch import Wait, fault_of, is_over
from backend.client import sessions_among


def test_a_title_cannot_move_the_cursor() -> None:
    assert plain("a\x1b[2Jb\nc\td") == "a�[2Jb�c�d"
    assert plain("Grüße 🎬 “x”") == "Grüße 🎬 “x”"


def test_lengths_sizes_and_times() -> None:
    assert [length(s) for s in (None, 0, 61.4, 3599.6, 3661)] == [
        "", "0:00", "1:01", "1:00:00", "1:01:01",
    ]  # fmt: skip
    assert [amount(n) for n in (None, 0, 999, 1500, 2_500_000, 3e9, 4e12)] == [
        "", "0 B", "999 B", "2 kB", "2.5 MB", "3.0 GB", "4.0 TB",
    ]  # fmt: skip
    assert [remaining(s) for s in (None, 0.2, 89, 120, 7200)] == [
        "", "about 1 s", "about 89 s", "about 2 min", "about 2.0 h",
    ]  # fmt: skip
    assert when(None) == ""
    assert len(when("2026-03-01T09:30:00Z")) == 16


def test_folders_are_sessions_and_loose_files_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    files = [tmp_path / "x.mp4", tmp_path / "y.m4a"]
    found = sessions_among([files[0], tmp_path / "a", files[1], tmp_path / "b"])
    assert found == [[tmp_path / "a"], [tmp_path / "b"], files]
    assert sessions_among([tmp_path / "a"]) == [[tmp_path / "a"]]


FAULT = {"category": "input", "message": "No.", "hint": "Do.", "can_retry": False}


def session(status: str, *jobs: str) -> dict[str, object]:
    fault = FAULT if status == "failed" else None
    return {
        "status": status,
        "state": "ended",
        "media_processing": {"fault": fault},
        "jobs": [{"status": job, "fault": FAULT if job == "failed" else None} for job in jobs],
    }


@pytest.mark.parametrize(
    ("found", "wait", "over", "failed"),
    [
        (session("ready", "completed", "running"), Wait.READY, True, False),
        (session("ready", "completed", "failed"), Wait.READY, True, False),
        (session("ready", "completed", "running"), Wait.DONE, False, False),
        (session("ready", "completed", "failed"), Wait.DONE, True, True),
        (session("ready", "completed", "completed"), Wait.DONE, True, False),
        (session("failed", "failed", "cancelled"), Wait.READY, True, True),
        (session("paused", "paused", "pending"), Wait.READY, False, True),
        (session("unmerged"), Wait.DONE, True, False),
    ],
)
def test_when_waiting_is_over(
    found: dict[str, object], wait: Wait, over: bool, failed: bool
) -> None:
    assert is_over(found, wait) is over
    assert (fault_of(found, wait) is not None) is failed
