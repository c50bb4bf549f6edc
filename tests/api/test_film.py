"""Films in ranges, previews, renditions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.job import Lane
from backend.core.session import Quality
from tests.api.conftest import Backend

CONTENT = bytes(range(256)) * 4096
"""A megabyte: more than any buffer on the way."""


@pytest.fixture
def film(backend: Backend) -> str:
    """A session that has a film of `CONTENT`; its id."""
    session = backend.process()
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None
    path = backend.services.settings.films / "Folder" / "film.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    made = Artifact("f" * 40, ArtifactKind.FILM, session, str(path), len(CONTENT))
    assert backend.library.jobs.finish(job, {}, 0.1, made)
    return session


def keep(
    backend: Backend,
    session: str,
    kind: ArtifactKind,
    name: str,
    content: bytes,
    facts: Mapping[str, object] | None = None,
) -> None:
    path = backend.services.settings.films / "Folder" / name
    path.write_bytes(content)
    backend.library.artifacts.keep(
        Artifact(name[:1] * 40, kind, session, str(path), len(content), facts or {"columns": 10})
    )


def test_a_film_plays_from_its_first_byte_to_its_last(backend: Backend, film: str) -> None:
    answer = backend.ask("GET", f"/api/sessions/{film}/media")
    assert answer.status == 200
    assert answer.body == CONTENT
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    by_key = backend.ask("GET", f"/api/sessions/{film}/media?v={'f' * 40}")
    assert by_key.body == CONTENT


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-", 0, len(CONTENT) - 1),
        ("bytes=0-0", 0, 0),
        ("bytes=1000-1999", 1000, 1999),
        ("bytes=-10", len(CONTENT) - 10, len(CONTENT) - 1),
        (f"bytes={len(CONTENT) - 1}-", len(CONTENT) - 1, len(CONTENT) - 1),
        ("bytes=5-99999999999", 5, len(CONTENT) - 1),
    ],
)
def test_a_player_gets_the_range_it_asks_for(
    backend: Backend, film: str, asked: str, first: int, last: int
) -> None:
    answer = backend.ask("GET", f"/api/sessions/{film}/media", headers=backend.headers(Range=asked))
    assert answer.status == 206
    assert answer.body == CONTENT[first : last + 1]
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"


@pytest.mark.parametrize(
    "asked",
    [
        f"bytes={len(CONTENT)}-",
        "bytes=99999999999999999999-",
        "bytes=5-2",
        "bytes=-0",
        "bytes=a-b",
        "frames=0-1",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 2000, 2)),
    ],
)
def test_a_range_that_is_not_there_is_refused(backend: Backend, film: str, asked: str) -> None:
    answer = backend.ask("GET", f"/api/sessions/{film}/media", headers=backend.headers(Range=asked))
    assert answer.status == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_a_head_tells_the_size(backend: Backend, film: str) -> None:
    answer = backend.ask("HEAD", f"/api/sessions/{film}/media")
    assert answer.status == 200
    assert answer.headers["content-length"] == str(len(CONTENT))


def test_paused_players_hold_no_thread(backend: Backend, film: str) -> None:
    """More players than threads ask for a film and read nothing; somebody else is answered."""
    (backend.services.settings.films / "Folder" / "film.mp4").write_bytes(CONTENT * 8)
    paused = [backend.send("GET", f"/api/sessions/{film}/media") for _ in range(60)]
    done = threading.Event()
    answers = []

    def ask() -> None:
        answers.append(backend.ask("GET", "/api/sessions").status)
        done.set()

    threading.Thread(target=ask, daemon=True).start()
    assert done.wait(30)
    assert answers == [200]
    for connection in paused:
        connection.close()


def test_a_film_to_keep_is_named_by_its_title(backend: Backend, film: str) -> None:
    title = 'Take “1” / é "x"\r\nX: y'
    backend.ask("PATCH", f"/api/sessions/{film}", {"title": title})
    answer = backend.ask("GET", f"/api/sessions/{film}/media?download=true")
    named = answer.headers["content-disposition"]
    assert named.startswith("attachment; ")
    assert "x" not in answer.headers
    assert "%C3%A9" in named
    assert "\n" not in named


def test_no_film_and_a_film_that_is_gone(backend: Backend, film: str) -> None:
    unfinished = backend.process("other.m4a")
    assert backend.ask("GET", f"/api/sessions/{unfinished}/media").status == 404
    assert backend.ask("GET", f"/api/sessions/{film}/media?v={'0' * 40}").status == 404
    assert backend.ask("GET", f"/api/sessions/{film}/media?v=../../etc").status == 422
    (backend.services.settings.films / "Folder" / "film.mp4").unlink()
    gone = backend.ask("GET", f"/api/sessions/{film}/media")
    assert gone.status == 404
    assert "film.mp4" in str(gone.json["detail"])


def test_previews_come_when_they_are_made(backend: Backend, film: str) -> None:
    for name in ("peaks", "thumbnails"):
        assert backend.ask("GET", f"/api/sessions/{film}/{name}").status == 404
    keep(backend, film, ArtifactKind.PEAKS, "a.json", b'{"version":2}')
    keep(backend, film, ArtifactKind.STRIP, "b.jpg", b"\xff\xd8")
    peaks = backend.ask("GET", f"/api/sessions/{film}/peaks?v={'a' * 40}")
    assert (peaks.body, peaks.headers["content-type"]) == (b'{"version":2}', "application/json")
    strip = backend.ask("GET", f"/api/sessions/{film}/thumbnails")
    assert (strip.body, strip.headers["content-type"]) == (b"\xff\xd8", "image/jpeg")
    told = backend.ask("GET", f"/api/sessions/{film}").json
    assert told["peaks"] == {"key": "a" * 40}
    assert told["strip"] is None  # its facts are not those of a strip


def test_a_film_is_offered_in_pieces(backend: Backend, film: str) -> None:
    address = f"/api/sessions/{film}/rendition"
    assert backend.ask("GET", f"/api/sessions/{backend.process('x.m4a')}/rendition").status == 409
    assert backend.ask("GET", address).status == 409  # its facts do not say what it holds
    facts = {"duration": 4.5, "video_codec": "h264", "audio_codec": "aac"}
    keep(backend, film, ArtifactKind.FILM, "c.mp4", b"film", facts)
    told = backend.ask("GET", address).json
    assert told == {
        "film": "c" * 40,
        "type": 'video/webm; codecs="vp9,opus"',
        "duration": 4.5,
        "piece_seconds": 2.0,
        "pieces": 3,
    }
    piece = backend.ask("GET", f"{address}/2?film={'c' * 40}")
    assert (piece.body, piece.headers["content-type"]) == (b"piece 2", "video/webm")
    for wrong, status in (("3", 404), ("-1", 404), ("x", 404), ("0", 404)):
        key = "d" * 40 if wrong == "0" else "c" * 40
        assert backend.ask("GET", f"{address}/{wrong}?film={key}").status == status
    assert backend.ask("GET", f"{address}/0").status == 422
    assert backend.ask("GET", f"{address}/1?film={'c' * 40}").status == 507


def test_a_title_and_a_place_are_remembered(backend: Backend, film: str) -> None:
    changed = backend.ask("PATCH", f"/api/sessions/{film}", {"title": " A\nB ", "watched": 12.5})
    assert (changed.json["title"], changed.json["watched"]) == ("A B", 12.5)
    kept = backend.ask("PATCH", f"/api/sessions/{film}", {"watched": 13})
    assert (kept.json["title"], kept.json["watched"]) == ("A B", 13.0)
    assert backend.ask("PATCH", "/api/sessions/nobody", {"title": "x"}).status == 404
    for wrong in ({"title": ""}, {"title": 5}, {"watched": -1}, {"watched": "x"}, {"id": "x"}):
        refused = backend.ask("PATCH", f"/api/sessions/{film}", dict(wrong))
        assert refused.status == 422
        assert set(refused.json["errors"]) == set(wrong)  # type: ignore[call-overload]


def test_lists_are_searched_filtered_and_sorted(backend: Backend, film: str) -> None:
    backend.ask("PATCH", f"/api/sessions/{film}", {"title": "Éclair"})
    other = backend.process("zebra.m4a")
    live = backend.record()

    def listed(query: str) -> list[str]:
        answer = backend.ask("GET", f"/api/sessions?{query}")
        assert answer.status == 200, answer
        rows = answer.json["sessions"]
        assert isinstance(rows, list)
        assert answer.json["total"] == len(rows)
        return [row["id"] for row in rows]

    assert listed("") == [live, other, film]
    assert listed("sort=oldest") == [film, other, live]
    assert listed("q=%C3%A9CLAIR") == [film]
    assert listed("q=%25") == []
    assert listed("status=ready") == [film]
    assert listed("status=recording&status=waiting") == [live, other]
    assert backend.ask("GET", "/api/sessions?sort=sideways").status == 422
    assert backend.ask("GET", "/api/sessions?status=nonsense").status == 422


def test_files_of_others_are_never_sent(backend: Backend, film: str, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    for path in (
        f"/api/sessions/{film}/media/../../secret.mp4",
        "/api/sessions/..%2f..%2fsecret/media",
        "/../../secret.mp4",
        "/%2e%2e/%2e%2e/secret.mp4",
        "/assets/..%2f..%2f..%2fsecret.mp4",
        "/..\\..\\secret.mp4",
        "/.git/config",
        "/%00",
    ):
        answer = backend.ask("GET", path)
        assert answer.status in (400, 404, 503), path
        assert b"secret" not in answer.body.replace(b"secret.mp4", b"")


def test_a_smaller_film_is_asked_for_and_told_of(backend: Backend, film: str) -> None:
    unmade = backend.process("x.m4a")
    assert backend.ask("POST", f"/api/sessions/{unmade}/optimise", {}).status == 409
    assert backend.ask("GET", f"/api/sessions/{film}").json["optimising"] is None
    refused = backend.ask("POST", f"/api/sessions/{film}/optimise", {"quality": "best"})
    assert refused.status == 422
    asked = backend.ask("POST", f"/api/sessions/{film}/optimise", {"quality": "low"})
    assert (asked.status, asked.json["kind"]) == (202, "optimise")
    assert asked.json["options"] == {"quality": "low"}
    again = backend.ask("POST", f"/api/sessions/{film}/optimise", {})
    assert again.json["id"] == asked.json["id"]
    job = backend.library.jobs.claim(Lane.VIDEO)
    assert job is not None
    told = backend.ask("GET", f"/api/sessions/{film}").json["optimising"]
    assert told == {"job": job.id, "status": "running", "progress": 0.0, "said": None}
    backend.library.jobs.finish(job, {"said": "It stays.", "smaller": False}, 1.0)
    told = backend.ask("GET", "/api/sessions").json["sessions"][-1]["optimising"]  # type: ignore[index]
    assert told == {"job": job.id, "status": "completed", "progress": 1.0, "said": "It stays."}


def test_a_version_that_was_replaced_stays_for_who_plays_it(backend: Backend, film: str) -> None:
    media, artifacts = f"/api/sessions/{film}/media", backend.library.artifacts
    old, new = "f" * 40, "e" * 40
    keep(backend, film, ArtifactKind.FILM, "e.mp4", b"smaller")
    assert backend.ask("GET", f"/api/sessions/{film}").json["film"]["key"] == new  # type: ignore[index]
    now = datetime.now(UTC)
    assert [a.key for a in artifacts.replaced(now)] == [old]
    assert backend.ask("GET", f"{media}?v={old}").body == CONTENT
    assert backend.ask("GET", media).body == b"smaller"
    assert artifacts.replaced(now) == []
    assert [a.key for a in artifacts.replaced(now + timedelta(hours=1))] == [old]


def test_settings_say_what_is_not_asked_for(backend: Backend) -> None:
    changes = {"values": {"optimise": "off", "optimise.quality": "high"}}
    assert backend.ask("PATCH", "/api/settings", changes).status == 200
    body = {"paths": ["/recordings/a.m4a"], "options": {"enrich": False}}
    assert backend.ask("POST", "/api/sessions", body).status == 201
    assert backend.desk.options is not None
    asked = backend.desk.options
    assert (asked.optimise, asked.enrich, asked.quality) == (False, False, Quality.HIGH)
