from __future__ import annotations

import pytest

from backend.core.fault import Category, Fault
from backend.core.job import JobStatus, Lane
from tests.api.conftest import Backend


def jobs_of(backend: Backend, query: str = "") -> list[dict[str, object]]:
    answer = backend.ask("GET", f"/api/jobs{query}")
    assert answer.status == 200, answer
    found = answer.json["jobs"]
    assert isinstance(found, list)
    return found


def merge_of(backend: Backend, session: str) -> int:
    (job,) = jobs_of(backend, f"?session={session}&kind=merge")
    return int(str(job["id"]))


def test_a_job_carries_what_others_read(backend: Backend) -> None:
    session = backend.process()
    job = backend.ask("GET", f"/api/jobs/{merge_of(backend, session)}").json
    assert job["session"] == session
    assert (job["kind"], job["status"], job["priority"]) == ("merge", "queued", "normal")
    assert (job["attempt"], job["max_attempts"], job["progress"]) == (0, 3, 0.0)
    assert {"stage", "fault", "options", "result", "started_at", "completed_at"} <= job.keys()
    assert {"created_at", "updated_at", "stages", "seconds_left", "speed"} <= job.keys()
    assert "token" not in job, "a claim is nobody else's business"


def test_jobs_are_filtered_and_paged(backend: Backend) -> None:
    first, second = backend.process(), backend.process()
    assert len(jobs_of(backend)) == 4
    assert {job["session"] for job in jobs_of(backend, f"?session={first}")} == {first}
    assert {job["kind"] for job in jobs_of(backend, "?kind=waveform")} == {"waveform"}
    both = jobs_of(backend, "?status=queued&status=pending")
    assert len(both) == 4
    assert [job["status"] for job in jobs_of(backend, "?status=failed")] == []
    pages = [*jobs_of(backend, "?limit=3"), *jobs_of(backend, "?limit=3&offset=3")]
    assert [job["id"] for job in pages] == sorted((j["id"] for j in both), reverse=True)  # type: ignore[type-var]
    assert backend.ask("GET", "/api/jobs").json["total"] == 4
    assert backend.ask("GET", "/api/jobs?status=pending").json["total"] == 2
    assert backend.ask("GET", f"/api/jobs?session={second}").json["total"] is None
    for query in ("status=lost", "kind=magic", "session=" + "x" * 101):
        answer = backend.ask("GET", f"/api/jobs?{query}")
        assert answer.status == 422, answer


def test_the_owner_moves_a_job(backend: Backend) -> None:
    session = backend.process()
    job = merge_of(backend, session)

    def move(how: str, status: int = 200) -> str:
        answer = backend.ask("POST", f"/api/jobs/{job}/{how}")
        assert answer.status == status, answer
        return str(answer.json["status" if status == 200 else "type"])

    assert move("pause") == "paused"
    assert move("resume") == "queued"
    assert move("resume", 409) == "conflict"
    assert move("cancel") == "cancelled"
    assert move("cancel", 409) == "conflict"
    assert move("pause", 409) == "conflict"
    assert move("retry") == "queued"
    assert move("retry", 409) == "conflict"


def test_a_running_job_is_asked(backend: Backend) -> None:
    session = backend.process()
    number = merge_of(backend, session)
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None and job.id == number
    answer = backend.ask("POST", f"/api/jobs/{number}/cancel").json
    assert (answer["status"], answer["cancel_requested"]) == ("running", True)


@pytest.mark.parametrize("how", ["cancel", "retry", "pause", "resume"])
def test_no_such_job(backend: Backend, how: str) -> None:
    assert backend.ask("POST", f"/api/jobs/999/{how}").status == 404
    assert backend.ask("POST", f"/api/jobs/0/{how}").status == 422
    assert backend.ask("POST", f"/api/jobs/99999999999999999999/{how}").status == 422
    assert backend.ask("POST", f"/api/jobs/-1/{how}").status == 404
    assert backend.ask("POST", f"/api/jobs/x/{how}").status == 404
    assert backend.ask("GET", "/api/jobs/999").status == 404


def test_clearing_leaves_failures_in_sight(backend: Backend) -> None:
    backend.process()
    failing = backend.library.jobs.claim(Lane.READY)
    assert failing is not None
    backend.library.jobs.fail(failing, Fault(Category.INPUT, "No."))
    session = backend.process()
    backend.ask("POST", f"/api/sessions/{session}/cancel")
    # By its cancelled merge alone a session without a film can be retried.
    assert backend.ask("POST", "/api/jobs/clear").json == {"cleared": 0}
    backend.ask("DELETE", f"/api/sessions/{session}")
    assert backend.ask("POST", "/api/jobs/clear").json == {"cleared": 2}
    assert JobStatus.FAILED in {job["status"] for job in jobs_of(backend)}
    assert jobs_of(backend, f"?session={session}") == []
