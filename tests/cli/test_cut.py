"""`rushes cut` and `rushes inspect --plan`, as a person runs them."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import av
import pytest

from tests.cli.conftest import PATIENCE, Rushes
from tests.recordings import write_sound, write_video


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "talk.mp4", 6)


def flashes(film: Path) -> list[float]:
    """When the picture turns white, in seconds."""
    with av.open(str(film)) as container:
        bright = [
            (float(frame.time or 0), frame.to_ndarray(format="gray").mean() > 150)
            for frame in container.decode(video=0)
        ]
    return [
        time for i, (time, white) in enumerate(bright) if white and (i == 0 or not bright[i - 1][1])
    ]


def test_parts_of_a_file(rushes: Rushes, video: Path, tmp_path: Path) -> None:
    target = tmp_path / "parts.mp4"
    os.utime(video, (1_500_000_000, 1_500_000_000))
    ran = rushes("cut", video, "-r", "0:03.5-", "-r", "0.5-1.75", "-o", target)
    assert ran.code == 0, ran
    assert "encoded only beside the cuts" in ran.out
    assert flashes(target) == pytest.approx([0.5, 1.75, 2.75], abs=0.001)
    assert rushes("inspect", target, "--json").lines[0]["duration"] == pytest.approx(3.75, abs=0.01)
    again = rushes("cut", video, "-r", "0-1", "-o", target)
    assert again.code == 3 and "exists already" in again.err
    assert int(target.stat().st_mtime) == int(video.stat().st_mtime), "it is found beside it"
    before = target.stat().st_ino
    told = rushes("cut", video, "-r", "-1", "-o", target, "--force", "--json").lines
    assert told[-1]["event"] == "completed"
    assert (told[-1]["duration"], told[-1]["picture"]) == (1.0, "copied")
    assert told[-1]["map"] == [["1", "1", []], ["5", "0", ["manual"]]]
    assert {line["stage"] for line in told[:-1]} == {"reading", "film", "checking"}
    assert target.stat().st_ino != before
    assert sorted(p.name for p in tmp_path.iterdir() if ".part" in p.name) == []


def test_a_picture_is_encoded_once_though_its_sound_cannot_be_copied(
    rushes: Rushes, tmp_path: Path
) -> None:
    """That shows when the picture is made already, and the film is begun again."""
    picture = write_video(tmp_path / "picture.mp4", 12, size=(640, 360))
    whole = write_sound(tmp_path / "whole.m4a", 12)
    video = tmp_path / "talk.mp4"
    with (
        av.open(str(picture)) as seen,
        av.open(str(whole)) as heard,
        av.open(str(video), "w") as out,
    ):
        tracks = [out.add_stream_from_template(source.streams[0]) for source in (seen, heard)]
        for source, track in zip((seen, heard), tracks, strict=True):
            for number, packet in enumerate(source.demux(source.streams[0])):
                lost = source is heard and 200 <= number < 220
                if packet.size and not lost:
                    packet.stream = track
                    out.mux(packet)
    target = tmp_path / "small.mp4"
    told = rushes("cut", video, "-r", "0-", "--height", "180", "-o", target, "--json").lines
    assert (told[-1]["event"], told[-1]["sound"]) == ("completed", "encoded")
    stages = [line["stage"] for line in told[:-1]]
    assert "reading" in stages[stages.index("picture") :], "it was not begun a second time"
    shares = [line["progress"] for line in told[:-1] if line["stage"] == "picture"]
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("7-8", "lasts 0:06.000"),
        ("1-6.5", "is not inside the recording"),
        ("2-2", "its end is not later"),
        ("3-1", "its end is not later"),
        ("1:75-2:00", "60 seconds"),
        ("five", "no dash"),
        ("1-two", "not a time"),
        ("6-", "is not inside the recording"),
    ],
)
def test_ranges_that_cannot_be_cut(
    rushes: Rushes, video: Path, tmp_path: Path, text: str, words: str
) -> None:
    target = tmp_path / "out.mp4"
    ran = rushes("cut", video, "-r", text, "-o", target)
    assert (ran.code, target.exists()) == (3, False)
    assert words in ran.err
    assert len(ran.err.splitlines()) == 2


def test_what_cannot_be_a_recording(rushes: Rushes, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    for named in (tmp_path / "notes.txt", tmp_path / "gone.mp4", "zzzz"):
        ran = rushes("cut", named, "-r", "0-1", "-o", tmp_path / "out.mp4")
        assert ran.code == 3, ran
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_leaves_no_file(rushes: Rushes, tmp_path: Path) -> None:
    slow = write_video(tmp_path / "slow.webm", 30, codec="libvpx")
    target = tmp_path / "out" / "film.mp4"
    target.parent.mkdir()
    process = rushes.start("cut", slow, "-r", "1-29", "-o", target, "--json")
    until = time.monotonic() + PATIENCE
    while not list(target.parent.rglob("*.part*/*")):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    ran = rushes.finish(process)
    assert ran.code == 130
    assert list(target.parent.iterdir()) == []


def test_a_session_is_cut_from_its_originals(rushes: Rushes, tmp_path: Path) -> None:
    folder = tmp_path / "take"
    write_video(folder / "picture.mp4", 4)
    for i in range(2):
        write_sound(folder / "audio" / f"{i}.wav", 2, start=2 * i)
    by_folder = tmp_path / "folder.mp4"
    ran = rushes("cut", folder, "-r", "1-3", "-o", by_folder, "--json")
    assert ran.code == 0, ran
    assert (ran.lines[-1]["picture"], ran.lines[-1]["channels"]) == ("copied", 1)
    session = rushes("process", folder, "--json").lines[-1]["session"]
    by_session = tmp_path / "session.mp4"
    assert rushes("cut", session, "-r", "1-3", "-o", by_session).code == 0
    assert flashes(by_session) == flashes(by_folder) == pytest.approx([0, 1], abs=0.001)


def test_a_plan_is_a_table(rushes: Rushes, video: Path) -> None:
    whole = rushes("inspect", "--plan", video)
    assert whole.code == 0, whole
    assert re.search(r"0:00\.000 +0:06\.000 +picture +copy +H\.264", whole.out)
    cut = rushes("inspect", "--plan", "--cut", "0.5-3", "--cut", "4-", video)
    lines = [line.split()[:4] for line in cut.out.splitlines()[1:]]
    assert lines == [
        ["0:00.000", "0:00.500", "picture", "encode"],
        ["0:00.500", "0:02.500", "picture", "copy"],
        ["0:02.500", "0:04.500", "picture", "copy"],
    ]
    (told,) = rushes("inspect", "--plan", "--json", "--cut", "0.5-3", video).lines
    assert [stretch["how"] for stretch in told["stretches"]] == ["encode", "copy"]
    assert told["stretches"][1] == {
        "from": 0.5,
        "to": 2.5,
        "track": "picture",
        "how": "copy",
        "file": str(video),
        "why": told["stretches"][1]["why"],
    }
    assert rushes("inspect", "--cut", "1-2", video).code == 2
    assert rushes("inspect", "--plan", "--cut", "1-20", video).code == 3
