"""What becomes of the recordings once everything is made of them, by their owner's rule."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.core.fault import Category, Fault
from backend.core.job import JobKind, JobStatus
from backend.core.session import Session
from backend.work import originals
from tests.recordings import write_session
from tests.work.conftest import Studio


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A system's bin: what is put into it lies in this folder afterwards."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(originals, "_put", lambda path: path.rename(folder / path.name))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_session(tmp_path / "Talk", 2)


@pytest.fixture(autouse=True)
def _no_models(studio: Studio) -> None:
    """What is heard in them takes models, which need not be installed."""
    studio.app.library.preferences.set("enrich", "off")


def notes(studio: Studio, session: Session) -> tuple[str, ...]:
    kept = studio.app.library.sessions.get(session.id)
    assert kept is not None
    return kept.notes


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_recordings_are_kept_unless_their_owner_says_otherwise(
    studio: Studio, taken: Path, folder: Path
) -> None:
    before = files(folder)
    session = studio.bring(folder)
    studio.until_idle()
    # What was taken in before the rule was made is not the rule's.
    studio.app.library.preferences.set("originals", "bin")
    assert originals.clear_originals(studio.app.library) == 0
    assert files(folder) == before
    assert files(taken) == set()
    assert studio.job(session).status is JobStatus.COMPLETED


def test_recordings_go_into_the_bin_when_all_is_made_of_them(
    studio: Studio, taken: Path, folder: Path
) -> None:
    library = studio.app.library
    library.preferences.set("originals", "bin")
    (folder / "notes.txt").write_text("these are mine")
    recorded = files(folder) - {"notes.txt"}
    library.preferences.pause_queue(True)
    session = studio.bring(folder)
    assert originals.clear_originals(library) == 0, "nothing is made yet"
    library.preferences.pause_queue(False)
    studio.until(lambda: originals.BINNED in notes(studio, session), "the recordings to go")
    studio.until_idle()
    assert files(taken) == recorded - {"session.json"}
    assert "notes.txt" in files(folder)
    assert len(studio.films()) == 1
    assert {job.status for job in library.jobs.of_sessions([session.id])[session.id]} == {
        JobStatus.COMPLETED
    }


def test_what_is_not_done_or_another_file_by_now_stays(
    studio: Studio, taken: Path, folder: Path, tmp_path: Path
) -> None:
    library = studio.app.library
    library.preferences.set("originals", "bin")
    before = files(folder)
    library.preferences.pause_queue(True)
    session = studio.bring(folder)
    claimed = library.jobs.claim(studio.job(session).lane)
    assert claimed is not None
    fault = Fault(Category.INPUT, "It cannot be used.", "Leave it out.")
    library.jobs.fail(claimed, fault)
    assert originals.clear_originals(library) == 0
    assert files(folder) == before

    library.jobs.retry(claimed.id)
    video = next(folder.rglob("*.mp4"))
    os.utime(video, ns=(1, 1))
    again = studio.bring(folder)  # with the times that the file has now
    os.utime(video, ns=(2, 2))
    library.preferences.pause_queue(False)
    studio.until_idle()
    assert again.id != session.id
    assert video.name in files(folder)
    assert video.name not in files(taken)


def test_what_another_session_uses_stays(studio: Studio, taken: Path, folder: Path) -> None:
    library = studio.app.library
    before = files(folder)
    first = studio.bring(folder)
    studio.until_idle()
    library.preferences.set("originals", "bin")
    library.sessions.bin(first.id)  # it can be brought back
    second = studio.bring(folder)
    assert second.id != first.id
    studio.until(lambda: originals.SHARED in notes(studio, second), "the note")
    assert files(folder) == before
    assert files(taken) == set()


def test_what_the_bin_does_not_take_stays_and_is_told(
    studio: Studio, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise OSError("no bin on this disk")

    monkeypatch.setattr(originals, "_put", full)
    studio.app.library.preferences.set("originals", "bin")
    before = files(folder)
    session = studio.bring(folder)
    studio.until(lambda: originals.STUCK in notes(studio, session), "the note")
    assert files(folder) == before
    assert studio.job(session, JobKind.MERGE).status is JobStatus.COMPLETED


@pytest.mark.skipif(sys.platform != "linux", reason="the bin of a desktop on Linux is looked into")
def test_the_systems_bin_is_the_systems(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    path = tmp_path / "take é.mp4"
    path.write_bytes(b"recorded")
    environment = {**os.environ, "XDG_DATA_HOME": str(home), "HOME": str(home)}
    code = (
        "import sys; from pathlib import Path; from backend.work.originals import _put;"
        "_put(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], env=environment, check=True)
    assert not path.exists()
    assert (home / "Trash" / "files" / path.name).read_bytes() == b"recorded"
    assert (home / "Trash" / "info" / f"{path.name}.trashinfo").exists()
    shutil.rmtree(home)
