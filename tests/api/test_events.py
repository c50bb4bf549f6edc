"""The event stream: nothing lost, nothing twice, ends at once."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from backend.api import events
from backend.core.event import Event
from tests.api.conftest import Backend

SECONDS = 20.0


class Stream:
    """An event stream as a program reads it, byte by byte."""

    def __init__(self, backend: Backend, path: str = "/api/events", **headers: str) -> None:
        self.connection: socket.socket = backend.send("GET", path, None, backend.headers(**headers))
        self._data = b""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        assert " 200 " in head.split("\r\n")[0], head
        assert "text/event-stream" in head
        assert self.comment().startswith(b": Rushes"), "it says at once that it stands"

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._data:
            more = self.connection.recv(65536)
            if not more:
                raise ConnectionError(f"broken off after {self._data!r}")
            self._data += more
        found, _, self._data = self._data.partition(mark)
        return found

    def comment(self) -> bytes:
        """The next chunk of the answer, whatever it is. EOFError at its proper end."""
        size = int(self._until(b"\r\n"), 16)
        if not size:
            raise EOFError
        while len(self._data) < size + 2:
            more = self.connection.recv(65536)
            if not more:
                raise ConnectionError("broken off")
            self._data += more
        chunk, self._data = self._data[:size], self._data[size + 2 :]
        return chunk

    def next(self) -> tuple[str, int | None, dict[str, object]]:
        """Name, id and data of the next event."""
        while True:
            chunk = self.comment()
            if not chunk.startswith(b":"):
                break
        fields = dict(line.split(b": ", 1) for line in chunk.strip().split(b"\n"))
        number = int(fields[b"id"]) if b"id" in fields else None
        return fields[b"event"].decode(), number, json.loads(fields[b"data"])

    def ids(self, count: int) -> list[int | None]:
        return [self.next()[1] for _ in range(count)]


def wait_until(true: Callable[[], bool]) -> None:
    done = threading.Event()
    for _ in range(int(SECONDS / 0.02)):
        if true():
            return
        done.wait(0.02)
    raise AssertionError("it did not come true")


def last(backend: Backend) -> int:
    return backend.library.events.last()


def test_what_is_committed_is_told_in_order(backend: Backend) -> None:
    backend.process()
    stream = Stream(backend)
    before = last(backend)
    session = backend.process()
    name, number, data = stream.next()
    assert (name, number) == ("session-created", before + 1)
    assert data["session"] == session
    assert stream.ids(last(backend) - before - 1) == list(range(before + 2, last(backend) + 1))


def test_progress_is_told_without_an_id(backend: Backend) -> None:
    stream = Stream(backend)
    event = Event(None, "job-progress", datetime.now(UTC), "s", 7, {"progress": 0.5})
    backend.services.bus.publish([event])
    name, number, data = stream.next()
    assert (name, number) == ("job-progress", None)
    assert (data["job"], data["progress"], data["id"]) == (7, 0.5, None)


@pytest.mark.parametrize("by", ["header", "query"])
def test_a_page_that_was_away_misses_nothing(backend: Backend, by: str) -> None:
    backend.process()
    known = last(backend)
    backend.process()
    missed = last(backend)
    if by == "header":
        stream = Stream(backend, Last_Event_ID=str(known))
    else:
        stream = Stream(backend, f"/api/events?after={known}")
    backend.process()
    assert stream.ids(last(backend) - known) == list(range(known + 1, last(backend) + 1))
    assert missed < last(backend)


def test_nothing_is_lost_or_doubled_where_log_and_stream_meet(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = backend.library.events.since

    def slow(after: int) -> object:
        # Between the subscription and the reading of the log: it is in both.
        backend.process()
        found = since(after)
        # And after the log was read: it is in the subscription only.
        backend.process()
        monkeypatch.setattr(backend.library.events, "since", since)
        return found

    monkeypatch.setattr(backend.library.events, "since", slow)
    known = last(backend)
    stream = Stream(backend, f"/api/events?after={known}")
    wait_until(lambda: backend.library.events.since is since)
    backend.process()
    assert stream.ids(last(backend) - known) == list(range(known + 1, last(backend) + 1))


def test_what_the_log_no_longer_has_is_a_reset(backend: Backend) -> None:
    backend.process()
    stream = Stream(backend, "/api/events?after=999999")
    name, number, _ = stream.next()
    assert (name, number) == ("reset", last(backend))
    backend.library.database.write(lambda t: t.execute("DELETE FROM event WHERE id <= 2"))
    stream = Stream(backend, "/api/events?after=1")
    assert stream.next()[:2] == ("reset", last(backend))
    known = last(backend)
    backend.process()
    assert stream.ids(last(backend) - known) == list(range(known + 1, last(backend) + 1))


def test_a_client_that_is_slow_still_gets_what_was_committed(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    framed, first, go_on = events._framed, threading.Event(), threading.Event()

    def slow(event: Event) -> bytes:
        first.set()
        assert go_on.wait(SECONDS)
        return framed(event)

    monkeypatch.setattr(events, "QUEUE", 3)
    monkeypatch.setattr(events, "_framed", slow)
    known = last(backend)
    stream = Stream(backend)
    backend.process()
    assert first.wait(SECONDS)
    backend.process()
    backend.services.bus.publish([Event(None, "job-progress", datetime.now(UTC), "s", 1)] * 50)
    go_on.set()
    found: list[int] = []
    while len(found) < last(backend) - known:
        name, number, _ = stream.next()
        assert name != "reset"
        if number is not None:
            found.append(number)
    assert found == list(range(known + 1, last(backend) + 1))


def test_a_stream_that_is_quiet_lives(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 0.0)
    monkeypatch.setattr(events, "LOOK_UP", 0.01)
    stream = Stream(backend)
    assert stream.comment() == b": still here\n\n"


def test_an_open_stream_is_a_lease_and_a_closed_one_is_none(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT", 1e9)  # nothing is written that could fail
    wait_until(lambda: backend.services.presence.alone_for() > 0)
    stream = Stream(backend)
    assert backend.services.presence.alone_for() == 0
    stream.connection.close()
    wait_until(lambda: backend.services.presence.alone_for() > 0)


def test_more_streams_than_one_would_open_leave_room(backend: Backend) -> None:
    streams = [Stream(backend) for _ in range(30)]
    session = backend.process()
    for stream in streams:
        assert stream.next()[2]["session"] == session


def test_stopping_ends_every_stream_first(backend: Backend) -> None:
    streams = [Stream(backend) for _ in range(10)]
    backend.server.stop()
    for stream in streams:
        with pytest.raises(EOFError):
            stream.comment()
    with pytest.raises(ConnectionError):
        backend.connect()


def test_a_bus_that_closes_ends_every_stream(backend: Backend) -> None:
    stream = Stream(backend)
    backend.services.bus.close()
    with pytest.raises(EOFError):
        stream.comment()


@pytest.mark.parametrize("after", ["-1", "x", "99999999999999999999"])
def test_nonsense_is_refused(backend: Backend, after: str) -> None:
    assert backend.ask("GET", f"/api/events?after={after}").status == 422
