"""Recordings with several tracks of sound: a microphone and the system, say."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.session import AudioChoice, heard_tracks
from backend.media.mix import mixed
from backend.media.probe import probe

from .studio import RATE, Ctx, beep_times, beeps, sound_of, take


def two_tracks(path: Path) -> Path:
    """A quiet mono microphone first, then the system in stereo, at other rates."""
    voices = [
        (beeps(3, [0.5, 1.5]), RATE, "mono"),
        (beeps(3, [1.0, 2.0], 44100, 2), 44100, "stereo"),
    ]
    with av.open(str(path), "w") as out:
        streams = []
        for _, rate, layout in voices:
            stream = out.add_stream("flac", rate=rate)
            stream.layout = layout
            streams.append(stream)
        for stream, (samples, rate, layout) in zip(streams, voices, strict=True):
            whole = (samples * 32767).astype(np.int16)
            for at in range(0, whole.shape[1], 4096):
                piece = np.ascontiguousarray(whole[:, at : at + 4096].T.reshape(1, -1))
                frame = av.AudioFrame.from_ndarray(piece, "s16", layout)
                frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, [1.0, 2.0]),
        (1, [0.5, 1.5]),
        (2, [1.0, 2.0]),
        ("mix", [0.5, 1.0, 1.5, 2.0]),
    ],
)
def test_a_track_is_chosen_or_all_are_mixed(
    tmp_path: Path, ctx: Ctx, choice: AudioChoice, expected: list[float]
) -> None:
    film = tmp_path / "film.mp4"
    take(two_tracks(tmp_path / "two.mkv"), audio=choice).merge(film, ctx)
    sound, rate = sound_of(film)
    assert beep_times(sound, rate) == pytest.approx(expected, abs=0.01)
    assert np.abs(sound).max() == pytest.approx(0.8, abs=0.1), "as loud as alone"


def test_tracks_are_numbered_as_the_file_has_them(tmp_path: Path) -> None:
    info = probe(two_tracks(tmp_path / "two.mkv"))
    assert [s.channels for s in info.audio] == [2, 1], "the best one first"
    assert [s.channels for s in heard_tracks(info, 1)] == [1]
    assert [s.channels for s in heard_tracks(info, 2)] == [2]
    assert [s.channels for s in heard_tracks(info, "mix")] == [1, 2]
    assert heard_tracks(info, 3) == info.audio[:1]


def test_what_is_too_loud_together_is_bent_and_the_rest_is_not() -> None:
    loud = np.full((2, 3000), 0.7, np.float32)
    quiet = np.full((2, 3000), 0.1, np.float32)
    lanes = [iter([loud[:, :1000], loud[:, 1000:]]), iter([loud[:, :1700], quiet[:, :1300]])]
    out = np.concatenate(list(mixed(lanes)), axis=1)
    assert out.shape == (2, 3000)
    assert 0.95 < out[0, 0] <= 1
    assert out[0, 2000] == pytest.approx(0.8, abs=1e-6)
