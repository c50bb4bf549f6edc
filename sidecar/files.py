"""What the system does with a file: show where it lies, and play it with another program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from backend.core.fault import Category, explain, refuse
from backend.launch import shed_libraries

SECONDS = 10.0
"""How long a program of the system's may take to say whether it will."""


def reveal(path: Path) -> None:
    """Open the file manager with the file marked, or at least its folder. Raises a fault."""
    _require(path)
    if sys.platform == "win32":
        # It answers 1 when it succeeds, too.
        subprocess.Popen(["explorer", f"/select,{path}"])
    elif sys.platform == "darwin":
        _run("show the folder", "open", "-R", str(path))
    elif not _mark_by_bus(path):
        _run("show the folder", "xdg-open", str(path.parent))


def play(path: Path) -> None:
    """Open the file with the program that the owner chose for its kind. Raises a fault."""
    _require(path)
    if sys.platform == "win32":
        try:
            os.startfile(path)
        except OSError as error:
            raise refuse(
                Category.MISSING, "No program plays this kind of file here.", "Install one."
            ) from error
    elif sys.platform == "darwin":
        _run("play the film", "open", str(path))
    else:
        _run("play the film", "xdg-open", str(path))


def _require(path: Path) -> None:
    if not path.is_file():
        raise refuse(
            Category.MISSING,
            f"The film is not at {path} any more.",
            "Put it back, or import again.",
        )


def _mark_by_bus(path: Path) -> bool:
    """Ask the desktop's file manager over D-Bus, the only way in which the file is marked."""
    sender = shutil.which("dbus-send")
    if sender is None or "DBUS_SESSION_BUS_ADDRESS" not in os.environ:
        return False
    words = [
        sender,
        "--session",
        "--print-reply",
        "--dest=org.freedesktop.FileManager1",
        "/org/freedesktop/FileManager1",
        "org.freedesktop.FileManager1.ShowItems",
        # A comma would end the item.
        f"array:string:{path.as_uri().replace(',', '%2C')}",
        "string:",
    ]
    try:
        done = subprocess.run(
            words,
            env=shed_libraries({**os.environ}),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _run(doing: str, program: str, *words: str) -> None:
    """Run one of the system's openers. One that takes its time has understood."""
    try:
        opener = subprocess.Popen(
            [program, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=shed_libraries({**os.environ}),
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise refuse(
            Category.MISSING,
            f"Rushes could not {doing}: this system has no {program}.",
            "Install it (on Debian: apt install xdg-utils).",
        ) from error
    except OSError as error:
        raise refuse(Category.UNKNOWN, explain(error, doing).message) from error
    try:
        code = opener.wait(SECONDS)
    except subprocess.TimeoutExpired:
        # It is the player itself, and plays. Somebody has to take note of its end.
        threading.Thread(target=opener.wait, daemon=True).start()
        return
    if code:
        raise refuse(
            Category.MISSING,
            f"Rushes could not {doing}: no program here takes it.",
            "Choose one for films in the settings of your system.",
        )
