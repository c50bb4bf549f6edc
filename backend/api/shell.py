"""What only a window can do: the page asks here, and here the shell is asked.

The page may speak to its own backend alone. Who brought a token may ask for these, whatever page
they have open; a window has to be there.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Literal

from flask import Response
from pydantic import BaseModel, Field

from backend.api.canvas import canvas_file
from backend.api.faults import Refused
from backend.api.outline import chapters_text, leaving_with, summary_file
from backend.api.routes import Routes
from backend.api.sessions import found_session
from backend.api.sound import Key, found_sound
from backend.api.transcript import transcript_text
from backend.api.wire import Asked, Done, reply, services
from backend.client import Client, Gone, Json, Unwilling, address_in
from backend.core.captions import WRITERS
from backend.core.fault import Category, Fault, FaultError
from backend.core.session import Session
from backend.store.giving import give, give_bytes

api = Routes("shell", __name__, url_prefix="/api/shell")

ANSWER = 15.0
"""Seconds within which the shell answers what needs nobody."""
DIALOG = 6 * 3600.0
"""Seconds that a person may look at a dialog of the system's."""
NO_WINDOW = "Rushes has no window here."
OPEN_ONE = "Open it with the `rushes` command, then try again."
LONGEST = 120
"""Characters of a title that become a file's name."""


class Choice(Asked):
    kind: str = Field(pattern="^(files|folder)$")


class Paths(BaseModel):
    paths: list[str]
    """Absolute. Empty where nothing was chosen, or where the web view does not tell."""


class OfSession(Asked):
    session: str = Field(min_length=1, max_length=100)


class TextFile(Asked):
    """What was found out about a session, as a file of text."""

    kind: Literal["transcript", "chapters", "summary"]
    ending: Literal["srt", "vtt", "txt", "md", "json"]
    version: int | None = Field(None, ge=1)
    """The newest without it."""
    line: int | None = Field(None, ge=10, le=1000)
    """Longest line of a transcript, in characters."""


class CanvasFile(Asked):
    """The newest canvas: a page that needs nothing else, or a picture."""

    form: Literal["html", "png"]
    dark: bool = False
    """Of a picture; a page follows whoever opens it."""


class Saving(OfSession):
    sound: Key | None = None
    """Key of a file of its sound, to be saved instead of the film."""
    text: TextFile | None = None
    """A text, to be saved instead of the film."""
    canvas: CanvasFile | None = None
    """The canvas, to be saved instead of the film."""


class Saved(BaseModel):
    path: str | None
    """Where the copy lies now; None when no place was chosen."""


class Closing(Asked):
    quit: bool = False
    """Also end the backend; what runs goes on at the next launch."""


def ask(what: str, fields: Mapping[str, object], seconds: float = ANSWER) -> Json:
    """The shell's answer. Raises `Refused` (409) where there is none, and what it refuses."""
    address = address_in(services().settings.window_address)
    if address is None:
        raise Refused(409, NO_WINDOW, OPEN_ONE)
    try:
        with Client(address, seconds) as shell:
            return shell.post(what, fields)
    except Gone as error:
        raise Refused(409, NO_WINDOW, OPEN_ONE) from error
    except Unwilling as error:
        raise FaultError(error.fault) from error


@api.post("/hello", responses={200: Done})
def greet() -> Response:
    """The page of the window listens: whatever the shell has to tell it may come."""
    ask("/hello", {})
    return reply(Done())


@api.post("/choose", responses={200: Paths})
def choose_recordings(body: Choice) -> Response:
    """Let the owner choose in the system's own dialog; answers when they have."""
    return reply(Paths(paths=ask("/choose", {"kind": body.kind}, DIALOG)["paths"]))


@api.post("/dropped", responses={200: Paths})
def take_dropped() -> Response:
    """Full paths of what was just dropped on the window."""
    return reply(Paths(paths=ask("/dropped", {})["paths"]))


@api.post("/save", responses={200: Saved})
def save_file(body: Saving) -> Response:
    """Copy the film, its sound, its canvas or a text of it to where the owner chooses in the
    system's own dialog."""
    session, suffix, hand = _what_to_give(body)
    folder = _home()
    name = f"{file_name(session.title)}{suffix}"
    chosen = ask("/target", {"folder": folder, "name": name}, DIALOG)["path"]
    if chosen is None:
        return reply(Saved(path=None))
    target = Path(str(chosen))
    if not target.suffix:
        target = target.with_name(target.name + suffix)
        if target.exists():  # nobody was asked about this one
            raise _unusable(f"{target} exists already.", "Choose another name.")
    settings = services().settings
    above = target.resolve().parents
    if any(place.resolve() in above for place in (settings.data, settings.films)):
        raise _unusable(
            f"{target} would lie inside the library, which Rushes keeps by itself.",
            "Choose another folder.",
        )
    with contextlib.suppress(OSError):
        if any(target.samefile(source.path) for source in session.sources):
            raise _unusable(f"{target} is one of the recordings.", "Choose another name.")
    hand(target)
    return reply(Saved(path=str(target)))


def _what_to_give(body: Saving) -> tuple[Session, str, Callable[[Path], None]]:
    """The session, the ending of the file, and what puts it into its place."""
    if body.text is not None:
        session, text = found_session(body.session), _text_of(body.session, body.text)
        return session, f".{body.text.ending}", partial(give_bytes, text.encode("utf-8"))
    if body.canvas is not None:
        session = found_session(body.session)
        data = canvas_file(session, body.canvas.form, body.canvas.dark)
        return session, f".{body.canvas.form}", partial(give_bytes, data)
    if body.sound is None:
        session, file = _film(body.session)
    else:
        session = found_session(body.session)
        file = Path(found_sound(session.id, body.sound).path)
    return session, file.suffix, partial(give, file, chapters=leaving_with(session.id)[1])


ENDINGS = {"transcript": WRITERS.keys(), "chapters": {"vtt", "txt"}, "summary": {"md", "txt"}}


def _text_of(session: str, wanted: TextFile) -> str:
    if wanted.ending not in (*ENDINGS[wanted.kind], "json"):
        raise Refused(422, f"A {wanted.kind} is no {wanted.ending} file.", "Choose another kind.")
    if wanted.kind == "chapters":
        return chapters_text(session, wanted.ending, wanted.version)
    if wanted.kind == "summary":
        return summary_file(session, wanted.ending, wanted.version)
    return transcript_text(session, wanted.ending, wanted.version, wanted.line)


@api.post("/reveal", responses={200: Done})
def reveal_film(body: OfSession) -> Response:
    """Show the film in the system's file manager."""
    ask("/reveal", {"path": str(_film(body.session)[1])})
    return reply(Done())


@api.post("/play", responses={200: Done})
def play_film(body: OfSession) -> Response:
    """Open the film in the program that the system has for such files."""
    ask("/play", {"path": str(_film(body.session)[1])})
    return reply(Done())


@api.post("/close", responses={200: Done})
def close_window(body: Closing) -> Response:
    """Close the window. What runs goes on, unless it is to quit."""
    ask("/close", {"quit": body.quit})
    return reply(Done())


def file_name(title: str) -> str:
    """A title as the name of a file on any system."""
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*]+', " ", title)
    return " ".join(name.split())[:LONGEST].strip(" .") or "Film"


def _film(number: str) -> tuple[Session, Path]:
    session = found_session(number)
    if session.film is None:
        raise Refused(409, f"“{session.title}” has no film yet.", "Wait until it is ready.")
    return session, Path(session.film.path)


def _home() -> str:
    """Where a dialog that saves begins."""
    videos = services().settings.films.parent
    return str(videos if videos.is_dir() and videos != services().settings.data else Path.home())


def _unusable(message: str, hint: str) -> FaultError:
    return FaultError(Fault(Category.INPUT, message, hint))
