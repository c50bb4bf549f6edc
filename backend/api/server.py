"""The HTTP server: loopback only, one thread that listens, many that answer."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from backend.api.app import build, build_app
from backend.api.events import STREAMS
from backend.api.faults import Refused
from backend.api.gate import HEADERS, PIECE_LIMIT
from backend.core.fault import Category, refuse
from backend.services import Services

HOST = "127.0.0.1"
THREADS = 48
"""Each open event stream holds one."""
CONNECTIONS = 400
DRAIN = 0.8
"""Seconds that answers under way may take to go out when the server stops."""
SILENT = 60
"""Seconds after which a connection that asks nothing is closed."""


class _PlainError(ErrorTask):  # type: ignore[misc]
    """What waitress itself refuses (no HTTP, too large), said in the one shape of errors."""

    def execute(self) -> None:
        error = self.request.error
        words = {413: "The body is too large.", 431: "The headers are too large."}
        refused = Refused(error.code, words.get(error.code, "This is not HTTP that Rushes takes."))
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([("Content-Type", "application/json"), *HEADERS.items()])
        self.channel.refused = True
        self.set_close_on_finish()
        self.content_length = len(refused.body)
        self.write(refused.body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection that can be refused in the middle of a body, and still tells so.

    Closing while the other side is sending resets the connection, and the answer is lost with it.
    So it is only half closed, and what still comes is read and forgotten, until the other side
    closes or has been silent for `SILENT` seconds.
    """

    error_task_class = _PlainError
    refused = False
    close_when_flushed: bool
    _lingers = False

    def readable(self) -> bool:
        return self._lingers or bool(super().readable())

    def writable(self) -> bool:
        return bool(self.will_close if self._lingers else super().writable())

    def handle_read(self) -> None:
        if not self._lingers:
            super().handle_read()
            return
        try:
            over = not self.recv(65536)
        except OSError:
            over = True
        if over:
            self.handle_close()

    def handle_write(self) -> None:
        if not self.refused or not self.close_when_flushed or self.total_outbufs_len:
            super().handle_write()
            return
        self.close_when_flushed = False
        self._lingers = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)


class Server:
    """Serves `services` from `start` to `stop`."""

    def __init__(self, services: Services, port: int | None = None) -> None:
        """Binds at once, to any free port unless one is given. Raises a fault for a taken one."""
        listening = _listen(port or 0)
        self.token = services.token
        self.port: int = listening.getsockname()[1]
        app = build_app(services)
        self._streams = app.extensions[STREAMS]
        self._map: dict[int, Any] = {}
        self._server = create_server(
            build(app, services, self.port),
            map=self._map,
            sockets=[listening],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=SILENT,
            channel_request_lookahead=1,
            # waitress refuses at this size already
            max_request_body_size=PIECE_LIMIT + 1,
            max_request_header_size=64 << 10,
            # The gate wants to see what was sent.
            clear_untrusted_proxy_headers=False,
            ident=None,
            expose_tracebacks=False,
        )
        self._server.channel_class = _Channel
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="http")

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End every stream, let answers under way go out, then close. At most about a second.

        Idempotent. A server that was stopped cannot start again.
        """
        if self._stopping.is_set():
            return
        self._streams.close()
        self._stopping.set()
        self._server.pull_trigger()
        if self._thread.ident is not None:
            self._thread.join()
        # Only now: a trigger that is closed must not be pulled, its descriptor may be another's.
        self._server.task_dispatcher.shutdown(timeout=0.2)
        wasyncore.close_all(self._map)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._step(1.0)
        wasyncore.dispatcher.close(self._server)  # no new connection from here on
        until = time.monotonic() + DRAIN
        while self._busy() and time.monotonic() < until:
            self._step(0.02)

    def _step(self, seconds: float) -> None:
        wasyncore.loop(seconds, hasattr(wasyncore.select, "poll"), self._map, 1)

    def _busy(self) -> bool:
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":  # there, it would let two programs share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        raise refuse(
            Category.INPUT,
            f"Port {port} cannot be used: {error.strerror or error}.",
            "Choose another with --port, or none to take any that is free.",
        ) from error
    return listening
