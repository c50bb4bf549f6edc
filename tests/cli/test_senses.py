"""`rushes silence`, `loudness` and `scenes`, of files and of sessions."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import PATIENCE, Rushes
from tests.media.studio import Audio, Video, record, steady
from tests.media.test_hearing import SILENT, SPOKEN, talk
from tests.media.test_sight import Shot, cuts, film

SHOTS = [Shot(2, 1), Shot(3, 2), Shot(2.5, 3)]


def times(stretches: list[dict[str, float]]) -> list[float]:
    return [time for one in stretches for time in (one["start"], one["end"])]


def test_a_bare_file_needs_no_library(rushes: Rushes) -> None:
    sound = record(rushes.place / "s.flac", audio=Audio(talk(12, SPOKEN), codec="flac"))
    picture = film(rushes.place / "p.mp4", SHOTS)
    ran = rushes("silence", sound, "--json")
    assert ran.code == 0, ran
    done = ran.lines[-1]
    assert done["event"] == "completed"
    wanted = [time for pair in SILENT for time in pair]
    assert times(done["silence"]) == pytest.approx(wanted, abs=0.1)
    assert times(done["sound"]) == pytest.approx(wanted[1:-1], abs=0.1)
    assert [line["progress"] for line in ran.lines[:-1]] == sorted(
        line["progress"] for line in ran.lines[:-1]
    )
    assert rushes("scenes", picture, "--json").lines[-1]["changes"] == pytest.approx(
        cuts(SHOTS), abs=0.1
    )
    told = rushes("loudness", sound, "--json").lines[-1]
    assert -30 < told["integrated"] < -10 and told["true_peak"] < -5
    table = rushes("silence", sound).out
    assert "0:04.1" in table and "lasts" in table
    assert "LUFS" in rushes("loudness", sound).out
    assert "0:02.0" in rushes("scenes", picture).out
    assert not rushes.data.exists()


def test_what_counts_as_silence_can_be_said(rushes: Rushes) -> None:
    sound = record(rushes.place / "s.flac", audio=Audio(talk(12, SPOKEN), codec="flac"))
    ran = rushes("silence", sound, "--least", "0.1", "--margin", "0", "--json")
    assert times(ran.lines[-1]["silence"]) == pytest.approx([0, 1, 3, 3.3, 4, 6, 9, 12], abs=0.1)
    deaf = rushes("silence", sound, "--threshold", "-1", "--json").lines[-1]
    assert (deaf["sound"], deaf["threshold"]) == ([], -1)
    assert rushes("silence", sound, "--least", "-1").code == 2


def test_what_cannot_be_heard_or_seen_is_refused(rushes: Rushes) -> None:
    blind = record(rushes.place / "a.m4a", audio=Audio(talk(1, [])))
    deaf = record(rushes.place / "v.mp4", Video(steady(1)))
    broken = rushes.place / "b.mp4"
    broken.write_bytes(b"\0" * 5000)
    for words in (
        ("scenes", blind),
        ("silence", deaf),
        ("loudness", broken),
        ("silence", rushes.place / "nowhere.wav"),
        ("silence", rushes.place),
    ):
        ran = rushes(*words, "--json")
        assert ran.code == 3, ran
        assert ran.lines[-1]["event"] == "failed"
        assert ran.lines[-1]["fault"]["message"]


def test_stopping_the_command_stops_the_work(rushes: Rushes) -> None:
    long = record(
        rushes.place / "long.mkv",
        audio=Audio(np.zeros((1, 1800 * 48_000), np.float32), codec="flac"),
    )
    process = rushes.start("silence", long, "--json")
    assert process.stdout is not None
    process.stdout.readline()  # it has begun
    children = _children(process.pid)
    assert children
    process.send_signal(signal.SIGINT)
    assert rushes.finish(process).code == 130
    until = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{child}/stat").exists() for child in children):
        assert time.monotonic() < until
        time.sleep(0.02)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children")
    if os.name != "posix" or not listed.exists():
        pytest.skip("children are found in /proc")
    return [int(number) for number in listed.read_text().split()]


def test_of_a_session(rushes: Rushes) -> None:
    folder = rushes.place / "talk"
    (folder / "audio").mkdir(parents=True)
    film(folder / "video.mp4", [Shot(4, 1), Shot(4, 2), Shot(4, 3)])
    record(folder / "audio" / "s.flac", audio=Audio(talk(12, SPOKEN), codec="flac"))
    session = rushes("process", folder, "--json").lines[-1]["session"]
    # Whether its own jobs have got that far or not.
    changes = rushes("scenes", session[:6], "--json").lines[-1]["changes"]
    assert changes == pytest.approx([4, 8], abs=0.1)
    assert rushes("process", folder, "--wait", "done").code == 0
    quiet = rushes("silence", session, "--json").lines
    assert len(quiet) == 1  # it was known already
    wanted = [time for pair in SILENT for time in pair]
    assert times(quiet[0]["silence"]) == pytest.approx(wanted, abs=0.1)
    other = rushes("silence", session, "--margin", "0", "--json").lines[-1]["silence"]
    assert times(other)[1] == pytest.approx(1, abs=0.1)
    assert -40 < rushes("loudness", session, "--json").lines[-1]["integrated"] < -10
    assert rushes("silence", "nobody").code == 3
