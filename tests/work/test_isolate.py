"""Looking at files apart: what a file can do is done to the process that looks."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from backend.core.fault import Fault
from backend.work.isolate import end_with, measure_sync, probe_files
from tests.recordings import write_video


def _swell(pipe: Connection[str, None]) -> None:
    from backend.work.child import bound_memory

    bound_memory(1 << 30)
    try:
        bytearray(2 << 30)
    except MemoryError:
        pipe.send("refused")
    else:
        pipe.send("given")


@pytest.mark.skipif(os.name == "nt", reason="Windows bounds a child by its job object")
def test_a_child_runs_out_of_memory_before_the_machine_does() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_swell, args=(theirs,))
    process.start()
    assert ours.recv() == "refused"
    process.join()
    process.close()


def _works_on(pipe: Connection[str, None]) -> None:
    end_with(pipe)
    pipe.send("at work")
    time.sleep(600)


def test_a_process_leaves_whatever_it_does_when_nobody_waits_any_more() -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_works_on, args=(theirs,))
    process.start()
    theirs.close()
    try:
        assert ours.recv() == "at work"
        ours.close()
        process.join(120)
        assert process.exitcode == 1
    finally:
        process.kill()
        process.join()


def test_what_is_no_film_is_said_by_both(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    film = write_video(tmp_path / "film.mp4", 1)
    shares: list[float] = []
    looked, whole = probe_files([empty, film])
    assert isinstance(looked, Fault)
    assert not isinstance(whole, Fault)
    refused = measure_sync(empty, shares.append)
    assert isinstance(refused, Fault)
    assert "empty" in refused.message
    assert not isinstance(measure_sync(film, shares.append), Fault)
