from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from peewee import OperationalError

from backend.core.event import Event
from backend.core.fault import Category, FaultError
from backend.store.db import Database, Transaction
from backend.store.tables import SettingRow

from .making import Clock, Store


def keep(name: str, value: str = "v") -> Callable[[Transaction], str]:
    def work(transaction: Transaction) -> str:
        transaction.execute("INSERT INTO setting VALUES (?, ?)", (name, value))
        transaction.emit("settings-changed", data={"name": name})
        return name

    return work


def kept(store: Store) -> list[str]:
    return [str(row[0]) for row in store.database.read("SELECT name FROM setting ORDER BY name")]


def test_what_was_written_is_read_by_every_thread(store: Store) -> None:
    assert store.database.write(keep("a")) == "a"
    with ThreadPoolExecutor(3) as pool:
        assert {tuple(f) for f in pool.map(lambda _: kept(store), range(6))} == {("a",)}


def test_readers_cannot_write_whatever_they_try(store: Store) -> None:
    with pytest.raises(apsw.ReadOnlyError):
        store.database.read("DELETE FROM meta")
    with pytest.raises((apsw.ReadOnlyError, OperationalError)):
        SettingRow.insert(name="x", value="y").execute()
    assert kept(store) == []


def test_what_is_acknowledged_is_synced_and_foreign_keys_hold(store: Store) -> None:
    assert store.sql("PRAGMA synchronous") == [(2,)]
    assert store.sql("PRAGMA fullfsync") == [(1,)]
    assert store.sql("PRAGMA journal_mode") == [("wal",)]
    assert store.sql("PRAGMA journal_size_limit") == [(8 << 20,)]
    assert store.sql("PRAGMA foreign_keys") == [(1,)]
    assert store.database.read("PRAGMA foreign_keys") == [(1,)]


def together(store: Store, *work: Callable[[Transaction], object]) -> list[object]:
    """Run these in one batch: all of them wait while the writer is held up. Results or errors."""
    go, held = threading.Event(), threading.Event()

    def hold(transaction: Transaction) -> None:
        held.set()
        go.wait()

    def asked(one: Callable[[Transaction], object]) -> object:
        try:
            return store.database.write(one)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(work) + 1) as pool:
        first = pool.submit(store.database.write, hold)
        held.wait()
        waiting = []
        for count, one in enumerate(work, 1):
            waiting.append(pool.submit(asked, one))
            while store.database._queue.qsize() < count:
                pass  # so that they stand in line in this order
        go.set()
        first.result()
        return [future.result() for future in waiting]


def test_one_that_fails_takes_nothing_of_the_others_in_its_batch_with_it(store: Store) -> None:
    def broken(transaction: Transaction) -> None:
        keep("half")(transaction)
        raise ValueError("no")

    results = together(store, keep("a"), broken, keep("b"), keep("a"))
    assert results[0] == "a" and results[2] == "b"
    assert isinstance(results[1], ValueError) and isinstance(results[3], apsw.ConstraintError)
    assert kept(store) == ["a", "b"]
    assert [e.data["name"] for e in store.told] == ["a", "b"]
    assert [e.id for e in store.told] == [1, 2]


def test_a_full_disk_is_said_to_everyone_who_waits_and_leaves_the_database_usable(
    store: Store,
) -> None:
    def fill(transaction: Transaction) -> None:
        pages = transaction.execute("PRAGMA page_count")[0][0]
        transaction.execute(f"PRAGMA max_page_count = {pages}")

    store.database.write(fill)
    results = together(store, keep("big", "x" * 100_000), keep("other", "y" * 100_000))
    assert all(isinstance(result, FaultError) for result in results)
    assert {result.fault.category for result in results} == {Category.STORAGE}
    assert kept(store) == [] and store.told == []
    store.database.write(lambda t: t.execute("PRAGMA max_page_count = 1000000"))
    assert store.database.write(keep("big", "x" * 100_000)) == "big"


def test_a_work_that_asks_the_writer_from_the_writer_is_refused(store: Store) -> None:
    with pytest.raises(RuntimeError, match="cannot wait"):
        store.database.write(lambda _: store.database.write(keep("a")))
    assert store.database.write(keep("b")) == "b"


def test_a_lock_held_by_another_program_is_an_error_and_passes(store: Store) -> None:
    store.sql("PRAGMA busy_timeout = 10")
    other = apsw.Connection(str(store.path))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(apsw.BusyError):
        store.database.write(keep("a"))
    other.execute("ROLLBACK")
    other.close()
    assert store.database.write(keep("a")) == "a"


def test_a_clock_that_fails_fails_one_write_and_not_the_writer(store: Store) -> None:
    right = store.clock.now
    store.clock.now = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        store.database.write(keep("a"))
    store.clock.now = right
    assert store.database.write(keep("a")) == "a"


def test_a_listener_that_fails_keeps_the_news_from_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path / "a.db", Clock())
    seen: list[int] = []

    def broken(last: int) -> None:
        raise OSError("the disk is full")

    store.database.committed += [broken, seen.append]
    with caplog.at_level(logging.ERROR):
        store.database.write(keep("a"))
        store.close()
    assert seen == [1] and [e.id for e in store.told] == [1]
    assert "could not be passed on" in caplog.text


def test_events_are_published_in_the_order_of_their_commits(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.database.write(keep(f"n{n}")), range(200)))
    store.close()
    assert [e.id for e in store.told] == list(range(1, 201))
    store.reopen()
    logged = store.events.since(0)
    assert logged is not None and [e.data for e in logged] == [e.data for e in store.told]


def test_an_event_is_published_only_after_its_commit(tmp_path: Path) -> None:
    store = Store(tmp_path / "a.db", Clock())
    store.close()
    found: list[int] = []

    def publish(events: object) -> None:
        other = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
        found.append(len(other.execute("SELECT id FROM event").fetchall()))
        other.close()

    database = Database(store.path, publish)
    database.write(keep("a"))
    database.close()
    assert found == [1]


def test_nothing_is_waited_for_once_the_library_is_closed(store: Store) -> None:
    """Every write either came to pass or was refused: none hangs, none is half there."""
    accepted: list[str] = []
    refused: list[str] = []
    start = threading.Barrier(7)

    def write(number: int) -> None:
        start.wait()
        for round_ in range(1000):
            name = f"{number}-{round_}"
            try:
                accepted.append(store.database.write(keep(name)))
            except RuntimeError:
                refused.append(name)
                return

    threads = [threading.Thread(target=write, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    start.wait()
    while not accepted:
        pass
    store.close()
    for thread in threads:
        thread.join()
    assert len(refused) == 6
    store.reopen()
    assert set(kept(store)) == set(accepted)


def test_a_closed_library_is_read_by_nobody(store: Store) -> None:
    kept(store)
    store.close()
    store.close()
    with ThreadPoolExecutor(1) as pool, pytest.raises(RuntimeError, match="closed"):
        pool.submit(kept, store).result()
    with pytest.raises(apsw.ConnectionClosedError):
        kept(store)
    with pytest.raises(RuntimeError, match="closed"):
        store.database.write(keep("a"))


def test_closing_leaves_one_file_behind(store: Store, tmp_path: Path) -> None:
    """The writer's connection goes last, for readers cannot empty the log."""
    kept(store)
    store.database.write(keep("a"))
    store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["library.db"]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc to count open files in")
def test_threads_that_end_leave_no_open_files(store: Store) -> None:
    def used() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    kept(store)
    store.database.write(keep("a"))
    before = used()
    for _ in range(30):
        thread = threading.Thread(target=kept, args=(store,))
        thread.start()
        thread.join()
    # SQLite closes a file only when no other connection of the process holds a lock on it; what
    # counts is that the number does not grow with the number of threads.
    assert used() - before < 10


def test_an_event_says_what_it_carries() -> None:
    event = Event(3, "job-queued", Clock().now, "s", 7, {"kind": "merge"})
    assert event.as_dict() == {
        "id": 3,
        "event": "job-queued",
        "at": "2025-03-01T09:30:00+00:00",
        "session": "s",
        "job": 7,
        "kind": "merge",
    }
