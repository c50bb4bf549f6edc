"""Server-sent events: what happens, as it happens, with nothing lost or told twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Annotated

from flask import Response, current_app, request
from pydantic import Field

from backend.api.faults import ERRORS, json_bytes
from backend.api.routes import Routes
from backend.api.wire import Asked, services
from backend.bus import Bus, Subscription
from backend.core.event import Event
from backend.services import Services

api = Routes("events", __name__, url_prefix="/api/events", abp_responses=ERRORS)

STREAMS = "rushes.streams"
HEARTBEAT = 10.0
"""Seconds without an event after which a comment says that the stream lives."""
LOOK_UP = 0.25
"""Seconds after which a stream that has nothing to tell looks whether its client is still there."""
QUEUE = 2000


class Streams:
    """The open event streams of one server, which ends them all before it closes."""

    def __init__(self) -> None:
        self._open: set[Subscription] = set()
        self._lock = threading.Lock()
        self._closed = False

    def subscribe(self, bus: Bus) -> Subscription:
        subscription = bus.subscribe(QUEUE)
        with self._lock:
            if not self._closed:
                self._open.add(subscription)
                return subscription
        subscription.close()
        return subscription

    def leave(self, subscription: Subscription) -> None:
        with self._lock:
            self._open.discard(subscription)
        subscription.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            leaving = tuple(self._open)
        for subscription in leaving:
            subscription.close()


class EventsQuery(Asked):
    after: Annotated[int, Field(ge=0, le=2**53)] | None = None
    """Id of the last event that the client knows."""


@api.get("")
def stream_events(query: EventsQuery) -> Response:
    """Events from now on, or after the one named by `Last-Event-ID` or `after`.

    `reset` says that some were lost: take a new snapshot; the stream goes on from there.
    """
    last = query.after
    header = request.headers.get("Last-Event-ID", "")
    if header.isdecimal() and len(header) < 16:
        last = int(header)
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", bool)
    streams: Streams = current_app.extensions[STREAMS]
    # The subscription stands before the answer begins: what the client asks for after it has the
    # first bytes cannot fall between.
    known = services().library.events.last() if last is None else last
    subscription = streams.subscribe(services().bus)
    told = _tell(services(), streams, subscription, known, gone)
    return Response(told, content_type="text/event-stream; charset=utf-8")


def _tell(
    behind: Services,
    streams: Streams,
    subscription: Subscription,
    last: int,
    gone: Callable[[], bool],
) -> Iterator[bytes]:
    try:
        yield b": Rushes\n\n"
        while True:
            missed = behind.library.events.since(last)
            if missed is None:
                last = behind.library.events.last()
                yield _frame("reset", last, {"event": "reset", "id": last})
                missed = behind.library.events.since(last) or ()
            for event in missed:
                last = event.id or last
                yield _framed(event)
            heard = time.monotonic()
            while not subscription.overflowed:
                next_event = subscription.get(LOOK_UP)
                if gone() or (next_event is None and subscription.closed):
                    return
                if next_event is None:
                    if time.monotonic() - heard >= HEARTBEAT:
                        heard = time.monotonic()
                        yield b": still here\n\n"
                    continue
                if next_event.id is not None:
                    if next_event.id <= last:
                        continue  # read from the log already
                    last = next_event.id
                heard = time.monotonic()
                yield _framed(next_event)
            # The client was too slow for its queue. The log has what it missed.
            streams.leave(subscription)
            subscription = streams.subscribe(behind.bus)
    finally:
        streams.leave(subscription)


def _framed(event: Event) -> bytes:
    return _frame(event.name, event.id, event.as_dict())


def _frame(name: str, number: int | None, data: dict[str, object]) -> bytes:
    head = b"" if number is None else b"id: %d\n" % number
    return head + b"event: " + name.encode() + b"\ndata: " + json_bytes(data) + b"\n\n"
