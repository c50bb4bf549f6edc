"""Documents and their versions, and finding words in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from backend.core.document import DocumentKind, Origin
from backend.core.job import JobKind
from backend.store.documents import KEPT
from backend.store.library import Library, open_library
from backend.store.orders import Conflict
from backend.store.search import BEGIN, END

from .making import session

KIND = DocumentKind.TRANSCRIPT


def said(*texts: str) -> dict[str, object]:
    rows = [{"start": n * 4.0, "end": n * 4 + 3.5, "text": text} for n, text in enumerate(texts)]
    return {"segments": rows, "model": "m"}


@pytest.fixture
def library(tmp_path: Path):  # type: ignore[no-untyped-def]
    library = open_library(tmp_path, lambda events: None, tmp_path / "films")
    library.sessions.create(session("s1", title="Café planning"))
    library.sessions.create(session("s2", title="Match"))
    yield library
    library.close()


def made(library: Library, number: str, body: dict[str, object]) -> None:
    """As the end of a job does it."""
    from backend.store import documents

    library.database.write(lambda t: documents.put(t, number, KIND, body))


def texts(library: Library, words: str, **how: object) -> list[str]:
    hits = library.search(words, **how).hits  # type: ignore[arg-type]
    return [re.sub(f"[{BEGIN}{END}]", "", hit.text) for hit in hits]


def test_each_version_stays_and_the_newest_counts(library: Library) -> None:
    made(library, "s1", said("helo world"))
    corrected = library.documents.edit("s1", KIND, said("hello world"), 1)
    assert (corrected.version, corrected.origin) == (2, Origin.EDITED)
    newest = library.documents.newest("s1", KIND)
    assert newest is not None and newest.body == said("hello world")
    assert library.documents.version("s1", KIND, 1).body == said("helo world")  # type: ignore[union-attr]
    assert [v.version for v in library.documents.versions("s1", KIND)] == [2, 1]
    assert texts(library, "helo") == [] and texts(library, "hello") == ["hello world"]
    assert library.documents.newest("s2", KIND) is None


def test_corrections_of_an_old_version_are_refused(library: Library) -> None:
    made(library, "s1", said("one"))
    made(library, "s1", said("two"))
    with pytest.raises(Conflict):
        library.documents.edit("s1", KIND, said("mine"), 1)
    with pytest.raises(KeyError):
        library.documents.edit("s2", KIND, said("mine"), 1)


def test_the_first_version_and_the_last_ones_are_kept(library: Library) -> None:
    for n in range(KEPT + 5):
        made(library, "s1", said(f"take {n}"))
    versions = [v.version for v in library.documents.versions("s1", KIND)]
    assert versions[-1] == 1 and versions[0] == KEPT + 5 and len(versions) == KEPT + 1


def test_what_cannot_be_read_is_not_kept(library: Library) -> None:
    with pytest.raises(KeyError):
        made(library, "s1", {"model": "m"})
    assert library.documents.versions("s1", KIND) == []


def test_words_are_found_with_their_moment_and_context(library: Library) -> None:
    made(library, "s1", said("nothing here", "we agreed on the budget for März", "and left"))
    made(library, "s2", said("no budget at all"))
    found = library.search("budget")
    assert found.total == 2
    hit = next(hit for hit in found.hits if hit.session == "s1")
    assert (hit.title, hit.kind, hit.start) == ("Café planning", "transcript", 4)
    assert hit.text == f"we agreed on the {BEGIN}budget{END} for März"
    assert texts(library, "agreed budg") == ["we agreed on the budget for März"]
    assert texts(library, "MARZ") == ["we agreed on the budget for März"]
    assert texts(library, "cafe") == ["Café planning"]
    assert texts(library, "budget", session="s2") == ["no budget at all"]
    assert texts(library, "budg ") == []  # a space ends the word


def test_titles_follow_and_the_bin_is_left_out(library: Library) -> None:
    made(library, "s1", said("the goal in the second half"))
    library.sessions.edit("s1", title="Final", watched=None)
    assert texts(library, "café") == [] and texts(library, "final") == ["Final"]
    library.sessions.bin("s1")
    assert library.search("goal").total == 0
    library.sessions.restore("s1")
    assert library.search("goal").total == 1


@given(st.text(max_size=80))
@trying(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_nothing_typed_is_an_operator(library: Library, typed: str) -> None:
    library.search(typed)
    library.search(f'{typed}" OR NEAR( * ^')


def test_what_is_searched_is_made_again_when_it_is_lost(library: Library) -> None:
    made(library, "s1", said("first draft"))
    made(library, "s1", said("the second draft"))
    library.database.write(lambda t: t.execute("DELETE FROM passage"))
    assert library.search("draft").total == 0
    library.documents.reindex()
    assert texts(library, "draft") == ["the second draft"]
    assert texts(library, "match") == ["Match"]
    library.documents.reindex()
    assert library.search("draft").total == 1


def test_a_job_and_what_it_found_are_recorded_together(library: Library) -> None:
    from backend.core.flow import Planned
    from backend.core.job import Lane, Priority

    library.sessions.request("s1", Planned(JobKind.REVIEW, Priority.NORMAL))
    job = library.jobs.claim(Lane.ENRICH)
    assert job is not None
    assert library.jobs.finish(job, {}, 1.0, None, {KIND: said("done")})
    assert not library.jobs.finish(job, {}, 1.0, None, {KIND: said("twice")})
    assert [v.version for v in library.documents.versions("s1", KIND)] == [1]
    assert texts(library, "done") == ["done"]
