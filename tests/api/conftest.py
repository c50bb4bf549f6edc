"""A real library behind a real server on a real port; only the looking into files is left out."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from threading import Event

import pytest

from backend.api.server import Server
from backend.bus import Board, Bus, Presence
from backend.core.artifact import Artifact
from backend.core.fault import Category, refuse
from backend.core.job import Priority
from backend.core.media import AudioStream, MediaInfo, Source
from backend.core.session import Segment, Session, SessionOptions, SessionState
from backend.services import Near, Services
from backend.settings import Settings
from backend.store.library import Library, open_library
from backend.work.drawing import draw_poster
from backend.work.models import ModelKeeper

TOKEN = "the-token-of-this-test"
BASE = Fraction(1, 48000)


def sound_of(path: Path) -> Segment:
    """Ten seconds of sound, as the file's name and bytes would have it."""
    size = path.stat().st_size if path.exists() else 1000
    length = Fraction(10)
    stream = AudioStream(
        index=0,
        codec="aac",
        profile="LC",
        rate=48000,
        channels=1,
        layout="mono",
        time_base=BASE,
        start=Fraction(0),
        duration=length,
    )
    info = MediaInfo(
        path=str(path),
        container="mp4",
        size=size,
        duration=length,
        start=Fraction(0),
        audio=(stream,),
    )
    return Segment(Source(str(path), size, 1, 1, secrets.token_hex(8)), info)


class Desk:
    """An `Intake` that takes every file for ten seconds of sound, except those called bad."""

    def __init__(self, settings: Settings, library: Library) -> None:
        self._settings = settings
        self._library = library
        self.priority: Priority | None = None
        self.options: SessionOptions | None = None

    def bring(
        self,
        paths: Sequence[Path],
        *,
        title: str | None = None,
        options: SessionOptions | None = None,
        priority: Priority = Priority.NORMAL,
        again: bool = False,
    ) -> tuple[Session, bool]:
        self.priority, self.options = priority, options
        for path in paths:
            for category in Category:
                if path.name == str(category):
                    raise refuse(category, f"“{path.name}” did not work.", "Do something.")
            if path.name == "attached":
                return self._library.sessions.page()[0], False
            if path.name == "unforeseen":
                raise RuntimeError("the secret inside")
        return self._library.sessions.create(
            _session(title or paths[0].name, SessionState.ENDED, paths, options), priority
        ), True

    def begin(self, title: str | None = None, options: SessionOptions | None = None) -> Session:
        self.options = options
        return self._library.sessions.create(_session(title or "Live", SessionState.LIVE, ()))

    def sample(self) -> tuple[Session, bool]:
        kept = self._library.sessions.page()
        return (kept[0], False) if kept else self.bring([self._settings.sample])

    def receive(self, session: str, name: str) -> Path:
        folder = self._settings.live / session
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f".{name}.part"

    def accept(self, session: str, name: str) -> Session:
        part = self.receive(session, name)
        if name.startswith("bad"):
            part.unlink()
            raise refuse(Category.INPUT, f"“{name}” is no recording.", "Leave it out.")
        final = part.with_name(name)
        part.replace(final)
        return self._library.sessions.add(session, sound_of(final))

    def end(self, session: str, priority: Priority = Priority.NORMAL) -> Session:
        self.priority = priority
        return self._library.sessions.end(session, priority)


class Pieces:
    """`Renditions` that are made at once, except that there is no room for piece 1."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.data

    def piece(self, film: Artifact, number: int, gone: Callable[[], bool]) -> Path | None:
        if number == 1:
            raise refuse(Category.STORAGE, "There is not enough storage.", "Free some space.")
        path = self._folder / f"{number}.webm"
        path.write_bytes(f"piece {number}".encode())
        return path


def _session(
    title: str,
    state: SessionState,
    paths: Sequence[Path],
    options: SessionOptions | None = None,
) -> Session:
    now = datetime.now(UTC)
    return Session(
        id=secrets.token_hex(5),
        title=title,
        state=state,
        started_at=now,
        created_at=now,
        updated_at=now,
        segments=tuple(sound_of(path) for path in paths),
        options=options or SessionOptions(enrich=False),
    )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        value = json.loads(self.body)
        assert isinstance(value, dict)
        return value


def read_answer(connection: socket.socket, head: bool = False) -> Answer:
    """One answer off a raw connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError(f"closed after {data!r}")
        data += more
    lines, _, body = data.partition(b"\r\n\r\n")
    first, *rest = lines.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest)}
    length = 0 if head else int(headers.get("content-length", 0))
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError("closed within the body")
        body += more
    return Answer(int(first.split()[1]), headers, body)


@dataclass
class Backend:
    """A running server, and requests to it byte by byte."""

    server: Server
    services: Services
    desk: Desk
    left: Event
    open: list[socket.socket] = field(default_factory=list)

    @property
    def library(self) -> Library:
        return self.services.library

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        self.open.append(connection)
        return connection

    def headers(self, **changes: str | None) -> dict[str, str]:
        """Those that pass the gate, with changes; None leaves one out."""
        good: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.server.port}",
            "Authorization": f"Bearer {TOKEN}",
        }
        good |= {name.replace("_", "-"): value for name, value in changes.items()}
        return {name: value for name, value in good.items() if value is not None}

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> socket.socket:
        headers = dict(self.headers() if headers is None else headers)
        if body is not None:
            headers.setdefault("Content-Length", str(len(body)))
        lines = [f"{method} {path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        connection = self.connect()
        connection.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))
        return connection

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """One request over a connection of its own."""
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers = {**(headers or self.headers()), "Content-Type": "application/json"}
        with self.send(method, path, body, headers) as connection:
            return read_answer(connection, method == "HEAD")

    def put(self, session: object, name: str, piece: bytes, first: int, total: int) -> Answer:
        headers = self.headers(
            Content_Type="application/octet-stream",
            Content_Range=f"bytes {first}-{first + len(piece) - 1}/{total}",
        )
        return self.ask("PUT", f"/api/sessions/{session}/segments/{name}", piece, headers)

    def process(self, name: str = "take.m4a") -> str:
        """A session that has ended; its id."""
        answer = self.ask("POST", "/api/sessions", {"paths": [f"/recordings/{name}"]})
        assert answer.status == 201, answer
        return str(answer.json["id"])

    def record(self) -> str:
        """A live session; its id."""
        answer = self.ask("POST", "/api/sessions", {"live": True})
        assert answer.status == 201, answer
        return str(answer.json["id"])


class Thesaurus:
    """Finds what stands beside a word in a list instead of what a model takes for close."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def near(self, words: str, limit: int, session: str | None = None) -> Near:
        other = {"money": "budget"}.get(words, words)
        return Near(self._library.search(other, limit, 0, session).hits, "1 session is left.")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Settings(data, data / "films")


@pytest.fixture
def make_backend(settings: Settings) -> Iterator[Callable[[], Backend]]:
    made: list[Backend] = []

    def make() -> Backend:
        bus = Bus()
        library = open_library(settings.data, bus.publish, settings.films)
        desk, left = Desk(settings, library), Event()
        services = Services(
            settings=settings,
            library=library,
            bus=bus,
            board=Board(),
            presence=Presence(),
            intake=desk,
            renditions=Pieces(settings),
            meanings=Thesaurus(library),
            models=ModelKeeper(settings, library),
            poster=draw_poster,
            token=TOKEN,
            leave=left.set,
        )
        server = Server(services)
        server.start()
        made.append(Backend(server, services, desk, left))
        return made[-1]

    yield make
    for each in made:
        for connection in each.open:
            connection.close()
        each.server.stop()
        each.library.close()


@pytest.fixture
def backend(make_backend: Callable[[], Backend]) -> Backend:
    return make_backend()
