from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from backend.core.job import LIMITS, RULES, JobKind, Lane
from backend.enrich.catalogue import BUNDLED
from backend.settings import Choices
from backend.work.admission import GIB, Machine, Promises, limits_in_force, may_start, need_of
from tests.core.making import job


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
    need = RULES[JobKind.MERGE].memory
    tight = machine(memory=need / GIB / 2)
    assert not may_start(need, running=1, machine=tight)
    assert may_start(need, running=0, machine=tight)
    assert may_start(need, running=5, machine=machine())


def test_memory_that_is_promised_is_not_given_twice() -> None:
    promises, two = Promises(), machine(memory=2)
    promises.make(1, GIB + 1, now=100)
    assert not may_start(GIB, running=1, machine=two, promised=promises.open({1}, now=101))
    # It has taken it by now: what the machine has left is all there is.
    assert may_start(GIB, running=1, machine=two, promised=promises.open({1}, now=130))
    promises.make(2, GIB + 1, now=130)
    assert promises.open(set(), now=131) == 0


def test_a_job_that_listens_needs_its_models_weights(tmp_path: Path) -> None:
    plain, tiny = Choices({}), Choices({"enrich.model": "whisper-tiny.en"})
    sizes = {model.name: model.size for model in BUNDLED}
    need = RULES[JobKind.REVIEW].memory
    asked = job(1, kind=JobKind.REVIEW)
    assert need_of(asked, plain, tmp_path) == need + sizes["whisper-base"]
    assert need_of(asked, tiny, tmp_path) == need + sizes["whisper-tiny.en"]
    named = replace(asked, options={"model": "whisper-tiny.en"})
    assert need_of(named, plain, tmp_path) == need + sizes["whisper-tiny.en"]
    assert need_of(job(1, kind=JobKind.MERGE), plain, tmp_path) == RULES[JobKind.MERGE].memory
