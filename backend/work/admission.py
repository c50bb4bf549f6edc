"""How many jobs may run at once, given what the owner chose and what the machine has left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from backend.core.job import RULES, Job, JobKind, Lane
from backend.enrich.models import Purpose
from backend.enrich.owned import known_models
from backend.settings import Choices

GIB = 1 << 30
SHORT, SHORTER = 2 * GIB, 1 * GIB
"""Below these the enrich lane goes from five jobs to three, and to one."""
WARMING = 15.0
"""Seconds after which a job has taken about as much memory as it needs."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is free right now. Bytes, and processor use in percent of all cores."""

    processor: float
    memory: int
    disk: int

    def as_dict(self) -> dict[str, object]:
        return {
            "processor_percent": self.processor,
            "memory_free": self.memory,
            "disk_free": self.disk,
        }


def measure(films: Path) -> Machine:
    """The machine as it is. Processor use is since the last call; the first one says 0."""
    folder = next(path for path in (films, *films.parents) if path.exists())
    return Machine(
        psutil.cpu_percent(interval=None),
        psutil.virtual_memory().available,
        psutil.disk_usage(str(folder)).free,
    )


def limits_in_force(chosen: Mapping[Lane, int], machine: Machine) -> dict[Lane, int]:
    """The owner's limits, less what a short machine cannot bear."""
    limits = dict(chosen)
    scarcest = min(machine.memory, machine.disk)
    if scarcest < SHORTER:
        limits[Lane.ENRICH] = min(limits[Lane.ENRICH], 1)
    elif scarcest < SHORT:
        limits[Lane.ENRICH] = min(limits[Lane.ENRICH], 3)
    return limits


def need_of(job: Job, choices: Choices, models: Path) -> int:
    """Bytes of memory that must be free before a job starts: its kind's, and for one that listens
    those of the model's weights. `models`: the library's folder for models."""
    need = RULES[job.kind].memory
    if job.kind is not JobKind.REVIEW:
        return need
    wanted = job.options.get("model") or choices.speech_model
    fitting = [m for m in known_models(models) if m.purpose is Purpose.SPEECH]
    sizes = [model.size for model in fitting if model.name == wanted]
    return need + (sizes or [fitting[0].size])[0]


class Promises:
    """Memory that jobs which have just begun will take and have not taken yet."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[float, int]] = {}

    def make(self, job: int, need: int, now: float) -> None:
        """A job begins that needs so many bytes; `now` is in seconds."""
        self._made[job] = (now, need)

    def open(self, running: Collection[int], now: float) -> int:
        """Bytes that are still to be taken by those of the jobs that run."""
        self._made = {
            job: (begun, need)
            for job, (begun, need) in self._made.items()
            if job in running and now - begun < WARMING
        }
        return sum(need for _, need in self._made.values())


def may_start(need: int, running: int, machine: Machine, promised: int = 0) -> bool:
    """Whether there is memory for one more job that needs so much, beside what is `promised` to
    jobs that have just begun and have not taken theirs yet. With nothing running there is always
    room for one: a machine that is short of memory for other reasons must not stop the queue for
    good."""
    return running == 0 or machine.memory - promised >= need
