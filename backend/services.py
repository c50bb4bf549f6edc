"""What the backend's outer rooms are handed; `app.py` fills it in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backend.bus import Board, Bus, Presence
from backend.core.artifact import Artifact
from backend.core.canvas import Canvas
from backend.core.job import Priority
from backend.core.model import ModelCheck, ModelFacts
from backend.core.session import Session, SessionOptions
from backend.settings import Settings
from backend.store.library import Library
from backend.store.search import Hit


class Intake(Protocol):
    """Takes recordings in. What is wrong with one is a `FaultError`, and nothing of it is kept."""

    def bring(
        self,
        paths: Sequence[Path],
        *,
        title: str | None = None,
        options: SessionOptions | None = None,
        priority: Priority = Priority.NORMAL,
        again: bool = False,
    ) -> tuple[Session, bool]:
        """Import one session: a folder, or loose files. The session, and whether it is new."""

    def begin(self, title: str | None = None, options: SessionOptions | None = None) -> Session:
        """A live session, ready to be given segments."""

    def sample(self) -> tuple[Session, bool]:
        """The sample session, made where it is not there yet; and whether it is new."""

    def receive(self, session: str, name: str) -> Path:
        """Where the upload of a live session's segment `name` is to be written, unfinished."""

    def accept(self, session: str, name: str) -> Session:
        """Check the finished upload of `name` and make it part of the session."""

    def end(self, session: str, priority: Priority = Priority.NORMAL) -> Session:
        """End a live session: its whole graph is stored, and this returns at once."""


class Renditions(Protocol):
    """Pieces of films for pages that cannot play H.264."""

    def piece(self, film: Artifact, number: int, gone: Callable[[], bool]) -> Path | None:
        """The file of a piece once it is made; None when `gone` says that nobody waits any more.

        Raises `FaultError` where it cannot be made.
        """


class Models(Protocol):
    """What finds out what is in sessions. `check` is asked while it works, and may raise."""

    def all(self) -> list[ModelFacts]:
        """Every model that there is or could be, and which of them are in use."""

    def add(self, folder: Path, name: str | None, check: Callable[[], None]) -> ModelFacts:
        """Take in the model in a folder, under a name or its folder's, if it works.

        Raises `FaultError` where it does not.
        """

    def forget(self, name: str) -> None:
        """Forget one that was added; its folder stays. Raises KeyError for no such one,
        PermissionError for one that was not added."""

    def verify(
        self, name: str, check: Callable[[], None], tell: Callable[[float], None]
    ) -> ModelCheck:
        """Compare its files with what they should be, and try it. `tell` hears how much is done, 0
        to 1. Raises KeyError."""


@dataclass(frozen=True, slots=True)
class Near:
    """What comes close to some words."""

    hits: tuple[Hit, ...]
    note: str | None
    """What would make it more, for people."""


class Meanings(Protocol):
    """Finds what is meant, whatever the words."""

    def near(self, words: str, limit: int, session: str | None = None) -> Near:
        """At most `limit` places, the closest first. Raises `FaultError`."""


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    library: Library
    bus: Bus
    board: Board
    presence: Presence
    intake: Intake
    renditions: Renditions
    meanings: Meanings
    models: Models
    poster: Callable[[Canvas, Mapping[str, bytes], bool], bytes]
    """A canvas as PNG, with its pictures by their keys; dark or not. Raises `FaultError`."""
    token: str
    leave: Callable[[], None]
    """Ask the backend to end in an orderly way; returns at once."""
