"""Recordings whose clock jumps: spliced streams, senders that were started anew."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from backend.media.clock import Jumps
from backend.media.probe import probe
from backend.media.recovery import mended

from .studio import (
    Audio,
    Ctx,
    Video,
    beep_times,
    beeps,
    pictures_of,
    record,
    sound_of,
    steady,
    take,
)

MS = {0: Fraction(1, 1000), 1: Fraction(1, 1000)}


def piece(path: Path, seconds: float, beep: float, pid: int = 256, **shape: object) -> bytes:
    """One piece of a broadcast: pictures numbered from 0, one beep."""
    video = Video(steady(seconds, 25), rate=25, options={"bf": "0"}, **shape)  # type: ignore[arg-type]
    options = {"mpegts_start_pid": str(pid), "mpegts_pmt_start_pid": str(4096 + pid)}
    record(path, video, Audio(beeps(seconds, [beep])), options=options)
    return path.read_bytes()


@pytest.mark.parametrize("first", [256, 300])
@pytest.mark.parametrize("second", [256, 257, 300])
def test_pieces_of_a_broadcast_follow_each_other(
    tmp_path: Path, ctx: Ctx, first: int, second: int
) -> None:
    """Also where the numbers of the second one's tracks mean other tracks in the first."""
    joined = tmp_path / "joined.ts"
    one = piece(tmp_path / "a.ts", 2, 0.5, first)
    joined.write_bytes(one + piece(tmp_path / "b.ts", 3, 1.5, second))
    info = probe(joined)
    assert info.duration == pytest.approx(5, abs=0.15)
    assert info.video[0].frames == 125
    assert (mended(joined) is None) == (first == second)
    film = tmp_path / "film.mp4"
    take(joined).merge(film, ctx)
    shown = pictures_of(film)
    assert [number for _, number in shown] == [*range(50), *range(75)]
    times = [float(time) for time, _ in shown]
    assert times == sorted(times)
    sound, _ = sound_of(film)
    heard = beep_times(sound)
    seen = [times[round(0.5 * 25)], times[50 + round(1.5 * 25)]]
    assert heard == pytest.approx(seen, abs=1 / 25), "each beep with its picture"


def test_a_piece_of_another_shape_is_not_stretched(tmp_path: Path, ctx: Ctx) -> None:
    joined = tmp_path / "turned.ts"
    one = piece(tmp_path / "a.ts", 1, 0.5)
    joined.write_bytes(one + piece(tmp_path / "b.ts", 1, 0.5, 300, size=(224, 400)))
    film = tmp_path / "film.mp4"
    facts = take(joined).merge(film, ctx)
    assert (facts["width"], facts["height"], facts["picture"]) == (320, 180, "encoded")
    import av

    with av.open(str(film)) as container:
        last = list(container.decode(video=0))[-1].to_ndarray(format="gray")
    assert last[:, :100].max() < 40
    assert last[:, -100:].max() < 40
    assert last[:, 130:190].max() > 90, "the upright picture stands in the middle"


def test_only_jumps_are_closed() -> None:
    jumps = Jumps("mpegts", MS)
    for time in range(0, 2000, 40):
        assert jumps.step(0, time, 40) == 0
    assert jumps.step(0, 1700, 40) == 0, "times in slight disorder"
    assert jumps.step(0, 9000, 40) == 0, "a pause"
    assert jumps.step(0, 90_000, 40) == 9040 - 90_000, "a clock that was set ahead"
    assert jumps.step(1, 90_000, 40) == 9040 - 90_000, "for every track"
    assert jumps.step(0, 0, 40) == 9080, "and back"
    assert [jump.packet for jump in jumps.of(0)] == [52, 53]
    patient = Jumps("matroska,webm", MS)
    patient.step(0, 0, 40)
    assert patient.step(0, 90_000, 40) == 0, "elsewhere a pause of any length is one"
