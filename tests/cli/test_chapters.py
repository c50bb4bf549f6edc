"""`rushes chapters` and `rushes summary`, of files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import av
import numpy as np
import pytest

from tests.cli.conftest import ROOT, Rushes
from tests.enrich.conftest import RATE, lines, shared
from tests.enrich.screens import Slide, film_of
from tests.enrich.test_endpoint import honest, served
from tests.media.studio import Video, record, steady

__all__ = ["shared"]

TINY = ("--model", "whisper-tiny.en")
HEADINGS = ("Budget for March", "Hiring plan")


@pytest.fixture
def talk(rushes: Rushes, shared: Path) -> Path:
    """Two slides, and somebody who speaks of each."""
    said, slides, sound = lines(shared, 4), [], []
    for heading, spoken in zip(HEADINGS, (said[:2], said[2:]), strict=True):
        quiet = np.zeros(RATE, np.float32)
        part = np.concatenate([piece for one in spoken for piece in (quiet, one.samples)])
        whole = -(-len(part) // RATE)
        sound.append(np.pad(part, (0, whole * RATE - len(part))))
        slides.append(Slide(whole, heading, ("One line of text", "and another")))
    return film_of(rushes.place / "talk.mp4", slides, np.concatenate(sound))


def watched(rushes: Rushes) -> Path:
    """Let every Python of the command note whom it calls; returns where."""
    hooks = rushes.place / "hooks"
    hooks.mkdir()
    calls = rushes.place / "calls.log"
    calls.write_text("")
    (hooks / "sitecustomize.py").write_text(
        "import sys\n"
        "WATCHED = {'socket.connect', 'socket.sendto', 'socket.getaddrinfo',"
        " 'socket.gethostbyname'}\n"
        "def note(event, arguments):\n"
        "    if event in WATCHED:\n"
        f"        with open({str(calls)!r}, 'a') as log:\n"
        "            log.write(f'{event} {arguments}\\n')\n"
        "sys.addaudithook(note)\n"
    )
    rushes.environment["PYTHONPATH"] = os.pathsep.join([str(hooks), str(ROOT)])
    return calls


def test_a_file_is_understood_and_nobody_is_called(rushes: Rushes, talk: Path) -> None:
    calls = watched(rushes)
    before = talk.read_bytes()
    target = rushes.place / "talk.json"
    ran = rushes("chapters", talk, *TINY, "-o", target, "--json")
    assert ran.code == 0, ran
    done = ran.lines[-1]
    assert done["event"] == "completed" and done["notes"] == []
    assert [one["title"] for one in done["chapters"]] == list(HEADINGS)
    told = [line["progress"] for line in ran.lines[:-1]]
    assert len(told) > 5 and told == sorted(told)
    kept = set(rushes.settings.heard.glob("*.json"))

    text = rushes.place / "talk.txt"
    again = rushes("chapters", talk, *TINY, "-o", text)
    assert again.code == 0 and set(rushes.settings.heard.glob("*.json")) == kept
    assert text.read_text().startswith(f"0:00 {HEADINGS[0]}\n")
    assert "YouTube shows chapters only" in again.err and HEADINGS[1] in again.out

    notes = rushes.place / "talk.md"
    summed = rushes("summary", talk, *TINY, "-o", notes, "--json").lines[-1]
    assert summed["by"] == "extractive" and summed["points"] and summed["abstract"]
    assert "## Key points" in notes.read_text("utf-8")

    drawn = rushes("canvas", talk, *TINY, "--json").lines[-1]
    page = rushes.place / "talk.canvas.html"
    assert drawn["output"] == str(page) and len(drawn["shots"]) >= 2 and drawn["wave"]
    assert [one["title"] for one in drawn["chapters"]] == list(HEADINGS)
    made = page.read_text("utf-8")
    assert made.startswith("<!doctype html>") and made.count("data:image/jpeg") >= 2
    assert not list(rushes.place.glob("*.part*")) and talk.read_bytes() == before

    assert calls.read_text() == "", "somebody was called"
    with served(honest) as (address, asked):
        model = ("--endpoint", address, "--endpoint-model", "small")
        ran = rushes("summary", talk, *TINY, *model)
    assert ran.code == 0 and len(asked) == 1, ran
    assert f"What is said is sent to small at {address}." in ran.err
    assert f"Made by small at {address}." in ran.out
    assert "socket.connect" in calls.read_text(), "the watch sees nothing"

    edited = json.loads(target.read_text())
    edited["chapters"][0]["title"] = "Money — mine"
    target.write_text(json.dumps(edited))
    film = rushes.place / "with chapters.mp4"
    ran = rushes("chapters", talk, "--from", target, "-o", film, "--json")
    assert ran.code == 0 and ran.lines[-1]["output"] == str(film)
    with av.open(str(film)) as container:
        found = [
            (one["metadata"]["title"], float(one["start"] * one["time_base"]))
            for one in container.chapters()
        ]
        assert container.streams.video[0].codec_context.name == "h264"
    starts = [one["start"] for one in edited["chapters"]]
    assert [title for title, _ in found] == ["Money — mine", HEADINGS[1]]
    assert [start for _, start in found] == pytest.approx(starts, abs=0.002)
    assert talk.read_bytes() == before


def test_what_cannot_be_used_is_refused(rushes: Rushes) -> None:
    film = record(rushes.place / "mute.mp4", Video(steady(4)))
    refused = rushes("chapters", film, "-o", "x.srt")
    assert refused.code == 3 and ".vtt" in refused.err
    refused = rushes("chapters", film, "-o", film, "--force")
    assert refused.code == 3 and ".mp4" in refused.err
    refused = rushes("canvas", film, "-o", "x.pdf")
    assert refused.code == 3 and ".html or .png" in refused.err
    refused = rushes("canvas", rushes.place / "gone.mp4")
    assert refused.code == 3 and "gone.mp4" in refused.err
    drawn = rushes("canvas", film, *TINY, "-o", rushes.place / "mute.png", "--dark")
    assert drawn.code == 0 and "It has no sound." in drawn.err
    assert (rushes.place / "mute.png").read_bytes().startswith(b"\x89PNG")
    again = rushes("canvas", film, *TINY, "-o", rushes.place / "mute.png")
    assert again.code == 3 and "--force" in again.err
    wrong = rushes.place / "wrong.json"
    for text, why in (
        ("{}", "holds no chapters"),
        ("[1]", "holds no chapters"),
        ("{", "cannot be used"),
        ('{"chapters": []}', "holds no chapters"),
        ('{"chapters": [{"start": 1, "end": 2, "title": "x"}]}', "must begin at 0"),
    ):
        wrong.write_text(text)
        refused = rushes("chapters", film, "--from", wrong)
        assert refused.code == 3 and why in refused.err, text
    refused = rushes("summary", film, "--endpoint", "localhost", "--endpoint-model", "m")
    assert refused.code == 3 and "http://localhost:11434" in refused.err
    refused = rushes("summary", film, "--endpoint-model", "m")
    assert refused.code == 3 and "--endpoint" in refused.err
    said = rushes("summary", film, *TINY)
    assert said.code == 0 and "There is no sound." in said.err
