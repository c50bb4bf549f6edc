from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.edits import complement, keep, normalised, remove, require_inside
from backend.core.fault import FaultError
from backend.core.time import ZERO, TimeRange
from backend.core.timeline import Clip, Gap, Timeline, Track, TrackKind
from backend.core.timemap import Reason

moments = st.fractions(min_value=-2, max_value=30, max_denominator=5)
lengths = st.fractions(min_value=Fraction(1, 5), max_value=9, max_denominator=5)
ranges = st.lists(
    st.tuples(moments, moments).map(lambda ends: TimeRange(min(ends), max(ends))), max_size=6
)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    tracks = []
    for kind in (TrackKind.VIDEO, TrackKind.AUDIO):
        items: list[Clip | Gap] = []
        for i in range(draw(st.integers(0, 5))):
            length, start = draw(lengths), draw(lengths)
            gap = draw(st.booleans())
            clip = Clip(f"{kind}{i}", 0, TimeRange(start, start + length))
            items.append(Gap(length) if gap else clip)
        tracks.append(Track(kind, tuple(items)))
    return Timeline(tuple(tracks))


def shown_at(timeline: Timeline, kind: TrackKind, moment: Fraction) -> tuple[str, Fraction] | None:
    track = timeline.track(kind)
    assert track is not None
    for span, item in track.placed():
        if moment in span:
            if isinstance(item, Gap):
                return None
            return item.path, item.source_range.start + moment - span.start
    return None


@given(timelines(), ranges, moments)
def test_every_moment_that_is_kept_shows_what_it_showed(
    timeline: Timeline, wanted: list[TimeRange], moment: Fraction
) -> None:
    edited = keep(timeline, wanted)
    assert edited.map.original_duration == timeline.duration
    kept = any(moment in part for part in edited.map.kept())
    assert kept == (ZERO <= moment < timeline.duration and any(moment in r for r in wanted))
    if kept:
        for kind in TrackKind:
            assert shown_at(timeline, kind, moment) == shown_at(
                edited.timeline, kind, edited.map.processed(moment)
            )
    assert edited.timeline.duration == edited.map.processed_duration


@given(timelines(), ranges)
def test_removing_is_keeping_the_rest(timeline: Timeline, wanted: list[TimeRange]) -> None:
    rest = complement(wanted, timeline.duration)
    assert remove(timeline, wanted) == keep(timeline, rest)
    assert normalised([*rest, *wanted]) == normalised([TimeRange(ZERO, timeline.duration), *wanted])


@given(timelines(), ranges, ranges)
def test_two_edits_are_one(
    timeline: Timeline, first: list[TimeRange], more: list[TimeRange]
) -> None:
    once = keep(timeline, first)
    twice = keep(once.timeline, more)
    both = once.map.then(twice.map)
    again = keep(timeline, both.kept())
    assert again.map == both
    for kind in TrackKind:
        for part in normalised(TimeRange(s.start, s.end) for s, _, _ in twice.map.placed()):
            middle = (part.start + part.end) / 2
            assert shown_at(again.timeline, kind, middle) == shown_at(twice.timeline, kind, middle)


@given(ranges)
def test_ranges_are_brought_into_order(wanted: list[TimeRange]) -> None:
    found = normalised(wanted)
    assert normalised(found) == found
    assert all(a.end < b.start for a, b in pairwise(found))
    assert all(part.duration for part in found)
    for moment in (Fraction(i, 3) for i in range(-6, 90)):
        assert any(moment in r for r in wanted) == any(moment in r for r in found)


def test_all_of_it_is_the_same() -> None:
    clip = Clip("a", 0, TimeRange(Fraction(1), Fraction(5)))
    timeline = Timeline((Track(TrackKind.VIDEO, (clip, Gap(Fraction(1)), clip)),))
    edited = keep(timeline, [TimeRange(ZERO, Fraction(99))])
    assert edited.timeline == timeline
    assert [piece.reasons for _, _, piece in edited.map.placed()] == [()]


def test_a_track_that_ends_early_stays_aligned() -> None:
    picture = Clip("v", 0, TimeRange(ZERO, Fraction(10)))
    sound = Clip("a", 1, TimeRange(ZERO, Fraction(4)))
    timeline = Timeline(
        (Track(TrackKind.VIDEO, (picture,)), Track(TrackKind.AUDIO, (sound, sound)))
    )
    edited = remove(timeline, [TimeRange(Fraction(5), Fraction(9))], Reason.SILENCE)
    first, second = edited.timeline.tracks
    assert first.duration == 6
    assert second.items == (
        sound,
        Clip("a", 1, TimeRange(ZERO, Fraction(1))),
    )
    edited = keep(
        timeline, [TimeRange(Fraction(7), Fraction(9)), TimeRange(Fraction(3), Fraction(5))]
    )
    assert edited.timeline.tracks[1].items[-1] == Clip("a", 1, TimeRange(Fraction(3), Fraction(4)))
    late = Timeline(
        (
            Track(TrackKind.VIDEO, (picture,)),
            Track(TrackKind.AUDIO, (sound, Gap(Fraction(5)), sound)),
        )
    )
    cut = keep(late, [TimeRange(Fraction(1), Fraction(2)), TimeRange(Fraction(9), Fraction(13))])
    assert cut.timeline.duration == 5
    assert cut.timeline.tracks[1].items == (
        Clip("a", 1, TimeRange(Fraction(1), Fraction(2))),
        Clip("a", 1, TimeRange(ZERO, Fraction(4))),
    )
    short = keep(
        Timeline((Track(TrackKind.VIDEO, (picture, picture)), Track(TrackKind.AUDIO, (sound,)))),
        [TimeRange(Fraction(3), Fraction(6)), TimeRange(Fraction(8), Fraction(9))],
    )
    assert short.timeline.tracks[1].duration == 1


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (-1, 2, "is not inside the recording, which lasts 0:10.000"),
        (2, 11, "is not inside"),
        (10, 10, "is not inside"),
        (3, 3, "is empty"),
    ],
)
def test_ranges_that_are_not_there_are_refused(start: int, end: int, words: str) -> None:
    ten = Fraction(10)
    with pytest.raises(FaultError) as caught:
        require_inside([TimeRange(Fraction(start), Fraction(end))], ten)
    assert words in caught.value.fault.message
    assert caught.value.fault.hint
    with pytest.raises(FaultError):
        require_inside([], ten)


def test_the_very_start_and_end_are_inside() -> None:
    whole = TimeRange(ZERO, Fraction(29999, 3000))
    read_off_a_clock = TimeRange(ZERO, Fraction(10))
    assert require_inside([read_off_a_clock], whole.end) == (whole,)
    last = TimeRange(Fraction(9), whole.end)
    assert require_inside([last, TimeRange(ZERO, Fraction(1))], whole.end) == (
        TimeRange(ZERO, Fraction(1)),
        last,
    )
