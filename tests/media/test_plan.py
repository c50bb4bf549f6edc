"""Plans are values: made and read without a file."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from backend.core.media import AudioStream, MediaInfo, VideoStream
from backend.core.time import TimeRange
from backend.core.timeline import Clip, Timeline, Track, TrackKind
from backend.media.plan import RenderPlan, plan

VIDEO = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    width=1280,
    height=720,
    pixel_format="yuv420p",
    time_base=Fraction(1, 90000),
    start=Fraction(0),
    duration=Fraction(25),
    frames=750,
    frame_rate=Fraction(30),
    variable=False,
    rotation=0,
    sample_aspect=Fraction(1),
)
AUDIO = AudioStream(
    index=1,
    codec="aac",
    profile="LC",
    rate=48000,
    channels=2,
    layout="stereo",
    time_base=Fraction(1, 48000),
    start=Fraction(0),
    duration=Fraction(25),
)


def info(path: str, video: VideoStream | None, audio: AudioStream | None, **more: str) -> MediaInfo:
    return MediaInfo(
        path=path,
        container=more.get("container", "mov,mp4,m4a,3gp,3g2,mj2"),
        size=1,
        duration=Fraction(25),
        start=Fraction(0),
        video=(video,) if video else (),
        audio=(audio,) if audio else (),
    )


def planned(video: VideoStream | None, *sounds: AudioStream, **more: str) -> RenderPlan:
    infos, tracks = {}, []
    whole = TimeRange(Fraction(0), Fraction(25))
    if video:
        infos["v"] = info("v", video, None, **more)
        tracks.append(Track(TrackKind.VIDEO, (Clip("v", 0, whole),)))
    if sounds:
        for i, sound in enumerate(sounds):
            infos[str(i)] = info(str(i), None, sound)
        clips = tuple(Clip(str(i), 1, whole) for i in range(len(sounds)))
        tracks.append(Track(TrackKind.AUDIO, clips))
    return plan(Timeline(tuple(tracks)), infos)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"pixel_format": "yuvj420p", "profile": "Main"}, None),
        ({"profile": "Constrained Baseline"}, None),
        ({"pixel_format": "yuv444p", "profile": "High 4:4:4 Predictive"}, "8-bit 4:2:0"),
        ({"pixel_format": "yuv420p10le", "profile": "High 10"}, "8-bit 4:2:0"),
        ({"codec": "hevc"}, "HEVC"),
        ({"codec": "vp9"}, "VP9"),
        ({"codec": "prores"}, "ProRes"),
    ],
)
def test_what_browsers_play_is_copied_and_nothing_else(
    change: dict[str, str], reason: str | None
) -> None:
    (part,) = planned(replace(VIDEO, **change)).picture  # type: ignore[arg-type]
    assert (part.encoding is None) == (reason is None)
    assert (reason or "browsers play it") in part.reason


def test_streams_without_times_are_encoded() -> None:
    for container in ("h264", "avi"):
        assert planned(VIDEO, container=container).picture[0].encoding


def test_chunks_cover_the_whole_and_are_about_ten_seconds() -> None:
    (part,) = planned(replace(VIDEO, codec="vp9")).picture
    assert part.chunks[0].start == 0
    assert part.chunks[-1].end == 25
    assert all(a.end == b.start for a, b in zip(part.chunks, part.chunks[1:], strict=False))
    assert all(5 <= chunk.duration <= 15 for chunk in part.chunks)


def test_odd_sizes_lose_a_row_and_say_so() -> None:
    made = planned(replace(VIDEO, codec="vp9", width=1079, height=587))
    encoding = made.picture[0].encoding
    assert encoding is not None
    assert (encoding.width, encoding.height, encoding.crop) == (1078, 586, (1, 1))
    assert any("odd" in note for note in made.notes)


def test_high_dynamic_range_becomes_standard() -> None:
    made = planned(replace(VIDEO, codec="hevc", color_transfer="smpte2084"))
    assert made.picture[0].encoding
    assert made.picture[0].encoding.to_sdr


@pytest.mark.parametrize(
    ("rates", "channels", "expected"),
    [
        ((44100, 44100), (2, 2), (44100, 2)),
        ((44100, 48000), (1, 1), (48000, 1)),
        ((16000,), (1,), (48000, 1)),
        ((96000,), (2,), (48000, 2)),
        ((48000, 48000), (1, 6), (48000, 2)),
    ],
)
def test_one_rate_and_layout_for_all_sound(
    rates: tuple[int, ...], channels: tuple[int, ...], expected: tuple[int, int]
) -> None:
    sounds = [replace(AUDIO, rate=r, channels=c) for r, c in zip(rates, channels, strict=True)]
    sound = planned(None, *sounds).sound
    assert sound
    assert (sound.rate, sound.channels) == expected


def test_the_plan_reads_as_a_table() -> None:
    text = str(planned(replace(VIDEO, codec="vp9"), AUDIO))
    assert "picture" in text
    assert "VP9: browsers want H.264 in an MP4" in text
    assert "0:25.000" in text
    assert len(text.splitlines()) == 3


def test_stages_are_those_that_are_needed() -> None:
    both = planned(VIDEO, AUDIO)
    assert [s.name for s in both.stages] == ["reading", "film", "checking"]
    assert [s.label for s in both.stages] == [
        "Reading 1 segment",
        "Putting picture and sound together",
        "Checking the film",
    ]
    assert "picture" in [s.name for s in planned(replace(VIDEO, codec="vp9")).stages]


def test_a_timeline_that_cannot_be_rendered_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing"):
        plan(Timeline(()), {})
    whole = TimeRange(Fraction(0), Fraction(5))
    with pytest.raises(ValueError, match="no picture track"):
        plan(
            Timeline((Track(TrackKind.VIDEO, (Clip("v", 9, whole),)),)),
            {"v": info("v", VIDEO, None)},
        )
    with pytest.raises(ValueError, match="own speed"):
        plan(
            Timeline((Track(TrackKind.VIDEO, (Clip("v", 0, whole, Fraction(2)),)),)),
            {"v": info("v", VIDEO, None)},
        )
