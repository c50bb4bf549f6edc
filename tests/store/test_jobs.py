from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

import apsw
import pytest

from backend.core.fault import Category, Fault
from backend.core.flow import Planned
from backend.core.job import TRANSITIONS, Job, JobKind, JobStatus, Lane, Priority
from backend.core.progress import Rate
from backend.store import graph
from backend.store import jobs as jobs_module
from backend.store.db import Transaction
from backend.store.jobs import Jobs
from backend.store.orders import Conflict

from .making import Clock, Store, film, segment, session

MERGE, WAVEFORM, THUMBNAILS = JobKind.MERGE, JobKind.WAVEFORM, JobKind.THUMBNAILS
BROKE = Fault(Category.NETWORK, "The connection broke.")
BAD = Fault(Category.INPUT, "That is no film.")


def ended(store: Store, name: str = "s", priority: Priority = Priority.NORMAL) -> list[Job]:
    """A session that has ended, with its merge, waveform and thumbnails."""
    store.sessions.create(session(name, segments=[segment("/r/a.m4a")]), priority)
    return store.jobs.of_sessions([name])[name]


def claim(store: Store, lane: Lane = Lane.READY) -> Job:
    job = store.jobs.claim(lane)
    assert job is not None
    return job


def now(store: Store, job: Job) -> Job:
    kept = store.jobs.get(job.id)
    assert kept is not None
    return kept


def plan(store: Store, name: str, *planned: Planned) -> dict[JobKind, Job]:
    """A graph of a test's own on a session without jobs."""
    store.sessions.create(session(name, live=True))
    made = store.database.write(lambda transaction: graph.insert(transaction, name, planned))
    return {job.kind: job for job in made}


def chain(store: Store, name: str = "c") -> dict[JobKind, Job]:
    """merge ← waveform ← thumbnails, each needing the one before."""
    return plan(
        store,
        name,
        Planned(MERGE, Priority.NORMAL),
        Planned(WAVEFORM, Priority.NORMAL, requires=(MERGE,)),
        Planned(THUMBNAILS, Priority.NORMAL, requires=(WAVEFORM,)),
    )


# Claiming


def test_claims_come_by_priority_and_first_in_first_out_within_one(store: Store) -> None:
    order = [Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.NORMAL, Priority.HIGH]
    for number, priority in enumerate(order):
        ended(store, f"s{number}", priority)
    claimed = []
    foretold = []
    while (following := store.jobs.next_in(Lane.READY)) is not None:
        foretold.append(following.session)
        claimed.append(claim(store).session)
    assert claimed == foretold == ["s2", "s4", "s1", "s3", "s0"]
    assert store.jobs.claim(Lane.READY) is None


def test_a_claim_takes_only_from_its_own_lane(store: Store) -> None:
    ended(store)
    assert store.jobs.claim(Lane.LIGHT) is None  # its jobs still wait for the film
    assert claim(store).kind is MERGE


def test_a_claimed_job_shows_its_attempt_and_holds_a_token(store: Store, clock: Clock) -> None:
    ended(store)
    job = claim(store)
    assert (job.status, job.attempt, job.started_at) == (JobStatus.RUNNING, 1, clock.now)
    assert job.token and store.jobs.holds(job)
    assert now(store, job) == job


def test_no_job_is_claimed_twice_by_many_threads(store: Store) -> None:
    for number in range(60):
        ended(store, f"s{number}")
    claimed: list[int] = []
    failed: list[BaseException] = []
    together = threading.Barrier(8)

    def work() -> None:
        try:
            together.wait()
            while (job := store.jobs.claim(Lane.READY)) is not None:
                claimed.append(job.id)
                assert store.jobs.finish(job, {}, 1.0)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(claimed) == len(set(claimed)) == 60
    assert store.jobs.counts()[JobStatus.COMPLETED] == 60


# Ending


def test_finishing_records_the_film_frees_the_children_and_tells_it_all_at_once(
    store: Store, clock: Clock
) -> None:
    _, waveform, thumbnails = ended(store)
    job = claim(store)
    clock.pass_(seconds=5)
    seen = store.events.last()
    assert store.jobs.finish(job, {"film": "f1"}, 4.5, film("s"))

    done = now(store, job)
    assert done.status is JobStatus.COMPLETED and done.token is None
    assert (done.result, done.work_seconds, done.completed_at) == ({"film": "f1"}, 4.5, clock.now)
    kept = store.sessions.get("s")
    assert kept is not None and kept.film == film("s")
    assert now(store, waveform).status is now(store, thumbnails).status is JobStatus.QUEUED
    told = store.events.since(seen)
    assert told is not None and [(e.name, e.job) for e in told] == [
        ("session-updated", None),
        ("job-completed", job.id),
        ("media-processing-completed", job.id),
        ("job-queued", waveform.id),
        ("job-queued", thumbnails.id),
    ]


Ending = Callable[[Jobs, Job], object]
ENDINGS: dict[str, Ending] = {
    "finish": lambda jobs, job: jobs.finish(job, {"late": True}, 1.0, film(job.session)),
    "fail": lambda jobs, job: jobs.fail(job, BROKE),
    "give_back": lambda jobs, job: jobs.give_back(job),
    "pause": lambda jobs, job: jobs.give_back(job, paused=True),
    "stage": lambda jobs, job: jobs.stage(job, "late"),
}


@pytest.mark.parametrize("second", ENDINGS)
@pytest.mark.parametrize("first", [name for name in ENDINGS if name != "stage"])
def test_a_second_ending_changes_nothing(store: Store, first: str, second: str) -> None:
    ended(store)
    job = claim(store)
    assert ENDINGS[first](store.jobs, job)
    before = dump(store)
    assert not ENDINGS[second](store.jobs, job)
    assert not store.jobs.holds(job)
    assert dump(store) == before


@pytest.mark.parametrize("late", ENDINGS)
def test_an_ending_under_an_old_claim_does_not_touch_the_new_one(store: Store, late: str) -> None:
    ended(store)
    stale = claim(store)
    store.jobs.give_back(stale)
    fresh = claim(store)
    assert fresh.id == stale.id and fresh.token != stale.token
    before = dump(store)
    assert not ENDINGS[late](store.jobs, stale)
    assert dump(store) == before
    assert store.jobs.finish(fresh, {}, 1.0)


def dump(store: Store) -> list[list[tuple[object, ...]]]:
    """Everything that the database holds."""
    tables = ["job", "edge", "event", "artifact", "session", "rate", "job_count"]
    return [store.sql(f"SELECT * FROM {table}") for table in tables]


def test_the_stage_of_a_running_job_is_kept(store: Store) -> None:
    ended(store)
    job = claim(store)
    assert store.jobs.stage(job, "join")
    assert now(store, job).stage == "join"


def test_what_work_has_cost_is_learned(store: Store) -> None:
    assert store.jobs.rates() == {}
    job = ended(store)[0]
    assert job.units == pytest.approx(1001 / 30)
    store.jobs.finish(claim(store), {}, 10.0)
    assert store.jobs.rates() == {MERGE: Rate(10.0, 1001 / 30)}
    ended(store, "s2")
    store.jobs.finish(claim(store), {}, 20.0)
    assert store.jobs.rates()[MERGE] == Rate(28.0, pytest.approx(1.8 * 1001 / 30))


# Attempts


def test_the_third_failed_attempt_is_the_last(store: Store, clock: Clock) -> None:
    ended(store)
    delays = []
    for attempt in (1, 2, 3):
        job = claim(store)
        assert job.attempt == attempt
        ending = store.jobs.fail(job, BROKE)
        assert ending is not None
        if attempt < 3:
            assert ending.status is JobStatus.DELAYED
            waiting = now(store, job)
            assert waiting.fault == BROKE and waiting.not_before is not None
            delays.append((waiting.not_before - clock.now).total_seconds())
            assert store.jobs.wake_due() == 0
            clock.pass_(delays[-1])
            assert store.jobs.wake_due() == 1
    assert now(store, job).status is JobStatus.FAILED
    assert 2 <= delays[0] <= 2.5 and 8 <= delays[1] <= 10
    assert store.names().count("job-retried") == 2


@pytest.mark.parametrize("category", [Category.INPUT, Category.STORAGE, Category.CORRUPT])
def test_a_fault_that_wants_a_hand_is_not_tried_again(store: Store, category: Category) -> None:
    ended(store)
    job = claim(store)
    store.jobs.fail(job, Fault(category, "Sorry."))
    kept = now(store, job)
    assert (kept.status, kept.attempt, kept.token) == (JobStatus.FAILED, 1, None)
    assert kept.fault == Fault(category, "Sorry.")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda jobs, job: jobs.give_back(job), JobStatus.QUEUED),
        (lambda jobs, job: jobs.give_back(job, paused=True), JobStatus.PAUSED),
        (lambda jobs, job: jobs.fail(job, Fault(Category.MISSING, "Gone.")), JobStatus.FAILED),
        (lambda jobs, job: jobs.fail(job, Fault(Category.CANCELLED, "No.")), JobStatus.CANCELLED),
    ],
)
def test_stopping_a_job_that_did_no_wrong_gives_its_attempt_back(
    store: Store, end: Ending, status: JobStatus
) -> None:
    ended(store)
    for _ in range(5):  # more often than attempts are allowed
        job = claim(store)
        end(store.jobs, job)
        kept = now(store, job)
        assert (kept.status, kept.attempt) == (status, 0)
        if status is JobStatus.PAUSED:
            store.jobs.resume(job.id)
        elif status is not JobStatus.QUEUED:
            store.jobs.retry(job.id)


def test_jobs_that_were_running_when_the_backend_died_go_on_and_count_it(store: Store) -> None:
    ended(store)
    for attempt in (1, 2, 3):
        job = claim(store)
        assert job.attempt == attempt
        store.close()
        store.reopen()
        assert store.jobs.recover() == []
        assert not store.jobs.holds(job)
    kept = now(store, job)
    assert kept.status is JobStatus.FAILED
    assert kept.fault is not None and kept.fault.category is Category.CRASH
    assert set(store.statuses().values()) == {"failed", "cancelled"}


def test_what_the_owner_asked_of_a_running_job_is_done_after_a_crash(store: Store) -> None:
    ended(store, "a")
    ended(store, "b")
    one, other = claim(store), claim(store)
    store.jobs.cancel(one.id)
    store.jobs.pause(other.id)
    store.close()
    store.reopen()
    store.jobs.recover()
    assert now(store, one).status is JobStatus.CANCELLED
    assert now(store, other).status is JobStatus.PAUSED


@pytest.mark.parametrize(
    "end",
    [
        lambda jobs, job: jobs.fail(job, BROKE),
        lambda jobs, job: jobs.give_back(job),
        lambda jobs, job: jobs.give_back(job, paused=True),
    ],
)
def test_an_attempt_that_ends_by_itself_does_not_swallow_a_cancel(
    store: Store, end: Ending
) -> None:
    ended(store)
    job = claim(store)
    store.jobs.cancel(job.id)
    end(store.jobs, job)
    kept = now(store, job)
    assert kept.status is JobStatus.CANCELLED and not kept.cancel_requested
    assert kept.fault is not None and kept.fault.category is Category.CANCELLED
    assert set(store.statuses().values()) == {"cancelled"}


@pytest.mark.parametrize(
    ("end", "attempt"),
    [(lambda jobs, job: jobs.fail(job, BROKE), 1), (lambda jobs, job: jobs.give_back(job), 0)],
)
def test_an_attempt_that_ends_by_itself_does_not_swallow_a_pause(
    store: Store, end: Ending, attempt: int
) -> None:
    ended(store)
    job = claim(store)
    store.jobs.pause(job.id)
    end(store.jobs, job)
    kept = now(store, job)
    assert (kept.status, kept.attempt, kept.not_before) == (JobStatus.PAUSED, attempt, None)


def test_a_finish_that_came_first_wins_over_a_cancel(store: Store) -> None:
    ended(store)
    job = claim(store)
    assert store.jobs.finish(job, {}, 1.0)
    with pytest.raises(Conflict, match="already ended"):
        store.jobs.cancel(job.id)
    assert now(store, job).status is JobStatus.COMPLETED


def test_a_cancel_that_came_first_wins_over_a_finish(store: Store) -> None:
    ended(store)
    job = claim(store)
    assert store.jobs.cancel(job.id).cancel_requested
    assert store.names()[-1] == "job-cancel-requested"
    before = dump(store)
    assert not store.jobs.finish(job, {}, 1.0, film("s"))
    assert dump(store) == before
    assert store.jobs.fail(job, Fault(Category.CANCELLED, "No."))
    assert now(store, job).status is JobStatus.CANCELLED


# Delays


@pytest.mark.parametrize("days", [-365, 365])
def test_a_delayed_job_survives_a_clock_that_jumps_a_year(
    store: Store, clock: Clock, days: int
) -> None:
    ended(store)
    job = claim(store)
    store.jobs.fail(job, BROKE)
    assert store.jobs.next_due() is not None
    clock.pass_(days=days)
    assert store.jobs.wake_due() == 1
    assert claim(store).id == job.id
    assert store.jobs.next_due() is None


def test_a_delay_that_was_not_over_is_kept(store: Store, clock: Clock) -> None:
    ended(store)
    store.jobs.fail(claim(store), BROKE)
    clock.pass_(seconds=-5)  # as a time server may set it
    assert store.jobs.wake_due() == 0
    due = store.jobs.next_due()
    assert due is not None
    clock.pass_(seconds=8)
    assert store.jobs.wake_due() == 1


# Falling and coming back together


def test_what_needs_a_failed_job_is_cancelled_with_it_and_says_why(store: Store) -> None:
    jobs = chain(store)
    store.jobs.fail(claim(store), BAD)
    assert list(store.statuses().values()) == ["failed", "cancelled", "cancelled"]
    fault = now(store, jobs[WAVEFORM]).fault
    assert fault is not None and fault.category is Category.CANCELLED
    assert "needs the merge" in fault.message and BAD.message in fault.message
    assert f"Retry job {jobs[MERGE].id}" in fault.hint


@pytest.mark.parametrize("which", [MERGE, WAVEFORM, THUMBNAILS])
def test_a_retry_brings_back_what_fell_with_the_job_and_what_it_needs(
    store: Store, which: JobKind
) -> None:
    jobs = chain(store)
    store.jobs.fail(claim(store), BAD)
    back = store.jobs.retry(jobs[which].id)
    assert list(store.statuses().values()) == ["queued", "pending", "pending"]
    assert back.fault is None and back.attempt == 0 and back.completed_at is None
    assert store.names().count("job-retried") == 3


def test_a_retry_leaves_what_the_owner_had_cancelled_by_itself(store: Store) -> None:
    merge, waveform, thumbnails = ended(store)
    store.jobs.cancel(waveform.id)
    store.jobs.fail(claim(store), BAD)
    store.jobs.retry(merge.id)
    assert now(store, waveform).status is JobStatus.CANCELLED
    assert now(store, thumbnails).status is JobStatus.PENDING


def test_cancelling_in_the_middle_takes_only_what_lies_below(store: Store) -> None:
    jobs = chain(store)
    store.jobs.cancel(jobs[WAVEFORM].id)
    assert list(store.statuses().values()) == ["queued", "cancelled", "cancelled"]
    store.jobs.finish(claim(store), {}, 1.0)
    store.jobs.retry(jobs[THUMBNAILS].id)
    assert list(store.statuses().values()) == ["completed", "queued", "pending"]


def test_a_job_that_falls_in_two_ways_at_once_is_told_of_once(store: Store) -> None:
    jobs = plan(
        store,
        "d",
        Planned(MERGE, Priority.NORMAL),
        Planned(WAVEFORM, Priority.NORMAL, requires=(MERGE,)),
        Planned(THUMBNAILS, Priority.NORMAL, requires=(MERGE, WAVEFORM)),
    )
    store.jobs.cancel(jobs[MERGE].id)
    assert store.names().count("job-cancelled") == 3


def test_a_delayed_job_that_is_cancelled_waits_for_no_time_any_more(store: Store) -> None:
    ended(store)
    job = claim(store)
    store.jobs.fail(job, BROKE)
    assert store.jobs.cancel(job.id).not_before is None
    assert store.jobs.next_due() is None


def test_a_job_that_only_follows_another_runs_however_that_one_ends(store: Store) -> None:
    jobs = plan(
        store,
        "f",
        Planned(MERGE, Priority.NORMAL),
        Planned(WAVEFORM, Priority.NORMAL, follows=(MERGE,)),
    )
    assert now(store, jobs[WAVEFORM]).status is JobStatus.PENDING
    store.jobs.fail(claim(store), BAD)
    assert now(store, jobs[WAVEFORM]).status is JobStatus.QUEUED


def test_a_job_with_two_parents_waits_for_both(store: Store) -> None:
    jobs = plan(
        store,
        "d",
        Planned(MERGE, Priority.NORMAL),
        Planned(WAVEFORM, Priority.NORMAL),
        Planned(THUMBNAILS, Priority.NORMAL, requires=(MERGE, WAVEFORM)),
    )
    store.jobs.finish(claim(store), {}, 1.0)
    assert now(store, jobs[THUMBNAILS]).status is JobStatus.PENDING
    store.jobs.finish(claim(store, Lane.LIGHT), {}, 1.0)
    assert now(store, jobs[THUMBNAILS]).status is JobStatus.QUEUED


def test_retry_is_refused_where_there_is_nothing_to_retry(store: Store) -> None:
    merge, *_ = ended(store)
    for _ in range(2):
        with pytest.raises(Conflict, match="nothing to retry"):
            store.jobs.retry(merge.id)
        job = store.jobs.claim(Lane.READY)
        if job:
            store.jobs.finish(job, {}, 1.0)


def test_retry_is_refused_while_another_job_does_the_same_work(store: Store) -> None:
    merge, *_ = ended(store)
    store.jobs.cancel(merge.id)
    store.sessions.plan_again("s")
    before = dump(store)
    with pytest.raises(Conflict, match="Another job"):
        store.jobs.retry(merge.id)
    assert dump(store) == before


@pytest.mark.parametrize("act", ["cancel", "retry", "pause", "resume"])
def test_a_job_that_does_not_exist_is_a_key_error(store: Store, act: str) -> None:
    with pytest.raises(KeyError):
        getattr(store.jobs, act)(77)
    assert store.jobs.get(77) is None


# Pausing


def test_a_paused_job_is_passed_over_until_it_is_resumed(store: Store) -> None:
    merge, *_ = ended(store)
    assert store.jobs.pause(merge.id).status is JobStatus.PAUSED
    assert store.jobs.pause(merge.id).status is JobStatus.PAUSED
    assert store.jobs.claim(Lane.READY) is None
    assert store.jobs.resume(merge.id).status is JobStatus.QUEUED
    assert claim(store).id == merge.id


def test_a_job_that_was_paused_while_it_waited_still_waits_when_resumed(store: Store) -> None:
    merge, waveform, _ = ended(store)
    store.jobs.pause(waveform.id)
    assert store.jobs.resume(waveform.id).status is JobStatus.PENDING
    store.jobs.pause(waveform.id)
    store.jobs.finish(claim(store), {}, 1.0)
    assert now(store, waveform).status is JobStatus.PAUSED
    assert store.jobs.resume(waveform.id).status is JobStatus.QUEUED
    assert merge.id


def test_a_paused_job_falls_with_the_job_it_needs(store: Store) -> None:
    _, waveform, _ = ended(store)
    store.jobs.pause(waveform.id)
    store.jobs.fail(claim(store), BAD)
    assert now(store, waveform).status is JobStatus.CANCELLED


def test_pausing_a_running_job_asks_and_resuming_takes_it_back(store: Store) -> None:
    ended(store)
    job = claim(store)
    asked = store.jobs.pause(job.id)
    assert asked.status is JobStatus.RUNNING and asked.pause_requested
    assert store.names()[-1] == "job-pause-requested"
    assert not store.jobs.resume(job.id).pause_requested
    with pytest.raises(Conflict, match="not paused"):
        store.jobs.resume(job.id)
    store.jobs.finish(job, {}, 1.0)
    with pytest.raises(Conflict, match="already ended"):
        store.jobs.pause(job.id)


def test_pausing_a_delayed_job_ends_its_delay(store: Store, clock: Clock) -> None:
    ended(store)
    job = claim(store)
    store.jobs.fail(job, BROKE)
    assert store.jobs.pause(job.id).not_before is None
    clock.pass_(days=1)
    assert store.jobs.wake_due() == 0
    assert store.jobs.resume(job.id).attempt == 1


def test_cancelling_a_session_ends_what_waits_and_asks_what_runs(store: Store) -> None:
    ended(store)
    job = claim(store)
    after = store.jobs.cancel_session("s")
    assert [j.status for j in after] == [
        JobStatus.RUNNING,
        JobStatus.CANCELLED,
        JobStatus.CANCELLED,
    ]
    assert now(store, job).cancel_requested
    assert store.jobs.cancel_session("nobody") == []


# The database's own guard


@pytest.mark.parametrize("source", JobStatus)
def test_the_database_refuses_every_move_that_is_not_in_the_diagram(
    store: Store, source: JobStatus
) -> None:
    job, *_ = ended(store)
    token = "t" if source is JobStatus.RUNNING else None
    for target in JobStatus:
        new = "t" if target is JobStatus.RUNNING else None

        def move(
            transaction: Transaction, target: JobStatus = target, new: str | None = new
        ) -> None:
            # A state cannot be reached by force either, so the row is written anew.
            transaction.execute("DELETE FROM job WHERE id = ?", (job.id,))
            transaction.execute(
                "INSERT INTO job (id, session, kind, lane, status, token, priority, options,"
                " max_attempts, created_at, updated_at)"
                " VALUES (?, 's', 'merge', 'ready', ?, ?, 1, '{}', 3, 0, 0)",
                (job.id, str(source), token),
            )
            transaction.execute(
                "UPDATE job SET status = ?, token = ? WHERE id = ?", (str(target), new, job.id)
            )

        if target is source or target in TRANSITIONS[source]:
            store.database.write(move)
        else:
            with pytest.raises(apsw.ConstraintError, match="cannot move that way"):
                store.database.write(move)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE job SET token = 't' WHERE status = 'queued'",
        "UPDATE job SET status = 'running' WHERE status = 'queued'",
        "UPDATE job SET status = 'sleeping'",
        "UPDATE job SET attempt = 4",
        "UPDATE job SET attempt = -1",
        "UPDATE job SET priority = 3",
        "UPDATE job SET session = 'nobody'",
        "INSERT INTO job (session, kind, lane, status, priority, options, max_attempts, created_at,"
        " updated_at) VALUES ('s', 'merge', 'ready', 'paused', 1, '{}', 3, 0, 0)",
    ],
)
def test_the_database_refuses_rows_that_make_no_sense(store: Store, statement: str) -> None:
    ended(store)
    before = dump(store)
    with pytest.raises(apsw.ConstraintError):
        store.sql(statement)
    assert dump(store) == before


# One bad row


def spoil(store: Store, job: Job, column: str, value: str = "{broken") -> None:
    store.sql(f"UPDATE job SET {column} = ? WHERE id = ?", value, job.id)


@pytest.mark.parametrize("column", ["options", "result", "kind"])
def test_a_row_that_cannot_be_read_does_not_stop_its_lane(store: Store, column: str) -> None:
    bad, *_ = ended(store, "bad")
    good, *_ = ended(store, "good")
    spoil(store, bad, column)
    assert claim(store).id == good.id
    assert store.jobs.claim(Lane.READY) is None
    assert store.statuses()[bad.id] == "failed"
    if column != "kind":
        kept = now(store, bad)
        assert kept.fault is not None and kept.fault.category is Category.CORRUPT
        waits = store.jobs.of_sessions(["bad"])["bad"][1:]
        assert {job.status for job in waits} == {JobStatus.CANCELLED}


@pytest.mark.parametrize("column", ["options", "fault", "kind"])
def test_a_row_that_cannot_be_read_does_not_strand_the_others_at_start(
    store: Store, column: str
) -> None:
    ended(store, "bad")
    ended(store, "good")
    bad, good = claim(store), claim(store)
    spoil(store, bad, column)
    assert store.jobs.recover() == [bad.id]
    assert store.statuses()[good.id] == "queued"
    assert store.statuses()[bad.id] == "failed"
    assert store.jobs.recover() == []


def test_a_delayed_row_that_cannot_be_read_does_not_keep_the_others_asleep(
    store: Store, clock: Clock
) -> None:
    for name in ("bad", "good"):
        ended(store, name)
        store.jobs.fail(claim(store), BROKE)
    bad, good = (jobs[0] for jobs in store.jobs.of_sessions(["bad", "good"]).values())
    spoil(store, bad, "options")
    clock.pass_(seconds=20)
    assert store.jobs.wake_due() == 2
    assert claim(store).id == good.id


def test_lists_leave_out_a_row_that_cannot_be_read(store: Store) -> None:
    bad, *_ = ended(store, "bad")
    good, *_ = ended(store, "good")
    spoil(store, bad, "options")
    assert good.id in {job.id for job in store.jobs.page()}
    assert good.id in {job.id for job in store.jobs.active()}
    assert [j.kind for j in store.jobs.of_sessions(["bad", "good"])["bad"]] == [
        WAVEFORM,
        THUMBNAILS,
    ]


# Lists


def test_pages_show_the_newest_first_and_what_was_asked_for(store: Store) -> None:
    first = ended(store, "a")
    second = ended(store, "b")
    claim(store)
    newest_first = [job.id for job in [*first, *second]][::-1]
    assert [j.id for j in store.jobs.page()] == newest_first
    assert [j.id for j in store.jobs.page(limit=2, offset=1)] == newest_first[1:3]
    assert [j.id for j in store.jobs.page(session="a", kinds=[MERGE])] == [first[0].id]
    assert [j.id for j in store.jobs.page(statuses=[JobStatus.RUNNING])] == [first[0].id]
    assert store.jobs.page(session="c") == []


def test_active_jobs_and_their_parents_are_found_however_many_there_are(store: Store) -> None:
    merge, waveform, thumbnails = ended(store)
    done, *_ = ended(store, "done")
    store.jobs.cancel(done.id)
    assert [j.id for j in store.jobs.active()] == [merge.id, waveform.id, thumbnails.id]
    many = [merge.id, waveform.id, *range(10_000, 60_000)]  # more than SQLite takes parameters
    found = store.jobs.parents(many)
    assert found[merge.id] == [] and found[waveform.id] == [merge.id] and len(found) == len(many)
    assert store.jobs.parents([]) == {}


def test_the_work_ahead_is_that_of_the_jobs_that_wait_or_run(store: Store) -> None:
    assert store.jobs.work_ahead() == {}
    for name in "abcd":
        ended(store, name)
    store.jobs.finish(claim(store), {}, 1.0)
    claim(store)
    store.jobs.pause(store.jobs.of_sessions(["d"])["d"][0].id)
    length = 1001 / 30
    assert store.jobs.work_ahead() == {
        (Lane.READY, MERGE): (2, pytest.approx(2 * length)),
        (Lane.LIGHT, WAVEFORM): (4, pytest.approx(4 * length)),
        (Lane.LIGHT, THUMBNAILS): (4, pytest.approx(4 * length)),
    }


# Clearing


def test_clearing_forgets_what_is_done_and_keeps_what_failed_or_goes_on(store: Store) -> None:
    for name in ("done", "failed", "going"):
        ended(store, name)
    store.jobs.finish(claim(store), {}, 1.0)
    for lane in (Lane.LIGHT, Lane.LIGHT):
        store.jobs.finish(claim(store, lane), {}, 1.0)
    store.jobs.fail(claim(store), BAD)
    store.jobs.finish(claim(store), {}, 1.0)  # its previews are still to come
    assert store.jobs.clear() == 3
    left = store.jobs.of_sessions(["done", "failed", "going"])
    assert {name: len(jobs) for name, jobs in left.items()} == {"done": 0, "failed": 3, "going": 3}
    assert store.jobs.clear() == 0


def test_clearing_keeps_all_that_a_retry_would_bring_back(store: Store) -> None:
    jobs = chain(store)
    store.jobs.fail(claim(store), BAD)
    assert store.jobs.clear() == 0
    store.jobs.retry(jobs[MERGE].id)
    assert list(store.statuses().values()) == ["queued", "pending", "pending"]


def test_pruning_keeps_the_newest_of_those_that_ended_and_all_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "KEPT", 4)
    old = [job.id for name in "abcd" for job in ended(store, name)]
    for name in "abcd":
        store.jobs.cancel_session(name)
    waiting = [job.id for name in "efgh" for job in ended(store, name)]
    store.jobs.prune()
    assert sorted(store.statuses()) == [*old[-4:], *waiting]


def test_a_seeded_queue_spreads_its_delays_the_same_way_each_time(store: Store) -> None:
    def delays() -> list[float]:
        jobs = Jobs(store.database, random.Random(7))
        found = []
        for number in range(3):
            ended(store, f"j{number}")
            ending = jobs.fail(claim(store), BROKE)
            assert ending is not None
            found.append(ending.delay)
            store.sessions.forget(f"j{number}")
        return found

    assert delays() == delays()


def test_counts_are_those_of_a_real_count(store: Store) -> None:
    for name in "abc":
        ended(store, name)
    store.jobs.fail(claim(store), BAD)
    claim(store)
    store.sessions.forget("c")
    counted = Counter(JobStatus(status) for status in store.statuses().values())
    assert {status: n for status, n in store.jobs.counts().items() if n} == dict(counted)
    assert set(store.jobs.counts()) == set(JobStatus)


def test_clearing_leaves_the_way_to_a_film_that_was_cancelled(store: Store) -> None:
    store.sessions.create(session("s", segments=[segment("/r/a")]))
    merge = store.jobs.next_in(Lane.READY)
    assert merge is not None
    store.jobs.cancel(merge.id)
    store.jobs.clear()
    assert store.jobs.retry(merge.id).status is JobStatus.QUEUED
    claimed = store.jobs.claim(Lane.READY)
    assert claimed is not None
    assert store.jobs.finish(claimed, {}, 0.1, film("s"))
    for job in store.jobs.active():
        store.jobs.cancel(job.id)
    assert store.jobs.clear() == 3


def test_a_thousand_sessions_are_asked_for_in_few_transactions(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "AT_ONCE", 4)
    names = [f"s{n}" for n in range(10)]
    for name in names:
        store.sessions.create(session(name, live=True))
    store.sessions.bin("s3")
    busy = store.jobs.request_many([("s5", (Planned(MERGE, Priority.LOW),), 1.0)])["s5"]
    begun = []
    write = store.database.write
    monkeypatch.setattr(store.database, "write", lambda work: begun.append(work) or write(work))
    wanted = (Planned(MERGE, Priority.LOW), Planned(WAVEFORM, Priority.LOW, requires=(MERGE,)))
    made = store.jobs.request_many([(name, wanted, 10.0) for name in (*names, "gone")])
    assert len(begun) == 3
    assert sorted(made) == [name for name in names if name != "s3"]
    for name, jobs in made.items():
        assert [job.kind for job in jobs] == [MERGE, WAVEFORM], name
        assert [job.status for job in jobs] == [JobStatus.QUEUED, JobStatus.PENDING]
    assert made["s5"][0].id == busy[0].id


def test_all_is_cancelled_and_taken_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "AT_ONCE", 2)
    sessions = [ended(store, name) for name in ("a", "b", "c")]
    first = claim(store)
    paused = store.jobs.pause(sessions[1][0].id)
    every = [job.id for jobs in sessions for job in jobs]
    assert sorted(store.jobs.cancel_all()) == every
    running = now(store, first)
    assert running.status is JobStatus.RUNNING and running.cancel_requested
    left = [now(store, job).status for jobs in sessions for job in jobs if job.id != first.id]
    assert set(left) == {JobStatus.CANCELLED}
    assert store.jobs.cancel_all() == [first.id], "it has not ended yet"
    # What has not ended stays as it is; the others come back as they were planned.
    back = store.jobs.retry_all([*every, 10_000])
    assert sorted(back) == [job.id for jobs in sessions[1:] for job in jobs]
    assert now(store, paused).status is JobStatus.QUEUED
    assert [now(store, job).status for job in sessions[2]] == [
        JobStatus.QUEUED,
        JobStatus.PENDING,
        JobStatus.PENDING,
    ]
    assert store.jobs.retry_all(every) == []
