"""Vectors of passages: made where passages changed, kept where they did not."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from backend.core.document import DocumentKind
from backend.store import documents
from backend.store.library import Library, open_library
from backend.store.meanings import Due, apart
from backend.store.search import Hit

from .making import session

KIND = DocumentKind.TRANSCRIPT


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = open_library(tmp_path, lambda events: None, tmp_path / "films")
    library.sessions.create(session("s1", title="Planning"))
    yield library
    library.close()


def say(library: Library, *texts: str, number: str = "s1") -> None:
    """A transcript of which every sentence stands alone: a minute lies between them."""
    rows = [{"start": n * 60, "end": n * 60 + 3, "text": text} for n, text in enumerate(texts)]
    body = {"segments": rows, "model": "m"}
    library.database.write(lambda t: documents.put(t, number, KIND, body))


def make(due: Due) -> dict[str, bytes]:
    return dict(due.known) | {
        one.text: one.text.encode() for one in due.stretches if one.text not in due.known
    }


def catch_up(library: Library, model: str = "m1") -> list[str]:
    """Make what is due; the texts of which there was no vector yet."""
    read = []
    library.meanings.remake(model)
    while due := library.meanings.due(model):
        read += [one.text for one in due.stretches if one.text not in due.known]
        library.meanings.put(due, make(due), model)
    return read


def held(library: Library, model: str = "m1") -> list[str]:
    return [vector.decode() for _, vector in library.meanings.since(0, model, 100)]


def test_only_what_changed_is_read_again(library: Library) -> None:
    say(library, "hello", "world")
    assert library.meanings.behind() == 1
    assert sorted(catch_up(library)) == ["Planning", "hello", "world"]
    assert library.meanings.behind() == 0 and catch_up(library) == []
    say(library, "hello", "there")
    assert catch_up(library) == ["there"]
    assert sorted(held(library)) == ["Planning", "hello", "there"]
    library.sessions.edit("s1", title="Budget")
    assert catch_up(library) == ["Budget"]


def test_what_changes_while_it_is_read_stays_due(library: Library) -> None:
    catch_up(library)
    say(library, "first")
    due = library.meanings.due("m1")
    assert due is not None
    say(library, "second")
    library.meanings.put(due, make(due), "m1")
    assert library.meanings.behind() == 1
    assert catch_up(library) == ["second"]


def test_another_model_reads_all_again(library: Library) -> None:
    say(library, "hello")
    catch_up(library)
    assert sorted(catch_up(library, "m2")) == ["Planning", "hello"]
    assert held(library, "m1") == []
    assert catch_up(library, "m2") == []


def test_a_session_that_is_gone_is_neither_read_nor_found(library: Library) -> None:
    library.sessions.create(session("s2", title="Match"))
    say(library, "goal", number="s2")
    catch_up(library)
    numbers = [number for number, _ in library.meanings.since(0, "m1", 100)]
    assert {hit.session for hit in library.meanings.hits(numbers)} == {"s1", "s2"}
    assert {hit.session for hit in library.meanings.hits(numbers, "s2")} == {"s2"}
    library.sessions.bin("s2")
    assert {hit.session for hit in library.meanings.hits(numbers)} == {"s1"}
    say(library, "penalty", number="s2")
    assert library.meanings.behind() == 0
    assert library.meanings.due("m1") is None
    library.sessions.forget("s2")
    assert held(library) == ["Planning"]


def test_one_place_is_told_once(library: Library) -> None:
    def hit(start: int, kind: str = "transcript", number: str = "s1") -> Hit:
        return Hit(number, "t", kind, Fraction(start), "text")

    best = [hit(100), hit(110), hit(130), hit(0, "title"), hit(5), hit(100, number="s2")]
    assert apart(best) == [hit(100), hit(130), hit(0, "title"), hit(5), hit(100, number="s2")]
