"""Uploads: a recorder hands over the files of a live session, piece by piece."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Annotated
from weakref import WeakValueDictionary

from flask import Response, request
from pydantic import AfterValidator, BaseModel, Field

from backend.api.faults import ERRORS, Refused, known
from backend.api.gate import takes_octets
from backend.api.routes import Routes
from backend.api.sessions import found_session
from backend.api.wire import Asked, reply, services
from backend.core.fault import FaultError, explain
from backend.core.media import Source
from backend.core.session import Session, SessionState

api = Routes(
    "segments", __name__, url_prefix="/api/sessions/<session>/segments", abp_responses=ERRORS
)

NAME_LIMIT = 249
"""Bytes of a file's name: systems allow 255, and an unfinished file's name is six bytes longer."""
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)", re.IGNORECASE)
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")


def plain_name(name: str) -> str:
    """A name that is only a file's name, on Windows too. Raises ValueError."""
    if not name or "/" in name or "\\" in name or "\0" in name or name.startswith("."):
        raise ValueError("it must be a plain file name")
    try:
        size = len(name.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise ValueError("it must be UTF-8") from error
    if size > NAME_LIMIT:
        raise ValueError(f"it must not be longer than {NAME_LIMIT} bytes")
    if name != name.rstrip(". ") or _DEVICES.fullmatch(name.split(".")[0].strip()):
        raise ValueError("Windows could not hold a file of this name")
    if os.name == "nt" and set(name) & set('<>:"|?*'):
        raise ValueError("Windows could not hold a file of this name")
    return name


class UploadPath(Asked):
    session: str = Field(min_length=1, max_length=100)
    name: Annotated[str, AfterValidator(plain_name)]


class UploadBody(BaseModel):
    name: str
    offset: int
    """Bytes that are there: where the next piece begins."""
    complete: bool
    """The whole file is in and part of the session."""


class _Turns:
    """One upload of a name at a time: two requests for it would write over each other."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[tuple[str, str], _Turn] = WeakValueDictionary()

    def of(self, session: str, name: str) -> _Turn:
        with self._guard:
            return self._locks.setdefault((session, name), _Turn())


class _Turn:
    def __init__(self) -> None:
        self.lock = threading.Lock()


_turns = _Turns()


def _accepted(session: Session, name: str) -> Source | None:
    """The file of that name that is part of the session already."""
    for source in session.sources:
        if Path(source.path).name == name:
            return source
    return None


def _asked_range(length: int) -> tuple[int, int, int]:
    """Start, end (half open) and total that `Content-Range` tells. Raises `Refused`."""
    header = request.headers.get("Content-Range", "")
    found = _RANGE.fullmatch(header)
    if not found:
        raise Refused(400, "Content-Range must read `bytes FIRST-LAST/TOTAL`.")
    first, last, total = (int(group) for group in found.groups())
    if not first <= last < total:
        raise Refused(400, "Content-Range names bytes that the file does not have.")
    if last - first + 1 != length:
        raise Refused(400, f"Content-Range promises {last - first + 1} bytes, {length} came.")
    return first, last + 1, total


@api.get("/<name>", responses={200: UploadBody})
def show_upload(path: UploadPath) -> Response:
    """How much of a file has come in."""
    session = found_session(path.session)
    source = _accepted(session, path.name)
    there = 0
    if session.state is SessionState.LIVE:
        with known(f"session {path.session}"):
            there = _size(services().intake.receive(session.id, path.name))
    complete = source is not None and not there
    body = UploadBody(
        name=path.name, offset=source.size if source and complete else there, complete=complete
    )
    answer = reply(body)
    answer.headers["Upload-Offset"] = str(body.offset)
    return answer


@api.put("/<name>", responses={200: UploadBody})
@takes_octets
def put_segment(path: UploadPath) -> Response:
    """Take one piece. The last one makes the file part of the session, if it can be used.

    A piece that came already changes nothing. One that differs from what is there takes its
    place, and what stood behind it is dropped: the recorder began anew. One that leaves a hole is
    refused (409) with the offset at which to go on.
    """
    piece = request.get_data()
    first, end, total = _asked_range(len(piece))
    turn = _turns.of(path.session, path.name)
    with turn.lock:
        session = found_session(path.session)
        if session.state is not SessionState.LIVE:
            raise Refused(409, "This session has ended: nothing can be added to it any more.")
        with known(f"session {path.session}"):
            part = services().intake.receive(session.id, path.name)
        there = _size(part)
        source = _accepted(session, path.name)
        if not there and source is not None and source.size == total:
            # The answer to the last piece was lost, or the same file is handed over once more.
            if _holds(Path(source.path), first, piece):
                return reply(UploadBody(name=path.name, offset=end, complete=end == total))
            there = _begin_with(part, Path(source.path), first)
        if first > there:
            raise Refused(
                409,
                f"Bytes are missing before this piece: go on at {there}.",
                headers={"Upload-Offset": str(there)},
            )
        try:
            if end > there or not _holds(part, first, piece):
                there = _write(part, first, piece)
            if there > total:
                there = _write(part, total, b"")
            if there == total:
                _sync(part)
        except OSError as error:
            raise FaultError(explain(error, f"keep the upload of “{path.name}”")) from error
        complete = there == total
        if complete:
            with known(f"session {path.session}"):
                services().intake.accept(session.id, path.name)
        return reply(UploadBody(name=path.name, offset=there, complete=complete))


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _holds(path: Path, start: int, piece: bytes) -> bool:
    """Whether the file has exactly these bytes there."""
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(len(piece)) == piece
    except FileNotFoundError:
        return False


def _write(part: Path, start: int, piece: bytes) -> int:
    """Put the piece there and cut the file behind it; its size then."""
    with part.open("r+b" if part.exists() else "xb") as file:
        file.seek(start)
        file.write(piece)
        file.truncate()
        return file.tell()


def _begin_with(part: Path, accepted: Path, size: int) -> int:
    """Let a file that differs from the accepted one only further on begin with what they share."""
    if size:
        with accepted.open("rb") as source, part.open("xb") as file:
            file.write(source.read(size))
    return size


def _sync(part: Path) -> None:
    with part.open("rb+") as file:
        os.fsync(file.fileno())
