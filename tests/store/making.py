"""Sessions, libraries and clocks for tests of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import apsw

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.event import Event
from backend.core.job import JobKind
from backend.core.media import AudioStream, MediaInfo, Source, VideoStream
from backend.core.session import Picture, Segment, Session, SessionOptions, SessionState
from backend.store.artifacts import Artifacts
from backend.store.db import Database
from backend.store.events import Events
from backend.store.jobs import Jobs
from backend.store.migrate import migrate
from backend.store.sessions import Sessions
from backend.store.settings import Preferences
from backend.store.tables import MODELS

MOMENT = datetime(2025, 3, 1, 9, 30, tzinfo=UTC)
KINDS = tuple(JobKind)


def source(path: str, size: int = 100) -> Source:
    return Source(path, size, 1_700_000_000_000_000_001, 42, "d1")


def audio(index: int = 0) -> AudioStream:
    return AudioStream(
        index=index,
        codec="aac",
        profile="LC",
        rate=44100,
        channels=1,
        layout="mono",
        time_base=Fraction(1, 44100),
        start=Fraction(-1024, 44100),
        duration=Fraction(10, 3),
    )


def video() -> VideoStream:
    return VideoStream(
        index=0,
        codec="h264",
        profile=None,
        width=640,
        height=360,
        pixel_format="yuv420p",
        time_base=Fraction(1, 90000),
        start=Fraction(0),
        duration=Fraction(1001, 30),
        frames=1000,
        frame_rate=Fraction(30000, 1001),
        variable=True,
        rotation=90,
        sample_aspect=Fraction(4, 3),
        color_range="tv",
    )


def segment(path: str, offset: Fraction | None = None, *, size: int = 100) -> Segment:
    info = MediaInfo(
        path=path,
        container="mov",
        size=size,
        duration=Fraction(10, 3),
        start=Fraction(0),
        audio=(audio(),),
        tags=(("title", "té"),),
    )
    return Segment(source(path, size), info, offset)


def picture(path: str = "/r/p.mp4", *, sound: bool = True) -> Picture:
    info = MediaInfo(
        path=path,
        container="mp4",
        size=900,
        duration=Fraction(1001, 30),
        start=Fraction(0),
        video=(video(),),
        audio=(audio(1),) if sound else (),
        notes=("the clock starts at 90 minutes",),
    )
    return Picture(source(path, 900), info)


def session(
    name: str,
    *,
    live: bool = False,
    title: str = "Standup",
    with_picture: bool = True,
    segments: Sequence[Segment] = (),
    options: SessionOptions | None = None,
    created: datetime = MOMENT,
) -> Session:
    return Session(
        id=name,
        title=title,
        state=SessionState.LIVE if live else SessionState.ENDED,
        started_at=MOMENT,
        created_at=created,
        updated_at=created,
        folder=None if live else "/r",
        picture=picture() if with_picture else None,
        segments=tuple(segments),
        options=options or SessionOptions(enrich=False),
        notes=("two videos",),
    )


def film(of: str, key: str = "f1", path: str = "/films/a.mp4", size: int = 10) -> Artifact:
    return Artifact(key, ArtifactKind.FILM, of, path, size, {"duration": "10/3", "né": [1, None]})


class Clock:
    """A wall clock that a test sets."""

    def __init__(self) -> None:
        self.now = MOMENT

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float = 0, days: float = 0) -> None:
        self.now += timedelta(days=days, seconds=seconds)


@dataclass
class Store:
    """An open database with everything that works on it."""

    path: Path
    clock: Clock
    told: list[Event] = field(default_factory=list)
    """What was published, in the order in which it came."""

    def __post_init__(self) -> None:
        self.reopen()

    def reopen(self) -> None:
        """Open the file, as a start of the program does."""
        connection = apsw.Connection(str(self.path))
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection)
        connection.close()
        self.database = Database(self.path, self.told.extend, self.clock)
        self.database.peewee.bind(MODELS)
        self.jobs = Jobs(self.database)
        self.sessions = Sessions(self.database)
        self.artifacts = Artifacts(self.database)
        self.events = Events(self.database)
        self.preferences = Preferences(self.database)

    def close(self) -> None:
        self.database.close()

    def sql(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """What the file says, through the writer: what a test would type into a shell."""
        return self.database.write(lambda transaction: transaction.execute(statement, parameters))

    def statuses(self) -> dict[int, str]:
        return {
            int(n): str(s) for n, s in self.database.read("SELECT id, status FROM job ORDER BY id")
        }

    def names(self) -> list[str]:
        """Names of all events told, oldest first."""
        return [event.name for event in self.told]
