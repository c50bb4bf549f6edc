"""Recordings whose recorder was killed: what can be told apart without an index."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest

from backend.core.fault import FaultError
from backend.core.media import MediaInfo
from backend.media.boxes import top_boxes
from backend.media.probe import probe

from .studio import (
    Audio,
    Ctx,
    Video,
    beep_times,
    beeps,
    noise,
    pictures_of,
    record,
    sound_of,
    steady,
    take,
)

INLINE = {"x264-params": "repeat-headers=1", "bf": "3", "g": "50"}
BEEPS = [0.5, 1.5, 2.5]


def speech(seconds: float, channels: int = 1) -> np.ndarray:
    """Beeps in a murmur: frames of sound differ in length."""
    return beeps(seconds, BEEPS, channels=channels) + 0.02 * noise(seconds, channels=channels)


def killed(path: Path, share: float = 0.9) -> Path:
    """The file as it was before its index was written, and before all of it was on the disk."""
    mdat = next(box for box in top_boxes(path) if box.kind == "mdat")
    whole = path.read_bytes()
    path.write_bytes(whole[: mdat.offset + int(mdat.size * share)])
    return path


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("rate", [25, 30])
def test_a_killed_recorder_leaves_nearly_everything(
    tmp_path: Path, ctx: Ctx, layout: str, rate: int
) -> None:
    sound = speech(4, 1 if layout == "mono" else 2)
    path = killed(
        record(
            tmp_path / "killed.mp4",
            Video(steady(4, rate), options=INLINE, rate=rate),
            Audio(sound, layout=layout),
        )
    )
    info = probe(path)
    assert "stopped before it could finish" in info.notes[0]
    assert 3 < info.duration < 4
    assert info.audio[0].layout == layout
    film = tmp_path / "film.mp4"
    facts = take(path).merge(film, ctx)
    assert facts["picture"] == "copied"
    shown = pictures_of(film)
    numbers = [number for _, number in shown]
    assert numbers[: len(numbers) - 3] == list(range(len(numbers) - 3)), "in the order of showing"
    assert all(abs(time * rate - i) < 0.1 for i, (time, _) in enumerate(shown[:-3]))
    heard = beep_times(sound_of(film)[0])
    assert heard == pytest.approx(BEEPS[: len(heard)], abs=0.03)
    assert len(heard) == 3


def test_another_recording_lends_what_only_the_index_knew(tmp_path: Path, ctx: Ctx) -> None:
    folder = tmp_path / "card"
    folder.mkdir()
    path = record(folder / "clip 2.mp4", Video(steady(3)), Audio(speech(3)))
    killed(path)
    alone = probe(path)
    assert not alone.video
    assert "its picture cannot be recovered" in alone.notes[1]
    assert "Put another recording" in alone.notes[1]
    assert (alone.audio[0].rate, alone.audio[0].layout) == (48000, "mono")
    other = Video(steady(1), size=(640, 360), options={"profile": "baseline"})
    record(folder / "another camera.mp4", other, Audio(beeps(1, [], 44100), rate=44100))
    record(folder / "clip 1.mp4", Video(steady(1)), Audio(speech(1)))
    told = _afresh(path)
    assert told.video[0].width == 320
    assert told.audio[0].rate == 48000
    assert "“clip 1.mp4” told how to read it" in told.notes
    film = tmp_path / "film.mp4"
    take(path).merge(film, ctx)
    numbers = [number for _, number in pictures_of(film)]
    assert numbers[:75] == list(range(75))


def _afresh(path: Path) -> MediaInfo:
    from backend.media import recovery

    recovery._mended.cache_clear()
    return probe(path)


def test_a_piece_of_a_stream_is_read_with_its_beginning(tmp_path: Path) -> None:
    whole = record(
        tmp_path / "whole.mp4",
        Video(steady(2)),
        options={"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    )
    boxes, data = list(top_boxes(whole)), whole.read_bytes()
    first = next(box for box in boxes if box.kind == "moof")
    folder = tmp_path / "stream"
    folder.mkdir()
    piece = folder / "piece.m4s.mp4"
    piece.write_bytes(data[first.offset :])
    with pytest.raises(FaultError) as caught:
        probe(piece)
    assert "one piece of a stream" in caught.value.fault.message
    (folder / "init.mp4").write_bytes(data[: first.offset])
    info = _afresh(piece)
    assert info.video[0].frames == 60
    assert "“init.mp4” told how to read it" in info.notes[0]


def test_media_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise.mp4"
    junk = random.Random(5).randbytes(200_000)
    path.write_bytes(
        struct.pack(">I4s", 16, b"ftyp")
        + b"isom\0\0\2\0"
        + struct.pack(">I4s", 900_000, b"mdat")
        + junk
    )
    with pytest.raises(FaultError) as caught:
        probe(path)
    assert "cannot be told apart" in caught.value.fault.message
    assert "another recording by the same recorder" in caught.value.fault.hint


def test_room_set_aside_is_passed_over(tmp_path: Path) -> None:
    """A recorder that reserves its space leaves zeros behind the last picture: 200 MB here."""
    path = killed(
        record(tmp_path / "reserved.mp4", Video(steady(2), options=INLINE), Audio(speech(2)))
    )
    short = probe(path)
    mdat = next(box for box in top_boxes(path) if box.kind == "mdat")
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + (200 << 20))
        file.seek(mdat.offset)
        file.write(struct.pack(">I", path.stat().st_size - mdat.offset))
    whole = _afresh(path)
    assert whole.duration == short.duration
    assert whole.video[0].frames == short.video[0].frames


def test_the_real_recording_of_a_killed_camera(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(
        (shared / "odd/derived_recorder_killed_no_moov.mp4").read_bytes()
    )
    whole = shared / "camera/gopro_karma_tmcd_gpmd.mp4"
    (tmp_path / "GOPR0001.mp4").write_bytes(whole.read_bytes())
    info, of = probe(tmp_path / "broken.mp4"), probe(whole)
    assert info.duration > of.duration * 7 / 10
    assert info.video[0].frame_rate == of.video[0].frame_rate
    assert (info.video[0].width, info.video[0].height) == (854, 480)
    assert info.audio[0].rate == 48000
