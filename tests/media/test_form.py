"""Films of another size, and at one rate, where their owner asks for it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.edits import keep
from backend.core.form import (
    AS_RECORDED,
    Form,
    exact_rate,
    film_size,
    grid,
    parse_height,
    parse_rate,
)
from backend.core.time import TimeRange
from backend.core.timeline import Gap, Timeline, Track, TrackKind
from backend.media.h264 import length_size, units
from backend.media.merge import film_key
from backend.media.plan import plan
from backend.media.probe import probe

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
    uneven,
)

THIRTY = Fraction(1, 30)


def lasting(film: Path) -> set[int]:
    """How many ticks each frame lasts, as the file says it and by when they are shown."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        shown = sorted(packet.pts for packet in packets)
        return {b - a for a, b in pairwise(shown)} | {packet.duration for packet in packets}


def at(times: list[Fraction], moment: Fraction) -> int:
    """Number of the frame that is on screen then."""
    return max(0, sum(time <= moment for time in times) - 1)


def test_an_uneven_rate_is_made_even(tmp_path: Path, ctx: Ctx) -> None:
    times = uneven(14)
    sound = Audio(beeps(14, [1, 5, 9]))
    film = tmp_path / "film.part"
    facts = take(record(tmp_path / "v.mp4", Video(times), sound)).merge(
        film, ctx, form=Form(rate="constant")
    )
    assert facts["picture"] == "encoded"
    shown = pictures_of(film)
    assert [time for time, _ in shown] == [i * THIRTY for i in range(len(shown))]
    assert len(shown) >= 14 * 30
    assert [number for _, number in shown] == [at(times, time) for time, _ in shown]
    assert len(lasting(film)) == 1
    assert not probe(film).video[0].variable
    samples, rate = sound_of(film)
    assert beep_times(samples, rate) == pytest.approx([1, 5, 9], abs=0.005)


@pytest.mark.parametrize(
    ("asked", "own"), [("29.97", 30), ("25", 30), ("60", 30), ("12", 25), ("24000/1001", 24)]
)
def test_any_rate_can_be_had(tmp_path: Path, ctx: Ctx, asked: str, own: int) -> None:
    rate = parse_rate(asked)
    assert isinstance(rate, Fraction)
    times = steady(11, own)
    film = tmp_path / "film.part"
    path = record(tmp_path / "v.mp4", Video(times, rate=own))
    take(path).merge(film, ctx, form=Form(rate=rate))
    shown = pictures_of(film)
    assert [time for time, _ in shown] == [i / rate for i in range(len(shown))]
    assert abs(len(shown) / rate - 11) <= 1 / rate
    assert len(lasting(film)) == 1
    half = 1 / rate / 2
    for time, number in shown:
        assert abs(times[number] - time) <= max(half, Fraction(1, own)), (time, number)


@pytest.mark.parametrize("name", ["v.mp4", "v.mkv"])
def test_what_is_even_already_is_copied(tmp_path: Path, ctx: Ctx, name: str) -> None:
    path = record(tmp_path / name, Video(steady(5)))
    film = tmp_path / "film.part"
    facts = take(path).merge(film, ctx, form=Form(rate="constant"))
    assert facts["picture"] == "copied"
    assert len(lasting(film)) == 1
    assert [number for _, number in pictures_of(film)] == list(range(150))


def test_what_only_seemed_even_is_encoded(tmp_path: Path, ctx: Ctx) -> None:
    """Of a Matroska file only the beginning and the end are looked at."""
    times = [*steady(30), *steady(30, start=Fraction(35))]
    video = Video(times, options={"g": "30", "preset": "ultrafast"}, time_base=Fraction(1, 1000))
    path = record(tmp_path / "v.mkv", video)
    assert not probe(path).video[0].variable
    film = tmp_path / "film.part"
    facts = take(path).merge(film, ctx, form=Form(rate="constant"))
    assert facts["picture"] == "encoded"
    assert "uneven" in str(facts["reason"])
    assert len(lasting(film)) == 1
    assert len(pictures_of(film)) == 65 * 30


def test_a_film_without_a_wish_keeps_its_times(tmp_path: Path, ctx: Ctx) -> None:
    times = uneven(6)
    film = tmp_path / "film.part"
    facts = take(record(tmp_path / "v.mp4", Video(times))).merge(film, ctx)
    assert facts["picture"] == "copied"
    assert [time for time, _ in pictures_of(film)] == times


def test_late_pictures_and_gaps_are_filled(tmp_path: Path, ctx: Ctx) -> None:
    """A picture that begins after the sound, and one that ends before it."""
    video = Video(steady(3, start=Fraction(3, 2)))
    path = record(tmp_path / "v.mp4", video, Audio(beeps(8, [2])))
    session = take(path)
    film = tmp_path / "film.part"
    session.merge(film, ctx, form=Form(rate=Fraction(20)))
    shown = pictures_of(film)
    assert [time for time, _ in shown] == [Fraction(i, 20) for i in range(len(shown))]
    assert [number for _, number in shown][:31] == [0] * 31
    assert [number for _, number in shown][-70:] == [89] * 70
    assert abs(len(shown) - 8 * 20) <= 2

    track = session.timeline.tracks[0]
    clip = replace(track.clips[0], source_range=TimeRange(Fraction(2), Fraction(4)))
    cut = Track(TrackKind.VIDEO, (clip, Gap(Fraction(1)), clip))
    session.timeline = Timeline((cut,))
    session.merge(tmp_path / "gap.part", Ctx(tmp_path), form=Form(rate=Fraction(25)))
    assert len(lasting(tmp_path / "gap.part")) == 1
    assert len(pictures_of(tmp_path / "gap.part")) == 125


def test_an_even_film_goes_on_where_it_was_stopped(tmp_path: Path, ctx: Ctx) -> None:
    path = record(tmp_path / "v.mp4", Video(uneven(32), options={"g": "1000"}))
    form = Form(rate="constant", height=120)

    class Killed(Exception):
        pass

    def die() -> None:
        if ctx.points.count("chunk-written") == 2:
            raise Killed

    ctx.on_point = {"chunk-written": die}
    with pytest.raises(Killed):
        take(path).merge(tmp_path / "first.part", ctx, form=form)
    stamps = {file: file.stat().st_mtime_ns for file in ctx.kept.values()}
    ctx.on_point = {}
    film, fresh = tmp_path / "film.part", tmp_path / "fresh"
    fresh.mkdir()
    take(path).merge(film, ctx, form=form)
    assert stamps == {file: file.stat().st_mtime_ns for file in stamps}
    take(path).merge(tmp_path / "whole.part", Ctx(fresh), form=form)
    assert pictures_of(film) == pictures_of(tmp_path / "whole.part")


@pytest.mark.parametrize(
    ("size", "rotation", "height", "stored"),
    [
        ((640, 360), 0, 180, (320, 180)),
        ((640, 360), 90, 320, (320, 180)),
        ((641, 361), 0, 180, (320, 180)),
        ((320, 180), 0, 720, (320, 180)),
    ],
)
def test_a_film_of_another_height(
    tmp_path: Path,
    ctx: Ctx,
    size: tuple[int, int],
    rotation: int,
    height: int,
    stored: tuple[int, int],
) -> None:
    odd = size[0] % 2
    video = Video(
        steady(1),
        "libx264" if not odd else "ffv1",
        size=size,
        rotation=rotation,
        pixel_format="yuv444p" if odd else "yuv420p",
    )
    path = record(tmp_path / ("v.mkv" if odd else "v.mp4"), video)
    film = tmp_path / "film.part"
    facts = take(path).merge(film, ctx, form=Form(height=height))
    assert (facts["width"], facts["height"]) == stored
    assert facts["picture"] == ("copied" if stored == size else "encoded")
    assert probe(film).video[0].rotation == rotation
    if facts["picture"] == "encoded":
        assert _likeness(path, film) > 0.9


PAINT = (120, 80, 190)
"""Luma and both chromas of a colour that every other matrix would show as another."""


@pytest.mark.parametrize("matrix", ["bt709", "smpte170m", "undef"])
def test_another_height_changes_no_colour(tmp_path: Path, ctx: Ctx, matrix: str) -> None:
    with av.open(str(tmp_path / "v.mp4"), "w") as out:
        stream = out.add_stream(
            "libx264", rate=10, options={"x264-params": f"colormatrix={matrix}"}
        )
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        frame = av.VideoFrame(640, 360, "yuv420p")
        for plane, value in zip(frame.planes, PAINT, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        for number in range(10):
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    film = tmp_path / "film.part"
    take(tmp_path / "v.mp4").merge(film, ctx, form=Form(height=180))
    with av.open(str(film)) as container:
        (*_, shown) = container.decode(video=0)
        assert shown.height == 180
        planes = np.split(shown.to_ndarray(), [180, 225])
    assert [plane.mean() for plane in planes] == pytest.approx(PAINT, abs=2)


def test_no_frame_is_lost_at_the_end(tmp_path: Path, ctx: Ctx) -> None:
    """Where frames are reordered and last differently long, an MP4's header ends too early."""
    times = uneven(6, 2)
    path = record(tmp_path / "v.mp4", Video(times, size=(640, 360), options={"bf": "3"}))
    film = tmp_path / "film.part"
    take(path).merge(film, ctx, form=Form(height=180))
    assert len(pictures_of(film)) == len(times)


def _likeness(one: Path, other: Path) -> float:
    """Correlation of the first pictures of two films, at the size of the second."""
    pictures = []
    with av.open(str(other)) as container:
        frame = next(container.decode(video=0))
        pictures.append(frame.to_ndarray(format="gray"))
        size = frame.width, frame.height
    with av.open(str(one)) as container:
        frame = next(container.decode(video=0))
        pictures.append(frame.reformat(*size, format="gray").to_ndarray())
    return float(np.corrcoef(pictures[0].ravel(), pictures[1].ravel())[0, 1])


def test_a_cut_of_another_form(tmp_path: Path, ctx: Ctx) -> None:
    path = record(tmp_path / "v.mp4", Video(steady(8)), Audio(beeps(8, [3, 6])))
    session = take(path)
    ranges = [TimeRange(Fraction(21, 10), Fraction(7, 2)), TimeRange(Fraction(5), Fraction(7))]
    session.timeline = keep(session.timeline, ranges).timeline
    film = tmp_path / "film.part"
    facts = session.merge(film, ctx, form=Form(90, Fraction(25)))
    assert (facts["width"], facts["height"], facts["picture"]) == (160, 90, "encoded")
    assert len(lasting(film)) == 1
    samples, rate = sound_of(film)
    assert beep_times(samples, rate) == pytest.approx([0.9, 2.4], abs=0.005)


def test_frames_are_whole(tmp_path: Path, ctx: Ctx) -> None:
    """Not in a slice for each core: those cost bits, and threads wait for each other."""
    path = record(tmp_path / "v.mp4", Video(steady(2, 30), size=(640, 360)))
    film = tmp_path / "film.part"
    take(path).merge(film, ctx, form=Form(height=240))
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        size = length_size(stream.codec_context.extradata)
        for packet in container.demux(stream):
            kinds = [unit[0] & 31 for unit in units(bytes(packet), size)]
            assert sum(kind in (1, 5) for kind in kinds) == (1 if kinds else 0)


def test_the_plan_says_what_was_asked_for(tmp_path: Path) -> None:
    session = take(record(tmp_path / "v.mp4", Video(uneven(3))))
    made = plan(session.timeline, session.infos, form=Form(90, "constant"))
    assert "160 × 90 as you asked" in made.table()
    made = plan(session.timeline, session.infos, form=Form(rate="constant"))
    assert "30 frames a second as you asked, instead of an uneven rate" in made.table()


def test_films_of_different_forms_have_different_names(tmp_path: Path) -> None:
    session = take(record(tmp_path / "v.mp4", Video(steady(1))))
    forms = [AS_RECORDED, Form(90), Form(120), Form(rate=Fraction(25)), Form(rate="constant")]
    keys = {film_key(session.timeline, session.sources, form) for form in forms}
    assert len(keys) == len(forms)


def test_rates_as_people_write_them() -> None:
    assert parse_rate("own") is None
    assert parse_rate("constant") == "constant"
    assert parse_rate("29.97") == parse_rate("30000/1001") == Fraction(30000, 1001)
    assert parse_rate("23.98") == Fraction(24000, 1001)
    assert exact_rate(59.94) == Fraction(60000, 1001)
    assert parse_rate("18.5") == Fraction(37, 2)
    for wrong in ("0", "121", "-5", "fast", "1e999999999", "1/0", "nan", ""):
        with pytest.raises(ValueError, match="constant, or frames a second"):
            parse_rate(wrong)
    assert parse_height("own") is None
    assert parse_height("720") == 720
    for wrong in ("63", "4321", "720p", "-720", "²", "99999999999"):
        with pytest.raises(ValueError, match="rows of pixels from 64 to 4320"):
            parse_height(wrong)


def test_the_rate_nearest_to_a_recordings_own(tmp_path: Path) -> None:
    for own, name in ((30, "a.mkv"), (60, "b.mkv"), (24, "c.mp4"), (12, "d.mp4")):
        stream = probe(record(tmp_path / name, Video(steady(3, own), rate=own))).video[0]
        assert grid("constant", stream) == own
    stream = probe(record(tmp_path / "e.mkv", Video(uneven(9)))).video[0]
    assert stream.variable
    assert grid("constant", stream) == 30
    assert grid(None, stream) is None


def test_sizes_are_even_and_keep_their_shape(tmp_path: Path) -> None:
    stream = probe(record(tmp_path / "v.mp4", Video(steady(1), size=(854, 480)))).video[0]
    for height in range(64, 480):
        wide, high = film_size(stream, height)
        assert wide % 2 == high % 2 == 0
        assert abs(high - height) <= 1
        assert abs(wide - height * 854 / 480) <= 1
    assert film_size(stream, 480) == film_size(stream, None) == (854, 480)
