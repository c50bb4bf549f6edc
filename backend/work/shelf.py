"""Where finished files go, and how they get there.

Only this file gives names to what children wrote: announce, rename, sync the folder, and then the
caller commits. Whatever moment a kill strikes, `recovery` can tell from the announcement what the
file is.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.session import Session
from backend.settings import Settings
from backend.store.backup import sync_folder

_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
CHECKPOINTS = frozenset(
    {
        ArtifactKind.PICTURE,
        ArtifactKind.SOUND,
        ArtifactKind.SHRUNK,
        ArtifactKind.SAID,
        ArtifactKind.READ,
        ArtifactKind.CHOSEN,
    }
)
"""Kinds that are of use only until the film is there, the smaller one, or the transcript."""
NAME_BYTES = 120
"""Longest title in a file name: leaves room for the rest in the 255 bytes of a name."""


def file_name(title: str) -> str:
    """A title as a name that every file system takes and a person still recognises."""
    name = unicodedata.normalize("NFC", _UNSAFE.sub(" ", title))
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    name = " ".join(name.split()).lstrip(".- ")
    encoded = name.encode("utf-8")[:NAME_BYTES]
    name = encoded.decode("utf-8", "ignore").rstrip(". ")
    return "Untitled" if not name or _RESERVED.match(name) else name


def film_folder(settings: Settings, session: Session) -> Path:
    """The folder of a session's film: where it is, or will be."""
    if session.film is not None:
        return Path(session.film.path).parent
    day = session.started_at.astimezone().strftime("%Y-%m-%d")
    return settings.films / f"{day} {file_name(session.title)} {session.id[:6]}"


def work_folder(settings: Settings, session: str) -> Path:
    """Where children write the unfinished files of a session, and its checkpoints lie."""
    return settings.work / session


def place(settings: Settings, session: Session, kind: ArtifactKind, key: str, suffix: str) -> Path:
    """The final path of an artifact."""
    if kind is ArtifactKind.FILM:
        name = f"{file_name(session.title)} {key[:8]}{suffix}"
        return film_folder(settings, session) / name
    if kind in CHECKPOINTS:
        return work_folder(settings, session.id) / f"{key}{suffix}"
    return film_folder(settings, session) / ".previews" / f"{kind}-{key[:16]}{suffix}"


def put(part: Path, final: Path) -> None:
    """Give a finished file its name, durably."""
    make_folder(final.parent)
    part.replace(final)
    sync_folder(final.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and make its name durable in each folder above that was made for it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def matches(artifact: Artifact) -> bool:
    """Whether the artifact's file is there, as long as it was when it was made."""
    try:
        return Path(artifact.path).stat().st_size == artifact.size
    except OSError:
        return False


def remove(settings: Settings, path: Path) -> None:
    """Remove a file that Rushes wrote, and its folder once nothing is left in it.

    Refuses to touch anything outside the folders of this library.
    """
    inside = any(root in path.parents for root in (settings.films, settings.live))
    if not inside:
        raise ValueError(f"{path} is not Rushes' to remove")
    path.unlink(missing_ok=True)
    folder = path.parent
    while folder not in (settings.films, settings.live, settings.work):
        try:
            folder.rmdir()
        except OSError:
            return  # something else is in it
        folder = folder.parent
