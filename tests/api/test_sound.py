"""A session's sound as a file of its own: asked for, taken, and forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from backend.core.artifact import ArtifactKind
from backend.core.job import Lane
from tests.api.conftest import Backend
from tests.api.test_film import film, keep

__all__ = ["film"]


def test_a_file_of_the_sound_is_asked_for(backend: Backend, film: str) -> None:
    address = f"/api/sessions/{film}/sound"
    assert backend.ask("POST", address, {"format": "wav"}).status == 422
    asked = backend.ask("POST", address, {"format": "mp3"})
    assert (asked.status, asked.json["kind"]) == (202, "soundtrack")
    assert asked.json["priority"] == "high"
    assert backend.ask("POST", address, {"format": "mp3"}).json["id"] == asked.json["id"]
    # Two at a time would be one too many to follow; what is being made is named.
    other = backend.ask("POST", address, {"format": "m4a"})
    assert other.status == 409
    assert ".mp3" in other.json["detail"]
    job = backend.library.jobs.claim(Lane.COPY)
    assert job is not None
    assert backend.library.jobs.finish(job, {"key": "a" * 40}, 1.0)
    assert backend.ask("POST", address, {"format": "m4a"}).status == 202


def test_sound_waits_for_the_film(backend: Backend) -> None:
    waiting, live = backend.process("x.m4a"), backend.record()
    for session in (waiting, live):
        asked = backend.ask("POST", f"/api/sessions/{session}/sound", {"format": "m4a"})
        assert (asked.status, asked.json["hint"]) == (409, "Wait until it is ready.")


def test_a_file_of_the_sound_is_taken_and_kept_for_an_hour(backend: Backend, film: str) -> None:
    keep(backend, film, ArtifactKind.SOUNDTRACK, "a.mp3", b"sound", {"format": "mp3"})
    address, artifacts = f"/api/sessions/{film}/sound", backend.library.artifacts
    later = datetime.now(UTC) + timedelta(seconds=1)
    assert [a.key for a in artifacts.replaced(later)] == ["a" * 40]
    assert artifacts.replaced(later - timedelta(hours=1)) == []  # it was made since
    taken = backend.ask("GET", f"{address}?v={'a' * 40}&download=true")
    assert (taken.status, taken.body) == (200, b"sound")
    assert taken.headers["content-type"] == "audio/mpeg"
    assert 'filename="take.m4a.mp3"' in taken.headers["content-disposition"]
    assert artifacts.replaced(datetime.now(UTC) - timedelta(minutes=1)) == []
    # The film has a key too, and is no sound.
    for key in ("f" * 40, "b" * 40):
        assert backend.ask("GET", f"{address}?v={key}").status == 404
