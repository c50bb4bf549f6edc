"""A library whose folder is moved, or copied to another disk, takes its films along."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from backend.core.session import Session
from backend.ingest import Ingest
from backend.settings import settings_for
from backend.store import manifest
from backend.work.isolate import make_sample, probe_files
from tests.films import assert_in_sync
from tests.work.conftest import Studio


def recorded_live(studio: Studio, folder: Path) -> Session:
    """A session whose recordings lie in the library, since a recorder handed them over."""
    ingest = Ingest(studio.settings, studio.app.library, probe_files, make_sample, lambda: None)
    session = ingest.begin("Live")
    for file in (folder / "video.mp4", *sorted((folder / "audio").iterdir())):
        shutil.copy(file, ingest.receive(session.id, file.name))
        ingest.accept(session.id, file.name)
    return ingest.end(session.id)


def elsewhere(folder: Path, how: str) -> Path:
    there = folder.with_name("Elsewhere")
    if how == "moved":
        folder.rename(there)
    else:  # by something that keeps neither times nor numbers of files
        shutil.copytree(folder, there, copy_function=shutil.copyfile)
    return there


def kept(studio: Studio, session: Session) -> Session:
    found = studio.app.library.sessions.get(session.id)
    assert found is not None
    return found


@pytest.mark.parametrize("how", ["moved", "copied"])
def test_films_and_recordings_are_found_where_they_are_now(
    studio: Studio, short: Path, how: str
) -> None:
    brought = studio.bring(short)
    live = recorded_live(studio, short)
    studio.until_idle()
    studio.close()
    there = elsewhere(studio.settings.data, how)
    moved = Studio(settings_for(there))
    try:
        library = moved.app.library
        for session in (brought, live):
            made = library.artifacts.of_session(session.id)
            assert all(there in Path(artifact.path).parents for artifact in made)
            assert all(Path(artifact.path).is_file() for artifact in made)
            film = kept(moved, session).film
            assert film is not None
            assert_in_sync(Path(film.path), 2)
        # What was brought lies where it lay; what was handed over went along, and can be used.
        assert kept(moved, brought).sources == brought.sources
        sources = kept(moved, live).sources
        assert all(there in Path(source.path).parents for source in sources)
        told = manifest.read(Path(film.path).parent / manifest.NAME)
        assert told.session.sources == sources
        Path(film.path).unlink()
        library.artifacts.forget(film)
        library.sessions.plan_again(live.id)
        moved.until_idle()
        again = kept(moved, live).film
        assert again is not None
        assert_in_sync(Path(again.path), 2)
        if how == "copied":
            assert studio.settings.data not in Path(again.path).parents
    finally:
        moved.close()


def test_what_stays_behind_is_still_found(studio: Studio, short: Path) -> None:
    session = studio.bring(short)
    studio.until_idle()
    [film] = studio.films()
    studio.close()
    data = studio.settings.data
    there = data.with_name("Elsewhere")
    there.mkdir()
    for entry in data.iterdir():
        if entry != studio.settings.films:
            entry.rename(there / entry.name)
    moved = Studio(settings_for(there))
    try:
        found = kept(moved, session).film
        assert found is not None
        assert film.samefile(found.path)
    finally:
        moved.close()
