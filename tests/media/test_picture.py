"""Decoded pictures on the film's clock, from any place on."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from av.filter import Graph

from backend.core.time import TimeRange
from backend.core.timeline import Timeline, Track, TrackKind
from backend.media.picture import PictureFacts, between, pictures
from backend.media.plan import PicturePlan, plan

from .studio import Ctx, Video, number_of, record, steady, take, uneven

MAKERS = {
    "hevc.mp4": Video(
        steady(12, 10),
        "libx265",
        options={"preset": "ultrafast", "x265-params": "keyint=20:log-level=none"},
        rate=10,
    ),
    "one-gop.mp4": Video(steady(12, 10), options={"g": "1000", "bf": "3"}, rate=10),
    "vp9.webm": Video(uneven(12), "libvpx-vp9", options={"deadline": "realtime", "g": "30"}),
    "open-gop.mkv": Video(
        steady(12, 10), options={"g": "20", "bf": "3", "x264-params": "open-gop=1"}, rate=10
    ),
    "mpeg2.mpg": Video(
        steady(8, 25), "mpeg2video", options={"bf": "2"}, time_base=Fraction(1, 25), rate=25
    ),
    "mpeg4.avi": Video(
        steady(8, 25), "mpeg4", options={"bf": "2"}, time_base=Fraction(1, 25), rate=25
    ),
}


def encoding(path: Path, start: Fraction = Fraction(0)) -> PicturePlan:
    session = take(path)
    (track,) = session.timeline.tracks
    (clip,) = track.clips
    clip = replace(clip, source_range=TimeRange(start, clip.source_range.end))
    timeline = Timeline((Track(TrackKind.VIDEO, (clip,)),))
    return plan(timeline, session.infos, encode_because="a test").picture[0]


@pytest.mark.parametrize("name", MAKERS)
def test_starting_anywhere_gives_the_same_pictures(tmp_path: Path, ctx: Ctx, name: str) -> None:
    part = encoding(record(tmp_path / name, MAKERS[name]))
    whole = {tick: number_of(frame) for tick, frame in pictures(part, 0, ctx.check, PictureFacts())}
    assert list(whole.values()) == list(range(len(MAKERS[name].times)))
    for share in (0.1, 0.5, 0.77, 0.99):
        start = int(max(whole) * share)
        later = {t: number_of(f) for t, f in pictures(part, start, ctx.check, PictureFacts())}
        assert later == {t: n for t, n in whole.items() if t >= start}


def test_a_tone_map_is_made_once_for_all_stretches(
    tmp_path: Path, ctx: Ctx, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Graph] = []

    def counted() -> Graph:
        made.append(Graph())
        return made[-1]

    monkeypatch.setattr("backend.media.shape.Graph", counted)
    tags = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    options = {"preset": "ultrafast", "x265-params": f"keyint=2:{tags}"}
    video = Video(steady(1, 10), "libx265", (64, 48), "yuv420p10le", options, rate=10)
    part = encoding(record(tmp_path / "v.mp4", video))
    whole = {t: f.to_ndarray() for t, f in pictures(part, 0, ctx.check, PictureFacts())}
    assert len(whole) == 10
    for start in list(whole)[2::3]:
        later = {t: f.to_ndarray() for t, f in pictures(part, start, ctx.check, PictureFacts())}
        assert list(later) == [tick for tick in whole if tick >= start]
        assert all(np.array_equal(later[tick], whole[tick]) for tick in later)
    assert len(made) == 1


def test_an_indexed_file_is_not_decoded_from_its_beginning(tmp_path: Path, ctx: Ctx) -> None:
    part = encoding(record(tmp_path / "v.mp4", MAKERS["hevc.mp4"]))
    facts = PictureFacts()
    start = part.time_base.denominator * 10
    assert len(list(pictures(part, start, ctx.check, facts))) == 20
    assert facts.frames < 80


@pytest.mark.parametrize("name", ["v.ts", "v.mkv"])
def test_what_lies_before_a_clip_is_not_decoded(tmp_path: Path, ctx: Ctx, name: str) -> None:
    video = Video(steady(12, 10), options={"g": "20", "bf": "3"}, rate=10)
    part = encoding(record(tmp_path / name, video), Fraction(10))
    facts = PictureFacts()
    numbers = [number_of(frame) for _, frame in pictures(part, 0, ctx.check, facts)]
    assert numbers == list(range(100, 120))
    assert facts.frames <= 40
    assert facts.damaged == 0


def test_a_clip_begins_with_the_frame_that_is_on_screen(tmp_path: Path, ctx: Ctx) -> None:
    times = [Fraction(0), Fraction(1), Fraction(5), Fraction(6)]
    path = record(tmp_path / "v.mp4", Video(times))
    part = encoding(path, Fraction(3))
    shown = [
        (t * part.time_base, number_of(f)) for t, f in pictures(part, 0, ctx.check, PictureFacts())
    ]
    assert shown == [(0, 1), (2, 2), (3, 3)]
    part = encoding(path, Fraction(6))
    assert [number_of(f) for _, f in pictures(part, 0, ctx.check, PictureFacts())] == [3]


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([0, 1, 2], [0, 1, 2]),
        ([0, None, None, 3], [0, 1, 2, 3]),
        ([0, None, 1], [0, Fraction(1, 2), 1]),
        ([None, None, 7], [5, 6, 7]),
        ([4, None, None], [4, 5, 6]),
        ([None, None], [2, 3]),
        ([], []),
        ([None] * 70, list(range(2, 72))),
    ],
)
def test_frames_without_times_lie_between_their_neighbours(
    stamps: list[int | None], times: list[Fraction]
) -> None:
    frames = [(None if at is None else Fraction(at), i) for i, at in enumerate(stamps)]
    made = list(between(frames, Fraction(2), Fraction(1)))
    assert made == list(zip(times, range(len(stamps)), strict=True))
