"""Core values for tests, with only that said which a test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from backend.core.job import RULES, Job, JobKind, JobStatus, Lane, Priority
from backend.core.media import AudioStream, MediaInfo, Source, VideoStream
from backend.core.session import Picture, Segment, Session, SessionOptions, SessionState

MOMENT = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)


def source(path: str) -> Source:
    return Source(path, 100, 1, 2, "d1")


def audio(duration: Fraction, index: int = 0) -> AudioStream:
    return AudioStream(
        index=index,
        codec="aac",
        profile=None,
        rate=48000,
        channels=2,
        layout="stereo",
        time_base=Fraction(1, 48000),
        start=Fraction(0),
        duration=duration,
    )


def video(duration: Fraction, index: int = 0) -> VideoStream:
    return VideoStream(
        index=index,
        codec="h264",
        profile="High",
        width=640,
        height=360,
        pixel_format="yuv420p",
        time_base=Fraction(1, 90000),
        start=Fraction(0),
        duration=duration,
        frames=None,
        frame_rate=Fraction(30),
        variable=False,
        rotation=0,
        sample_aspect=Fraction(1),
    )


def info(path: str, duration: Fraction, *, sound: bool = True, picture: bool = False) -> MediaInfo:
    return MediaInfo(
        path=path,
        container="mp4",
        size=100,
        duration=duration,
        start=Fraction(0),
        video=(video(duration),) if picture else (),
        audio=(audio(duration, int(picture)),) if sound else (),
    )


def segment(
    name: str, duration: Fraction, offset: Fraction | None = None, *, sound: bool = True
) -> Segment:
    return Segment(source(name), info(name, duration, sound=sound), offset)


def picture(duration: Fraction, *, sound: bool = False) -> Picture:
    return Picture(source("p.mp4"), info("p.mp4", duration, sound=sound, picture=True))


def session(state: SessionState = SessionState.ENDED) -> Session:
    return Session(
        id="s1",
        title="Standup",
        state=state,
        started_at=MOMENT,
        created_at=MOMENT,
        updated_at=MOMENT,
        options=SessionOptions(enrich=False),
    )


def job(
    number: int,
    status: JobStatus = JobStatus.QUEUED,
    *,
    kind: JobKind = JobKind.MERGE,
    lane: Lane | None = None,
    priority: Priority = Priority.NORMAL,
    units: float | None = None,
) -> Job:
    return Job(
        id=number,
        session="s1",
        kind=kind,
        lane=lane or RULES[kind].lane,
        status=status,
        priority=priority,
        units=units,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
