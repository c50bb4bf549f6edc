"""From recordings to a film: sync, order and content are measured on what is decoded."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.artifact import ArtifactKind
from backend.core.context import Stopped
from backend.core.fault import Category, FaultError
from backend.media.boxes import top_boxes
from backend.media.encode import chunk_keys
from backend.media.merge import film_key
from backend.media.plan import plan
from backend.media.source import identify

from .studio import (
    Audio,
    Ctx,
    Video,
    beep_times,
    beeps,
    noise,
    number_of,
    numbered,
    pictures_of,
    record,
    sound_of,
    steady,
    take,
    uneven,
)
from .test_probe import EXPECTED

FRAME = 1 / 30


def film_of(tmp_path: Path, ctx: Ctx, *args: object) -> tuple[Path, dict[str, object]]:
    output = tmp_path / "film.abc.part"
    return output, take(*args).merge(output, ctx)  # type: ignore[arg-type]


def same_pictures(film: Path, times: list[Fraction], shift: float = 0.0) -> None:
    """Every picture is there, in order, at its time."""
    found = pictures_of(film)
    assert [number for _, number in found] == list(range(len(times)))
    moved = [float(time) for time, _ in found]
    assert moved == pytest.approx([float(t) + shift for t in times], abs=0.0011)


@pytest.mark.parametrize("container", ["mp4", "mkv", "mov", "ts", "flv"])
@pytest.mark.parametrize("rate", ["steady", "uneven"])
def test_h264_is_copied_and_stays_in_sync(
    tmp_path: Path, ctx: Ctx, container: str, rate: str
) -> None:
    times = steady(4) if rate == "steady" else uneven(4)
    options = {"bf": "3", "g": "30", "preset": "fast"}
    path = record(
        tmp_path / f"v.{container}", Video(times, options=options), Audio(beeps(4, [1, 3]))
    )
    film, facts = film_of(tmp_path, ctx, path)
    assert facts["picture"] == "copied"
    found = pictures_of(film)
    assert [number for _, number in found] == list(range(len(times)))
    first = float(found[0][0])
    assert [float(t) - first for t, _ in found] == pytest.approx(
        [float(t) for t in times], abs=0.0011
    )
    sound, rate_of_film = sound_of(film)
    heard = beep_times(sound, rate_of_film)
    # Beeps began with pictures of 1 s and 3 s: so they must in the film, whatever its zero is.
    source, source_rate = sound_of(path)
    offset = av_offset(path)
    expected = [t + offset - first for t in beep_times(source, source_rate)]
    assert [t - first for t in heard] == pytest.approx(expected, abs=FRAME / 2)
    assert kinds(film).index("moov") < kinds(film).index("mdat")


def av_offset(path: Path) -> float:
    """0 here: `sound_of` counts from the file's zero; the film's zero is its first frame."""
    with av.open(str(path)) as container:
        start = min(next(container.decode(stream)).time for stream in [container.streams.audio[0]])
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0)).time
    return -min(start, picture)


def kinds(path: Path) -> list[str]:
    return [box.kind for box in top_boxes(path)]


def test_separate_sound_starts_with_the_picture(tmp_path: Path, ctx: Ctx) -> None:
    video = record(tmp_path / "v.mp4", Video(steady(4), options={"bf": "2"}))
    segments = [
        record(tmp_path / f"s{i}.wav", audio=Audio(beeps(2, [0.5, 1.5]), "pcm_s16le"))
        for i in range(2)
    ]
    film, facts = film_of(tmp_path, ctx, video, segments)
    same_pictures(film, steady(4))
    assert beep_times(sound_of(film)[0]) == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.003)
    assert facts["duration"] == pytest.approx(4, abs=0.01)
    assert [s.name for s in ctx.stages] == ["reading", "film", "checking"]
    assert ctx.points == [
        "film-open",
        "film-half",
        "sound-written",
        "film-written",
        "film-checked",
    ]
    for shares in ctx.done.values():
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


@pytest.mark.parametrize("codec", ["libx264", "libvpx-vp9"])
def test_late_sound_and_late_pictures_keep_their_places(
    tmp_path: Path, ctx: Ctx, codec: str
) -> None:
    options = {"deadline": "realtime", "cpu-used": "8"} if "vp9" in codec else {"bf": "2"}
    late_sound = record(
        tmp_path / "a.mkv",
        Video(steady(3), codec, options=options, time_base=Fraction(1, 1000)),
        Audio(beeps(2, [0.5]), start=Fraction(7, 10)),
    )
    film, _ = film_of(tmp_path, ctx, late_sound)
    same_pictures(film, steady(3))
    assert beep_times(sound_of(film)[0]) == pytest.approx([1.2], abs=0.005)
    late_picture = record(
        tmp_path / "b.mkv",
        Video(steady(2, start=Fraction(1)), codec, options=options, time_base=Fraction(1, 1000)),
        Audio(beeps(3, [0.5])),
    )
    film, _ = film_of(tmp_path, ctx, late_picture)
    found = pictures_of(film)
    assert float(found[0][0]) == pytest.approx(1.0, abs=0.03)
    assert [n for _, n in found] == list(range(60))
    assert beep_times(sound_of(film)[0]) == pytest.approx([0.5], abs=0.03)


MAKERS: dict[str, tuple[str, Video]] = {
    "vp9": ("webm", Video(uneven(3), "libvpx-vp9", options={"deadline": "realtime"})),
    "vp8": ("webm", Video(uneven(3), "libvpx", options={"deadline": "realtime"})),
    "hevc": ("mp4", Video(uneven(3), "libx265", options={"preset": "ultrafast"})),
    "hevc10": (
        "mkv",
        Video(uneven(2), "libx265", pixel_format="yuv420p10le", options={"preset": "ultrafast"}),
    ),
    "av1": ("mp4", Video(uneven(2), "libsvtav1", options={"preset": "8", "crf": "12"})),
    "prores": ("mov", Video(steady(2), "prores_ks", pixel_format="yuv422p10le")),
    "mpeg2": ("mpg", Video(steady(2), "mpeg2video", time_base=Fraction(1, 30))),
    "mpeg4-avi": (
        "avi",
        Video(steady(2), "mpeg4", options={"bf": "2", "b": "800k"}, time_base=Fraction(1, 30)),
    ),
    "h264-avi": ("avi", Video(steady(2), options={"bf": "3"}, time_base=Fraction(1, 30))),
    "h264-444": ("mp4", Video(uneven(2), pixel_format="yuv444p")),
    "mjpeg": ("mov", Video(steady(2), "mjpeg", pixel_format="yuvj420p", time_base=Fraction(1, 30))),
    "gif": ("gif", Video(steady(2, 10), "gif", pixel_format="rgb8", time_base=Fraction(1, 100))),
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_browsers_do_not_play_is_encoded(tmp_path: Path, ctx: Ctx, name: str) -> None:
    container, video = MAKERS[name]
    path = record(tmp_path / f"v.{container}", video)
    film, facts = film_of(tmp_path, ctx, path)
    assert facts["picture"] == "encoded"
    assert "picture" in [stage.name for stage in ctx.stages]
    found = pictures_of(film)
    assert [number for _, number in found] == list(range(len(video.times)))
    first = float(found[0][0])
    assert [float(t) - first for t, _ in found] == pytest.approx(
        [float(t) for t in video.times], abs=0.011 if name == "gif" else 0.0011
    )
    with av.open(str(film)) as opened:
        stream = opened.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt in ("yuv420p", "yuvj420p")
        assert stream.profile == "High"
        assert opened.duration == pytest.approx(
            float(take(path).timeline.duration) * 1e6, abs=250_000
        )


@pytest.mark.parametrize("codec", ["libx264", "libvpx-vp9", "libx265"])
@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_and_pixel_shape_are_kept(
    tmp_path: Path, ctx: Ctx, codec: str, rotation: int
) -> None:
    path = record(
        tmp_path / "v.mp4",
        Video(steady(0.5), codec, rotation=rotation, aspect=Fraction(4, 3)),
    )
    film, facts = film_of(tmp_path, ctx, path)
    session = take(film)
    video = session.infos[str(film)].video[0]
    assert (video.rotation, facts["rotation"]) == (rotation, rotation)
    if codec != "libvpx-vp9":
        assert video.sample_aspect == Fraction(4, 3)


def test_odd_sizes_lose_one_row_and_column(tmp_path: Path, ctx: Ctx) -> None:
    video = Video(steady(1), "libvpx-vp9", (321, 181), options={"deadline": "realtime"})
    film, facts = film_of(tmp_path, ctx, record(tmp_path / "v.webm", video))
    assert (facts["width"], facts["height"]) == (320, 180)
    assert [n for _, n in pictures_of(film)] == list(range(30))


def test_picture_only_and_sound_only(tmp_path: Path, ctx: Ctx) -> None:
    video = record(tmp_path / "v.mp4", Video(steady(1)))
    film, facts = film_of(tmp_path, ctx, video)
    assert (facts["audio_codec"], facts["video_codec"]) == (None, "h264")
    sound = record(tmp_path / "s.m4a", audio=Audio(beeps(2, [1])))
    film, facts = film_of(tmp_path, ctx, None, [sound])
    assert (facts["audio_codec"], facts["video_codec"]) == ("aac", None)
    assert beep_times(sound_of(film)[0]) == pytest.approx([1], abs=0.005)
    assert kinds(film).index("moov") < kinds(film).index("mdat")


def test_hidden_frames_of_an_edit_list_stay_hidden(tmp_path: Path, ctx: Ctx) -> None:
    """A copy that starts inside a group of pictures: its first frames are there to be decoded."""
    whole = record(tmp_path / "whole.mp4", Video(steady(4), options={"g": "120", "bf": "2"}))
    cut = tmp_path / "cut.mp4"
    with av.open(str(whole)) as source, av.open(str(cut), "w") as out:
        stream = source.streams.video[0]
        target = out.add_stream_from_template(stream, opaque=True)
        for packet in source.demux(stream):
            if packet.size:
                assert packet.pts is not None
                assert packet.dts is not None
                packet.pts -= 45 * 3000
                packet.dts -= 45 * 3000
                packet.stream = target
                out.mux(packet)
    film, facts = film_of(tmp_path, ctx, cut)
    assert facts["picture"] == "copied"
    found = pictures_of(film)
    assert [number for _, number in found] == list(range(45, 120))
    assert float(found[0][0]) == pytest.approx(0, abs=0.001)


def test_a_size_that_changes_in_mid_recording(tmp_path: Path, ctx: Ctx) -> None:
    a = record(tmp_path / "a.ts", Video(steady(1), options={"bf": "0"}))
    b = record(
        tmp_path / "b.ts", Video(steady(1, start=Fraction(1)), size=(640, 360), options={"bf": "0"})
    )
    joined = tmp_path / "joined.ts"
    with av.open(str(a)) as first, av.open(str(b)) as second, av.open(str(joined), "w") as out:
        target = out.add_stream_from_template(first.streams.video[0], opaque=True)
        for source in (first, second):
            for packet in source.demux(video=0):
                if packet.size:
                    packet.stream = target
                    out.mux(packet)
    film, facts = film_of(tmp_path, ctx, joined)
    assert facts["picture"] == "encoded"
    assert "format changes" in str(facts["reason"])
    assert (facts["width"], facts["height"]) == (320, 180)
    assert len(pictures_of(film)) >= 55


def test_damaged_pictures_are_left_out_and_counted(tmp_path: Path, ctx: Ctx, shared: Path) -> None:
    film, facts = film_of(tmp_path, ctx, shared / "odd/corrupted_frames.mp4")
    assert facts["picture"] == "encoded"
    assert facts["damaged_frames"]
    assert "cannot be copied" in str(facts["reason"])
    assert len(decode_all(film)) >= 45


def decode_all(film: Path) -> list[av.VideoFrame]:
    with av.open(str(film)) as container:
        return list(container.decode(video=0))


def test_title_and_date_are_kept(tmp_path: Path, ctx: Ctx, shared: Path) -> None:
    session = take(shared / "camera/gopro_karma_tmcd_gpmd.mp4")
    film = tmp_path / "f.part"
    session.merge(film, ctx, "Stand-up, “Tuesday”")
    with av.open(str(film)) as container:
        assert container.metadata["title"] == "Stand-up, “Tuesday”"
        assert container.metadata["creation_time"].startswith("2017-04-17T19:27:57")


def test_a_bright_hdr_picture_is_neither_grey_nor_dark(
    tmp_path: Path, ctx: Ctx, shared: Path
) -> None:
    film, _ = film_of(tmp_path, ctx, shared / "camera/phone_hdr10_hevc_vfr.mp4")
    grey = decode_all(film)[5].to_ndarray(format="gray")
    assert 40 < grey.mean() < 200
    assert grey.std() > 25


# ---------------------------------------------------------------- being stopped and going on


def long_take(tmp_path: Path) -> Path:
    options = {"deadline": "realtime", "cpu-used": "8"}
    return record(
        tmp_path / "long.webm",
        Video(steady(42, 10), "libvpx-vp9", options=options, rate=10, time_base=Fraction(1, 1000)),
        Audio(beeps(42, [1, 20, 41]), "libopus"),
    )


def test_a_killed_encode_goes_on_at_the_next_chunk(tmp_path: Path, ctx: Ctx) -> None:
    path = long_take(tmp_path)
    session = take(path)

    def stop_after_two() -> None:
        if ctx.points.count("chunk-written") == 2:
            raise Stopped

    ctx.on_check = stop_after_two
    with pytest.raises(Stopped):
        session.merge(tmp_path / "first.part", ctx)
    assert len(ctx.kept) == 2
    before = {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in ctx.kept.values()}
    again = Ctx(ctx.folder, kept=dict(ctx.kept))
    film = tmp_path / "again.part"
    session.merge(film, again)
    assert len(again.kept) == 4 + 2, "chunks of picture, pieces of sound"
    assert again.points.count("chunk-written") == 2
    for kept, status in before.items():
        assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == status
    uninterrupted = tmp_path / "straight.part"
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    session.merge(uninterrupted, Ctx(fresh))
    same_pictures(film, steady(42, 10))
    assert pictures_of(film) == pictures_of(uninterrupted)
    for done in ("facts", "sound"):
        assert measured(film, done) == measured(uninterrupted, done), "the very same film"
    assert beep_times(sound_of(film)[0]) == pytest.approx([1, 20, 41], abs=0.02)


def measured(film: Path, what: str) -> object:
    if what == "sound":
        return sound_of(film)[0].tobytes()
    with av.open(str(film)) as container:
        return [
            (p.stream_index, p.pts, p.dts, p.duration, p.is_keyframe) for p in container.demux()
        ]


def test_a_picture_that_stands_still_for_longer_than_a_chunk(tmp_path: Path, ctx: Ctx) -> None:
    times = [*steady(2, 5), Fraction(33), Fraction(34)]
    path = record(
        tmp_path / "still.webm",
        Video(times, "libvpx-vp9", options={"deadline": "realtime"}, time_base=Fraction(1, 1000)),
    )
    film, _ = film_of(tmp_path, ctx, path)
    same_pictures(film, times)
    assert any(not chunk.stat().st_size for chunk in ctx.kept.values())


def test_chunks_are_named_by_what_they_were_made_from(tmp_path: Path) -> None:
    path = long_take(tmp_path)
    session = take(path)
    (part,) = plan(session.timeline, session.infos).picture
    keys = chunk_keys(part, session.sources[0])
    assert len(set(keys)) == len(keys) == 4
    os.utime(path, ns=(1, 1))
    assert not set(chunk_keys(part, identify(path))) & set(keys)


@pytest.mark.parametrize("kind", ["copied", "encoded"])
def test_cancelling_is_heard_everywhere(tmp_path: Path, ctx: Ctx, kind: str) -> None:
    codec, end = ("libx264", "mp4") if kind == "copied" else ("libx265", "mp4")
    path = record(
        tmp_path / f"v.{end}",
        Video(steady(2), codec, options={"preset": "ultrafast"}),
        Audio(beeps(2, [1])),
    )
    session = take(path)
    session.merge(tmp_path / "whole.part", ctx)
    for share in (0.05, 0.5, 0.9):
        folder = tmp_path / f"c{share}"
        folder.mkdir()
        limit = int(ctx.checks * share)
        stopping = Ctx(folder)

        def stop(stopping: Ctx = stopping, limit: int = limit) -> None:
            if stopping.checks > limit:
                raise Stopped

        stopping.on_check = stop
        with pytest.raises(Stopped):
            session.merge(tmp_path / "stopped.part", stopping)
        assert stopping.checks == limit + 1


def test_a_film_that_was_cancelled_is_not_finished_first(tmp_path: Path, ctx: Ctx) -> None:
    # Encoded, so that nobody knows beforehand how large the index will be.
    path = record(tmp_path / "v.mp4", Video(steady(3), "mpeg4", time_base=Fraction(1, 3000)))
    film = tmp_path / "f.part"

    def stop() -> None:
        raise Stopped

    ctx.on_point = {"film-half": stop}
    with pytest.raises(Stopped):
        take(path).merge(film, ctx)
    left = kinds(film)
    assert "moov" not in left[: left.index("mdat")], "its media were not moved"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["artifacts", "f.part", "v.mp4"]


def test_the_index_goes_where_room_was_left_for_it(
    tmp_path: Path, ctx: Ctx, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(tmp_path / "v.mp4", Video(uneven(6), options={"bf": "3"}), Audio(beeps(6, [5])))
    film, _ = film_of(tmp_path, ctx, path)
    assert kinds(film) == ["ftyp", "moov", "free", "free", "mdat"]
    assert [number for _, number in pictures_of(film)] == list(range(len(uneven(6))))
    # Too little of it: the film is written anew, in the way that needs none.
    monkeypatch.setattr("backend.media.render.index_room", lambda *_: 2000)
    again, _ = film_of(tmp_path, ctx, path)
    assert kinds(again)[:2] == ["ftyp", "moov"]
    assert pictures_of(again) == pictures_of(film)
    assert beep_times(sound_of(again)[0]) == pytest.approx([5], abs=0.003)


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("damage", ["truncated", "appended", "gone"])
def test_a_source_that_changes_while_it_is_read(tmp_path: Path, ctx: Ctx, damage: str) -> None:
    path = record(tmp_path / "v.mp4", Video(steady(4)), Audio(noise(4)))
    session = take(path)

    def change() -> None:
        if damage == "truncated":
            os.truncate(path, path.stat().st_size // 2)
        elif damage == "appended":
            with path.open("ab") as file:
                file.write(b"more")
        else:
            path.unlink()

    ctx.on_point = {"film-open": change}
    with pytest.raises(FaultError) as caught:
        session.merge(tmp_path / "f.part", ctx)
    wanted = Category.MISSING if damage == "gone" else Category.CORRUPT
    assert caught.value.fault.category is wanted
    assert "v.mp4" in caught.value.fault.message


FULL = """
import resource, sys
from pathlib import Path
from tests.media.studio import Ctx, take
from backend.core.fault import FaultError
session, folder = take(Path(sys.argv[1])), Path(sys.argv[2])
limit = int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    session.merge(folder / "f.part", Ctx(folder))
except FaultError as error:
    print(error.fault.category, error.fault.message, sep="|")
else:
    print("done")
"""


def with_little_room(path: Path, folder: Path, limit: int) -> str:
    folder.mkdir(exist_ok=True)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path), str(folder), str(limit)],
        cwd=root,
        # Coverage could not write its own file either, and would say so.
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_full_disk_is_a_storage_fault(tmp_path: Path, codec: str) -> None:
    path = record(
        tmp_path / "v.mp4",
        Video(steady(3), codec, options={"preset": "ultrafast"}),
        Audio(noise(3)),
    )
    for i, limit in enumerate((0, 10_000, 25_000)):
        told = with_little_room(path, tmp_path / f"r{i}", limit)
        assert told.startswith("storage|Rushes could not"), told
    assert with_little_room(path, tmp_path / "room", 100_000_000) == "done\n"


def test_a_full_disk_while_the_index_moves_to_the_front(tmp_path: Path, ctx: Ctx) -> None:
    """The last bytes are written when the file is closed: a full disk shows there too."""
    path = record(tmp_path / "v.mp4", Video(steady(3)), Audio(noise(3)))
    _, facts = film_of(tmp_path, ctx, path)
    size = int(str(facts["size"]))
    for short in (1, 500, 2000):
        told = with_little_room(path, tmp_path / f"r{short}", size - short)
        assert told.startswith("storage|"), told


def test_an_undecodable_picture_is_refused_by_name(tmp_path: Path, ctx: Ctx) -> None:
    path = record(tmp_path / "v.webm", Video(steady(2), "libvpx-vp9"))
    session = take(path)
    raw = bytearray(path.read_bytes())
    raw[400:] = bytes(len(raw) - 400)
    status = path.stat()
    with path.open("r+b") as file:
        file.write(raw)
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))
    with pytest.raises(FaultError) as caught:
        session.merge(tmp_path / "f.part", ctx)
    assert caught.value.fault.category is Category.INPUT
    assert "v.webm" in caught.value.fault.message


# ---------------------------------------------------------------- names


def test_a_film_is_named_by_content_not_by_place(tmp_path: Path) -> None:
    video = record(tmp_path / "v.mp4", Video(steady(1)))
    sound = record(tmp_path / "s.wav", audio=Audio(beeps(1, [0.5]), "pcm_s16le"))
    session = take(video, [sound])
    key = film_key(session.timeline, session.sources)
    assert key == film_key(session.timeline, session.sources)
    folder = tmp_path / "moved"
    folder.mkdir()
    os.rename(video, folder / "v.mp4")  # noqa: PTH104 - the inode stays
    moved = take(folder / "v.mp4", [sound])
    assert film_key(moved.timeline, moved.sources) == key
    shifted = take(folder / "v.mp4", [sound], [Fraction(1, 10)])
    assert film_key(shifted.timeline, shifted.sources) != key


# ---------------------------------------------------------------- the real recordings

RECORDINGS = {
    "camera/gopro_karma_tmcd_gpmd.mp4": "copied",
    "camera/iphone_hlg10_editlist_rotated.mp4": "encoded",
    "camera/phone_portrait_4k60_rotated.mp4": "copied",
    "camera/phone_hdr10_av1_portrait.mp4": "encoded",
    "camera/people_at_table_139s_noaudio.mp4": "copied",
    "camera/head_pose_person.mp4": "copied",
    "camera/nasa_2video_2audio_2subs.mp4": "copied",
    "talk/webcam_ui_speech_60fps.mp4": "copied",
    "talk/obama_statement_12fps.mp4": "copied",
    "talk/timecode_silence_speech_42s.mp4": "copied",
    "screen/ui_tests_running_60fps.mp4": "copied",
    "screen/code_and_ui_vp9.webm": "encoded",
    "screen/editor_vp8_vfr_124s.webm": "encoded",
    "screen/video_editor_cursed_vfr.mp4": "copied",
    "screen/browser_recorder_no_duration.mkv": "copied",
    "audio/german_44k1_mono_lead_trail_silence.wav": None,
    "audio/arabic_digits_noise_16k.wav": None,
    "audio/silence_padding_16k.wav": None,
    "audio/jfk.flac": None,
    "audio/phone_call_two_speakers_8k.wav": None,
    "audio/channel_id_voices_eac3_5p1_fmp4.mp4": None,
    "audio/garbage_prefix.mp3": None,
    "audio/vbr_xing_replaygain.mp3": None,
    "audio/adts_8k_mono.aac": None,
    "odd/mkv_chapters.mkv": "encoded",
    "odd/mp4_chapters.mp4": "copied",
    "odd/mkv_attachment.mkv": "copied",
    "odd/mkv_webvtt.mkv": "copied",
    "odd/cover_art_h264_png.mkv": "copied",
    "odd/fragmented.mp4": "copied",
    "odd/moviepy_failing_audio.mp4": "copied",
    "odd/no_duration.webm": "encoded",
    "odd/raw_h264_no_pts.h264": "encoded",
    "odd/hls_bee_0.ts": "copied",
    "odd/hls_bee_1.ts": "copied",
    "odd/hls_phone_portrait_noaudio.ts": "copied",
    "odd/black_silent_25s.mp4": "copied",
    "odd/derived_recorder_killed_no_moov.mp4": None,
    "odd/derived_clock_starts_90min.mkv": "copied",
    "odd/derived_pts_wraps_at_26h.ts": "copied",
    "odd/derived_discontinuity.ts": "encoded",
    "odd/derived_lost_packets_3pct.ts": "encoded",
}


APART = {"camera/phone_hdr10_hevc_vfr.mp4", "odd/corrupted_frames.mp4"}
"""Those that have a test of their own above."""

SAID = {
    "camera/iphone_hlg10_editlist_rotated.mp4": "high dynamic range is shown in standard colours",
    "camera/phone_hdr10_av1_portrait.mp4": "high dynamic range is shown in standard colours",
    "screen/code_and_ui_vp9.webm": "the last row or column of pixels is left out",
    "audio/garbage_prefix.mp3": "damaged pieces of sound are silent",
    "odd/derived_discontinuity.ts": "the picture size changes in mid recording",
    "odd/derived_lost_packets_3pct.ts": "damaged pictures were left out",
}
"""What was put right, by its words; of the others nothing is said."""


def test_no_real_recording_is_left_out() -> None:
    assert set(EXPECTED) == set(RECORDINGS) | APART
    assert set(RECORDINGS) >= set(SAID)


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_real_recording_becomes_a_film(
    tmp_path: Path, ctx: Ctx, shared: Path, name: str
) -> None:
    session = take(shared / name)
    film = tmp_path / "f.part"
    facts = session.merge(film, ctx)
    assert facts["picture"] == RECORDINGS[name]
    assert facts["duration"] == pytest.approx(float(session.timeline.duration), abs=0.3)
    info = session.infos[str(shared / name)]
    assert (facts["audio_codec"] == "aac") == bool(info.audio)
    notes = facts["notes"]
    assert isinstance(notes, list)
    assert bool(notes) == (name in SAID), notes
    assert SAID.get(name, "") in "; ".join(notes)
    if info.video and facts["picture"] == "copied":
        assert shown_pictures(film) == pytest.approx(
            shown_pictures(shared / name, info.video[0].index), abs=0.0011
        )


def shown_pictures(path: Path, index: int | None = None) -> list[float]:
    """Times of all packets of picture that are shown, from the first sound or picture on."""
    with av.open(str(path)) as container:
        stream = container.streams[index] if index is not None else container.streams.video[0]
        times = sorted(
            float(p.pts * p.time_base)
            for p in container.demux(stream)
            if p.size and p.pts is not None and not p.is_discard
        )
    return [time - times[0] for time in times]


def test_every_picture_of_a_real_screen_recording(tmp_path: Path, ctx: Ctx, shared: Path) -> None:
    """The picture that was encoded looks like its source, frame by frame."""
    path = shared / "screen/code_and_ui_vp9.webm"
    film, _ = film_of(tmp_path, ctx, path)
    for a, b in list(zip(decode_all(path), decode_all(film), strict=True))[::100]:
        left = a.to_ndarray(format="gray")[:586].astype(float)
        right = b.to_ndarray(format="gray").astype(float)
        assert np.abs(left - right).mean() < 4


def test_numbers_can_be_read_back() -> None:
    for number in (0, 1, 2, 3, 100, 1023, 4000):
        frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
        assert number_of(frame.reformat(format="yuv420p")) == number


def test_kinds_of_artifacts(tmp_path: Path, ctx: Ctx) -> None:
    kept: list[ArtifactKind] = []
    original: Callable[..., Path] = ctx.keep

    def keep(kind: ArtifactKind, key: str, part: Path, facts: object = None) -> Path:
        kept.append(kind)
        return original(kind, key, part)

    ctx.keep = keep  # type: ignore[method-assign]
    path = record(tmp_path / "v.webm", Video(steady(1), "libvpx-vp9"))
    film_of(tmp_path, ctx, path)
    assert kept == [ArtifactKind.PICTURE]
