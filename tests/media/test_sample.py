"""The sample session: what a newcomer sees and hears first."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from backend.media.probe import probe
from backend.media.sample import PIECE, TONES, make_sample


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample") / "Sample")


def test_it_is_a_session_as_a_recorder_leaves_it(sample: Path) -> None:
    told = json.loads((sample / "session.json").read_text())
    assert told["video"] == "video.mp4"
    offsets = [segment["offset"] for segment in told["segments"]]
    assert offsets == [number * PIECE for number in range(len(offsets))]
    length = probe(sample / "video.mp4").duration
    pieces = [probe(sample / segment["file"]).duration for segment in told["segments"]]
    assert length == sum(pieces) == 32


def test_the_square_lights_up_where_the_tones_are(sample: Path) -> None:
    lit = []
    with av.open(str(sample / "video.mp4")) as video:
        before = False
        for frame in video.decode(video=0):
            square = frame.to_ndarray(format="rgb24")[70:150, 800:880]
            now = float(square[..., 0].mean()) > 150
            if now and not before:
                lit.append(frame.time)
            before = now
    assert lit == pytest.approx(list(TONES), abs=1 / 30)


def test_there_is_speech_to_hear(sample: Path) -> None:
    levels = []
    for piece in sorted((sample / "audio").iterdir()):
        with av.open(str(piece)) as sound:
            blocks = [frame.to_ndarray().ravel() for frame in sound.decode(audio=0)]
        pcm = np.concatenate(blocks)
        assert np.abs(pcm).max() < 1.0, "it is clipped"
        levels.append(20 * np.log10(np.sqrt(np.mean(pcm**2))))
    assert all(-30 < level < -12 for level in levels), levels


def test_a_folder_that_is_there_is_left_alone(sample: Path) -> None:
    with pytest.raises(FileExistsError):
        make_sample(sample)
