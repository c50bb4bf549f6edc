"""A library that is damaged in every way that disks, people and programs find."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from backend.core.event import Event
from backend.core.fault import Category, FaultError
from backend.core.job import JobStatus, Lane
from backend.store import backup, health, library, manifest
from backend.store.db import APPLICATION_ID
from backend.store.library import Library, open_library, restore
from backend.store.migrate import migrate, newest, steps, version_of
from backend.store.tables import MODELS

from .making import MOMENT, film, segment, session

ROOT = Path(__file__).parent.parent.parent


class Place:
    """A data folder with its films."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "data"
        self.films = root / "films"
        self.folder.mkdir()
        self.films.mkdir()
        self.told: list[Event] = []

    @property
    def database(self) -> Path:
        return self.folder / "library.db"

    @contextmanager
    def opened(self) -> Iterator[Library]:
        found = open_library(self.folder, self.told.extend, self.films)
        try:
            yield found
        finally:
            found.close()

    def fill(self, sessions: int = 30) -> None:
        with self.opened() as opened:
            for number in range(sessions):
                name = f"s{number:03d}"
                opened.sessions.create(session(name, segments=[segment("/r/" + "a" * 300)]))
                if number % 2:
                    job = opened.jobs.claim(Lane.READY)
                    assert job is not None
                    opened.jobs.finish(job, {}, 1.0)

    def without_backups(self) -> None:
        shutil.rmtree(self.folder / "backups")

    def crash(self) -> None:
        """Leave the files as they are while the database is open: its log is not empty."""
        aside = self.folder.with_name("crashed")
        with self.opened() as opened:
            opened.sessions.create(session("last"))
            while self.told[-1].id != opened.events.last():
                pass  # told last of all, when the mirror says so too
            shutil.copytree(self.folder, aside)
        shutil.rmtree(self.folder)
        aside.rename(self.folder)
        assert Path(f"{self.database}-wal").stat().st_size > 0

    def set_aside(self) -> list[str]:
        return sorted(p.name for p in self.folder.iterdir() if ".damaged-" in p.name)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def ids(opened: Library) -> set[str]:
    return {s.id for s in opened.sessions.page(limit=10_000)}


ALL = {f"s{n:03d}" for n in range(30)}


def test_a_new_library_is_empty_private_and_reports_nothing(place: Place) -> None:
    with place.opened() as opened:
        assert ids(opened) == set() and opened.reports == []
        assert opened.jobs.counts()[JobStatus.QUEUED] == 0
        assert len(opened.backups()) == 1
        files = [place.database, place.folder / "library.last", opened.backups()[0].path]
    if os.name != "nt":
        assert [oct(f.stat().st_mode & 0o777) for f in files] == ["0o600"] * 3
        assert oct((place.folder / "backups").stat().st_mode & 0o777) == "0o700"


def test_a_sound_library_opens_again_as_it_was(place: Place) -> None:
    place.fill()
    with place.opened() as opened:
        assert ids(opened) == ALL and opened.reports == []
        assert opened.jobs.counts()[JobStatus.COMPLETED] == 15
    place.crash()
    with place.opened() as opened:
        assert ids(opened) == ALL | {"last"} and opened.reports == []


def test_a_library_that_was_never_finished_being_made_is_made(place: Place) -> None:
    (place.folder / "library.db.part").write_bytes(b"half")
    with place.opened() as opened:
        assert opened.reports == []


def page_size(path: Path) -> int:
    size = int.from_bytes(path.read_bytes()[16:18], "big")
    return 65536 if size == 1 else size


def zero_pages(path: Path) -> None:
    size = page_size(path)
    content = bytearray(path.read_bytes())
    pages = len(content) // size
    for page in (pages // 2, pages // 2 + 1):
        content[page * size : (page + 1) * size] = bytes(size)
    path.write_bytes(content)


def flip_page(path: Path) -> None:
    size = page_size(path)
    content = bytearray(path.read_bytes())
    start = len(content) // size // 2 * size
    content[start : start + size] = bytes(255 - b for b in content[start : start + size])
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3 + 17])


def overwrite(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))


def another_program(path: Path) -> None:
    path.unlink()
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE session (id); INSERT INTO session VALUES ('theirs')")
    connection.close()


def miscount(path: Path) -> None:
    """A status that is not spelt as jobs spell it: no job could ever come into it again."""
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE job_count SET status = 'qveued' WHERE status = 'queued'")
    connection.close()


def lose_sentinel(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("DELETE FROM meta")
    connection.close()


def stale_index(path: Path) -> None:
    """The index by which jobs are claimed does not know of what happened to them."""
    connection = apsw.Connection(str(path))
    entry = connection.execute("SELECT * FROM sqlite_schema WHERE name = 'job_claim'").fetchall()
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("DELETE FROM sqlite_schema WHERE name = 'job_claim'")
    connection.close()
    connection = apsw.Connection(str(path))
    connection.execute("UPDATE job SET priority = 2")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", entry[0])
    connection.close()


def lose_index(path: Path) -> None:
    """An index that is about other rows than it was."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_schema SET sql = replace(sql, 'queued', 'paused') WHERE name = 'job_claim'"
    )
    connection.close()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "zeroed": zero_pages,
    "flipped": flip_page,
    "truncated": cut_short,
    "emptied": lambda path: path.write_bytes(b""),
    "garbage": overwrite,
    "text": lambda path: path.write_text("not a database, not at all" * 100),
    "foreign": another_program,
    "sentinel": lose_sentinel,
    "miscounted": miscount,
    "index": lose_index,
    "stale index": stale_index,
    "deleted": Path.unlink,
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_library_is_set_aside_and_mended_from_its_backup(place: Place, how: str) -> None:
    place.fill()
    with place.opened() as opened:
        opened.back_up()
    DAMAGE[how](place.database)
    with place.opened() as opened:
        assert ids(opened) == ALL
        assert len(opened.reports) == 1 and "could not be used" in opened.reports[0]
        assert "30 sessions" in opened.reports[0]
        assert {s.segments[0].source.size for s in opened.sessions.page(limit=99)} == {100}
        assert opened.jobs.recover() == []
        assert opened.jobs.claim(Lane.READY) is not None
    assert len(place.set_aside()) == (how != "deleted")
    with place.opened() as opened:
        assert opened.reports == []


@pytest.mark.parametrize(
    "how", ["zeroed", "flipped", "truncated", "sentinel", "index", "stale index"]
)
def test_what_can_still_be_read_is_saved_without_any_backup(place: Place, how: str) -> None:
    place.fill()
    place.without_backups()
    DAMAGE[how](place.database)
    with place.opened() as opened:
        saved = ids(opened)
        assert saved and saved <= ALL
        for kept in opened.sessions.page(limit=99):
            assert kept.title == "Standup"
        # Whoever waited for a job that is gone is not left waiting for ever.
        active = opened.jobs.active()
        waits = opened.jobs.parents([j.id for j in active if j.status is JobStatus.PENDING])
        assert all(waits.values())
    assert len(place.set_aside()) == 1


def test_a_lost_log_is_noticed_and_what_it_held_is_said_to_be_missing(place: Place) -> None:
    place.fill()
    place.crash()
    Path(f"{place.database}-wal").unlink()
    with place.opened() as opened:
        assert "newest entries are gone" in opened.reports[0]
        assert ids(opened) >= ALL


def test_a_page_that_saw_events_which_were_lost_starts_anew(place: Place) -> None:
    place.fill()
    place.crash()
    seen = max(e.id for e in place.told if e.id)
    Path(f"{place.database}-wal").unlink()
    with place.opened() as opened:
        opened.preferences.pause_queue(True)
        new = opened.events.last()
        assert new > seen
        for last in range(seen - 8, seen + 1):
            assert opened.events.since(last) is None
        assert opened.events.since(new) == []


def test_rows_of_the_backup_are_added_but_never_take_the_place_of_newer_ones(place: Place) -> None:
    place.fill()
    with place.opened() as opened:
        opened.preferences.set("bin.days", "7")
        opened.back_up()
        opened.preferences.set("bin.days", "9")
        opened.sessions.create(session("newer"))
        opened.sessions.forget("s000")
    lose_sentinel(place.database)
    with place.opened() as opened:
        assert opened.preferences.all() == {"bin.days": "9"}
        assert ids(opened) == ALL | {"newer"}


def test_a_session_whose_jobs_were_lost_is_planned_again(place: Place) -> None:
    place.fill(4)
    place.without_backups()
    connection = apsw.Connection(str(place.database))
    connection.execute("DELETE FROM job; DELETE FROM meta")  # and with them the edges
    connection.close()
    with place.opened() as opened:
        # Those with an odd number had run, but a test's merge leaves no film.
        jobs = opened.jobs.of_sessions(sorted(ids(opened)))
        assert [len(of_one) for of_one in jobs.values()] == [3, 3, 3, 3]


def test_rows_of_which_parts_are_unreadable_give_way_to_the_backups(place: Place) -> None:
    place.fill(3)
    with place.opened() as opened:
        opened.back_up()
        opened.sessions.create(session("since"))
    connection = apsw.Connection(str(place.database))
    connection.execute("UPDATE session SET picture = '{broken'")
    connection.execute("UPDATE session SET title = CAST(x'ff41' AS TEXT) WHERE id = 's001'")
    connection.execute("UPDATE setting SET value = 'x'; DELETE FROM job WHERE session = 's000'")
    connection.close()
    with place.opened() as opened:
        assert "damaged" in opened.reports[0]
        pictures = {s.id: s.picture for s in opened.sessions.page()}
        # Only what no backup has is kept in part.
        assert pictures.pop("since") is None
        assert len(pictures) == 3 and all(pictures.values())
        assert all(s.title == "Standup" for s in opened.sessions.page())


def test_the_newest_backup_that_is_whole_is_taken(place: Place) -> None:
    place.fill()
    with place.opened() as opened:
        opened.back_up()
        later = opened.back_up()
    overwrite(later.path)
    place.database.unlink()
    with place.opened() as opened:
        assert ids(opened) == ALL


def test_two_damages_in_one_second_keep_both_old_files(place: Place) -> None:
    place.fill(3)
    for _ in range(3):
        overwrite(place.database)
        with place.opened():
            pass
    assert len(place.set_aside()) == 3


def test_a_mending_that_is_killed_begins_again_with_the_same_rows(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill()
    place.without_backups()
    lose_sentinel(place.database)

    def killed(path: Path, why: str) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(library, "_set_aside", killed)
        with pytest.raises(SystemExit):
            open_library(place.folder, place.told.extend, place.films)
    with place.opened() as opened:
        assert ids(opened) == ALL


@pytest.mark.parametrize("seed", range(4))
def test_whatever_bytes_are_changed_the_library_opens(tmp_path: Path, seed: int) -> None:
    """It may lose what was on those bytes; it never ends in anything but a library."""
    random_ = random.Random(seed)
    pattern = Place(tmp_path)
    pattern.fill(12)
    for number in range(20):
        root = tmp_path / str(number)
        root.mkdir()
        place = Place(root)
        shutil.copytree(pattern.folder, place.folder, dirs_exist_ok=True)
        if random_.random() < 0.5:
            place.without_backups()
        content = bytearray(place.database.read_bytes())
        start = random_.randrange(len(content))
        length = random_.choice([1, 1, 8, 500, 5000])
        content[start : start + length] = random_.randbytes(min(length, len(content) - start))
        place.database.write_bytes(content)
        with place.opened() as opened:
            opened.jobs.recover()
            opened.jobs.active()
            while opened.jobs.claim(Lane.READY) is not None:
                pass
            opened.sessions.create(session("new"))
            assert opened.sessions.get("new") is not None
        shutil.rmtree(root)


# Refusals


def refused(place: Place) -> FaultError:
    with pytest.raises(FaultError) as caught:
        open_library(place.folder, place.told.extend, place.films)
    assert caught.value.fault.hint
    return caught.value


def test_a_newer_library_is_refused_and_not_a_byte_is_changed(place: Place) -> None:
    place.fill(3)
    connection = apsw.Connection(str(place.database))
    connection.execute(f"PRAGMA user_version = {newest() + 1}")
    connection.close()
    before = place.database.read_bytes()
    names = sorted(p.name for p in place.folder.iterdir())
    fault = refused(place).fault
    assert fault.category is Category.INPUT and "newer Rushes" in fault.message
    assert place.database.read_bytes() == before
    assert sorted(p.name for p in place.folder.iterdir()) == names


HOLDER = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
connection.execute("BEGIN EXCLUSIVE; DELETE FROM setting")
print("held", flush=True)
sys.stdin.read()
"""


def test_a_library_that_another_program_holds_is_refused_in_words(place: Place) -> None:
    place.fill(2)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        assert "Another program" in refused(place).fault.message
        holder.communicate()
    with place.opened() as opened:
        assert opened.reports == [] and len(ids(opened)) == 2


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_folder_that_cannot_be_written_is_refused_in_words() -> None:
    script = (
        "import sys; from pathlib import Path; from backend.core.fault import FaultError\n"
        "from backend.store.library import open_library\n"
        "try: open_library(Path(sys.argv[1]), print, Path(sys.argv[1]))\n"
        "except FaultError as e: print(e.fault.category, e.fault.hint)"
    )
    # Root may write everywhere: then somebody else has to try.
    nobody = {"user": 65534, "group": 65534} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o555)
        command = [sys.executable, "-c", script, name]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **nobody)  # type: ignore[call-overload]
        except PermissionError:
            pytest.skip("this program cannot be run by anybody but root")
        Path(name).chmod(0o755)
    if ran.returncode and nobody:
        pytest.skip("the sources cannot be read by anybody but root")
    assert ran.stdout.startswith("permission "), ran.stderr
    assert "permissions" in ran.stdout


def test_a_folder_in_the_place_of_the_database_is_refused_in_words(place: Place) -> None:
    place.database.mkdir()
    assert refused(place).fault.category is Category.PERMISSION


def test_a_data_folder_that_is_not_there_is_refused_in_words(place: Place) -> None:
    place.folder.rmdir()
    fault = refused(place).fault
    assert fault.category is Category.MISSING and str(place.folder) in fault.message


# Migrations


def test_from_nothing_to_the_newest_schema_and_no_further(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    assert version_of(connection) == 0
    migrate(connection)
    assert version_of(connection) == newest() == len(steps())
    assert connection.pragma("application_id") == APPLICATION_ID
    schema = connection.execute("SELECT sql FROM sqlite_schema").fetchall()
    migrate(connection)
    assert connection.execute("SELECT sql FROM sqlite_schema").fetchall() == schema
    connection.close()


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    connection.execute("CREATE TABLE event (x)")  # in the way of the first step
    with pytest.raises(apsw.SQLError):
        migrate(connection)
    assert version_of(connection) == 0
    names = connection.execute("SELECT name FROM sqlite_schema").fetchall()
    assert names == [("event",)]
    connection.close()


def test_an_older_library_is_backed_up_before_it_is_brought_up_to_date(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.fill(2)
    more = [*steps(), (newest() + 1, "CREATE TABLE added (x)")]
    monkeypatch.setattr("backend.store.migrate.steps", lambda: more)
    with place.opened() as opened:
        assert opened.reports == [] and len(ids(opened)) == 2
        assert len(opened.backups()) == 2
        old = apsw.Connection(str(opened.backups()[0].path))
        assert version_of(old) == len(more) - 1
        old.close()
        assert opened.database.read("SELECT * FROM added") == []


def test_the_models_are_those_of_the_schema(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "a.db"))
    migrate(connection)
    for model in MODELS:
        table = model._meta.table_name
        columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
        assert [c[1] for c in columns] == list(model._meta.sorted_field_names), table
        for _, name, _, not_null, _, key in columns:
            assert model._meta.fields[name].null == (not not_null and not key), (table, name)
    connection.close()


# Backups


def test_backups_are_listed_from_the_newest_and_only_so_many_are_kept(place: Place) -> None:
    place.fill(2)
    folder = place.folder / "many"
    for day in range(backup.KEPT + 3):
        taken = backup.take(place.database, folder, MOMENT + timedelta(days=day))
    listed = backup.backups(folder)
    assert len(listed) == backup.KEPT and listed[0] == taken
    assert [b.taken_at for b in listed] == sorted((b.taken_at for b in listed), reverse=True)
    assert all(b.size == b.path.stat().st_size > 0 for b in listed)
    assert listed[0].name.startswith("library-20250313-093000")


def test_backups_of_one_second_are_all_kept_in_their_order(place: Place) -> None:
    place.fill(1)
    folder = place.folder / "many"
    taken = [backup.take(place.database, folder, MOMENT) for _ in range(10)]
    assert [b.path for b in backup.backups(folder)] == [b.path for b in reversed(taken)]
    (folder / "library-today.db").write_text("mine")
    (folder / "library-20250101-000000.db.part").write_text("half")
    assert len(backup.backups(folder)) == 10


def test_a_backup_dated_in_the_future_does_not_stop_new_ones(place: Place) -> None:
    place.fill(1)
    place.without_backups()
    folder = place.folder / "backups"
    ahead = datetime.now(UTC) + timedelta(days=365)
    for day in range(backup.KEPT):
        backup.take(place.database, folder, ahead + timedelta(days=day))
    with place.opened():
        pass
    dates = [b.taken_at for b in backup.backups(folder)]
    assert min(dates) < ahead - timedelta(days=300) and len(dates) == backup.KEPT


def test_a_library_that_was_backed_up_today_is_not_backed_up_again(place: Place) -> None:
    for _ in range(3):
        with place.opened() as opened:
            assert len(opened.backups()) == 1


def test_a_library_that_stays_open_is_backed_up_each_day(place: Place) -> None:
    with place.opened() as opened:
        (first,) = opened.backups()
        for hours, count in ((23, 1), (25, 2), (48, 2), (50, 3)):
            opened.back_up_daily(first.taken_at + timedelta(hours=hours))
            assert len(opened.backups()) == count, hours
        # A clock that was a year ahead, and is set right, stops nothing.
        opened.back_up_daily(first.taken_at + timedelta(days=365))
        for days, count in ((4, 5), (5.5, 6)):
            opened.back_up_daily(first.taken_at + timedelta(days=days))
            assert len(opened.backups()) == count, days


def test_a_backup_taken_in_the_middle_of_work_is_whole(place: Place) -> None:
    with place.opened() as opened:
        opened.sessions.create(session("a"))
        taken = opened.back_up()
        opened.sessions.create(session("b"))
    copy = apsw.Connection(str(taken.path), flags=apsw.SQLITE_OPEN_READONLY)
    assert copy.execute("SELECT id FROM session").fetchall() == [("a",)]
    assert copy.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
    copy.close()


def test_a_backup_of_a_damaged_library_is_refused_and_leaves_nothing(place: Place) -> None:
    place.fill()
    zero_pages(place.database)
    folder = place.folder / "new"
    with pytest.raises(FaultError, match="damaged"):
        backup.take(place.database, folder, MOMENT)
    assert list(folder.iterdir()) == []


def test_a_library_opens_where_no_backup_can_be_taken(place: Place) -> None:
    place.fill(1)
    place.without_backups()
    (place.folder / "backups").write_text("in the way")
    with place.opened() as opened:
        assert len(ids(opened)) == 1


def test_restoring_sets_the_present_library_aside(place: Place) -> None:
    place.fill(3)
    with place.opened() as opened:
        chosen = opened.back_up()
        opened.sessions.create(session("since"))
        seen = opened.events.last()
    aside = restore(place.folder, chosen)
    with place.opened() as opened:
        assert ids(opened) == {"s000", "s001", "s002"} and opened.reports == []
        opened.preferences.pause_queue(True)
        assert opened.events.last() > seen and opened.events.since(seen) is None
    assert aside is not None and health.damage(aside, 0) is None
    old = apsw.Connection(str(aside), flags=apsw.SQLITE_OPEN_READONLY)
    assert old.execute("SELECT count(*) FROM session").fetchall() == [(4,)]
    old.close()


def test_a_library_that_is_gone_can_be_restored(place: Place) -> None:
    place.fill(3)
    with place.opened() as opened:
        chosen = opened.back_up()
    place.database.unlink()
    assert restore(place.folder, chosen) is None
    with place.opened() as opened:
        assert len(ids(opened)) == 3 and opened.reports == []


@pytest.mark.parametrize("how", ["garbage", "emptied", "zeroed", "deleted"])
def test_a_damaged_backup_is_refused_and_the_library_stays_as_it_is(place: Place, how: str) -> None:
    place.fill()
    with place.opened() as opened:
        chosen = opened.back_up()
    DAMAGE[how](chosen.path)
    before = place.database.read_bytes()
    with pytest.raises(FaultError) as caught:
        restore(place.folder, chosen)
    assert "backup list" in caught.value.fault.hint
    assert place.database.read_bytes() == before
    assert not [p for p in place.folder.iterdir() if "before-restore" in p.name]


# The mirror


def test_the_mirror_is_read_as_it_was_written_and_nonsense_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "last"
    for last in (0, 7, 10**18, 3):
        mirror = health.LastEvent(path)
        mirror.write(last)
        mirror.close()
        again = health.LastEvent(path)
        assert again.read() == last
        again.close()
    path.write_bytes(b"\xff\xfe garbage")
    spoilt = health.LastEvent(path)
    assert spoilt.read() == 0
    spoilt.close()


# Manifests


NASTY = ["", 'a "b" \\ \n\t\x00', "🎬 \u202e</script>", "-rf", "../../x", "é" * 400]


@pytest.mark.parametrize("title", NASTY)
def test_a_lost_library_is_rebuilt_from_the_manifests_beside_its_films(
    place: Place, title: str
) -> None:
    folder = place.films / "one"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(b"0123456789")
    made = film("s", path=str(folder / "a.mp4"))
    with place.opened() as opened:
        opened.sessions.create(session("s", title=title, segments=[segment(f"/r/{title}.m4a")]))
        opened.artifacts.keep(made)
        kept = opened.sessions.get("s")
        assert kept is not None
        path = manifest.write(folder, kept, [made, film("s", "x", "/elsewhere/b.mp4")])
        assert manifest.find(place.films) == [path]
        assert [p.name for p in folder.iterdir()].count(path.name) == 1
    place.without_backups()
    place.database.unlink()
    with place.opened() as opened:
        again = opened.sessions.get("s")
        assert again is not None
        assert again.title == title and again.film == made
        assert (again.picture, again.segments) == (kept.picture, kept.segments)
        assert (again.started_at, again.ended_at) == (kept.started_at, kept.ended_at)
        assert any("1 sessions were found again" in report for report in opened.reports)
        assert opened.rebuild(place.films) == []  # it is known by now


def test_only_files_that_are_there_and_whole_are_taken_in(place: Place) -> None:
    folder = place.films / "one"
    folder.mkdir()
    kept = session("s")
    path = manifest.write(folder, kept, [film("s", path=str(folder / "a.mp4"))])
    assert manifest.read(path).artifacts == () and manifest.read(path).session.film is None
    (folder / "a.mp4").write_bytes(b"short")
    assert manifest.read(path).artifacts == ()
    (folder / "a.mp4").write_bytes(b"0123456789")
    assert [a.key for a in manifest.read(path).artifacts] == ["f1"]


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: "not json {",
        lambda fields: "[]",
        lambda fields: json.dumps({**fields, "rushes": 99}),
        lambda fields: json.dumps({k: v for k, v in fields.items() if k != "segments"}),
        lambda fields: json.dumps({**fields, "segments": 7}),
        lambda fields: json.dumps({**fields, "started_at": "yesterday"}),
        lambda fields: json.dumps({**fields, "started_at": None}),
        lambda fields: json.dumps({**fields, "picture": {"source": 1}}),
        lambda fields: json.dumps({**fields, "artifacts": [None]}),
        lambda fields: json.dumps({**fields, "artifacts": 3}),
        lambda fields: json.dumps({**fields, "title": "\ud800"}),
        lambda fields: json.dumps({**fields, "folder": {"a": 1}}),
        lambda fields: "[" * 100_000,
    ],
)
def test_a_manifest_that_makes_no_sense_is_reported_and_stops_no_other(
    place: Place, change: Callable[[dict[str, object]], str]
) -> None:
    for name in ("a", "b"):
        (place.films / name).mkdir()
        path = manifest.write(place.films / name, session(name), [])
    bad = place.films / "a" / manifest.NAME
    bad.write_text(change(json.loads(path.read_text("utf-8"))), "utf-8")
    (place.films / "c" / manifest.NAME).mkdir(parents=True)
    with place.opened() as opened:
        assert opened.rebuild(place.films) == ["b"]
        assert any(str(bad) in report for report in opened.reports)
        assert opened.sessions.count() == 1


def test_a_manifest_names_no_file_outside_its_folder(place: Place) -> None:
    folder = place.films / "one"
    folder.mkdir()
    (place.films / "secret").write_bytes(b"0123456789")
    path = manifest.write(folder, session("s"), [film("s", path=str(folder / "a.mp4"))])
    fields = json.loads(path.read_text("utf-8"))
    fields["artifacts"][0]["file"] = "../secret"
    path.write_text(json.dumps(fields), "utf-8")
    assert manifest.read(path).artifacts == ()


def test_a_result_that_is_no_number_is_no_damage(place: Place) -> None:
    place.fill(1)
    with place.opened() as opened:
        opened.sessions.create(session("s"))
        while (job := opened.jobs.claim(Lane.READY)) is not None:
            opened.jobs.finish(job, {"loudness": float("-inf"), "peak": float("nan")}, 1.0)
    with place.opened() as opened:
        assert opened.reports == []
