"""Kills, power cuts and full disks: what was acknowledged is there afterwards, and once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from backend.core.job import Lane
from backend.store import health

from .making import Clock, Store

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

WORKER = """
import os, sys, threading
from pathlib import Path
from tests.store.making import Clock, Store, session
from backend.core.job import Lane

store = Store(Path(sys.argv[1]), Clock())
lock = threading.Lock()

def acknowledged(text):
    with lock:
        os.write(1, (text + "\\n").encode())  # unbuffered, so it is said when it is true

def enqueue(thread):
    number = 0
    while True:
        name = f"{sys.argv[2]}-{thread}-{number}"
        store.sessions.create(session(name))
        acknowledged(f"made {name}")
        number += 1

def work():
    while True:
        job = store.jobs.claim(Lane.READY)
        if job is None:
            continue
        acknowledged(f"claimed {job.id} {job.token}")
        if store.jobs.finish(job, {"token": job.token}, 1.0):
            acknowledged(f"finished {job.id} {job.token}")

for number in range(3):
    threading.Thread(target=enqueue, args=(number,), daemon=True).start()
for _ in range(2):
    threading.Thread(target=work, daemon=True).start()
threading.Event().wait()
"""


def child(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    )


def told_before_the_kill(process: subprocess.Popen[str], lines: int) -> list[list[str]]:
    """What the child acknowledged, up to the kill that comes after so many lines."""
    assert process.stdout is not None and process.stderr is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if len(told) == lines:
            process.send_signal(signal.SIGKILL)
            break
    told += process.stdout.readlines()
    errors = process.stderr.read()
    assert process.wait() == -signal.SIGKILL, errors
    process.stdout.close()
    process.stderr.close()
    return [line.split() for line in told if line.endswith("\n")]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_in_the_middle_of_thousands_of_jobs_nothing_acknowledged_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    path = tmp_path / "library.db"
    random_ = random.Random(11)
    told: list[list[str]] = []
    for run in range(4):
        process = child(WORKER, str(path), str(run))
        told += told_before_the_kill(process, random_.randrange(300, 1500))
        store = Store(path, Clock())
        try:
            check(store, told)
            assert store.jobs.recover() == []
            assert "running" not in set(store.statuses().values())
        finally:
            store.close()
        assert health.damage(path, 0) is None


def check(store: Store, told: list[list[str]]) -> None:
    said: dict[str, list[list[str]]] = defaultdict(list)
    for verb, *rest in told:
        said[verb].append(rest)
    rows = store.database.read("SELECT session, kind, id, status, result FROM job ORDER BY id")
    merges = {str(row[0]): row for row in rows if row[1] == "merge"}
    assert len(merges) * 3 == len(rows)  # each with its previews, and none twice
    for (name,) in said["made"]:
        assert name in merges
    by_id = {row[2]: row for row in merges.values()}
    finished = [int(number) for number, _ in said["finished"]]
    assert len(finished) == len(set(finished))
    for number, token in said["finished"]:
        _, _, _, status, result = by_id[int(number)]
        assert status == "completed" and token in result  # by the claim that said so
    for number, _ in said["claimed"]:
        attempts = store.database.read("SELECT attempt FROM job WHERE id = ?", (int(number),))
        assert attempts[0][0] >= 1


# Power cuts


REAL = apsw.vfs_names()[0]


class Disk:
    """Remembers every write and every sync, so that a cut can be imagined at any moment."""

    def __init__(self) -> None:
        self.log: list[tuple[str, str, int, bytes]] = []

    def cut(self, at: int, random_: random.Random) -> dict[str, bytes]:
        """The files as a power cut after `at` steps may leave them.

        What was synced is there. Of what was not, any part may be there and any part missing, as
        a disk writes in the order that it likes.
        """
        durable: dict[str, bytearray] = {}
        pending: dict[str, list[tuple[str, int, bytes]]] = defaultdict(list)
        for what, name, offset, data in self.log[:at]:
            if what == "sync":
                for step in pending.pop(name, []):
                    self.apply(durable, name, *step)
            elif what == "delete":
                durable.pop(name, None)
                pending.pop(name, None)
            else:
                durable.setdefault(name, bytearray())
                pending[name].append((what, offset, data))
        for name, steps in pending.items():
            for step in steps:
                if random_.random() < 0.5:
                    self.apply(durable, name, *step)
        return {name: bytes(content) for name, content in durable.items()}

    @staticmethod
    def apply(files: dict[str, bytearray], name: str, what: str, offset: int, data: bytes) -> None:
        content = files.setdefault(name, bytearray())
        if what == "truncate":
            del content[offset:]
            return
        content.extend(bytes(max(0, offset + len(data) - len(content))))
        content[offset : offset + len(data)] = data


class RecordedFile(apsw.VFSFile):
    def __init__(self, disk: Disk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__(REAL, name, flags)
        filename = name.filename() if isinstance(name, apsw.URIFilename) else name
        self.disk, self.name = disk, Path(filename or "temporary").name

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        super().xWrite(data, offset)
        self.disk.log.append(("write", self.name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self.disk.log.append(("truncate", self.name, size, b""))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self.disk.log.append(("sync", self.name, 0, b""))


class RecordedDisk(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__("recorded", REAL, makedefault=True)

    def xOpen(  # noqa: N802
        self, name: apsw.URIFilename | str | None, flags: list[int]
    ) -> RecordedFile:
        return RecordedFile(self.disk, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        super().xDelete(name, sync)
        self.disk.log.append(("delete", Path(name).name, 0, b""))


@contextmanager
def recorded() -> Iterator[Disk]:
    """Every database opened inside lies on a recorded disk.

    A file of ours has no shared memory, so the connection keeps the log to itself: the same code
    writes the same bytes and syncs them at the same moments.
    """
    disk = Disk()

    def alone(connection: apsw.Connection) -> None:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")

    vfs = RecordedDisk(disk)
    apsw.connection_hooks.append(alone)
    try:
        yield disk
    finally:
        apsw.connection_hooks.remove(alone)
        vfs.unregister()


CUTS = 80


def test_a_power_cut_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    acknowledged: list[tuple[int, str, str]] = []  # steps on the disk by then, what, which
    with recorded() as disk:
        store = Store(path, Clock())
        mirrored: list[tuple[int, int]] = []  # steps on the disk by then, what the mirror says
        store.database.committed.append(lambda last: mirrored.append((len(disk.log), last)))
        store.sql("PRAGMA wal_autocheckpoint = 20")  # so that cuts strike checkpoints, too
        for number in range(40):
            name = f"s{number}"
            # Through the writer alone, for nobody else may read meanwhile.
            store.database.write(
                lambda t, name=name: t.execute(
                    "INSERT INTO session (id, title, state, started_at, created_at, updated_at,"
                    " options, notes) VALUES (?, '', 'ended', 0, 0, 0, '{}', '[]')",
                    (name,),
                )
            )
            store.database.write(
                lambda t, name=name: t.execute(
                    "INSERT INTO job (session, kind, lane, status, priority, options, max_attempts,"
                    " created_at, updated_at)"
                    " VALUES (?, 'merge', 'ready', 'queued', 1, '{}', 3, 0, 0)",
                    (name,),
                )
            )
            acknowledged.append((len(disk.log), "made", name))
            if number % 3:
                job = store.jobs.claim(Lane.READY)
                assert job is not None
                acknowledged.append((len(disk.log), "claimed", job.session))
                if number % 3 == 2:
                    assert store.jobs.finish(job, {}, 1.0)
                    acknowledged.append((len(disk.log), "finished", job.session))
        whole = len(disk.log)
        store.close()
    first = acknowledged[0][0]
    random_ = random.Random(5)
    for number in range(CUTS):
        at = random_.randrange(first, whole)
        folder = tmp_path / f"cut{number}"
        folder.mkdir()
        for name, content in disk.cut(at, random_).items():
            if name.startswith("library.db"):
                (folder / name).write_bytes(content)
        mirror = max((last for step, last in mirrored if step <= at), default=0)
        assert health.damage(folder / "library.db", mirror) is None
        after = Store(folder / "library.db", Clock())
        rows = after.database.read("SELECT session, status, attempt FROM job ORDER BY id")
        jobs = {str(name): (status, attempt) for name, status, attempt in rows}
        assert len(jobs) == len(rows)
        for step, what, name in acknowledged:
            if step <= at:
                assert name in jobs, f"cut {number} at {at}: {name} is lost"
                status, attempt = jobs[name]
                assert what == "made" or attempt >= 1
                assert what != "finished" or status == "completed"
        after.close()
        shutil.rmtree(folder)


FILLER = """
import resource, signal, sys
from pathlib import Path
from tests.store.making import Clock, Store, session

path = Path(sys.argv[1])
store = Store(path, Clock())
store.sessions.create(session("before"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
room = max(p.stat().st_size for p in path.parent.iterdir()) + 60_000
resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
made = 0
try:
    while made < 10_000:
        store.sessions.create(session(f"s{made}"))
        made += 1
except Exception as error:
    print(type(error).__module__, type(error).__name__, made)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.sessions.create(session("after"))
print(len(store.sessions.page(limit=100_000)), store.jobs.claim("ready") is not None)
store.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE")
def test_a_disk_that_is_full_fails_the_write_and_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    process = child(FILLER, str(tmp_path / "library.db"))
    out, errors = process.communicate()
    assert process.returncode == 0, errors
    failure, after = out.splitlines()
    module, name, made = failure.split()
    assert module == "apsw" and name in ("IOError", "FullError")
    assert 0 < int(made) < 10_000
    assert after == f"{int(made) + 2} True"
    assert health.damage(tmp_path / "library.db", 0) is None


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    yield
    assert "recorded" not in apsw.vfs_names()


def test_the_imagined_disk_does_lose_what_was_not_synced(tmp_path: Path) -> None:
    """Of the shim itself: were it to lose nothing, the test above could not fail."""
    with recorded() as disk:
        connection = apsw.Connection(str(tmp_path / "a.db"))
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL; CREATE TABLE t (x)")
        steps = []
        for number in range(50):
            connection.execute("INSERT INTO t VALUES (?)", (number,))
            steps.append(len(disk.log))
        connection.close()
    lost = 0
    random_ = random.Random(1)
    for number, at in enumerate(steps):
        folder = tmp_path / f"cut{number}"
        folder.mkdir()
        for name, content in disk.cut(at, random_).items():
            (folder / name).write_bytes(content)
        after = apsw.Connection(str(folder / "a.db"))
        try:
            rows = after.execute("SELECT count(*) FROM t").fetchall()[0][0]
        except apsw.SQLError:
            rows = 0
        lost += int(str(rows)) < number + 1
        after.close()
    assert lost > 10
