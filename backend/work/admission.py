"""How many jobs may run at once, given what the owner chose and what the machine has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from backend.core.job import RULES, JobKind, Lane

GIB = 1 << 30
SHORT, SHORTER = 2 * GIB, 1 * GIB
"""Below these the enrich lane goes from five jobs to three, and to one."""


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


def may_start(kind: JobKind, running: int, machine: Machine) -> bool:
    """Whether there is memory for one more. With nothing running there is always room for one:
    a machine that is short of memory for other reasons must not stop the queue for good."""
    return running == 0 or machine.memory >= RULES[kind].memory
