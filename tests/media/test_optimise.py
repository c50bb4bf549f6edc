"""Smaller films: what they show, what they weigh, and when a film stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.context import Stopped
from backend.core.fault import FaultError
from backend.core.session import Quality
from backend.media import hardware, optimise, quality
from backend.media.chunks import CHUNK, stretches
from backend.media.duplicates import flat_share, same_picture
from backend.media.film import Film, read_film
from backend.media.glance import look
from backend.media.hardware import Encoder
from backend.media.quality import Material, likeness

from .studio import Ctx, beep_times, beeps, number_of, numbered, pictures_of, sound_of

SIZE = (320, 180)
RATE = 10
REPEATS = 3
SECONDS = 18
"""Two chunks."""
FINE = {"preset": "ultrafast", "qp": "0", "g": "30"}
"""Without loss, so that what is repeated is equal to the last bit."""


def grainy(number: int) -> np.ndarray:
    """A numbered picture with grain, as a camera would see it."""
    grain = np.random.default_rng(number).normal(0, 6, (SIZE[1], SIZE[0], 1))
    return np.clip(numbered(number).astype(np.int16) + grain, 0, 255).astype(np.uint8)


def make_film(
    path: Path,
    *,
    seconds: int = SECONDS,
    repeats: int = REPEATS,
    options: dict[str, str] | None = None,
    picture: Callable[[int], np.ndarray] = grainy,
    sound: bool = True,
    pixel_format: str = "yuv420p",
    first: Fraction = Fraction(0),
    rotation: int = 0,
) -> Path:
    """A film as `merge` writes them, in which each picture is shown `repeats` times."""
    with av.open(str(path), "w", container_options={"movflags": "+faststart"}) as out:
        out.metadata["title"] = "Grain"
        video = out.add_stream("libx264", rate=RATE, options=options or FINE)
        video.width, video.height, video.pix_fmt = *SIZE, pixel_format
        video.codec_context.time_base = video.time_base = Fraction(1, 90_000)
        if rotation:
            video.set_display_rotation(-rotation)
        audio = out.add_stream("aac", rate=48_000, layout="mono") if sound else None
        for number in range(seconds * RATE):
            frame = av.VideoFrame.from_ndarray(picture(number // repeats), format="rgb24")
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = (
                round((first + Fraction(number, RATE)) * 90_000),
                Fraction(1, 90_000),
            )
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            samples = beeps(seconds, [0.5, 7.25, seconds - 1.0])
            for at in range(0, samples.shape[1], 1024):
                piece = np.ascontiguousarray(samples[:, at : at + 1024])
                block = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
                block.sample_rate, block.pts, block.time_base = 48_000, at, Fraction(1, 48_000)
                out.mux(audio.encode(block))
            out.mux(audio.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("films") / "film.mp4")


def index(path: Path, ctx: Ctx) -> Film:
    found = read_film(path, ctx)
    assert found is not None
    return found


def shown_at(film: Path, times: Sequence[Fraction]) -> list[int]:
    """The number that is on screen at each of `times`."""
    shown = pictures_of(film)
    return [max(pair for pair in shown if pair[0] <= time)[1] for time in times]


def packets(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [bytes(packet) for packet in container.demux(stream) if packet.size]


def test_a_smaller_film_shows_and_sounds_the_same(film: Path, ctx: Ctx, tmp_path: Path) -> None:
    output = tmp_path / "smaller.mp4"
    outcome = optimise.optimise(film, "key", output, ctx)
    assert outcome.smaller, outcome
    size = output.stat().st_size
    assert size < 0.6 * film.stat().st_size
    assert outcome.facts["size"] == outcome.film["size"] == size
    assert outcome.said == f"Your film is {(1 - size / film.stat().st_size) * 100:.0f} % smaller."
    times = [Fraction(n, RATE) for n in range(SECONDS * RATE)]
    assert shown_at(output, times) == [n // REPEATS for n in range(SECONDS * RATE)]
    before, after = index(film, ctx), index(output, ctx)
    assert (before.end, before.time_base, before.start) == (after.end, after.time_base, after.start)
    assert packets(film, "audio") == packets(output, "audio")
    assert np.array_equal(sound_of(film)[0], sound_of(output)[0])
    assert beep_times(sound_of(output)[0]) == pytest.approx([0.5, 7.25, SECONDS - 1.0], abs=0.01)
    with av.open(str(output)) as container:
        assert container.metadata["title"] == "Grain"
    assert float(str(outcome.facts["ssim"])) >= float(str(outcome.facts["floor"]))
    assert [ctx.done[stage.name][-1] for stage in ctx.stages] == [1.0] * 5


def test_exact_repeats_are_not_encoded(film: Path, ctx: Ctx, tmp_path: Path) -> None:
    with av.open(str(film)) as container:
        whole = [frame.to_ndarray() for frame in container.decode(video=0)]
    new = [i for i, f in enumerate(whole) if i == 0 or not np.array_equal(f, whole[i - 1])]
    assert len(new) < len(whole) * 0.5
    output = tmp_path / "smaller.mp4"
    outcome = optimise.optimise(film, "key", output, ctx)
    # The first frame of each chunk is encoded in any case.
    starts = {chunk.start for stretch in stretches(index(film, ctx)) for chunk in stretch}
    kept = sorted({*(i * 9000 for i in new), *starts})
    assert list(index(output, ctx).shown) == kept
    assert outcome.facts["repeated"] == len(whole) - len(kept)


def test_frames_differ_when_any_plane_does() -> None:
    a, b = (av.VideoFrame(66, 34, "yuv420p") for _ in range(2))
    for frame in (a, b):
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
    assert same_picture(a, b)
    for number in range(3):
        plane = b.planes[number]
        # What lies beyond the picture's edge is nobody's picture.
        padding = bytearray(plane.buffer_size)
        padding[plane.width : plane.line_size] = b"\1" * (plane.line_size - plane.width)
        plane.update(bytes(padding))
        assert same_picture(a, b)
        padding[plane.line_size * 3 + plane.width - 1] = 1
        plane.update(bytes(padding))
        assert not same_picture(a, b), number
        plane.update(bytes(plane.buffer_size))


def test_likeness_is_one_for_equal_frames_and_falls_with_flaws() -> None:
    a = av.VideoFrame.from_ndarray(grainy(1), format="rgb24").reformat(format="yuv420p")
    b = av.VideoFrame.from_ndarray(numbered(1), format="rgb24").reformat(format="yuv420p")
    c = av.VideoFrame.from_ndarray(grainy(40), format="rgb24").reformat(format="yuv420p")
    same, smooth, other = likeness([(a, a), (a, b), (a, c)])
    assert same == 1.0
    assert other < smooth < 1.0
    assert likeness([]) == []


def test_chunks_begin_at_keyframes_where_those_are_near(ctx: Ctx, tmp_path: Path) -> None:
    length = CHUNK * 90_000
    for gop, decodable in (("30", 2), ("9999", 1)):
        path = make_film(tmp_path / f"{gop}.mp4", options={**FINE, "g": gop}, sound=False)
        found = stretches(index(path, ctx))
        chunks = [chunk for stretch in found for chunk in stretch]
        assert len(found) == decodable
        assert len(chunks) == 2
        assert chunks[0].end == chunks[1].start
        assert abs(chunks[0].end - length) <= 3 * 90_000
        assert all(stretch[0].start in index(path, ctx).keys for stretch in found)
    # One keyframe for all of it: chunks in between are made all the same, from one decoder.
    output = tmp_path / "smaller.mp4"
    assert optimise.optimise(path, "key", output, ctx).smaller
    assert len(ctx.kept) == 2
    assert {n for _, n in pictures_of(output)} == {n for _, n in pictures_of(path)}


@pytest.mark.parametrize("gop", ["30", "9999"])
def test_a_film_goes_on_where_it_was_stopped(ctx: Ctx, tmp_path: Path, gop: str) -> None:
    film = make_film(tmp_path / "film.mp4", options={**FINE, "g": gop})

    def stop() -> None:
        raise Stopped

    output = tmp_path / "smaller.mp4"
    ctx.on_point = {"shrunk-chunk-kept": stop}
    with pytest.raises(Stopped):
        optimise.optimise(film, "key", output, ctx)
    assert not [t for t in threading.enumerate() if t.name.startswith("shrink")]
    (first,) = ctx.kept.values()
    before = first.stat()
    seen = []
    ctx.on_point = {"shrunk-chunk-kept": lambda: seen.append(first.stat())}
    outcome = optimise.optimise(film, "key", output, ctx)
    assert outcome.smaller
    assert len(ctx.kept) == 2
    (after,) = seen
    assert not any(chunk.exists() for chunk in ctx.kept.values()), (
        "each goes once it is in the film"
    )
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    times = [Fraction(n, RATE) for n in range(SECONDS * RATE)]
    assert shown_at(output, times) == [n // REPEATS for n in range(SECONDS * RATE)]


def test_a_cancel_is_heeded_in_mid_chunk(film: Path, ctx: Ctx, tmp_path: Path) -> None:
    def stop() -> None:
        if ctx.done.get("picture", [0.0])[-1] > 0.05:
            raise Stopped

    ctx.on_check = stop
    with pytest.raises(Stopped):
        optimise.optimise(film, "key", tmp_path / "smaller.mp4", ctx)
    assert not [t for t in threading.enumerate() if t.name.startswith("shrink")]
    assert not (tmp_path / "smaller.mp4").exists()
    assert ctx.kept == {}


def test_a_film_that_would_hardly_shrink_stays(ctx: Ctx, tmp_path: Path) -> None:
    small = make_film(
        tmp_path / "small.mp4", options={"preset": "medium", "crf": "34"}, repeats=1, seconds=12
    )
    outcome = optimise.optimise(small, "key", tmp_path / "out.mp4", ctx, Quality.HIGH)
    assert not outcome.smaller
    assert outcome.said == "Your film stays as it is: encoded again, it came out hardly smaller."


def test_a_long_film_is_weighed_before_it_is_encoded(
    ctx: Ctx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimise, "_TELLING", 4)
    small = make_film(
        tmp_path / "small.mp4", options={"preset": "medium", "crf": "34", "g": "30"}, seconds=12
    )
    outcome = optimise.optimise(small, "key", tmp_path / "out.mp4", ctx, Quality.HIGH)
    assert not outcome.smaller
    assert "as small as it can be" in outcome.said
    assert float(str(outcome.facts["expected_gain"])) < 0.1
    assert ctx.kept == {}
    assert "picture" not in ctx.done


def aim(monkeypatch: pytest.MonkeyPatch, **changes: object) -> None:
    changed = {key: replace(t, **changes) for key, t in quality.TARGETS.items()}  # type: ignore[arg-type]
    monkeypatch.setattr(optimise, "TARGETS", changed)


def test_a_film_that_would_look_worse_stays(
    film: Path, ctx: Ctx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aim(monkeypatch, crf=45, floor=0.999)
    outcome = optimise.optimise(film, "key", tmp_path / "out.mp4", ctx)
    assert not outcome.smaller
    assert outcome.said == "Your film stays as it is: smaller, it would look worse."
    assert ctx.kept == {}


def test_chunks_below_the_floor_are_encoded_once_more(
    film: Path, ctx: Ctx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Between what CRF 34 and CRF 29 give for this grain.
    figures = {}
    for crf in (34, 29):
        aim(monkeypatch, crf=crf, floor=0.1)
        there = Ctx(tmp_path)
        outcome = optimise.optimise(film, f"at {crf}", tmp_path / "out.mp4", there)
        figures[crf] = float(str(outcome.facts["ssim"]))
    assert figures[34] < figures[29]
    aim(monkeypatch, crf=34, floor=figures[34] * 0.4 + figures[29] * 0.6)
    outcome = optimise.optimise(film, "key", tmp_path / "out.mp4", ctx)
    assert outcome.smaller, outcome
    assert outcome.facts["bettered"] == 2
    assert float(str(outcome.facts["ssim"])) == pytest.approx(figures[29], abs=0.01)


def test_an_encoder_of_the_hardware_that_fails_is_left(
    film: Path, ctx: Ctx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no such hardware here: one that fails is made of options that no encoder takes."""
    failing = Encoder("libx264", lambda crf: {"profile": "no such profile"})
    assert hardware.usable((failing, Encoder("no_such_codec", lambda crf: {}))) is None
    assert [found.trouble for found in hardware.tried((failing,))] != [None]
    monkeypatch.setattr(hardware, "usable", lambda: failing)
    outcome = optimise.optimise(film, "key", tmp_path / "out.mp4", ctx, use_hardware=True)
    assert outcome.smaller
    assert outcome.facts["encoder"] == "libx264"
    assert str(outcome.facts["hardware_left"]).startswith("libx264: ")


def test_the_hardware_is_tried_on_real_frames() -> None:
    """With an encoder that does work, so that `usable` is known to find one."""
    works = Encoder("libx264", lambda crf: {"crf": str(crf), "preset": "ultrafast"})
    assert hardware.usable((works,)) is works
    for found in hardware.tried():
        assert found.trouble is None or found.trouble.strip()


def test_full_range_late_and_turned_pictures_stay_so(ctx: Ctx, tmp_path: Path) -> None:
    film = make_film(
        tmp_path / "film.mp4",
        seconds=6,
        pixel_format="yuvj420p",
        first=Fraction(3, 2),
        rotation=90,
    )
    output = tmp_path / "out.mp4"
    assert optimise.optimise(film, "key", output, ctx).smaller
    before, after = index(film, ctx), index(output, ctx)
    assert before.start == after.start == 135_000
    assert before.stream.rotation == after.stream.rotation == 90
    assert before.stream.color_range == after.stream.color_range == "pc"
    assert after.stream.pixel_format == "yuvj420p"
    with av.open(str(film)) as a, av.open(str(output)) as b:
        first = [next(c.decode(video=0)).to_ndarray(format="gray").mean() for c in (a, b)]
    assert first[0] == pytest.approx(first[1], abs=2)


def test_sound_alone_stays_as_it_is(ctx: Ctx, tmp_path: Path) -> None:
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as out:
        audio = out.add_stream("aac", rate=48_000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        block.sample_rate, block.pts = 48_000, 0
        out.mux(audio.encode(block))
        out.mux(audio.encode(None))
    outcome = optimise.optimise(path, "key", tmp_path / "out.mp4", ctx)
    assert not outcome.smaller
    assert "no picture" in outcome.said


def test_a_damaged_film_stays_as_it_is(film: Path, ctx: Ctx, tmp_path: Path) -> None:
    damaged = bytearray(film.read_bytes())
    half = len(damaged) // 2
    damaged[half : half + 20_000] = bytes(20_000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(damaged)
    outcome = optimise.optimise(path, "key", tmp_path / "out.mp4", ctx)
    assert not outcome.smaller
    assert outcome.said == "Your film stays as it is: parts of its picture are damaged."


def test_a_film_that_changes_meanwhile_is_no_film(film: Path, ctx: Ctx, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(film.read_bytes())
    ctx.on_point = {"smaller-film-written": lambda: path.write_bytes(b"something else")}
    with pytest.raises(FaultError):
        optimise.optimise(path, "key", tmp_path / "out.mp4", ctx)


@pytest.mark.parametrize(
    ("name", "material"),
    [
        ("screen/editor_vp8_vfr_124s.webm", Material.SCREEN),
        ("screen/code_and_ui_vp9.webm", Material.SCREEN),
        ("screen/ui_tests_running_60fps.mp4", Material.SCREEN),
        ("camera/gopro_karma_tmcd_gpmd.mp4", Material.CAMERA),
        ("camera/people_at_table_139s_noaudio.mp4", Material.CAMERA),
        ("camera/head_pose_person.mp4", Material.CAMERA),
    ],
)
def test_real_screens_are_told_from_cameras(
    shared: Path, ctx: Ctx, name: str, material: Material
) -> None:
    with av.open(str(shared / name)) as container:
        frames = [f for _, f in zip(range(3), container.decode(video=0), strict=False)]
    drawn = flat_share(frames[0]) >= 0.45
    assert drawn == (material is Material.SCREEN)
    if name.endswith(".mp4"):
        assert look(index(shared / name, ctx), ctx).material is material


def test_a_real_camera_film_shrinks(shared: Path, ctx: Ctx, tmp_path: Path) -> None:
    made = tmp_path / "film.mp4"
    made.write_bytes((shared / "camera" / "head_pose_person.mp4").read_bytes())
    output = tmp_path / "smaller.mp4"
    outcome = optimise.optimise(made, "key", output, ctx)
    assert outcome.smaller, outcome
    assert output.stat().st_size < 0.6 * made.stat().st_size
    with av.open(str(made)) as a, av.open(str(output)) as b:
        pairs = list(zip(a.decode(video=0), b.decode(video=0), strict=False))[:30]
        assert min(likeness(pairs)) > 0.94
    assert number_of(pairs[0][1]) == number_of(pairs[0][0])
