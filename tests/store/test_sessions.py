from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.fault import Category, Fault
from backend.core.flow import SessionStatus, merge_of, session_status
from backend.core.job import JobKind, JobStatus, Lane, Priority
from backend.core.session import Segment, SessionOptions, SessionState
from backend.store.db import Transaction
from backend.store.intake import sources_key
from backend.store.listing import Wanted
from backend.store.orders import Conflict
from backend.store.sessions import Sessions

from .making import MOMENT, Clock, Store, film, picture, segment, session

TITLES = ["", "it's", '"q"; DROP TABLE session;--', "a\nb\x00c", "🎬 é \u202e", "-x", "n" * 500]


@pytest.mark.parametrize("title", TITLES)
def test_a_session_comes_back_as_it_was_given(store: Store, clock: Clock, title: str) -> None:
    given_ = session("s", title=title, segments=[segment("/r/a b\n.m4a", Fraction(1, 3))])
    kept = store.sessions.create(given_)
    assert kept == replace(given_, updated_at=clock.now, ended_at=clock.now)
    assert store.sessions.get("s") == kept


def test_an_ended_session_and_its_jobs_appear_together_or_not_at_all(store: Store) -> None:
    store.sql("CREATE TEMP TRIGGER no BEFORE INSERT ON edge BEGIN SELECT RAISE(ABORT, 'x'); END")
    with pytest.raises(Exception, match="x"):
        store.sessions.create(session("s"))
    assert store.sessions.get("s") is None
    assert store.jobs.page() == [] and store.told == []
    store.sql("DROP TRIGGER temp.no")
    store.sessions.create(session("s"), Priority.HIGH)
    jobs = store.jobs.of_sessions(["s"])["s"]
    assert [(j.kind, j.status, j.priority) for j in jobs] == [
        (JobKind.MERGE, JobStatus.QUEUED, Priority.HIGH),
        (JobKind.WAVEFORM, JobStatus.PENDING, Priority.NORMAL),
        (JobKind.THUMBNAILS, JobStatus.PENDING, Priority.NORMAL),
    ]
    assert store.names() == ["session-created", "job-queued", "job-pending", "job-pending"]


def test_a_live_session_takes_pieces_until_it_ends(store: Store, clock: Clock) -> None:
    store.sessions.create(session("s", live=True, with_picture=False))
    assert store.jobs.page() == []
    store.sessions.add("s", segment("/r/2.m4a"))
    store.sessions.add("s", segment("/r/1.m4a"))
    store.sessions.add("s", segment("/other/2.m4a", size=7))  # uploaded once more
    store.sessions.add("s", picture())
    clock.pass_(seconds=60)
    ended = store.sessions.end("s")
    assert [(s.name, s.source.size) for s in ended.segments] == [("2.m4a", 7), ("1.m4a", 100)]
    assert ended.picture == picture()
    assert (ended.state, ended.ended_at) == (SessionState.ENDED, clock.now)
    assert len(store.jobs.of_sessions(["s"])["s"]) == 3
    for late in (segment("/r/3.m4a"), picture()):
        with pytest.raises(Conflict, match="has ended"):
            store.sessions.add("s", late)
    with pytest.raises(Conflict, match="has ended"):
        store.sessions.end("s")


def test_a_piece_that_comes_in_while_a_session_ends_is_in_its_plan_or_refused(
    store: Store,
) -> None:
    """Nothing that was accepted may be missing from the work that was planned."""
    store.sessions.create(session("s", live=True, with_picture=False))
    held, go = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        held.set()
        go.wait()

    threads = [threading.Thread(target=store.database.write, args=(hold,))]
    threads[0].start()
    held.wait()
    piece = segment("/r/1.m4a")
    for count, work in enumerate([lambda: store.sessions.add("s", piece), lambda: end(store)], 1):
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        while store.database._queue.qsize() < count:
            pass
    go.set()
    for thread in threads:
        thread.join()
    kinds = [job.kind for job in store.jobs.of_sessions(["s"])["s"]]
    assert kinds == [JobKind.MERGE, JobKind.WAVEFORM]
    again = session("again", with_picture=False, segments=[piece])
    assert store.sessions.create_once(again)[0].id == "s"


def end(store: Store) -> None:
    store.sessions.end("s")


@pytest.mark.parametrize("act", ["add", "end", "bin", "restore", "plan_again"])
def test_a_session_that_does_not_exist_is_a_key_error(store: Store, act: str) -> None:
    arguments = [segment("/a")] if act == "add" else []
    with pytest.raises(KeyError):
        getattr(store.sessions, act)("nobody", *arguments)
    assert store.sessions.get("nobody") is None


def test_a_session_without_merge_plans_nothing(store: Store) -> None:
    store.sessions.create(session("s", options=SessionOptions(merge=False)))
    assert store.jobs.page() == []


def test_planning_again_leaves_out_what_is_active_and_what_is_done(store: Store) -> None:
    store.sessions.create(session("s"))
    store.sessions.plan_again("s")
    assert len(store.jobs.page()) == 3
    merge = store.jobs.claim(Lane.READY)
    assert merge is not None
    store.jobs.finish(merge, {}, 1.0, film("s"))
    failed = store.jobs.claim(Lane.LIGHT)
    assert failed is not None
    store.jobs.cancel(failed.id)
    store.jobs.give_back(failed)
    store.sessions.plan_again("s")
    again = store.jobs.page()[0]
    assert (again.kind, again.status) == (failed.kind, JobStatus.QUEUED)
    assert len(store.jobs.page()) == 4


def test_the_bin_hides_cancels_and_gives_back(store: Store, clock: Clock) -> None:
    store.sessions.create(session("s", segments=[segment("/r/a")]))
    store.jobs.claim(Lane.READY)
    clock.pass_(days=1)
    store.sessions.bin("s")
    assert store.sessions.get("s") is None
    assert store.sessions.page() == [] and store.sessions.count() == 0
    assert store.sessions.matching("s") == []
    hidden = store.sessions.get("s", binned=True)
    assert hidden is not None and hidden.deleted_at == clock.now
    assert list(store.statuses().values()) == ["running", "cancelled", "cancelled"]
    assert [j.cancel_requested for j in store.jobs.active()] == [True]
    with pytest.raises(KeyError):
        store.sessions.bin("s")
    assert store.names()[-1] == "session-deleted"

    assert store.sessions.restore("s").deleted_at is None
    assert store.sessions.count() == 1
    with pytest.raises(KeyError):
        store.sessions.restore("s")


def test_the_bin_is_emptied_by_age_and_takes_everything_along(store: Store, clock: Clock) -> None:
    for name in ("old", "new", "kept"):
        store.sessions.create(session(name))
        store.artifacts.keep(film(name))
    store.sessions.bin("old")
    clock.pass_(days=10)
    store.sessions.bin("new")
    due = store.sessions.binned_before(clock.now - timedelta(days=5))
    assert [s.id for s in due] == ["old"]
    for gone in due:
        store.sessions.forget(gone.id)
    assert store.sessions.get("old", binned=True) is None
    assert {a.session for a in store.artifacts.all()} == {"new", "kept"}
    assert {j.session for j in store.jobs.page()} == {"new", "kept"}
    assert store.sql("SELECT count(*) FROM edge") == [(4,)]


def test_an_ending_for_a_session_that_is_gone_changes_nothing(store: Store) -> None:
    store.sessions.create(session("s"))
    job = store.jobs.claim(Lane.READY)
    assert job is not None
    store.sessions.forget("s")
    assert not store.jobs.finish(job, {}, 1.0, film("s"))
    assert store.artifacts.all() == []


def test_lists_show_the_newest_first(store: Store) -> None:
    for number in (2, 1, 3):
        store.sessions.create(session(f"s{number}", created=MOMENT + timedelta(days=number)))
    assert [s.id for s in store.sessions.page()] == ["s3", "s2", "s1"]
    assert [s.id for s in store.sessions.page(limit=1, offset=1)] == ["s2"]
    assert store.sessions.page(offset=9) == []


def test_an_id_is_found_by_its_first_letters(store: Store) -> None:
    for name in ("abc", "abd", "b"):
        store.sessions.create(session(name))
    assert store.sessions.matching("abc") == ["abc"]
    assert len(store.sessions.matching("a")) == 2
    assert len(store.sessions.matching("")) == 2
    assert store.sessions.matching("%") == []


def test_the_same_files_are_recognised_and_changed_ones_are_not(store: Store) -> None:
    both = [segment("/r/a"), segment("/r/b")]
    store.sessions.create(session("old", with_picture=False, segments=both))
    later = MOMENT + timedelta(days=1)
    store.sessions.create(session("new", with_picture=False, segments=both, created=later))

    def brought(name: str, *segments: Segment) -> tuple[str, bool]:
        kept, new = store.sessions.create_once(session(name, with_picture=False, segments=segments))
        return kept.id, new

    assert brought("again", *reversed(both)) == ("new", False)
    assert brought("fewer", segment("/r/a")) == ("fewer", True)
    assert brought("larger", segment("/r/a"), segment("/r/b", size=101)) == ("larger", True)
    store.sessions.bin("new")
    store.sessions.bin("old")
    assert brought("after the bin", *both) == ("after the bin", True)
    assert sources_key([]) is None


def test_files_that_many_bring_at_once_are_one_session(store: Store) -> None:
    kept: list[str] = []

    def bring(number: int) -> None:
        mine = session(f"s{number}", segments=[segment("/r/a")])
        kept.append(store.sessions.create_once(mine)[0].id)

    threads = [threading.Thread(target=bring, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 8
    assert len(set(kept)) == 1
    assert store.sessions.count() == 1


def test_a_session_found_by_its_manifest_is_taken_in_once(store: Store) -> None:
    found = session("s")
    assert store.sessions.adopt(found, [film("s")])
    kept = store.sessions.get("s")
    assert kept is not None and kept.film == film("s")
    assert not store.sessions.adopt(replace(found, title="Other"), [])
    assert store.sessions.get("s") == kept
    assert store.names().count("session-created") == 1


def test_a_session_that_cannot_be_read_hides_no_other(store: Store) -> None:
    for name in ("bad", "good"):
        store.sessions.create(session(name))
    store.sql("UPDATE session SET picture = '{broken' WHERE id = 'bad'")
    assert [s.id for s in store.sessions.page()] == ["good"]
    assert store.sessions.get("bad") is None


@given(titles=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_any_text_survives(store: Store, titles: list[str]) -> None:
    sessions = Sessions(store.database)
    for number, title in enumerate(titles):
        sessions.create(session(f"t{number}", title=title, segments=[segment("/r/" + title)]))
    kept = {s.id: (s.title, s.segments[0].source.path) for s in sessions.page()}
    assert kept == {f"t{n}": (title, "/r/" + title) for n, title in enumerate(titles)}
    for name in kept:
        sessions.forget(name)


@pytest.mark.parametrize(
    "moves",
    [[], ["claim"], ["claim", "fail"], ["claim", "finish"], ["cancel"], ["pause"], ["clear"]],
)
@pytest.mark.parametrize("kind", ["live", "ended", "unmerged"])
def test_a_list_filters_by_the_status_that_people_see(
    store: Store, kind: str, moves: list[str]
) -> None:
    options = SessionOptions(merge=kind != "unmerged")
    state = SessionState.LIVE if kind == "live" else SessionState.ENDED
    made = replace(session("s", segments=[segment("/r/a")]), state=state, options=options)
    store.sessions.create(made)
    job = None
    for move in moves:
        merge = merge_of(store.jobs.of_sessions(["s"])["s"])
        if merge is None:
            break
        if move == "claim":
            job = store.jobs.claim(Lane.READY)
        elif move == "fail":
            assert job is not None
            store.jobs.fail(job, Fault(Category.CORRUPT, "No."))
        elif move == "finish":
            assert job is not None
            store.jobs.finish(job, {}, 0.1, film("s"))
        elif move == "clear":
            store.jobs.cancel(merge.id)
            store.jobs.clear()
        else:
            getattr(store.jobs, move)(merge.id)
    kept = store.sessions.get("s")
    assert kept is not None
    seen = session_status(kept, store.jobs.of_sessions(["s"])["s"])
    for status in SessionStatus:
        wanted = Wanted(statuses=(status,))
        expected = ["s"] if status is seen else []
        assert [found.id for found in store.sessions.page(wanted=wanted)] == expected, seen
        assert store.sessions.count(wanted) == len(expected)


def test_lists_are_searched_in_any_script_and_sorted(store: Store) -> None:
    for number, title in enumerate(("Straße 10 %", "ÉCLAIR", "apple_pie")):
        later = MOMENT + timedelta(minutes=number)
        store.sessions.create(replace(session(f"s{number}", created=later), title=title))

    def found(words: str = "", order: str = "newest") -> list[str]:
        return [s.id for s in store.sessions.page(wanted=Wanted(words, order=order))]

    assert found("strasse") == ["s0"]
    assert found("éclair") == ["s1"]
    assert found("%") == ["s0"]
    assert found("_") == ["s2"]
    assert found("nothing") == []
    assert found() == ["s2", "s1", "s0"]
    assert found(order="oldest") == ["s0", "s1", "s2"]
    assert found(order="title") == ["s2", "s0", "s1"]


def test_what_the_owner_changes_is_kept(store: Store) -> None:
    store.sessions.create(session("s"))
    changed = store.sessions.edit("s", title="New", watched=Fraction(5, 2))
    assert (changed.title, changed.watched) == ("New", Fraction(5, 2))
    assert store.sessions.edit("s", watched=Fraction(1)).title == "New"
    with pytest.raises(KeyError):
        store.sessions.edit("nobody", title="x")
