"""What is known of a sound: silence, loudness, clipping."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.context import Stopped
from backend.core.stretches import Stretches, between
from backend.media.hearing import Heard, hear
from backend.media.silence import Levels, SilenceRules

from .studio import RATE, Audio, Ctx, Video, beeps, noise, record, steady

QUIET = 10 ** (-55 / 20)


def talk(seconds: float, spoken: Sequence[tuple[float, float]], floor: float = QUIET) -> np.ndarray:
    """A room with noise, in which somebody speaks: bursts of syllables. Shape (1, samples)."""
    random = np.random.default_rng(4)
    sound = random.standard_normal(round(seconds * RATE)).astype(np.float32) * floor
    for start, end in spoken:
        a, b = round(start * RATE), round(end * RATE)
        time = np.arange(b - a) / RATE
        syllables = 0.25 + 0.75 * np.abs(np.sin(2 * np.pi * 2 * time))
        sound[a:b] += (0.2 * syllables * np.sin(2 * np.pi * 220 * time)).astype(np.float32)
    return sound[None]


def heard(tmp_path: Path, ctx: Ctx, sound: np.ndarray, rules: SilenceRules | None = None) -> Heard:
    film = record(tmp_path / "f.mka", audio=Audio(sound, codec="flac", format="s16"))
    return hear(film, ctx, rules)


def near(found: Stretches, wanted: Sequence[tuple[float, float]], by: float = 0.06) -> bool:
    """Whether each lies where it should, to `by` seconds."""
    return len(found) == len(wanted) and all(
        abs(float(x.start) - a) <= by and abs(float(x.end) - b) <= by
        for x, (a, b) in zip(found, wanted, strict=True)
    )


SPOKEN = [(1.0, 3.0), (3.3, 4.0), (6.0, 9.0)]
SILENT = [(0, 0.9), (4.1, 5.9), (9.1, 12)]
"""With a tenth of a second kept around what is spoken; 0.3 s are a breath, not a silence."""


@pytest.mark.parametrize("floor", [-70, -55, -40])
def test_the_rooms_own_noise_is_silence(tmp_path: Path, ctx: Ctx, floor: int) -> None:
    found = heard(tmp_path, ctx, talk(12, SPOKEN, 10 ** (floor / 20)))
    assert near(found.quiet.silence, SILENT), found.told()
    assert found.quiet.floor == pytest.approx(floor, abs=2)
    assert ctx.done["waveform"][-1] == 1


def test_noise_that_grows_in_mid_recording_is_still_noise(tmp_path: Path, ctx: Ctx) -> None:
    sound = talk(160, [(t, t + 6) for t in range(2, 158, 8)], 10 ** (-62 / 20))
    fan = np.random.default_rng(5).standard_normal(80 * RATE).astype(np.float32)
    sound[0, 80 * RATE :] += fan * 10 ** (-42 / 20)
    found = heard(tmp_path, ctx, sound).quiet.silence
    late = [x for x in found if x.start > 115]
    assert near(tuple(late), [(t + 6.1, t + 7.9) for t in range(114, 154, 8)])


def test_music_and_a_hum_are_not_silence(tmp_path: Path, ctx: Ctx) -> None:
    time = np.arange(8 * RATE) / RATE
    hum = (0.1 * np.sin(2 * np.pi * 100 * time)).astype(np.float32)[None]
    assert heard(tmp_path, ctx, hum).quiet.silence == ()
    assert heard(tmp_path, ctx, noise(8)).quiet.silence == ()


def test_nothing_at_all_is_one_silence(tmp_path: Path, ctx: Ctx) -> None:
    for sound in (np.zeros((1, 5 * RATE), np.float32), talk(5, [], 10 ** (-65 / 20))):
        found = heard(tmp_path, ctx, sound)
        assert near(found.quiet.silence, [(0, 5)])
        assert found.quiet.sound == ()
        assert found.clipped == ()
    assert heard(tmp_path, ctx, np.zeros((1, RATE), np.float32)).loudness.told() == {
        "integrated": None,
        "range": None,
        "true_peak": None,
    }


def test_rules_are_the_owners(tmp_path: Path, ctx: Ctx) -> None:
    sound = talk(12, SPOKEN)
    all_of_it = SilenceRules(least=Fraction(1, 10), margin=Fraction(0))
    breath = heard(tmp_path, ctx, sound, all_of_it).quiet.silence
    assert near(breath, [(0, 1), (3, 3.3), (4, 6), (9, 12)])
    deaf = heard(tmp_path, ctx, sound, SilenceRules(threshold=-3.0)).quiet
    assert near(deaf.silence, [(0, 12)]) and deaf.threshold == -3


def test_a_click_does_not_end_a_silence(tmp_path: Path, ctx: Ctx) -> None:
    sound = talk(10, [(1, 3), (7, 9)])
    sound[0, 5 * RATE : 5 * RATE + 40] = 0.5
    assert near(heard(tmp_path, ctx, sound).quiet.silence, [(0, 0.9), (3.1, 6.9), (9.1, 10)])


def test_holes_between_time_stamps_and_a_late_start_count(tmp_path: Path, ctx: Ctx) -> None:
    late = record(
        tmp_path / "late.mkv",
        Video(steady(4)),
        Audio(talk(2, [(0.0, 2.0)]), codec="flac", start=Fraction(2), format="s16"),
    )
    found = hear(late, ctx)
    assert near(found.quiet.silence, [(0, 1.9)])
    assert float(found.duration) == pytest.approx(4, abs=0.05)


def test_clipping_is_found_and_loud_is_not_clipped(tmp_path: Path, ctx: Ctx) -> None:
    time = np.arange(6 * RATE) / RATE
    sound = (0.99 * np.sin(2 * np.pi * 50 * time)).astype(np.float32)[None]
    sound[0, 2 * RATE : 3 * RATE] *= 3
    sound[0, int(4.5 * RATE)] = 1.0  # one sample is no clipping
    found = heard(tmp_path, ctx, np.clip(sound, -1, 1))
    assert near(found.clipped, [(2, 3)], 0.02)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30_000), st.integers(-100, 0)), max_size=12),
    st.floats(0.05, 2),
    st.floats(0, 1),
)
def test_silence_and_sound_make_the_whole(
    parts: list[tuple[int, int]], least: float, margin: float
) -> None:
    """Whatever the levels: in order, apart, inside, and each the rest of the other."""
    levels = Levels(8000)
    for count, level in parts:
        levels.add(np.full((1, count), 10 ** (level / 20), np.float32))
    rules = SilenceRules(
        least=Fraction(str(round(least, 3))), margin=Fraction(str(round(margin, 3)))
    )
    quiet = levels.silences(rules)
    duration = levels.duration
    assert duration == Fraction(sum(count for count, _ in parts), 8000)
    for found in (quiet.silence, quiet.sound):
        assert all(a.end < b.start for a, b in pairwise(found))
        assert all(0 <= x.start < x.end <= duration for x in found)
    assert all(x.duration >= rules.least for x in quiet.silence)
    assert between(quiet.silence, duration) == quiet.sound
    assert between(quiet.sound, duration) == quiet.silence


def test_blocks_may_be_cut_anywhere(ctx: Ctx) -> None:
    sound = talk(6, [(1, 3)])
    whole, pieces = Levels(RATE), Levels(RATE)
    whole.add(sound)
    at = 0
    for size in [1, 479, 480, 481, 7, 10_000, 100_000, 400_000]:
        pieces.add(sound[:, at : at + size])
        at += size
    assert pieces.silences(SilenceRules()) == whole.silences(SilenceRules())


def ffmpeg_says(path: Path) -> tuple[float, float, float]:
    """Loudness, range and true peak as FFmpeg's filter measures them, whose weighting is bent at
    8 kHz."""
    ran = subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-i", path, "-map", "0:a:0"),
            *("-af", "aresample=48000,ebur128=peak=true", "-f", "null", "-"),
        ],
        capture_output=True,
        check=True,
    )
    summary = ran.stderr.decode("utf-8", "replace").rpartition("Summary:")[2]
    found = [re.search(rf"{name}:\s+(-?[\d.]+)", summary) for name in ("I", "LRA", "Peak")]
    values = [float(match[1]) for match in found if match]
    return values[0], values[1], values[2]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is no ffmpeg to compare with")
@pytest.mark.parametrize(
    "name",
    [
        "audio/jfk.flac",
        "audio/phone_call_two_speakers_8k.wav",
        "audio/channel_id_voices_eac3_5p1_fmp4.mp4",
        "camera/gopro_karma_tmcd_gpmd.mp4",
        "talk/webcam_ui_speech_60fps.mp4",
    ],
)
def test_loudness_is_what_ffmpeg_measures(shared: Path, ctx: Ctx, name: str) -> None:
    integrated, spread, peak = ffmpeg_says(shared / name)
    measured = hear(shared / name, ctx).loudness
    assert measured.integrated == pytest.approx(integrated, abs=0.1)
    # FFmpeg counts the first three seconds before they are full.
    assert measured.range == pytest.approx(spread, abs=0.5)
    assert measured.true_peak == pytest.approx(peak, abs=0.2)


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("audio/silence_padding_16k.wav", [(1.9, 3.9)]),
        # Six words over noise, two of them close together.
        (
            "audio/arabic_digits_noise_16k.wav",
            [(0.6, 1.2), (3.7, 4.3), (8, 9.8), (11.6, 12.2), (15, 17.5)],
        ),
        ("talk/timecode_silence_speech_42s.mp4", None),
        ("odd/black_silent_25s.mp4", []),
        ("camera/head_pose_person.mp4", []),
    ],
)
def test_silence_of_real_recordings(
    shared: Path, ctx: Ctx, name: str, sound: list[tuple[float, float]] | None
) -> None:
    quiet = hear(shared / name, ctx).quiet
    if sound is None:  # its makers' own voice ends here, and comes back for a word
        assert any(x.start < 18 and x.end > 39 for x in quiet.silence), quiet.silence
    else:
        assert near(quiet.sound, sound, 0.15), quiet.sound


def test_true_peak_lies_between_the_samples(tmp_path: Path, ctx: Ctx) -> None:
    # A quarter of the rate, sampled 45 degrees beside its crests: 3 dB above every sample.
    wave = 0.5 * np.sin(2 * np.pi * np.arange(2 * RATE) / 4 + np.pi / 4)
    found = heard(tmp_path, ctx, wave.astype(np.float32)[None]).loudness
    assert found.true_peak == pytest.approx(-6.02, abs=0.1)


def test_it_can_be_stopped_at_once(tmp_path: Path, ctx: Ctx) -> None:
    film = record(tmp_path / "f.mka", audio=Audio(beeps(20, [1]), codec="flac", format="s16"))

    def stop() -> None:
        if ctx.checks > 20:
            raise Stopped

    ctx.on_check = stop
    with pytest.raises(Stopped):
        hear(film, ctx)
    assert ctx.checks == 21
