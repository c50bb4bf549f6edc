"""Where the shell is asked for what only a window can do. Loopback, and only for who has the token.

The page asks the backend, and the backend asks here: so the page's policy need not name another
address, and nothing is injected into it.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from backend.core.fault import Category, FaultError, explain

log = logging.getLogger(__name__)

LIMIT = 4 << 20
"""Bytes of a question: ten thousand paths fit."""
SILENT = 30.0
"""Seconds after which a connection that says nothing is closed."""

Json = dict[str, Any]
Answer = Callable[[Mapping[str, Any]], Json]


class Desk:
    """Answers each path of `answers`, each question in a thread of its own."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        """Binds at once, to any free port."""
        self.token = secrets.token_urlsafe(32)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.answers = answers
        self._server.token = self.token
        self._thread = threading.Thread(target=self._server.serve_forever, name="desk", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answers: Mapping[str, Answer]
    token: str


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = SILENT
    server: _Server

    def do_POST(self) -> None:
        # A name of the attacker's that points to 127.0.0.1 arrives here with that name.
        if self.headers.get("Host") != f"127.0.0.1:{self.server.server_address[1]}":
            self._refuse(421, "misdirected", "Rushes is not at this address.")
            return
        given = self.headers.get("Authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, f"Bearer {self.server.token}".encode("ascii")):
            self._refuse(401, "unauthorised", "The token of this window is missing or wrong.")
            return
        answer = self.server.answers.get(self.path)
        if answer is None:
            self._refuse(404, "not-found", "The window does not know how to do that.")
            return
        question = self._read()
        if question is None:
            self._refuse(400, "malformed", "The question is not JSON that Rushes can read.")
            return
        try:
            self._say(200, answer(question))
        except FaultError as error:
            fault = error.fault
            self._refuse(422, str(fault.category), fault.message, fault.hint)
        except Exception as error:
            log.exception("%s could not be answered", self.path)
            fault = explain(error, "do this")
            self._refuse(500, str(Category.UNKNOWN), fault.message, fault.hint)

    def _read(self) -> Json | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LIMIT:
            return None
        try:
            value = json.loads(self.rfile.read(int(length)) or b"{}")
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None

    def _say(self, status: int, fields: Json) -> None:
        data = json.dumps(fields).encode("ascii")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _refuse(self, status: int, kind: str, detail: str, hint: str = "") -> None:
        self.close_connection = True  # what is left of the question is not read
        self._say(status, {"type": kind, "detail": detail, "hint": hint})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Questions are not logged: they carry the owner's paths."""
