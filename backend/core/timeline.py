"""Timelines: what plays when.

The words are OpenTimelineIO's: a track is a sequence of clips and gaps, each behind the last; a
clip shows a range of its source. A merged session is a timeline with one track of picture and one
of sound, and so will be every cut, mix and film made of several takes.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from backend.core.placement import place
from backend.core.session import AudioChoice, Picture, Segment, Session, heard_tracks
from backend.core.time import ZERO, TimeRange


class TrackKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class Clip:
    """A range of one stream of a source. Source time 0 is where the source's own clock starts."""

    path: str
    stream: int
    """Index of the stream in its container."""
    source_range: TimeRange
    speed: Fraction = Fraction(1)
    """Seconds of the source that play in a second: not quite 1 where its clock ran wrong."""

    @property
    def duration(self) -> Fraction:
        return self.source_range.duration / self.speed


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing to see, or silence."""

    duration: Fraction


@dataclass(frozen=True, slots=True)
class Track:
    kind: TrackKind
    items: tuple[Clip | Gap, ...]

    @property
    def duration(self) -> Fraction:
        return sum((item.duration for item in self.items), ZERO)

    def placed(self) -> Iterator[tuple[TimeRange, Clip | Gap]]:
        """Each item with the range it takes on the track."""
        at = ZERO
        for item in self.items:
            yield TimeRange(at, at + item.duration), item
            at += item.duration

    @property
    def clips(self) -> tuple[Clip, ...]:
        return tuple(item for item in self.items if isinstance(item, Clip))


@dataclass(frozen=True, slots=True)
class Timeline:
    tracks: tuple[Track, ...]

    def track(self, kind: TrackKind) -> Track | None:
        return next((track for track in self.tracks if track.kind is kind), None)

    @property
    def duration(self) -> Fraction:
        return max((track.duration for track in self.tracks), default=ZERO)


def join_segments(segments: Sequence[Segment], choice: AudioChoice = None, lane: int = 0) -> Track:
    """One track of sound out of segments, in the order in which they start. `lane`: which of the
    tracks that are heard of each.

    Where two overlap, the one that started later is heard: recorders that open a new piece before
    they close the last repeat the same sound. Time that none covers becomes a gap; what a negative
    offset puts before the session's start is left out. One sweep over the starts and ends,
    O(n log n).
    """
    placed = [
        (found.span, found.speed, segment.info.path, streams[lane].index)
        for found, segment in zip(place(segments), segments, strict=True)
        if len(streams := heard_tracks(segment.info, choice)) > lane
    ]
    ends = {edge for span, *_ in placed for edge in (span.start, span.end)}
    edges = sorted(edge for edge in ends | {ZERO} if edge >= ZERO)
    starting = deque(sorted(range(len(placed)), key=lambda i: placed[i][0].start))
    sounding: list[tuple[Fraction, int]] = []  # a heap, latest start on top
    heard: list[tuple[TimeRange, int | None]] = []
    for start, end in pairwise(edges):
        while starting and placed[starting[0]][0].start <= start:
            i = starting.popleft()
            heapq.heappush(sounding, (-placed[i][0].start, -i))
        while sounding and placed[-sounding[0][1]][0].end <= start:
            heapq.heappop(sounding)
        top = -sounding[0][1] if sounding else None
        if heard and heard[-1][1] == top:
            heard[-1] = (TimeRange(heard[-1][0].start, end), top)
        else:
            heard.append((TimeRange(start, end), top))
    items: list[Clip | Gap] = []
    for span, heard_now in heard:
        if heard_now is None:
            items.append(Gap(span.duration))
        else:
            own, speed, path, stream = placed[heard_now]
            shown = TimeRange((span.start - own.start) * speed, (span.end - own.start) * speed)
            items.append(Clip(path, stream, shown, speed))
    return Track(TrackKind.AUDIO, tuple(items))


def session_timeline(session: Session) -> Timeline:
    """The film of a session."""
    return recorded_timeline(session.picture, session.segments, session.options.audio)


def recorded_timeline(
    picture: Picture | None, segments: Sequence[Segment], choice: AudioChoice = None
) -> Timeline:
    """The film of recordings: the picture, with the segments' sound or else the video's own.

    Several tracks of sound are heard at once.
    """
    tracks = []
    if picture is not None:
        whole = TimeRange(ZERO, picture.info.duration)
        video = picture.info.video[0].index
        tracks.append(Track(TrackKind.VIDEO, (Clip(picture.info.path, video, whole),)))
    if segments:
        heard = [len(heard_tracks(segment.info, choice)) for segment in segments]
        lanes = range(max(1, *heard))
        tracks += [join_segments(segments, choice, lane) for lane in lanes]
    elif picture is not None:
        for stream in heard_tracks(picture.info, choice):
            sound = Clip(picture.info.path, stream.index, whole)
            tracks.append(Track(TrackKind.AUDIO, (sound,)))
    return Timeline(tuple(tracks))
