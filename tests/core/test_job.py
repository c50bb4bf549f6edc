from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.event import names_of, progress_names_of, retry_names_of
from backend.core.fault import RETRIED, Category, Fault
from backend.core.job import (
    ACTIVE,
    BACKOFF,
    LIMITS,
    MAX_ATTEMPTS,
    RULES,
    TERMINAL,
    TRANSITIONS,
    JobKind,
    JobStatus,
    Lane,
    after_failure,
    after_interruption,
)


def test_only_the_owners_retry_leads_out_of_an_end_and_nothing_out_of_success() -> None:
    assert set(TRANSITIONS) == set(JobStatus)
    assert not TRANSITIONS[JobStatus.COMPLETED]
    for ended in TERMINAL - {JobStatus.COMPLETED}:
        assert TRANSITIONS[ended] == {JobStatus.QUEUED, JobStatus.PENDING}
    assert set(JobStatus) == ACTIVE | TERMINAL and not ACTIVE & TERMINAL


def test_only_a_queued_job_runs_and_only_a_running_one_completes_or_fails() -> None:
    def leading_to(target: JobStatus) -> set[JobStatus]:
        return {status for status, targets in TRANSITIONS.items() if target in targets}

    assert leading_to(JobStatus.RUNNING) == {JobStatus.QUEUED}
    for end in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.DELAYED):
        assert leading_to(end) == {JobStatus.RUNNING}
    assert leading_to(JobStatus.CANCELLED) == ACTIVE


def test_every_active_state_can_still_come_to_an_end() -> None:
    for status in ACTIVE:
        reached = {status}
        while more := {t for s in reached for t in TRANSITIONS[s]} - reached:
            reached |= more
        assert JobStatus.COMPLETED in reached and JobStatus.CANCELLED in reached


def test_every_kind_has_rules_and_every_lane_a_limit() -> None:
    assert set(RULES) == set(JobKind)
    assert set(LIMITS) == set(Lane)


@given(st.sampled_from(Category), st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_a_failed_attempt_is_followed_by_another_only_where_that_may_help(
    category: Category, attempt: int, most: int, seed: int
) -> None:
    fault = Fault(category, "It broke.")
    ending = after_failure(fault, attempt, most, random.Random(seed))
    assert ending.fault is fault
    if category is Category.CANCELLED:
        assert ending.status is JobStatus.CANCELLED
    elif category in RETRIED and attempt < most:
        assert ending.status is JobStatus.DELAYED
        full = BACKOFF[min(attempt, 2) - 1]
        assert full <= ending.delay <= full * 1.25
    else:
        assert ending.status is JobStatus.FAILED and ending.delay == 0


def test_jobs_that_failed_together_do_not_come_back_together() -> None:
    delays = {after_failure(Fault(Category.NETWORK, ""), 1, 3).delay for _ in range(20)}
    assert len(delays) > 1


@pytest.mark.parametrize(("attempt", "goes_on"), [(1, True), (2, True), (3, False)])
def test_the_third_interruption_sets_a_job_aside(attempt: int, goes_on: bool) -> None:
    ending = after_interruption(attempt, MAX_ATTEMPTS)
    if goes_on:
        assert ending.status is JobStatus.QUEUED and ending.fault is None
    else:
        assert ending.status is JobStatus.FAILED
        assert ending.fault is not None and ending.fault.category is Category.CRASH
        assert "3 times" in ending.fault.message and ending.fault.hint


def test_every_arrival_is_told_under_its_own_name_and_the_films_under_its_family_too() -> None:
    for kind in JobKind:
        for status in JobStatus:
            assert names_of(kind, status)[0] == f"job-{status}"
    merge = JobKind.MERGE
    assert names_of(merge, JobStatus.RUNNING) == ("job-running", "media-processing-started")
    assert names_of(merge, JobStatus.COMPLETED)[1] == "media-processing-completed"
    assert names_of(merge, JobStatus.PENDING) == ("job-pending",)
    assert names_of(JobKind.WAVEFORM, JobStatus.RUNNING) == ("job-running",)
    assert retry_names_of(merge) == ("job-retried", "media-processing-retried")
    assert retry_names_of(JobKind.WAVEFORM) == ("job-retried",)
    assert progress_names_of(merge) == ("job-progress", "media-processing-progress")
    assert progress_names_of(JobKind.THUMBNAILS) == ("job-progress",)
