"""`rushes doctor`: is everything in order, and if not, what to do."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from backend import __version__
from backend.cli.command import Code, command
from backend.cli.output import Output, amount, plain
from backend.core.fault import FaultError
from backend.launch import attach, is_frozen
from backend.settings import Settings

FIXED_SQLITE = (3, 51, 3)
"""The first without the bug that can damage a database when its log is reset."""
NEEDED = ("libx264", "aac")
ALSO = ("libx265", "libvpx-vp9", "libopus")
LITTLE = 2 * 1000**3
"""Bytes of free disk below which a recording of some length may not fit."""
CHILD_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    found: str
    do: str = ""
    """What to do where it is not in order."""


@click.command()
@command
def doctor(settings: Settings, out: Output) -> Code:
    """Check that everything Rushes needs is in order. Exit code 4 where something is not."""
    code = Code.DONE
    for check in _checks(settings):
        out.line({"check": check.name, "ok": check.ok, "found": check.found, "do": check.do})
        mark = click.style("✓", fg="green") if check.ok else click.style("✗", fg="red")
        out.say(f"{mark} {check.name}: {plain(check.found)}")
        if not check.ok:
            out.say(f"    {plain(check.do)}")
            code = Code.FAILED
    return code


def _checks(settings: Settings) -> Iterator[Check]:
    yield Check("Rushes", True, __version__)
    yield Check(
        "Python",
        sys.version_info >= (3, 11),
        f"{platform.python_version()} on {platform.platform(terse=True)}",
        "Install Python 3.11 or newer.",
    )
    yield from _media()
    yield _hardware()
    yield _sqlite()
    yield _folder("data folder", settings.data)
    yield _folder("films", settings.films)
    yield _backend(settings)
    yield _library(settings)
    yield _notifications()
    yield Check("log", True, str(settings.log))


def _media_facts() -> dict[str, str | list[str]]:
    """Run in a child: what the media libraries are, and which encoders they carry."""
    import av
    from av.codec import Codec

    def can(name: str) -> bool:
        try:
            return Codec(name, "w").is_encoder
        except ValueError:
            return False

    version = ".".join(str(part) for part in av.library_versions["libavcodec"])
    return {
        "pyav": av.__version__,
        "libavcodec": version,
        "encoders": [name for name in (*NEEDED, *ALSO) if can(name)],
    }


def _media() -> Iterator[Check]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(1, mp_context=context) as child:
            facts = child.submit(_media_facts).result(CHILD_SECONDS)
    except Exception as error:
        yield Check("PyAV", False, f"it does not load: {error}", _install("pip install rushes"))
        return
    yield Check("PyAV", True, f"{facts['pyav']}, libavcodec {facts['libavcodec']}")
    missing = [name for name in NEEDED if name not in facts["encoders"]]
    yield Check(
        "encoders",
        not missing,
        ", ".join(facts["encoders"]) or "none",
        f"{' and '.join(missing)} is missing. {_install('pip install -U av')}",
    )


def _install(command: str) -> str:
    """What to do where a part is missing; the app that carries its own Python has no pip."""
    return "Install Rushes again." if is_frozen() else f"Install it again: {command}"


def _hardware() -> Check:
    """Which encoders of graphics processors work. None need: everything is done without them."""
    from backend.work.isolate import try_hardware

    name = "hardware encoders"
    try:
        found = try_hardware(CHILD_SECONDS)
    except (EOFError, TimeoutError, OSError) as error:
        return Check(name, True, f"none: trying them failed ({error or 'the driver crashed'})")
    working = [codec for codec, trouble in found.items() if trouble is None]
    if working:
        return Check(name, True, f"{', '.join(working)}; `optimise.hardware` allows their use")
    why = ", ".join(f"{codec}: {trouble}" for codec, trouble in found.items())
    return Check(name, True, f"none that works ({why}); software is used, which is fine")


def _sqlite() -> Check:
    import apsw

    version = apsw.sqlite_lib_version()
    return Check(
        "SQLite",
        tuple(int(part) for part in version.split(".")[:3]) >= FIXED_SQLITE,
        f"{version}, apsw {apsw.apsw_version()}",
        "This version can damage a database when its log is reset. "
        + _install("pip install -U apsw"),
    )


def _folder(name: str, folder: Path) -> Check:
    """Can it be written, and is there room? One that is not there yet is judged by its parent."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return Check(name, False, f"{there} is a file", "Choose another with --data-dir.")
    if not os.access(there, os.W_OK | os.X_OK):
        return Check(
            name, False, f"{folder} cannot be written", "Change its permissions, or its owner."
        )
    free = shutil.disk_usage(there).free
    found = f"{folder}, {amount(free)} free" + ("" if folder.exists() else ", not made yet")
    return Check(name, free >= LITTLE, found, "Free some space on that disk.")


def _backend(settings: Settings) -> Check:
    found = attach(settings)
    if found is None:
        return Check("backend", True, "not running; the next command starts it")
    return Check("backend", True, f"running at {found.url}, process {found.pid}")


def _notifications() -> Check:
    from backend.desktop import describe

    # Where they are not shown nothing is amiss: the page and `rushes jobs` tell the same.
    return Check("notifications", True, describe())


def _library(settings: Settings) -> Check:
    from backend.store.health import LastEvent, damage
    from backend.store.library import DATABASE, MIRROR

    path = settings.data / DATABASE
    if not path.exists():
        return Check("library", True, "none yet; the first recording makes it")
    try:
        mirror = LastEvent(settings.data / MIRROR)
        try:
            wrong = damage(path, mirror.read())
        finally:
            mirror.close()
    except FaultError as error:
        return Check("library", False, error.fault.message, error.fault.hint)
    except Exception as error:
        return Check("library", False, f"it cannot be opened: {error}", "Change its permissions.")
    return Check(
        "library",
        wrong is None,
        f"{path} is {'whole' if wrong is None else 'damaged: ' + wrong}",
        "Start Rushes: it saves what can be read, and sets the old file aside.",
    )
