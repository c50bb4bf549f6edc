"""Clocks that run wrong are brought together by resampling, never by cutting."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.media.drift import Drift
from backend.media.pace import paced
from backend.media.plan import plan
from backend.media.probe import probe
from backend.media.samples import SoundFacts
from backend.media.sound import film_sound

from .studio import RATE, Audio, Ctx, Video, beep_times, beeps, record, steady, take

SLOW = Fraction(47_900, 48_000)
"""Samples that came in a second, by those that were promised: 2,083 millionths too few."""


def tone(seconds: float, frequency: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)[
        None
    ].astype(np.float32)


def impurity(samples: np.ndarray, rate: int = RATE) -> float:
    """The loudest thing beside one steady tone, by its strength: a cut or a click is loud.

    Takes windows, so that the tone of each is told from what else there is.
    """
    window = np.blackman(8192)
    worst = 0.0
    for at in range(rate // 10, samples.size - rate // 10 - 8192, 4096):
        spectrum = np.abs(np.fft.rfft(samples[at : at + 8192] * window))
        peak = int(spectrum.argmax())
        rest = np.concatenate((spectrum[: peak - 6], spectrum[peak + 7 :]))
        worst = max(worst, float(rest.max() / spectrum[peak]))
    return worst


def drifting(source: Path, target: Path, clock: Fraction) -> Path:
    """The recording with time stamps by another clock than its samples'."""
    with av.open(str(source)) as whole, av.open(str(target), "w") as out:
        stream = whole.streams.audio[0]
        copy = out.add_stream_from_template(stream, opaque=True)
        for packet in whole.demux(stream):
            if packet.size and packet.pts is not None:
                seconds = packet.pts * packet.time_base / clock
                packet.time_base = Fraction(1, 90_000)
                packet.pts = packet.dts = round(seconds * 90_000)
                packet.duration = 0
                packet.stream = copy
                out.mux(packet)
    return target


def heard(
    ctx: Ctx, video: Path | None, segments: list[Path], offsets: list[Fraction]
) -> np.ndarray:
    session = take(video, segments, offsets)
    sound = plan(session.timeline, session.infos).sound
    assert sound
    facts = SoundFacts()
    samples = np.concatenate(list(film_sound(sound, ctx.check, facts)), axis=1)
    assert not facts.missing
    return samples


@pytest.mark.parametrize(
    ("container", "codec"), [("mkv", "flac"), ("mkv", "aac"), ("mkv", "libopus"), ("mp4", "aac")]
)
def test_stamps_and_samples_are_brought_together(
    tmp_path: Path, ctx: Ctx, codec: str, container: str
) -> None:
    """A beep that was stamped with 25 s is heard after 25 s, though the samples before it make
    only 24.95 s."""
    at = [1.0, 8.0, 15.0, 24.5]
    straight = record(tmp_path / "straight.mkv", audio=Audio(beeps(25, at), codec))
    info = probe(straight)
    assert info.audio[0].clock == 1
    assert not any("clock of its sound" in note for note in info.notes)
    path = drifting(straight, tmp_path / f"drifting.{container}", SLOW)
    info = probe(path)
    assert info.audio[0].clock == pytest.approx(float(SLOW), abs=2e-5)
    assert any("runs slow, by 0.05 s" in note for note in info.notes)
    session = take(path)
    sound = plan(session.timeline, session.infos).sound
    assert sound
    assert not sound.copied, "its packets would drift on"
    samples = heard(ctx, path, [], [])
    assert beep_times(samples) == pytest.approx([t / float(SLOW) for t in at], abs=0.004)


def test_a_tone_stays_pure_where_its_clock_is_corrected(tmp_path: Path, ctx: Ctx) -> None:
    straight = record(tmp_path / "straight.mkv", audio=Audio(tone(25), "flac"))
    path = drifting(straight, tmp_path / "drifting.mkv", SLOW)
    corrected = heard(ctx, path, [], [])
    assert corrected.shape[1] == pytest.approx(25 / float(SLOW) * RATE, abs=RATE / 50)
    assert impurity(corrected[0]) < 1e-4
    cut = corrected[0].copy()
    cut[RATE : RATE + 5 * RATE] = cut[RATE + 480 : 6 * RATE + 480]
    assert impurity(cut) > 1e-2, "a cut would be found"


def test_pieces_of_a_slow_clock_join_without_a_seam(tmp_path: Path, ctx: Ctx) -> None:
    """Offsets by the session's clock, samples by a sound card that counts 47,990 a second."""
    clock, sound = Fraction(47_990, 48_000), tone(120)
    pieces, offsets = [], []
    for i in range(12):
        piece = sound[:, i * 10 * RATE : (i + 1) * 10 * RATE]
        pieces.append(record(tmp_path / f"{i:02}.wav", audio=Audio(piece, "pcm_s16le")))
        offsets.append(Fraction(round(10 * i / clock * 1000), 1000))
    samples = heard(ctx, None, pieces, offsets)
    assert samples.shape[1] == pytest.approx(120 / float(clock) * RATE, abs=RATE / 100)
    assert impurity(samples[0]) < 1e-3


def test_late_sound_of_a_drifting_video_keeps_its_place(tmp_path: Path, ctx: Ctx) -> None:
    path = record(
        tmp_path / "late.mkv", Video(steady(3)), Audio(beeps(2, [0.5]), start=Fraction(3, 4))
    )
    assert beep_times(heard(ctx, path, [], [])) == pytest.approx([1.25], abs=0.005)


def test_jitter_and_gaps_are_no_drift() -> None:
    random = np.random.default_rng(4)
    steady_, jitter, gaps, wander = (Drift(RATE) for _ in range(4))
    for i in range(5000):
        stamp = i * 1024 / RATE
        steady_.add(stamp, i * 1024)
        jitter.add(stamp + random.uniform(-0.008, 0.008), i * 1024)
        gaps.add(stamp + i // 100 * 0.05, i * 1024)
        wander.add(stamp + 0.02 * np.sin(i / 500), i * 1024)
    assert [d.clock for d in (steady_, jitter, gaps, wander)] == [1, 1, 1, 1]
    both = Drift(RATE)
    for i in range(5000):
        both.add(i * 1024 / 47_990 + i // 2500 * 0.5 + random.uniform(-0.005, 0.005), i * 1024)
    assert both.clock == pytest.approx(47_990 / 48_000, abs=1.2e-5), "also beside gaps and jitter"


@pytest.mark.parametrize("pace", [Fraction(47_990, 48_000), Fraction(48_010, 48_000)])
def test_the_resampler_is_exact(pace: Fraction) -> None:
    whole = tone(12, 1000)
    blocks = (whole[:, at : at + 1000] for at in range(0, whole.shape[1], 1000))
    out = np.concatenate(list(paced(blocks, pace)), axis=1)[0]
    assert out.size == pytest.approx(whole.shape[1] / float(pace), abs=1)
    wanted = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(out.size) * float(pace) / RATE)
    assert np.abs(out - wanted)[50:-50].max() < 1e-4
