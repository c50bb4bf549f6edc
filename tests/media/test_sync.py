"""Picture and sound stay together, measured on flashes and beeps that are decoded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.sync import Pair, SyncReport
from backend.media.sync import measure

from .studio import RATE, Audio, Ctx, Video, beeps, record, steady, take

SLOW = Fraction(47_990, 48_000)
"""A sound card that counts 47,990 samples in a second of everybody else."""
FRAME = 1 / 30
EVERY = 7
"""Seconds from one event to the next; no multiple of a segment."""


def _sound(start: float, seconds: float, clock: Fraction) -> np.ndarray:
    """What that card makes of `seconds` of the world: shape (1, samples)."""
    first, count = round(start * RATE * clock), round(seconds * RATE * clock)
    sound = np.zeros((1, count), np.float32)
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(1920) / RATE)
    for number in range(int(start / EVERY), int((start + seconds) / EVERY) + 1):
        at = round(number * EVERY * RATE * clock) - first
        if number and 0 <= at < count:
            sound[0, at : at + 1920] = tone[: count - at]
    return sound


def _flashing(path: Path, seconds: int, rate: int) -> Path:
    """A dark picture that lights up for a fifth of a second every `EVERY` seconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "g": "100"})
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for number in range(seconds * rate):
            frame = av.VideoFrame(64, 36, "yuv420p")
            lit = number >= rate and number % (EVERY * rate) < rate // 5
            for plane, level in zip(frame.planes, (235 if lit else 40, 128, 128), strict=True):
                plane.update(bytes([level]) * plane.buffer_size)
            frame.pts, frame.time_base = number * 1000 // rate, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def _segments(folder: Path, seconds: int, length: int) -> Iterator[tuple[Path, Fraction]]:
    for start in range(0, seconds, length):
        piece = folder / f"seg_{start:05}.wav"
        yield record(piece, audio=Audio(_sound(start, length, SLOW), "pcm_s16le")), Fraction(start)


def _stamped(picture: Path, path: Path, seconds: int) -> Path:
    """Picture and the slow card's sound in one file, stamped by the computer's clock."""
    with av.open(str(picture)) as source, av.open(str(path), "w") as out:
        video = source.streams.video[0]
        copy = out.add_stream_from_template(video, opaque=True)
        sound = out.add_stream("flac", rate=RATE)
        sound.layout = "mono"
        resampler = av.AudioResampler(sound.codec_context.format.name, "mono", RATE)
        done = 0

        def write(packets: list[av.Packet]) -> None:
            for packet in packets:
                stamp = packet.pts * packet.time_base / SLOW
                packet.time_base = Fraction(1, 1000)
                packet.pts = packet.dts = round(stamp * 1000)
                out.mux(packet)

        pictures = (packet for packet in source.demux(video) if packet.size)
        for start in range(0, seconds, 10):
            piece = _sound(start, min(10, seconds - start), SLOW)
            for at in range(0, piece.shape[1], 4096):
                block = np.ascontiguousarray(piece[:, at : at + 4096])
                raw = av.AudioFrame.from_ndarray(block, "fltp", "mono")
                raw.sample_rate, raw.pts, raw.time_base = RATE, done, Fraction(1, RATE)
                done += block.shape[1]
                for frame in resampler.resample(raw):
                    write(sound.encode(frame))
            for packet in pictures:
                packet.stream = copy
                out.mux(packet)
                if packet.dts * packet.time_base > start + 10:
                    break
        write(sound.encode(None))
        for packet in pictures:
            packet.stream = copy
            out.mux(packet)
    return path


def film_in_sync(folder: Path, ctx: Ctx, kind: str, seconds: int, rate: int) -> SyncReport:
    """Merge a session whose clocks differ, and measure the film."""
    picture = _flashing(folder / "picture.mkv", seconds, rate)
    film = folder / "film.mp4"
    if kind == "segments":
        pieces = list(_segments(folder, seconds, 30))
        session = take(picture, [path for path, _ in pieces], [offset for _, offset in pieces])
    else:
        session = take(_stamped(picture, folder / "stamped.mkv", seconds))
    session.merge(film, ctx)
    ctx.stages = ()
    report = measure(film, Quiet())
    assert len(report.pairs) == (seconds - 1) // EVERY
    assert report.worst is not None
    assert report.drift is not None
    return report


class Quiet(Ctx):
    def __init__(self) -> None:
        super().__init__(Path())

    def progress(self, stage: str, fraction: float) -> None:
        assert stage == "sync"
        assert 0 <= fraction <= 1


@pytest.mark.parametrize(("kind", "seconds"), [("segments", 600), ("stamped", 300)])
def test_clocks_of_48000_and_47990_stay_together(
    tmp_path: Path, ctx: Ctx, kind: str, seconds: int
) -> None:
    """Ten minutes: uncorrected, the last beep would be 125 ms early."""
    report = film_in_sync(tmp_path, ctx, kind, seconds, 10)
    assert abs(report.worst or 0) < FRAME
    assert abs(report.drift or 0) < FRAME / 2


@pytest.mark.soak
@pytest.mark.parametrize("kind", ["segments", "stamped"])
def test_clocks_stay_together_for_two_hours(tmp_path: Path, ctx: Ctx, kind: str) -> None:
    report = film_in_sync(tmp_path, ctx, kind, 7200, 10)
    assert abs(report.worst or 0) < FRAME
    assert abs(report.drift or 0) < FRAME / 2


@pytest.mark.parametrize("late", [0.0, 0.12, -0.2])
def test_what_is_apart_is_measured(tmp_path: Path, late: float) -> None:
    report = measure(apart(tmp_path, late), Quiet())
    assert report.median == pytest.approx(late, abs=0.005)
    assert len(report.pairs) == 4


def test_what_does_not_belong_together_is_not_paired(tmp_path: Path) -> None:
    film = record(tmp_path / "plain.mp4", Video(steady(4)), Audio(beeps(4, [0.7, 1.9, 3.3])))
    report = measure(film, Quiet())
    assert report.pairs == ()
    assert report.median is None
    assert report.beeps == 3
    assert report.picture is not None
    assert report.picture[1] == pytest.approx(4, abs=0.05)


def test_a_line_is_told_from_chance() -> None:
    from backend.media.sync import _pairs

    flashes = [float(t) for t in range(0, 1000, 10)]
    running = [t * 1.0002 for t in flashes]
    assert len(_pairs(flashes, running, FRAME)) == 100
    random = np.random.default_rng(2)
    anywhere = sorted(float(t) for t in random.uniform(0, 1000, 2000))
    assert _pairs(flashes, anywhere, FRAME) == []
    assert len(_pairs(flashes, running[:20], FRAME)) == 20, "more flashes than beeps"
    every = [i / 30 for i in range(30_000)]
    assert _pairs(every, running, FRAME) == [], "one is always near"
    report = SyncReport(
        picture=None,
        sound=None,
        frame=None,
        clock=None,
        flashes=2,
        beeps=2,
        pairs=(Pair(0, 0.01), Pair(10, -0.03)),
    )
    assert (report.worst, report.drift) == (-0.03, pytest.approx(-0.04))


def apart(folder: Path, late: float) -> Path:
    """Thirty seconds of flashes whose beeps come `late` seconds after them."""
    picture, film = _flashing(folder / "p.mkv", 30, 25), folder / "apart.mkv"
    moved = np.roll(_sound(0, 30, Fraction(1)), round(late * RATE), axis=1)
    with av.open(str(picture)) as source, av.open(str(film), "w") as out:
        copy = out.add_stream_from_template(source.streams.video[0], opaque=True)
        stream = out.add_stream("pcm_s16le", rate=RATE)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((moved * 32767).astype(np.int16), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = copy
                out.mux(packet)
    return film
