"""Cuts, proven on what is decoded: every frame that was wanted, no other, at its exact time."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.edits import keep
from backend.core.time import TimeRange
from backend.core.timeline import Gap, Timeline, Track, TrackKind
from backend.media import avcc, h264
from backend.media.merge import seams_of
from backend.media.plan import RenderPlan, plan
from backend.media.render import render
from backend.media.verify import Spoiled, verify

from .studio import (
    Audio,
    Ctx,
    Take,
    Video,
    beep_times,
    beeps,
    number_of,
    numbered,
    pictures_of,
    record,
    sound_of,
    steady,
    take,
    uneven,
)

X264 = {"preset": "fast", "g": "30", "bf": "3"}
H264 = {
    "closed-gop.mp4": Video(steady(4), options=X264),
    "pyramid.mp4": Video(
        steady(4), options={**X264, "bf": "5", "x264-params": "b-pyramid=normal:ref=4"}
    ),
    "open-gop.mp4": Video(steady(4), options={**X264, "x264-params": "open-gop=1"}),
    "no-b-frames.mp4": Video(steady(4), options={**X264, "bf": "0"}),
    "uneven.mp4": Video(uneven(6), options={**X264, "g": "8"}),
    "one-gop.mp4": Video(steady(4), options={**X264, "g": "1000"}),
    "intra.mp4": Video(steady(2), options={**X264, "g": "1"}),
    "closed-gop.mkv": Video(steady(4), options=X264, time_base=Fraction(1, 1000)),
    "closed-gop.ts": Video(steady(4), options=X264),
    "rotated.mov": Video(steady(4), options=X264, rotation=90, aspect=Fraction(4, 3)),
    "full-range.mp4": Video(steady(4), options=X264, pixel_format="yuvj420p"),
    "slow-ticks.mp4": Video(
        [Fraction(i * 1001, 30000) for i in range(120)], options=X264, time_base=Fraction(1, 30000)
    ),
}
OTHERS = {
    "hevc.mp4": Video(
        steady(3),
        "libx265",
        options={"preset": "ultrafast", "x265-params": "keyint=20:log-level=none"},
    ),
    "vp9.webm": Video(uneven(4), "libvpx-vp9", options={"deadline": "realtime", "g": "30"}),
    "mpeg4.avi": Video(steady(3), "mpeg4", options={"bf": "2"}, time_base=Fraction(1, 30)),
}
RANGES: Sequence[Sequence[tuple[str, str]]] = (
    [("0", "1.3")],
    [("0.7", "2.45")],
    [("1", "2")],
    [("0.31", "0.36"), ("0.9", "1.01"), ("1.52", "9")],
)


def ranges(pairs: Sequence[tuple[str, str]]) -> list[TimeRange]:
    return [TimeRange(Fraction(a), Fraction(b)) for a, b in pairs]


def cut_of(session: Take, wanted: Sequence[TimeRange]) -> Take:
    return replace(session, timeline=keep(session.timeline, wanted).timeline)


def planned(session: Take, ctx: Ctx) -> RenderPlan:
    seams = seams_of(session.timeline, session.infos, ctx)
    return plan(session.timeline, session.infos, seams=seams)


def shown(
    pictures: Sequence[tuple[Fraction, int]], wanted: Sequence[TimeRange]
) -> list[tuple[Fraction, int]]:
    """What a cut must show: the frame on screen at its start, then the others at their times."""
    found, at = [], Fraction(0)
    end = max(time for time, _ in pictures)
    for part in wanted:
        before = [picture for picture in pictures if picture[0] <= part.start]
        inside = [picture for picture in pictures if part.start < picture[0] < part.end]
        if before:
            found.append((at, before[-1][1]))
        found += [(at + time - part.start, number) for time, number in inside]
        at += min(part.end, max(end, part.start)) - part.start
    return found


@pytest.mark.parametrize("pairs", RANGES, ids=["begin", "middle", "keyframes", "three"])
@pytest.mark.parametrize("name", [*H264, *OTHERS])
def test_a_cut_shows_exactly_what_was_wanted(
    tmp_path: Path, ctx: Ctx, name: str, pairs: Sequence[tuple[str, str]]
) -> None:
    path = record(tmp_path / name, (H264 | OTHERS)[name])
    session = take(path)
    wanted = ranges(pairs)
    facts = cut_of(session, wanted).merge(tmp_path / "film.part", ctx)
    found = pictures_of(tmp_path / "film.part")
    whole = pictures_of(path)
    expected = shown([(time - whole[0][0], number) for time, number in whole], wanted)
    assert [number for _, number in found] == [number for _, number in expected]
    assert [float(time) for time, _ in found] == pytest.approx(
        [float(time) for time, _ in expected], abs=0.0006
    )
    total = sum(float(min(part.end, session.timeline.duration) - part.start) for part in wanted)
    if float(expected[-1][0]) < total:  # else the header ends before the last frame does
        assert facts["duration"] == pytest.approx(total, abs=0.002)
    if name in OTHERS:
        assert facts["picture"] == "encoded"
    elif name not in ("open-gop.mp4", "one-gop.mp4"):
        assert facts["picture"] in ("joined", "copied")


def test_sound_is_cut_with_the_picture(tmp_path: Path, ctx: Ctx) -> None:
    path = record(
        tmp_path / "v.mp4", Video(steady(5), options=X264), Audio(beeps(5, [1, 2, 3, 4.5]))
    )
    cut = cut_of(take(path), ranges([("0.7", "2.45"), ("2.9", "3.5"), ("4.4", "5")]))
    cut.merge(tmp_path / "film.part", ctx)
    heard = beep_times(*sound_of(tmp_path / "film.part"))
    assert ctx.done["film"][-1] == 1.0
    assert heard == pytest.approx([0.3, 1.3, 1.75 + 0.1, 2.35 + 0.1], abs=0.003)
    at = {number: float(time) for time, number in pictures_of(tmp_path / "film.part")}
    assert [at[number] for number in (30, 60, 90, 135)] == pytest.approx(heard, abs=1 / 60)


def test_only_what_must_be_is_encoded(tmp_path: Path, ctx: Ctx) -> None:
    session = take(record(tmp_path / "v.mp4", Video(steady(6), options={**X264, "bf": "0"})))
    parts = planned(cut_of(session, ranges([("0.5", "4.7")])), ctx).picture
    assert [(part.how, float(part.span.duration)) for part in parts] == [
        ("encode", 0.5),
        ("copy", 3.7),
    ]
    parts = planned(cut_of(session, ranges([("2", "9")])), ctx).picture
    assert [part.how for part in parts] == ["copy"]
    reordered = take(record(tmp_path / "b.mp4", Video(steady(6), options=X264)))
    parts = planned(cut_of(reordered, ranges([("0.5", "4.7")])), ctx).picture
    assert [part.how for part in parts][:2] == ["encode", "copy"]
    assert sum(part.span.duration for part in parts if part.encoding) < Fraction(7, 10)


def test_other_sizes_get_bars_and_gaps_are_black(tmp_path: Path, ctx: Ctx) -> None:
    wide = record(tmp_path / "wide.mp4", Video(steady(2), options=X264))
    high = record(
        tmp_path / "high.mp4",
        Video(steady(1, 25), "libx265", (640, 480), options={"preset": "ultrafast"}, rate=25),
    )
    sessions = [take(wide), take(high)]
    first, second = (s.timeline.tracks[0].clips[0] for s in sessions)
    items = (
        replace(first, source_range=TimeRange(Fraction(1, 2), Fraction(3, 2))),
        Gap(Fraction(1, 2)),
        second,
    )
    infos = {path: info for session in sessions for path, info in session.infos.items()}
    sources = tuple(source for session in sessions for source in session.sources)
    film = Take(Timeline((Track(TrackKind.VIDEO, items),)), infos, sources)
    facts = film.merge(tmp_path / "film.part", ctx)
    assert (facts["width"], facts["height"], facts["picture"]) == (320, 180, "joined")
    assert facts["notes"] == ["pictures of another shape have black bars"]
    with av.open(str(tmp_path / "film.part")) as container:
        frames = [(frame.pts * frame.time_base, frame) for frame in container.decode(video=0)]
    own = [(time, number_of(frame)) for time, frame in frames if time < 1]
    assert own == [(Fraction(i, 30), 15 + i) for i in range(30)]
    (gap,) = [frame for time, frame in frames if 1 <= time < Fraction(3, 2)]
    assert gap.to_ndarray(format="gray").max() < 20
    rest = [(time, frame) for time, frame in frames if time >= Fraction(3, 2)]
    assert [time for time, _ in rest] == [Fraction(3, 2) + Fraction(i, 25) for i in range(25)]
    grey = rest[0][1].to_ndarray(format="gray")
    assert grey[:, :36].max() < 30  # 4:3 in 16:9: 40 pixels of black on each side
    assert grey[60, 60:260].mean() > 60
    assert grey[:, -36:].max() < 30


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_clip_that_is_turned_stands_upright_among_others(
    tmp_path: Path, ctx: Ctx, turned: int
) -> None:
    size = (320, 180) if turned == 180 else (180, 320)
    upright = record(tmp_path / "a.mp4", Video(steady(0.5), options=X264))
    lying = tmp_path / "b.mp4"
    # A camera held otherwise stores what it saw turned, and says so.
    with av.open(str(lying), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.set_display_rotation(-turned)
        for i in range(15):
            stored = np.rot90(numbered(100 + i), turned // 90)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(stored), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    sessions = [take(upright), take(lying)]
    clips = tuple(s.timeline.tracks[0].clips[0] for s in sessions)
    film = Take(
        Timeline((Track(TrackKind.VIDEO, clips),)),
        {path: info for session in sessions for path, info in session.infos.items()},
        tuple(source for session in sessions for source in session.sources),
    )
    film.merge(tmp_path / "film.part", ctx)
    numbers = [number for _, number in pictures_of(tmp_path / "film.part")]
    assert numbers == [*range(15), *range(100, 115)]


def test_recordings_of_one_camera_are_joined_without_encoding(tmp_path: Path, ctx: Ctx) -> None:
    paths = [record(tmp_path / f"{i}.mp4", Video(steady(2), options=X264)) for i in range(2)]
    sessions = [take(path) for path in paths]
    clips = tuple(s.timeline.tracks[0].clips[0] for s in sessions)
    film = Take(
        Timeline((Track(TrackKind.VIDEO, clips),)),
        {path: info for session in sessions for path, info in session.infos.items()},
        tuple(source for session in sessions for source in session.sources),
    )
    assert film.merge(tmp_path / "film.part", ctx)["picture"] == "copied"
    assert pictures_of(tmp_path / "film.part") == [(Fraction(i, 30), i % 60) for i in range(120)]


def test_what_an_edit_list_hides_stays_hidden(tmp_path: Path, ctx: Ctx) -> None:
    whole = record(tmp_path / "whole.mp4", Video(steady(4), options={**X264, "bf": "2"}))
    edited = tmp_path / "edited.mp4"
    subprocess.run(
        [*("ffmpeg", "-v", "error", "-ss", "0.5", "-i", whole), *("-c", "copy", edited)],
        check=True,
    )
    session = take(edited)
    seen = pictures_of(edited)
    facts = cut_of(session, ranges([("0.2", "2.5")])).merge(tmp_path / "film.part", ctx)
    assert facts["picture"] in ("joined", "encoded")
    expected = shown(
        [(time - seen[0][0], number) for time, number in seen], ranges([("0.2", "2.5")])
    )
    assert [n for _, n in pictures_of(tmp_path / "film.part")] == [n for _, n in expected]


def test_a_film_that_was_cut_is_copied_and_cut_again(tmp_path: Path, ctx: Ctx) -> None:
    path = record(tmp_path / "v.mp4", Video(steady(6), options=X264))
    once = tmp_path / "once.mp4"
    cut_of(take(path), ranges([("0.5", "2.5"), ("3.5", "5.5")])).merge(once, ctx)
    shown_once = pictures_of(once)
    assert take(once).merge(tmp_path / "copy.part", ctx)["picture"] == "copied"
    assert pictures_of(tmp_path / "copy.part") == shown_once
    wanted = ranges([("0.2", "3.7")])
    facts = cut_of(take(once), wanted).merge(tmp_path / "twice.part", ctx)
    assert facts["picture"] == "joined"
    expected = shown(shown_once, wanted)
    assert [n for _, n in pictures_of(tmp_path / "twice.part")] == [n for _, n in expected]


def test_chapters_and_tags_go_with_what_is_shown(tmp_path: Path, ctx: Ctx) -> None:
    path = tmp_path / "v.mkv"
    bare = record(tmp_path / "bare.mkv", Video(steady(6), options=X264))
    with av.open(str(bare)) as source, av.open(str(path), "w") as out:
        out.metadata.update({"title": "Lesson", "artist": "Ada", "encoder": "somebody else's"})
        out.set_chapters(
            [
                {
                    "id": i,
                    "start": start * 1000,
                    "end": end * 1000,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": title},
                }
                for i, (start, end, title) in enumerate(
                    [(0, 2, "Hello"), (2, 4, "Middle"), (4, 6, "End")]
                )
            ]
        )
        stream = out.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    cut = cut_of(take(path), ranges([("0", "1"), ("1.5", "2.5"), ("3", "3.5")]))
    cut.merge(tmp_path / "film.part", ctx)
    with av.open(str(tmp_path / "film.part")) as film:
        chapters = [
            (
                float(chapter["start"] * chapter["time_base"]),
                float(chapter["end"] * chapter["time_base"]),
                chapter["metadata"]["title"],
            )
            for chapter in film.chapters()
        ]
        assert (film.metadata["title"], film.metadata["artist"]) == ("Lesson", "Ada")
        assert "somebody" not in film.metadata["encoder"]
    assert chapters == [(0, 1.5, "Hello"), (1.5, 2.5, "Middle")]


def test_a_join_that_cannot_be_decoded_is_found(tmp_path: Path, ctx: Ctx) -> None:
    path = record(tmp_path / "v.mp4", Video(steady(4), options=X264))
    cut = cut_of(take(path), ranges([("0.5", "3")]))
    film = tmp_path / "film.part"
    rendered = render(planned(cut, ctx), cut.sources, film, ctx, {})
    verify(film, rendered.expected, ctx)
    with av.open(str(film)) as container:
        sets = list(avcc.parameter_sets(container.streams.video[0].codec_context.extradata))
    (ours,) = [unit for unit in sets if unit[0] & 31 == 8 and h264.number_of(unit)]
    data = film.read_bytes()
    film.write_bytes(data.replace(ours, ours[:1] + bytes(len(ours) - 1)))
    with pytest.raises(Spoiled):
        verify(film, rendered.expected, ctx)
