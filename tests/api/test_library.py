from __future__ import annotations

import os

from backend import __version__
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.job import Lane
from backend.store import manifest
from tests.api.conftest import Backend


def test_status_tells_who_serves_what(backend: Backend) -> None:
    backend.library.reports.append("Something was mended.")
    status = backend.ask("GET", "/api/status").json
    assert (status["version"], status["pid"]) == (__version__, os.getpid())
    assert status["data"] == str(backend.services.settings.data)
    assert status["reports"] == ["Something was mended."]
    assert float(str(status["uptime"])) >= 0


def test_backups_are_taken_and_listed(backend: Backend) -> None:
    before = backend.ask("GET", "/api/backups").json["backups"]
    taken = backend.ask("POST", "/api/backup")
    assert taken.status == 201
    after = backend.ask("GET", "/api/backups").json["backups"]
    assert isinstance(before, list) and isinstance(after, list)
    assert len(after) == len(before) + 1
    assert taken.json["name"] in {backup["name"] for backup in after}


def test_a_lost_session_is_found_again(backend: Backend) -> None:
    number = backend.process()
    folder = backend.services.settings.films / "one"
    folder.mkdir(parents=True)
    path = folder / "film.mp4"
    path.write_bytes(b"film")
    film = Artifact("k" * 40, ArtifactKind.FILM, number, str(path), 4, {"duration": 10})
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None
    backend.library.jobs.finish(job, {}, 1.0, film)
    session = backend.library.sessions.get(number)
    assert session is not None
    manifest.write(folder, session, [film])
    assert backend.ask("POST", "/api/rebuild").json == {"sessions": [], "reports": []}
    backend.library.sessions.forget(number)
    assert backend.ask("POST", "/api/rebuild").json == {"sessions": [number], "reports": []}
    assert backend.ask("GET", f"/api/sessions/{number}").json["status"] == "ready"
    # One whose film is gone has it made again.
    backend.library.sessions.forget(number)
    path.unlink()
    assert backend.ask("POST", "/api/rebuild").json["sessions"] == [number]
    assert backend.ask("GET", f"/api/sessions/{number}").json["status"] == "waiting"


def test_a_manifest_of_nonsense_is_reported(backend: Backend) -> None:
    folder = backend.services.settings.films / "one"
    folder.mkdir(parents=True)
    (folder / manifest.NAME).write_text("{}")
    answer = backend.ask("POST", "/api/rebuild").json
    assert answer["sessions"] == []
    assert len(answer["reports"]) == 1  # type: ignore[arg-type]


def test_it_leaves_when_it_is_told(backend: Backend) -> None:
    assert not backend.left.is_set()
    assert backend.ask("POST", "/api/leave").status == 202
    assert backend.left.is_set()
