from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.core.session import Segment
from backend.core.time import ZERO, TimeRange
from backend.core.timeline import (
    Clip,
    Gap,
    Timeline,
    Track,
    TrackKind,
    join_segments,
    session_timeline,
)

from .making import picture, segment, session

starts = st.fractions(min_value=-5, max_value=40, max_denominator=7)
lengths = st.fractions(min_value=0, max_value=15, max_denominator=7)


@st.composite
def placed_segments(draw: st.DrawFn) -> list[Segment]:
    """Segments with offsets of their own, no two the same."""
    offsets = draw(st.lists(starts, max_size=8, unique=True))
    return [
        segment(
            f"{i}.m4a", draw(lengths), offset, sound=draw(st.sampled_from([True] * 5 + [False]))
        )
        for i, offset in enumerate(offsets)
    ]


def heard_at(track: Track, moment: Fraction) -> tuple[str, Fraction] | None:
    """Which file sounds at a moment of the track, and which of its own moments."""
    for span, item in track.placed():
        if moment in span and isinstance(item, Clip):
            return item.path, item.source_range.start + moment - span.start
    return None


def meant_at(segments: list[Segment], moment: Fraction) -> tuple[str, Fraction] | None:
    """The same by the rule itself: of all that cover the moment, the one that started last."""
    covering = [
        (s.offset, s.info.path)
        for s in segments
        if s.info.audio and s.offset is not None and s.offset <= moment < s.offset + s.info.duration
    ]
    if not covering:
        return None
    offset, path = max(covering)
    return path, moment - offset


@given(placed_segments(), st.data())
def test_every_moment_sounds_as_the_segment_that_started_last(
    segments: list[Segment], data: st.DataObject
) -> None:
    track = join_segments(segments)
    edges = {s.offset for s in segments} | {
        s.offset + s.info.duration for s in segments if s.offset is not None
    }
    moments = [edge for edge in edges if edge is not None and edge >= 0]
    moments.append(data.draw(st.fractions(min_value=0, max_value=60, max_denominator=11)))
    for moment in moments:
        assert heard_at(track, moment) == meant_at(segments, moment)


@given(placed_segments())
def test_the_sound_lasts_until_the_last_segment_ends(segments: list[Segment]) -> None:
    ends = [s.offset + s.info.duration for s in segments if s.info.audio and s.offset is not None]
    assert join_segments(segments).duration == max([*ends, ZERO])


@given(placed_segments())
def test_nothing_plays_beyond_its_source_and_no_two_pieces_could_be_one(
    segments: list[Segment],
) -> None:
    items = join_segments(segments).items
    by_path = {s.info.path: s.info.duration for s in segments}
    for item in items:
        assert item.duration > 0
        if isinstance(item, Clip):
            assert item.source_range.start >= 0
            assert item.source_range.end <= by_path[item.path]
    for left, right in pairwise(items):
        assert not (isinstance(left, Gap) and isinstance(right, Gap))
        if isinstance(left, Clip) and isinstance(right, Clip):
            assert left.path != right.path or left.source_range.end != right.source_range.start


@given(placed_segments(), st.randoms(use_true_random=False))
def test_the_order_in_which_segments_are_listed_changes_nothing(
    segments: list[Segment], random: object
) -> None:
    shuffled = list(segments)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert join_segments(shuffled) == join_segments(segments)


@given(st.lists(lengths, max_size=6))
def test_without_offsets_segments_follow_one_another(durations: list[Fraction]) -> None:
    track = join_segments([segment(f"{i}.m4a", d) for i, d in enumerate(durations)])
    assert [(c.path, c.duration) for c in track.clips] == [
        (f"{i}.m4a", d) for i, d in enumerate(durations) if d
    ]
    assert track.duration == sum(durations, ZERO)


def test_a_segment_without_offset_follows_the_one_before_it_in_the_list() -> None:
    track = join_segments(
        [
            segment("a", Fraction(2), Fraction(3)),
            segment("b", Fraction(1)),
            segment("c", Fraction(1)),
        ]
    )
    assert [type(item) for item in track.items] == [Gap, Clip, Clip, Clip]
    assert heard_at(track, Fraction(11, 2)) == ("b", Fraction(1, 2))


def test_a_silent_file_keeps_its_place_but_makes_a_gap() -> None:
    track = join_segments(
        [
            segment("a", Fraction(1)),
            segment("b", Fraction(2), sound=False),
            segment("c", Fraction(1)),
        ]
    )
    assert track.items[1] == Gap(Fraction(2))
    assert track.duration == 4


def test_sound_from_before_the_session_is_left_out_and_shifts_nothing() -> None:
    track = join_segments([segment("a", Fraction(10), Fraction(-4))])
    assert track.items == (Clip("a", 0, TimeRange(Fraction(4), Fraction(10))),)


def test_two_segments_of_one_start_play_the_later_listed() -> None:
    track = join_segments([segment("a", Fraction(5), ZERO), segment("b", Fraction(2), ZERO)])
    assert [(c.path, c.duration) for c in track.clips] == [("b", 2), ("a", 3)]


def test_a_film_takes_the_segments_sound_or_else_the_videos_own() -> None:
    own = replace(session(), picture=picture(Fraction(10), sound=True))
    sound = session_timeline(own).track(TrackKind.AUDIO)
    assert sound is not None and [c.path for c in sound.clips] == ["p.mp4"]
    assert sound.clips[0].stream == 1  # the picture's stream is 0

    beside = replace(own, segments=(segment("s.m4a", Fraction(12)),))
    timeline = session_timeline(beside)
    sound = timeline.track(TrackKind.AUDIO)
    assert sound is not None and [c.path for c in sound.clips] == ["s.m4a"]
    assert timeline.duration == 12


def test_a_session_of_one_kind_has_one_track_and_of_none_no_length() -> None:
    mute = session_timeline(replace(session(), picture=picture(Fraction(10))))
    assert [t.kind for t in mute.tracks] == [TrackKind.VIDEO]
    talk = session_timeline(replace(session(), segments=(segment("s", Fraction(3)),)))
    assert [t.kind for t in talk.tracks] == [TrackKind.AUDIO]
    nothing = session_timeline(session())
    assert nothing == Timeline(()) and nothing.duration == 0
