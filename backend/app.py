"""The one place where things are wired together, and the life of the backend process."""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

from backend.api.server import Server
from backend.bus import Board, Bus, Presence
from backend.client import Address, Client, Gone, Unwilling, address_in
from backend.core.fault import Category, FaultError, explain, refuse
from backend.desktop import NativeDesktop
from backend.ingest import Ingest
from backend.instance import Lock, last_port, own_folder, write_address
from backend.launch import open_window
from backend.notify import Notifier
from backend.services import Services
from backend.settings import Settings
from backend.store.library import Library, open_library
from backend.work.ahead import Ahead
from backend.work.drawing import draw_poster
from backend.work.isolate import make_sample, probe_files
from backend.work.meant import MeaningSearch
from backend.work.models import ModelKeeper
from backend.work.recovery import recover
from backend.work.renditions import PieceKeeper
from backend.work.supervisor import Supervisor

log = logging.getLogger(__name__)

BRIEF_SECONDS = 5.0
"""How long a backend that a command started stays when nobody needs it and nothing can run."""

WINDOW_SECONDS = 5.0
"""How long the window may take to say that it shows a page."""

ORDERLY = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if sys.platform != "win32" else ()))
"""Signals that end the backend in an orderly way: no attempt is lost when a terminal closes."""


class App:
    """A backend: library, supervisor and HTTP server over one data folder."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        supervisor: Supervisor,
        server: Server,
        notifier: Notifier,
        bus: Bus,
        presence: Presence,
        token: str,
        leaving: threading.Event,
        renditions: PieceKeeper,
        ahead: Ahead,
        meanings: MeaningSearch,
    ) -> None:
        self.settings = settings
        self.library = library
        self.supervisor = supervisor
        self.server = server
        self.notifier = notifier
        self.bus = bus
        self.presence = presence
        self.token = token
        self.leaving = leaving
        self._renditions = renditions
        self._ahead = ahead
        self._meanings = meanings
        self._closed = False

    def unneeded(self) -> bool:
        return (
            self.presence.alone_for() >= BRIEF_SECONDS
            and self.supervisor.idle()
            and not self.notifier.needed()
        )

    def close(self) -> None:
        """End in an orderly way: running jobs go back to the queue. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self.bus.close()
        self._renditions.stop()  # requests wait for its pieces
        self._meanings.stop()  # and for what it finds
        self.server.stop()
        self.supervisor.stop()
        self._ahead.stop()
        self.notifier.stop()
        self.library.close()


def build(settings: Settings, port: int | None = None) -> App:
    """Open the library, recover what the last life left, and start to work and to listen.

    The caller holds the library's lock. Raises `FaultError` where the library cannot be opened or
    the port is taken.
    """
    bus, board, presence, leaving = Bus(), Board(), Presence(), threading.Event()
    library = open_library(settings.data, bus.publish, settings.films)
    try:
        make_folders(settings)
        last_event = library.events.last()
        recover(settings, library)
        token = secrets.token_urlsafe(32)
        renditions = PieceKeeper(settings)
        meanings = MeaningSearch(settings, library, bus)
        supervisor = Supervisor(settings, library, bus, board)
        services = Services(
            settings=settings,
            library=library,
            bus=bus,
            board=board,
            presence=presence,
            intake=Ingest(settings, library, probe_files, make_sample, supervisor.expect),
            renditions=renditions,
            meanings=meanings,
            models=ModelKeeper(settings, library),
            poster=draw_poster,
            token=token,
            leave=leaving.set,
        )
        ahead = Ahead(settings, library, bus)
        server = _listen(services, port)
        desktop = NativeDesktop(_opener(settings, server.port, token))
        notifier = Notifier(library, bus, desktop, last_event)
        app = App(
            settings,
            library,
            supervisor,
            server,
            notifier,
            bus,
            presence,
            token,
            leaving,
            renditions,
            ahead,
            meanings,
        )
    except BaseException:
        library.close()
        raise
    try:
        notifier.start()
        supervisor.start()
        ahead.start()
        meanings.start()
        server.start()
        write_address(settings.address, server.port, token)
    except BaseException:
        app.close()  # a thread that went on would hold the process, and with it the lock
        raise
    return app


def _listen(services: Services, port: int | None) -> Server:
    """A server on `port`, else on that of the last life, where a page may still look."""
    if port is not None:
        return Server(services, port)
    last = last_port(services.settings.address)
    try:
        return Server(services, last)
    except FaultError:
        return Server(services)


def _opener(settings: Settings, port: int, token: str) -> Callable[[str], None]:
    """Opens a page of this backend: in its window, in a new one, else in the owner's browser."""
    address = Address(port, token, os.getpid())

    def show(path: str) -> None:
        if window := address_in(settings.window_address):
            with contextlib.suppress(Gone, Unwilling), Client(window, WINDOW_SECONDS) as shell:
                shell.post("/show", {"go": path})
                return
        if open_window(settings, path):
            return
        import webbrowser

        with contextlib.suppress(Gone), Client(address) as backend:
            if not webbrowser.open(backend.page(path)):
                log.warning("no browser could be opened for %s", path)

    return show


def make_folders(settings: Settings) -> None:
    try:
        for folder in (settings.films, settings.work, settings.live):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fault = explain(error, "make the folder for your films")
        raise refuse(fault.category, fault.message, fault.hint) from error


def serve(
    settings: Settings,
    *,
    port: int | None = None,
    brief: bool = False,
    watch_stdin: bool = False,
    ready: Callable[[Mapping[str, object]], None] = lambda _: None,
) -> int:
    """Be the backend of a library until asked to leave; the exit code.

    `ready` is called once, with where it listens. `brief` backends leave by themselves when nobody
    needs them and nothing can run; with `watch_stdin` the end of standard input makes this one
    brief, since the window that started it is gone. Raises `FaultError` if it cannot start.
    """
    own_folder(settings.data)
    lock = Lock(settings.lock)
    if not lock.take():
        raise refuse(
            Category.PERMISSION,
            f"Rushes is already running for the library in {settings.data}.",
            "Use that one, or choose another library with --data-dir.",
        )
    _log_to(settings)
    try:
        app = build(settings, port)
        previous = {number: signal.signal(number, _on_signal(app.leaving)) for number in ORDERLY}
        try:
            ready(
                {
                    "event": "ready",
                    "url": f"http://127.0.0.1:{app.server.port}/",
                    "port": app.server.port,
                    "token": app.token,
                    "pid": os.getpid(),
                }
            )
            gone = threading.Event()
            if watch_stdin:
                threading.Thread(
                    target=_until_stdin_ends, args=(gone,), name="stdin", daemon=True
                ).start()
            while not app.leaving.wait(0.25):
                if (brief or gone.is_set()) and app.unneeded():
                    break
                app.library.back_up_daily()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
            app.close()
    finally:
        lock.release()
    return 0


def _on_signal(leaving: threading.Event) -> Callable[[int, FrameType | None], None]:
    def leave(number: int, frame: FrameType | None) -> None:
        leaving.set()

    return leave


def _until_stdin_ends(gone: threading.Event) -> None:
    # The raw descriptor: a daemon thread inside buffered stdin aborts the interpreter at exit.
    while os.read(0, 4096):
        time.sleep(0)
    gone.set()


def _log_to(settings: Settings) -> None:
    """Log to the library's own file, a few megabytes at most."""
    handler = logging.handlers.RotatingFileHandler(
        settings.log, maxBytes=2 << 20, backupCount=2, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("waitress").setLevel(logging.ERROR)
    sys.excepthook = lambda kind, error, trace: log.critical(
        "the backend ended", exc_info=(kind, error, trace)
    )
