"""What a recording holds, also where its header lies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import pytest

from backend.core.fault import FaultError
from backend.media.probe import probe

from .studio import Audio, Video, beeps, record, steady, uneven

# file: (duration, picture codec, sound codec, or None; something a note says)
EXPECTED = {
    "camera/gopro_karma_tmcd_gpmd.mp4": (12.079, "h264", "aac", ""),
    "camera/iphone_hlg10_editlist_rotated.mp4": (2.548, "hevc", "aac", ""),
    "camera/phone_portrait_4k60_rotated.mp4": (0.313, "h264", "aac", ""),
    "camera/phone_hdr10_hevc_vfr.mp4": (1.017, "hevc", "aac", ""),
    "camera/phone_hdr10_av1_portrait.mp4": (4.238, "av1", "aac", ""),
    "camera/people_at_table_139s_noaudio.mp4": (139.4, "h264", None, ""),
    "camera/head_pose_person.mp4": (15.013, "h264", "aac", ""),
    "camera/nasa_2video_2audio_2subs.mp4": (13.056, "h264", "aac", ""),
    "talk/webcam_ui_speech_60fps.mp4": (13.617, "h264", "aac", ""),
    "talk/obama_statement_12fps.mp4": (8.713, "h264", "aac", ""),
    "talk/timecode_silence_speech_42s.mp4": (42.4, "h264", "aac", ""),
    "screen/ui_tests_running_60fps.mp4": (28.333, "h264", None, ""),
    "screen/code_and_ui_vp9.webm": (21.423, "vp9", None, ""),
    "screen/editor_vp8_vfr_124s.webm": (124.422, "vp8", None, ""),
    "screen/video_editor_cursed_vfr.mp4": (8.726, "h264", None, ""),
    "screen/browser_recorder_no_duration.mkv": (35.229, "h264", None, "no duration"),
    "audio/german_44k1_mono_lead_trail_silence.wav": (16.927, None, "pcm_s16le", ""),
    "audio/arabic_digits_noise_16k.wav": (18.788, None, "pcm_s16le", ""),
    "audio/jfk.flac": (11.0, None, "flac", ""),
    "audio/phone_call_two_speakers_8k.wav": (45.3, None, "pcm_s16le", ""),
    "audio/silence_padding_16k.wav": (5.811, None, "pcm_s16le", ""),
    "audio/channel_id_voices_eac3_5p1_fmp4.mp4": (71.936, None, "eac3", ""),
    "audio/garbage_prefix.mp3": (1.045, None, "mp3", "the header says"),
    "audio/vbr_xing_replaygain.mp3": (2.785, None, "mp3", ""),
    "audio/adts_8k_mono.aac": (3.2, None, "aac", ""),
    "odd/mkv_chapters.mkv": (5.015, "h264", "aac", ""),
    "odd/mp4_chapters.mp4": (1.089, "h264", "aac", ""),
    "odd/mkv_attachment.mkv": (2.043, "h264", "aac", ""),
    "odd/mkv_webvtt.mkv": (2.023, "h264", "aac", ""),
    "odd/cover_art_h264_png.mkv": (2.046, "h264", "aac", ""),
    "odd/fragmented.mp4": (1.068, "h264", "aac", ""),
    "odd/corrupted_frames.mp4": (5.0, "h264", None, ""),
    "odd/moviepy_failing_audio.mp4": (11.233, "h264", "mp3", ""),
    "odd/no_duration.webm": (4.938, "vp9", "opus", "no duration"),
    "odd/raw_h264_no_pts.h264": (2.502, "h264", None, "no duration"),
    "odd/hls_bee_0.ts": (2.023, "h264", "aac", ""),
    "odd/hls_bee_1.ts": (2.063, "h264", "aac", ""),
    "odd/hls_phone_portrait_noaudio.ts": (2.0, "h264", None, ""),
    "odd/black_silent_25s.mp4": (25.0, "h264", "aac", ""),
    "odd/derived_recorder_killed_no_moov.mp4": (8.555, None, "aac", "picture cannot be recovered"),
    "odd/derived_clock_starts_90min.mkv": (12.078, "h264", "aac", "clock starts at 1:30:00"),
    "odd/derived_pts_wraps_at_26h.ts": (4.025, "h264", "aac", ""),
    "odd/derived_discontinuity.ts": (5.998, "h264", "aac", "joined from 3 pieces"),
    "odd/derived_lost_packets_3pct.ts": (4.025, "h264", "aac", ""),
}
REFUSED = {
    "odd/zero_length.webm": "empty",
    "odd/segment_without_moov.mp4": "one piece of a stream",
    "odd/truncated_mdat_596s_header.mp4": "no picture or sound that can be played",
}


def test_every_real_recording(shared: Path) -> None:
    """The table of all files: what they are, or why they are refused."""
    wrong = []
    for name, (duration, picture, sound, note) in EXPECTED.items():
        info = probe(shared / name)
        found = (
            info.video[0].codec if info.video else None,
            info.audio[0].codec if info.audio else None,
        )
        if abs(info.duration - Fraction(duration)) > Fraction(1, 1000) or found != (picture, sound):
            wrong.append(f"{name}: {float(info.duration):.4f} {found}")
        if note not in "\n".join(info.notes):
            wrong.append(f"{name}: {info.notes}")
    assert not wrong
    for name, words in REFUSED.items():
        with pytest.raises(FaultError) as caught:
            probe(shared / name)
        assert words in caught.value.fault.message
    files = {
        str(path.relative_to(shared))
        for path in shared.glob("*/*")
        if path.is_file() and path.parent.name != "speech"
    }
    assert files <= EXPECTED.keys() | REFUSED.keys(), "no file is left out"


def test_the_iphone_is_turned_and_its_edit_list_applied(shared: Path) -> None:
    video = probe(shared / "camera/iphone_hlg10_editlist_rotated.mp4").video[0]
    assert (video.rotation, video.start, video.color_transfer) == (90, 0, "arib-std-b67")
    assert video.variable


def test_the_best_tracks_come_first(shared: Path) -> None:
    info = probe(shared / "camera/nasa_2video_2audio_2subs.mp4")
    assert [(v.index, v.width) for v in info.video] == [(3, 480), (0, 320)]
    assert [(a.index, a.rate) for a in info.audio] == [(4, 16000), (1, 8000)]
    assert info.others == ("subtitle:mov_text", "subtitle:mov_text")


def test_cover_pictures_are_no_video(shared: Path) -> None:
    info = probe(shared / "odd/cover_art_h264_png.mkv")
    assert [v.codec for v in info.video] == ["h264"]
    assert info.others == ("cover:png",)


def test_streams_that_start_late_keep_their_start(shared: Path) -> None:
    info = probe(shared / "odd/hls_bee_0.ts")
    assert info.start == info.audio[0].start == Fraction(130086, 90000)
    assert info.video[0].start == Fraction(132006, 90000)


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "avi", "flv"])
def test_steady_and_uneven_rates_are_told_apart(tmp_path: Path, container: str) -> None:
    base = Fraction(1, 30) if container == "avi" else Fraction(1, 90000)
    even = record(tmp_path / f"even.{container}", Video(steady(3), time_base=base))
    assert not probe(even).video[0].variable
    assert abs((probe(even).video[0].frame_rate or 0) - 30) < Fraction(1, 5)
    if container != "avi":
        screen = record(tmp_path / f"screen.{container}", Video(uneven(6), time_base=base))
        assert probe(screen).video[0].variable


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv", "ts", "flv"])
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_an_uneven_rate_with_reordered_frames_ends_where_it_ends(
    tmp_path: Path, container: str, seed: int
) -> None:
    """A header adds up times of decoding, which end elsewhere than those of showing."""
    times = uneven(6, seed)
    video = Video(times, options={"bf": "3", "g": "1000", "preset": "superfast"})
    path = record(tmp_path / f"v.{container}", video)
    info = probe(path)
    found = info.video[0]
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        shown = [frame.pts * stream.time_base for frame in opened.decode(stream)]
    assert "clock" not in "; ".join(info.notes)
    assert found.jumps == ()
    assert abs(found.start - min(shown)) <= Fraction(1, 500)
    held = found.start + found.duration - max(shown)
    assert 0 < held <= Fraction(1, 5), float(held)
    assert len(shown) == len(times)


def test_aspect_rotation_and_colour_are_read(tmp_path: Path) -> None:
    path = record(
        tmp_path / "a.mp4",
        Video(steady(0.5), rotation=270, aspect=Fraction(4, 3), options={"bf": "0"}),
    )
    video = probe(path).video[0]
    assert (video.rotation, video.sample_aspect) == (270, Fraction(4, 3))


def test_a_fragmented_recording_without_an_index_is_measured(tmp_path: Path) -> None:
    path = record(
        tmp_path / "live.mp4",
        Video(steady(4)),
        Audio(beeps(4, [1])),
        options={"movflags": "frag_keyframe+empty_moov"},
    )
    info = probe(path)
    assert abs(info.duration - 4) < Fraction(1, 10)
    cut = tmp_path / "killed.mp4"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    shorter = probe(cut)
    assert 1 < shorter.duration < 4, "what a killed recorder left can be used"


def test_a_cut_matroska_is_as_long_as_what_it_holds(tmp_path: Path) -> None:
    path = record(tmp_path / "whole.mkv", Video(steady(4)), Audio(beeps(4, [1])))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    info = probe(cut)
    assert 1 < info.duration < 3
    assert any("the header says 0:04" in note for note in info.notes)


def test_a_long_matroska_is_measured_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = record(
        tmp_path / "long.mkv",
        Video(steady(45, 10), rate=10),
        Audio(beeps(44, [1], 8000), rate=8000),
    )
    walked = probe(path)
    assert walked.video[0].frames is None, "not every packet was read"
    monkeypatch.setattr("backend.media.probe.read_tail", lambda *_: False)
    whole = probe(path)
    assert whole.video[0].frames == 450
    assert (walked.duration, walked.start) == (whole.duration, whole.start)
    assert [v.duration for v in walked.video] == [v.duration for v in whole.video]
    assert [a.duration for a in walked.audio] == [a.duration for a in whole.audio]
    assert walked.video[0].frame_rate == whole.video[0].frame_rate


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_long_matroska_that_was_cut(tmp_path: Path, share: float) -> None:
    path = record(tmp_path / "whole.mkv", Video(steady(90, 10), rate=10))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with av.open(str(cut)) as container:
        last = max(p.pts * p.time_base for p in container.demux(video=0) if p.size)
    assert probe(cut).duration == pytest.approx(last, abs=0.2)


def test_exact_durations_of_sound(tmp_path: Path) -> None:
    path = record(tmp_path / "s.wav", audio=Audio(beeps(1.5, [1], 44100), "pcm_s16le", 44100))
    assert probe(path).duration == Fraction(3, 2)
