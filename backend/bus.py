"""Who is told what happens: publish and subscribe inside the backend process.

Committed events come from the database's writer, in order; progress comes from the jobs' threads
and is kept here, in memory, since it is worth nothing after a restart.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from backend.core.event import Event


class Subscription:
    """One listener's queue. Ends when the listener leaves it, or the bus closes."""

    def __init__(self, bus: Bus, size: int) -> None:
        self._bus = bus
        self._size = size
        self._events: deque[Event] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self.overflowed = False
        """Events were lost because nobody fetched them: read the log, or take a new snapshot."""

    def put(self, event: Event) -> None:
        with self._changed:
            if len(self._events) >= self._size:
                self.overflowed = True
                self._events.popleft()
            self._events.append(event)
            self._changed.notify()

    def get(self, timeout: float | None = None) -> Event | None:
        """The next event; None after `timeout` seconds without one, or once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._closed, timeout)
            return self._events.popleft() if self._events else None

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._bus.leave(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Bus:
    """Passes events on to whoever listens. Never waits for a listener."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._lock = threading.Lock()
        self._closed = False

    def publish(self, events: Sequence[Event]) -> None:
        with self._lock:
            listeners = tuple(self._subscriptions)
        for event in events:
            for listener in listeners:
                listener.put(event)

    def subscribe(self, size: int = 1000) -> Subscription:
        """A queue of at most `size` events from now on; the subscriber closes it."""
        subscription = Subscription(self, size)
        with self._lock:
            if not self._closed:
                self._subscriptions.append(subscription)
                return subscription
        subscription.close()
        return subscription

    def leave(self, subscription: Subscription) -> None:
        with self._lock:
            if subscription in self._subscriptions:
                self._subscriptions.remove(subscription)

    def close(self) -> None:
        """End every subscription, so that whoever waits on one can go."""
        with self._lock:
            self._closed = True
            leaving = tuple(self._subscriptions)
        for subscription in leaving:
            subscription.close()


class Board:
    """What is true right now and kept nowhere else: progress by job, and how the machine stands."""

    def __init__(self) -> None:
        self._progress: dict[int, Mapping[str, object]] = {}
        self._machine: Mapping[str, object] = {}
        self._lock = threading.Lock()

    def progress(self, job: int) -> Mapping[str, object] | None:
        """`core.progress.Progress.as_dict` of a running job; None when there is none."""
        with self._lock:
            return self._progress.get(job)

    def set_progress(self, job: int, progress: Mapping[str, object] | None) -> None:
        with self._lock:
            if progress is None:
                self._progress.pop(job, None)
            else:
                self._progress[job] = progress

    def machine(self) -> Mapping[str, object]:
        """Limits in force by lane, with processor, memory and disk as they were last measured."""
        with self._lock:
            return self._machine

    def set_machine(self, machine: Mapping[str, object]) -> None:
        with self._lock:
            self._machine = machine


class Presence:
    """Who still needs this backend: requests in flight and open event streams are its leases."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held = 0
        self._left_at = clock()

    def __enter__(self) -> Presence:
        with self._lock:
            self._held += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """Give back one lease that was taken with `__enter__`."""
        with self._lock:
            self._held -= 1
            self._left_at = self._clock()

    def alone_for(self) -> float:
        """Seconds since the last lease ended; 0 while one is held."""
        with self._lock:
            return 0.0 if self._held else self._clock() - self._left_at
