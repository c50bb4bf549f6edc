from __future__ import annotations

import json
from collections import namedtuple

import pytest

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.fault import Category, Fault
from backend.core.job import Lane, Priority
from tests.api.conftest import Backend


def film_of(backend: Backend, session: str) -> Artifact:
    film = Artifact(
        key="k" * 40,
        kind=ArtifactKind.FILM,
        session=session,
        path="/films/film.mp4",
        size=400,
        facts={"duration": "10/1"},
    )
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None and job.session == session
    assert backend.library.jobs.finish(job, {}, 1.0, film)
    return film


def test_recordings_are_taken_in(backend: Backend) -> None:
    answer = backend.ask(
        "POST",
        "/api/sessions",
        {
            "paths": ["/recordings/a.m4a", "/recordings/b.m4a"],
            "title": "<img src=x onerror=alert(1)>",
            "options": {"optimise": False},
            "priority": "high",
        },
    )
    assert answer.status == 201
    session = answer.json
    assert session["title"] == "<img src=x onerror=alert(1)>"
    assert session["status"] == "waiting"
    assert session["originals"] == ["/recordings/a.m4a", "/recordings/b.m4a"]
    assert session["duration"] == 20.0
    assert session["options"] == {
        "merge": True,
        "optimise": False,
        "enrich": False,
        "without": [],
        "audio": None,
        "quality": "medium",
        "height": None,
        "rate": None,
        "originals": "keep",
    }
    assert [(s["offset"], s["duration"]) for s in session["segments"]] == [(0, 10), (10, 10)]  # type: ignore[attr-defined]
    assert [job["kind"] for job in session["jobs"]] == ["merge", "waveform"]  # type: ignore[attr-defined]
    assert backend.desk.priority is Priority.HIGH


def test_what_is_here_already_is_attached_to(backend: Backend) -> None:
    session = backend.process()
    answer = backend.ask("POST", "/api/sessions", {"paths": ["/recordings/attached"]})
    assert (answer.status, answer.json["id"]) == (200, session)


def test_a_live_session_begins_and_ends(backend: Backend) -> None:
    answer = backend.ask("POST", "/api/sessions", {"live": True, "title": "Stand-up"})
    assert answer.status == 201
    assert answer.json["status"] == "recording"
    session = answer.json["id"]
    assert backend.put(session, "a.m4a", b"sound", 0, 5).json["complete"]
    ended = backend.ask("POST", f"/api/sessions/{session}/end", {"priority": "low"})
    assert (ended.status, ended.json["state"]) == (202, "ended")
    assert backend.desk.priority is Priority.LOW
    assert backend.ask("POST", f"/api/sessions/{session}/end").status == 409
    assert backend.ask("POST", "/api/sessions/nosuch/end").status == 404


@pytest.mark.parametrize(
    ("category", "status"),
    [
        (Category.INPUT, 422),
        (Category.MISSING, 422),
        (Category.PERMISSION, 422),
        (Category.CORRUPT, 422),
        (Category.STORAGE, 507),
        (Category.TIMEOUT, 503),
        (Category.CRASH, 500),
    ],
)
def test_a_fault_is_told_as_it_is(backend: Backend, category: Category, status: int) -> None:
    answer = backend.ask("POST", "/api/sessions", {"paths": [f"/x/{category}"]})
    assert answer.status == status
    assert answer.json["type"] == category
    assert answer.json["detail"] == f"“{category}” did not work."
    assert answer.json["hint"] == "Do something."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"live": True, "paths": ["/a"]}, "body"),
        ({"paths": []}, "paths"),
        ({"paths": "/a"}, "paths"),
        ({"paths": [1]}, "paths.0"),
        ({"paths": ["a"]}, "paths.0"),
        ({"paths": ["/a", "../b"]}, "paths.1"),
        ({"paths": ["http://a/b"]}, "paths.0"),
        ({"paths": ["/a\0b"]}, "paths.0"),
        ({"paths": ["/a"], "title": 5}, "title"),
        ({"paths": ["/a"], "title": "\ud800"}, "title"),
        ({"paths": ["/a"], "priority": "urgent"}, "priority"),
        ({"paths": ["/a"], "priority": 1}, "priority"),
        ({"paths": ["/a"], "again": "perhaps"}, "again"),
        ({"paths": ["/a"], "options": {"merge": 7}}, "options.merge"),
        ({"paths": ["/a"], "options": {"speed": True}}, "options.speed"),
        ({"paths": ["/a"], "options": []}, "options"),
        ({"paths": ["/a"], "nonsense": 1}, "nonsense"),
        ({"live": "sometimes"}, "live"),
    ],
)
def test_nonsense_is_refused_by_field(
    backend: Backend, body: dict[str, object], field: str
) -> None:
    answer = backend.ask("POST", "/api/sessions", body)
    assert answer.status == 422, answer
    assert field in answer.json["errors"], answer.json  # type: ignore[operator]
    assert backend.library.sessions.count() == 0


def test_a_path_that_is_no_utf_8_is_refused_by_name(backend: Backend) -> None:
    answer = backend.ask("POST", "/api/sessions", {"paths": ["/recordings/caf\udce9.m4a"]})
    assert answer.status == 422
    assert "rename" in answer.json["errors"]["paths.0"]  # type: ignore[index]


def test_a_session_carries_its_film(backend: Backend) -> None:
    session = backend.process()
    before = backend.ask("GET", f"/api/sessions/{session}").json
    assert before["film"] is None and before["media_processing"]["status"] == "queued"  # type: ignore[index]
    film_of(backend, session)
    after = backend.ask("GET", f"/api/sessions/{session}").json
    assert after["status"] == "ready"
    assert after["film"] == {
        "path": "/films/film.mp4",
        "key": "k" * 40,
        "size": 400,
        "duration": 10.0,
    }
    assert (after["size"], after["original_size"], after["compression_ratio"]) == (400, 1000, 0.4)
    processing = after["media_processing"]
    assert isinstance(processing, dict)
    assert (processing["status"], processing["progress"]) == ("completed", 1.0)
    assert processing["started_at"] and processing["completed_at"]


def test_progress_is_live(backend: Backend) -> None:
    session = backend.process()
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None
    stages = [{"name": "film", "label": "Making the film", "progress": 0.5}]
    backend.services.board.set_progress(
        job.id, {"progress": 0.4, "stage": "film", "stages": stages, "seconds_left": 2.0}
    )
    found = backend.ask("GET", f"/api/sessions/{session}").json
    processing, jobs = found["media_processing"], found["jobs"]
    assert isinstance(processing, dict) and isinstance(jobs, list)
    assert (processing["progress"], processing["stage"]) == (0.4, "film")
    assert jobs[0]["stages"] == stages and jobs[0]["seconds_left"] == 2.0


def test_a_failure_says_why(backend: Backend) -> None:
    session = backend.process()
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None
    backend.library.jobs.fail(job, Fault(Category.INPUT, "No sound in it.", "Add some."))
    found = backend.ask("GET", f"/api/sessions/{session}").json
    assert found["status"] == "failed"
    assert found["media_processing"]["fault"] == {  # type: ignore[index]
        "category": "input",
        "message": "No sound in it.",
        "hint": "Add some.",
        "can_retry": False,
    }


def test_sessions_are_listed_by_pages(backend: Backend) -> None:
    made = [backend.process(f"{number}.m4a") for number in range(5)]
    listed: list[str] = []
    for offset in (0, 2, 4, 6):
        answer = backend.ask("GET", f"/api/sessions?limit=2&offset={offset}").json
        assert answer["total"] == 5
        assert isinstance(answer["sessions"], list)
        listed += [session["id"] for session in answer["sessions"]]
    assert sorted(listed) == sorted(made)
    one = backend.ask("GET", f"/api/sessions?prefix={made[0][:8]}").json
    assert [session["id"] for session in one["sessions"]] == [made[0]]  # type: ignore[attr-defined]


def test_into_the_bin_and_out_again(backend: Backend) -> None:
    session = backend.process()
    gone = backend.ask("DELETE", f"/api/sessions/{session}")
    assert gone.status == 200 and gone.json["deleted_at"]
    assert {job["status"] for job in gone.json["jobs"]} == {"cancelled"}  # type: ignore[attr-defined]
    assert backend.ask("GET", f"/api/sessions/{session}").status == 404
    assert backend.ask("DELETE", f"/api/sessions/{session}").status == 404
    assert backend.ask("GET", "/api/sessions").json["total"] == 0
    binned = backend.ask("GET", f"/api/sessions?binned=true&prefix={session[:4]}").json
    assert [found["id"] for found in binned["sessions"]] == [session]  # type: ignore[attr-defined]
    back = backend.ask("POST", f"/api/sessions/{session}/restore")
    assert back.status == 200 and back.json["deleted_at"] is None
    assert backend.ask("POST", f"/api/sessions/{session}/restore").status == 404


def test_cancel_and_retry_all_of_a_session(backend: Backend) -> None:
    session = backend.process()
    answer = backend.ask("POST", f"/api/sessions/{session}/cancel")
    assert answer.status == 200 and answer.json["status"] == "cancelled"
    again = backend.ask("POST", f"/api/sessions/{session}/cancel")
    assert (again.status, again.json["type"]) == (409, "conflict")
    retried = backend.ask("POST", f"/api/sessions/{session}/retry")
    assert retried.status == 200
    jobs = retried.json["jobs"]
    assert isinstance(jobs, list)
    assert [job["status"] for job in jobs] == ["queued", "pending"]
    assert backend.ask("POST", f"/api/sessions/{session}/retry").status == 409
    for move in ("cancel", "retry"):
        assert backend.ask("POST", f"/api/sessions/nosuch/{move}").status == 404


def test_times_are_told_with_their_zone(backend: Backend) -> None:
    session = backend.process()
    found = json.loads(backend.ask("GET", f"/api/sessions/{session}").body)
    assert found["created_at"].endswith("Z") or "+" in found["created_at"]


def test_the_room_that_a_film_needs_is_told(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = backend.ask("POST", "/api/sessions", {"paths": ["/recordings/a.m4a"]}).json
    room = session["room"]
    assert isinstance(room, dict)
    assert room["needed"] > 64_000_000
    assert room["short"] is None
    usage = namedtuple("usage", "total used free")(1, 1, 1_000_000)
    monkeypatch.setattr("backend.settings.shutil.disk_usage", lambda folder: usage)
    whole = backend.ask("GET", f"/api/sessions/{session['id']}").json
    assert isinstance(whole["room"], dict)
    assert whole["room"]["free"] == 1_000_000
    assert "not enough storage" in whole["room"]["short"]
    film_of(backend, str(session["id"]))
    assert backend.ask("GET", f"/api/sessions/{session['id']}").json["room"] is None
