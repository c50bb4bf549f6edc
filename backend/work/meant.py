"""Finding what is meant: who makes the vectors of what was said, and who compares them.

Outside the queue, like whatever nobody waits for: some seconds after passages have changed, their
vectors are made anew, one document at a time. The model runs in one process, which holds all
vectors while somebody searches, and leaves when nobody has for a while.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import multiprocessing
import signal
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from backend.bus import Bus
from backend.core.event import SESSION_CREATED, SESSION_UPDATED, Event
from backend.core.fault import Category, Fault, FaultError, cause_of_death, explain, refuse
from backend.enrich.models import Model, Purpose, how_to_add
from backend.enrich.options import meaning_model
from backend.enrich.owned import known_models
from backend.services import Near
from backend.settings import Choices, Settings
from backend.store.library import Library
from backend.store.meanings import Due, apart
from backend.work.child import MEMORY_LIMIT, bound_memory
from backend.work.standby import reap

log = logging.getLogger(__name__)

IDLE = 120.0
"""Seconds without a wish after which the process leaves."""
QUIET = 3.0
"""Seconds after a change before its vectors are made: more of them may follow."""
PATIENCE = 3.0
"""Seconds that who searches waits for vectors that are not made yet."""
SLOW = 60.0
"""Seconds without an answer after which the process counts as hung."""
_BATCH = 32
"""Texts between two looks at whether to stop."""
_ROWS = 20_000
"""Vectors sent at a time."""
_SPARE = 3
"""How many times as many vectors are looked for as hits are wanted: some lead to one place."""
_CHANGES = (SESSION_CREATED, SESSION_UPDATED, "settings-changed")
"""Events after which there may be something to be read; the last one may name another model."""


@dataclass(frozen=True, slots=True)
class _Read:
    """Answered with the packed vectors of the texts."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Hold:
    """Answered with None, when these numbered vectors are held with those from before."""

    rows: list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class _Look:
    """Answered with the numbers of the vectors closest to the words, the closest first."""

    words: str
    most: int


class MeaningSearch:
    """Owns a thread and at most one process. `near` may be called from any thread."""

    def __init__(self, settings: Settings, library: Library, bus: Bus) -> None:
        self._library = library
        self._cache = settings.models
        self._events = bus.subscribe()
        self._thread = threading.Thread(target=self._run, name="meaning")
        self._asking = threading.Lock()
        self._reading = threading.Lock()
        self._reader: _Reader | None = None
        self._asked = False
        """Somebody searched and did not wait for all: what is due is made, whatever is set."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End what runs; return when the process is gone."""
        self._events.close()
        with self._asking:
            reader, self._reader = self._reader, None
            if reader is not None:
                reader.end()
        if self._thread.ident is not None:
            self._thread.join()

    def near(self, words: str, limit: int, session: str | None = None) -> Near:
        """What comes closest to these words, the closest first. Raises FaultError."""
        model = self._model()
        if model is None:
            known = known_models(self._cache)
            lacking = next(one for one in known if one.purpose is Purpose.MEANING)
            return Near((), f"What is meant cannot be searched yet. {how_to_add(lacking)}")
        if not words.strip():
            return Near((), None)
        self._catch_up(model, time.monotonic() + PATIENCE)
        # Within one session all are ranked: its best may not be among the best of all.
        most = limit * _SPARE if session is None else 1 << 20
        numbers: list[int] = self._ask(model, _Look(words, most))
        hits = [
            hit
            for at in range(0, len(numbers), 500)
            for hit in self._library.meanings.hits(numbers[at : at + 500], session)
        ]
        behind = self._library.meanings.behind()
        if behind:
            self._asked = True
            self._events.put(Event(None, SESSION_UPDATED, datetime.now(UTC)))  # wakes the thread
        note = (
            f"{behind} {'session is' if behind == 1 else 'sessions are'} still being read;"
            " look again in a moment."
        )
        return Near(tuple(apart(hits)[:limit]), note if behind else None)

    def _run(self) -> None:
        while not self._events.closed:
            if self._wanted():
                try:
                    model = self._model()
                    if model is not None:
                        self._catch_up(model)
                    self._asked = False
                except Exception as error:
                    # Nobody waits for it: who searches is told.
                    if not self._events.closed:
                        log.warning("what sessions mean was not read: %s", error)
            self._wait_for_a_change()

    def _model(self) -> Model | None:
        wanted = Choices(self._library.preferences.all()).meaning_model
        return meaning_model(known_models(self._cache), wanted)[0]

    def _wanted(self) -> bool:
        choices = Choices(self._library.preferences.all())
        wanted = choices.session_options.enrich or self._asked
        return wanted and self._library.meanings.behind() > 0

    def _wait_for_a_change(self) -> None:
        event = self._events.get()
        while event is not None and event.name not in _CHANGES:
            event = self._events.get()
        until = time.monotonic() + QUIET
        while not self._events.closed and (left := until - time.monotonic()) > 0:
            self._events.get(left)

    def _catch_up(self, model: Model, until: float | None = None) -> None:
        """Make all vectors that are due; but not for longer than `until`. Raises FaultError."""
        limit = -1 if until is None else max(until - time.monotonic(), 0)
        if not self._reading.acquire(timeout=limit):
            return
        try:
            meanings = self._library.meanings
            meanings.remake(model.fingerprint)
            while not self._events.closed and (until is None or time.monotonic() < until):
                due = meanings.due(model.fingerprint)
                if due is None:
                    return
                self._read(due, model)
        finally:
            self._reading.release()

    def _read(self, due: Due, model: Model) -> None:
        vectors = dict(due.known)
        texts = list(dict.fromkeys(one.text for one in due.stretches if one.text not in vectors))
        for at in range(0, len(texts), _BATCH):
            batch = texts[at : at + _BATCH]
            made: list[bytes] = self._ask(model, _Read(tuple(batch)))
            vectors.update(zip(batch, made, strict=True))
        self._library.meanings.put(due, vectors, model.fingerprint)

    def _ask(self, model: Model, wish: _Read | _Look) -> Any:
        """Raises FaultError."""
        with self._asking:
            for attempt in (1, 2):
                if self._events.closed:
                    raise refuse(Category.CANCELLED, "Rushes is closing.", "Open it again.")
                reader = self._reader
                if reader is None or reader.model != model:
                    if reader is not None:
                        reader.end()
                    reader = self._reader = _Reader(model, self._cache)
                try:
                    if isinstance(wish, _Look):
                        self._bring(reader)
                    return reader.ask(wish)
                except _Gone as gone:
                    # It may have left in this very moment, as it does when nobody needs it.
                    self._reader = None
                    reader.end()
                    if attempt == 2:
                        raise FaultError(gone.fault) from gone
        raise AssertionError("unreachable")

    def _bring(self, reader: _Reader) -> None:
        """Let it hold all vectors there are."""
        made_by = reader.model.fingerprint
        while rows := self._library.meanings.since(reader.last, made_by, _ROWS):
            reader.ask(_Hold(rows))
            reader.last = rows[-1][0]


class _Gone(Exception):
    """The process is no more."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class _Reader:
    """The process that runs the model."""

    def __init__(self, model: Model, cache: Path) -> None:
        self.model = model
        self.last = 0
        """Number of the newest vector that it holds."""
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_main, args=(model, cache, theirs, IDLE), name="rushes meaning"
        )
        self._process.start()
        theirs.close()

    def ask(self, wish: _Read | _Hold | _Look) -> Any:
        """Raises FaultError where it cannot be done, `_Gone` where nobody is left to do it."""
        try:
            self._pipe.send(wish)
            if not self._pipe.poll(SLOW):
                self._process.kill()
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            self._process.join(1.0)
            raise _Gone(
                Fault(
                    Category.CRASH,
                    "The process that searches by meaning ended unexpectedly"
                    f" ({cause_of_death(self._process.exitcode)}).",
                    "Search again.",
                )
            ) from error
        if isinstance(answer, Fault):
            raise FaultError(answer)
        return answer

    def end(self) -> None:
        self._process.kill()
        reap(self._process)
        self._process.close()
        self._pipe.close()


def _main(
    model: Model, cache: Path, pipe: Connection[Any, _Read | _Hold | _Look], idle: float
) -> None:
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(MEMORY_LIMIT)
    from backend.work.handlers import lower_priority

    lower_priority()
    from backend.enrich.meaning import Meaning
    from backend.enrich.nearest import Nearest, packed

    meaning: Meaning | None = None
    held = Nearest()
    with contextlib.suppress(EOFError, OSError):
        while pipe.poll(idle):
            wish = pipe.recv()
            try:
                if isinstance(wish, _Hold):
                    held.add(wish.rows)
                    answer: object = None
                else:
                    meaning = meaning or Meaning(model, cache)
                    if isinstance(wish, _Read):
                        answer = packed(meaning.vectors(wish.texts))
                    else:
                        close = held.find(meaning.vectors([wish.words])[0], wish.most)
                        answer = [number for number, _ in close]
            except Exception as error:
                answer = explain(error, "search by meaning")
            pipe.send(answer)
