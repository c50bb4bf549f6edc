"""The one shape in which a request is refused, and what each refusal's status is."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from flask import Flask, Response
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from backend.core.fault import Category, Fault, FaultError
from backend.store.orders import Conflict

log = logging.getLogger(__name__)

STATUS: Mapping[Category, int] = {
    Category.INPUT: 422,
    Category.MISSING: 422,
    Category.PERMISSION: 422,
    Category.CORRUPT: 422,
    Category.MODEL: 422,
    Category.STORAGE: 507,
    Category.CANCELLED: 409,
    Category.MEMORY: 503,
    Category.TIMEOUT: 503,
    Category.NETWORK: 502,
}
"""Of the faults that a request may meet; any other is a 500."""

_TITLES: Mapping[str, str] = {
    "input": "This cannot be used",
    "missing": "It is not there",
    "permission": "The system does not allow it",
    "corrupt": "It is damaged",
    "model": "A part of Rushes is not installed",
    "storage": "Not enough storage",
    "memory": "Not enough memory",
    "timeout": "It took too long",
    "network": "The connection broke",
    "cancelled": "It was cancelled",
    "conflict": "Not in this state",
    "not-found": "Not found",
    "unauthorised": "Not signed in",
    "misdirected": "Wrong address",
    "forbidden": "Not from here",
    "method": "That cannot be done here",
    "media-type": "Wrong kind of content",
    "too-large": "Too large",
    "malformed": "Not understood",
    "invalid": "A value cannot be used",
}
_TYPE_OF_STATUS: Mapping[int, str] = {
    400: "malformed",
    401: "unauthorised",
    403: "forbidden",
    404: "not-found",
    405: "method",
    409: "conflict",
    413: "too-large",
    415: "media-type",
    421: "misdirected",
    422: "invalid",
}


class Problem(BaseModel):
    """What every refused request is answered with."""

    type: str
    """The fault's category, or what was wrong with the request itself."""
    title: str
    detail: str
    """What happened and why, in words for a person."""
    hint: str = ""
    """What to do about it."""
    errors: dict[str, str] | None = None
    """By field, where fields were wrong."""


ERRORS: ResponseDict = dict.fromkeys(("400", "401", "404", "409", "413", "422", "500"), Problem)
"""What any request may be refused with, for the document."""


class Refused(Exception):
    """Ends a request with a problem. `headers` go with the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        hint: str = "",
        *,
        kind: str | None = None,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        kind = kind or _TYPE_OF_STATUS.get(status, "unknown")
        self.problem = Problem(
            type=kind,
            title=_TITLES.get(kind, "It did not work"),
            detail=detail,
            hint=hint,
            errors=None if errors is None else dict(errors),
        )
        self.headers = dict(headers or {})

    @property
    def body(self) -> bytes:
        # Names of files may hold bytes that are no UTF-8: escape them rather than fail.
        text = self.problem.model_dump(exclude_none=True)
        return json_bytes(text)


def json_bytes(value: object) -> bytes:
    """JSON in ASCII, so that a file name of any bytes survives the way."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode()


def refused_fault(fault: Fault) -> Refused:
    return Refused(
        STATUS.get(fault.category, 500), fault.message, fault.hint, kind=str(fault.category)
    )


def refused_fields(error: ValidationError) -> Refused:
    """Name every field that was wrong, by its path: `options.merge`, `paths.0`."""
    errors: dict[str, str] = {}
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        field = ".".join(str(part) for part in found["loc"]) or "body"
        words = _WORDS.get(found["type"], found["msg"].removeprefix("Value error, "))
        errors.setdefault(field, words)
    named = "; ".join(f"{field}: {words}" for field, words in list(errors.items())[:5])
    return Refused(422, f"Some values cannot be used. {named}.", errors=errors)


_WORDS = {"extra_forbidden": "there is no such field", "missing": "it is missing"}
"""For what pydantic says of some errors, by its name for them."""


@contextmanager
def known(what: str) -> Iterator[None]:
    """Turn the store's `KeyError` into 404 and its `Conflict` into 409. `what` names the thing."""
    try:
        yield
    except KeyError as error:
        raise missing(what) from error
    except Conflict as error:
        raise Refused(409, str(error)) from error


def missing(what: str) -> Refused:
    return Refused(404, f"There is no {what}.", "It may have been deleted. Look at the list again.")


def respond(refused: Refused) -> Response:
    return Response(refused.body, refused.status, refused.headers, content_type="application/json")


def register(app: Flask) -> None:
    """Answer whatever goes wrong in a route in the one shape; log what nobody foresaw."""

    @app.errorhandler(Refused)
    def refuse_request(error: Refused) -> Response:
        return respond(error)

    @app.errorhandler(FaultError)
    def refuse_fault(error: FaultError) -> Response:
        return respond(refused_fault(error.fault))

    @app.errorhandler(HTTPException)
    def refuse_http(error: HTTPException) -> Response:
        status = error.code or 500
        words = {404: "There is nothing at this address.", 405: "This address does not do that."}
        refused = Refused(status, words.get(status, error.description or error.name))
        if status == 405:
            allowed = getattr(error, "valid_methods", None)
            refused.headers["Allow"] = ", ".join(sorted(allowed or ()))
        return respond(refused)

    @app.errorhandler(Exception)
    def refuse_unforeseen(error: Exception) -> Response:
        number = secrets.token_hex(4)
        log.error("request failed [%s]", number, exc_info=error)
        return respond(
            Refused(
                500,
                f"Something went wrong inside Rushes. The log calls it {number}.",
                "Try again. If it happens again, `rushes doctor` says where the log is.",
            )
        )
