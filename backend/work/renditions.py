"""Films that are watched in a page without H.264: who encodes them, and where the pieces are kept.

What somebody watches cannot wait in a queue. So each film that is watched in this way has a process
of its own, outside the lanes and the badge; it makes the piece that the player wants next, and goes
when nobody has wanted one for a while. Pieces are kept for the next time, up to a size and an age.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from backend.core.artifact import Artifact
from backend.core.fault import Category, Fault, FaultError, explain, refuse
from backend.core.rendition import ENGINE
from backend.settings import Settings
from backend.work.child import MEMORY_LIMIT, bound_memory
from backend.work.standby import reap

log = logging.getLogger(__name__)

FILMS = 2
"""Films that are encoded at the same time; one keeps a small computer busy."""
IDLE = 30.0
"""Seconds without a wish after which a film's process goes."""
KEPT = 1 << 30
"""Bytes of pieces that are kept."""
KEPT_DAYS = 7
SPARE = 200 << 20
"""Bytes that stay free on the disk."""
LOOK = 0.25
"""Seconds between looks at whether the one who waits is still there."""


@dataclass(frozen=True, slots=True)
class _Made:
    number: int
    fault: Fault | None


class PieceKeeper:
    """Hands out pieces of films, made when they are wanted. Safe to call from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.renditions
        self._lock = threading.Lock()
        self._encoders: dict[str, _Encoder] = {}
        self._closed = False
        for folder in self._folder.glob("*/"):
            _sweep(folder)  # what the last launch was making when it was killed

    def piece(self, film: Artifact, number: int, gone: Callable[[], bool]) -> Path | None:
        """The file of a piece; None when `gone` says that nobody waits for it any more.

        Raises FaultError where it cannot be made.
        """
        path = self._place(film) / _name(number)
        while not _used(path):
            if self._encoder(film).wait_for(number, gone):
                return None
        return path

    def stop(self) -> None:
        """End all processes; whoever waits is told that there is nothing to wait for."""
        with self._lock:
            self._closed = True
            encoders = list(self._encoders.values())
        for encoder in encoders:
            encoder.stop()

    def _place(self, film: Artifact) -> Path:
        return self._folder / f"{film.key}.{ENGINE}"

    def _encoder(self, film: Artifact) -> _Encoder:
        with self._lock:
            if self._closed:
                raise refuse(Category.CANCELLED, "Rushes is closing.", "Open it again.")
            for key in [key for key, encoder in self._encoders.items() if encoder.over]:
                del self._encoders[key]
            encoder = self._encoders.get(film.key)
            if encoder is None:
                self._make_room()
                encoder = self._encoders[film.key] = _Encoder(film, self._place(film))
            return encoder

    def _make_room(self) -> None:
        if len(self._encoders) >= FILMS:
            oldest = min(self._encoders.values(), key=lambda encoder: encoder.wanted_at)
            if oldest.busy:
                raise refuse(
                    Category.MEMORY,
                    f"{FILMS} other films are being made playable for their windows.",
                    "Close one of them, or open this one with your own player.",
                )
            oldest.stop()
            del self._encoders[next(k for k, v in self._encoders.items() if v is oldest)]
        prune(self._folder)
        self._folder.mkdir(exist_ok=True)
        if shutil.disk_usage(self._folder).free < SPARE:
            raise refuse(
                Category.STORAGE,
                "There is not enough storage to make this film playable here.",
                "Free some space on the disk that holds Rushes' data, or open the film with your"
                " own player.",
            )


def _name(number: int) -> str:
    return f"{number:06}.webm"


def _unfinished(number: int) -> str:
    return f"{number:06}.part.webm"


def _sweep(folder: Path) -> None:
    """Remove pieces of a film that nobody makes any more."""
    for leftover in folder.glob("*.part*"):
        leftover.unlink(missing_ok=True)


def _used(path: Path) -> bool:
    """Whether the piece is there; it then counts as used now."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True


def prune(folder: Path, kept: int = KEPT, days: float = KEPT_DAYS) -> None:
    """Remove pieces that were not used for `days`, and the longest unused beyond `kept` bytes."""
    found: list[tuple[float, int, Path]] = []
    for path in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    room, oldest = kept, time.time() - days * 86_400
    for used, size, path in sorted(found, reverse=True):
        room -= size
        if room < 0 or used < oldest:
            with contextlib.suppress(OSError):
                path.unlink()
    for film in folder.glob("*/"):
        with contextlib.suppress(OSError):
            film.rmdir()  # only where nothing is left in it


def forget(settings: Settings, film: str) -> None:
    """Remove every piece of the film with that key."""
    for folder in settings.renditions.glob(f"{film}.*/"):
        shutil.rmtree(folder, ignore_errors=True)


class _Encoder:
    """The process of one film, and the thread that listens to it."""

    def __init__(self, film: Artifact, folder: Path) -> None:
        self._folder = folder
        self._changed = threading.Condition()
        self._wishes: list[int] = []
        """Pieces that somebody waits for, the newest wish last; one for each who waits."""
        self._current: int | None = None
        self._faults: dict[int, Fault] = {}
        self.over = False
        self.wanted_at = time.monotonic()
        _sweep(folder)
        folder.mkdir(exist_ok=True)
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_main, args=(film.path, str(folder), theirs), name="rushes rendition"
        )
        self._process.start()
        theirs.close()
        threading.Thread(target=self._listen, name="rendition", daemon=True).start()

    @property
    def busy(self) -> bool:
        return bool(self._wishes)

    def wait_for(self, number: int, gone: Callable[[], bool]) -> bool:
        """Return when the piece may be there; True if `gone` said so first. Raises FaultError."""
        with self._changed:
            self._wishes.append(number)
            try:
                self._ask()
                while not self.over and not (self._folder / _name(number)).exists():
                    if number in self._faults:
                        raise FaultError(self._faults[number])
                    self._changed.wait(LOOK)
                    if gone():
                        return True
            finally:
                self._wishes.remove(number)
                if number not in self._wishes:
                    self._faults.pop(number, None)
                self.wanted_at = time.monotonic()
                self._ask()
        if self.over and not (self._folder / _name(number)).exists():
            raise FaultError(_ended())
        return False

    def stop(self) -> None:
        with self._changed:
            self.over = True
            self._changed.notify_all()
        self._process.kill()
        reap(self._process)
        _sweep(self._folder)

    def _ask(self) -> None:
        """Let the process make what was wished for last, unless somebody waits for its present
        piece. Holds the lock."""
        if self.over or not self._wishes or self._current in self._wishes:
            return
        wanted = next((n for n in reversed(self._wishes) if n not in self._faults), None)
        if wanted is not None and wanted != self._current:
            self._current = wanted
            with contextlib.suppress(OSError):
                self._pipe.send(wanted)

    def _listen(self) -> None:
        while not self.over:
            try:
                if self._pipe.poll(1.0):
                    self._hear(self._pipe.recv())
                elif not self._wishes and time.monotonic() - self.wanted_at > IDLE:
                    break
            except (EOFError, OSError):
                break
        self.stop()
        self._pipe.close()

    def _hear(self, made: _Made) -> None:
        with self._changed:
            if self._current == made.number:
                self._current = None
            if made.fault is not None:
                self._faults[made.number] = made.fault
            else:
                (self._folder / _unfinished(made.number)).replace(self._folder / _name(made.number))
            self._ask()
            self._changed.notify_all()


def _ended() -> Fault:
    return Fault(
        Category.CRASH,
        "The process that makes this film playable here ended unexpectedly.",
        "Try again. If it keeps happening, open the film with your own player.",
    )


class _Superseded(Exception):
    """Another piece is wanted by now."""


class _Wish:
    """The piece that is wanted now, as the child hears of it."""

    def __init__(self, pipe: Connection[_Made, int]) -> None:
        self._pipe = pipe
        self._changed = threading.Condition()
        self._number: int | None = None
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                number = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(0)  # nobody is left to watch
            with self._changed:
                self._number = number
                self._changed.notify_all()

    def take(self) -> int:
        """The next one that is wanted."""
        with self._changed:
            while self._number is None:
                self._changed.wait()
            number, self._number = self._number, None
            return number

    def check(self) -> None:
        if self._number is not None:
            raise _Superseded


def _main(film: str, folder: str, pipe: Connection[_Made, int]) -> None:
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    bound_memory(MEMORY_LIMIT)
    wish = _Wish(pipe)
    from backend.media.rendition import PieceMaker

    maker: PieceMaker | None = None
    while True:
        number = wish.take()
        part = Path(folder) / _unfinished(number)
        fault: Fault | None = None
        try:
            maker = maker or PieceMaker(Path(film))
            maker.make(number, part, wish.check)
        except _Superseded:
            part.unlink(missing_ok=True)
            continue
        except BaseException as error:
            part.unlink(missing_ok=True)
            fault = explain(error, "make this film playable here")
        with contextlib.suppress(OSError):
            pipe.send(_Made(number, fault))
