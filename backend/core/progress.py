"""How far work has come, and how long the rest will take."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from backend.core.job import Job, JobKind, JobStatus, Lane


@dataclass(frozen=True, slots=True)
class Stage:
    """A named part of a job; `weight` is its expected share of the job's time."""

    name: str
    label: str
    """What a person reads: "Joining sound"."""
    weight: float


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a running job stands. Fractions are between 0 and 1."""

    stages: tuple[Stage, ...]
    done: Mapping[str, float] = field(default_factory=dict)
    current: str | None = None
    seconds_left: float | None = None
    speed: float | None = None
    """Seconds of recording worked through in a second; None where that has no meaning."""

    @property
    def overall(self) -> float:
        """Weighted by stage; never above 1."""
        total = sum(stage.weight for stage in self.stages)
        if not total:
            return 0.0
        done = sum(stage.weight * self.done.get(stage.name, 0.0) for stage in self.stages)
        return min(1.0, done / total)

    def advanced(self, stage: str, fraction: float) -> Progress:
        """With `stage` at `fraction`. A stage never goes back, and those before it are done.

        A stage that was not planned counts for nothing.
        """
        done = dict(self.done)
        names = [planned.name for planned in self.stages]
        for earlier in names[: names.index(stage)] if stage in names else ():
            done[earlier] = 1.0
        done[stage] = max(done.get(stage, 0.0), min(1.0, max(0.0, fraction)))
        return Progress(self.stages, done, stage, self.seconds_left, self.speed)

    def as_dict(self) -> dict[str, object]:
        return {
            "progress": round(self.overall, 4),
            "stage": self.current,
            "stages": [
                {
                    "name": stage.name,
                    "label": stage.label,
                    "progress": round(self.done.get(stage.name, 0.0), 4),
                }
                for stage in self.stages
            ],
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
            "speed": None if self.speed is None else round(self.speed, 1),
        }


class Pace:
    """Time remaining, from the progress of the last `window` seconds.

    An estimate over the whole run lags behind a change of pace, one over an instant jumps; half a
    minute does neither. Times are seconds on any steady clock.
    """

    def __init__(self, window: float = 30.0) -> None:
        self._window = window
        self._points: list[tuple[float, float]] = []

    def seconds_left(self, now: float, fraction: float) -> float | None:
        """Seconds until `fraction` reaches 1; None until two points tell a pace."""
        self._points.append((now, fraction))
        while len(self._points) > 2 and now - self._points[1][0] >= self._window:
            del self._points[0]
        since, before = self._points[0]
        if now - since < 0.2 or fraction <= before:
            return None
        return (1.0 - fraction) * (now - since) / (fraction - before)


@dataclass(frozen=True, slots=True)
class Rate:
    """Learned cost of a kind of work on this machine: seconds a unit."""

    seconds: float
    units: float

    @property
    def seconds_per_unit(self) -> float:
        return self.seconds / self.units

    def learned(self, seconds: float, units: float, memory: float = 0.8) -> Rate:
        """With one more run; earlier ones fade by `memory` each time."""
        return Rate(self.seconds * memory + seconds, self.units * memory + units)


FIRST_GUESS: Mapping[JobKind, Rate] = {
    JobKind.MERGE: Rate(1.0, 40.0),
    JobKind.WAVEFORM: Rate(1.0, 300.0),
    JobKind.THUMBNAILS: Rate(1.0, 200.0),
    JobKind.OPTIMISE: Rate(1.0, 2.0),
    JobKind.REVIEW: Rate(1.0, 8.0),
    JobKind.CHAPTERS: Rate(1.0, 20.0),
    JobKind.SUMMARY: Rate(1.0, 200.0),
    JobKind.CANVAS: Rate(1.0, 100.0),
    JobKind.SOUNDTRACK: Rate(1.0, 60.0),
}
"""Seconds of recording a second, on a slow machine, until a run has been measured."""

START_SECONDS = 0.3
"""What a job costs before its work begins: a process and its imports."""


def expected_seconds(job: Job, rates: Mapping[JobKind, Rate]) -> float:
    """How long the whole job is likely to take."""
    rate = rates.get(job.kind) or FIRST_GUESS[job.kind]
    return START_SECONDS + rate.seconds_per_unit * (job.units or 0.0)


def queue_seconds(
    jobs: Sequence[Job],
    parents: Mapping[int, Iterable[int]],
    limits: Mapping[Lane, int],
    rates: Mapping[JobKind, Rate],
    left: Mapping[int, float],
) -> float:
    """Seconds until every job that can run has run.

    List scheduling: each lane takes its jobs by priority and age as places come free, and a job
    waits for its parents. `left` gives the seconds that running jobs still need, where known.
    Jobs that are paused, and those that wait for them, do not count.
    """
    waiting = {JobStatus.PENDING, JobStatus.QUEUED, JobStatus.DELAYED}
    todo = {job.id: job for job in jobs if job.status in waiting or job.status is JobStatus.RUNNING}
    cost = {
        job.id: left.get(job.id, expected_seconds(job, rates))
        if job.status is JobStatus.RUNNING
        else expected_seconds(job, rates)
        for job in todo.values()
    }
    stuck = {job.id for job in jobs if job.status is JobStatus.PAUSED}
    ended: dict[int, float] = {}
    places = {lane: [0.0] * max(1, limits.get(lane, 1)) for lane in Lane}
    order = sorted(
        todo.values(), key=lambda job: (job.status is not JobStatus.RUNNING, job.priority, job.id)
    )
    while order:
        deferred = []
        for job in order:
            above = [
                parent for parent in parents.get(job.id, ()) if parent in todo or parent in stuck
            ]
            if any(parent in stuck for parent in above):
                stuck.add(job.id)
                continue
            if any(parent not in ended for parent in above):
                deferred.append(job)
                continue
            free = heapq.heappop(places[job.lane])
            end = max([free, *(ended[parent] for parent in above)]) + cost[job.id]
            heapq.heappush(places[job.lane], end)
            ended[job.id] = end
        if len(deferred) == len(order):
            break  # a cycle cannot be stored; do not hang on one all the same
        order = deferred
    return max(ended.values(), default=0.0)


def crowd_seconds(
    work: Mapping[tuple[Lane, JobKind], tuple[int, float]],
    limits: Mapping[Lane, int],
    rates: Mapping[JobKind, Rate],
) -> float:
    """`queue_seconds` for thousands of jobs, from how many there are and their units by kind.

    Each lane shares its work evenly among its places, and the slowest lane tells. That jobs wait
    for each other hardly matters in a crowd: there is always another that can run.
    """
    lanes: dict[Lane, float] = {}
    for (lane, kind), (jobs, units) in work.items():
        rate = rates.get(kind) or FIRST_GUESS[kind]
        lanes[lane] = lanes.get(lane, 0.0) + jobs * START_SECONDS + rate.seconds_per_unit * units
    return max((cost / max(1, limits.get(lane, 1)) for lane, cost in lanes.items()), default=0.0)
