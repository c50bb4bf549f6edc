"""What each kind of job does. Runs in the child.

Parts of the media engine are imported by the handler that uses them: they cost a child a fifth of a
second, and the backend itself must never load them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.context import Context
from backend.core.fault import Category, refuse
from backend.core.job import JobKind
from backend.core.session import Session
from backend.core.timeline import session_timeline
from backend.work.messages import Assignment, Done, Made

SPARE = 64 << 20
"""Bytes that stay free on the films' disk whatever is written."""


def merge(assignment: Assignment, context: Context) -> Done:
    """Make the film of a session."""
    from backend.media import merge as merging
    from backend.media.source import require_unchanged

    session = assignment.session
    timeline = session_timeline(session)
    key = merging.film_key(timeline, session.sources)
    if (film := context.find(key)) is not None:
        return Done({"film": str(film)})
    for source in session.sources:
        require_unchanged(source)
    _require_room(session, assignment.work)
    infos = {segment.info.path: segment.info for segment in session.segments}
    if session.picture:
        infos[session.picture.info.path] = session.picture.info
    part = context.part(key, ".mp4")
    facts = merging.merge(timeline, infos, session.sources, part, context, title=session.title)
    return Done(facts, Made(ArtifactKind.FILM, key, part, facts))


def _require_room(session: Session, folder: Path) -> None:
    need = session.original_size + SPARE
    free = shutil.disk_usage(folder).free
    if free < need:
        raise refuse(
            Category.STORAGE,
            f"There is not enough storage for the film: it needs about {need / 1e9:.1f} GB,"
            f" and {free / 1e9:.1f} GB are free.",
            f"Free {max(0.1, (need - free) / 1e9):.1f} GB on the disk that holds your films,"
            " then retry.",
        )


def waveform(assignment: Assignment, context: Context) -> Done:
    """Peaks of the film's sound."""
    from backend.media.waveform import PEAKS_ENGINE, peaks

    return _preview(assignment, context, ArtifactKind.PEAKS, PEAKS_ENGINE, ".json", peaks)


def thumbnails(assignment: Assignment, context: Context) -> Done:
    """Strip of the film's pictures."""
    from backend.media.thumbnails import STRIP_ENGINE, strip

    return _preview(assignment, context, ArtifactKind.STRIP, STRIP_ENGINE, ".jpg", strip)


def _preview(
    assignment: Assignment,
    context: Context,
    kind: ArtifactKind,
    engine: int,
    suffix: str,
    make: Callable[[Path, Path, Context], Mapping[str, object]],
) -> Done:
    """What is made from the film alone."""
    film = assignment.session.film
    if film is None:
        raise refuse(
            Category.MISSING, "The film of this session is gone.", "Retry making it first."
        )
    key = artifact_key(kind, [film.key], {}, engine)
    if context.find(key) is not None:
        return Done({})
    part = context.part(key, suffix)
    facts = make(Path(film.path), part, context)
    return Done(facts, Made(kind, key, part, facts))


HANDLERS: Mapping[JobKind, Callable[[Assignment, Context], Done]] = {
    JobKind.MERGE: merge,
    JobKind.WAVEFORM: waveform,
    JobKind.THUMBNAILS: thumbnails,
}
