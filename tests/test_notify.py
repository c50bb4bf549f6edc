"""A real backend makes real films, and a notification service on a real session bus is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.app import App, build
from backend.bus import Bus
from backend.core.event import PROGRESS, Event
from backend.core.job import JobKind, Lane
from backend.core.notice import Notice
from backend.core.session import Session
from backend.desktop import describe
from backend.ingest import Ingest
from backend.instance import own_folder
from backend.notify import Notifier
from backend.settings import Settings, settings_for
from backend.store.library import open_library
from backend.work.isolate import make_sample, probe_files
from tests.bulletin import Bulletin, SessionBus, until_true
from tests.recordings import write_sound, write_video
from tests.store.making import session


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with SessionBus() as address:
        yield address


@pytest.fixture
def bulletin(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bulletin]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with Bulletin(address) as bulletin:
        yield bulletin


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that were opened in the browser, since there is no display for a window."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: bool(addresses.append(address)) or True)
    return addresses


class House:
    """A library, its backend, and recordings to bring."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.settings: Settings = settings_for(place / "library")
        own_folder(self.settings.data)
        self.app: App | None = None

    def open(self) -> App:
        self.app = build(self.settings)
        return self.app

    def close(self) -> None:
        if self.app is not None:
            self.app.close()
        self.app = None

    def bring(self, title: str) -> Session:
        folder = self.place / f"recorded {len(list(self.place.iterdir()))}"
        write_video(folder / "video.mp4", 1)
        write_sound(folder / "audio" / "seg_1.m4a", 1)
        assert self.app is not None
        intake = Ingest(self.settings, self.app.library, probe_files, make_sample, lambda: None)
        return intake.bring([folder], title=title)[0]

    def lose(self, session: Session) -> None:
        """Take its recordings away, so that its film cannot be made."""
        for source in session.sources:
            Path(source.path).unlink()

    def choose(self, name: str, value: str) -> None:
        assert self.app is not None
        self.app.library.preferences.set(name, value)

    def until_settled(self) -> None:
        app = self.app
        assert app is not None
        until_true(lambda: not app.library.jobs.active() and app.supervisor.idle(), "settled")

    def until_heard(self) -> None:
        """Until all that happened was looked at, and nothing is about to be told."""
        self.until_settled()
        app = self.app
        assert app is not None
        until_true(lambda: not app.notifier.needed(), "nothing more to tell")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


def test_a_finished_session_is_told_once_and_its_notice_leads_to_it(
    house: House, bulletin: Bulletin, visited: list[str]
) -> None:
    app = house.open()
    session = house.bring("-- <b>Stand-up</b> & more\u0007")
    (shown,) = bulletin.until(1)
    assert shown.title == "-- <b>Stand-up</b> & more"
    assert shown.body == "Your film is ready."
    assert shown.actions[0] == "default"
    house.until_settled()
    assert app.notifier.needed(), "a click is waited for"
    bulletin.click(shown)
    until_true(lambda: bool(visited), "the page")
    (address,) = visited
    assert address.startswith(f"http://127.0.0.1:{app.server.port}/sessions/{session.id}#key=")
    assert app.token not in address  # whoever lists processes sees it
    house.until_heard()
    house.close()
    house.open()  # what was told is not told again
    house.until_heard()
    house.close()
    assert len(bulletin.shown) == 1


def test_a_failure_is_told_once_with_what_to_do(house: House, bulletin: Bulletin) -> None:
    app = house.open()
    app.library.preferences.pause_queue(True)
    session = house.bring("Lesson <4>")
    house.lose(session)
    app.library.preferences.pause_queue(False)
    told = threading.Event()
    progress = Event(None, PROGRESS, datetime.now(UTC), session.id, 1)

    def make_progress() -> None:
        while not told.wait(0.05):
            app.bus.publish([progress])

    noise = threading.Thread(target=make_progress)
    noise.start()  # another job's, which holds no notice up
    try:
        (shown,) = bulletin.until(1)
    finally:
        told.set()
        noise.join()
    assert shown.title == "Lesson <4>"
    assert shown.body.startswith("Your film could not be made. ")
    assert "<" not in shown.body
    merge = next(j for j in app.library.jobs.page() if j.kind is JobKind.MERGE)
    assert merge.fault is not None
    assert merge.fault.message.split(":")[0] in shown.body
    house.close()
    assert len(bulletin.shown) == 1


def test_many_that_fail_together_are_one_notice(
    house: House, bulletin: Bulletin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.notify.GATHER_SECONDS", 600.0)  # however slow this machine is
    app = house.open()
    app.library.preferences.pause_queue(True)
    for number in range(4):
        house.lose(house.bring(f"Lesson {number}"))
    app.library.preferences.pause_queue(False)
    house.until_settled()
    house.close()  # which tells what has been gathered
    (shown,) = bulletin.shown
    assert (shown.title, shown.body) == (
        "4 sessions failed",
        "Lesson 0, Lesson 1, Lesson 2 and 1 more.",
    )


def test_a_long_queue_is_told_at_its_end(house: House, bulletin: Bulletin) -> None:
    app = house.open()
    app.library.preferences.pause_queue(True)
    for number in range(4):
        house.bring(f"Lesson <{number}>")
    app.library.preferences.pause_queue(False)
    (shown,) = bulletin.until(1)
    assert (shown.title, shown.body[:21]) == ("Your queue is done", "4 sessions are ready:")
    assert "Lesson &lt;0&gt;" in shown.body
    house.close()
    assert len(bulletin.shown) == 1


def test_cancelled_work_is_no_news(house: House, bulletin: Bulletin) -> None:
    app = house.open()
    app.library.preferences.pause_queue(True)
    session = house.bring("Nobody's")
    app.library.jobs.cancel_session(session.id)
    app.library.preferences.pause_queue(False)
    house.until_heard()
    house.close()
    assert bulletin.shown == []


@pytest.mark.parametrize(("choice", "told"), [("none", 0), ("failures", 1)])
def test_only_what_was_chosen_is_told(
    house: House, bulletin: Bulletin, choice: str, told: int
) -> None:
    app = house.open()
    house.choose("notify", choice)
    house.bring("Ready")
    house.until_settled()
    app.library.preferences.pause_queue(True)
    house.lose(house.bring("Failed"))
    app.library.preferences.pause_queue(False)
    house.until_settled()
    house.close()
    assert [shown.title for shown in bulletin.shown] == ["Failed"][:told]


def test_quiet_hours_are_quiet_and_what_happened_is_told_afterwards(
    house: House, bulletin: Bulletin
) -> None:
    house.open()
    now = datetime.now()
    first, last = now - timedelta(hours=1), now + timedelta(hours=1)
    house.choose("notify.quiet", f"{first:%H:%M}-{last:%H:%M}")
    house.bring("Night shift")
    house.until_heard()
    house.close()
    assert bulletin.shown == []
    house.open()  # still quiet
    house.until_heard()
    assert bulletin.shown == []
    house.choose("notify.quiet", f"{last:%H:%M}-{first:%H:%M}" if last != first else "off")
    assert [shown.title for shown in bulletin.until(1)] == ["Night shift"]


def test_what_a_killed_backend_had_no_time_to_tell_is_told_by_the_next(
    house: House, bulletin: Bulletin, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.open()
    with monkeypatch.context() as dead:
        dead.setattr("backend.notify.Notifier._look", lambda _: None)
        house.bring("Cut off")
        house.until_settled()
        house.close()
    assert bulletin.shown == []
    house.open()
    assert [shown.title for shown in bulletin.until(1)] == ["Cut off"]


def test_a_service_that_does_not_answer_holds_nobody_up(
    house: House, bulletin: Bulletin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.desktop.ANSWER_SECONDS", 600.0)
    monkeypatch.setattr("backend.desktop_bus.ANSWER_SECONDS", 600.0)
    bulletin.answers = False
    app = house.open()
    house.bring("Unheard")
    until_true(lambda: bulletin.asked > 0, "the service is asked")
    second = house.bring("And on it goes")
    house.until_settled()
    assert app.library.sessions.get(second.id).film is not None  # type: ignore[union-attr]
    ended = threading.Thread(target=house.close)
    ended.start()
    ended.join(60)
    assert not ended.is_alive()


def test_a_service_that_cannot_be_clicked_and_knows_no_markup(
    house: House, bulletin: Bulletin
) -> None:
    bulletin.abilities = ("body",)
    app = house.open()
    app.library.preferences.pause_queue(True)
    for title in ("A & B", "C < D"):
        house.bring(title)
    app.library.preferences.pause_queue(False)
    until_true(lambda: "C < D" in f"{bulletin.shown}" and "A & B" in f"{bulletin.shown}", "both")
    assert all(shown.actions == () for shown in bulletin.shown)
    house.until_heard()  # no click can come, so none is waited for


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/bus", "disabled:", "tcp:host=x"])
def test_without_a_bus_nothing_breaks(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    address: str,
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    caplog.set_level(logging.WARNING)
    house.open()
    for title in ("One", "Two"):
        house.bring(title)
        house.until_settled()
    house.until_heard()
    house.close()
    said = [r for r in caplog.records if "notifications are" in r.message]
    assert len(said) == 1, caplog.text


def test_a_bus_that_goes_away_is_found_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.open()
    for title in ("Before", "After"):
        with SessionBus() as address, Bulletin(address) as bulletin:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
            monkeypatch.setattr("backend.notify.APART_SECONDS", 0.0)
            house.bring(title)
            assert [shown.title for shown in bulletin.until(1)] == [title]


def test_doctor_knows_who_shows_them(bulletin: Bulletin, monkeypatch: pytest.MonkeyPatch) -> None:
    assert describe() == "shown by bulletin 1; a click leads to the session"
    bulletin.abilities = ("body",)
    assert describe() == "shown by bulletin 1; without clicks"
    monkeypatch.setattr("backend.desktop_bus.ANSWER_SECONDS", 0.2)
    bulletin.answers = False
    assert describe() == "not shown: the desktop does not answer"
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert describe() == "not shown: there is no desktop session here"


class Nobody:
    """A desktop that shows nothing."""

    def show(self, notice: Notice) -> None:
        """Nobody looks."""

    def expects_click(self) -> bool:
        return False

    def close(self) -> None:
        """It never was."""


def test_a_long_queue_is_not_asked_about_each_of_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = Bus()
    library = open_library(tmp_path, bus.publish, tmp_path / "films")
    for n in range(20):
        library.sessions.create(session(f"s{n}"))
    asked: list[object] = []
    look = library.jobs.of_sessions
    monkeypatch.setattr(library.jobs, "of_sessions", lambda ids: asked.append(ids) or look(ids))
    notifier = Notifier(library, bus, Nobody(), 0)
    notifier.start()
    until_true(lambda: not notifier.needed(), "all was looked at")
    assert library.events.last() >= 40 and asked == []
    job = library.jobs.claim(Lane.READY)
    assert job is not None
    library.jobs.finish(job, {}, 1.0)
    until_true(lambda: asked, "its session was looked at")
    notifier.stop()
    library.close()
