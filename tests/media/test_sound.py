"""The film's sound, sample by sample, before it is encoded."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.media.plan import plan
from backend.media.samples import SoundFacts
from backend.media.sound import film_sound, runs

from .studio import RATE, Audio, Ctx, Video, beep_times, beeps, noise, record, steady, take


def heard(
    ctx: Ctx,
    segments: list[Path],
    offsets: list[Fraction | None] | None = None,
    video: Path | None = None,
) -> tuple[np.ndarray, SoundFacts, int]:
    """What the film of these segments sounds like: (samples, facts, rate)."""
    session = take(video, segments, offsets)
    sound = plan(session.timeline, session.infos).sound
    assert sound
    facts = SoundFacts()
    samples = np.concatenate(list(film_sound(sound, ctx.check, facts)), axis=1)
    assert samples.shape == (sound.channels, sound.samples)
    return samples, facts, sound.rate


def decoded(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


def cut(path: Path, folder: Path, every: int) -> list[Path]:
    """Pieces of a recording as a segment muxer leaves them: packets shared out, clock going on."""
    with av.open(str(path)) as whole:
        stream = whole.streams.audio[0]
        packets = [p for p in whole.demux(stream) if p.size]
        pieces = []
        for n in range(0, len(packets), every):
            piece = folder / f"seg_{n // every:05d}.m4a"
            with av.open(str(piece), "w", format="mp4") as out:
                target = out.add_stream_from_template(stream, opaque=True)
                for packet in packets[n : n + every]:
                    packet.stream = target
                    out.mux(packet)
            pieces.append(piece)
    return pieces


def test_pieces_of_one_stream_sound_like_the_uncut_stream(tmp_path: Path, ctx: Ctx) -> None:
    whole = record(tmp_path / "whole.aac", audio=Audio(noise(12)))
    pieces = cut(whole, tmp_path, 100)
    assert len(pieces) > 4
    samples, facts, rate = heard(ctx, pieces)
    reference = decoded(whole)
    count = min(samples.shape[1], reference.shape[1])
    assert rate == RATE
    assert abs(samples.shape[1] - reference.shape[1]) <= 1
    assert facts.joined == len(pieces) - 1
    assert np.array_equal(samples[:, :count], reference[:, :count]), "not one sample differs"


def test_real_segments_are_one_stream_too(tmp_path: Path, ctx: Ctx, shared: Path) -> None:
    whole = shared / "talk" / "timecode_silence_speech_42s.mp4"
    pieces = cut(whole, tmp_path, 430)
    samples, facts, _ = heard(ctx, pieces)
    reference = decoded(whole)
    count = min(samples.shape[1], reference.shape[1])
    assert facts.joined == len(pieces) - 1
    assert np.array_equal(samples[:, :count], reference[:, :count])


@pytest.mark.parametrize("rate", [44100, 48000])
def test_pieces_of_plain_samples_join_exactly(tmp_path: Path, ctx: Ctx, rate: int) -> None:
    whole = noise(3, rate)
    parts = [whole[:, :rate], whole[:, rate : rate * 2 + 777], whole[:, rate * 2 + 777 :]]
    pieces = [
        record(tmp_path / f"{i}.wav", audio=Audio(part, "pcm_s16le", rate))
        for i, part in enumerate(parts)
    ]
    samples, _, _ = heard(ctx, pieces)
    assert np.abs(samples - whole).max() < 1e-4


def test_one_resampler_runs_over_all_pieces(tmp_path: Path, ctx: Ctx) -> None:
    rate = 16000
    tone = np.sin(2 * np.pi * 440 * np.arange(rate * 3) / rate)[None].astype(np.float32) * 0.5
    pieces = [
        record(
            tmp_path / f"{i}.wav",
            audio=Audio(tone[:, i * rate : (i + 1) * rate], "pcm_s16le", rate),
        )
        for i in range(3)
    ]
    samples, _, out = heard(ctx, pieces)
    expected = np.sin(2 * np.pi * 440 * np.arange(out * 3) / out) * 0.5
    assert np.abs(samples[0] - expected)[1000:-1000].max() < 0.01, "no click at the joins"


def test_gaps_are_silent_and_what_follows_keeps_its_place(tmp_path: Path, ctx: Ctx) -> None:
    a = record(tmp_path / "a.wav", audio=Audio(beeps(1, [0.5]), "pcm_s16le"))
    b = record(tmp_path / "b.wav", audio=Audio(beeps(1, [0.25]), "pcm_s16le"))
    samples, _, _ = heard(ctx, [a, b], [Fraction(1, 2), Fraction(7, 2)])
    assert beep_times(samples) == pytest.approx([1.0, 3.75], abs=0.001)
    assert not samples[:, RATE * 3 // 2 : RATE * 7 // 2].any()


def test_of_two_at_once_the_later_is_heard_and_the_cut_does_not_click(
    tmp_path: Path, ctx: Ctx
) -> None:
    loud = np.full((1, RATE * 2), 0.5, np.float32)
    a = record(tmp_path / "a.wav", audio=Audio(loud, "pcm_s16le"))
    b = record(tmp_path / "b.wav", audio=Audio(-loud, "pcm_s16le"))
    samples, _, _ = heard(ctx, [a, b], [Fraction(0), Fraction(1)])
    assert samples.shape[1] == RATE * 3
    assert samples[0, RATE // 2] == pytest.approx(0.5, abs=1e-3)
    assert samples[0, RATE * 2] == pytest.approx(-0.5, abs=1e-3)
    assert np.abs(np.diff(samples[0, RATE - 500 : RATE + 500])).max() < 0.01, "no click"
    assert samples[0, RATE - 500] == pytest.approx(0.5, abs=1e-3), "and no longer than 10 ms"


def test_codecs_rates_and_layouts_are_mixed(tmp_path: Path, ctx: Ctx) -> None:
    at = [0.5, 1.5]
    pieces = [
        record(tmp_path / "a.wav", audio=Audio(beeps(2, at, 8000), "pcm_s16le", 8000)),
        record(tmp_path / "b.flac", audio=Audio(beeps(2, at, 44100, 2), "flac", 44100, "stereo")),
        record(tmp_path / "c.ogg", audio=Audio(beeps(2, at, 48000), "libopus", 48000)),
        record(tmp_path / "d.m4a", audio=Audio(beeps(2, at, 32000, 2), "aac", 32000, "stereo")),
        record(tmp_path / "e.mp3", audio=Audio(beeps(2, at, 44100), "libmp3lame", 44100)),
        record(tmp_path / "f.mka", audio=Audio(beeps(2, at, 48000), "pcm_s24le", 48000)),
    ]
    offsets: list[Fraction | None] = [Fraction(2 * i) for i in range(len(pieces))]
    samples, facts, rate = heard(ctx, pieces, offsets)
    assert (rate, samples.shape[0]) == (48000, 2)
    expected = [2 * i + t for i in range(len(pieces)) for t in at]
    assert beep_times(samples) == pytest.approx(expected, abs=0.005)
    assert not facts.damaged


def test_mono_is_as_loud_in_stereo(tmp_path: Path, ctx: Ctx) -> None:
    mono = record(tmp_path / "a.wav", audio=Audio(np.full((1, RATE), 0.5, np.float32), "pcm_s16le"))
    both = np.full((2, RATE), 0.5, np.float32)
    stereo = record(tmp_path / "b.wav", audio=Audio(both, "pcm_s16le", layout="stereo"))
    samples, _, _ = heard(ctx, [mono, stereo])
    assert samples[:, RATE // 2] == pytest.approx(samples[:, RATE * 3 // 2], abs=1e-3)


def test_five_channels_are_mixed_to_two_without_clipping(tmp_path: Path, ctx: Ctx) -> None:
    surround = np.zeros((6, RATE * 6), np.float32)
    for channel in range(6):
        surround[channel, channel * RATE : (channel + 1) * RATE] = 0.9
    path = record(tmp_path / "s.flac", audio=Audio(surround, "flac", layout="5.1"))
    samples, _, _ = heard(ctx, [path])
    left, right = samples[:, RATE // 2 :: RATE]
    assert left[0] > 0.3
    assert right[0] < 1e-3, "front left is left"
    assert right[1] > 0.3
    assert left[1] < 1e-3, "front right is right"
    assert left[2] == pytest.approx(right[2], abs=1e-3)
    assert left[2] > 0.2, "the centre, where voices are, is on both sides"
    loud = record(
        tmp_path / "l.flac", audio=Audio(np.full((6, RATE), 0.95, np.float32), "flac", layout="5.1")
    )
    samples, _, _ = heard(ctx, [loud])
    assert np.abs(samples).max() <= 1.0


def test_missing_packets_become_silence_and_sync_holds(tmp_path: Path, ctx: Ctx) -> None:
    whole = record(tmp_path / "whole.mkv", audio=Audio(beeps(6, [0.5, 2.5, 5.0]), "libopus"))
    holed = tmp_path / "holed.mkv"
    with av.open(str(whole)) as source, av.open(str(holed), "w") as out:
        stream = source.streams.audio[0]
        target = out.add_stream_from_template(stream, opaque=True)
        for packet in source.demux(stream):
            if packet.size and not 2.0 < packet.pts * packet.time_base < 4.0:
                packet.stream = target
                out.mux(packet)
    samples, _, _ = heard(ctx, [holed])
    assert beep_times(samples) == pytest.approx([0.5, 5.0], abs=0.005)


def test_jitter_of_time_stamps_does_not_tear_the_sound(tmp_path: Path, ctx: Ctx) -> None:
    tone = np.sin(2 * np.pi * 300 * np.arange(RATE * 3) / RATE)[None].astype(np.float32) * 0.5
    path = record(tmp_path / "ms.mkv", audio=Audio(tone, "pcm_s16le"))
    samples, _, _ = heard(ctx, [path])
    assert np.abs(samples - tone[:, : samples.shape[1]]).max() < 1e-3, "stamps of 1 ms, exact sound"


def test_late_sound_of_a_video_keeps_its_place(tmp_path: Path, ctx: Ctx) -> None:
    path = record(
        tmp_path / "late.mkv", Video(steady(3)), Audio(beeps(2, [0.5]), start=Fraction(3, 4))
    )
    samples, facts, _ = heard(ctx, [], None, path)
    assert beep_times(samples) == pytest.approx([1.25], abs=0.005)
    assert not facts.missing, "sound that ends before the picture is nothing missing"


def test_a_source_that_holds_less_than_it_promised_is_told(tmp_path: Path, ctx: Ctx) -> None:
    path = record(tmp_path / "a.wav", audio=Audio(beeps(2, [0.5]), "pcm_s16le"))
    session = take(None, [path])
    sound = plan(session.timeline, session.infos).sound
    assert sound
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    facts = SoundFacts()
    samples = np.concatenate(list(film_sound(sound, ctx.check, facts)), axis=1)
    assert samples.shape[1] == RATE * 2
    assert facts.missing == pytest.approx(1, abs=0.05)


def test_runs_end_where_the_format_or_the_flow_does(tmp_path: Path) -> None:
    a = record(tmp_path / "a.wav", audio=Audio(beeps(1, []), "pcm_s16le"))
    b = record(tmp_path / "b.wav", audio=Audio(beeps(1, []), "pcm_s16le"))
    c = record(tmp_path / "c.wav", audio=Audio(beeps(1, [], 8000), "pcm_s16le", 8000))
    d = record(tmp_path / "d.wav", audio=Audio(beeps(1, [], 8000), "pcm_s16le", 8000))
    e, f = cut(record(tmp_path / "e.aac", audio=Audio(beeps(4, []))), tmp_path, 100)
    session = take(None, [a, b, c, d, e, f, a], [None] * 6 + [Fraction(19)])
    sound = plan(session.timeline, session.infos).sound
    assert sound
    assert [len(run) for run in runs(sound)] == [1, 1, 2, 2, 1]
