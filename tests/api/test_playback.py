"""A session without a film: where its files play, the files themselves, and the wish for a film."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.core.job import JobKind, JobStatus, Lane
from tests.api.conftest import Answer, Backend

CONTENT = bytes(range(256)) * 4096


@dataclass(frozen=True)
class Takes:
    """A session that asked for no film, and its two files."""

    session: str
    files: tuple[Path, Path]

    def source(self, number: object) -> str:
        return f"/api/sessions/{self.session}/sources/{number}"


@pytest.fixture
def takes(backend: Backend, tmp_path: Path) -> Takes:
    folder = tmp_path / "Take"
    folder.mkdir()
    files = (folder / "seg_001.m4a", folder / "seg_002.m4a")
    for number, file in enumerate(files):
        file.write_bytes(CONTENT + bytes([number]))
        os.utime(file, ns=(1, 1))  # as the desk tells it
    body = {"paths": [str(file) for file in files], "options": {"merge": False}}
    answer = backend.ask("POST", "/api/sessions", body)
    assert answer.json["status"] == "unmerged"
    return Takes(str(answer.json["id"]), files)


@pytest.fixture
def ask(backend: Backend, takes: Takes) -> Callable[..., Answer]:
    """A request for the first file."""

    def ask(**headers: str) -> Answer:
        return backend.ask("GET", takes.source(0), headers=backend.headers(**headers))

    return ask


def states(backend: Backend, takes: Takes) -> list[object]:
    told = backend.ask("GET", f"/api/sessions/{takes.session}/playback").json["sources"]
    assert isinstance(told, list)
    return [source["state"] for source in told]


def test_each_file_is_told_with_its_place(backend: Backend, takes: Takes) -> None:
    told = backend.ask("GET", f"/api/sessions/{takes.session}/playback").json
    assert told["duration"] == 20
    kind = 'audio/mp4; codecs="mp4a.40.2"'
    common = {"kind": "audio", "duration": 10, "offset": 0, "type": kind}
    assert told["pieces"] == [
        {"source": 0, "begin": 0, **common},
        {"source": 1, "begin": 10, **common},
    ]
    assert told["sources"] == [
        {"name": file.name, "path": str(file), "state": "there", "clock": 0, "duration": 10}
        for file in takes.files
    ]


def test_a_file_plays_whole_and_in_ranges(ask: Callable[..., Answer]) -> None:
    whole = ask()
    assert (whole.status, whole.body) == (200, CONTENT + b"\0")
    assert whole.headers["content-type"] == "audio/mp4"
    part = ask(Range="bytes=1000-1999")
    assert (part.status, part.body) == (206, CONTENT[1000:2000])
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(CONTENT) + 1}"
    beyond = ask(Range="bytes=99999999-")
    assert beyond.status == 416
    assert beyond.headers["content-range"] == f"bytes */{len(CONTENT) + 1}"
    assert set(beyond.json) == {"type", "title", "detail", "hint"}


def test_a_file_that_is_known_already_is_not_sent_again(ask: Callable[..., Answer]) -> None:
    tag = ask().headers["etag"]
    assert ask(If_None_Match=tag).status == 304
    assert ask(If_None_Match='"other"').status == 200
    assert ask(Range="bytes=0-9", If_Range=tag).status == 206
    assert ask(Range="bytes=0-9", If_Range='"other"').status == 200


def test_no_path_leads_past_the_session(backend: Backend, takes: Takes) -> None:
    assert backend.ask("GET", takes.source(2)).status == 404
    for number in ("-1", "x", "0%2f..%2f..", "seg_001.m4a", "99999999999999999999", "..%2f0"):
        answer = backend.ask("GET", takes.source(number))
        assert answer.status in (404, 422), number
        assert CONTENT[:100] not in answer.body
    assert backend.ask("GET", "/api/sessions/nobody/sources/0").status == 404
    assert backend.ask("GET", "/api/sessions/nobody/playback").status == 404
    unknown = backend.ask("GET", takes.source(0), headers=backend.headers(Authorization=None))
    assert unknown.status == 401


def test_a_missing_and_a_changed_file_are_named(
    backend: Backend, takes: Takes, ask: Callable[..., Answer]
) -> None:
    first, second = takes.files
    second.write_bytes(b"another")
    first.unlink()
    assert states(backend, takes) == ["missing", "changed"]
    gone, changed = ask(), backend.ask("GET", takes.source(1))
    assert (gone.status, gone.json["type"]) == (404, "missing")
    assert str(first) in str(gone.json["hint"])
    assert changed.status == 409
    assert second.name in str(changed.json["detail"])


@pytest.mark.skipif(os.name == "nt", reason="no pipes with names")
def test_what_is_no_file_is_not_opened(backend: Backend, takes: Takes) -> None:
    takes.files[0].unlink()
    os.mkfifo(takes.files[0])  # to open it would wait for ever
    assert states(backend, takes)[0] == "changed"
    assert backend.ask("GET", takes.source(0)).status == 409


def test_a_film_can_be_asked_for_after_all(backend: Backend, takes: Takes) -> None:
    merge = f"/api/sessions/{takes.session}/merge"
    asked = backend.ask("POST", merge)
    assert (asked.status, asked.json["status"]) == (202, "waiting")
    jobs = asked.json["jobs"]
    assert backend.ask("POST", merge).json["jobs"] == jobs  # on its way: nothing more
    (job,) = backend.library.jobs.page(kinds=[JobKind.MERGE])
    assert len(backend.library.jobs.page()) == 2  # the waveform follows it
    for number in (each.id for each in backend.library.jobs.page()):
        backend.ask("POST", f"/api/jobs/{number}/cancel")
    again = backend.ask("POST", merge)
    assert (again.status, again.json["status"]) == (202, "waiting")
    claimed = backend.library.jobs.claim(Lane.READY)
    assert claimed is not None
    assert (claimed.id, claimed.status) == (job.id, JobStatus.RUNNING)


def test_what_is_recorded_or_gone_has_no_film_to_ask_for(backend: Backend, takes: Takes) -> None:
    assert backend.ask("POST", f"/api/sessions/{backend.record()}/merge").status == 409
    backend.ask("DELETE", f"/api/sessions/{takes.session}")
    assert backend.ask("POST", f"/api/sessions/{takes.session}/merge").status == 404
