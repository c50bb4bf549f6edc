from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from backend.core.fault import Category, Fault, FaultError
from backend.core.job import JobKind, JobStatus, Lane, Priority
from backend.core.session import Session, SessionOptions, SessionState, clean_title
from backend.ingest import Ingest
from backend.settings import Settings, settings_for
from backend.store.library import Library, open_library
from backend.store.orders import Conflict
from backend.work.isolate import make_sample, probe_files
from tests.recordings import write_session, write_sound, write_video


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_for(tmp_path / "library")
    settings.data.mkdir()
    return settings


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    library = open_library(settings.data, lambda events: None, settings.films)
    yield library
    library.close()


@pytest.fixture
def ingest(settings: Settings, library: Library) -> Ingest:
    return Ingest(settings, library, probe_files, make_sample, lambda: None)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session folder that tests copy before they change it."""
    return write_session(tmp_path_factory.mktemp("recording") / "Stand-up", 3)


@pytest.fixture
def folder(recording: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recording, tmp_path / "Stand-up"))


def refusal(ingest: Ingest, library: Library, *paths: Path) -> Fault:
    """The fault with which these are refused; nothing of them may be kept."""
    with pytest.raises(FaultError) as refused:
        ingest.bring(paths)
    assert library.sessions.count() == 0
    assert library.events.last() == 0
    assert refused.value.fault.hint
    return refused.value.fault


def test_a_folder_becomes_a_session_with_its_whole_graph(
    ingest: Ingest, library: Library, folder: Path
) -> None:
    session, new = ingest.bring([folder])
    assert new
    assert session.title == "Stand-up"
    assert session.state is SessionState.ENDED
    assert session.picture is not None
    assert session.picture.source.path == str(folder / "video.mp4")
    assert [s.name for s in session.segments] == ["seg_000.wav", "seg_001.wav", "seg_002.wav"]
    jobs = {job.kind: job.status for job in library.jobs.page()}
    assert jobs == {
        JobKind.MERGE: JobStatus.QUEUED,
        JobKind.WAVEFORM: JobStatus.PENDING,
        JobKind.THUMBNAILS: JobStatus.PENDING,
    }


def test_loose_files_are_one_session(ingest: Ingest, folder: Path) -> None:
    session, _ = ingest.bring([folder / "audio" / "seg_001.wav", folder / "video.mp4"])
    assert session.title == "video"
    assert session.picture is not None
    assert len(session.segments) == 1


def test_segments_come_in_natural_order(ingest: Ingest, tmp_path: Path) -> None:
    for number in (10, 9, 1):
        write_sound(tmp_path / "take" / f"part {number}.wav", 0.2)
    session, _ = ingest.bring([tmp_path / "take"])
    assert [s.name for s in session.segments] == ["part 1.wav", "part 9.wav", "part 10.wav"]
    assert any("missing" in note for note in session.notes)


def test_what_lies_beside_a_recording_is_left_alone(ingest: Ingest, folder: Path) -> None:
    (folder / "notes.txt").write_text("not media")
    (folder / ".hidden.mp4").write_text("not media")
    (folder / "cover.jpg").write_bytes(b"\xff\xd8")
    (folder / "README").write_text("about this recording")
    (folder / "audio" / "markers").touch()
    (folder / "clips").mkdir()
    write_video(folder / "clips" / "another.mp4", 1)
    write_sound(folder / "whole.flac", 1)
    session, _ = ingest.bring([folder])
    assert len(session.segments) == 3
    for left_out in ("whole.flac", "README", "markers"):
        assert any(left_out in note for note in session.notes)


def test_the_same_files_again_are_the_same_session(
    ingest: Ingest, library: Library, folder: Path
) -> None:
    first, _ = ingest.bring([folder])
    second, new = ingest.bring([folder])
    assert (second.id, new) == (first.id, False)
    third, new = ingest.bring([folder], again=True)
    assert new
    assert third.id != first.id
    write_sound(folder / "audio" / "seg_003.wav", 0.2)
    _, new = ingest.bring([folder])
    assert new
    assert library.sessions.count() == 3


def test_bringing_a_failed_session_again_retries_it(
    ingest: Ingest, library: Library, folder: Path
) -> None:
    ingest.bring([folder])
    job = library.jobs.claim(Lane.READY)
    assert job is not None
    library.jobs.fail(job, Fault(Category.CORRUPT, "No."))
    ingest.bring([folder])
    again = library.jobs.get(job.id)
    assert again is not None
    assert again.status is JobStatus.QUEUED


def test_offsets_of_the_description_hold(ingest: Ingest, folder: Path) -> None:
    segments = [
        {"file": "audio/seg_000.wav", "offset": 0.5},
        {"file": "audio/seg_001.wav", "offset": 1.0},
    ]
    (folder / "session.json").write_text(
        json.dumps({"title": "Named", "video": "video.mp4", "segments": segments})
    )
    session, _ = ingest.bring([folder])
    assert session.title == "Named"
    assert [s.offset for s in session.segments] == [Fraction(1, 2), Fraction(1)]
    assert any("overlap by 0.5 s" in note for note in session.notes)


def test_a_description_of_the_sound_alone_leaves_the_picture_in(
    ingest: Ingest, folder: Path
) -> None:
    write_sound(folder / "stray.wav", 1)
    (folder / "session.json").write_text(
        json.dumps({"segments": [{"file": "audio/seg_001.wav", "offset": 0.5}]})
    )
    session, _ = ingest.bring([folder])
    assert session.picture is not None
    assert Path(session.picture.source.path).name == "video.mp4"
    assert [segment.name for segment in session.segments] == ["seg_001.wav"]
    assert any("stray.wav was left out" in note for note in session.notes)


def test_a_description_without_segments_has_the_picture_alone(ingest: Ingest, folder: Path) -> None:
    write_sound(folder / "stray.wav", 1)
    (folder / "session.json").write_text(json.dumps({"segments": []}))
    session, _ = ingest.bring([folder])
    assert session.picture is not None
    assert session.segments == ()


def test_a_listed_segment_that_is_a_silent_picture_is_refused(
    ingest: Ingest, library: Library, folder: Path
) -> None:
    write_video(folder / "camera.mp4", 1)
    (folder / "session.json").write_text(
        json.dumps({"video": "video.mp4", "segments": [{"file": "camera.mp4"}]})
    )
    fault = refusal(ingest, library, folder)
    assert "camera.mp4" in fault.message
    assert "no sound" in fault.message


def test_a_session_without_merging_has_no_jobs(
    ingest: Ingest, library: Library, folder: Path
) -> None:
    ingest.bring([folder], options=SessionOptions(merge=False))
    assert library.jobs.page() == []
    library.preferences.set("merge", "off")
    ingest.bring([folder], again=True)
    assert library.jobs.page() == []


# What is refused


def test_nothing_and_what_is_not_there(ingest: Ingest, library: Library, tmp_path: Path) -> None:
    assert refusal(ingest, library).category is Category.INPUT
    gone = refusal(ingest, library, tmp_path / "gone.mp4")
    assert gone.category is Category.MISSING
    assert "gone.mp4" in gone.message


def test_a_folder_without_media(ingest: Ingest, library: Library, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme.md").write_text("hello")
    assert "no recording" in refusal(ingest, library, tmp_path / "empty").message


def test_a_folder_of_files_that_are_nothing(
    ingest: Ingest, library: Library, tmp_path: Path
) -> None:
    (tmp_path / "README").write_text("hello")
    assert "no recording" in refusal(ingest, library, tmp_path).message


def test_two_videos(ingest: Ingest, library: Library, folder: Path) -> None:
    write_video(folder / "second.mp4", 1, first=3)
    fault = refusal(ingest, library, folder)
    assert "2 videos" in fault.message
    assert "second.mp4" in fault.message


def test_a_segment_that_is_no_sound(ingest: Ingest, library: Library, folder: Path) -> None:
    (folder / "audio" / "seg_001.wav").write_text("This is a text that calls itself a sound.")
    assert "seg_001.wav" in refusal(ingest, library, folder).message
    shutil.copy(write_video(folder.parent / "silent.mp4", 0.5), folder / "audio" / "seg_001.wav")
    fault = refusal(ingest, library, folder)
    assert "seg_001.wav" in fault.message
    assert "no sound" in fault.message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.mp4", b""),
        ("text.mp4", b"hello, this is not a film at all\n" * 50),
        ("list.mp4", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nother.ts\n"),
        ("concat.mp4", b"ffconcat version 1.0\nfile 'other.mp4'\n"),
        ("zeros.mkv", bytes(100_000)),
    ],
)
def test_files_that_are_no_recordings(
    ingest: Ingest, library: Library, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    fault = refusal(ingest, library, tmp_path / name)
    assert fault.category is Category.INPUT
    assert name in fault.message


def test_a_fifo_does_not_hang(ingest: Ingest, library: Library, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "pipe.mp4" in refusal(ingest, library, tmp_path / "pipe.mp4").message


def test_a_truncated_recording_says_so(ingest: Ingest, library: Library, folder: Path) -> None:
    whole = (folder / "video.mp4").read_bytes()
    (folder / "video.mp4").write_bytes(whole[: len(whole) // 2])
    fault = refusal(ingest, library, folder)
    assert "video.mp4" in fault.message


def test_a_folder_among_files(ingest: Ingest, library: Library, folder: Path) -> None:
    assert "folder" in refusal(ingest, library, folder, folder / "video.mp4").message


@pytest.mark.parametrize(
    "name",
    ["-rf.mp4", "it's “quoted”.mp4", "two\nlines.mp4", "%03d.mp4", "concat:a|b.mp4", "🎬 take.mp4"],
)
def test_odd_names_are_only_names(
    ingest: Ingest, library: Library, folder: Path, tmp_path: Path, name: str
) -> None:
    shutil.move(folder / "video.mp4", tmp_path / name)
    session, _ = ingest.bring([tmp_path / name])
    assert session.picture is not None
    assert session.picture.source.path == str(tmp_path / name)
    assert "\n" not in session.title


def test_a_name_that_is_no_text_is_refused_in_words(
    ingest: Ingest, library: Library, folder: Path
) -> None:
    odd = os.fsencode(folder) + b"/audio/seg_\xff\xfe.wav"
    shutil.copy(folder / "audio" / "seg_000.wav", os.fsdecode(odd))
    fault = refusal(ingest, library, folder)
    assert "name" in fault.message
    fault.message.encode("utf-8")


# Live sessions


def put(ingest: Ingest, session: str, source: Path, name: str) -> Session:
    shutil.copy(source, ingest.receive(session, name))
    return ingest.accept(session, name)


def test_a_live_session_takes_what_comes_and_ends_with_its_graph(
    ingest: Ingest, library: Library, folder: Path
) -> None:
    live = ingest.begin("Lesson 4")
    put(ingest, live.id, folder / "video.mp4", "video.mp4")
    for number in range(3):
        name = f"seg_{number:03d}.wav"
        put(ingest, live.id, folder / "audio" / name, name)
    assert library.jobs.page() == []
    ended = ingest.end(live.id, Priority.HIGH)
    assert ended.state is SessionState.ENDED
    assert len(ended.segments) == 3
    merge = library.jobs.next_in(Lane.READY)
    assert merge is not None
    assert merge.priority is Priority.HIGH
    with pytest.raises(Conflict):
        put(ingest, live.id, folder / "video.mp4", "late.mp4")
    with pytest.raises(Conflict):
        ingest.end(live.id)


def test_a_piece_that_is_sent_twice_is_there_once(ingest: Ingest, folder: Path) -> None:
    live = ingest.begin()
    for _ in range(2):
        put(ingest, live.id, folder / "audio" / "seg_000.wav", "seg_000.wav")
    put(ingest, live.id, folder / "audio" / "seg_001.wav", "seg_001.wav")
    assert [s.name for s in ingest.end(live.id).segments] == ["seg_000.wav", "seg_001.wav"]


def test_a_description_places_the_pieces_of_a_live_session(
    ingest: Ingest, settings: Settings, folder: Path, tmp_path: Path
) -> None:
    live = ingest.begin()
    said = tmp_path / "session.json"
    said.write_text(json.dumps({"segments": [{"file": "seg_000.wav", "offset": 1.5}]}))
    with pytest.raises(FaultError) as refused:
        put(ingest, live.id, said, "session.json")
    assert "seg_000.wav" in refused.value.fault.message
    assert str(settings.live) not in refused.value.fault.message
    put(ingest, live.id, folder / "audio" / "seg_000.wav", "seg_000.wav")
    put(ingest, live.id, folder / "audio" / "seg_001.wav", "seg_001.wav")
    said.write_text(
        json.dumps(
            {
                "title": "As it was said",
                "started_at": "2026-03-01T09:30:00Z",
                "segments": [{"file": "seg_000.wav", "offset": 1.5}],
            }
        )
    )
    told = put(ingest, live.id, said, "session.json")
    assert (told.title, told.started_at.isoformat()) == (
        "As it was said",
        "2026-03-01T09:30:00+00:00",
    )
    # The recorder sends a piece anew: it stays where the description put it.
    put(ingest, live.id, folder / "audio" / "seg_002.wav", "seg_000.wav")
    assert [s.offset for s in ingest.end(live.id).segments] == [Fraction(3, 2), None]


def test_a_piece_that_is_no_media_is_refused_and_removed(
    ingest: Ingest, library: Library, settings: Settings, folder: Path, tmp_path: Path
) -> None:
    live = ingest.begin()
    (tmp_path / "notes.wav").write_text("no sound")
    with pytest.raises(FaultError) as refused:
        put(ingest, live.id, tmp_path / "notes.wav", "notes.wav")
    assert "“notes.wav”" in refused.value.fault.message
    assert ".part" not in refused.value.fault.message
    assert list((settings.live / live.id).iterdir()) == []


def test_a_session_without_anything_does_not_end(ingest: Ingest, library: Library) -> None:
    live = ingest.begin()
    with pytest.raises(FaultError) as refused:
        ingest.end(live.id)
    assert refused.value.fault.category is Category.INPUT
    assert library.jobs.page() == []


def test_the_sample_is_made_once_and_whole(ingest: Ingest, settings: Settings) -> None:
    left = settings.sample.with_suffix(".part") / "left by a power cut"
    left.mkdir(parents=True)
    first, new = ingest.sample()
    assert new
    assert first.picture is not None
    assert first.title == "Welcome to Rushes"
    assert not left.parent.exists()
    again, new = ingest.sample()
    assert (again.id, new) == (first.id, False)


@pytest.mark.parametrize("title", ["", "  ", "a" * 10_000, "two\nlines", "\udcff", "<img src=x>"])
def test_titles_are_one_line_of_bounded_text(title: str) -> None:
    clean = clean_title(title)
    assert clean
    assert len(clean) <= 500
    assert "\n" not in clean
    clean.encode("utf-8")


def test_what_will_be_put_right_is_said_beforehand(ingest: Ingest, tmp_path: Path) -> None:
    """A gap, and a sound card that is slow: 100 samples in a hundred thousand."""
    folder = write_session(tmp_path / "Slow", 6)
    offsets = [i * 1.0 for i in range(3)] + [4.5 + i * 1.0 for i in range(3)]
    listed = [{"file": f"audio/seg_{i:03d}.wav", "offset": t} for i, t in enumerate(offsets)]
    (folder / "session.json").write_text(json.dumps({"segments": listed}))
    session, _ = ingest.bring([folder])
    assert any("pauses once, for 1.5 s in all" in note for note in session.notes)
    slow = tmp_path / "Drifting"
    slow.mkdir()
    listed = []
    for i in range(40):
        write_sound(slow / f"seg_{i:03d}.wav", 1, start=i)
        listed.append({"file": f"seg_{i:03d}.wav", "offset": i * 1.0004})
    (slow / "session.json").write_text(json.dumps({"segments": listed}))
    session, _ = ingest.bring([slow])
    (note,) = session.notes
    assert "runs slow, by 0.01 s in all" in note or "runs slow, by 0.02 s in all" in note
