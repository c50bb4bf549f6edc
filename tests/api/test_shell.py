"""What the page asks of its window, through the backend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import av
import pytest

from backend.api.shell import file_name
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.document import DocumentKind
from backend.core.fault import Category, refuse
from backend.core.job import Lane
from backend.instance import write_address
from backend.store import documents
from sidecar.desk import Desk
from tests.api.conftest import Backend
from tests.api.test_canvas import CANVAS
from tests.api.test_film import keep
from tests.media.studio import Video, record, steady

CONTENT = b"a film" * 1000


class Asked:
    """A shell without a window: it notes what it is asked, and answers what it was told to."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, dict[str, Any]]] = []
        self.answer: dict[str, Any] = {}
        names = ("hello", "choose", "target", "dropped", "reveal", "play", "close")
        self.desk = Desk({f"/{name}": self._noting(f"/{name}") for name in names})

    def _noting(self, name: str) -> Any:
        def noted(question: Mapping[str, Any]) -> dict[str, Any]:
            self.questions.append((name, dict(question)))
            if name == "/play":
                raise refuse(Category.MISSING, "No program plays it.", "Choose one.")
            return self.answer

        return noted


@pytest.fixture
def shell(backend: Backend) -> Iterator[Asked]:
    asked = Asked()
    asked.desk.start()
    write_address(backend.services.settings.window_address, asked.desk.port, asked.desk.token)
    yield asked
    asked.desk.stop()


@pytest.fixture
def film(backend: Backend) -> str:
    """A session with a film of `CONTENT`; its id."""
    session = backend.process("Take: 1.m4a")
    job = backend.library.jobs.claim(Lane.READY)
    assert job is not None
    path = backend.services.settings.films / "Folder" / "film.mp4"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    made = Artifact("f" * 40, ArtifactKind.FILM, session, str(path), len(CONTENT))
    assert backend.library.jobs.finish(job, {}, 0.1, made)
    return session


ROUTES: dict[str, dict[str, object]] = {
    "hello": {},
    "dropped": {},
    "choose": {"kind": "files"},
    "close": {},
}


@pytest.mark.parametrize("route", ROUTES)
def test_without_a_window_nothing_of_it_can_be_asked(backend: Backend, route: str) -> None:
    answer = backend.ask("POST", f"/api/shell/{route}", ROUTES[route])
    assert answer.status == 409
    assert answer.json["detail"] == "Rushes has no window here."
    # The note of one that was killed leads to nobody.
    write_address(backend.services.settings.window_address, 1, "stale")
    assert backend.ask("POST", f"/api/shell/{route}", ROUTES[route]).status == 409


def test_the_window_chooses_and_tells_what_was_dropped(backend: Backend, shell: Asked) -> None:
    shell.answer = {"paths": ["/a/Grüße, 1.mkv"]}
    chosen = backend.ask("POST", "/api/shell/choose", {"kind": "folder"})
    assert chosen.json == {"paths": ["/a/Grüße, 1.mkv"]}
    assert backend.ask("POST", "/api/shell/dropped", {}).json == {"paths": ["/a/Grüße, 1.mkv"]}
    assert backend.ask("POST", "/api/shell/close", {"quit": True}).status == 200
    assert shell.questions == [
        ("/choose", {"kind": "folder"}),
        ("/dropped", {}),
        ("/close", {"quit": True}),
    ]
    assert backend.ask("POST", "/api/shell/choose", {"kind": "disk"}).status in (400, 422)


def test_a_film_is_shown_and_what_the_system_refuses_is_said(
    backend: Backend, shell: Asked, film: str
) -> None:
    assert backend.ask("POST", "/api/shell/reveal", {"session": film}).status == 200
    (asked,) = shell.questions
    assert asked[0] == "/reveal"
    assert Path(asked[1]["path"]).read_bytes() == CONTENT
    refused = backend.ask("POST", "/api/shell/play", {"session": film})
    assert refused.status == 422
    assert refused.json["detail"] == "No program plays it."
    assert backend.ask("POST", "/api/shell/reveal", {"session": "nobody"}).status == 404
    waiting = backend.process("other.m4a")
    assert backend.ask("POST", "/api/shell/play", {"session": waiting}).status == 409


def test_a_film_is_saved_where_its_owner_says(
    backend: Backend, shell: Asked, film: str, tmp_path: Path
) -> None:
    place = tmp_path / "Out"
    place.mkdir()

    def save(path: Path | None) -> tuple[int, object]:
        shell.answer = {"path": None if path is None else str(path)}
        answer = backend.ask("POST", "/api/shell/save", {"session": film})
        return answer.status, answer.json.get("path", answer.json.get("detail"))

    assert save(None) == (200, None)
    assert shell.questions[0][1]["name"] == "Take 1.m4a.mp4"
    assert save(place / "Mine.mp4") == (200, str(place / "Mine.mp4"))
    assert (place / "Mine.mp4").read_bytes() == CONTENT
    (place / "Mine.mp4").write_bytes(b"old")
    # The system's dialog has asked whether to replace it.
    assert save(place / "Mine.mp4")[0] == 200
    assert (place / "Mine.mp4").read_bytes() == CONTENT
    # It has not asked about the name with an ending.
    assert save(place / "Mine")[0] == 422
    assert save(place / "Yours") == (200, str(place / "Yours.mp4"))
    inside = backend.services.settings.films / "mine.mp4"
    assert save(inside)[0] == 422
    assert not inside.exists()
    assert save(tmp_path / "nowhere" / "x.mp4")[0] == 422
    assert sorted(file.name for file in place.iterdir()) == ["Mine.mp4", "Yours.mp4"]


def test_the_sound_is_saved_where_its_owner_says(
    backend: Backend, shell: Asked, film: str, tmp_path: Path
) -> None:
    keep(backend, film, ArtifactKind.SOUNDTRACK, "a.mp3", b"sound", {"format": "mp3"})
    shell.answer = {"path": str(tmp_path / "Mine")}
    body = {"session": film, "sound": "a" * 40}
    assert backend.ask("POST", "/api/shell/save", body).json["path"] == str(tmp_path / "Mine.mp3")
    assert (tmp_path / "Mine.mp3").read_bytes() == b"sound"
    assert shell.questions[0][1]["name"] == "Take 1.m4a.mp3"
    assert backend.ask("POST", "/api/shell/save", {**body, "sound": "b" * 40}).status == 404


def test_a_title_becomes_the_name_of_a_file() -> None:
    assert file_name("Stand-up, Tuesday") == "Stand-up, Tuesday"
    assert file_name("a/b\\c: “d”?\n*") == "a b c “d”"
    assert file_name("../..") == "Film"
    assert file_name("x" * 500) == "x" * 120


CHAPTERS = {
    "chapters": [
        {"start": 0.0, "end": 4.0, "title": "<b>Hello</b>"},
        {"start": 4.0, "end": 10.0, "title": "Shipping"},
    ]
}


def test_a_text_is_saved_where_its_owner_says(
    backend: Backend, shell: Asked, film: str, tmp_path: Path
) -> None:
    backend.library.database.write(
        lambda t: documents.put(t, film, DocumentKind.CHAPTERS, CHAPTERS)
    )
    shell.answer = {"path": str(tmp_path / "Mine")}
    text = {"kind": "chapters", "ending": "vtt", "version": 1}
    body = {"session": film, "text": text}
    assert backend.ask("POST", "/api/shell/save", body).json["path"] == str(tmp_path / "Mine.vtt")
    assert "&lt;b&gt;Hello" in (tmp_path / "Mine.vtt").read_text(encoding="utf-8")
    assert shell.questions[0][1]["name"] == "Take 1.m4a.vtt"
    for wrong in ({"version": 2}, {"kind": "summary", "ending": "md"}, {"ending": "srt"}):
        refused = backend.ask("POST", "/api/shell/save", {**body, "text": {**text, **wrong}})
        assert refused.status in (404, 422), wrong
    assert len(shell.questions) == 1


def test_a_canvas_is_saved_where_its_owner_says(
    backend: Backend, shell: Asked, film: str, tmp_path: Path
) -> None:
    shell.answer = {"path": str(tmp_path / "Mine.png")}
    body = {"session": film, "canvas": {"form": "png", "dark": True}}
    assert backend.ask("POST", "/api/shell/save", body).status == 404
    backend.library.database.write(lambda t: documents.put(t, film, DocumentKind.CANVAS, CANVAS))
    assert backend.ask("POST", "/api/shell/save", body).status == 200
    assert (tmp_path / "Mine.png").read_bytes().startswith(b"\x89PNG")
    shell.answer = {"path": str(tmp_path / "Mine")}
    body["canvas"] = {"form": "html"}
    assert backend.ask("POST", "/api/shell/save", body).status == 200
    assert "&lt;b&gt;Friday" in (tmp_path / "Mine.html").read_text("utf-8")


def test_the_film_is_saved_with_its_chapters(
    backend: Backend, shell: Asked, film: str, tmp_path: Path
) -> None:
    path = Path(told(backend, film)["film"]["path"])
    record(path, Video(steady(10, 5), size=(64, 64)))
    plain = path.read_bytes()
    backend.library.database.write(
        lambda t: documents.put(t, film, DocumentKind.CHAPTERS, CHAPTERS)
    )
    shell.answer = {"path": str(tmp_path / "Mine.mp4")}
    assert backend.ask("POST", "/api/shell/save", {"session": film}).status == 200
    with av.open(str(tmp_path / "Mine.mp4")) as container:
        titles = [one["metadata"]["title"] for one in container.chapters()]
    assert titles == ["<b>Hello</b>", "Shipping"]
    given = backend.ask("GET", f"/api/sessions/{film}/media?download=true")
    assert given.body == (tmp_path / "Mine.mp4").read_bytes()
    assert int(given.headers["content-length"]) == len(given.body)
    tail = backend.ask(
        "GET",
        f"/api/sessions/{film}/media?download=true",
        headers={**backend.headers(), "Range": "bytes=-500"},
    )
    assert tail.status == 206 and tail.body == given.body[-500:]
    # What plays is the film as it is, and stays so.
    assert backend.ask("GET", f"/api/sessions/{film}/media").body == plain == path.read_bytes()


def told(backend: Backend, session: str) -> Any:
    return backend.ask("GET", f"/api/sessions/{session}").json
