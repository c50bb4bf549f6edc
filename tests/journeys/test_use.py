"""What people do with the command, on real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import time
from pathlib import Path

import apsw
import psutil
import pytest

from tests.films import assert_in_sync
from tests.journeys.conftest import PATIENCE, Theatre, listed
from tests.recordings import write_session, write_video

SHARED = Path(__file__).parents[3] / "shared" / "media"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(tmp_path_factory.mktemp("recording") / "Stand-up", 3)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture that takes seconds to encode."""
    folder = tmp_path_factory.mktemp("slow") / "Slow"
    write_video(folder / "video.mkv", 40, codec="mpeg4", size=(1280, 720), rate=25, first=9)
    return folder


def test_a_session_folder_becomes_a_film(theatre: Theatre, recording: Path) -> None:
    told = theatre.ask("process", recording)
    assert told[-1]["event"] == "completed"
    (film,) = theatre.films()
    assert told[-1]["film"] == str(film)
    assert_in_sync(film, 3)
    assert oct(theatre.data.stat().st_mode)[-3:] == "700"
    for private in ("backend.json", "backend.lock", "library.db"):
        assert oct((theatre.data / private).stat().st_mode)[-3:] == "600"


def test_a_live_session_is_driven_piece_by_piece(theatre: Theatre, recording: Path) -> None:
    session = theatre.run("sessions", "new", "--title", "Lesson 4").stdout.strip()
    assert theatre.run("sessions", "add", session, recording / "video.mp4").returncode == 0
    for piece in sorted((recording / "audio").iterdir()):
        assert theatre.run("sessions", "add", session, piece).returncode == 0
    ended = theatre.run("sessions", "end", session, "--wait", "done")
    assert ended.returncode == 0, ended.stderr
    (film,) = theatre.films()
    assert film.name.startswith("Lesson 4")
    assert_in_sync(film, 3)


def test_the_film_goes_where_it_is_wanted(
    theatre: Theatre, recording: Path, tmp_path: Path
) -> None:
    out = tmp_path / "where I want it.mp4"
    assert theatre.run("process", recording, "-o", out).returncode == 0
    assert out.read_bytes() == theatre.films()[0].read_bytes()
    refused = theatre.run("process", recording, "-o", out)
    assert refused.returncode == 3
    assert out.name in refused.stderr


@pytest.mark.parametrize("wait", ["ready", "done", "none"])
def test_each_way_of_waiting(theatre: Theatre, recording: Path, wait: str) -> None:
    assert theatre.run("process", "--wait", wait, recording).returncode == 0
    if wait != "none":
        assert len(theatre.films()) == 1


def test_ctrl_c_stops_watching_and_not_the_work(theatre: Theatre, slow: Path) -> None:
    command = theatre.start("process", "--json", slow)
    assert command.stdout is not None
    for line in command.stdout:
        if json.loads(line)["event"] == "job-progress":
            break
    command.send_signal(signal.SIGINT)
    _, err = command.communicate(timeout=PATIENCE)
    assert command.returncode == 130
    assert "Traceback" not in err
    done = theatre.run("process", slow)
    assert done.returncode == 0
    assert len(theatre.films()) == 1
    (row,) = listed(theatre.ask("sessions", "list"), "sessions")
    (merge,) = [
        job
        for job in listed(theatre.ask("jobs", "list", "--session", row["id"]), "jobs")
        if job["kind"] == "merge"
    ]
    assert merge["attempt"] == 1


def test_cancelling_ends_the_one_who_waits(theatre: Theatre, slow: Path) -> None:
    command = theatre.start("process", "--json", slow)
    assert command.stdout is not None
    session = None
    for line in command.stdout:
        told = json.loads(line)
        session = told.get("session") or session
        if told["event"] == "job-progress" and told.get("progress", 0) > 0:
            break
    assert session is not None
    assert theatre.run("sessions", "cancel", session).returncode == 0
    out, _ = command.communicate(timeout=PATIENCE)
    assert command.returncode == 130
    assert json.loads(out.splitlines()[-1])["fault"]["category"] == "cancelled"
    assert theatre.films() == []
    assert theatre.unfinished() == []


def test_several_sessions_each_get_a_line_and_the_code_is_the_worst(
    theatre: Theatre, recording: Path, tmp_path: Path
) -> None:
    other = write_session(tmp_path / "Other", 2, first=3)
    bad = tmp_path / "Bad"
    (bad / "audio").mkdir(parents=True)
    (bad / "audio" / "seg_1.wav").write_text("no sound")
    told = theatre.ask("process", recording, bad, other)
    last = {line.get("title"): line["event"] for line in told if line["event"] == "completed"}
    assert set(last) == {"Stand-up", "Other"}
    (failed,) = [line for line in told if line["event"] == "failed"]
    assert "seg_1.wav" in failed["fault"]["message"]
    assert theatre.run("process", recording, bad, other).returncode == 3
    assert len(theatre.films()) == 2


def test_eight_launches_at_once_are_one_backend_and_one_session(
    theatre: Theatre, recording: Path
) -> None:
    commands = [theatre.start("process", "--wait", "ready", recording) for _ in range(8)]
    for command in commands:
        _, err = command.communicate(timeout=PATIENCE)
        assert command.returncode == 0, err
    assert len(listed(theatre.ask("sessions", "list"), "sessions")) == 1
    assert len(theatre.films()) == 1
    backends = [p for p in theatre.processes() if "serve" in p.cmdline()]
    assert len(backends) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_ready_line_comes_first_and_a_signal_ends_it_in_order(
    theatre: Theatre, number: signal.Signals
) -> None:
    server = theatre.start("serve", "--json")
    assert server.stdout is not None
    told = json.loads(server.stdout.readline())
    assert told["event"] == "ready"
    assert told["pid"] == server.pid
    assert str(told["port"]) in told["url"]
    with socket.create_connection(("127.0.0.1", told["port"]), 5):
        pass
    server.send_signal(number)
    server.communicate(timeout=PATIENCE)
    assert server.returncode == 0
    theatre.until_deserted()


def test_a_backend_that_a_command_started_leaves_by_itself(theatre: Theatre) -> None:
    theatre.run("queue", "status")
    backend = theatre.backend()
    assert backend is not None
    backend.wait(PATIENCE)


def test_a_paused_queue_keeps_nobody_waiting(theatre: Theatre, recording: Path) -> None:
    theatre.run("queue", "pause")
    theatre.run("process", "--wait", "none", recording)
    backend = theatre.backend()
    assert backend is not None
    backend.wait(PATIENCE)
    assert theatre.films() == []
    theatre.run("queue", "resume")
    assert theatre.run("process", recording).returncode == 0


def test_an_address_of_the_dead_misleads_nobody(theatre: Theatre, recording: Path) -> None:
    theatre.data.mkdir()
    address = {"port": 9, "token": "x" * 43, "pid": 1}
    (theatre.data / "backend.json").write_text(json.dumps(address))
    (theatre.data / "backend.lock").write_text("stale")
    assert theatre.run("process", recording).returncode == 0
    assert theatre.kill_backend()
    assert theatre.run("sessions", "list").returncode == 0


def test_a_suspended_backend_goes_on_where_it_was(theatre: Theatre, slow: Path) -> None:
    command = theatre.start("process", "--json", slow)
    assert command.stdout is not None
    for line in command.stdout:
        if json.loads(line)["event"] == "job-progress":
            break
    backend = theatre.backend()
    assert backend is not None
    everyone = [backend, *backend.children(recursive=True)]
    for process in everyone:
        process.suspend()
    time.sleep(1)
    for process in everyone:
        process.resume()
    command.communicate(timeout=PATIENCE)
    assert command.returncode == 0
    assert len(theatre.films()) == 1


def test_a_newer_library_is_refused_and_left_as_it_is(theatre: Theatre, recording: Path) -> None:
    theatre.run("process", recording)
    theatre.until_deserted()
    database = apsw.Connection(str(theatre.data / "library.db"))
    database.execute("PRAGMA user_version = 999")
    database.close()
    refused = theatre.run("sessions", "list")
    assert refused.returncode == 4
    assert "newer" in refused.stderr
    theatre.until_deserted()
    database = apsw.Connection(str(theatre.data / "library.db"))
    assert database.pragma("user_version") == 999
    database.close()


@pytest.mark.parametrize("harm", ["zeroed", "emptied", "gone", "truncated", "garbage"])
def test_a_damaged_library_mends_itself(theatre: Theatre, recording: Path, harm: str) -> None:
    theatre.run("process", "--wait", "done", recording)
    (film,) = theatre.films()
    before = film.stat().st_ino
    theatre.until_deserted()
    path = theatre.data / "library.db"
    size = path.stat().st_size
    if harm == "gone":
        path.unlink()
    else:
        damage = {
            "zeroed": path.read_bytes()[:8192] + bytes(16384) + path.read_bytes()[24576:],
            "emptied": b"",
            "truncated": path.read_bytes()[: size // 2],
            "garbage": os.urandom(size),
        }
        path.write_bytes(damage[harm])
    (row,) = listed(theatre.ask("sessions", "list"), "sessions")
    assert row["title"] == "Stand-up"
    assert row["status"] == "ready"
    assert theatre.films() == [film]
    assert film.stat().st_ino == before
    if harm != "gone":
        assert list(theatre.data.glob("library.db.damaged-*"))


def test_a_backup_is_put_back(theatre: Theatre, recording: Path, tmp_path: Path) -> None:
    theatre.run("process", "--wait", "done", recording)
    taken = theatre.ask("backup", "take")[-1]
    theatre.run("process", "--wait", "done", write_session(tmp_path / "Later", 2, first=2))
    assert len(listed(theatre.ask("sessions", "list"), "sessions")) == 2
    name = taken.get("name") or taken["backup"]["name"]
    restored = theatre.run("backup", "restore", name)
    assert restored.returncode == 0, restored.stderr
    rows = listed(theatre.ask("sessions", "list"), "sessions")
    assert [row["title"] for row in rows] == ["Stand-up"]
    assert theatre.run("rebuild").returncode == 0
    assert len(listed(theatre.ask("sessions", "list"), "sessions")) == 2


def test_folders_of_any_name(theatre: Theatre, tmp_path: Path) -> None:
    names = ("-rf", "it's “quoted”", "two\nlines", "%03d", "🎬", "a" * 200, "http:", " leading")
    folders = [write_session(tmp_path / name, 2, first=n) for n, name in enumerate(names)]
    done = theatre.run("process", "--", *folders)
    assert done.returncode == 0, done.stderr
    assert len(theatre.films()) == len(names)
    for film in theatre.films():
        assert_in_sync(film, 2)


def test_a_folder_that_may_not_be_read(theatre: Theatre, recording: Path, tmp_path: Path) -> None:
    if os.name == "nt" or os.getuid() == 0:
        pytest.skip("root may read everything: nothing is refused to it")
    locked = Path(shutil.copytree(recording, tmp_path / "locked"))
    locked.chmod(0)
    refused = theatre.run("process", locked)
    assert refused.returncode == 3
    assert "locked" in refused.stderr
    locked.chmod(0o700)


def test_no_connection_leaves_the_machine(theatre: Theatre, slow: Path) -> None:
    command = theatre.start("process", slow)
    seen: set[str] = set()
    while command.poll() is None:
        for process in theatre.processes():
            try:
                for connection in process.net_connections(kind="inet"):
                    seen.add(connection.laddr.ip)
                    if connection.raddr:
                        seen.add(connection.raddr.ip)
            except psutil.Error:
                continue
        time.sleep(0.02)
    command.communicate()
    assert seen == {"127.0.0.1"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="there is no ../shared/media beside the project")
def test_a_talk_with_its_sound_recorded_apart(theatre: Theatre, tmp_path: Path) -> None:
    folder = tmp_path / "Talk"
    folder.mkdir()
    shutil.copy(SHARED / "talk" / "webcam_ui_speech_60fps.mp4", folder / "talk.mp4")
    (folder / "audio").mkdir()
    pieces = ("jfk.flac", "phone_call_two_speakers_8k.wav", "vbr_xing_replaygain.mp3")
    for number, name in enumerate(pieces):
        piece = SHARED / "audio" / name
        shutil.copy(piece, folder / "audio" / f"part-{number}{piece.suffix}")
    told = theatre.ask("process", folder)[-1]
    assert told["event"] == "completed"
    assert told["duration"] == pytest.approx(11.0 + 45.3 + 2.785, abs=0.05)


def test_the_sample_is_made_and_becomes_a_film(theatre: Theatre, tmp_path: Path) -> None:
    made = theatre.run("sample", tmp_path / "sample")
    assert made.returncode == 0, made.stderr
    assert theatre.run("sample", tmp_path / "sample").returncode == 3
    told = theatre.ask("process", "--wait", "done", tmp_path / "sample")[-1]
    assert told["event"] == "completed"
    assert told["duration"] == pytest.approx(32, abs=0.05)
    assert told["title"] == "Welcome to Rushes"
