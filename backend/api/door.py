"""How a page comes in: the launch's token, or a key made for one page, exchanged for a cookie.

`<video>` and the event stream cannot send a header, so the page needs a cookie. Its value is a
secret of the library's own, kept beside its database: a backend that was restarted knows the page
again, and the page goes on without asking anybody for a token.

A browser that is started with an address shows that address to whoever lists processes. It is given
a key instead of the token: one that opens this door only, once, and not for long.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

from flask import Response, current_app
from pydantic import BaseModel
from werkzeug.http import parse_cookie

from backend.api.faults import ERRORS
from backend.api.routes import Routes
from backend.api.wire import Done, reply, services

api = Routes("door", __name__, url_prefix="/api/sign-in", abp_responses=ERRORS)

KEY = "door.key"


KEYS = "rushes.door-keys"
KEY_SECONDS = 120.0
"""How long a key that was made for a page waits for it: a cold browser takes its time."""
SIGN_IN = "/api/sign-in"


class DoorKeys:
    """Keys that open the door once. Any thread may make and use them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def make(self) -> str:
        key = secrets.token_urlsafe(32)
        with self._lock:
            now = self._clock()
            self._until = {k: until for k, until in self._until.items() if until > now}
            self._until[key] = now + KEY_SECONDS
        return key

    def use(self, given: bytes) -> bool:
        """Whether that was a key, which it is then no longer."""
        with self._lock:
            # Every key is compared, so that the time it takes tells of none.
            found = [k for k in self._until if hmac.compare_digest(k.encode("ascii"), given)]
            return any(self._until.pop(key) > self._clock() for key in found)


def cookie_name(data: Path) -> str:
    """Named for the library: cookies ignore ports, and two libraries may be open at once."""
    place = str(data).encode("utf-8", "surrogatepass")
    return f"rushes-{hashlib.blake2b(place, digest_size=6).hexdigest()}"


def door_key(data: Path) -> str:
    """The library's secret for cookies, made at first use and readable by its owner only."""
    path = data / KEY
    try:
        key = path.read_text("ascii")
        if len(key) >= 43:
            return key
    except (OSError, ValueError):
        pass
    key = secrets.token_urlsafe(32)
    part = path.with_name(f"{KEY}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(key)
    part.replace(path)
    return key


def holds_cookie(header: str, name: str, key: str) -> bool:
    """Whether a Cookie header carries the library's secret."""
    given = parse_cookie(header).get(name, "").encode("utf-8", "replace")
    return hmac.compare_digest(given, key.encode("ascii"))


class DoorKey(BaseModel):
    key: str
    """Opens the door once, as the token does: behind `#key=` in a page's address."""


@api.post("/keys", responses={201: DoorKey})
def make_key() -> Response:
    """Make a key for one page that is about to be opened."""
    keys: DoorKeys = current_app.extensions[KEYS]
    return reply(DoorKey(key=keys.make()), 201)


@api.post("", responses={200: Done})
def sign_in() -> Response:
    """Exchange the token of this launch, or a key made for this page, for the page's cookie."""
    data = services().settings.data
    answer = reply(Done())
    answer.set_cookie(cookie_name(data), door_key(data), httponly=True, samesite="Strict", path="/")
    return answer
