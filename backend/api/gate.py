"""Nobody but the owner gets in: what every request has to pass, in this order.

Host, origin and token are looked at before anything is known of routes, so that who may not come
in learns nothing, not even what exists; only the page's own files, which hold no secret, are open.
Content type and size follow once the route has said what it takes; the schema is the route's own.
A page exchanges the token, or a key made for it, once for a cookie (`door`).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask, Request, current_app, request
from werkzeug.wsgi import ClosingIterator

from backend.api.door import SIGN_IN, DoorKeys, holds_cookie
from backend.api.faults import Refused
from backend.bus import Presence

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

JSON_LIMIT = 1 << 20
"""Bytes of a JSON body."""
PIECE_LIMIT = 8 << 20
"""Bytes of one piece of an upload."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""On every answer, unless the route set its own."""

View = TypeVar("View", bound=Callable[..., Any])


def takes_octets(view: View) -> View:
    """Mark a route whose body is a piece of a file rather than JSON."""
    view.takes_octets = True  # type: ignore[attr-defined]
    return view


@dataclass(frozen=True, slots=True)
class Gate:
    """Wraps the whole application: the layers that need no route, and the lease of a request."""

    app: WSGIApplication
    port: int
    token: str
    presence: Presence
    keys: DoorKeys
    cookie: str
    """Name of the page's cookie."""
    key: str
    """What the page's cookie holds."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name.lower() for name, _ in headers}
            headers += [pair for pair in HEADERS.items() if pair[0].lower() not in present]
            return start_response(status, headers, exc_info)

        try:
            self._check_host(environ)
            self._check_origin(environ)
            self._check_token(environ)
        except Refused as refused:
            body = refused.body
            headers = [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(body))),
                *refused.headers.items(),
            ]
            start(f"{refused.status} Refused", headers)
            return [body]
        # Held until the answer has gone out, or its stream has ended.
        self.presence.__enter__()
        try:
            answer = self.app(environ, start)
            wrapper = environ.get("wsgi.file_wrapper")
            if isinstance(wrapper, type) and isinstance(answer, wrapper):
                # The server sends it by itself, as long as that takes: left as it is.
                self.presence.end()
                return answer
            return ClosingIterator(answer, self.presence.end)
        except BaseException:
            self.presence.end()
            raise

    def _check_host(self, environ: WSGIEnvironment) -> None:
        # A name of the attacker's that points to 127.0.0.1 arrives here with that name.
        if environ.get("HTTP_HOST") not in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            raise Refused(421, "Rushes is not at this address.")

    def _check_origin(self, environ: WSGIEnvironment) -> None:
        origin = environ.get("HTTP_ORIGIN")
        own = (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}")
        if origin is not None and origin not in own:
            raise Refused(403, "Rushes answers no other page than its own.")
        if environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin"):
            raise Refused(403, "Rushes answers no other page than its own.")

    def _check_token(self, environ: WSGIEnvironment) -> None:
        if not _is_page(environ) and not self._signed_in(environ):
            raise Refused(
                401,
                "The token of this launch is missing or wrong.",
                "Use the `rushes` command, or open the page with `rushes serve`.",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _signed_in(self, environ: WSGIEnvironment) -> bool:
        given = environ.get("HTTP_AUTHORIZATION", "").encode("latin-1", "replace")
        if given:
            if hmac.compare_digest(given, f"Bearer {self.token}".encode("latin-1")):
                return True
            at_door = (environ["REQUEST_METHOD"], environ.get("PATH_INFO")) == ("POST", SIGN_IN)
            return at_door and self.keys.use(given.removeprefix(b"Bearer "))
        return holds_cookie(environ.get("HTTP_COOKIE", ""), self.cookie, self.key)


def _is_page(environ: WSGIEnvironment) -> bool:
    """Whether the page's own files are asked for, which hold no secret."""
    path = str(environ.get("PATH_INFO", ""))
    reading = environ.get("REQUEST_METHOD") in ("GET", "HEAD")
    return reading and path != "/api" and not path.startswith("/api/")


def check_body() -> None:
    """Before a route runs: is the body of the kind and size that it takes?"""
    if request.url_rule is None or request.endpoint is None:
        return  # 404 and 405 are answered without a look at the body
    view = current_app.view_functions[request.endpoint]
    octets = getattr(view, "takes_octets", False) and request.method == "PUT"
    wanted = "application/octet-stream" if octets else "application/json"
    length = request.content_length or 0
    if (length or octets or request.content_type) and request.mimetype != wanted:
        raise Refused(415, f"The body must be {wanted}.")
    limit = PIECE_LIMIT if octets else JSON_LIMIT
    if length > limit:
        raise Refused(413, f"The body has {length} bytes; at most {limit} are taken.")


class StrictRequest(Request):
    """A request whose JSON is an object of plain values, or refused."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body's object; an empty one where there is no body. Raises `Refused` (400)."""
        data = self.get_data()
        if not data:
            return {}
        try:
            value = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "The body is not JSON that Rushes can read.") from error
        if not isinstance(value, dict):
            raise Refused(400, "The body must be a JSON object.")
        return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def install(app: Flask) -> None:
    app.request_class = StrictRequest
    app.before_request(check_body)
