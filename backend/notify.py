"""Tells the owner, by the desktop's own notifications, what became of their sessions.

It listens to what was committed and reads it in the log, so that a restart misses nothing. What is
to be told is gathered for a moment, waits for the end of quiet hours and of a long queue, and is
written down as told before it is shown: nothing is shown twice.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from backend.bus import Bus
from backend.core import notice
from backend.core.job import JobStatus
from backend.core.notice import Notice, Outcome, Untold
from backend.settings import Choices
from backend.store.library import Library

log = logging.getLogger(__name__)

GATHER_SECONDS = 2.0
"""How long the first news waits for more."""
APART_SECONDS = 15.0
"""From one notice to the next: what fails one after the other does not flood the screen."""
GLANCE_SECONDS = 0.25
"""After an event, before the log is read: they seldom come alone."""
COMPLETED = f"job-{JobStatus.COMPLETED}"
PATIENCE_SECONDS = 30.0
"""Between two looks while what is to be told waits for its hour, or for the queue."""


class Desktop(Protocol):
    """Shows notices, or cannot. Never raises, never waits."""

    def show(self, notice: Notice) -> None: ...

    def expects_click(self) -> bool:
        """Whether a notice was shown so lately that its click is to be waited for."""

    def close(self) -> None:
        """Show what is still to be shown, if that is done at once; then nothing any more."""


class Notifier:
    """Runs on a thread of its own between `start` and `stop`."""

    def __init__(
        self,
        library: Library,
        bus: Bus,
        desktop: Desktop,
        since: int,
    ) -> None:
        """`since` is the id of the event after which news begin, where nothing is written down."""
        self._library = library
        self._desktop = desktop
        kept = library.notices.untold()
        self._is_kept = kept is not None
        self._untold = Untold(since) if kept is None else kept
        self._gathers_until: float | None = None
        self._said_at = -APART_SECONDS
        self._leaving = threading.Event()
        self._soon = False
        self._looked_at = since
        self._events = bus.subscribe()
        self._thread = threading.Thread(target=self._run, name="notifier")

    def start(self) -> None:
        if not self._is_kept:
            self._keep()  # so that the next life knows where this one began
        self._thread.start()

    def stop(self) -> None:
        """Tell what may be told now, and end. The library must still be open."""
        self._leaving.set()
        self._events.close()
        if self._thread.ident is not None:
            self._thread.join()
        self._desktop.close()

    def needed(self) -> bool:
        """Whether something is about to be told, or its click to be waited for."""
        return (
            self._soon
            or self._looked_at < self._library.events.last()
            or self._desktop.expects_click()
        )

    def _run(self) -> None:
        pause: float | None = 0.0  # the last life may have left something to tell
        while not self._leaving.is_set():
            self._wait(pause)
            pause = self._try_to_look()
        self._try_to_look()

    def _wait(self, pause: float | None) -> None:
        """Wait for a committed event, or for `pause` seconds. Progress is no news."""
        until = None if pause is None else time.monotonic() + pause
        while True:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return
            event = self._events.get(left)
            if event is None:
                return
            if event.id is not None:
                break
        self._leaving.wait(GLANCE_SECONDS)
        while self._events.get(0) is not None:
            pass

    def _try_to_look(self) -> float | None:
        last = self._looked_at
        try:
            last = self._library.events.last()
            return self._look()
        except Exception:
            log.exception("what happened could not be told")
            self._soon = False
            return PATIENCE_SECONDS
        finally:
            self._looked_at = last

    def _look(self) -> float | None:
        """Read what happened, tell what is due; seconds until the next look is worth it."""
        choices = Choices(self._library.preferences.all())
        before = self._untold
        self._read()
        self._untold = self._untold.chosen(choices.notify)
        if self._untold != replace(before, after=self._untold.after):
            self._keep()
        self._soon = False
        if not self._untold:
            return None
        quiet = choices.quiet
        due = self._untold.due(self._busy())
        if not due or (quiet is not None and quiet.cover(datetime.now().time())):
            self._gathers_until = None
            return PATIENCE_SECONDS
        now = time.monotonic()
        if self._gathers_until is None:
            self._gathers_until = now + GATHER_SECONDS
        wait = max(self._gathers_until, self._said_at + APART_SECONDS) - now
        if wait > 0 and not self._leaving.is_set():
            self._soon = True
            return wait
        self._tell(due)
        self._gathers_until = None
        return 0.0 if self._untold else None

    def _read(self) -> None:
        events = self._library.events.since(self._untold.after)
        if events is None:  # no longer kept: what they told of is old
            self._untold = replace(self._untold, after=self._library.events.last())
            return
        for event in events:
            # Only an ending can be the last: a queue of thousands has as many events that are none.
            ended = event.name == COMPLETED and self._has_finished(event.session)
            self._untold = self._untold.noting(event, ended)

    def _has_finished(self, session: str | None) -> bool:
        if session is None:
            return False
        return notice.is_finished(self._library.jobs.of_sessions([session])[session])

    def _busy(self) -> int:
        """Sessions that are still at work; a queue that was paused keeps nothing back."""
        if self._library.preferences.queue_paused():
            return 0
        return self._library.jobs.busy_sessions()

    def _tell(self, due: Untold) -> None:
        told = notice.notice_of(self._outcomes(due))
        self._untold = self._untold.without((*due.ready, *due.failed))
        self._keep()
        if told is not None:
            self._said_at = time.monotonic()
            log.info("notice: %s: %s", told.title, told.body)
            self._desktop.show(told)

    def _outcomes(self, due: Untold) -> list[Outcome]:
        """What became of these sessions by now: one that was retried or deleted is no news."""
        sessions = list(dict.fromkeys((*due.failed, *due.ready)))
        jobs = self._library.jobs.of_sessions(sessions)
        outcomes = []
        for number in sessions:
            session = self._library.sessions.get(number)
            if session is None:
                continue
            ready = session.film is not None and notice.is_finished(jobs[number])
            broken = jobs[number] if number in due.failed else ()
            outcomes.append(notice.outcome_of(number, session.title, broken, ready))
        return outcomes

    def _keep(self) -> None:
        try:
            self._library.notices.keep(self._untold)
        except Exception as error:  # a full disk is just what is to be told
            log.warning("what was told could not be written down: %s", error)
