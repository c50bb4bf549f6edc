from __future__ import annotations

import socket
import threading
import time

import pytest

from backend.api import server
from backend.api.server import Server
from backend.core.fault import Category, FaultError
from tests.api.conftest import Backend, read_answer


def test_it_listens_on_loopback_only(backend: Backend) -> None:
    listening = backend.server._server.socket.getsockname()
    assert listening == ("127.0.0.1", backend.server.port)


def test_a_given_port_is_taken_and_a_taken_one_is_a_fault(backend: Backend) -> None:
    with pytest.raises(FaultError) as raised:
        Server(backend.services, backend.server.port)
    assert raised.value.fault.category is Category.INPUT
    assert str(backend.server.port) in raised.value.fault.message


def test_the_same_port_serves_again(backend: Backend) -> None:
    backend.ask("GET", "/api/status")
    backend.server.stop()
    again = Server(backend.services, backend.server.port)
    again.start()
    assert backend.ask("GET", "/api/status").status == 200
    again.stop()


def test_one_that_never_started_stops(backend: Backend) -> None:
    unused = Server(backend.services)
    unused.stop()
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", unused.port), timeout=5)


def test_an_answer_under_way_goes_out(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, closed = threading.Event(), threading.Event()
    bring = backend.desk.bring

    def slow(*args: object, **options: object) -> object:
        begun.set()
        assert closed.wait(20)
        return bring(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(server, "DRAIN", 20)
    monkeypatch.setattr(backend.desk, "bring", slow)
    body = b'{"paths": ["/recordings/a.m4a"]}'
    headers = backend.headers(Content_Type="application/json")
    connection = backend.send("POST", "/api/sessions", body, headers)
    assert begun.wait(20)
    stopping = threading.Thread(target=backend.server.stop)
    stopping.start()
    with pytest.raises(ConnectionError):
        while True:  # until nobody new is let in
            backend.connect().close()
    time.sleep(0.5)  # longer than threads that have nothing to do are waited for
    closed.set()
    assert read_answer(connection).status == 201
    stopping.join()


def test_a_request_in_flight_is_a_lease(backend: Backend) -> None:
    backend.ask("GET", "/api/status")
    refused = backend.ask("GET", "/api/status", headers=backend.headers(Authorization=None))
    assert refused.status == 401
    held = []
    bring = backend.desk.bring

    def watched(*args: object, **options: object) -> object:
        held.append(backend.services.presence.alone_for())
        return bring(*args, **options)  # type: ignore[arg-type]

    backend.desk.bring = watched  # type: ignore[method-assign,assignment]
    backend.process()
    assert held == [0.0]
    backend.server.stop()
    assert backend.services.presence._held == 0


def test_a_refusal_reaches_who_is_still_sending(backend: Backend) -> None:
    headers = backend.headers(Content_Type="application/json")
    for _ in range(3):
        answer = backend.ask("POST", "/api/sessions", b" " * (64 << 20), headers)
        assert answer.status == 413
