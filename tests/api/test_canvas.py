"""A canvas over HTTP: told, edited, and given away as a page or a picture."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.document import DocumentKind
from backend.core.job import JobKind
from backend.store import documents
from tests.api.conftest import Backend
from tests.api.test_analysis import film, folder
from tests.api.test_enrichment import CHAPTERS, told

__all__ = ["film"]

CANVAS: dict[str, Any] = {
    "title": "",
    "about": "Shipping",
    "abstract": "We ship.",
    "duration": 12.0,
    "recorded": "2026-05-12T09:15:00+00:00",
    "chapters": CHAPTERS["chapters"],
    "shots": [
        {"at": 1.0, "key": "ab" * 20, "width": 2, "height": 2},
        {"at": 5.0, "key": "cd" * 20, "width": 2, "height": 2},
    ],
    "wave": [0, 50, 100],
    "speech": [{"start": 1.0, "end": 7.0}],
    "quotes": [{"text": "We ship on <b>Friday</b>.", "at": 4.0, "who": None}],
    "points": [],
    "actions": [],
    "figures": None,
    "language": "en",
    "by": "extractive",
    "notes": [],
}


@pytest.fixture
def drawn(backend: Backend, film: str) -> str:
    """A session with a canvas; one of its two pictures is there."""
    backend.library.database.write(lambda t: documents.put(t, film, DocumentKind.CANVAS, CANVAS))
    path = folder(backend) / "still.jpg"
    written = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(written, "JPEG")
    path.write_bytes(written.getvalue())
    still = Artifact("ab" * 20, ArtifactKind.STILL, film, str(path), path.stat().st_size)
    backend.library.artifacts.keep(still)
    return film


def test_a_canvas_is_told_and_given_as_a_page_and_a_picture(backend: Backend, drawn: str) -> None:
    address = f"/api/sessions/{drawn}/canvas"
    title = told(backend, f"/api/sessions/{drawn}")["title"]
    body = told(backend, address)
    assert (body["title"], body["version"], body["origin"]) == (title, 1, "made")
    assert body["quotes"][0]["text"] == "We ship on <b>Friday</b>."
    page = backend.ask("GET", f"{address}?as=html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-disposition"].startswith("attachment; ")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.body.count(b"data:image/jpeg") == 1 and b"<b>Friday" not in page.body
    light = backend.ask("GET", f"{address}?as=png")
    dark = backend.ask("GET", f"{address}?as=png&dark=true")
    assert light.body.startswith(b"\x89PNG") and dark.body.startswith(b"\x89PNG")
    assert light.headers["content-type"] == "image/png" and light.body != dark.body
    assert backend.ask("GET", f"{address}?as=pdf").status == 422
    assert told(backend, "/api/search?q=friday")["total"] == 0, "it would be found twice"


def test_the_pictures_of_a_canvas_are_served(backend: Backend, drawn: str) -> None:
    still = backend.ask("GET", f"/api/sessions/{drawn}/stills?v={'ab' * 20}")
    assert still.status == 200 and still.headers["content-type"] == "image/jpeg"
    assert "immutable" in still.headers["cache-control"]
    for wrong in ("cd" * 20, "f" * 40):  # not there; another kind of file
        assert backend.ask("GET", f"/api/sessions/{drawn}/stills?v={wrong}").status == 404
    assert backend.ask("GET", f"/api/sessions/{drawn}/stills?v=../film").status == 422


def test_a_canvas_is_edited_and_the_version_before_stays(backend: Backend, drawn: str) -> None:
    address = f"/api/sessions/{drawn}/canvas"
    quotes = [
        {"text": "Later.", "at": 9, "who": "Ada"},
        {"text": " First\n", "at": 2},
    ]
    after = told(backend, address, "PATCH", {"based_on": 1, "title": "Mine", "quotes": quotes})
    assert (after["version"], after["origin"], after["title"]) == (2, "edited", "Mine")
    assert [(one["text"], one["who"]) for one in after["quotes"]] == [
        ("First", None),
        ("Later.", "Ada"),
    ]
    assert after["about"] == "Shipping" and len(after["shots"]) == 2
    kept = backend.library.documents.version(drawn, DocumentKind.CANVAS, 1)
    assert kept is not None and kept.body == CANVAS
    assert backend.ask("PATCH", address, {"based_on": 1, "quotes": []}).status == 409
    late = [{"text": "Too late", "at": 99}]
    assert backend.ask("PATCH", address, {"based_on": 2, "quotes": late}).status == 422
    assert told(backend, address, "PATCH", {"based_on": 2, "quotes": []})["quotes"] == []


def test_one_that_is_out_of_date_says_so_and_is_drawn_first_when_it_is_saved(
    backend: Backend, drawn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/api/sessions/{drawn}"
    documents_now = backend.library.documents

    def put(kind: DocumentKind, body: dict[str, Any]) -> None:
        backend.library.database.write(lambda t: documents.put(t, drawn, kind, body))

    def drawing() -> list[str]:
        jobs = backend.library.jobs.of_sessions([drawn])[drawn]
        return [job.status for job in jobs if job.kind is JobKind.CANVAS]

    def found() -> dict[str, bool]:
        body = told(backend, f"{address}/enrichment")
        return {one["kind"]: one["out_of_date"] for one in body["found"]}

    put(DocumentKind.CHAPTERS, CHAPTERS)
    put(DocumentKind.CANVAS, {**CANVAS, "drawn_from": {"chapters": 1}})
    assert told(backend, f"{address}/canvas")["out_of_date"] is False
    assert found() == {"chapters": False, "canvas": False}
    edited = [{**one, "title": "Another"} for one in CHAPTERS["chapters"]]
    told(backend, f"{address}/chapters", "PATCH", {"based_on": 1, "chapters": edited})
    assert told(backend, f"{address}/canvas")["out_of_date"] is True
    assert found() == {"chapters": False, "canvas": True} and drawing() == ["delayed"]
    # Nobody draws here: what there is says that it is old, and is not waited for for ever.
    monkeypatch.setattr("backend.api.canvas.PATIENCE", 0.1)
    old = backend.ask("GET", f"{address}/canvas?as=html").body
    assert b"It was drawn before the last changes" in old and drawing() == ["queued"]
    backend.library.preferences.pause_queue(True)
    monkeypatch.setattr("backend.api.canvas.PATIENCE", 1e6)
    assert b"before the last changes" in backend.ask("GET", f"{address}/canvas?as=html").body
    backend.library.preferences.pause_queue(False)
    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(backend.ask, "GET", f"{address}/canvas?as=html")
        put(DocumentKind.CANVAS, {**CANVAS, "about": "Fresh", "drawn_from": {"chapters": 2}})
        page = saving.result(60).body
    assert b"Fresh" in page and b"before the last changes" not in page
    newest = documents_now.newest(drawn, DocumentKind.CANVAS)
    assert newest is not None and newest.version == 3


def test_quotes_are_its_owners_until_they_are_given_back(backend: Backend, drawn: str) -> None:
    address = f"/api/sessions/{drawn}/canvas"
    backend.library.database.write(
        lambda t: documents.put(t, drawn, DocumentKind.CHAPTERS, CHAPTERS)
    )
    assert told(backend, address)["owned"] == []
    mine = told(backend, address, "PATCH", {"based_on": 1, "quotes": [], "about": "Mine"})
    assert (mine["owned"], mine["quotes"], mine["out_of_date"]) == (["about", "quotes"], [], False)
    back = told(backend, address, "PATCH", {"based_on": 2, "quotes": "found"})
    assert (back["owned"], back["out_of_date"]) == (["about"], True)
    jobs = backend.library.jobs.of_sessions([drawn])[drawn]
    assert [job.status for job in jobs if job.kind is JobKind.CANVAS] == ["queued"]


def test_there_is_no_canvas_before_one_is_drawn(backend: Backend, film: str) -> None:
    for ending in ("", "?as=html", "?as=png"):
        assert backend.ask("GET", f"/api/sessions/{film}/canvas{ending}").status == 404
    body = {"based_on": 1, "title": "Mine"}
    assert backend.ask("PATCH", f"/api/sessions/{film}/canvas", body).status == 404
    asked = told(backend, f"/api/sessions/{film}/enrichment", "POST", {"steps": ["canvas"]}, 202)
    assert [(job["kind"], job["status"]) for job in asked["jobs"]] == [("canvas", "queued")]
