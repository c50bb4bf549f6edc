"""Decoding times that are derived."""

from __future__ import annotations

import random

import pytest

from backend.media.order import WINDOW, Disorder, Ranked, reordering


def reordered(times: list[int], depth: int, seed: int) -> list[int]:
    """Times in an order that a decoder with `depth` frames of delay can undo."""
    rng = random.Random(seed)
    out, ahead = [], list(times)
    while ahead:
        late = len(out) - times.index(ahead[0])
        pick = 0 if late >= depth else rng.randrange(min(depth + 1, len(ahead)))
        out.append(ahead.pop(pick))
    return out


@pytest.mark.parametrize("seed", range(30))
def test_any_order_gets_times_that_increase_and_never_pass_the_showing(seed: int) -> None:
    rng = random.Random(seed)
    at, times = rng.randrange(-5000, 90000), []
    for _ in range(rng.choice([1, 2, 5, WINDOW, 200])):
        times.append(at)
        at += rng.randrange(20, 5000)
    order = reordered(times, rng.randrange(4), seed)
    result = list(Ranked([(t, t) for t in order], 4))
    assert [packet for _, _, packet in result] == order, "every packet, in its order"
    decoded = [d for _, d, _ in result]
    assert decoded == sorted(set(decoded))
    assert all(d <= shown for shown, d, _ in result)


def test_without_reordering_frames_are_decoded_when_they_are_shown() -> None:
    assert [(s, d) for s, d, _ in Ranked([(i * 10, i) for i in range(200)])] == [
        (i * 10, i * 10) for i in range(200)
    ]


@pytest.mark.parametrize("steps", [[3000], [1500, 3000, 3000, 60000]])
@pytest.mark.parametrize("depth", [2, 3, 5])
def test_no_frame_to_begin_with_waits_for_longer_than_the_first(
    steps: list[int], depth: int
) -> None:
    shown = [sum(steps[j % len(steps)] for j in range(i)) for i in range(240)]
    group = [0, 4, 2, 1, 3, 8, 6, 5, 7, 9]
    order = [shown[10 * g + i] for g in range(24) for i in group]
    result = [(time, decoded) for time, decoded, _ in Ranked([(t, t) for t in order], depth)]
    assert [time for time, _ in result] == order
    first = result[0][0] - result[0][1]
    assert first > 0
    assert all(time - decoded <= first for time, decoded in result[::10])
    assert all(decoded > 0 for _, decoded in result[1:]), "the muxer takes none of them for first"


def test_doubled_times_are_a_disorder() -> None:
    with pytest.raises(Disorder):
        list(Ranked([(0, 0), (10, 1), (10, 2), (20, 3)]))


def test_reordering_of_a_pyramid() -> None:
    assert reordering([0, 4, 2, 1, 3, 8, 6, 5, 7]) == 2
    assert reordering([]) == 0
