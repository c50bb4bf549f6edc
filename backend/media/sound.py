"""The film's sound as samples: segments decoded, joined, resampled and put in their places.

Clips that follow each other without a cut and have one format are a *run*. Within a run nothing is
restarted: the resampler goes on, and where the pieces are one stream that a recorder cut (each
begins where the last ended), so does the decoder. A codec like AAC builds every block out of two
packets; a decoder that starts anew at each piece would lose half of that at every join.

Memory is bounded: one decoded frame at a time, whatever the length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler

from backend.core.time import ticks
from backend.media.clock import without_jumps
from backend.media.leadin import led_in
from backend.media.mix import mixed
from backend.media.onestream import is_one_stream
from backend.media.pace import paced
from backend.media.plan import SoundClip, SoundPlan
from backend.media.read import open_media
from backend.media.samples import Converter, Samples, SoundFacts, audio_stream, decoded, packets_of
from backend.media.wave import plain_wave

TOLERANCE = Fraction(20, 1000)
"""Seconds by which time stamps may disagree with the count of samples: rounding to milliseconds
and the jitter of recorders. Beyond it something is missing, or there twice."""

FADE = Fraction(5, 1000)
"""Seconds of fade where sound is cut, so that it does not click."""

_BLOCK = 48_000
"""Samples of silence handed on at a time."""


def runs(plan: SoundPlan) -> list[tuple[SoundClip, ...]]:
    """Clips grouped into stretches that are decoded, and resampled, at one go.

    Each can be made without the others, and begins and ends at a sample that the plan names.
    """
    grouped: list[list[SoundClip]] = []
    for clip in plan.clips:
        if grouped and _goes_on(grouped[-1][-1], clip, plan.rate):
            grouped[-1].append(clip)
        else:
            grouped.append([clip])
    return [tuple(group) for group in grouped]


def _goes_on(before: SoundClip, clip: SoundClip, rate: int) -> bool:
    """Whether decoder or resampler must not begin anew at `clip`."""
    a, b = before.stream, clip.stream
    return (
        before.span.end == clip.span.start
        and not before.cut_out
        and not clip.cut_in
        and (a.codec, a.rate, a.layout, before.pace) == (b.codec, b.rate, b.layout, clip.pace)
        and (a.rate != rate or clip.pace != 1 or is_one_stream(before, clip))
    )


def begins_anywhere(run: tuple[SoundClip, ...], rate: int) -> bool:
    """Whether a run can be read from any of its samples, at no cost for those before."""
    stream = run[0].stream
    return (
        len(run) == 1
        and stream.rate == rate
        and stream.codec.startswith("pcm_")
        and stream.start == 0
        and stream.time_base == Fraction(1, rate)
        and not stream.jumps
        and run[0].pace == 1
    )


def film_sound(
    plan: SoundPlan,
    check: Callable[[], None],
    facts: SoundFacts,
    start: int = 0,
    end: int | None = None,
    begins: int = 0,
) -> Iterator[Samples]:
    """The track from sample `start` to `end`, in blocks: exactly those samples, of
    `plan.channels` channels. Runs that lie elsewhere are not opened; those that end before `begins`
    are somebody else's to report on. `check` raises to stop."""
    if plan.beside:
        lanes = [film_sound(lane, check, facts, start, end, begins) for lane in plan.lanes]
        yield from mixed(lanes)
        return
    at, stop = start, plan.samples if end is None else end
    for run, edges in fades(plan):
        first, last = run_span(run, plan.rate)
        if last <= at or first >= stop:
            continue
        yield from _silence(first - at, plan.channels)
        at = max(at, first)
        direct = begins_anywhere(run, plan.rate)
        within = (at - first, min(last, stop) - first) if direct else (0, None)
        own = facts if last > begins else SoundFacts()
        samples = _run_samples(run, edges, check, own, *within)
        unwanted = 0 if direct else at - first
        samples = _resampled(samples, run[0].stream.rate, plan.rate)
        for block in samples if run[0].pace == 1 else paced(samples, run[0].pace):
            taken = block[:, unwanted : unwanted + min(last, stop) - at]
            unwanted = max(0, unwanted - block.shape[1])
            if taken.shape[1]:
                yield _in_channels(taken, plan.channels)
                at += taken.shape[1]
            if at >= stop:
                return
        yield from _silence(min(last, stop) - at, plan.channels)
        at = max(at, min(last, stop))
    yield from _silence(stop - at, plan.channels)


def fades(plan: SoundPlan) -> Iterator[tuple[tuple[SoundClip, ...], Edges]]:
    """Each run, and where it must be faded: where it is cut, or meets one that is."""
    grouped = runs(plan)
    for before, run, after in zip([None, *grouped], grouped, [*grouped[1:], None], strict=False):
        yield (
            run,
            Edges(
                fade_in=run[0].cut_in or _meets_a_cut(before, run),
                fade_out=run[-1].cut_out or _meets_a_cut(run, after),
            ),
        )


def run_span(run: tuple[SoundClip, ...], rate: int) -> tuple[int, int]:
    """Samples of the track that a run takes: first, and behind the last."""
    base = Fraction(1, rate)
    return ticks(run[0].span.start, base), ticks(run[-1].span.end, base)


@dataclass(frozen=True, slots=True)
class Edges:
    """Where a run must be faded."""

    fade_in: bool
    fade_out: bool


def _meets_a_cut(run: tuple[SoundClip, ...] | None, after: tuple[SoundClip, ...] | None) -> bool:
    """Whether two runs touch where either of them was cut."""
    if run is None or after is None or run[-1].span.end != after[0].span.start:
        return False
    return run[-1].cut_out or after[0].cut_in


def _silence(count: int, channels: int) -> Iterator[Samples]:
    while count > 0:
        yield np.zeros((channels, min(count, _BLOCK)), np.float32)
        count -= _BLOCK


def _in_channels(block: Samples, channels: int) -> Samples:
    return block if block.shape[0] == channels else np.repeat(block, channels, axis=0)


def _resampled(blocks: Iterator[Samples], rate: int, target: int) -> Iterator[Samples]:
    """Blocks at another rate, by libswresample, whose output starts where its input does."""
    if rate == target:
        yield from blocks
        return
    resampler: AudioResampler | None = None
    for block in blocks:
        layout = "mono" if block.shape[0] == 1 else "stereo"
        resampler = resampler or AudioResampler("fltp", layout, target)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", layout)
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        for out in resampler.resample(frame):
            yield out.to_ndarray().astype(np.float32, copy=False)
    if resampler is not None:
        for out in resampler.resample(None):
            yield out.to_ndarray().astype(np.float32, copy=False)


def _run_samples(
    run: tuple[SoundClip, ...],
    edges: Edges,
    check: Callable[[], None],
    facts: SoundFacts,
    begin: int = 0,
    end: int | None = None,
) -> Iterator[Samples]:
    """A run at its own rate, mono or stereo: gaps filled, overlaps dropped, cut ends faded.

    From sample `begin` of it to `end`, where it begins anywhere.
    """
    rate = run[0].stream.rate
    tick = 1 / (rate * run[0].pace)  # seconds of film that a sample makes
    origin = run[0].span.start
    whole = ticks(run[-1].span.end - origin, tick)
    length = whole if end is None else end
    fade = int(FADE * rate)
    tolerance = int(TOLERANCE * rate)
    at = begin
    held: Samples | None = None  # one block stays back, to be faded if a gap follows
    fade_in = edges.fade_in and not begin
    fade_out = edges.fade_out and length == whole
    exact = True  # until something of a clip is heard, its place is met to the sample
    for clip, first, time, block in _frames(run, rate, check, facts, Fraction(begin, rate)):
        exact = exact or first
        if at >= length:
            break
        if time is not None:
            place = ticks(clip.place(time) - origin, tick)
            off = place - at
            if off < 0 and (exact or off < -tolerance):
                block = block[:, -off:]
            elif off > 0 and (exact or off > tolerance):
                if held is not None:
                    yield _faded(held, fade, out=True)
                    held, fade_in = None, True
                yield from _silence(min(off, length - at), block.shape[0])
                at = min(at + off, length)
        block = block[:, : length - at]
        if not block.shape[1]:
            continue
        exact = False
        if fade_in:
            block, fade_in = _faded(block, fade, out=False), False
        if held is not None:
            yield held
        held = block
        at += block.shape[1]
    if held is not None:
        yield _faded(held, fade, out=True) if fade_out or at < length - 1 else held
    tail = run[-1]
    promised = tail.place(tail.stream.start + tail.stream.duration) - origin
    short = min(length, ticks(promised, tick)) - at
    if short > tolerance:
        facts.missing += Fraction(short, rate)
    yield from _silence(length - at, 1 if held is None else held.shape[0])


def _faded(block: Samples, length: int, *, out: bool) -> Samples:
    count = min(length, block.shape[1])
    ramp = (np.arange(count, dtype=np.float32) + 0.5) / max(count, 1)
    block = block.copy()
    if out:
        block[:, block.shape[1] - count :] *= ramp[::-1]
    else:
        block[:, :count] *= ramp
    return block


def _frames(
    run: tuple[SoundClip, ...],
    rate: int,
    check: Callable[[], None],
    facts: SoundFacts,
    begin: Fraction,
) -> Iterator[tuple[SoundClip, bool, Fraction | None, Samples]]:
    """Decoded frames of a run: (clip, whether its place must be met exactly, time on the source's
    clock, samples). What lies before `begin` seconds of the run may be left out."""
    convert = Converter(rate)
    decoder: AudioCodecContext | None = None
    extradata: bytes | None = None
    last: SoundClip | None = None
    first = True
    for clip in run:
        plain = clip.stream.codec.startswith("pcm_") and not clip.stream.start
        wave = plain_wave(Path(clip.clip.path)) if plain else None
        if wave is not None and (wave.rate, wave.channels) == (rate, clip.stream.channels):
            at = max(0, ticks(clip.zero + begin, Fraction(1, rate)))
            for block in wave.blocks(at):
                check()
                yield clip, first, Fraction(at, rate), block
                at += block.shape[1]
                first = False
            first = True
            continue
        container = open_media(Path(clip.clip.path))
        try:
            stream = audio_stream(container, clip.clip.stream)
            if begin:
                container.seek(ticks(clip.zero + begin, clip.stream.time_base), stream=stream)
            elif clip.cut_in and not led_in(container, stream, clip):
                container.close()
                container = open_media(Path(clip.clip.path))
                stream = audio_stream(container, clip.clip.stream)
            own = stream.codec_context
            goes_on = (
                decoder is not None
                and last is not None
                and is_one_stream(last, clip)
                and own.extradata == extradata
            )
            if goes_on:
                facts.joined += 1
            elif decoder is not None and last is not None:
                for frame in decoded(decoder, None, facts):
                    yield last, False, None, convert(frame)
                first = first or not is_one_stream(last, clip)
            if not goes_on:
                decoder, extradata = own, own.extradata
            assert decoder is not None
            base = clip.stream.time_base
            found = packets_of(container, stream, facts)
            for packet in without_jumps(found, clip.stream.jumps, base):
                check()
                for frame in decoded(decoder, packet, facts):
                    time = None if frame.pts is None else frame.pts * base
                    yield clip, first, time, convert(frame)
                    first = False
            last = clip
        finally:
            container.close()
    if decoder is not None and last is not None:
        for frame in decoded(decoder, None, facts):
            yield last, first, None, convert(frame)
