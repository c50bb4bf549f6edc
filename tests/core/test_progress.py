from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.job import LIMITS, Job, JobKind, JobStatus, Lane, Priority
from backend.core.progress import (
    FIRST_GUESS,
    START_SECONDS,
    Pace,
    Progress,
    Rate,
    Stage,
    crowd_seconds,
    expected_seconds,
    queue_seconds,
)

from .making import job

NAMES = ["read", "join", "write", "check"]


@st.composite
def staged(draw: st.DrawFn) -> Progress:
    weights = draw(st.lists(st.floats(0, 100), max_size=4))
    return Progress(tuple(Stage(n, n, w) for n, w in zip(NAMES, weights, strict=False)))


reports = st.lists(
    st.tuples(st.sampled_from([*NAMES, "surprise"]), st.floats(-1, 2) | st.just(float("nan"))),
    max_size=20,
)


@given(staged(), reports)
def test_a_bar_never_goes_back_nor_over_its_end(
    progress: Progress, told: list[tuple[str, float]]
) -> None:
    for stage, fraction in told:
        before, progress = progress, progress.advanced(stage, fraction)
        assert 0 <= before.overall <= progress.overall <= 1
        assert progress.current == stage
        assert all(0 <= done <= 1 for done in progress.done.values())


@given(staged())
def test_a_job_whose_last_stage_is_done_is_done(progress: Progress) -> None:
    if sum(stage.weight for stage in progress.stages) > 0:
        assert progress.advanced(progress.stages[-1].name, 1.0).overall == pytest.approx(1)


def test_stages_count_by_their_weight_and_earlier_ones_are_done() -> None:
    plan = Progress((Stage("a", "A", 1), Stage("b", "B", 3)))
    assert plan.overall == 0
    assert plan.advanced("a", 0.5).overall == 0.125
    assert plan.advanced("b", 0.5).overall == 0.625


def test_a_stage_that_was_not_planned_does_not_fill_the_bar() -> None:
    plan = Progress((Stage("a", "A", 1),))
    assert plan.advanced("surprise", 1.0).overall == 0


def test_what_a_page_gets_names_every_stage() -> None:
    progress = Progress((Stage("a", "Joining", 1),), seconds_left=1.26, speed=20.04)
    assert progress.advanced("a", 1 / 3).as_dict() == {
        "progress": 0.3333,
        "stage": "a",
        "stages": [{"name": "a", "label": "Joining", "progress": 0.3333}],
        "seconds_left": 1.3,
        "speed": 20.0,
    }
    assert Progress(()).as_dict()["seconds_left"] is None


@given(st.floats(0.001, 0.5), st.integers(2, 200))
def test_a_steady_pace_foretells_its_end(speed: float, steps: int) -> None:
    pace = Pace()
    left = None
    for step in range(steps):
        if speed * step / 2 >= 1:
            break
        left = pace.seconds_left(step / 2, speed * step / 2)
        if step:
            assert left == pytest.approx((1 - speed * step / 2) / speed)


def test_no_estimate_without_two_points_or_without_movement() -> None:
    pace = Pace()
    assert pace.seconds_left(0, 0.1) is None
    assert pace.seconds_left(0.1, 0.2) is None  # too close to tell
    still = Pace()
    still.seconds_left(0, 0.1)
    assert still.seconds_left(10, 0.1) is None


def test_an_estimate_forgets_what_is_older_than_its_window() -> None:
    pace = Pace(window=10)
    for second in range(100):  # slow at first
        pace.seconds_left(second, second / 1000)
    for second in range(100, 120):  # then ten times as fast
        left = pace.seconds_left(second, 0.1 + (second - 100) / 100)
    assert left == pytest.approx((1 - 0.29) * 100)


@given(st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.floats(0.01, 1e4), st.floats(0.01, 1e4))
def test_a_learned_cost_lies_between_what_was_known_and_what_was_measured(
    seconds: float, units: float, more_seconds: float, more_units: float
) -> None:
    known = Rate(seconds, units)
    learned = known.learned(more_seconds, more_units).seconds_per_unit
    low, high = sorted((known.seconds_per_unit, more_seconds / more_units))
    assert low * 0.999 <= learned <= high * 1.001


def test_a_kind_never_run_costs_its_first_guess() -> None:
    assert expected_seconds(job(1, units=400), {}) == START_SECONDS + 10
    rates = {JobKind.MERGE: Rate(2, 4)}
    assert expected_seconds(job(1, units=400), rates) == START_SECONDS + 200
    assert expected_seconds(job(1), {}) == START_SECONDS
    assert set(FIRST_GUESS) == set(JobKind)


@st.composite
def queues(draw: st.DrawFn) -> tuple[list[Job], dict[int, list[int]], dict[Lane, int]]:
    """Jobs in any state, in any lane; parents are older than their children."""
    jobs, parents = [], {}
    for number in range(1, draw(st.integers(0, 9)) + 1):
        jobs.append(
            job(
                number,
                draw(st.sampled_from(JobStatus)),
                lane=draw(st.sampled_from(Lane)),
                priority=draw(st.sampled_from(Priority)),
                units=draw(st.integers(0, 4000)),
            )
        )
        older = list(range(1, number))
        if older:
            parents[number] = draw(st.lists(st.sampled_from(older), unique=True, max_size=3))
    limits = {lane: draw(st.integers(1, 3)) for lane in Lane}
    return jobs, parents, limits


def that_will_run(jobs: list[Job], parents: Mapping[int, list[int]]) -> dict[int, float]:
    """Cost of each job that has not ended and waits for nothing paused."""
    held: set[int] = set()
    costs: dict[int, float] = {}
    for one in jobs:
        active = not one.status.terminal
        if one.status is JobStatus.PAUSED or (active and held & set(parents.get(one.id, ()))):
            held.add(one.id)
        elif active:
            costs[one.id] = expected_seconds(one, {})
    return costs


@given(queues())
def test_the_whole_queue_takes_as_long_as_it_must_and_no_longer_than_one_by_one(
    queue: tuple[list[Job], dict[int, list[int]], dict[Lane, int]],
) -> None:
    jobs, parents, limits = queue
    costs = that_will_run(jobs, parents)
    estimate = queue_seconds(jobs, parents, limits, {}, {})
    chains: dict[int, float] = {}
    for number in sorted(costs):
        above = [chains[p] for p in parents.get(number, ()) if p in chains]
        chains[number] = costs[number] + max(above, default=0)
    assert estimate >= max(chains.values(), default=0) - 1e-6
    for lane in Lane:
        work = sum(costs[j.id] for j in jobs if j.lane is lane and j.id in costs)
        assert estimate >= work / limits[lane] - 1e-6
    assert estimate <= sum(costs.values()) + 1e-6


@given(queues())
def test_a_crowd_is_estimated_by_its_slowest_lane(
    queue: tuple[list[Job], dict[int, list[int]], dict[Lane, int]],
) -> None:
    jobs, _, limits = queue
    costs = that_will_run(jobs, {})
    crowd = [job for job in jobs if job.id in costs]
    work: dict[tuple[Lane, JobKind], tuple[int, float]] = {}
    for one in crowd:
        count, units = work.get((one.lane, one.kind), (0, 0.0))
        work[one.lane, one.kind] = count + 1, units + (one.units or 0)
    by_lane = {lane: sum(costs[j.id] for j in crowd if j.lane is lane) for lane in Lane}
    estimate = crowd_seconds(work, limits, {})
    assert estimate == pytest.approx(max(by_lane[lane] / limits[lane] for lane in Lane))
    assert estimate <= queue_seconds(crowd, {}, limits, {}, {}) + 1e-6


def test_what_is_paused_and_what_waits_for_it_does_not_count() -> None:
    jobs = [job(1, JobStatus.PAUSED, units=4000), job(2, JobStatus.PENDING, units=4000)]
    jobs.append(job(3, JobStatus.PENDING, units=4000))
    assert queue_seconds(jobs, {2: [1], 3: [2]}, LIMITS, {}, {}) == 0


def test_a_running_job_counts_with_what_is_left_of_it() -> None:
    jobs = [job(1, JobStatus.RUNNING, units=4000), job(2, units=0)]
    assert queue_seconds(jobs, {}, LIMITS, {}, {1: 5.0}) == 5.0 + START_SECONDS


def test_a_cycle_does_not_hang_the_estimate() -> None:
    jobs = [job(1, JobStatus.PENDING), job(2, JobStatus.PENDING), job(3)]
    assert queue_seconds(jobs, {1: [2], 2: [1]}, LIMITS, {}, {}) == START_SECONDS
