"""What the routes share: the services behind them, pages of lists, and how an answer is written."""

from __future__ import annotations

from flask import Response, current_app
from pydantic import BaseModel, ConfigDict, Field

from backend.api.faults import json_bytes
from backend.services import Services

SERVICES = "rushes"


def services() -> Services:
    """Those of the application that answers the present request."""
    found = current_app.extensions[SERVICES]
    assert isinstance(found, Services)
    return found


def reply(model: BaseModel, status: int = 200) -> Response:
    return Response(
        json_bytes(model.model_dump(mode="json")), status, content_type="application/json"
    )


class Asked(BaseModel):
    """Base of everything that a request may bring: unknown fields are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Asked):
    limit: int = Field(50, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=2**31)


class Done(BaseModel):
    """The request was carried out, and there is nothing to tell about it."""

    ok: bool = True
