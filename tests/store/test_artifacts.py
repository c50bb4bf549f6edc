from __future__ import annotations

from dataclasses import replace

import apsw
import pytest

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.job import Job, Lane

from .making import Store, film, session


@pytest.fixture
def job(store: Store) -> Job:
    store.sessions.create(session("s"))
    claimed = store.jobs.claim(Lane.READY)
    assert claimed is not None and claimed.token is not None
    return claimed


def token(job: Job) -> str:
    assert job.token is not None
    return job.token


def test_a_file_is_known_before_it_has_its_name_and_counts_only_after(
    store: Store, job: Job
) -> None:
    made = film("s")
    assert store.artifacts.prepare(made, job.id, token(job))
    assert store.artifacts.prepared() == [made]
    assert store.artifacts.find("s", made.key) is None
    assert store.artifacts.of_session("s") == store.artifacts.all() == []
    store.artifacts.keep(made)
    assert store.artifacts.prepared() == []
    assert store.artifacts.find("s", made.key) == made
    assert store.artifacts.of_session("s") == store.artifacts.all() == [made]


def test_nothing_is_prepared_under_a_claim_that_is_over(store: Store, job: Job) -> None:
    assert not store.artifacts.prepare(film("s"), job.id, "another")
    assert not store.artifacts.prepare(film("s"), job.id + 1, token(job))
    store.jobs.give_back(job)
    assert not store.artifacts.prepare(film("s"), job.id, token(job))
    assert store.artifacts.prepared() == []


def test_a_new_version_of_the_film_is_the_one_that_plays(store: Store, job: Job) -> None:
    peaks = Artifact("p", ArtifactKind.PEAKS, "s", "/films/p", 3)
    for made in (film("s"), peaks, film("s", "f2", "/films/b.mp4")):
        store.clock.pass_(seconds=1)
        store.artifacts.keep(made)
    kept = store.sessions.get("s")
    assert kept is not None and kept.film is not None and kept.film.key == "f2"
    newest = store.artifacts.newest("s", ArtifactKind.FILM)
    assert newest is not None and newest.key == "f2"
    assert store.artifacts.newest("s", ArtifactKind.STRIP) is None
    assert [a.key for a in store.artifacts.of_session("s")] == ["f1", "p", "f2"]


def test_making_the_same_again_replaces_its_record(store: Store, job: Job) -> None:
    store.artifacts.keep(film("s"))
    store.artifacts.keep(replace(film("s"), size=11, path="/films/c.mp4"))
    assert [(a.size, a.path) for a in store.artifacts.all()] == [(11, "/films/c.mp4")]


def test_a_film_that_is_forgotten_no_longer_plays(store: Store, job: Job) -> None:
    store.artifacts.keep(film("s"))
    store.artifacts.keep(film("s", "f2"))
    told = len(store.told)
    store.artifacts.forget(film("s"))  # an old version: nothing that a page shows
    assert len(store.told) == told
    store.artifacts.forget(film("s", "f2"))
    kept = store.sessions.get("s")
    assert kept is not None and kept.film is None
    assert store.names()[told:] == ["session-updated"]


def test_a_file_of_no_session_is_refused(store: Store) -> None:
    with pytest.raises(apsw.ConstraintError):
        store.artifacts.keep(film("nobody"))
