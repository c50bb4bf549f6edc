from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend import __version__
from backend.cli import root
from backend.launch import attach
from backend.settings import PREFERENCES
from tests.cli.conftest import Rushes


def test_help_and_version_need_nothing(rushes: Rushes) -> None:
    ran = rushes("--version")
    assert (ran.code, ran.out.strip()) == (0, f"Rushes {__version__}")
    ran = rushes("--help")
    assert ran.code == 0
    named = re.findall(r"^  ([a-z]+)  ", ran.out, re.MULTILINE)
    assert set(named) == set(root.COMMANDS)
    here = {"RUSHES_DATA_DIR": str(rushes.data)}
    for command in named:
        told = CliRunner().invoke(root.rushes, [command, "--help"], env=here)
        assert told.exit_code == 0 and told.output.startswith("Usage: "), (command, told)
    assert rushes("serve", "--help").code == 0
    assert not rushes.data.exists()


def test_a_live_session_from_the_command(rushes: Rushes, recorded: Path) -> None:
    session = rushes("sessions", "new", "--title", "Live").out.strip()
    assert re.fullmatch(r"[0-9a-z]{10}", session)
    shown = rushes("sessions", "show", session[:5], "--json").lines[0]
    assert (shown["id"], shown["status"], shown["title"]) == (session, "recording", "Live")
    empty = rushes("sessions", "end", session)
    assert empty.code == 3 and "Nothing has been recorded" in empty.err
    files = sorted(recorded.rglob("*.m*"))
    ran = rushes("sessions", "add", session, *files, "--json")
    assert ran.code == 0, ran
    assert [line["file"] for line in ran.lines if line["event"] == "added"] == [
        str(file) for file in files
    ]
    # Once more does no harm.
    assert rushes("sessions", "add", session, *files).code == 0
    bad = recorded / "notes.m4a"
    bad.write_text("no sound")
    ran = rushes("sessions", "add", session, bad, recorded, recorded / "nowhere.m4a", "--json")
    assert ran.code == 3
    assert [line["fault"]["category"] for line in ran.lines if line["event"] == "failed"] == [
        "input",
        "input",
        "missing",
    ]
    ended = rushes("sessions", "end", session, "--wait", "done", "--json")
    assert ended.code == 0, ended
    assert ended.lines[-1]["event"] == "completed"
    assert ended.lines[-1]["duration"] == pytest.approx(2, abs=0.2)
    assert rushes("sessions", "end", session).code == 3
    assert rushes("sessions", "add", session, files[0]).code == 3
    assert "film" in rushes("sessions", "show", session).out
    assert "✓ ready" in rushes("sessions").out


def test_delete_and_restore(rushes: Rushes) -> None:
    session = rushes("sessions", "new").out.strip()
    ran = rushes("sessions", "delete", session[:4])
    assert ran.code == 0 and f"rushes sessions restore {session}" in ran.out
    assert rushes("sessions", "--json").lines == []
    assert [s["id"] for s in rushes("sessions", "--binned", "--json").lines] == [session]
    assert rushes("sessions", "restore", session[:4]).code == 0
    assert [s["id"] for s in rushes("sessions", "--json").lines] == [session]
    for words in (("show", "zzzz"), ("restore", session), ("delete", "zzzz"), ("cancel", session)):
        ran = rushes("sessions", *words)
        assert ran.code == 3, (words, ran)
        assert ran.err
    rushes("sessions", "new")
    everyone = {s["id"] for s in rushes("sessions", "--json").lines}
    assert len(everyone) == 2
    if len({each[0] for each in everyone}) == 1:
        assert "Several" in rushes("sessions", "show", session[0]).err


def test_jobs_and_queue(rushes: Rushes, recorded: Path) -> None:
    assert "paused" in rushes("queue", "pause").out
    session = rushes("process", recorded, "--wait", "none").out.strip()
    jobs = {job["kind"]: job for job in rushes("jobs", "--json").lines}
    assert set(jobs) == {"merge", "waveform", "thumbnails"}
    merge = jobs["merge"]["id"]
    assert jobs["merge"]["status"] == "queued"
    for move, status in (
        ("pause", "paused"),
        ("resume", "queued"),
        ("cancel", "cancelled"),
        ("retry", "queued"),
    ):
        assert rushes("jobs", move, merge, "--json").lines[0]["status"] == status
    refused = rushes("jobs", "retry", merge)
    assert refused.code == 3 and "queued" in refused.err
    assert rushes("jobs", "show", 999).code == 3
    table = rushes("jobs", "--session", session[:5], "--kind", "merge", "--limit", 1).out
    assert "merge" in table and "queued" in table and "waveform" not in table
    assert "attempt" in rushes("jobs", "show", merge).out
    told = rushes("queue", "--json").lines[0]
    assert told["paused"] is True and told["counts"]["queued"] == 1
    cancelled = rushes("queue", "cancel", "--json").lines[0]["jobs"]
    assert sorted(cancelled) == sorted(job["id"] for job in jobs.values())
    assert "Nothing is waiting." in rushes("queue", "cancel").out
    assert rushes("jobs", "retry", merge, "--json").lines[0]["status"] == "queued"
    assert "waiting" in rushes("queue", "resume").out
    assert rushes("process", recorded, "--wait", "done").code == 0
    assert rushes("jobs", "clear", "--json").lines == [{"event": "cleared", "cleared": 3}]
    assert rushes("jobs").out.strip() == "No jobs."


def test_settings(rushes: Rushes) -> None:
    listed = rushes("settings", "--json").lines
    assert [setting["name"] for setting in listed] == list(PREFERENCES)
    assert rushes("settings", "set", "bin.days", "7").code == 0
    assert rushes("settings", "get", "bin.days").out == "7\n"
    assert rushes("settings", "reset", "bin.days").code == 0
    assert rushes("settings", "get", "bin.days").out == "30\n"
    bad = rushes("settings", "set", "bin.days", "many")
    assert bad.code == 3 and "number of days" in bad.err
    assert rushes("settings", "get", "nonsense").code == 3


def test_inspect(rushes: Rushes, recorded: Path) -> None:
    video = recorded / "video.mp4"
    (info,) = rushes("inspect", video, "--json").lines
    assert info["duration"] == pytest.approx(2)
    assert info["video"][0]["width"] == 160
    assert isinstance(info["video"][0]["frame_rate"], float)
    assert "h264" in rushes("inspect", video).out
    (recorded / "x.mp4").write_text("nothing")
    ran = rushes("inspect", recorded / "x.mp4", video, "--json")
    assert ran.code == 3
    assert ran.lines[0]["event"] == "failed" and ran.lines[1]["video"]
    assert rushes("inspect", recorded / "nowhere").code == 3
    assert not rushes.data.exists(), "looking at a file needs no library"


def test_backups_are_put_back_and_films_found_again(rushes: Rushes, recorded: Path) -> None:
    (taken,) = rushes("backup", "take", "--json").lines
    film = rushes("process", recorded, "--wait", "done", "--json").lines[-1]
    assert taken["name"] in rushes("backup").out
    old = attach(rushes.settings)
    ran = rushes("backup", "restore", taken["name"], "--json")
    assert ran.code == 0, ran
    assert Path(ran.lines[0]["aside"]).exists()
    assert attach(rushes.settings) != old
    assert rushes("sessions", "--json").lines == []
    assert rushes("rebuild", "--json").lines[0]["sessions"] == [film["session"]]
    (session,) = rushes("sessions", "--json").lines
    assert session["status"] == "ready" and session["film"]["path"] == film["film"]
    assert rushes("backup", "restore", "nonsense").code == 3
    assert rushes("rebuild").code == 0


def test_doctor(rushes: Rushes) -> None:
    ran = rushes("doctor", "--json")
    checks = {line["check"]: line for line in ran.lines}
    assert {
        "PyAV",
        "encoders",
        "SQLite",
        "data folder",
        "films",
        "library",
        "notifications",
    } <= set(checks)
    assert all(line["do"] for line in ran.lines if not line["ok"])
    assert ran.code == (0 if all(line["ok"] for line in ran.lines) else 4)
    rushes("sessions")
    assert "running at" in rushes("doctor").out
    rushes.leave()
    (rushes.data / "library.db").write_bytes(b"nonsense" * 1000)
    ran = rushes("doctor")
    assert ran.code == 4 and "✗ library" in ran.out


def test_serve_tells_where_it_is_first(rushes: Rushes) -> None:
    process = rushes.start("serve")
    ready = json.loads(process.stdout.readline())  # type: ignore[union-attr]
    assert ready["event"] == "ready" and ready["pid"] == process.pid
    assert ready["url"] == f"http://127.0.0.1:{ready['port']}/"
    address = attach(rushes.settings)
    assert address is not None and address.token == ready["token"]
    assert rushes.settings.address.stat().st_mode & 0o777 == 0o600
    # A second one says where the first is, and ends; a command uses it.
    other = rushes("serve", "--json")
    assert other.code == 0
    assert other.lines == [{**ready, "attached": True}]
    assert rushes("sessions").code == 0
    taken = rushes("serve", "--data-dir", rushes.data.with_name("other"), "--port", ready["port"])
    assert taken.code == 4 and str(ready["port"]) in taken.err
    process.send_signal(signal.SIGTERM)
    assert rushes.finish(process).code == 0
    assert attach(rushes.settings) is None


def test_a_backend_that_nobody_needs_leaves(rushes: Rushes) -> None:
    assert rushes("sessions").code == 0
    address = attach(rushes.settings)
    assert address is not None
    while attach_without_asking(rushes):
        pass  # it leaves by itself, or this test runs into its time limit


def attach_without_asking(rushes: Rushes) -> bool:
    """Whether it is there, without a request, which would keep it."""
    from backend.instance import Lock

    lock = Lock(rushes.settings.lock)
    free = lock.take()
    lock.release()
    return not free


def test_a_data_folder_that_cannot_be_used_is_3(rushes: Rushes, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    taken = tmp_path / "taken"
    (taken / "library.db").mkdir(parents=True)
    for folder in (file, file / "below", taken):
        for words in (("sessions",), ("serve",), ("process", tmp_path)):
            ran = rushes(*words, "--data-dir", folder)
            assert ran.code == 3, ran
            assert str(folder) in ran.err
            told = rushes(*words, "--data-dir", folder, "--json")
            assert told.lines[-1]["event"] == "failed"


def test_eight_launches_at_once_share_one_backend(rushes: Rushes) -> None:
    started = [rushes.start("sessions", "new", "--json") for _ in range(8)]
    ran = [rushes.finish(process) for process in started]
    assert [each.code for each in ran] == [0] * 8, ran
    assert len({each.lines[0]["session"] for each in ran}) == 8
    assert len(rushes("sessions", "--json").lines) == 8


def test_a_reader_that_leaves_is_no_error(rushes: Rushes) -> None:
    for _ in range(3):
        rushes("sessions", "new")
    process = rushes.start("sessions", "--json")
    process.stdout.close()  # type: ignore[union-attr]
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert b"Traceback" not in err and b"Exception" not in err
