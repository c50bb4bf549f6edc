"""`rushes serve`: be the backend."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping

import click

from backend.cli.command import Code, command
from backend.cli.output import Output
from backend.core.fault import FaultError
from backend.settings import Settings

ATTACH_SECONDS = 10.0


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="N",
    help="Listen on this port of 127.0.0.1, instead of any that is free.",
)
@click.option("--open", "show", is_flag=True, help="Open the page in your browser, signed in.")
@click.option("--brief", is_flag=True, help="Leave when nobody needs it and nothing can run.")
@click.option("--stay-with-stdin", is_flag=True, help="Become brief when standard input ends.")
@command
def serve(
    port: int | None,
    show: bool,
    brief: bool,
    stay_with_stdin: bool,
    settings: Settings,
    out: Output,
) -> Code:
    """Be the backend of a library until it is told to end.

    The first line says, in JSON, where it listens, with the token that requests have to carry.
    Ctrl-C ends it in an orderly way: what runs goes on at the next launch.

    Where a backend serves this library already, that one is named instead, with "attached": true,
    and the command ends: there is never a second one.
    """
    # What is loaded now stays: to look for garbage in it would take a tenth of the start.
    gc.disable()
    from backend.app import serve as serve_library
    from backend.launch import shed_libraries

    gc.freeze()
    gc.enable()

    # Browsers and notices are the system's; children of jobs set themselves up.
    shed_libraries(os.environ)

    def ready(fields: Mapping[str, object]) -> None:
        # Whoever started it reads this line first, whether it asked for JSON or not.
        Output(as_json=True).line(fields)
        if show:
            _open_page(fields, out)

    until = time.monotonic() + ATTACH_SECONDS
    while True:
        try:
            return Code(
                serve_library(
                    settings, port=port, brief=brief, watch_stdin=stay_with_stdin, ready=ready
                )
            )
        except FaultError:
            if not _is_served(settings) or time.monotonic() > until:
                raise
        # The other one answers, or is on its way up, or on its way down: then its place is ours.
        if _tell_of_other(settings, out, ready):
            return Code.DONE
        time.sleep(0.1)


def _open_page(told: Mapping[str, object], out: Output) -> None:
    import webbrowser

    from backend.client import Address, Client

    with Client(Address.from_dict(told)) as backend:
        address = backend.page("/")
        if not webbrowser.open(address):
            out.note(f"No browser could be opened here. The page is at {address}")


def _is_served(settings: Settings) -> bool:
    """Whether another process holds the library."""
    from backend.instance import Lock

    lock = Lock(settings.lock)
    try:
        free = lock.take()
    except OSError:
        return False
    lock.release()
    return not free


def _tell_of_other(
    settings: Settings, out: Output, ready: Callable[[Mapping[str, object]], None]
) -> bool:
    from backend.launch import attach

    found = attach(settings)
    if found is None:
        return False
    ready(
        {
            "event": "ready",
            "url": f"{found.url}/",
            "port": found.port,
            "token": found.token,
            "pid": found.pid,
            "attached": True,
        }
    )
    out.note("Another backend serves this library already.")
    return True
