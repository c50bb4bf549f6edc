"""How a page comes in: the token of this launch, exchanged once for a cookie.

`<video>` and the event stream cannot send a header, so the page needs a cookie. Its value is a
secret of the library's own, kept beside its database: a backend that was restarted knows the page
again, and the page goes on without asking anybody for a token.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from werkzeug.http import parse_cookie

from backend.api.faults import ERRORS
from backend.api.wire import Done, reply, services

api = APIBlueprint("door", __name__, url_prefix="/api/sign-in", abp_responses=ERRORS)

KEY = "door.key"


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


@api.post("", responses={200: Done})
def sign_in() -> Response:
    """Exchange the token of this launch for the page's cookie."""
    data = services().settings.data
    answer = reply(Done())
    answer.set_cookie(cookie_name(data), door_key(data), httponly=True, samesite="Strict", path="/")
    return answer
