"""What is known of a picture: changes, black and frozen stretches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.context import Stopped
from backend.core.stretches import Stretches
from backend.core.time import TimeRange
from backend.media.scenes import Changes, Glance, Marks, Stillness
from backend.media.sight import see

from .studio import SHARED, Ctx, Video, record, steady

SIZE = (320, 180)


@dataclass(frozen=True)
class Shot:
    """A stretch of one picture. `moves`: a bar wanders over it."""

    seconds: float
    look: int
    moves: bool = True
    black: bool = False


def picture(shot: Shot, number: int) -> np.ndarray:
    width, height = SIZE
    if shot.black:
        return np.zeros((height, width, 3), np.uint8)
    random = np.random.default_rng(shot.look)
    coarse = random.integers(0, 255, (6, 8, 3), np.uint8)
    whole = np.repeat(np.repeat(coarse, height // 6, axis=0), width // 8, axis=1)
    if shot.moves:
        x = number * 3 % (width - 8)
        whole[:, x : x + 8] = 200
    return whole


def film(
    path: Path,
    shots: Sequence[Shot],
    options: Mapping[str, str] | None = None,
    codec: str = "libx264",
    rate: int = 30,
    drop: bool = False,
    rotation: int = 0,
    pixel_format: str = "yuv420p",
) -> Path:
    """A film of these shots. `drop`: frames that repeat the one before are left out."""
    with av.open(str(path), "w") as out:
        fast = {"preset": "ultrafast", "sc_threshold": "0", "g": "60"}
        told = {**(fast if codec == "libx264" else {}), **(options or {})}
        stream = out.add_stream(codec, rate=rate, options=told)
        stream.width, stream.height = SIZE
        stream.pix_fmt = pixel_format
        # A raw stream tells its rate by the time base alone.
        base = Fraction(1, rate if path.suffix == ".h264" else 90_000)
        stream.codec_context.time_base = stream.time_base = base
        if rotation:
            stream.set_display_rotation(-rotation)
        number, last = 0, None
        for shot in shots:
            for _ in range(round(shot.seconds * rate)):
                image = picture(shot, number)
                if not (drop and last is not None and np.array_equal(image, last)):
                    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                    frame = frame.reformat(format=pixel_format)
                    frame.pts, frame.time_base = int(Fraction(number, rate) / base), base
                    out.mux(stream.encode(frame))
                number, last = number + 1, image
        out.mux(stream.encode(None))
    return path


def cuts(shots: Sequence[Shot]) -> list[float]:
    """When one shot follows another."""
    return [float(x) for x in np.cumsum([shot.seconds for shot in shots])[:-1]]


SHOTS = [Shot(2.5, 1), Shot(1.7, 2), Shot(4.1, 3), Shot(0.9, 4), Shot(5, 5), Shot(2, 6)]


def near(found: Stretches, wanted: Sequence[tuple[float, float]], by: float = 0.1) -> bool:
    return len(found) == len(wanted) and all(
        abs(float(x.start) - a) <= by and abs(float(x.end) - b) <= by
        for x, (a, b) in zip(found, wanted, strict=True)
    )


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("f.mp4", "libx264", {}),
        ("f.mp4", "libx264", {"sc_threshold": "40", "g": "250", "preset": "veryfast"}),
        ("f.mp4", "libx264", {"g": "100000"}),
        ("f.mp4", "libx264", {"g": "75", "bf": "3", "b-pyramid": "normal", "open-gop": "1"}),
        ("f.mp4", "libx264", {"g": "1"}),
        ("f.mkv", "libx264", {}),
        ("f.ts", "libx264", {}),
        ("f.h264", "libx264", {}),
        ("f.webm", "libvpx", {"deadline": "realtime", "cpu-used": "8", "g": "90"}),
        ("f.mov", "mjpeg", {}),
    ],
)
def test_every_change_is_found_at_its_frame(
    tmp_path: Path, ctx: Ctx, name: str, codec: str, options: Mapping[str, str]
) -> None:
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = film(tmp_path / name, SHOTS, options, codec, pixel_format=form)
    seen = see(path, ctx)
    assert [float(x) for x in seen.changes] == pytest.approx(cuts(SHOTS), abs=0.05)
    assert seen.black == ()
    assert ctx.done["scenes"][-1] == ctx.done["thumbnails"][-1] == 1


def test_frames_that_come_unevenly(tmp_path: Path, ctx: Ctx) -> None:
    """A screen recorder's picture: frozen is what lasts, however few frames it takes."""
    shots = [Shot(3, 1, moves=False), Shot(2, 2), Shot(6, 3, moves=False), Shot(2, 4)]
    seen = see(film(tmp_path / "f.mp4", shots, drop=True), ctx)
    assert [float(x) for x in seen.changes] == pytest.approx(cuts(shots), abs=0.05)
    assert near(seen.frozen, [(0, 3), (5, 11)])


@pytest.mark.parametrize("gop", ["20", "60", "100000"])
def test_frozen_by_repeated_frames(tmp_path: Path, ctx: Ctx, gop: str) -> None:
    shots = [Shot(1.4, 1), Shot(4, 2, moves=False), Shot(2, 3), Shot(1, 4, moves=False), Shot(1, 5)]
    seen = see(film(tmp_path / "f.mp4", shots, {"g": gop}), ctx)
    assert near(seen.frozen, [(1.4, 5.4)], 0.25), seen.frozen


def test_slides_that_follow_each_other_are_each_frozen(tmp_path: Path, ctx: Ctx) -> None:
    shots = [Shot(3, look, moves=False) for look in (1, 2, 3)]
    for drop in (True, False):
        # Nothing tells how long the last of all frames lasts.
        path = film(tmp_path / f"{drop}.mp4", [*shots, *[Shot(1, 4)] * drop], drop=drop)
        seen = see(path, ctx)
        assert near(seen.frozen, [(0, 3), (3, 6), (6, 9)], 0.25), seen.frozen
        assert [float(x) for x in seen.changes] == pytest.approx([3, 6, 9][: 2 + drop], abs=0.05)


@pytest.mark.parametrize("gop", ["30", "100000"])
def test_black_stretches(tmp_path: Path, ctx: Ctx, gop: str) -> None:
    shots = [
        *(Shot(1, 0, black=True), Shot(2.3, 1), Shot(1.5, 0, black=True), Shot(2, 2)),
        *(Shot(0.2, 0, black=True), Shot(2, 3), Shot(1, 0, black=True)),
    ]
    seen = see(film(tmp_path / "f.mp4", shots, {"g": gop}), ctx)
    assert near(seen.black, [(0, 1), (3.3, 4.8), (9, 10)]), seen.black


def test_a_flash_is_no_change(tmp_path: Path, ctx: Ctx) -> None:
    shots = [Shot(2, 1), Shot(0.1, 9), Shot(2, 1), Shot(2, 2)]
    for gop in ("60", "100000"):
        seen = see(film(tmp_path / f"{gop}.mp4", shots, {"g": gop}), ctx)
        assert [float(x) for x in seen.changes] == pytest.approx([4.1], abs=0.05)


def test_what_comes_up_and_leaves_all_as_it_was_is_no_change_unless_it_stays(
    tmp_path: Path, ctx: Ctx
) -> None:
    desk, window = 1, 9
    looks = [(3, desk), (2, window), (3, desk), (4, window), (2, desk), (2, 5), (2, window)]
    shots = [Shot(seconds, look, moves=False) for seconds, look in looks]
    for gop in ("60", "100000"):
        seen = see(film(tmp_path / f"{gop}.mp4", shots, {"g": gop}), ctx)
        assert [float(x) for x in seen.changes] == pytest.approx([8, 12, 14, 16], abs=0.05)


def test_a_part_of_the_picture_is_not_the_whole() -> None:
    """A page that turns in its window, unless the window is nearly all there is to see."""
    desk, page = noise(1), noise(2)
    for rows, whole in ((3, True), (6, False)):
        turned = np.vstack([desk[:rows], page[rows:]])
        assert seen_in([(3, desk), (5, turned)]) == ([3.0] if whole else [])


def test_bars_do_not_count_as_what_stays() -> None:
    shots = [np.hstack([np.full((16, 16), 10.0, np.float32), noise(look)]) for look in (1, 2)]
    assert seen_in([(3, shots[0]), (5, shots[1])]) == [3.0]


def test_what_goes_in_steps_has_passed_too() -> None:
    """None of the steps in which a window closes is a change of the whole."""
    desk, window = noise(1), noise(2)
    steps = [np.vstack([desk[:n], window[n:]]) for n in (5, 10)]
    lit = desk.copy()
    lit[0, :4] += 20  # a button that was pressed
    shown = [(3.0, desk), (1.5, window), *[(0.1, step) for step in steps]]
    assert seen_in([*shown, (5, lit)]) == []
    assert seen_in([*shown[:1], (3.5, window), *shown[2:], (5, lit)]) == [3.0]


def test_what_follows_a_fade_is_a_change_however_dark() -> None:
    """A recorder that leaves repeated frames out sends nothing more after it."""
    fade = [(0.04, np.full((16, 16), level, np.float32)) for level in range(220, 15, -10)]
    dark = np.full((16, 16), 45, np.float32)
    shown = [(3.0, noise(1)), *fade, (2, dark), (5, dark + 1)]
    assert seen_in(shown, repeated=False)[-1] == pytest.approx(3.84)


def noise(look: int) -> np.ndarray:
    """Brightness of a picture that has nothing in common with those of other looks."""
    levels = np.random.default_rng(look).uniform(30, 230, (16, 16))
    return levels.astype(np.float32)


def seen_in(shots: Sequence[tuple[float, np.ndarray]], repeated: bool = True) -> list[float]:
    """When such pictures, each shown for so many seconds, change; at 25 a second, or each once."""
    changes, start = Changes(), 0.0
    for seconds, luma in shots:
        for frame in range(round(seconds * 25) if repeated else 1):
            changes.add(
                Fraction(start).limit_denominator(100) + frame * Fraction(1, 25),
                Glance((luma,), 16, False),
            )
        start += seconds
    return [float(time) for time in changes.times()]


def test_what_moves_is_no_change(tmp_path: Path, ctx: Ctx) -> None:
    assert see(film(tmp_path / "f.mp4", [Shot(8, 1)]), ctx).changes == ()
    numbered = record(tmp_path / "n.mp4", Video(steady(1.5)))
    assert see(numbered, ctx).changes == ()


def test_a_turned_picture_and_a_deep_one(tmp_path: Path, ctx: Ctx) -> None:
    turned = see(film(tmp_path / "t.mp4", SHOTS, rotation=90), ctx)
    deep = see(film(tmp_path / "d.mp4", SHOTS, codec="libx264", pixel_format="yuv420p10le"), ctx)
    for seen in (turned, deep):
        assert [float(x) for x in seen.changes] == pytest.approx(cuts(SHOTS), abs=0.05)


def test_only_what_may_hold_a_change_is_decoded(
    tmp_path: Path, ctx: Ctx, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.media import sight

    path = film(tmp_path / "f.mp4", [Shot(100, 1), Shot(20, 2)], {"g": "15"}, rate=15)
    looked = []
    real = sight.glance
    monkeypatch.setattr(sight, "glance", lambda frame: looked.append(1) or real(frame))
    (change,) = see(path, ctx).changes
    assert float(change) == pytest.approx(100, abs=0.1)
    assert len(looked) < 1800 / 10


@pytest.mark.parametrize(
    ("name", "changes", "black"),
    [
        ("odd/black_silent_25s.mp4", 0, [(0, 25)]),
        ("camera/people_at_table_139s_noaudio.mp4", 0, []),
        ("camera/nasa_2video_2audio_2subs.mp4", 1, []),
        ("camera/iphone_hlg10_editlist_rotated.mp4", 0, []),
        ("camera/phone_hdr10_av1_portrait.mp4", 0, []),
        ("screen/video_editor_cursed_vfr.mp4", 0, []),
        ("odd/derived_clock_starts_90min.mkv", 0, []),
        ("odd/raw_h264_no_pts.h264", 0, []),
    ],
)
def test_real_recordings(
    shared: Path, ctx: Ctx, name: str, changes: int, black: list[tuple[float, float]]
) -> None:
    seen = see(shared / name, ctx)
    assert len(seen.changes) == changes
    assert near(seen.black, black)
    for found in (seen.black, seen.frozen):
        assert all(0 <= x.start < x.end <= seen.duration for x in found)
        assert all(a.end <= b.start for a, b in pairwise(found))


def test_clips_of_real_recordings_one_after_another(tmp_path: Path, ctx: Ctx, shared: Path) -> None:
    """Known changes between real pictures, with a coder that puts no keyframe at them."""
    clips = [
        "camera/people_at_table_139s_noaudio.mp4",
        "screen/ui_tests_running_60fps.mp4",
        "camera/head_pose_person.mp4",
        "talk/webcam_ui_speech_60fps.mp4",
        "screen/code_and_ui_vp9.webm",
    ]
    path, number, known = tmp_path / "f.mp4", 0, []
    with av.open(str(path), "w") as out:
        stream = out.add_stream(
            "libx264", rate=10, options={"preset": "ultrafast", "sc_threshold": "0", "g": "100"}
        )
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for clip in clips:
            known.append(number / 10)
            with av.open(str(SHARED / clip)) as source:
                step, due = Fraction(1, 10), Fraction(0)
                for frame in source.decode(video=0):
                    time = Fraction(frame.pts) * frame.time_base
                    if time >= Fraction(3):
                        break
                    if time < due:
                        continue
                    due += step
                    small = frame.reformat(*SIZE, format="yuv420p")
                    small.pts, small.time_base = number, Fraction(1, 10)
                    out.mux(stream.encode(small))
                    number += 1
        out.mux(stream.encode(None))
    assert [float(x) for x in see(path, ctx).changes] == pytest.approx(known[1:], abs=0.1)


def test_it_can_be_stopped_in_both_passes(tmp_path: Path, ctx: Ctx) -> None:
    path = film(tmp_path / "f.mp4", SHOTS)
    see(path, ctx)
    for at in (ctx.checks // 4, ctx.checks * 3 // 4):
        ctx.checks = 0

        def stop(at: int = at) -> None:
            if ctx.checks > at:
                raise Stopped

        ctx.on_check = stop
        with pytest.raises(Stopped):
            see(path, ctx)
        assert ctx.checks == at + 1


def grey(level: float) -> Glance:
    return Glance((np.full((4, 4), level, np.float32),), 16, level <= 16)


times = st.lists(st.integers(1, 400), min_size=1, max_size=40)


@given(times, st.lists(st.integers(0, 255), min_size=40, max_size=40))
def test_changes_are_in_order_and_half_a_second_apart(steps: list[int], levels: list[int]) -> None:
    changes, at, shown = Changes(), Fraction(0), []
    for step, level in zip(steps, levels, strict=False):
        changes.add(at, grey(level))
        shown.append(at)
        at += Fraction(step, 100)
    found = changes.times()
    assert set(found) <= set(shown)
    assert all(b - a >= Fraction(1, 2) for a, b in pairwise(found))


@given(times, st.lists(st.booleans(), min_size=40, max_size=40))
def test_marks_are_where_they_were_made(steps: list[int], marked: list[bool]) -> None:
    marks, at, wanted = Marks(), Fraction(0), Fraction(0)
    for step, mark in zip(steps, marked, strict=False):
        marks.add(at, mark)
        at += Fraction(step, 100)
        wanted += Fraction(step, 100) if mark else 0
    found = marks.stretches(at)
    assert sum((x.duration for x in found), Fraction(0)) == wanted
    assert all(a.end < b.start for a, b in pairwise(found))


def test_stillness_is_measured_against_its_first_frame() -> None:
    """A slow fade is not still, though no frame differs from the one before."""
    still = Stillness()
    for i in range(200):
        still.add(Fraction(i, 30), grey(100 if i < 100 else 100 + (i - 100) * 0.2))
    assert still.stretches()[0] == TimeRange(Fraction(0), Fraction(102, 30))
