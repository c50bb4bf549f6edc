"""The sample session, for a first look."""

from __future__ import annotations

from flask import Response

from backend.api.routes import Routes
from backend.api.session_body import WholeSession, whole_session
from backend.api.wire import reply, services

api = Routes("sample", __name__, url_prefix="/api/sample")


@api.post("", responses={201: WholeSession, 200: WholeSession})
def try_sample() -> Response:
    """Take the sample session in. 200 when it was in the library already."""
    session, new = services().intake.sample()
    return reply(whole_session(session), 201 if new else 200)
