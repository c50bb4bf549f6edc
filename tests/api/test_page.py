"""The page's own files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backend.api import page
from tests.api.conftest import Backend

ADDRESSES = ("/", "/sessions/abc", "/sessions/abc/processing", "/queue", "/settings")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "page"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Rushes</title>")
    (folder / "assets" / "index-abc123.js").write_text("export {}")
    monkeypatch.setattr(page, "built", lambda: folder)
    return folder


@pytest.mark.parametrize("address", ADDRESSES)
def test_each_address_of_the_page_is_its_one_document(
    backend: Backend, built: Path, address: str
) -> None:
    answer = backend.ask("GET", address, headers=backend.headers(Authorization=None))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_what_it_loads_is_kept_and_nothing_else_is_there(backend: Backend, built: Path) -> None:
    answer = backend.ask("GET", "/assets/index-abc123.js")
    assert answer.body == b"export {}"
    assert "immutable" in answer.headers["cache-control"]
    (built.parent / "outside.txt").write_text("outside")
    for path in ("/assets/", "/assets/none.js", "/../outside.txt", "/outside.txt", "/console"):
        assert backend.ask("GET", path).status == 404


def test_a_page_that_was_not_built_says_so(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "built", lambda: None)
    answer = backend.ask("GET", "/")
    assert answer.status == 503
    assert b"make page" in answer.body


def test_the_document_names_every_route(backend: Backend) -> None:
    document = backend.ask("GET", "/api/openapi.json").json
    assert str(document["openapi"]).startswith("3.1")
    paths = document["paths"]
    assert isinstance(paths, dict)
    for path in ("/api/sessions", "/api/sessions/{session}/media", "/api/queue", "/api/events"):
        assert path in paths


def test_the_page_is_built_from_the_present_document(backend: Backend) -> None:
    """Its types come from a copy; `npm run types` makes them anew from a new copy."""
    copy = Path(__file__).parents[2] / "web" / "src" / "api" / "openapi.gen.json"
    document = backend.ask("GET", "/api/openapi.json").json
    kept = json.loads(copy.read_text("utf-8"))
    kept["info"]["version"] = document["info"]["version"]  # type: ignore[index]
    assert kept == document, f"put the present document at {copy}"
