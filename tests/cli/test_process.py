from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from backend.launch import attach
from backend.media.probe import probe
from tests.cli.conftest import PATIENCE, Rushes
from tests.media.test_mix import two_tracks
from tests.media.test_sync import apart


def test_a_folder_becomes_a_film(rushes: Rushes, recorded: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "film.mp4"
    out.parent.mkdir()
    ran = rushes("process", recorded, "-o", out, "--json", "--wait", "done")
    assert ran.code == 0, ran
    last = ran.lines[-1]
    assert (last["event"], last["title"]) == ("completed", "Stand-up")
    assert last["duration"] == pytest.approx(2, abs=0.2)
    assert Path(last["film"]).read_bytes() == out.read_bytes()
    assert last["size"] == out.stat().st_size
    assert {line["event"] for line in ran.lines} >= {"accepted", "job-progress", "completed"}
    assert list(out.parent.iterdir()) == [out]
    # The same once more attaches to it, and says so to people in words.
    again = rushes("process", recorded)
    assert again.code == 0
    assert str(last["film"]) in again.out and "Stand-up" in again.out
    assert len(rushes("sessions", "--json").lines) == 1
    # Imported anew it is another session, under the title that was given.
    anew = rushes("process", recorded, "--again", "--title", "Anew", "--json")
    assert anew.lines[-1]["title"] == "Anew"
    assert len(rushes("sessions", "--json").lines) == 2
    assert len(list(recorded.rglob("*.m*"))) == 3, "originals stay, and nothing comes beside them"


def test_loose_files_make_one_session_and_folders_one_each(rushes: Rushes, recorded: Path) -> None:
    video, *sound = sorted(recorded.rglob("*.m*"), key=lambda path: path.name, reverse=True)
    ran = rushes("process", recorded, video, *sound, "--again", "--json")
    done = [line for line in ran.lines if line["event"] == "completed"]
    assert ran.code == 0 and len(done) == 2
    assert len({line["session"] for line in done}) == 2


def test_odd_names(rushes: Rushes, recorded: Path) -> None:
    odd = recorded.rename(recorded.parent / "-o it's “so”\n🎬")
    rushes.place = odd.parent
    ran = rushes("process", "--json", "--", odd.name)
    assert ran.code == 0, ran
    assert Path(ran.lines[-1]["film"]).exists()


def test_what_cannot_be_used_is_3_and_the_rest_goes_on(
    rushes: Rushes, recorded: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    ran = rushes("process", empty, recorded, tmp_path / "nowhere.mp4", "--json")
    assert ran.code == 3, ran
    failed = [line for line in ran.lines if line["event"] == "failed"]
    assert [line["fault"]["category"] for line in failed] == ["input", "missing"]
    assert all(line["fault"]["hint"] for line in failed)
    assert [line["title"] for line in ran.lines if line["event"] == "completed"] == ["Stand-up"]
    people = rushes("process", tmp_path / "nowhere.mp4")
    assert people.code == 3 and people.out == ""
    assert "nowhere.mp4" in people.err and "✗" in people.err


def test_what_is_no_recording(rushes: Rushes, tmp_path: Path) -> None:
    path = tmp_path / "take.mp4"
    kinds: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: path.write_bytes(b""), "empty"),
        (lambda: path.write_text("#EXTM3U\n/etc/passwd\n"), "take.mp4"),
        (lambda: path.write_bytes(os.urandom(5000)), "take.mp4"),
        (lambda: os.mkfifo(path), "take.mp4"),
    )
    for make, words in kinds:
        make()
        ran = rushes("process", path)
        assert ran.code == 3, ran
        assert words in ran.err
        path.unlink()
    assert rushes("sessions", "--json").lines == []


def test_a_target_that_cannot_be_is_refused_before_any_work(
    rushes: Rushes, recorded: Path, tmp_path: Path
) -> None:
    taken = tmp_path / "taken.mp4"
    taken.write_bytes(b"mine")
    video = recorded / "video.mp4"
    before = video.read_bytes()
    for target in (
        taken,
        tmp_path / "no folder" / "film.mp4",
        tmp_path,
        recorded / "film.mp4",
        recorded / "audio" / "film.mp4",
        tmp_path / f"{'long' * 70}.mp4",
    ):
        ran = rushes("process", recorded, "-o", target)
        assert ran.code == 3, ran
        assert str(target) in ran.err or str(target.parent) in ran.err
    assert rushes("process", video, "-o", video, "--force").code == 3
    (rushes.data / "films").mkdir(parents=True)
    for inside in ("library.db", "films/film.mp4"):
        ran = rushes("process", recorded, "-o", rushes.data / inside, "--force")
        assert ran.code == 3, ran
        assert "library" in ran.err
    assert attach(rushes.settings) is None, "no backend was started for nothing"
    assert (taken.read_bytes(), video.read_bytes()) == (b"mine", before)
    ran = rushes("process", recorded, "-o", taken, "--force")
    assert ran.code == 0
    assert taken.read_bytes() != b"mine"


def test_a_data_folder_of_nobody_is_3(rushes: Rushes) -> None:
    ran = rushes("sessions", "--json", "--data-dir", "~nobody-of-this-name/library")
    assert ran.code == 3, ran
    assert ran.lines[0]["fault"]["category"] == "input"


def test_wrong_usage_is_2(rushes: Rushes, recorded: Path, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    for words in (
        ("process",),
        ("process", recorded, "--wait", "ever"),
        ("process", recorded, "--priority", "urgent"),
        ("process", recorded, "-o", film, "--wait", "none"),
        ("process", recorded, tmp_path / "other.mp4", "--title", "Two"),
        ("proces", recorded),
        ("jobs", "retry", "x"),
        ("jobs", "--limit", "0"),
        ("--nonsense",),
    ):
        ran = rushes(*words)
        assert ran.code == 2, (words, ran)
        assert ran.err
    assert "rushes process" in rushes("proces", recorded).err
    assert attach(rushes.settings) is None


def wait_for_line(process: object, event: str) -> dict[str, object]:
    for line in process.stdout:  # type: ignore[attr-defined]
        told = json.loads(line)
        assert isinstance(told, dict)
        if told["event"] == event:
            return told
    raise AssertionError(f"it never told {event}")


def test_ctrl_c_stops_the_watching_only(rushes: Rushes, recorded: Path) -> None:
    assert rushes("queue", "pause").code == 0
    rushes.leave()  # so that the command below starts the backend itself
    process = rushes.start("process", recorded, "--json")
    session = wait_for_line(process, "accepted")["session"]
    os.killpg(process.pid, signal.SIGINT)
    ran = rushes.finish(process)
    assert ran.code == 130
    assert ran.lines == [{"event": "left", "session": session}]
    process = rushes.start("process", recorded)
    err = b""
    while b"queue is paused" not in err:
        err += process.stderr.readline()  # type: ignore[union-attr]
    os.killpg(process.pid, signal.SIGINT)
    ran = rushes.finish(process)
    assert ran.code == 130
    assert "goes on" in ran.err and f"rushes sessions cancel {session}" in ran.err
    assert attach(rushes.settings) is not None, "Ctrl-C does not reach the backend"
    assert rushes("queue", "resume").code == 0
    assert rushes("process", recorded, "--json").lines[-1]["session"] == session


def test_a_backend_that_dies_is_started_again(rushes: Rushes, recorded: Path) -> None:
    assert rushes("queue", "pause").code == 0
    process = rushes.start("process", recorded, "--json")
    wait_for_line(process, "accepted")
    old = attach(rushes.settings)
    assert old is not None
    rushes.kill_backend()
    until = time.monotonic() + PATIENCE
    while (new := attach(rushes.settings)) is None:
        assert time.monotonic() < until, "nobody started another"
        time.sleep(0.05)
    assert new.pid != old.pid and new.token != old.token
    assert rushes("queue", "resume").code == 0
    ran = rushes.finish(process)
    assert ran.code == 0, ran
    assert ran.lines[-1]["event"] == "completed"


def test_cancelled_elsewhere_is_130_and_processing_again_retries(
    rushes: Rushes, recorded: Path
) -> None:
    rushes("queue", "pause")
    process = rushes.start("process", recorded, "--json")
    session = wait_for_line(process, "accepted")["session"]
    assert rushes("sessions", "cancel", session).code == 0
    ran = rushes.finish(process)
    assert ran.code == 130, ran
    assert ran.lines[-1]["event"] == "failed"
    assert ran.lines[-1]["fault"]["category"] == "cancelled"
    rushes("queue", "resume")
    again = rushes("process", recorded, "--json")
    assert (again.code, again.lines[-1]["session"]) == (0, session)


def test_not_waiting_gives_the_id(rushes: Rushes, recorded: Path) -> None:
    rushes("queue", "pause")
    ran = rushes("process", recorded, "--wait", "none")
    assert ran.code == 0
    (session,) = ran.out.split()
    assert rushes("sessions", "--json").lines[0]["id"] == session
    # Deleted while it is waited for.
    process = rushes.start("process", recorded, "--json")
    wait_for_line(process, "accepted")
    assert rushes("sessions", "delete", session).code == 0
    assert rushes.finish(process).code == 130


def test_a_lost_original_is_4_and_says_which(rushes: Rushes, recorded: Path) -> None:
    rushes("queue", "pause")
    process = rushes.start("process", recorded, "--json")
    wait_for_line(process, "accepted")
    (recorded / "video.mp4").unlink()
    rushes("queue", "resume")
    ran = rushes.finish(process)
    assert ran.code == 4, ran
    fault = ran.lines[-1]["fault"]
    assert fault["category"] == "missing" and "video.mp4" in fault["message"]
    assert not list(rushes.settings.films.rglob("*.mp4"))


def test_a_track_of_sound_is_chosen(rushes: Rushes, tmp_path: Path) -> None:
    recording = two_tracks(tmp_path / "two.mkv")
    looked = rushes("inspect", recording).out
    assert "track 1, flac, 48000 Hz, mono" in looked
    assert "track 2, flac, 44100 Hz, stereo" in looked
    assert "heard unless you choose another" in looked.split("track 2")[1].splitlines()[0]
    rushes("queue", "pause")
    best = rushes("process", recording, "--wait", "none", "--json").lines[0]
    assert any("2 tracks of sound; number 2 is heard" in note for note in best["notes"])
    assert best["room"]["short"] is None
    assert best["room"]["needed"] < best["room"]["free"]
    mixed = rushes("process", recording, "--audio", "mix", "--wait", "none", "--json").lines[0]
    assert mixed["session"] != best["session"], "another film of the same recording"
    assert any("are mixed" in note for note in mixed["notes"])
    again = rushes("process", recording, "--audio", "mix", "--wait", "none", "--json").lines[0]
    assert again["session"] == mixed["session"]
    chosen = rushes("sessions", "hear", best["session"], "1", "--json").lines[0]
    assert (chosen["event"], chosen["audio"]) == ("hearing", 1)
    shown = rushes("sessions", "show", best["session"], "--json").lines[0]
    assert [track["heard"] for track in shown["tracks"]] == [True, False]
    assert rushes("sessions", "hear", best["session"], "3").code == 3
    assert rushes("sessions", "hear", best["session"], "all").code == 2
    assert rushes("sessions", "hear", best["session"], "best").code == 0
    refused = rushes("process", recording, "--audio", "3")
    assert refused.code == 3
    assert "no track 3 of sound" in refused.err
    for wrong in ("0", "both"):
        assert rushes("process", recording, "--audio", wrong).code == 2


def test_a_film_of_another_height_and_rate(rushes: Rushes, recorded: Path, tmp_path: Path) -> None:
    own = rushes("process", recorded, "--json").lines[-1]
    wish = ("--height", 90, "--rate", "12.5", "--json")
    ran = rushes("process", recorded, *wish)
    assert ran.code == 0, ran
    accepted = next(line for line in ran.lines if line["event"] == "accepted")
    assert "The film is 120 × 90, as you asked." in accepted["notes"]
    assert "The film shows 12.5 a second, as you asked." in accepted["notes"]
    assert ran.lines[-1]["session"] != own["session"]
    stream = probe(Path(str(ran.lines[-1]["film"]))).video[0]
    assert (stream.width, stream.height, stream.frame_rate) == (120, 90, Fraction(25, 2))
    assert not stream.variable
    assert rushes("process", recorded, *wish).lines[-1]["session"] == ran.lines[-1]["session"]

    shown = rushes("inspect", "--plan", recorded, "--height", "90").out
    assert "120 × 90 as you asked" in shown
    clip = tmp_path / "clip.mp4"
    assert rushes("cut", recorded, "-r", "1-2", "-o", clip, "--rate", "20").code == 0
    assert probe(clip).video[0].frame_rate == 20

    assert rushes("settings", "set", "film.height", "100").code == 0
    again = rushes("process", recorded, "--rate", "own", "--json").lines[-1]
    assert probe(Path(str(again["film"]))).video[0].height == 100


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--height", "720p", "rows of pixels"), ("--rate", "1000", "frames a second from 1 to 120")],
)
def test_a_form_that_cannot_be_is_wrong_usage(
    rushes: Rushes, recorded: Path, option: str, value: str, words: str
) -> None:
    ran = rushes("process", recorded, option, value)
    assert ran.code == 2
    assert words in ran.err
    assert rushes("inspect", recorded, option, "own").code in (0, 3)


def test_sync_is_measured_of_files_and_sessions(
    rushes: Rushes, recorded: Path, tmp_path: Path
) -> None:
    late = apart(tmp_path, 0.12)
    told = rushes("inspect", "--sync", late)
    assert told.code == 0
    assert "4 flashes with their beeps" in told.out
    assert "120.0 ms late at worst" in told.out
    assert "more than one frame apart" in told.out
    (measured,) = rushes("inspect", "--sync", "--json", late).lines
    assert measured["median"] == pytest.approx(0.12, abs=0.005)
    session = rushes("process", recorded, "--json").lines[-1]["session"]
    of_film = rushes("inspect", "--sync", session)
    assert of_film.code == 0, of_film.err
    assert "picture  from 0:00.000 to 0:02.000" in of_film.out
    assert rushes("inspect", "--sync", "nosuch").code == 3
