"""Enrichment over HTTP: asked for, told, corrected, given away, found again."""

from __future__ import annotations

from typing import Any

import pytest

from backend.core.document import DocumentKind
from backend.core.flow import ENRICHING
from backend.core.job import JobKind, Lane
from backend.store import documents

from .conftest import Backend
from .test_analysis import film

__all__ = ["film"]

BODY = {
    "text": "Hello there. We ship on Friday.",
    "language": "en",
    "model": "whisper-base",
    "duration": 12.0,
    "segments": [
        {
            "start": 1.0,
            "end": 2.0,
            "text": "Hello there.",
            "words": [
                {"start": 1.0, "end": 1.5, "text": "Hello"},
                {"start": 1.5, "end": 2.0, "text": "there."},
            ],
        },
        {"start": 4.0, "end": 6.5, "text": "We ship on <b>Friday</b>.", "words": []},
    ],
    "speech": [{"start": 0.6, "end": 7.0}],
    "silence": [{"start": 0.0, "end": 0.6}, {"start": 7.0, "end": 12.0}],
    "figures": {
        "speaking": 3.5,
        "words": 6,
        "words_per_minute": 103,
        "pauses": 1,
        "longest_pause": 2.0,
        "fillers": 0,
    },
    "notes": [],
}


@pytest.fixture
def session(backend: Backend, film: str) -> str:
    """A session with a film and a transcript."""
    backend.library.database.write(lambda t: documents.put(t, film, DocumentKind.TRANSCRIPT, BODY))
    return film


def told(
    backend: Backend,
    path: str,
    method: str = "GET",
    body: dict[str, object] | None = None,
    status: int = 200,
) -> dict[str, Any]:
    answer = backend.ask(method, path, body)
    assert answer.status == status, answer
    return answer.json


def test_the_transcript_is_told_and_given_in_each_form(backend: Backend, session: str) -> None:
    body = told(backend, f"/api/sessions/{session}/transcript")
    assert body["segments"][0]["words"][1] == {
        "start": 1.5,
        "end": 2.0,
        "text": "there.",
        "joined": False,
    }
    assert [one["version"] for one in body["versions"]] == [1]
    vtt = backend.ask("GET", f"/api/sessions/{session}/transcript.vtt")
    assert vtt.headers["content-type"] == "text/vtt; charset=utf-8"
    assert "&lt;b&gt;Friday&lt;/b&gt;" in vtt.body.decode() and vtt.body.startswith(b"WEBVTT\n")
    for ending, words in (("srt", "00:00:01,000 -->"), ("txt", "Hello"), ("md", "**0:01**")):
        given = backend.ask("GET", f"/api/sessions/{session}/transcript.{ending}")
        assert words in given.body.decode()
    narrow = backend.ask("GET", f"/api/sessions/{session}/transcript.srt?line=10")
    assert b"Hello\nthere." in narrow.body
    assert backend.ask("GET", f"/api/sessions/{session}/transcript.doc").status == 422


def test_its_owner_corrects_it_and_the_first_version_stays(backend: Backend, session: str) -> None:
    address = f"/api/sessions/{session}/transcript"
    rows = [
        {"start": 1.0, "end": 2.0, "text": "Hello there."},
        {"start": 4.0, "end": 6.5, "text": "We ship on Monday.", "speaker": "Ada"},
    ]
    after = told(backend, address, "PATCH", {"based_on": 1, "segments": rows})
    assert (after["version"], after["origin"]) == (2, "edited")
    assert after["segments"][0]["words"] and not after["segments"][1]["words"]
    assert after["segments"][1]["speaker"] == "Ada"
    assert "Friday" in told(backend, f"{address}?version=1")["text"]
    stale = backend.ask("PATCH", address, {"based_on": 1, "segments": rows})
    assert stale.status == 409
    wrong = [{"start": 5.0, "end": 2.0, "text": "back to front"}]
    refused = backend.ask("PATCH", address, {"based_on": 2, "segments": wrong})
    assert refused.status == 422
    assert backend.ask("GET", f"{address}?version=9").status == 404
    found = told(backend, "/api/search?q=monday")
    assert [hit["start"] for hit in found["hits"]] == [4.0]


def test_a_stretch_is_heard_again(backend: Backend, session: str) -> None:
    address = f"/api/sessions/{session}/transcript/again"
    job = told(backend, address, "POST", {"start": 3, "end": 7, "model": "whisper-tiny.en"}, 202)
    assert job["kind"] == "review"
    assert job["options"] == {"span": [3.0, 7.0], "model": "whisper-tiny.en"}
    assert backend.ask("POST", address, {}).status == 409
    assert backend.ask("POST", address, {"start": 7, "end": 3}).status == 422


def test_speakers_are_told_apart_where_their_number_is_given(backend: Backend, film: str) -> None:
    asked = {"steps": ["review"], "speakers": 2}
    body = told(backend, f"/api/sessions/{film}/enrichment", "POST", asked, 202)
    assert body["jobs"][0]["options"] == {"speakers": 2}


def test_enrichment_is_asked_for_stopped_and_tried_again(backend: Backend, film: str) -> None:
    address = f"/api/sessions/{film}/enrichment"
    assert told(backend, address) == {"status": "none", "progress": 0.0, "jobs": [], "found": []}
    assert backend.ask("GET", f"/api/sessions/{film}/transcript").status == 404
    asked = told(backend, address, "POST", {"steps": ["review"], "language": "de"}, 202)
    assert asked["status"] == "waiting"
    assert asked["jobs"][0]["options"] == {"language": "de"}
    assert backend.ask("POST", address, {"steps": ["review"], "speakers": 9}).status == 422
    assert backend.ask("POST", f"{address}/retry", {}).status == 409
    assert told(backend, f"{address}/cancel", "POST", {})["status"] == "cancelled"
    assert backend.ask("POST", f"{address}/cancel", {}).status == 409
    assert told(backend, f"{address}/retry", "POST", {})["status"] == "waiting"
    job = backend.library.jobs.claim(Lane.ENRICH)
    assert job is not None and job.kind is JobKind.REVIEW
    assert told(backend, address)["status"] == "running"
    backend.library.jobs.finish(job, {}, 1.0, None, {DocumentKind.TRANSCRIPT: BODY})
    done = told(backend, address)
    assert (done["status"], done["progress"]) == ("completed", 1.0)
    assert done["found"] == [
        {"kind": "transcript", "version": 1, "model": "whisper-base", "out_of_date": False}
    ]
    assert backend.ask("POST", address, {"steps": ["merge"]}).status == 409


def test_what_is_found_is_told_in_pieces_that_hold_no_markup(
    backend: Backend, session: str
) -> None:
    hit: dict[str, Any] = told(backend, "/api/search?q=friday")["hits"][0]
    assert hit["text"] == "We ship on <b>Friday</b>."
    assert hit["pieces"] == [
        {"text": "We ship on <b>", "found": False},
        {"text": "Friday", "found": True},
        {"text": "</b>.", "found": False},
    ]
    assert told(backend, "/api/search?q=")["total"] == 0
    assert told(backend, f"/api/search?q=friday&session={session}")["total"] == 1
    assert told(backend, "/api/search?q=friday&session=other")["total"] == 0


def test_what_is_meant_is_found_where_it_is_asked_for(backend: Backend, session: str) -> None:
    backend.ask("PATCH", f"/api/sessions/{session}", {"title": "The budget"})
    assert told(backend, "/api/search?q=money")["hits"] == []
    near = told(backend, "/api/search?q=money&by=meaning")
    assert [(hit["kind"], hit["text"]) for hit in near["hits"]] == [("title", "The budget")]
    assert near["total"] == 1 and near["note"] == "1 session is left."
    assert backend.ask("GET", "/api/search?q=money&by=chance").status == 422


CHAPTERS = {
    "chapters": [
        {"start": 0.0, "end": 4.0, "title": "Hello"},
        {"start": 4.0, "end": 12.0, "title": "Shipping"},
    ],
    "notes": [],
}
SUMMARY = {
    "title": "Shipping on Friday",
    "abstract": "We ship.",
    "points": [{"text": "We ship on Friday.", "at": 4.0}],
    "actions": [{"text": "We ship.", "who": "we", "when": "on Friday", "at": 4.0}],
    "by": "extractive",
    "model": "extractive",
    "notes": [],
}


def test_chapters_are_told_given_and_edited(backend: Backend, session: str) -> None:
    address = f"/api/sessions/{session}/chapters"
    assert backend.ask("GET", address).status == 404
    backend.library.database.write(
        lambda t: documents.put(t, session, DocumentKind.CHAPTERS, CHAPTERS)
    )
    assert [one["title"] for one in told(backend, address)["chapters"]] == ["Hello", "Shipping"]
    assert b"00:00:04.000 --> 00:00:12.000\nShipping" in backend.ask("GET", f"{address}.vtt").body
    edited = [
        {"start": 0, "end": 5, "title": " All\nhands "},
        {"start": 5, "end": 12, "title": "B"},
    ]
    after = told(backend, address, "PATCH", {"based_on": 1, "chapters": edited})
    assert (after["version"], after["origin"]) == (2, "edited")
    assert after["chapters"][0] == {"start": 0.0, "end": 5.0, "title": "All hands"}
    gap = [{"start": 0, "end": 5, "title": "A"}, {"start": 6, "end": 12, "title": "B"}]
    refused = backend.ask("PATCH", address, {"based_on": 2, "chapters": gap})
    assert refused.status == 422 and b"does not follow" in refused.body
    assert backend.ask("PATCH", address, {"based_on": 1, "chapters": edited}).status == 409
    hits = told(backend, "/api/search?q=hands")["hits"]
    assert [(hit["kind"], hit["start"]) for hit in hits] == [("chapters", 0.0)]
    assert [(one["version"], one["origin"]) for one in after["versions"]] == [
        (2, "edited"),
        (1, "made"),
    ]
    assert told(backend, f"{address}?version=1")["chapters"][0]["title"] == "Hello"
    assert backend.ask("GET", f"{address}?version=9").status == 404
    assert told(backend, f"{address}.json")["chapters"] == after["chapters"]
    assert backend.ask("GET", f"{address}.txt?version=1").body == b"0:00 Shipping\n"


def test_a_summary_is_told_and_found(backend: Backend, session: str) -> None:
    address = f"/api/sessions/{session}/summary"
    assert backend.ask("GET", address).status == 404
    backend.library.database.write(
        lambda t: documents.put(t, session, DocumentKind.SUMMARY, SUMMARY)
    )
    body = told(backend, address)
    assert body["actions"][0]["when"] == "on Friday" and body["by"] == "extractive"
    kinds = {hit["kind"] for hit in told(backend, "/api/search?q=friday")["hits"]}
    assert kinds == {"summary", "transcript"}


def kinds(jobs: list[dict[str, Any]]) -> set[str]:
    return {job["kind"] for job in jobs}


def test_steps_that_are_switched_off_are_left_out_unless_named(
    backend: Backend, session: str
) -> None:
    address = f"/api/sessions/{session}/enrichment"
    told(backend, "/api/settings", "PATCH", {"values": {"enrich.chapters": "off"}})
    assert "chapters" not in kinds(told(backend, address, "POST", {}, 202)["jobs"])
    named = told(backend, address, "POST", {"steps": ["chapters"]}, 202)
    assert "chapters" in kinds(named["jobs"])
    for step in ENRICHING:
        told(backend, "/api/settings", "PATCH", {"values": {f"enrich.{step}": "off"}})
    refused = told(backend, address, "POST", {}, 409)
    assert "settings" in refused["hint"]


def test_a_session_may_leave_steps_out(backend: Backend) -> None:
    options = {"enrich": True, "without": ["summary"]}
    body = {"paths": ["/recordings/a.m4a"], "options": options}
    told(backend, "/api/sessions", "POST", body, 201)
    assert backend.desk.options is not None
    assert backend.desk.options.without == (JobKind.SUMMARY,)
    told(backend, "/api/settings", "PATCH", {"values": {"enrich.review": "off"}})
    told(backend, "/api/sessions", "POST", {**body, "options": {}}, 201)
    assert backend.desk.options.without == (JobKind.REVIEW,)
    wrong = {**body, "options": {"without": ["merge"]}}
    assert "review, chapters" in told(backend, "/api/sessions", "POST", wrong, 422)["detail"]


def test_many_sessions_are_asked_at_once_for_what_they_lack(backend: Backend, session: str) -> None:
    waiting = backend.process("not yet.m4a")
    body: dict[str, object] = {"sessions": [session, waiting], "lacking": True}
    found = told(backend, "/api/enrichment", "POST", body, 202)
    (asked,) = found["asked"]
    assert asked["session"] == session
    # Its transcript is there already.
    assert "review" not in kinds(asked["jobs"]) and "summary" in kinds(asked["jobs"])
    (passed,) = found["passed"]
    assert passed["session"] == waiting and "no film" in passed["why"]
    everything = told(backend, "/api/enrichment", "POST", {"steps": ["review"]}, 202)
    assert [one["session"] for one in everything["asked"]] == [session]
    assert everything["passed"] == []
    nothing = told(backend, "/api/enrichment", "POST", {"steps": ["review"], "lacking": True}, 202)
    assert nothing == {"asked": [], "passed": []}
    assert told(backend, "/api/enrichment", "POST", {"sessions": ["nonesuch"]}, 404)


def test_a_summary_is_edited_and_given_away(backend: Backend, session: str) -> None:
    address = f"/api/sessions/{session}/summary"
    edit: dict[str, object] = {
        "based_on": 1,
        "title": "<img src=x onerror=alert(1)>",
        "abstract": "We ship\nlater.",
        "points": [{"text": "# Later", "at": 4.0}, {"text": " ", "at": 5.0}],
        "actions": [{"text": "Call [Ada]", "who": "Bo", "when": " ", "at": 6.5}],
    }
    assert backend.ask("PATCH", address, edit).status == 404
    backend.library.database.write(
        lambda t: documents.put(t, session, DocumentKind.SUMMARY, SUMMARY)
    )
    after = told(backend, address, "PATCH", edit)
    assert (after["version"], after["origin"], after["by"]) == (2, "edited", "extractive")
    assert after["abstract"] == "We ship later." and len(after["points"]) == 1
    assert after["actions"] == [{"text": "Call [Ada]", "who": "Bo", "when": None, "at": 6.5}]
    assert backend.ask("PATCH", address, edit).status == 409
    assert backend.ask("PATCH", address, {**edit, "points": [{"text": "x"}]}).status == 422
    assert told(backend, f"{address}?version=1")["title"] == SUMMARY["title"]
    given = backend.ask("GET", f"{address}.md")
    assert given.headers["content-type"] == "text/markdown; charset=utf-8"
    text = given.body.decode()
    assert "\\<img src=x" in text and "- 0:04 \\# Later" in text and "(Bo)" in text
    assert text.endswith("Made of sentences that were said, then edited.\n")
    assert (
        "• 0:04 We ship on Friday." in backend.ask("GET", f"{address}.txt?version=1").body.decode()
    )
    assert told(backend, f"{address}.json")["actions"][0]["at"] == 6.5
    hits = told(backend, "/api/search?q=later")["hits"]
    assert {hit["kind"] for hit in hits} == {"summary"}
