"""Live sessions are worked on while they are recorded, so that little is left when they end.

Outside the queue, like whatever nobody waits for: whenever half a minute of sound has come in, a
process encodes what will not change any more and leaves. Its pieces are artifacts, which the merge
finds under the names it gives them itself. Nothing depends on this: a piece that is not there,
since the backend was killed or the order of the segments changed, is encoded by the merge.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import multiprocessing
import signal
import threading
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from backend.bus import Bus
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.event import SESSION_DELETED, SESSION_UPDATED
from backend.core.fault import Fault, explain
from backend.core.session import Session, SessionState
from backend.settings import Settings
from backend.store.library import Library
from backend.work import shelf
from backend.work.child import MEMORY_LIMIT, bound_memory
from backend.work.isolate import end_with
from backend.work.standby import reap

log = logging.getLogger(__name__)

ENOUGH = Fraction(30)
"""Seconds of new sound that are worth a process."""
_LOOK = 0.25
"""Seconds between looks at whether the session still is recorded."""


@dataclass(frozen=True, slots=True)
class _Made:
    key: str
    part: Path


class Ahead:
    """Encodes the sound of live sessions, one session at a time. Owns a thread and a process."""

    def __init__(self, settings: Settings, library: Library, bus: Bus) -> None:
        self._settings = settings
        self._library = library
        self._events = bus.subscribe(size=1000)
        self._heard: dict[str, Fraction] = {}
        """Seconds of sound that each live session had when it was last worked on."""
        self._waiting: dict[str, None] = {}
        self._thread = threading.Thread(target=self._run, name="ahead")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End what runs; return when the process is gone."""
        self._events.close()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._events.closed:
            try:
                self._listen(None if not self._waiting else 0.0)
                if self._waiting:
                    number = next(iter(self._waiting))
                    del self._waiting[number]
                    self._look(number)
            except Exception:
                # What is not done ahead is done by the merge.
                log.exception("sound could not be encoded ahead")

    def _listen(self, timeout: float | None) -> None:
        """Note which sessions have changed; waits for the first."""
        event = self._events.get(timeout)
        while event is not None:
            if event.session is not None and event.name == SESSION_UPDATED:
                self._waiting[event.session] = None
            elif event.session is not None and event.name == SESSION_DELETED:
                self._waiting.pop(event.session, None)
                self._heard.pop(event.session, None)
            event = self._events.get(0.0)

    def _live(self, number: str) -> Session | None:
        session = self._library.sessions.get(number)
        if session is None or session.state is not SessionState.LIVE:
            self._heard.pop(number, None)
            return None
        return session

    def _look(self, number: str) -> None:
        session = self._live(number)
        if session is None or not session.options.merge or self._library.preferences.queue_paused():
            return
        length = sum((s.info.duration for s in session.segments), Fraction(0))
        if abs(length - self._heard.get(number, Fraction(0))) < ENOUGH:
            return
        self._heard[number] = length
        work = shelf.work_folder(self._settings, number)
        shelf.make_folder(work)
        done = frozenset(
            artifact.key
            for artifact in self._library.artifacts.of_session(number)
            if artifact.kind is ArtifactKind.SOUND and shelf.matches(artifact)
        )
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_main, args=(session, done, work, theirs), name="rushes sound ahead"
        )
        process.start()
        theirs.close()
        try:
            self._attend(session, process, ours)
        finally:
            process.kill()
            reap(process)
            process.close()
            ours.close()
            for part in work.glob("*.ahead.part.aac"):
                part.unlink(missing_ok=True)

    def _attend(
        self, session: Session, process: SpawnProcess, pipe: Connection[None, _Made | Fault]
    ) -> None:
        """Take what the process makes, until it is done or the session is not recorded any more."""
        while not self._events.closed:
            self._listen(0.0)
            if self._live(session.id) is None:
                return
            if not pipe.poll(_LOOK):
                if process.is_alive() or pipe.poll():
                    continue
                return
            try:
                word = pipe.recv()
            except (EOFError, OSError):
                return
            if isinstance(word, Fault):
                log.info("sound of session %s is not encoded ahead: %s", session.id, word)
                return
            if not self._keep(session, word):
                return

    def _keep(self, session: Session, made: _Made) -> bool:
        """Give a piece its name; False where the session is not recorded any more."""
        final = shelf.place(self._settings, session, ArtifactKind.SOUND, made.key, made.part.suffix)
        size = made.part.stat().st_size
        artifact = Artifact(made.key, ArtifactKind.SOUND, session.id, str(final), size)
        # Recorded first: a record without its file counts for nothing, while a file that comes
        # after the session's end would be nobody's.
        if not self._library.artifacts.keep_while_live(artifact):
            return False
        shelf.put(made.part, final)
        return True


def _main(
    session: Session, done: frozenset[str], work: Path, pipe: Connection[_Made | Fault, None]
) -> None:
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(MEMORY_LIMIT)
    end_with(pipe)
    from backend.media.ahead import encode_ahead

    def part(key: str) -> Path:
        return work / f"{key[:16]}.ahead.part.aac"

    with contextlib.suppress(OSError):
        try:
            for key, path in encode_ahead(session, done, part):
                pipe.send(_Made(key, path))
        except Exception as error:
            pipe.send(explain(error, "encode the sound"))
