from __future__ import annotations

import pytest

from backend.api import queue
from backend.core.job import JobStatus, Lane
from tests.api.conftest import Backend


def test_an_empty_queue(backend: Backend) -> None:
    found = backend.ask("GET", "/api/queue").json
    assert found["paused"] is False
    assert found["seconds_left"] == 0
    assert found["counts"] == {str(status): 0 for status in JobStatus}
    assert found["limits"] == {"ready": 1, "video": 1, "copy": 2, "enrich": 5, "light": 2}


def test_what_waits_is_counted_and_timed(backend: Backend) -> None:
    for _ in range(3):
        backend.process()
    backend.services.board.set_machine({"processor_percent": 12.5, "limits": {"ready": 1}})
    found = backend.ask("GET", "/api/queue").json
    counts = found["counts"]
    assert isinstance(counts, dict)
    assert (counts["queued"], counts["pending"]) == (3, 3)
    waiting = found["seconds_left"]
    assert isinstance(waiting, float) and waiting > 0
    assert found["machine"] == {"processor_percent": 12.5, "limits": {"ready": 1}}
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None
    backend.services.board.set_progress(job.id, {"progress": 0.1, "seconds_left": 1000.0})
    assert float(str(backend.ask("GET", "/api/queue").json["seconds_left"])) > 1000


def test_pausing_the_queue_is_kept(backend: Backend) -> None:
    assert backend.ask("POST", "/api/queue/pause").json["paused"] is True
    assert backend.library.preferences.queue_paused()
    assert backend.ask("GET", "/api/queue").json["paused"] is True
    assert backend.ask("POST", "/api/queue/resume").json["paused"] is False
    assert not backend.library.preferences.queue_paused()


def test_a_crowd_is_timed_from_its_sums(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        backend.process()
    exact = float(str(backend.ask("GET", "/api/queue").json["seconds_left"]))
    monkeypatch.setattr(queue, "CROWD", 3)
    crowd = float(str(backend.ask("GET", "/api/queue").json["seconds_left"]))
    # Four merges one after another are the slowest lane, but for the waveform behind the last.
    assert 0 < crowd <= exact < 2 * crowd


def test_all_of_it_is_cancelled_and_put_back(backend: Backend) -> None:
    for _ in range(2):
        backend.process()
    assert backend.ask("GET", "/api/queue").json["sessions"] == 2
    cancelled = backend.ask("POST", "/api/queue/cancel").json["cancelled"]
    assert isinstance(cancelled, list) and len(cancelled) == 4
    queue_now = backend.ask("GET", "/api/queue").json
    assert queue_now["sessions"] == 0 and queue_now["seconds_left"] == 0
    assert backend.ask("POST", "/api/queue/cancel").json["cancelled"] == []
    back = backend.ask("POST", "/api/queue/retry", {"jobs": cancelled}).json["retried"]
    assert back == cancelled
    assert backend.ask("GET", "/api/queue").json["sessions"] == 2
    assert backend.ask("POST", "/api/queue/retry", {"jobs": [0]}).status == 422
