"""`rushes transcribe`, of files."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tests.cli.conftest import PATIENCE, Rushes
from tests.enrich.conftest import lines, shared, talk_of
from tests.media.studio import Video, record, steady

__all__ = ["shared"]

TINY = ("--model", "whisper-tiny.en")


def test_what_is_said_in_a_file(rushes: Rushes, shared: Path) -> None:
    call = shared / "audio/jfk.flac"
    ran = rushes("transcribe", call, *TINY, "--json")
    assert ran.code == 0, ran
    done = ran.lines[-1]
    assert done["event"] == "completed" and done["language"] == "en"
    assert "ask what you can do for your country" in done["text"]
    (word,) = [w for s in done["segments"] for w in s["words"] if w["text"].startswith("Americans")]
    assert word["start"] == pytest.approx(1.7, abs=0.5)
    told = [line["progress"] for line in ran.lines[:-1]]
    assert told and told == sorted(told)
    assert "your country" in rushes("transcribe", call, *TINY).out


def test_who_says_it_stands_beside_it(rushes: Rushes, shared: Path) -> None:
    call = shared / "audio/phone_call_two_speakers_8k.wav"
    ran = rushes("transcribe", call, *TINY, "--speakers", "2", "--json")
    said = {one["text"]: one["speaker"] for one in ran.lines[-1]["segments"]}
    buyer = next(who for text, who in said.items() if "buy a" in text)
    seller = next(who for text, who in said.items() if "which color" in text)
    assert {buyer, seller} == {"Speaker 1", "Speaker 2"}
    rushes("settings", "set", "enrich.speakers", "2")
    target = rushes.place / "call.vtt"
    assert rushes("transcribe", call, *TINY, "-o", target).code == 0
    assert f"<v {buyer}>" in target.read_text("utf-8")
    assert rushes("transcribe", call, "--speakers", "9").code == 2


def test_it_is_written_as_others_take_it(rushes: Rushes, shared: Path) -> None:
    call = shared / "audio/jfk.flac"
    for ending in ("srt", "vtt", "txt", "md", "json"):
        target = rushes.place / f"jfk.{ending}"
        line = ("--line", "24") if ending != "json" else ()
        ran = rushes("transcribe", call, *TINY, "-o", target, *line, "--json")
        assert ran.lines[-1]["output"] == str(target)
        text = target.read_text("utf-8")
        assert "country" in text
        if ending == "json":
            assert json.loads(text)["segments"]
        else:
            assert all(len(row) <= 32 for row in text.splitlines())
        again = rushes("transcribe", call, *TINY, "-o", target)
        assert again.code == 3 and "--force" in again.err
        assert [path.name for path in rushes.place.glob(f"*jfk*.{ending}*")] == [target.name]
    assert len(list(rushes.place.glob("*jfk*"))) == 5


def test_killed_it_goes_on_where_it_was(rushes: Rushes, shared: Path) -> None:
    film = rushes.place / "talk.flac"
    talk_of(film, lines(shared, 8), [0.5, 9, 9, 9, 9, 12, 9, 9])
    running = rushes.start("transcribe", film, *TINY)
    until = time.monotonic() + PATIENCE
    kept: set[Path] = set()
    while len(kept) < 4 and time.monotonic() < until and running.poll() is None:
        kept = set(rushes.settings.heard.glob("*.json"))
        kept = {path for path in kept if ".part" not in path.name}
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    running.communicate()
    assert len(kept) >= 4, "nothing was kept"
    made = {path: path.stat().st_mtime_ns for path in kept}
    done = rushes("transcribe", film, *TINY, "--json").lines[-1]
    assert done["event"] == "completed" and len(done["text"].split()) > 60
    assert {path: path.stat().st_mtime_ns for path in kept} == made


def test_what_cannot_be_transcribed_is_refused(rushes: Rushes) -> None:
    text = rushes.place / "no.mp4"
    text.write_text("this is no film")
    refused = rushes("transcribe", text, *TINY, "--json")
    assert refused.code == 3 and refused.lines[-1]["event"] == "failed"
    mute = record(rushes.place / "mute.mp4", Video(steady(1)))
    ran = rushes("transcribe", mute, *TINY)
    assert ran.code == 0 and "There is no sound." in ran.err
    wrong = rushes("transcribe", mute, "-o", "x.doc")
    assert wrong.code == 3 and ".srt" in wrong.err
    unknown = rushes("transcribe", mute, "--model", "whisper-huge")
    assert unknown.code == 3 and "whisper-tiny.en" in unknown.err
    assert rushes("transcribe", mute, *TINY, "--language", "tlh").code in (0, 3)
