"""A canvas whose chapters, summary or transcript have changed is drawn anew, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.chapter import told
from backend.core.document import DocumentKind
from backend.core.flow import Planned
from backend.core.job import Job, JobKind, JobStatus, Lane, Priority
from backend.store import documents
from backend.store.library import Library, open_library
from backend.store.redraw import QUIET

from .making import film, session

CANVAS, CHAPTERS = DocumentKind.CANVAS, DocumentKind.CHAPTERS
NOTHING = dict(told(()))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """A session with a film, chapters and a canvas that was drawn from them; nothing runs."""
    library = open_library(tmp_path, lambda events: None, tmp_path / "films")
    library.sessions.create(session("s1"))
    for job in library.jobs.active():
        if job.kind is JobKind.MERGE:
            library.jobs.cancel(job.id)
    library.artifacts.keep(film("s1"))
    library.database.write(lambda t: t.execute("UPDATE session SET film = 'f1'"))
    put(library, CHAPTERS, NOTHING)
    put(library, CANVAS, {"drawn_from": {"chapters": 1}})
    yield library
    library.close()


def put(library: Library, kind: DocumentKind, body: dict[str, object]) -> None:
    library.database.write(lambda t: documents.put(t, "s1", kind, body))


def edit(library: Library, times: int = 1) -> None:
    for _ in range(times):
        newest = library.documents.newest("s1", CHAPTERS)
        assert newest is not None
        library.documents.edit("s1", CHAPTERS, NOTHING, newest.version)


def drawings(library: Library) -> list[Job]:
    jobs = library.jobs.of_sessions(["s1"])["s1"]
    return [job for job in jobs if job.kind is JobKind.CANVAS]


def claimed(library: Library) -> Job:
    library.documents.draw_now("s1")
    job = library.jobs.claim(Lane.ENRICH)
    assert job is not None and job.kind is JobKind.CANVAS
    return job


def draw(library: Library, job: Job, version: int) -> None:
    body = {"drawn_from": {"chapters": version}}
    assert library.jobs.finish(job, {}, 1.0, found={CANVAS: body})


def test_many_edits_are_one_job_which_waits_for_the_last(library: Library) -> None:
    edit(library, 3)
    (job,) = drawings(library)
    assert (job.status, job.priority, job.attempt) == (JobStatus.DELAYED, Priority.LOW, 0)
    assert job.is_refresh
    ((due, edited),) = library.database.read(
        "SELECT not_before, (SELECT max(created_at) FROM document) FROM job WHERE id = ?",
        (job.id,),
    )
    assert due == edited + QUIET
    library.database.write(
        lambda t: t.execute("UPDATE job SET not_before = 1 WHERE id = ?", (job.id,))
    )
    assert library.jobs.wake_due() == 1
    mine = library.jobs.claim(Lane.ENRICH)
    assert mine is not None and mine.id == job.id
    draw(library, mine, 4)
    edit(library)
    assert [one.status for one in drawings(library)] == [JobStatus.COMPLETED, JobStatus.DELAYED]


def test_what_changes_while_it_is_drawn_is_drawn_after_that(library: Library) -> None:
    edit(library)
    job = claimed(library)
    edit(library)
    assert [one.id for one in drawings(library)] == [job.id]
    draw(library, job, 2)
    assert [one.status for one in drawings(library)] == [JobStatus.COMPLETED, JobStatus.DELAYED]


def test_it_waits_for_what_is_found_out_anew(library: Library) -> None:
    library.sessions.request("s1", Planned(JobKind.CHAPTERS, Priority.NORMAL))
    put(library, DocumentKind.SUMMARY, {"title": "", "abstract": "", "points": [], "actions": []})
    edit(library)
    (job,) = drawings(library)
    assert job.status is JobStatus.PENDING
    finding = library.jobs.claim(Lane.ENRICH)
    assert finding is not None and finding.kind is JobKind.CHAPTERS
    assert library.jobs.finish(finding, {}, 1.0, found={CHAPTERS: NOTHING})
    (job,) = drawings(library)
    assert job.status is JobStatus.QUEUED, "it begins when that is done"


def test_one_that_is_asked_for_does_not_wait(library: Library) -> None:
    edit(library)
    library.sessions.request("s1", Planned(JobKind.CANVAS, Priority.NORMAL))
    (job,) = drawings(library)
    assert (job.status, job.priority) == (JobStatus.QUEUED, Priority.NORMAL)
    assert not job.is_refresh
    edit(library)
    assert [one.id for one in drawings(library)] == [job.id], "it reads the newest anyway"


def test_cancelled_it_comes_back_with_the_next_edit_only(library: Library) -> None:
    edit(library)
    library.jobs.cancel(drawings(library)[0].id)
    library.documents.draw_now("s1")  # who saves it asks for it
    assert [one.status for one in drawings(library)] == [JobStatus.CANCELLED, JobStatus.QUEUED]
    library.jobs.cancel(drawings(library)[1].id)
    edit(library)
    assert [one.status for one in drawings(library)][2:] == [JobStatus.DELAYED]


@pytest.mark.parametrize("why", ["up to date", "unknown", "none", "no film", "in the bin"])
def test_nothing_is_drawn_where_that_makes_no_sense(library: Library, why: str) -> None:
    if why == "up to date":
        put(library, CANVAS, {"drawn_from": {"chapters": 2}})
    elif why == "unknown":
        put(library, CANVAS, {})
    elif why == "none":
        library.database.write(lambda t: t.execute("DELETE FROM document WHERE kind = 'canvas'"))
    elif why == "no film":
        library.database.write(lambda t: t.execute("UPDATE session SET film = NULL"))
    else:
        library.sessions.bin("s1")
    edit(library)
    assert drawings(library) == []
