from __future__ import annotations

from backend.core.job import LIMITS, RULES, JobKind, Lane
from backend.work.admission import GIB, Machine, limits_in_force, may_start


def machine(memory: float = 16, disk: float = 100) -> Machine:
    return Machine(0.0, int(memory * GIB), int(disk * GIB))


def test_a_machine_with_room_runs_what_the_owner_chose() -> None:
    assert limits_in_force(LIMITS, machine()) == dict(LIMITS)


def test_a_short_machine_does_less_at_a_time() -> None:
    for short in (machine(memory=1.5), machine(disk=1.5)):
        assert limits_in_force(LIMITS, short)[Lane.ENRICH] == 3
    for shorter in (machine(memory=0.5), machine(disk=0.5)):
        assert limits_in_force(LIMITS, shorter)[Lane.ENRICH] == 1
    assert limits_in_force({**LIMITS, Lane.ENRICH: 1}, machine(memory=1.5))[Lane.ENRICH] == 1


def test_a_job_waits_for_memory_but_never_for_ever() -> None:
    tight = machine(memory=RULES[JobKind.MERGE].memory / GIB / 2)
    assert not may_start(JobKind.MERGE, running=1, machine=tight)
    assert may_start(JobKind.MERGE, running=0, machine=tight)
    assert may_start(JobKind.MERGE, running=5, machine=machine())
