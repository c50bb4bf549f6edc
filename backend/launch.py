"""Find the backend of a library, or start one.

A backend that a command starts outlives the command: it has a session of its own, so neither
Ctrl-C nor a closed terminal reaches it, and it leaves when nobody needs it any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

from backend.client import Address, Client, Gone, Unwilling
from backend.core.fault import Category, Fault, FaultError, explain, refuse
from backend.settings import Settings

ANSWER_SECONDS = 2.0
"""How long a backend may take to answer before its address counts as stale."""
START_SECONDS = 30.0
LINE_LIMIT = 1 << 20

_DETACHED = 0
if sys.platform == "win32":
    _DETACHED = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS


def attach(settings: Settings) -> Address | None:
    """The backend that serves this library now; None where none answers."""
    try:
        fields = json.loads(settings.address.read_text("utf-8"))
        address = Address.from_dict(fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return address if _answers(address) else None


def _answers(address: Address) -> bool:
    try:
        with Client(address, seconds=ANSWER_SECONDS) as client:
            client.get("/api/status")
    except (Gone, Unwilling):
        return False
    return True


def ensure(settings: Settings) -> Address:
    """The backend of this library, started if need be. Raises `FaultError` where it cannot."""
    if found := attach(settings):
        return found
    # Where several commands start one at a time, all but one of them name the one that won.
    told = _start(settings, START_SECONDS)
    if told.get("event") == "ready":
        with contextlib.suppress(KeyError, ValueError):
            return Address.from_dict(told)
    fault = told.get("fault")
    if isinstance(fault, dict):
        raise FaultError(Fault.from_dict(fault))
    raise _did_not_start(settings)


def serve_argv(settings: Settings) -> list[str]:
    """The command that starts a backend which leaves once nobody needs it."""
    frozen = bool(getattr(sys, "frozen", False))
    # -P: a folder called backend in the present directory is not ours.
    own = [sys.executable] if frozen else [sys.executable, "-P", "-m", "backend"]
    return [*own, "serve", "--data-dir", str(settings.data), "--brief", "--json"]


def _start(settings: Settings, seconds: float) -> dict[str, object]:
    """Start a backend; what it told first."""
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        fault = explain(error, f"use the data folder {settings.data}")
        raise refuse(
            fault.category, fault.message, "Choose another folder with --data-dir."
        ) from error
    with os.fdopen(log, "ab") as errors:
        process = subprocess.Popen(
            serve_argv(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **_importable()},
            start_new_session=True,
            creationflags=_DETACHED,
        )
    told = _first_line(process, seconds)
    if told.get("event") != "ready":
        # It has said why it ends, or says nothing at all.
        try:
            process.wait(2 if told else 0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    else:
        # It goes on without us. Should it end before we do, somebody has to take note of it.
        threading.Thread(target=process.wait, daemon=True).start()
    return told


def _importable() -> dict[str, str]:
    """Lets the other process find this package, wherever the command was called."""
    if getattr(sys, "frozen", False):
        return {}
    root = str(Path(__file__).resolve().parent.parent)
    rest = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{root}{os.pathsep}{rest}" if rest else root}


def _first_line(process: subprocess.Popen[bytes], seconds: float) -> dict[str, object]:
    """The JSON object of its first line; an empty one where none comes in time."""
    assert process.stdout is not None
    stdout = process.stdout
    line: list[bytes] = []
    reader = threading.Thread(target=lambda: line.append(stdout.readline(LINE_LIMIT)), daemon=True)
    reader.start()
    reader.join(max(0.1, seconds))
    if reader.is_alive():
        process.kill()
        reader.join()
    stdout.close()
    try:
        told = json.loads(line[0]) if line else {}
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _did_not_start(settings: Settings) -> FaultError:
    return refuse(
        Category.UNKNOWN,
        "Rushes could not start its background process.",
        f"Its log says why: {settings.log}. `rushes doctor` looks for the usual reasons.",
    )
