"""The parts of the shell that need no window."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.client import Address, Client, Unwilling
from backend.core.fault import Category, Fault, FaultError, refuse
from backend.instance import write_address
from backend.settings import Settings
from sidecar import engine, files, place
from sidecar.desk import Desk
from sidecar.handed import Handed
from sidecar.place import Area, Place, fitted
from sidecar.single import Launch, Single
from sidecar.window import trouble_page


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "films")


def test_a_place_is_kept_and_nonsense_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "place.json"
    assert place.recall(file) == Place()
    wanted = Place(900, 700, -20, 40, maximized=True, told=True)
    place.keep(file, wanted)
    assert place.recall(file) == wanted
    file.write_text('{"width": 5, "height": "tall", "x": 1e9, "y": true, "maximized": 1}')
    assert place.recall(file) == Place(width=480)
    for nonsense in ("", "[]", "{", "\xff"):
        file.write_bytes(nonsense.encode("latin-1"))
        assert place.recall(file) == Place()


def test_a_window_is_never_where_nobody_can_reach_it() -> None:
    left, right = Area(0, 0, 1000, 800), Area(1000, 0, 1920, 1080)
    assert fitted(Place(800, 600, 1100, 50), [left, right]) == Place(800, 600, 1100, 50)
    gone = fitted(Place(1500, 1000, 1100, 50), [left])
    assert (gone.x, gone.y, gone.width, gone.height) == (None, None, 1000, 800)
    assert fitted(Place(800, 600, 100, 790), [left]).x is None
    assert fitted(Place(800, 600, 5, 5), []) == Place(800, 600, 5, 5)


@pytest.fixture
def desk() -> Iterator[Desk]:
    def fail(question: object) -> dict[str, object]:
        raise refuse(Category.MISSING, "It is gone.", "Put it back.")

    desk = Desk({"/echo": lambda question: {"heard": dict(question)}, "/fail": fail})
    desk.start()
    yield desk
    desk.stop()


def test_the_desk_answers_who_has_the_token(desk: Desk) -> None:
    with Client(Address(desk.port, desk.token, 0), 10) as client:
        assert client.post("/echo", {"paths": ["/é"]}) == {"heard": {"paths": ["/é"]}}
        with pytest.raises(Unwilling) as refused:
            client.post("/fail", {})
        assert refused.value.fault == Fault(Category.MISSING, "It is gone.", "Put it back.")
        with pytest.raises(Unwilling) as unknown:
            client.post("/quit", {})
        assert unknown.value.status == 404
    for token in ("", desk.token[:-1], desk.token + "x"):
        with Client(Address(desk.port, token, 0), 10) as client:
            with pytest.raises(Unwilling) as refused:
                client.post("/echo", {})
            assert refused.value.status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Content-Length": "99999999999"}, 400),
        ({"Content-Length": "-1"}, 400),
    ],
)
def test_the_desk_refuses_strange_requests(
    desk: Desk, headers: dict[str, str], status: int
) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{desk.port}/echo", b"[]", method="POST")
    request.add_header("Authorization", f"Bearer {desk.token}")
    for name, value in headers.items():
        request.add_header(name, value)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    refused.value.close()
    assert refused.value.code == status


def test_the_second_hands_over_and_a_stale_address_is_nobody(settings: Settings) -> None:
    heard = []
    first, second = Single(settings), Single(settings)
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        # Somebody else has the port by now; nobody holds the lock.
        write_address(settings.window_address, somebody.getsockname()[1], "old")
    assert first.take()

    def show(question: object) -> dict[str, object]:
        heard.append(question)
        return {"shown": True}

    desk = Desk({"/show": show})
    desk.start()
    try:
        # The second looks before the first has said where it is.
        waiting = threading.Timer(0.3, first.announce, (desk.port, desk.token))
        waiting.start()
        assert not second.take(Launch([Path("/a b")], "/queue"))
        waiting.join()
    finally:
        desk.stop()
    assert heard == [{"paths": ["/a b"], "go": "/queue"}]
    first.release()
    assert not settings.window_address.exists()
    assert second.take()
    second.release()


def test_a_first_that_does_not_answer_is_a_fault(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.single.PATIENCE", 0.2)
    first, second = Single(settings), Single(settings)
    assert first.take()
    with pytest.raises(FaultError) as refused:
        second.settle()
    assert "does not answer" in refused.value.fault.message
    # Its window says so; and it is one, too.
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    second = Single(settings)
    assert second.take()
    assert not second.held
    third = Single(settings)
    desk = Desk({"/show": lambda question: {"shown": True}})
    desk.start()
    second.announce(desk.port, desk.token)
    assert not third.take()
    desk.stop()
    second.release()
    first.release()


def test_what_was_handed_over_outlives_the_window(tmp_path: Path) -> None:
    file = tmp_path / "paths.json"
    first = Handed(file)
    first.add(["/early"])
    assert not file.exists(), "it may be another's"
    first.keep()
    first.add(["/a b", "/\udcff"])
    first.add(["/a b", "/\udcff"])
    assert first.next() == ["/early"]
    second = Handed(file)
    second.add(["/late"])
    second.keep()
    for paths in (["/early"], ["/a b", "/\udcff"], ["/late"]):
        assert second.next() == paths
        second.done(paths)
    assert not file.exists()
    for nonsense in ("[", "{}", '[1, [], [2], "x"]'):
        file.write_text(nonsense)
        third = Handed(file)
        third.keep()
        third.add(["/only"])
        assert third.next() == ["/only"]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "There is no display here"),
        ({"DISPLAY": ":6543"}, "The display :6543 does not answer"),
        ({"DISPLAY": "nonsense"}, "does not answer"),
        ({"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": "/nowhere"}, "does not answer"),
    ],
)
def test_no_display_is_a_sentence(environment: dict[str, str], words: str) -> None:
    with pytest.raises(FaultError) as refused:
        engine.require_display(environment)
    assert words in refused.value.fault.message
    assert "rushes serve --open" in refused.value.fault.hint


def test_displays_that_are_there_will_do(tmp_path: Path) -> None:
    engine.require_display({"QT_QPA_PLATFORM": "offscreen"})
    with socket.socket(socket.AF_UNIX) as compositor:
        compositor.bind(str(tmp_path / "wayland-1"))
        compositor.listen()
        engine.require_display({"WAYLAND_DISPLAY": "wayland-1", "XDG_RUNTIME_DIR": str(tmp_path)})


def test_a_library_that_lacks_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    assert engine.missing_libraries() == ["libnowhere9"]
    with pytest.raises(FaultError) as refused:
        engine.require_libraries()
    assert "apt install libnowhere9" in refused.value.fault.hint


def test_without_its_packages_the_window_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "find_spec", lambda name: None)
    with pytest.raises(FaultError) as refused:
        engine.choose()
    assert "rushes[desktop]" in refused.value.fault.hint


def test_a_view_that_plays_h264_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "DISTRIBUTION", tmp_path)
    for name in ("QT_API", "PYWEBVIEW_GUI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(engine, "find_spec", lambda name: name)
    monkeypatch.setattr(engine, "require_libraries", lambda: None)
    assert not engine.choose().plays_h264
    folder = tmp_path / "PyQt6"
    folder.mkdir()
    (folder / "QtWebEngineWidgets.abi3.so").touch()
    (folder / "sip.cpython-27-x86_64-linux-gnu.so").touch()
    assert not engine.choose().plays_h264, "that one is for another Python"
    (folder / "sip.abi3.so").touch()
    chosen = engine.choose()
    assert (chosen.plays_h264, chosen.qt, chosen.folder) == (True, "pyqt6", tmp_path)
    # Unless another is asked for.
    monkeypatch.setenv("QT_API", "PySide6")
    assert engine.choose().qt == "pyside6"
    # One that is not here is not waited for.
    monkeypatch.setenv("QT_API", "pyqt5")
    assert engine.choose().qt == "pyqt6"


def test_opening_what_is_not_there_is_a_fault(tmp_path: Path) -> None:
    for action in (files.reveal, files.play):
        with pytest.raises(FaultError) as refused:
            action(tmp_path / "gone.mp4")
        assert "is not at" in refused.value.fault.message


def test_files_are_opened_by_the_systems_opener(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    film = tmp_path / "a, b" / "Film – 1.mp4"
    film.parent.mkdir()
    film.touch()
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    monkeypatch.setenv("PATH", f"{opener.parent}:/usr/bin:/bin")
    opener.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened"\n')
    opener.chmod(0o755)
    files.play(film)
    assert (tmp_path / "opened").read_text() == str(film)
    files.reveal(film)
    assert (tmp_path / "opened").read_text() == str(film.parent)
    opener.write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(FaultError):
        files.play(film)
    opener.unlink()
    monkeypatch.setenv("PATH", str(opener.parent))
    with pytest.raises(FaultError) as refused:
        files.play(film)
    assert "xdg-open" in refused.value.fault.message


def test_what_is_wrong_is_shown_as_text() -> None:
    page = trouble_page(Fault(Category.INPUT, "No <img src=x>", "Do & try"))
    assert "No &lt;img src=x&gt;" in page
    assert "Do &amp; try" in page


def test_an_address_file_is_the_owners_only(settings: Settings) -> None:
    single = Single(settings)
    assert single.take()
    single.announce(1234, "secret")
    assert json.loads(settings.window_address.read_text())["token"] == "secret"
    assert settings.window_address.stat().st_mode & 0o777 == 0o600
    single.release()
