"""The queue, driven at random against a model that is simple enough to be believed."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from backend.core.fault import Category, Fault
from backend.core.flow import Planned
from backend.core.job import (
    ACTIVE,
    MAX_ATTEMPTS,
    RULES,
    TRANSITIONS,
    Job,
    JobKind,
    JobStatus,
    Lane,
    Priority,
    after_failure,
)
from backend.store import graph
from backend.store.orders import Conflict

from .making import Clock, Store, segment, session

S = JobStatus
WAITING = {S.PENDING, S.QUEUED, S.DELAYED, S.PAUSED}
GONE = {S.FAILED, S.CANCELLED}
MERGE, WAVEFORM, THUMBNAILS = JobKind.MERGE, JobKind.WAVEFORM, JobKind.THUMBNAILS


def planned(kind: JobKind, *needs: JobKind, follows: tuple[JobKind, ...] = ()) -> Planned:
    return Planned(kind, Priority.NORMAL, requires=needs, follows=follows)


SHAPES = {
    "fan": (planned(MERGE), planned(WAVEFORM, MERGE), planned(THUMBNAILS, MERGE)),
    "chain": (planned(MERGE), planned(WAVEFORM, MERGE), planned(THUMBNAILS, WAVEFORM)),
    "join": (planned(MERGE), planned(WAVEFORM), planned(THUMBNAILS, MERGE, WAVEFORM)),
    "diamond": (planned(MERGE), planned(WAVEFORM, MERGE), planned(THUMBNAILS, MERGE, WAVEFORM)),
    "loose": (planned(MERGE), planned(WAVEFORM, follows=(MERGE,)), planned(THUMBNAILS, MERGE)),
}


@dataclass
class Expected:
    """What the model believes of one job."""

    id: int
    session: str
    kind: JobKind
    priority: Priority
    status: JobStatus
    requires: list[int] = field(default_factory=list)
    follows: list[int] = field(default_factory=list)
    attempt: int = 0
    asked: str | None = None
    """"cancel" or "pause", asked while it runs; a cancel outweighs a pause."""
    went_with: int | None = None
    due: float | None = None
    claim: Job | None = None
    """The claim that runs it, as it was handed out."""


class Queue(RuleBasedStateMachine):
    """Every rule does one thing to the store and says what must have become of the jobs."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = Clock()
        self.store = Store(self.folder / "library.db", self.clock)
        self.jobs: dict[int, Expected] = {}
        self.binned: set[str] = set()
        self.sessions = 0
        self.stale: list[Job] = []
        self.told = 0
        self.seen: dict[int, JobStatus] = {}
        self.cleared = 0

    @initialize()
    def start(self) -> None:
        self.end_session("fan", Priority.NORMAL)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    # What the model knows of the laws

    def standing(self, job: Expected) -> JobStatus:
        needed = [self.jobs[p].status for p in job.requires if p in self.jobs]
        others = [self.jobs[p].status for p in job.follows if p in self.jobs]
        if GONE & set(needed):
            return S.CANCELLED
        if set(needed) <= {S.COMPLETED} and all(s.terminal for s in others):
            return S.QUEUED
        return S.PENDING

    def children(self, job: Expected) -> list[Expected]:
        return [j for j in self.jobs.values() if job.id in [*j.requires, *j.follows]]

    def ended(self, job: Expected) -> None:
        for child in self.children(job):
            if child.status not in (S.PENDING, S.PAUSED):
                continue
            allowed = self.standing(child)
            if allowed is S.CANCELLED:
                child.status, child.went_with, child.due = S.CANCELLED, job.id, None
                self.ended(child)
            elif child.status is S.PENDING:
                child.status = allowed

    def back(self, job: Expected) -> None:
        for parent in job.requires:
            if parent in self.jobs and self.jobs[parent].status in GONE:
                self.back(self.jobs[parent])
        if job.status not in GONE:
            return
        job.status, job.attempt, job.went_with = self.standing(job), 0, None
        for other in list(self.jobs.values()):
            if other.went_with == job.id and other.status is S.CANCELLED:
                self.back(other)

    def stop(self, job: Expected, status: JobStatus, attempt: int) -> None:
        """The end of an attempt that did not complete."""
        if not status.terminal and job.asked == "cancel":
            status = S.CANCELLED
        elif not status.terminal and job.asked == "pause":
            status = S.PAUSED
        assert job.claim is not None
        self.stale.append(job.claim)
        job.status, job.attempt, job.asked, job.claim = status, attempt, None, None
        if status.terminal:
            self.ended(job)

    def any_of(self, data: st.DataObject, *statuses: JobStatus) -> Expected | None:
        """A job in one of these states; rare states come as often as common ones."""
        present = sorted({j.status for j in self.jobs.values()} & set(statuses))
        if not present:
            return None
        status = data.draw(st.sampled_from(present))
        fitting = sorted(j.id for j in self.jobs.values() if j.status is status)
        return self.jobs[data.draw(st.sampled_from(fitting))]

    # Rules. Few, each of many acts: the fewer there are, the more of them meet in one run.

    @rule(
        data=st.data(),
        how=st.sampled_from(
            ["finish", "fail", "fail", "broken", "missing", "stopped", "yield", "pause"]
        ),
    )
    def end_attempt(self, data: st.DataObject, how: str) -> None:
        ends = {
            "finish": lambda: self.finish(data),
            "fail": lambda: self.fail(data, Category.NETWORK),
            "broken": lambda: self.fail(data, Category.INPUT),
            "missing": lambda: self.fail(data, Category.MISSING),
            "stopped": lambda: self.fail(data, Category.CANCELLED),
            "yield": lambda: self.give_back(data, False),
            "pause": lambda: self.give_back(data, True),
        }
        ends[how]()

    @rule(data=st.data(), act=st.sampled_from(["cancel", "retry", "pause", "resume"]))
    def owner(self, data: st.DataObject, act: str) -> None:
        acts = {
            "cancel": self.cancel,
            "retry": self.retry,
            "pause": self.pause,
            "resume": self.resume,
        }
        acts[act](data)

    @rule(data=st.data(), act=st.sampled_from(["clear", "bin", "forget", "again"]))
    def tidy(self, data: st.DataObject, act: str) -> None:
        if act == "clear":
            self.clear()
        elif act == "bin":
            self.bin(data)
        elif act == "forget":
            self.forget(data)
        else:
            self.plan_again_while_active(data)

    @rule(shape=st.sampled_from(sorted(SHAPES)), priority=st.sampled_from(Priority))
    def end_session(self, shape: str, priority: Priority) -> None:
        self.sessions += 1
        name = f"s{self.sessions}"
        self.store.sessions.create(session(name, live=True, segments=[segment("/r/a.m4a")]))
        plan = tuple(Planned(p.kind, priority, p.requires, p.follows) for p in SHAPES[shape])
        made = self.store.database.write(lambda t: graph.insert(t, name, plan))
        ids = {job.kind: job.id for job in made}
        assert len(ids) == len(plan)
        for p in plan:
            job = Expected(ids[p.kind], name, p.kind, priority, S.QUEUED)
            job.requires = [ids[kind] for kind in p.requires]
            job.follows = [ids[kind] for kind in p.follows]
            if job.requires or job.follows:
                job.status = S.PENDING
            self.jobs[job.id] = job

    def plan_again_while_active(self, data: st.DataObject) -> None:
        """A kind that is active in a session is never planned beside itself."""
        job = self.any_of(data, *ACTIVE)
        if job is not None:
            again = (planned(job.kind),)
            assert self.store.database.write(lambda t: graph.insert(t, job.session, again)) == []

    @rule(lane=st.sampled_from([Lane.READY, Lane.LIGHT]))
    def claim(self, lane: Lane) -> None:
        queued = [
            j for j in self.jobs.values() if j.status is S.QUEUED and RULES[j.kind].lane is lane
        ]
        claimed = self.store.jobs.claim(lane)
        if not queued:
            assert claimed is None
            return
        first = min(queued, key=lambda j: (j.priority, j.id))
        assert claimed is not None and claimed.id == first.id
        first.status, first.claim = S.RUNNING, claimed
        first.attempt += 1
        assert claimed.attempt == first.attempt

    def finish(self, data: st.DataObject) -> None:
        job = self.any_of(data, S.RUNNING)
        if job is None or job.claim is None:
            return
        won = self.store.jobs.finish(job.claim, {"n": job.id}, 1.0)
        assert won == (job.asked != "cancel")
        if won:
            self.stale.append(job.claim)
            job.status, job.claim, job.asked = S.COMPLETED, None, None
            self.ended(job)

    def fail(self, data: st.DataObject, category: Category) -> None:
        job = self.any_of(data, S.RUNNING)
        if job is None or job.claim is None:
            return
        fault = Fault(category, "It broke.")
        kept = 0 if category not in (Category.MISSING, Category.CANCELLED) else 1
        becomes = after_failure(fault, job.attempt, MAX_ATTEMPTS).status
        ending = self.store.jobs.fail(job.claim, fault)
        self.stop(job, becomes, job.attempt - kept)
        assert ending is not None and ending.status is job.status
        if job.status is S.DELAYED:
            job.due = self.clock.now.timestamp() + ending.delay

    def give_back(self, data: st.DataObject, paused: bool) -> None:
        job = self.any_of(data, S.RUNNING)
        if job is None or job.claim is None:
            return
        self.store.jobs.give_back(job.claim, paused)
        self.stop(job, S.PAUSED if paused else S.QUEUED, job.attempt - 1)

    @precondition(lambda self: self.stale)
    @rule(data=st.data(), how=st.sampled_from(["finish", "fail", "give_back", "stage"]))
    def come_late(self, data: st.DataObject, how: str) -> None:
        """An ending under a claim that is over changes nothing; the invariants see to that."""
        claim = data.draw(st.sampled_from(self.stale))
        before = self.store.events.last()
        late = {
            "finish": lambda: self.store.jobs.finish(claim, {}, 1.0),
            "fail": lambda: self.store.jobs.fail(claim, Fault(Category.NETWORK, "")),
            "give_back": lambda: self.store.jobs.give_back(claim),
            "stage": lambda: self.store.jobs.stage(claim, "late"),
        }
        assert not late[how]()
        assert not self.store.jobs.holds(claim)
        assert self.store.events.last() == before

    def cancel(self, data: st.DataObject) -> None:
        job = self.any_of(data, *S)
        if job is None:
            return
        if job.status.terminal:
            with pytest.raises(Conflict):
                self.store.jobs.cancel(job.id)
            return
        self.store.jobs.cancel(job.id)
        self.cancelled(job)

    def cancelled(self, job: Expected) -> None:
        if job.status is S.RUNNING:
            job.asked = "cancel"
        elif job.status in WAITING:
            job.status, job.went_with, job.due = S.CANCELLED, None, None
            self.ended(job)

    def retry(self, data: st.DataObject) -> None:
        job = self.any_of(data, *S)
        if job is None:
            return
        if job.status not in GONE:
            with pytest.raises(Conflict):
                self.store.jobs.retry(job.id)
            return
        self.store.jobs.retry(job.id)
        self.back(job)

    def pause(self, data: st.DataObject) -> None:
        job = self.any_of(data, *ACTIVE)
        if job is None:
            return
        self.store.jobs.pause(job.id)
        if job.status is S.RUNNING:
            job.asked = job.asked or "pause"
        else:
            job.status, job.due = S.PAUSED, None

    def resume(self, data: st.DataObject) -> None:
        job = self.any_of(data, S.PAUSED)
        if job is not None:
            self.store.jobs.resume(job.id)
            job.status = self.standing(job)

    # Delays are 2 to 2.5 s and 8 to 10 s, by chance. No sum of these steps lies within, or the same
    # steps would not always wake the same jobs.
    @rule(seconds=st.sampled_from([0.0, 5.0, 20.0, 365 * 86400.0, -365 * 86400.0]))
    def wake_due(self, seconds: float) -> None:
        self.clock.pass_(seconds)
        now = self.clock.now.timestamp()
        due = [
            j
            for j in self.jobs.values()
            # To the millisecond; what lies impossibly far ahead was set on another clock.
            if j.due is not None and (j.due <= now + 0.0005 or j.due > now + 60)
        ]
        assert self.store.jobs.wake_due() == len(due)
        for job in due:
            job.status, job.due = S.QUEUED, None

    @rule()
    def crash_and_recover(self) -> None:
        """The file is opened again with jobs still marked as running."""
        self.store.close()
        self.store.reopen()
        self.check()  # nothing that was acknowledged is lost
        assert self.store.jobs.recover() == []
        for job in list(self.jobs.values()):
            if job.status is S.RUNNING:
                if job.asked == "cancel":
                    self.stop(job, S.CANCELLED, job.attempt - 1)
                else:
                    over = job.attempt >= MAX_ATTEMPTS
                    self.stop(job, S.FAILED if over else S.QUEUED, job.attempt)

    def only_way_to_a_film(self, job: Expected) -> bool:
        if job.kind is not JobKind.MERGE or job.session in self.binned:
            return False
        kept = self.store.sessions.get(job.session)
        return kept is not None and kept.film is None

    def clear(self) -> None:
        held = {
            j.id
            for j in self.jobs.values()
            if j.status not in (S.COMPLETED, S.CANCELLED)
            or (j.status is S.CANCELLED and self.only_way_to_a_film(j))
        }
        while more := {
            j.id
            for j in self.jobs.values()
            if j.id not in held
            and (
                held & {*j.requires, *j.follows}
                or any(j.id in [*o.requires, *o.follows] for o in map(self.jobs.get, held) if o)
            )
        }:
            held |= more
        assert self.store.jobs.clear() == len(self.jobs) - len(held)
        self.jobs = {number: job for number, job in self.jobs.items() if number in held}

    def bin(self, data: st.DataObject) -> None:
        left = sorted({j.session for j in self.jobs.values()} - self.binned)
        if not left:
            return
        name = data.draw(st.sampled_from(left))
        self.store.sessions.bin(name)
        self.binned.add(name)
        for job in sorted(self.jobs.values(), key=lambda j: j.id):
            if job.session == name:
                self.cancelled(job)

    def forget(self, data: st.DataObject) -> None:
        if not self.binned:
            return
        name = data.draw(st.sampled_from(sorted(self.binned)))
        self.binned.remove(name)
        self.store.sessions.forget(name)
        for job in list(self.jobs.values()):
            if job.session == name:
                if job.claim is not None:
                    self.stale.append(job.claim)
                del self.jobs[job.id]

    # What must hold after each of them

    @invariant()
    def check(self) -> None:
        rows = self.store.database.read(
            "SELECT id, session, kind, status, attempt, token, cancel_requested, pause_requested,"
            " went_with, not_before FROM job ORDER BY id"
        )
        assert [(r[0], r[3], r[4]) for r in rows] == [
            (j.id, str(j.status), j.attempt) for _, j in sorted(self.jobs.items())
        ]
        for number, _, _, status, _, token, cancel, pause, _, not_before in rows:
            expected = self.jobs[number]
            assert token == (expected.claim.token if expected.claim else None)
            assert (status == "running") == (token is not None)
            assert bool(cancel) == (expected.asked == "cancel")
            assert expected.asked == "cancel" or bool(pause) == (expected.asked == "pause")
            assert (status == "delayed") == (not_before is not None)

    @invariant()
    def counts_are_true(self) -> None:
        real = Counter(job.status for job in self.jobs.values())
        assert {s: n for s, n in self.store.jobs.counts().items() if n} == dict(real)

    @invariant()
    def one_active_job_a_session_and_kind(self) -> None:
        active = Counter((j.session, j.kind) for j in self.jobs.values() if j.status in ACTIVE)
        assert all(count == 1 for count in active.values())

    @invariant()
    def nothing_runs_or_waits_below_what_it_needs(self) -> None:
        for job in self.jobs.values():
            if job.status in (S.QUEUED, S.RUNNING, S.DELAYED, S.COMPLETED):
                assert all(
                    self.jobs[p].status is S.COMPLETED for p in job.requires if p in self.jobs
                )
            if job.status is S.PENDING:
                assert self.standing(job) is S.PENDING

    @invariant()
    def events_tell_every_move_once_and_in_order(self) -> None:
        """Replaying the log leads from state to state along the arrows, to what is true now."""
        logged = self.store.events.since(self.told)
        assert logged is not None
        for event in logged:
            assert event.id == self.told + 1
            self.told += 1
            status = event.name.removeprefix("job-")
            if event.job is None or status not in set(S):
                continue
            before = self.seen.get(event.job)
            if before is not None:
                assert JobStatus(status) in TRANSITIONS[before], (before, status)
            self.seen[event.job] = JobStatus(status)
        for job in self.jobs.values():
            assert self.seen[job.id] is job.status
        # The writer tells others once the one who wrote may go on: a moment later, on its thread.
        until = time.monotonic() + 60
        while len(self.store.told) < self.told and time.monotonic() < until:
            time.sleep(0.001)
        assert [e.id for e in self.store.told] == list(range(1, self.told + 1))


Queue.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestQueue = Queue.TestCase


class LongQueue(Queue):
    """The same for longer, with `make soak`."""


LongQueue.TestCase.settings = settings(
    max_examples=400,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLongQueue = pytest.mark.soak(LongQueue.TestCase)
