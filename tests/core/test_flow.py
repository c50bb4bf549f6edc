from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.flow import (
    ENRICHING,
    WORTH_SHRINKING,
    SessionStatus,
    lowered,
    merge_of,
    plan_session,
    readiness,
    session_status,
    settled,
)
from backend.core.job import RULES, JobKind, JobStatus, Priority
from backend.core.session import Quality, Session, SessionOptions, SessionState

from .making import job, picture, segment, session

statuses = st.sampled_from(JobStatus)
FILM = Artifact("k", ArtifactKind.FILM, "s1", "/films/a.mp4", 10)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    return replace(
        session(),
        picture=draw(
            st.sampled_from(
                [None, picture(Fraction(4)), picture(Fraction(4), sound=True)],
            )
        ),
        segments=draw(st.sampled_from([(), (segment("a", Fraction(3)),)])),
        options=SessionOptions(merge=draw(st.booleans())),
    )


@given(sessions(), st.sampled_from(Priority))
def test_a_plan_names_each_kind_once_and_parents_before_children(
    planned_for: Session, priority: Priority
) -> None:
    seen: set[JobKind] = set()
    for planned in plan_session(planned_for, priority):
        assert planned.kind not in seen
        assert {*planned.requires, *planned.follows} <= seen
        assert planned.lane is RULES[planned.kind].lane
        assert planned.priority >= priority  # nothing overtakes the film
        seen.add(planned.kind)
    assert bool(seen) == planned_for.options.merge
    assert (JobKind.THUMBNAILS in seen) == bool(seen and planned_for.picture)
    sound = planned_for.segments or (planned_for.picture and planned_for.picture.info.audio)
    assert (JobKind.WAVEFORM in seen) == bool(seen and sound)


def of_size(size: int, **options: object) -> Session:
    """A session whose picture's file has `size` bytes."""
    shown = picture(Fraction(4), sound=True)
    large = replace(shown, source=replace(shown.source, size=size))
    return replace(session(), picture=large, options=replace(SessionOptions(), **options))  # type: ignore[arg-type]


def test_a_large_film_is_made_smaller_when_nothing_reads_it_any_more() -> None:
    asked = of_size(WORTH_SHRINKING, quality=Quality.HIGH, enrich=False)
    planned = plan_session(asked, Priority.HIGH)[-1]
    assert (planned.kind, planned.priority) == (JobKind.OPTIMISE, Priority.LOW)
    assert planned.requires == (JobKind.MERGE,)
    assert planned.follows == (JobKind.WAVEFORM, JobKind.THUMBNAILS)
    assert planned.options == {"quality": "high"}
    for other in (
        of_size(WORTH_SHRINKING - 1),
        of_size(WORTH_SHRINKING, optimise=False),
        of_size(WORTH_SHRINKING, merge=False),
        session(),
    ):
        assert JobKind.OPTIMISE not in {job.kind for job in plan_session(other)}


def test_what_is_said_is_found_out_before_the_film_gets_smaller() -> None:
    talk = of_size(WORTH_SHRINKING)
    planned = {job.kind: job for job in plan_session(talk)}
    assert planned[JobKind.REVIEW].requires == (JobKind.MERGE,)
    assert JobKind.REVIEW in planned[JobKind.OPTIMISE].follows
    quiet = replace(talk, options=replace(talk.options, enrich=False))
    assert JobKind.REVIEW not in {job.kind for job in plan_session(quiet)}
    mute = replace(talk, picture=picture(Fraction(4)))
    assert [job.kind for job in plan_session(mute)][-2:] == [JobKind.CHAPTERS, JobKind.CANVAS]
    assert JobKind.REVIEW not in {job.kind for job in plan_session(mute)}


def test_a_step_that_is_left_out_takes_along_only_what_needs_it() -> None:
    def steps(*without: JobKind) -> list[JobKind]:
        talk = of_size(WORTH_SHRINKING, without=without)
        planned = plan_session(talk)
        kinds = [job.kind for job in planned]
        assert all({*job.requires, *job.follows} <= set(kinds) for job in planned)
        return [kind for kind in kinds if kind in ENRICHING]

    assert steps() == list(ENRICHING)
    for step in ENRICHING:
        assert step not in steps(step)
    assert steps(JobKind.CHAPTERS) == [kind for kind in ENRICHING if kind != JobKind.CHAPTERS]
    assert JobKind.CHAPTERS in steps(JobKind.REVIEW)
    assert JobKind.SUMMARY not in steps(JobKind.REVIEW), "there would be nothing to sum up"
    assert steps(*ENRICHING) == []


def test_what_follows_a_film_is_less_urgent_but_never_below_low() -> None:
    assert [lowered(p) for p in Priority] == [Priority.NORMAL, Priority.LOW, Priority.LOW]


@given(st.lists(statuses), st.lists(statuses))
def test_a_job_waits_for_all_its_parents_and_falls_with_those_it_needs(
    required: list[JobStatus], followed: list[JobStatus]
) -> None:
    ready = readiness(required, followed)
    if {JobStatus.FAILED, JobStatus.CANCELLED} & set(required):
        assert ready is JobStatus.CANCELLED
    elif all(s.terminal for s in [*required, *followed]):
        assert ready is JobStatus.QUEUED
    else:
        assert ready is JobStatus.PENDING


SEEN = {
    JobStatus.PENDING: SessionStatus.WAITING,
    JobStatus.QUEUED: SessionStatus.WAITING,
    JobStatus.DELAYED: SessionStatus.WAITING,
    JobStatus.RUNNING: SessionStatus.PROCESSING,
    JobStatus.PAUSED: SessionStatus.PAUSED,
    JobStatus.COMPLETED: SessionStatus.UNMERGED,
    JobStatus.FAILED: SessionStatus.FAILED,
    JobStatus.CANCELLED: SessionStatus.CANCELLED,
}


@pytest.mark.parametrize("status", JobStatus)
def test_a_session_without_a_film_is_what_its_newest_merge_is(status: JobStatus) -> None:
    jobs = [job(9, status), job(3, JobStatus.FAILED), job(12, kind=JobKind.WAVEFORM)]
    assert session_status(session(), jobs) is SEEN[status]
    newest = merge_of(jobs)
    assert newest is not None and newest.id == 9


def test_a_film_that_is_there_plays_whatever_became_of_later_jobs() -> None:
    ended = replace(session(), film=FILM)
    assert session_status(ended, [job(1, JobStatus.FAILED)]) is SessionStatus.READY


def test_a_live_session_records_and_one_without_merge_is_unmerged() -> None:
    assert session_status(session(SessionState.LIVE), []) is SessionStatus.RECORDING
    assert session_status(session(), [job(1, kind=JobKind.WAVEFORM)]) is SessionStatus.UNMERGED


@given(st.lists(statuses))
def test_jobs_are_settled_when_only_the_owner_can_move_them(states: list[JobStatus]) -> None:
    moving = {JobStatus.PENDING, JobStatus.QUEUED, JobStatus.DELAYED, JobStatus.RUNNING}
    jobs = [job(i, s) for i, s in enumerate(states)]
    assert settled(jobs) == (not moving & set(states))
