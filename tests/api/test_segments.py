from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from backend.api.segments import plain_name
from tests.api.conftest import Backend

MIB = 1 << 20


def part_of(backend: Backend, session: str, name: str) -> Path:
    return backend.services.settings.live / session / f".{name}.part"


def kept(backend: Backend, session: str, name: str) -> bytes:
    return (backend.services.settings.live / session / name).read_bytes()


def test_a_file_arrives_in_pieces(backend: Backend) -> None:
    session = backend.record()
    first = backend.put(session, "a.m4a", b"12345", 0, 9)
    assert first.json == {"name": "a.m4a", "offset": 5, "complete": False}
    assert part_of(backend, session, "a.m4a").read_bytes() == b"12345"
    asked = backend.ask("GET", f"/api/sessions/{session}/segments/a.m4a")
    assert asked.json == first.json and asked.headers["upload-offset"] == "5"
    head = backend.ask("HEAD", f"/api/sessions/{session}/segments/a.m4a")
    assert head.status == 200 and head.headers["upload-offset"] == "5"
    last = backend.put(session, "a.m4a", b"6789", 5, 9)
    assert last.json == {"name": "a.m4a", "offset": 9, "complete": True}
    assert kept(backend, session, "a.m4a") == b"123456789"
    assert not part_of(backend, session, "a.m4a").exists()
    found = backend.ask("GET", f"/api/sessions/{session}").json
    assert [segment["name"] for segment in found["segments"]] == ["a.m4a"]  # type: ignore[attr-defined]
    asked = backend.ask("GET", f"/api/sessions/{session}/segments/a.m4a")
    assert asked.json == {"name": "a.m4a", "offset": 9, "complete": True}


def test_the_largest_piece_is_taken_and_a_larger_one_is_not(backend: Backend) -> None:
    session = backend.record()
    answer = backend.put(session, "a.m4a", b"x" * (8 * MIB), 0, 8 * MIB + 1)
    assert answer.status == 200 and answer.json["offset"] == 8 * MIB
    assert backend.put(session, "b.m4a", b"x" * (8 * MIB + 1), 0, 8 * MIB + 1).status == 413


def test_a_piece_that_comes_twice_does_no_harm(backend: Backend) -> None:
    session = backend.record()
    for _ in range(2):
        assert backend.put(session, "a.m4a", b"1234", 0, 9).json["offset"] == 4
    assert backend.put(session, "a.m4a", b"5678", 4, 9).json["offset"] == 8
    # An earlier one, late, and one that reaches over what is there.
    assert backend.put(session, "a.m4a", b"1234", 0, 9).json["offset"] == 8
    assert backend.put(session, "a.m4a", b"789", 6, 9).json["complete"]
    # The answer to the last one was lost.
    for _ in range(2):
        again = backend.put(session, "a.m4a", b"789", 6, 9)
        assert again.status == 200 and again.json["complete"]
    assert kept(backend, session, "a.m4a") == b"123456789"
    found = backend.ask("GET", f"/api/sessions/{session}").json
    assert found["segment_count"] == 1


def test_a_hole_is_refused_with_the_place_to_go_on(backend: Backend) -> None:
    session = backend.record()
    backend.put(session, "a.m4a", b"1234", 0, 9)
    answer = backend.put(session, "a.m4a", b"89", 7, 9)
    assert (answer.status, answer.headers["upload-offset"]) == (409, "4")
    assert answer.json["type"] == "conflict"
    assert part_of(backend, session, "a.m4a").read_bytes() == b"1234"


def test_a_recording_that_begins_anew_leaves_no_mixture(backend: Backend) -> None:
    session = backend.record()
    backend.put(session, "a.m4a", b"1234567", 0, 9)
    assert backend.put(session, "a.m4a", b"ABC", 0, 5).json["offset"] == 3
    assert backend.put(session, "a.m4a", b"DE", 3, 5).json["complete"]
    assert kept(backend, session, "a.m4a") == b"ABCDE"
    # And a file of the same size takes the place of the one that was accepted,
    assert backend.put(session, "a.m4a", b"ABCde", 0, 5).json["complete"]
    assert kept(backend, session, "a.m4a") == b"ABCde"
    # even where the two differ only at the end.
    assert not backend.put(session, "a.m4a", b"ABC", 0, 5).json["complete"]
    assert backend.put(session, "a.m4a", b"xy", 3, 5).json["complete"]
    assert kept(backend, session, "a.m4a") == b"ABCxy"


def test_what_is_no_recording_leaves_nothing_behind(backend: Backend) -> None:
    session = backend.record()
    answer = backend.put(session, "bad.m4a", b"text", 0, 4)
    assert (answer.status, answer.json["type"]) == (422, "input")
    assert list((backend.services.settings.live / session).iterdir()) == []


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        "bytes 0-3",
        "bytes 0-3/*",
        "bytes */4",
        "bytes 0-4/4",
        "bytes 3-0/4",
        "bytes 0-2/4",
        "bytes 0-99/100",
        "bytes -1-2/4",
        "items 0-3/4",
        "bytes 0-3/99999999999999999999",
        "bytes ٠-٣/٤".encode().decode("latin-1"),
    ],
)
def test_a_range_that_does_not_fit_is_refused(backend: Backend, said: str | None) -> None:
    session = backend.record()
    headers = backend.headers(Content_Type="application/octet-stream", Content_Range=said)
    path = f"/api/sessions/{session}/segments/a.m4a"
    assert backend.ask("PUT", path, b"1234", headers).status == 400
    assert not part_of(backend, session, "a.m4a").exists()


NAMES = [
    ".",
    "..",
    "../a",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "..\\..\\a",
    "C:\\a",
    ".hidden",
    "a\0b",
    "nul",
    "NUL.m4a",
    "con.tar.m4a",
    "Com1.mp4",
    "lpt9",
    "CONIN$",
    "aux .m4a",
    "a.m4a.",
    "a.m4a ",
    "x" * 250,
    "ü" * 125,
    "",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_that_leads_elsewhere_is_refused(backend: Backend, name: str) -> None:
    session = backend.record()
    with pytest.raises(ValueError):
        plain_name(name)
    before = sorted(backend.services.settings.data.rglob("*"))
    for written in {quote(name, safe=""), quote(quote(name, safe=""), safe="%"), quote(name)}:
        answer = backend.put(session, written, b"1234", 0, 9)
        assert 400 <= answer.status < 500, (written, answer)
        assert b"root:" not in answer.body
        answer = backend.ask("GET", f"/api/sessions/{session}/segments/{written}")
        assert 400 <= answer.status < 500, (written, answer)
    assert sorted(backend.services.settings.data.rglob("*")) == before


@pytest.mark.parametrize(
    "name", ["a.m4a", "take 1.m4a", "Grüße.m4a", "🎬.mp4", "-rf.m4a", "it's “x”.m4a", "a\nb.m4a",
             "console.m4a", "common.mp4", "x" * 249]
)  # fmt: skip
def test_any_plain_name_is_taken(backend: Backend, name: str) -> None:
    session = backend.record()
    answer = backend.put(session, quote(name, safe=""), b"1234", 0, 4)
    assert answer.status == 200, answer
    assert kept(backend, session, name) == b"1234"


def test_only_a_live_session_takes_files(backend: Backend) -> None:
    session = backend.process()
    assert backend.put(session, "a.m4a", b"1234", 0, 4).status == 409
    assert backend.put("nosuch", "a.m4a", b"1234", 0, 4).status == 404
    assert not (backend.services.settings.live / "nosuch").exists()
    asked = backend.ask("GET", f"/api/sessions/{session}/segments/take.m4a")
    assert asked.json["complete"] is True
    asked = backend.ask("GET", f"/api/sessions/{session}/segments/other.m4a")
    assert asked.json == {"name": "other.m4a", "offset": 0, "complete": False}


def test_a_full_disk_is_said_in_plain_words(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device", "a.m4a")

    session = backend.record()
    monkeypatch.setattr("backend.api.segments._write", full)
    answer = backend.put(session, "a.m4a", b"1234", 0, 4)
    assert (answer.status, answer.json["type"]) == (507, "storage")


def test_an_upload_wants_octets(backend: Backend) -> None:
    session = backend.record()
    for kind in (None, "application/json", "text/plain", "multipart/form-data; boundary=x"):
        headers = backend.headers(Content_Type=kind, Content_Range="bytes 0-3/4")
        path = f"/api/sessions/{session}/segments/a.m4a"
        assert backend.ask("PUT", path, b"1234", headers).status == 415
