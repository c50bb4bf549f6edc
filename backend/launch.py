"""Find the backend of a library, or start one.

A backend that a command starts outlives the command: it has a session of its own, so neither
Ctrl-C nor a closed terminal reaches it, and it leaves when nobody needs it any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.client import Address, Client, Gone, Unwilling, address_in
from backend.core.fault import Category, Fault, FaultError, Unusable, explain, refuse
from backend.instance import own_folder
from backend.settings import Settings

ANSWER_SECONDS = 2.0
"""How long a backend may take to answer before its address counts as stale."""
START_SECONDS = 60.0
WINDOW_SECONDS = 10.0
"""After which a window that has not ended counts as open: where there can be none it ends."""
LINE_LIMIT = 1 << 20
_REFUSED = 3
"""How `rushes serve` ends where its folder cannot be used."""

_DETACHED = 0
if sys.platform == "win32":
    _DETACHED = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS


def attach(settings: Settings) -> Address | None:
    """The backend that serves this library now; None where none answers."""
    address = address_in(settings.address)
    return address if address is not None and _answers(address) else None


def _answers(address: Address) -> bool:
    try:
        # The usual stale address is found out before anything is loaded to ask there.
        socket.create_connection(("127.0.0.1", address.port), ANSWER_SECONDS).close()
    except OSError:
        return False
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
    return _start(settings, serve_argv(settings), subprocess.DEVNULL).address


def is_frozen() -> bool:
    """Whether this is the app that carries its own Python (`build.spec`)."""
    return bool(getattr(sys, "frozen", False))


def shed_libraries(environment: MutableMapping[str, str]) -> MutableMapping[str, str]:
    """Make an environment fit for programs of the system; the same one.

    The loader of a frozen app puts the libraries that it carries before the system's. Should such
    a program start Rushes again, or a backend its children, that sets itself up anew.
    """
    if is_frozen() and sys.platform == "linux":
        environment.pop("LD_LIBRARY_PATH", None)
        if before := environment.pop("LD_LIBRARY_PATH_ORIG", ""):
            environment["LD_LIBRARY_PATH"] = before
        environment["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    return environment


@dataclass(frozen=True, slots=True)
class Started:
    """A backend, and the process that was started for it."""

    address: Address
    process: subprocess.Popen[bytes] | None
    """None where the backend is another's: it was there already, or came up first."""


def start_beside(settings: Settings) -> Started:
    """A backend for as long as this process lives; then it finishes what is queued, and leaves.

    It may be one that runs already. Raises `FaultError` where none can be started.
    """
    if found := attach(settings):
        return Started(found, None)
    return _start(settings, serve_argv(settings, beside=True), subprocess.PIPE)


def open_window(settings: Settings, page: str) -> bool:
    """Open the window of a library at one of its pages; whether there can be one here."""
    argv = [*_own_argv(), "window", "--data-dir", str(settings.data), "--page", page]
    try:
        window = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_importable()},
            start_new_session=True,
            creationflags=_DETACHED,
        )
        return window.wait(WINDOW_SECONDS) == 0
    except OSError:
        return False
    except subprocess.TimeoutExpired:
        # It is open. Somebody has to take note of its end.
        threading.Thread(target=window.wait, daemon=True).start()
        return True


def _own_argv() -> list[str]:
    """How this program is started once more."""
    # -P: a folder called backend in the present directory is not ours.
    return [sys.executable] if is_frozen() else [sys.executable, "-P", "-m", "backend"]


def serve_argv(settings: Settings, beside: bool = False) -> list[str]:
    """The command that starts a backend which leaves once nobody needs it.

    `beside`: which somebody needs until its standard input ends.
    """
    stay = "--stay-with-stdin" if beside else "--brief"
    return [*_own_argv(), "serve", "--data-dir", str(settings.data), stay, "--json"]


def _start(settings: Settings, argv: Sequence[str], stdin: int) -> Started:
    process, told = _run(settings, argv, stdin)
    if told.get("event") == "ready":
        with contextlib.suppress(KeyError, ValueError):
            # Where several start one at a time, all but one of them name the one that won.
            return Started(Address.from_dict(told), None if told.get("attached") else process)
    fault = told.get("fault")
    if isinstance(fault, dict):
        refused = Unusable if process.returncode == _REFUSED else FaultError
        raise refused(Fault.from_dict(fault))
    raise _did_not_start(settings)


def _run(
    settings: Settings, argv: Sequence[str], stdin: int
) -> tuple[subprocess.Popen[bytes], dict[str, object]]:
    """Start a backend; what it told first."""
    own_folder(settings.data)
    try:
        log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        fault = explain(error, f"use the data folder {settings.data}")
        full = fault.category is Category.STORAGE
        raise (FaultError if full else Unusable)(
            Fault(fault.category, fault.message, "Choose another folder with --data-dir.")
        ) from error
    with os.fdopen(log, "ab") as errors:
        process = subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **_importable()},
            start_new_session=True,
            creationflags=_DETACHED,
        )
    told = _first_line(process, START_SECONDS)
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
    return process, told


def _importable() -> dict[str, str]:
    """Lets the other process find this package, wherever the command was called."""
    if is_frozen():
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
