"""One writer, many readers.

A single thread owns the only writable connection; every transaction is a function that it runs.
All other threads read through connections that cannot write. So no two writers ever meet, a
half-read cursor can pin nothing, and what is acknowledged is on the disk (WAL, synchronous=FULL).
"""

from __future__ import annotations

import contextlib
import logging
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import apsw
from playhouse.apsw_ext import APSWDatabase

from backend.core.event import Event
from backend.core.fault import Category, Fault, FaultError
from backend.store import values

log = logging.getLogger(__name__)

APPLICATION_ID = 0x52555348  # "RUSH"
LARGEST_BATCH = 256
FULL = Fault(
    Category.STORAGE,
    "There is not enough storage left for the library.",
    "Free some space on its disk, then try again. Nothing that was saved is lost.",
)
Result = TypeVar("Result")
Row = tuple[Any, ...]


def _fold(*text: apsw.SQLiteValue) -> str:
    return str(text[0]).casefold()


class SplitDatabase(APSWDatabase):  # type: ignore[misc]
    """peewee's database: writable for one thread, read-only for all others."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), timeout=5)
        self.writer: int | None = None
        """Identity of the thread that may write."""
        # Weakly held: a thread that ends takes its connection with it, or every job would leave
        # three open files behind.
        self._readers: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._writing: apsw.Connection | None = None
        self._closed = False
        self._opened_lock = threading.Lock()

    def _connect(self) -> apsw.Connection:
        writing = threading.get_ident() == self.writer
        create = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = apsw.Connection(
            self.database, flags=create if writing else apsw.SQLITE_OPEN_READONLY
        )
        connection.set_busy_timeout(5000)
        connection.execute("PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY")
        # SQLite's own lower() knows only the letters of ASCII.
        connection.create_scalar_function("fold", _fold, 1, deterministic=True)
        if writing:
            connection.execute(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;"
                "PRAGMA journal_size_limit = 8388608; PRAGMA wal_autocheckpoint = 1000"
            ).fetchall()  # to the end: a cursor stops at the first statement that has a row
        with self._opened_lock:
            if self._closed:
                connection.close()
                raise RuntimeError("the library is closed")
            if writing:
                self._writing = connection
            else:
                self._readers.add(connection)
        return connection

    def close_everywhere(self) -> None:
        """Close the connections of all threads, the writer's last: it empties the log."""
        with self._opened_lock:
            self._closed = True
            opened, writing, self._writing = list(self._readers), self._writing, None
        for connection in opened:
            # One in mid query belongs to a thread that is about to end, and ends with it.
            with contextlib.suppress(apsw.Error):
                connection.close()
        if writing is not None:
            writing.close()


@dataclass(slots=True)
class Transaction:
    """What a function run by the writer may do. Lives until the function returns."""

    connection: apsw.Connection
    now: int
    """Milliseconds since 1970, one value for the whole transaction."""
    events: list[Event] = field(default_factory=list)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a statement to its end; all of its rows."""
        return self.connection.execute(sql, tuple(parameters)).fetchall()

    def changed(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement; how many rows it changed."""
        self.execute(sql, parameters)
        return self.connection.changes()

    def emit(
        self,
        name: str,
        session: str | None = None,
        job: int | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """Append an event; it is published when the transaction has been committed."""
        self.execute(
            "INSERT INTO event (name, at, session, job, data) VALUES (?, ?, ?, ?, ?)",
            (name, self.now, session, job, values.dump_mapping(data or {})),
        )
        number = self.connection.last_insert_rowid()
        self.events.append(Event(number, name, values.moment(self.now), session, job, data or {}))


Work = Callable[[Transaction], Result]
Publish = Callable[[Sequence[Event]], None]


class Database:
    """The open database. `write` runs a transaction and waits for its commit; `read` only reads."""

    def __init__(
        self,
        path: Path,
        publish: Publish,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = path
        self.peewee = SplitDatabase(path)
        self.committed: list[Callable[[int], None]] = []
        """Called with the id of the last event after each commit that had one."""
        self.full = False
        """Whether the disk had no room for the last transaction."""
        self._publish = publish
        self._clock = clock
        self._queue: SimpleQueue[tuple[Work[Any], Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="database writer")
        self._started = threading.Event()
        self._closed = False
        self._closing = threading.Lock()
        self._thread.start()
        self._started.wait()

    def write(self, work: Work[Result]) -> Result:
        """Run `work` in a transaction; its result once it is durable.

        Raises what `work` raised, and a storage fault, with nothing changed, on a full disk.
        """
        if threading.get_ident() == self.peewee.writer:
            raise RuntimeError("a transaction cannot wait for another")
        future: Future[Result] = Future()
        with self._closing:
            # Nothing may come behind the None that ends the writer: nobody would answer it.
            if self._closed:
                raise RuntimeError("the library is closed")
            self._queue.put((work, future))
        try:
            result = future.result()
        except apsw.FullError as error:
            self.full = True
            raise FaultError(FULL) from error
        self.full = False
        return result

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query, on this thread's read-only connection."""
        connection: apsw.Connection = self.peewee.connection()
        return connection.execute(sql, tuple(parameters)).fetchall()

    def close(self) -> None:
        """Finish what was asked for, then close every connection. Idempotent."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self.peewee.close_everywhere()

    def _run(self) -> None:
        self.peewee.writer = threading.get_ident()
        with contextlib.suppress(Exception):  # the first write tries again, and says why it fails
            self.peewee.connection()
        self._started.set()
        while (first := self._queue.get()) is not None:
            batch = [first]
            stop = False
            while len(batch) < LARGEST_BATCH:
                try:
                    item = self._queue.get_nowait()
                except Empty:
                    break
                if item is None:
                    stop = True
                    break
                batch.append(item)
            self._commit(batch)
            if stop:
                break

    def _commit(self, batch: list[tuple[Work[Any], Future[Any]]]) -> None:
        """One durable commit for all that waits; each in a savepoint, so one may fail alone."""
        done: list[tuple[Future[Any], Any]] = []
        events: list[Event] = []
        try:
            now = values.milliseconds(self._clock())
            connection: apsw.Connection = self.peewee.connection()
            connection.execute("BEGIN IMMEDIATE")
        except Exception as error:
            for _, future in batch:
                future.set_exception(error)
            return
        try:
            for work, future in batch:
                connection.execute("SAVEPOINT one")
                transaction = Transaction(connection, now)
                try:
                    result = work(transaction)
                except Exception as error:
                    if not connection.in_transaction:
                        raise  # a full disk ends the whole transaction, not only this part
                    connection.execute("ROLLBACK TO one; RELEASE one")
                    future.set_exception(error)
                else:
                    connection.execute("RELEASE one")
                    done.append((future, result))
                    events += transaction.events
            connection.execute("COMMIT")
        except Exception as error:
            with contextlib.suppress(apsw.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in done:
            future.set_result(result)
        if events:
            self._tell(events)

    def _tell(self, events: list[Event]) -> None:
        last = events[-1].id
        assert last is not None
        for tell in (
            *(partial(listener, last) for listener in self.committed),
            partial(self._publish, events),
        ):
            try:
                tell()
            except Exception:
                # The commit stands; a listener that fails takes neither the writer nor the other
                # listeners with it.
                log.exception("an event could not be passed on")
