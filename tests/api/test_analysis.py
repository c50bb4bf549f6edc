"""What a film holds: not there, half there, all there, broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.api.film import sprite_track
from backend.api.session_body import StripBody
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.job import Lane
from tests.api.conftest import Backend

SOUND = {
    "duration": 10.0,
    "silence": [{"start": 0.0, "end": 1.5}],
    "sound": [{"start": 1.5, "end": 10.0}],
    "noise_floor": -58.1,
    "threshold": -50.1,
    "loudness": {"integrated": -23.1, "range": 4.0, "true_peak": -1.2},
    "clipped": [],
}
SIGHT = {"duration": 10.0, "changes": [3.2], "black": [], "frozen": [{"start": 4.0, "end": 8.0}]}


@pytest.fixture
def film(backend: Backend) -> str:
    session = backend.process()
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None
    made = Artifact("f" * 40, ArtifactKind.FILM, session, str(folder(backend) / "film.mp4"), 1)
    assert backend.library.jobs.finish(job, {}, 0.1, made)
    return session


def folder(backend: Backend) -> Path:
    place = backend.services.settings.films / "Folder"
    place.mkdir(parents=True, exist_ok=True)
    return place


def keep(
    backend: Backend,
    session: str,
    kind: ArtifactKind,
    content: bytes,
    facts: dict[str, object] | None = None,
) -> Path:
    path = folder(backend) / f"{kind}.json"
    path.write_bytes(content)
    key = f"{list(ArtifactKind).index(kind):x}" * 40
    artifact = Artifact(key[:40], kind, session, str(path), len(content), facts or {})
    backend.library.artifacts.keep(artifact)
    return path


def test_it_is_told_as_it_becomes_known(backend: Backend, film: str) -> None:
    unfinished = backend.process("other.m4a")
    assert backend.ask("GET", f"/api/sessions/{unfinished}/analysis").status == 409
    assert backend.ask("GET", "/api/sessions/nobody/analysis").status == 404
    early = backend.ask("GET", f"/api/sessions/{film}/analysis")
    assert early.status == 404 and "not known yet" in str(early.json["detail"])
    keep(backend, film, ArtifactKind.HEARD, json.dumps(SOUND).encode())
    half = backend.ask("GET", f"/api/sessions/{film}/analysis").json
    assert half["picture"] is None
    assert half["sound"] == {k: v for k, v in SOUND.items() if k != "duration"}
    path = keep(backend, film, ArtifactKind.SEEN, json.dumps(SIGHT).encode())
    whole = backend.ask("GET", f"/api/sessions/{film}/analysis").json
    assert whole["picture"] == {k: v for k, v in SIGHT.items() if k != "duration"}
    for broken in (b"", b"[]", b'{"changes": "x"}', b"\xff"):
        path.write_bytes(broken)
        told = backend.ask("GET", f"/api/sessions/{film}/analysis")
        assert told.status == 200 and told.json["picture"] is None


def test_a_screenful_of_the_fine_waveform(backend: Backend, film: str) -> None:
    assert backend.ask("GET", f"/api/sessions/{film}/waves").status == 404
    keep(backend, film, ArtifactKind.WAVES, bytes(range(100)))
    part = backend.ask(
        "GET", f"/api/sessions/{film}/waves", headers=backend.headers(Range="bytes=24-31")
    )
    assert (part.status, part.body) == (206, bytes(range(24, 32)))


def test_the_strip_as_a_track(backend: Backend, film: str) -> None:
    assert backend.ask("GET", f"/api/sessions/{film}/thumbnails.vtt").status == 404
    facts: dict[str, object] = {
        "columns": 2,
        "rows": 2,
        "tile_width": 160,
        "tile_height": 90,
        "count": 3,
        "interval": 2.5,
    }
    keep(backend, film, ArtifactKind.STRIP, b"\xff\xd8", facts)
    track = backend.ask("GET", f"/api/sessions/{film}/thumbnails.vtt")
    assert track.headers["content-type"] == "text/vtt; charset=utf-8"
    lines = track.body.decode().splitlines()
    assert lines[0] == "WEBVTT"
    assert lines[2] == "00:00:00.000 --> 00:00:02.500"
    assert lines[9].endswith("#xywh=0,90,160,90")
    # Every cue leads to a picture that is there.
    address = lines[3].partition("#")[0]
    assert backend.ask("GET", f"/api/sessions/{film}/{address}").body == b"\xff\xd8"


def test_a_track_of_many_hours() -> None:
    strip = StripBody(
        key="k", columns=10, rows=10, tile_width=160, tile_height=90, count=100, interval=360.0
    )
    track = sprite_track(strip, "a.jpg")
    assert "09:54:00.000 --> 10:00:00.000\na.jpg#xywh=1440,810,160,90\n" in track
