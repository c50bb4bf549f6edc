"""Audio review on real speech: where it is, what is said, and what a kill costs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.context import Stopped
from backend.core.stretches import between, joined
from backend.core.time import TimeRange
from backend.core.transcript import Word
from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import Model, Purpose, choose
from backend.enrich.options import ReviewOptions
from backend.enrich.recognise import Recognised, Recogniser, all_words, unlooped
from backend.enrich.review import review
from backend.enrich.speech import map_speech
from backend.media.blocks import MONO_16K
from backend.media.listen import listening
from tests.media.studio import Audio, Ctx, Video, beeps, record, steady, take

from .conftest import RATE, lines, talk_of, word_errors


def shared_part(found: list[TimeRange], wanted: list[TimeRange]) -> float:
    """Seconds that lie in both."""
    both = [x for a in found for b in wanted if (x := a.intersection(b)) is not None]
    return float(sum((one.duration for one in joined(both)), Fraction(0)))


def test_speech_is_found_where_it_is(tmp_path: Path, ctx: Ctx, shared: Path) -> None:
    said = lines(shared, 12)
    film = tmp_path / "talk.flac"
    spans = talk_of(film, said, [0.7, 2, 4, 1, 6, 3, 2, 8, 1, 2, 3, 5])
    found = map_speech(film, Quiet())
    true = [TimeRange(*span) for span in spans]
    length = float(sum((one.duration for one in true), Fraction(0)))
    silence = list(between(true, found.duration))
    assert shared_part(list(found.speech), true) >= 0.97 * length
    false = shared_part(list(found.speech), silence)
    assert false <= 0.03 * float(sum((one.duration for one in found.speech), Fraction(0)))


class Quiet(Ctx):
    """Hears nothing of stages."""

    def __init__(self) -> None:
        super().__init__(Path())

    def progress(self, stage: str, fraction: float) -> None:
        return None


def test_what_is_said_is_written_down(
    tmp_path: Path, ctx: Ctx, shared: Path, model: Model, cache: Path
) -> None:
    said = lines(shared, 8)
    film = tmp_path / "talk.flac"
    spans = talk_of(film, said, [0.5, 1, 2, 3, 1, 12, 1, 1])
    found = review(film, "source", ReviewOptions(model, cache), ctx)
    wrong, words = word_errors(" ".join(line.text for line in said), found.text)
    assert wrong / words < 0.2, found.text
    assert (found.language, found.notes) == ("en", ())
    times = [word for one in found.utterances for word in one.words]
    assert times == sorted(times, key=lambda word: word.start)
    for word in times:  # no word stands where nothing is said
        assert any(a - Fraction(1, 2) <= word.start <= b + Fraction(1, 2) for a, b in spans), word
    assert ctx.done["words"] == sorted(ctx.done["words"]) and ctx.done["words"][-1] == 1.0


def test_a_killed_review_redoes_at_most_what_was_in_work(
    tmp_path: Path,
    ctx: Ctx,
    shared: Path,
    model: Model,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.enrich.review._LONG", Fraction(45))  # several pieces
    talk = tmp_path / "talk.flac"
    talk_of(talk, lines(shared, 8), [0.5, 1, 9, 1, 9, 12, 1, 9])
    whole = Ctx(tmp_path / "whole")
    whole.folder.mkdir()
    # As the film has it, whose decoder tells by a hair where it began.
    film = tmp_path / "talk.mp4"
    take(None, [talk]).merge(film, Ctx(tmp_path))
    expected = review(film, "source", ReviewOptions(model, cache), whole)
    pieces = whole.points.count("piece-kept")
    assert pieces >= 4

    def stop_in_the_middle() -> None:
        if ctx.points.count("piece-kept") >= pieces // 2:
            raise Stopped

    ctx.on_point = {"piece-kept": stop_in_the_middle}
    with pytest.raises(Stopped):
        review(film, "source", ReviewOptions(model, cache), ctx)
    done = {key: path.stat().st_mtime_ns for key, path in ctx.kept.items()}
    ctx.on_point, before = {}, ctx.points.count("piece-kept")
    assert review(film, "source", ReviewOptions(model, cache), ctx) == expected
    assert ctx.points.count("piece-kept") - before == pieces - before
    assert {key: ctx.kept[key].stat().st_mtime_ns for key in done} == done
    assert {p.name for p in ctx.folder.iterdir()} == {p.name for p in whole.folder.iterdir()}


def test_voices_that_the_model_passed_over_are_heard_alone(
    tmp_path: Path,
    shared: Path,
    model: Model,
    cache: Path,
    ctx: Ctx,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second of three utterances is lost where all are heard together."""
    film = tmp_path / "talk.flac"
    spans = talk_of(film, lines(shared, 3), [0.5, 0.6, 0.6])
    lost = TimeRange(*spans[1])
    real = Recogniser._spoken

    def deaf(self: Recogniser, sound: np.ndarray, language: str | None, **more: object) -> object:
        segments, info = real(self, sound, language, **more)
        if "clip_timestamps" in more:  # the whole piece
            segments = [one for one in segments if (one.start + one.end) / 2 not in lost]
        return segments, info

    whole = review(film, "whole", ReviewOptions(model, cache), ctx)
    monkeypatch.setattr(Recogniser, "_spoken", deaf)
    found = review(film, "deaf", ReviewOptions(model, cache), ctx)
    words = [word for one in found.utterances for word in one.words]
    assert words == sorted(words, key=lambda word: word.start)
    wrong, count = word_errors(whole.text, found.text)
    assert wrong / count < 0.25, found.text


def test_recordings_without_words_say_so(
    tmp_path: Path, ctx: Ctx, model: Model, cache: Path
) -> None:
    options = ReviewOptions(model, cache)
    noise = np.random.default_rng(2).normal(0, 0.05, (1, 8 * RATE)).astype(np.float32)
    for name, sound in (("noise", noise), ("silence", np.zeros((1, 8 * RATE), np.float32))):
        film = record(tmp_path / f"{name}.flac", audio=Audio(sound, "flac", RATE, format="s16"))
        found = review(film, name, options, ctx)
        assert (found.text, found.notes) == ("", ("Nobody speaks in this recording.",))
        assert float(found.duration) == pytest.approx(8, abs=0.1)
    mute = record(tmp_path / "mute.mp4", Video(steady(1)))
    assert review(mute, "mute", options, ctx).notes == ("There is no sound.",)


def test_clipped_and_telephone_speech_is_understood(
    tmp_path: Path, ctx: Ctx, shared: Path, model: Model, cache: Path
) -> None:
    (line,) = lines(shared, 1)
    loud = np.clip(line.samples * 30, -1, 1)[None]
    film = record(tmp_path / "loud.flac", audio=Audio(loud, "flac", RATE, format="s16"))
    assert len(review(film, "loud", ReviewOptions(model, cache), ctx).text.split()) > 15
    call = shared / "audio/phone_call_two_speakers_8k.wav"
    text = review(call, "call", ReviewOptions(model, cache), ctx).text.casefold()
    assert "express" in text and "thank you" in text


def test_the_language_is_found_out(shared: Path, ctx: Ctx, cache: Path) -> None:
    base = choose(Purpose.SPEECH, BUNDLED, "whisper-base")
    assert base is not None
    german = shared / "audio/german_44k1_mono_lead_trail_silence.wav"
    found = review(german, "german", ReviewOptions(base, cache), ctx)
    assert found.language == "de" and "Mensch" in found.text


def test_only_a_span_is_heard_again(
    tmp_path: Path, ctx: Ctx, shared: Path, model: Model, cache: Path
) -> None:
    film = tmp_path / "talk.flac"
    spans = talk_of(film, lines(shared, 3), [0.5, 3, 3])
    options = ReviewOptions(model, cache)
    span = TimeRange(spans[1][0] - 1, spans[1][1] + 1)
    found = review(film, "source", replace(options, only=span), ctx)
    assert found.utterances
    assert all(span.start <= one.start and one.end <= span.end for one in found.utterances)


def test_listening_may_begin_anywhere(tmp_path: Path) -> None:
    film = record(tmp_path / "f.mp4", Video(steady(20)), Audio(beeps(20, [3.0, 12.0, 17.5])))
    with listening(film, lambda: None) as (_, heard):
        whole = np.concatenate([block.samples[0].copy() for block in heard])
    for start in (Fraction(5), Fraction(119, 10), Fraction(35, 2)):
        with listening(film, lambda: None, start) as (_, heard):
            found = [(block.first, block.samples[0].copy()) for block in heard]
        first, part = found[0][0], np.concatenate([samples for _, samples in found])
        assert first == int(start * MONO_16K.rate)
        at = [float(n) / MONO_16K.rate for n in np.flatnonzero(abs(part) > 0.2) + first]
        wanted = [float(n) / MONO_16K.rate for n in np.flatnonzero(abs(whole) > 0.2)]
        wanted = [time for time in wanted if time >= start]
        assert at[0] == pytest.approx(wanted[0], abs=0.001)
        assert at[-1] == pytest.approx(wanted[-1], abs=0.001)


def test_the_first_word_behind_a_pause_begins_with_the_voice() -> None:
    def said(*times: tuple[int, int]) -> list[Word]:
        return [Word(Fraction(a, 10), Fraction(b, 10), f"w{b}") for a, b in times]

    voiced = (TimeRange(Fraction(1), Fraction(3)), TimeRange(Fraction(5), Fraction(8)))
    heard = [Recognised(Fraction(10), tuple(said((14, 20), (20, 32), (47, 60), (75, 80))), "en")]
    assert all_words(heard, voiced) == tuple(said((10, 20), (20, 32), (50, 60), (75, 80)))
    late = [Recognised(Fraction(10), tuple(said((25, 30), (62, 70))), "en")]  # some were missed
    assert all_words(late, voiced) == late[0].words
    met = [Recognised(Fraction(10), tuple(said((20, 52), (55, 70))), "en")]  # a word goes on
    assert all_words(met, voiced)[1] == met[0].words[1]


def test_a_first_word_goes_with_its_sentence() -> None:
    def heard(*said: tuple[int, int, str]) -> tuple[Word, ...]:
        words = tuple(Word(Fraction(a, 10), Fraction(b, 10), text) for a, b, text in said)
        return all_words([Recognised(Fraction(10), words, "en")], voiced)

    voiced = (TimeRange(Fraction(1), Fraction(3)), TimeRange(Fraction(5), Fraction(8)))
    ends, goes_on = (10, 30, "shop."), (55, 60, "don't")
    moved = heard(ends, (30, 33, "You"), goes_on)[1:]
    assert [(float(word.start), word.text) for word in moved] == [(5.0, "You"), (5.5, "don't")]
    late = heard(ends, (30, 33, "You"), (48, 60, "don't"))[1:]  # the second is said to be in it
    assert [float(word.start) for word in late] == [5.0, 5.5]
    for stays in (
        (ends, (30, 33, "You."), goes_on),  # a sentence by itself
        ((10, 30, "Mr."), (30, 33, "Hale"), goes_on),
        (ends, (30, 33, "You"), (37, 60, "don't")),  # no pause between them
        ((10, 25, "shop."), (30, 33, "You"), goes_on),  # a pause before it
    ):
        assert heard(*stays)[1].start == 3


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans()), max_size=12),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 60)), max_size=8),
)
def test_words_stay_in_order_wherever_voices_begin(
    rows: list[tuple[int, int, bool]], voices: list[tuple[int, int]]
) -> None:
    at, words = Fraction(0), []
    for pause, lasts, ends in rows:
        start = at + Fraction(pause, 10)
        at = start + Fraction(lasts, 10)
        words.append(Word(start, at, f"w{len(words)}{'.' * ends}"))
    time, voiced = Fraction(0), []
    for pause, lasts in voices:
        start = time + Fraction(pause, 10)
        time = start + Fraction(lasts, 10)
        voiced.append(TimeRange(start, time))
    found = all_words([Recognised(at, tuple(words), "en")], tuple(voiced))
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(word.start <= word.end for word in found)


WORDS = st.lists(st.sampled_from("abcde"), max_size=40).map(
    lambda texts: [Word(Fraction(i), Fraction(i + 1), t) for i, t in enumerate(texts)]
)


@given(WORDS)
def test_what_is_kept_of_a_loop_is_in_order(words: list[Word]) -> None:
    kept = unlooped(words)
    assert list(kept) == [word for word in words if word in kept]
    assert {word.text for word in kept} == {word.text for word in words}


def test_loops_are_said_once() -> None:
    text = "so we go " + "on and on " * 7 + "until no no no the end"
    words = [Word(Fraction(i), Fraction(i + 1), t) for i, t in enumerate(text.split())]
    assert " ".join(word.text for word in unlooped(words)) == (
        "so we go on and on until no no no the end"
    )
