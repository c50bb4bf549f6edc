"""The models that find out what is in sessions: which there are, added, chosen, verified."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Response, request
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused
from backend.api.jobs import FaultBody, fault_body
from backend.api.routes import Routes
from backend.api.sessions import AbsolutePath
from backend.api.wire import Asked, reply, services
from backend.core.context import Stopped
from backend.core.event import MODEL_PROGRESS, Event
from backend.core.model import ModelFacts
from backend.settings import Choices

api = Routes("models", __name__, url_prefix="/api/models", abp_responses=ERRORS)


TELL_EVERY = 0.1
"""Seconds between two words of how far it is."""


class ModelBody(BaseModel):
    name: str
    purpose: str
    """speech, meaning, reading (text on screen) or voice (whether somebody speaks)."""
    title: str
    licence: str
    languages: str
    size: int
    """Bytes of its weights."""
    installed: bool
    offer: str
    """How to have it where it is not installed; else empty."""
    folder: str | None
    """Of a model that its owner added."""
    in_use: bool
    setting: str | None
    """Name of the setting that chooses it; null where there is nothing to choose."""
    speed: float | None
    """Of its last run on this machine; null where it has not worked here yet."""
    speed_unit: str
    measured_at: datetime | None


class ModelsBody(BaseModel):
    models: list[ModelBody]
    endpoint: str | None
    """Address of the model elsewhere that writes summaries; null: nothing is sent anywhere."""
    endpoint_model: str | None


class FileBody(BaseModel):
    name: str
    fault: FaultBody | None


class CheckBody(BaseModel):
    model: ModelBody
    files: list[FileBody]
    fault: FaultBody | None
    """Why it cannot be used; null where it works."""


class ModelPath(BaseModel):
    name: str = Field(max_length=255)


class Addition(Asked):
    path: AbsolutePath
    name: str | None = Field(None, min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f]+$")
    """What to call it, instead of by its folder."""


@api.get("", responses={200: ModelsBody})
def list_models() -> Response:
    """Every model there is or could be; which are in use, and how fast they were here."""
    return reply(_models())


@api.post("", responses={201: ModelBody})
def add_model(body: Addition) -> Response:
    """Take in the model in a folder, where it stays. It is loaded once, to see that it works."""
    with _while_somebody_waits() as check:
        return reply(_body(services().models.add(Path(body.path), body.name, check)), 201)


@api.delete("/<name>", responses={200: ModelsBody})
def forget_model(path: ModelPath) -> Response:
    """Forget a model that was added. Its folder stays as it is."""
    try:
        services().models.forget(path.name)
    except KeyError:
        raise _unknown(path.name) from None
    except PermissionError:
        raise Refused(
            409,
            f"“{path.name}” came with the install, and is not forgotten.",
            "Use another model, or uninstall its package.",
        ) from None
    return reply(_models())


@api.put("/<name>/use", responses={200: ModelsBody})
def use_model(path: ModelPath) -> Response:
    """Use it from now on for what it is for."""
    model = _known(path.name)
    if model.setting is None:
        raise Refused(409, f"{model.title} is the only one of its kind, and used anyway.")
    if not model.installed:
        raise Refused(409, f"{model.title} is not installed.", model.offer)
    services().library.preferences.set(model.setting, model.name)
    return reply(_models())


@api.post("/<name>/verify", responses={200: CheckBody})
def verify_model(path: ModelPath) -> Response:
    """Compare its files with what they should be, and let it work for some seconds. How far that
    is, `model-progress` events tell; who closes the connection ends it."""
    _known(path.name)
    with _while_somebody_waits() as check:
        found = services().models.verify(path.name, check, _teller(path.name))
    return reply(
        CheckBody(
            model=_body(_known(path.name)),
            files=[FileBody(name=n, fault=fault_body(f)) for n, f in found.files.items()],
            fault=fault_body(found.trouble),
        )
    )


def _teller(name: str) -> Callable[[float], None]:
    """Tells everybody how far a model's verifying is."""
    bus, told_at = services().bus, 0.0

    def tell(done: float) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= TELL_EVERY:
            told_at = now
            told = {"model": name, "progress": done}
            bus.publish([Event(None, MODEL_PROGRESS, datetime.now(UTC), data=told)])

    return tell


@contextmanager
def _while_somebody_waits() -> Iterator[Callable[[], None]]:
    """What raises in work for a request that nobody waits for any more; that ends in a 410."""
    gone: Callable[[], bool] = request.environ.get("waitress.client_disconnected", bool)

    def check() -> None:
        if gone():
            raise Stopped

    try:
        yield check
    except Stopped:
        raise Refused(410, "Nobody waits for it any more.") from None


def _models() -> ModelsBody:
    endpoint = Choices(services().library.preferences.all()).endpoint
    return ModelsBody(
        models=[_body(model) for model in services().models.all()],
        endpoint=None if endpoint is None else endpoint[0],
        endpoint_model=None if endpoint is None else endpoint[1],
    )


def _known(name: str) -> ModelFacts:
    for model in services().models.all():
        if model.name == name:
            return model
    raise _unknown(name)


def _unknown(name: str) -> Refused:
    return Refused(404, f"There is no model called “{name}”.", "`rushes models` lists them.")


def _body(model: ModelFacts) -> ModelBody:
    fields = {name: getattr(model, name) for name in ModelBody.model_fields}
    return ModelBody(**fields)
