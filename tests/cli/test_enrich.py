"""A session's enrichment by itself and asked for, killed in the middle, and found again."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

import av
import pytest

from backend.cli.link import Link
from backend.launch import attach
from tests.cli.conftest import PATIENCE, Rushes
from tests.enrich.conftest import lines, shared, talk_of
from tests.recordings import write_video

__all__ = ["shared"]


@pytest.fixture
def talking(rushes: Rushes, shared: Path) -> Path:
    """A session of half a minute in which somebody speaks, with pauses."""
    folder = rushes.place / "Talk"
    write_video(folder / "video.mp4", 2)
    (folder / "audio").mkdir()
    talk_of(folder / "audio" / "seg_1.flac", lines(shared, 4), [0.5, 9, 9, 9])
    rushes.environment["RUSHES_SETTINGS"] = "enrich.model=whisper-tiny.en"
    return folder


def meant(rushes: Rushes, words: str) -> dict[str, Any]:
    """What a search finds, once everything has been read that there is."""
    until = time.monotonic() + PATIENCE
    while (found := rushes("search", words, "--json").lines[-1])["note"]:
        assert time.monotonic() < until, found
        time.sleep(0.2)
    return found


def test_what_is_in_a_session_is_found_out_by_itself(rushes: Rushes, talking: Path) -> None:
    ran = rushes("process", talking, "--wait", "done", "--json")
    assert ran.code == 0, ran
    session = ran.lines[-1]["session"]
    told = rushes("transcribe", session, "--json").lines[-1]
    assert "steel" in told["text"] and told["model"] == "whisper-tiny.en"
    found = rushes("search", "margaret", "--json").lines[-1]["hits"]
    (hit,) = [hit for hit in found if hit["kind"] == "transcript"]
    assert hit["session"] == session and hit["start"] > 20
    assert "Margaret" in rushes("search", "margar").out
    # What lies close in other words comes behind what has the words themselves.
    both = meant(rushes, "a metal such as iron")
    assert both["hits"] == [] and "steel" in both["near"][0]["text"].lower(), both
    assert "means something like it" in rushes("search", "--by", "meaning", "iron metal").out
    assert rushes("search", "--by", "words", "iron metal").out.strip() == "Nothing was found."
    again = rushes("enrich", session, "--only", "chapters,summary", "--json").lines[-1]
    found = {one["kind"]: one["version"] for one in again["found"]}
    assert (found["transcript"], found["chapters"], found["summary"]) == (1, 2, 2)
    chapters_and_summary(rushes, session)
    page, picture = rushes.place / "talk.html", rushes.place / "talk.png"
    drawn = rushes("canvas", session, "-o", page, "--json").lines[-1]
    assert drawn["title"] == "Talk" and drawn["figures"]["words"] > 20 and drawn["shots"]
    assert "<h1 dir=auto>Talk</h1>" in page.read_text("utf-8")
    assert rushes("canvas", session, "-o", picture).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert rushes("canvas", session, "-o", page).code == 3
    anew = rushes("canvas", session, "--again", "--force", "-o", page, "--json").lines
    assert anew[-1]["event"] == "completed" and any("jobs" in line for line in anew)
    target = rushes.place / "talk.srt"
    assert rushes("transcribe", session, "-o", target).code == 0
    assert target.read_text("utf-8").startswith("1\n00:00:0")


def asked_for(rushes: Rushes) -> list[dict[str, Any]]:
    """All jobs but those by which a canvas follows what was edited."""
    jobs = rushes("jobs", "--json").lines
    return [job for job in jobs if "refresh" not in job["options"]]


def chapters_and_summary(rushes: Rushes, session: str) -> None:
    """They come from the library, as their owner edited them, and no job is made for it."""
    jobs = asked_for(rushes)
    target = rushes.place / "chapters.json"
    done = rushes("chapters", session, "-o", target, "--json").lines[-1]
    assert (done["event"], done["output"]) == ("completed", str(target))
    assert done["chapters"][0]["start"] == 0
    edited = json.loads(target.read_text())
    edited["chapters"][0]["title"] = "<i>Mine</i> \u202e"
    target.write_text(json.dumps(edited))
    assert rushes("chapters", session, "--from", target, "--json").code == 0
    again = rushes("chapters", session, "--json").lines
    assert [line["event"] for line in again] == ["completed"]
    assert again[0]["chapters"][0]["title"] == "<i>Mine</i>"
    youtube = rushes.place / "chapters.txt"
    assert rushes("chapters", session[:8], "-o", youtube).code == 0
    assert youtube.read_text().startswith("0:00 ")
    film = rushes.place / "with chapters.mp4"
    assert rushes("chapters", session, "-o", film).code == 0
    with av.open(str(film)) as container:
        first = next(iter(container.chapters()))
        assert first["metadata"]["title"] == "<i>Mine</i>"
    summed = rushes("summary", session, "--json").lines
    assert [line["event"] for line in summed] == ["completed"]
    assert summed[0]["by"] == "extractive" and summed[0]["points"]
    text = rushes.place / "summary.json"
    text.write_text(json.dumps({**summed[0], "abstract": "All of it."}))
    kept = rushes("summary", session, "--from", text)
    assert kept.code == 0 and "All of it." in kept.out and "then edited" in kept.out
    text.write_text("[]")
    assert rushes("summary", session, "--from", text).code == 3
    cut = rushes.place / "cut.mp4"
    assert rushes("cut", session, "-r", "1-2", "-o", cut).code == 0
    with av.open(str(cut)) as container:
        (left,) = container.chapters()
        assert left["metadata"]["title"] == "<i>Mine</i>"
    assert asked_for(rushes) == jobs
    assert rushes("chapters", "nothing").code == 3


def test_what_is_not_found_out_yet_is_asked_for(rushes: Rushes) -> None:
    folder = rushes.place / "Silent"
    folder.mkdir()
    write_video(folder / "video.mp4", 2)
    session = rushes("process", folder, "--wait", "done", "--json").lines[-1]["session"]
    ran = rushes("chapters", session, "--json")
    assert ran.code == 0, ran
    assert ran.lines[0]["event"] == "enriching" and len(ran.lines[0]["jobs"]) == 1
    assert [one["start"] for one in ran.lines[-1]["chapters"]] == [0]
    refused = rushes("summary", session, "--json")
    assert refused.code == 3 and refused.lines[-1]["event"] == "failed"


def test_killed_it_goes_on_behind_what_was_kept(rushes: Rushes, talking: Path) -> None:
    marks = rushes.place / "marks"
    marks.mkdir()
    rushes.environment |= {
        "RUSHES_STRIKE": "piece-kept=kill-parent",
        "RUSHES_STRIKE_MARKS": str(marks),
    }
    ran = rushes("process", talking, "--wait", "done", "--json")
    assert ran.code == 0, ran
    assert [mark.name for mark in marks.iterdir()] == ["piece-kept.kill-parent"]
    session = next(line["session"] for line in reversed(ran.lines) if "session" in line)
    told = rushes("transcribe", session, "--json").lines[-1]
    assert "steel" in told["text"] and told["text"].count("steel") == 1
    reviews = [job for job in rushes("jobs", "--json").lines if job.get("kind") == "review"]
    assert [(job["status"], job["attempt"]) for job in reviews] == [("completed", 2)]


def test_it_is_left_out_where_nobody_wants_it(rushes: Rushes, talking: Path) -> None:
    ran = rushes("process", talking, "--no-enrich", "--wait", "done", "--json")
    assert ran.code == 0, ran
    kinds = {line["kind"] for line in ran.lines if "kind" in line}
    assert "review" not in kinds and "merge" in kinds
    wrong = rushes("enrich", ran.lines[-1]["session"], "--only", "canvass")
    assert wrong.code == 3 and "review, chapters, summary" in wrong.err


def test_speakers_keep_the_names_that_they_were_given(rushes: Rushes, shared: Path) -> None:
    rushes.environment["RUSHES_SETTINGS"] = "enrich=off,enrich.model=whisper-tiny.en"
    call = shared / "audio/phone_call_two_speakers_8k.wav"
    session = rushes("process", call, "--json").lines[-1]["session"]
    wish = ("enrich", session, "--only", "review")
    assert rushes(*wish, "--speakers", "2").code == 0
    told = rushes("transcribe", session, "--json").lines[-1]["segments"]
    buyer = next(one["speaker"] for one in told if "buy a" in one["text"])
    rows = [{n: one[n] for n in ("start", "end", "text", "speaker")} for one in told]
    for row in rows:
        row["speaker"] = "Ana" if row["speaker"] == buyer else row["speaker"]
    with Link(rushes.settings) as link:
        body = {"based_on": 1, "segments": rows}
        link.ask("PATCH", f"/api/sessions/{session}/transcript", body)
    assert rushes(*wish, "--speakers", "2").code == 0
    again = rushes("transcribe", session, "--json").lines[-1]["segments"]
    assert [one["speaker"] for one in again] == [row["speaker"] for row in rows]
    assert rushes(*wish, "--speakers", "0").code == 0
    alone = rushes("transcribe", session, "--json").lines[-1]["segments"]
    assert not any("speaker" in one for one in alone)


CALLS = "connect,sendto,sendmsg,sendmmsg"
"""By which anything is sent to anybody, in whatever library it hides."""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_nothing_leaves_this_machine_through_a_whole_enrichment(
    rushes: Rushes, talking: Path
) -> None:
    rushes.environment["RUSHES_SETTINGS"] += ",enrich.speakers=2"
    told = rushes.place / "calls"
    watch = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", f"trace={CALLS},execve", "-o", str(told))
    backend = rushes.start("serve", through=watch)
    until = time.monotonic() + PATIENCE
    while attach(rushes.settings) is None:
        assert backend.poll() is None, backend.communicate()
        assert time.monotonic() < until, "the backend does not start"
        time.sleep(0.05)
    ran = rushes("process", talking, "--wait", "done", "--json")
    assert ran.code == 0, ran
    session = ran.lines[-1]["session"]
    assert rushes("search", "--by", "meaning", "a metal such as iron").code == 0
    found = rushes("enrich", session, "--only", "summary", "--json").lines[-1]["found"]
    assert {"transcript", "chapters", "summary"} <= {one["kind"] for one in found}
    rushes.leave()
    assert rushes.finish(backend).code == 0
    calls = told.read_text("utf-8", "replace").splitlines()
    processes = {call.split()[0] for call in calls if "multiprocessing.spawn" in call}
    assert len(processes) >= 5, "the jobs were not watched"
    # Between processes of this machine, and to what answers the commands.
    near = re.compile(r'AF_UNIX|AF_NETLINK|inet_addr\("127\.|"::1"')
    far = [call for call in calls if re.search(r"sa_family=", call) and not near.search(call)]
    assert far == []


def test_many_old_sessions_are_made_up_for_at_once(rushes: Rushes, recorded: Path) -> None:
    other = rushes.place / "Other"
    shutil.copytree(recorded, other)
    rushes.environment["RUSHES_SETTINGS"] = "enrich=on,enrich.summary=off"
    ran = rushes("process", recorded, other, "--without", "review", "--wait", "done", "--json")
    assert ran.code == 0, ran
    one, two = (line["session"] for line in ran.lines if line["event"] == "completed")
    again = rushes("enrich", one, two, "--only", "chapters", "--json")
    assert again.code == 0, again
    done = [line for line in again.lines if line["event"] == "completed"]
    assert {line["session"] for line in done} == {one, two}
    versions = [{found["kind"]: found["version"] for found in line["found"]} for line in done]
    assert all("transcript" not in found and found["chapters"] == 2 for found in versions)
    assert rushes("enrich", "--all", "--json").code == 0
    jobs = [job["kind"] for job in rushes("jobs", "--json", "--limit", "100").lines]
    assert jobs.count("chapters") == 4, "what is known was found again"
    assert jobs.count("review") == 2 and "summary" not in jobs
    assert rushes("enrich", "--all").out == "There is nothing to be found out.\n"
    assert rushes("enrich").code == 2
