"""`rushes settings`: what the owner can choose."""

from __future__ import annotations

import click

from backend.cli.command import Listing, command, refusal
from backend.cli.link import Link
from backend.cli.output import Output
from backend.client import Json
from backend.settings import Settings


@click.group(cls=Listing)
def settings() -> None:
    """List and change what you can choose."""


@settings.command("list")
@command
def list_settings(settings: Settings, out: Output) -> None:
    """List every setting with its value."""
    with Link(settings) as link:
        found = link.get("/api/settings")["settings"]
    for setting in found:
        out.line(setting)
    if not out.json:
        out.table(
            ("name", "value", "default", "what it does"),
            [(s["name"], s["value"], s["default"], s["help"]) for s in found],
        )


@settings.command("get")
@click.argument("name")
@command
def get_setting(name: str, settings: Settings, out: Output) -> None:
    """Print the value of one setting."""
    with Link(settings) as link:
        found = _named(link.get("/api/settings"), name)
    out.line(found)
    out.say(found["value"])


@settings.command("set")
@click.argument("name")
@click.argument("value")
@command
def set_setting(name: str, value: str, settings: Settings, out: Output) -> None:
    """Change one setting."""
    _change(name, value, settings, out)


@settings.command("reset")
@click.argument("name")
@command
def reset_setting(name: str, settings: Settings, out: Output) -> None:
    """Go back to a setting's default."""
    _change(name, None, settings, out)


def _change(name: str, value: str | None, settings: Settings, out: Output) -> None:
    with Link(settings) as link:
        found = _named(
            link.ask("PATCH", "/api/settings", {"values": {name: value}}, repeat=True), name
        )
    out.line(found)
    out.say(f"{name} is {found['value']}.")


def _named(answer: Json, name: str) -> Json:
    for setting in answer["settings"]:
        if setting["name"] == name:
            return Json(setting)
    raise refusal(f"There is no setting “{name}”.", "`rushes settings` lists them.")
