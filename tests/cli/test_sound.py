"""`rushes sound`, as a person runs it."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.cli.conftest import Rushes
from tests.recordings import write_session, write_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_session(tmp_path / "Talk", 4)


def beeps(path: Path) -> list[float]:
    """Seconds at which sound begins; every second of a made session has one."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "mono", 48000)
        parts = [out for f in container.decode(audio=0) for out in resampler.resample(f)]
        assert not container.streams.video
    loud = np.abs(np.concatenate([part.to_ndarray()[0] for part in parts])) > 0.1
    starts = np.flatnonzero(loud)
    return [float(at) / 48000 for at in starts[np.diff(starts, prepend=-48000) > 24000]]


@pytest.mark.parametrize("ending", ["m4a", "mp3"])
def test_the_segments_of_a_folder_as_one_file(
    rushes: Rushes, folder: Path, tmp_path: Path, ending: str
) -> None:
    target = tmp_path / f"talk.{ending}"
    ran = rushes("sound", folder, "-o", target)
    assert ran.code == 0, ran
    assert "sound encoded" in ran.out
    assert beeps(target) == pytest.approx([0, 1, 2, 3], abs=0.03)
    told = rushes("sound", folder, "-o", target, "--force", "--json").lines
    assert told[-1]["event"] == "completed"
    assert told[-1]["audio_codec"] == ("aac" if ending == "m4a" else "mp3")
    assert told[-1]["duration"] == pytest.approx(4, abs=0.05)
    assert not [path for path in tmp_path.iterdir() if ".part" in path.name]


def test_the_sound_of_a_film_is_copied(rushes: Rushes, folder: Path, tmp_path: Path) -> None:
    done = rushes("process", folder, "--json", "--wait", "ready").lines[-1]
    target = tmp_path / "film.m4a"
    ran = rushes("sound", done["session"], "-o", target)
    assert ran.code == 0, ran
    assert "copied as it is" in ran.out
    assert beeps(target) == pytest.approx([0, 1, 2, 3], abs=0.03)


def test_what_cannot_be_saved_is_refused(rushes: Rushes, tmp_path: Path) -> None:
    silent = write_video(tmp_path / "silent.mp4", 1)
    ran = rushes("sound", silent, "-o", tmp_path / "out.m4a")
    assert ran.code == 3
    assert "has no sound" in ran.err
    ran = rushes("sound", silent, "-o", tmp_path / "out.ogg")
    assert ran.code == 3
    assert ".m4a or in .mp3" in ran.err
    assert not list(tmp_path.glob("out*"))
