"""The owner's preferences: what there is to choose, and what was chosen."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from backend.api.faults import ERRORS, Refused
from backend.api.routes import Routes
from backend.api.wire import Asked, reply, services
from backend.settings import PREFERENCES, Choices

api = Routes("settings", __name__, url_prefix="/api/settings", abp_responses=ERRORS)


class SettingBody(BaseModel):
    name: str
    value: str
    default: str
    help: str


class SettingsBody(BaseModel):
    settings: list[SettingBody]


class Changes(Asked):
    values: dict[str, str | None] = Field(min_length=1, max_length=100)
    """By name; null goes back to the default."""


def _settings() -> SettingsBody:
    chosen = Choices(services().library.preferences.all())
    return SettingsBody(
        settings=[
            SettingBody(name=p.name, value=chosen.text(p.name), default=p.default, help=p.help)
            for p in PREFERENCES.values()
        ]
    )


@api.get("", responses={200: SettingsBody})
def list_settings() -> Response:
    return reply(_settings())


@api.patch("", responses={200: SettingsBody})
def change_settings(body: Changes) -> Response:
    """Change some; all of them or, where one cannot be used, none."""
    errors = {}
    for name, value in body.values.items():
        if name not in PREFERENCES:
            errors[name] = "There is no such setting."
        elif value is not None:
            try:
                PREFERENCES[name].parse(value)
            except ValueError as error:
                errors[name] = f"It takes {error}."
    if errors:
        words = " ".join(f"{name}: {what}" for name, what in errors.items())
        raise Refused(422, words, "`rushes settings` lists what can be set.", errors=errors)
    for name, value in body.values.items():
        services().library.preferences.set(name, value)
    return reply(_settings())
