"""The small file beside each film, from which a lost library is rebuilt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.session import Session, SessionState
from backend.store import values
from backend.store.backup import sync_file, sync_folder

NAME = "session.rushes.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    session: Session
    artifacts: tuple[Artifact, ...]


def write(folder: Path, session: Session, made: Sequence[Artifact]) -> Path:
    """Write a session's manifest into the folder of its film, by rename; its files by name."""
    fields = {
        "rushes": FORMAT,
        "id": session.id,
        "title": session.title,
        "started_at": session.started_at.isoformat(),
        "created_at": session.created_at.isoformat(),
        "ended_at": None if session.ended_at is None else session.ended_at.isoformat(),
        "folder": session.folder,
        "options": json.loads(values.dump_options(session.options)),
        "notes": list(session.notes),
        "picture": None
        if session.picture is None
        else json.loads(values.dump_picture(session.picture)),
        "segments": [json.loads(values.dump_segment(segment)) for segment in session.segments],
        "artifacts": [
            {
                "key": artifact.key,
                "kind": str(artifact.kind),
                "file": Path(artifact.path).name,
                "size": artifact.size,
                "facts": dict(artifact.facts),
            }
            for artifact in made
            if Path(artifact.path).parent == folder and not _replaced(artifact, session)
        ],
    }
    path = folder / NAME
    part = folder / f".{NAME}.part"
    part.write_text(json.dumps(fields, ensure_ascii=False, indent=1), "utf-8")
    sync_file(part)
    part.replace(path)
    sync_folder(folder)
    return path


def _replaced(artifact: Artifact, session: Session) -> bool:
    """Whether it is an earlier version of the film, which only a player still holds."""
    if artifact.kind is not ArtifactKind.FILM or session.film is None:
        return False
    return artifact.key != session.film.key


def read(path: Path) -> Manifest:
    """The session that a manifest describes, with those of its files that are there and whole.

    Raises ValueError (or KeyError, TypeError) for a file that is no manifest.
    """
    try:
        fields = json.loads(path.read_text("utf-8"))
    except RecursionError as error:
        raise ValueError(f"{path} is nested too deeply for a manifest") from error
    if not isinstance(fields, dict) or fields.get("rushes") != FORMAT:
        raise ValueError(f"{path} is not a manifest that this Rushes knows")
    made = []
    for entry in fields["artifacts"]:
        file = path.parent / Path(str(entry["file"])).name
        if file.is_file() and file.stat().st_size == entry["size"]:
            made.append(
                Artifact(
                    key=str(entry["key"]),
                    kind=ArtifactKind(entry["kind"]),
                    session=str(fields["id"]),
                    path=str(file),
                    size=int(entry["size"]),
                    facts=dict(entry["facts"]),
                )
            )
    film = next((a for a in made if a.kind is ArtifactKind.FILM), None)
    ended = fields["ended_at"]
    session = Session(
        id=str(fields["id"]),
        title=str(fields["title"]),
        state=SessionState.ENDED,
        started_at=datetime.fromisoformat(fields["started_at"]),
        created_at=datetime.fromisoformat(fields["created_at"]),
        updated_at=datetime.fromisoformat(fields["created_at"]),
        ended_at=None if ended is None else datetime.fromisoformat(ended),
        folder=fields["folder"],
        picture=None
        if fields["picture"] is None
        else values.load_picture(json.dumps(fields["picture"])),
        segments=tuple(values.load_segment(json.dumps(s)) for s in fields["segments"]),
        options=values.load_options(json.dumps(fields["options"])),
        notes=tuple(str(note) for note in fields["notes"]),
        film=film,
    )
    return Manifest(session, tuple(made))


def find(root: Path) -> list[Path]:
    """Every manifest one folder below `root`, in a settled order."""
    return sorted(root.glob(f"*/{NAME}"))
