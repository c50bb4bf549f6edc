"""`rushes models`: what finds out what is in sessions."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from backend.cli.command import PATH, Code, Listing, command, refusal
from backend.cli.link import Link
from backend.cli.output import Output, amount, amount_of_work, plain
from backend.core.fault import Category
from backend.settings import Settings
from backend.work.models import CHOSEN_BY, check_model, installed_models, model_called

PURPOSES = {
    "speech": "writes down what is said",
    "meaning": "knows what sentences mean",
    "reading": "reads text on screen",
    "speakers": "tells speakers apart",
    "voice": "hears whether somebody speaks",
}


@click.group(cls=Listing)
def models() -> None:
    """List, add, choose and verify what finds out what is in sessions.

    Models work on this machine, and none is ever fetched by itself.
    """


@models.command("list")
@command
def list_models(settings: Settings, out: Output) -> None:
    """List the models: which there are, which are in use, and how to have the others."""
    with Link(settings) as link:
        found = link.get("/api/models")
    for model in found["models"]:
        out.line(model)
    if out.json:
        return
    rows = [
        (
            plain(model["name"]),
            PURPOSES.get(model["purpose"], model["purpose"]),
            amount(model["size"]),
            plain(model["licence"]),
            plain(model["languages"]),
            speed(model),
            "in use" if model["in_use"] else "installed" if model["installed"] else "absent",
        )
        for model in found["models"]
    ]
    headings = ("name", "what it does", "size", "licence", "languages", "speed here", "")
    out.table(headings, rows, right=("size",))
    for model in found["models"]:
        if model["folder"] is not None:
            out.note(f"{plain(model['name'])} is in {plain(model['folder'])}.")
        if model["offer"]:
            out.note(f"{plain(model['name'])}: {plain(model['offer'])}")
    if found["endpoint"] is not None:
        who = plain(found["endpoint_model"] or "a model")
        out.note(f"Summaries: {who} at {plain(found['endpoint'])}; what is said is sent there.")


def speed(model: dict[str, Any]) -> str:
    """How fast a model was here, in words; empty where it has not worked yet."""
    if model["speed"] is None:
        return ""
    return f"{model['speed']:.1f} {model['speed_unit']}"


@models.command("add")
@click.argument("path", metavar="FOLDER", type=PATH)
@click.option("--name", metavar="NAME", help="What to call it; the folder's name without.")
@command
def add_model(path: Path, name: str | None, settings: Settings, out: Output) -> None:
    """Add a model that lies in a folder of yours, and stays there.

    Whisper models for CTranslate2 (model.bin, config.json, tokenizer.json and a vocabulary) listen;
    models of sentences (model.onnx and tokenizer.json) tell chapters apart and weigh what is said.
    """
    folder = os.path.abspath(path.expanduser())  # noqa: PTH100 - links stay links
    with Link(settings) as link:
        added = link.post("/api/models", {"path": folder, "name": name})
    out.line({"event": "added", **added})
    fast = f", {speed(added)}" if added["speed"] else ""
    out.say(f"✓ {plain(added['name'])}: {amount(added['size'])}{fast}.", "green")
    if not added["in_use"] and added["setting"]:
        out.note(f"Use it: rushes models use '{plain(added['name'])}'.")


@models.command("use")
@click.argument("name")
@command
def use_model(name: str, settings: Settings, out: Output) -> None:
    """Use a model from now on, for sessions and files; auto goes back to the best there is.

    Commands that take --model use the one that you name there instead.
    """
    with Link(settings) as link:
        if name == "auto":
            values = dict.fromkeys(CHOSEN_BY.values())
            link.ask("PATCH", "/api/settings", {"values": values}, repeat=True)
            found = link.get("/api/models")
        else:
            found = link.ask("PUT", f"/api/models/{quote(name, safe='')}/use", repeat=True)
    for model in found["models"]:
        if model["in_use"] and model["setting"]:
            out.line({"event": "used", "name": model["name"], "purpose": model["purpose"]})
            out.say(f"{plain(model['name'])} {PURPOSES[model['purpose']]}.")


@models.command("forget")
@click.argument("name")
@command
def forget_model(name: str, settings: Settings, out: Output) -> None:
    """Forget a model that you added. Its folder stays as it is."""
    with Link(settings) as link:
        link.ask("DELETE", f"/api/models/{quote(name, safe='')}")
    out.line({"event": "forgotten", "name": name})
    out.say(f"{plain(name)} is forgotten; its folder is as it was.")


@models.command("verify")
@click.argument("name", required=False)
@command
def verify_models(name: str | None, settings: Settings, out: Output) -> Code:
    """Compare the files of a model, or of all, with what they should be, and let it work.

    How fast it is then stands in `rushes models`.
    """
    if name is None:
        chosen = installed_models(settings.models)
        if not chosen:
            raise refusal("No model is installed.", "`rushes models` says how to have one.")
    else:
        try:
            chosen = [model_called(name, settings.models)]
        except KeyError:
            raise refusal(
                f"There is no model called “{name}”.", "`rushes models` lists them.", Category.MODEL
            ) from None
    code = Code.DONE
    for model in chosen:
        with amount_of_work(out) as tell:
            found = check_model(model, settings.models, tell)
        files = [
            {"name": file, "fault": None if fault is None else fault.as_dict()}
            for file, fault in found.files.items()
        ]
        if found.trouble is None:
            out.line({"event": "verified", "name": model.name, "files": files})
            out.say(f"✓ {plain(model.name)}: {_right(len(files))}", "green")
        else:
            code = Code.REFUSED
            wrong = [fault for fault in found.files.values() if fault is not None]
            for fault in wrong or [found.trouble]:
                out.fail(fault, name=model.name, files=files)
    return code


def _right(files: int) -> str:
    return "its file is the right one." if files == 1 else f"its {files} files are the right ones."
