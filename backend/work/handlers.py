"""What each kind of job does. Runs in the child.

Parts of the media engine are imported by the handler that uses them: they cost a child a fifth of a
second, and the backend itself must never load them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from backend.core.artifact import Artifact, ArtifactKind, artifact_key
from backend.core.context import Context
from backend.core.fault import Category, FaultError, refuse
from backend.core.job import JobKind
from backend.core.room import shortage
from backend.core.session import Session
from backend.core.timeline import session_timeline
from backend.work.messages import Assignment, Done, Made


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
    short = shortage(session, shutil.disk_usage(folder).free)
    if short is not None:
        raise FaultError(short)


def waveform(assignment: Assignment, context: Context) -> Done:
    """All that is to be known of the film's sound; its peaks come last."""
    from backend.media.hearing import HEARING_ENGINE, hear

    film = _film(assignment)
    kinds = (ArtifactKind.WAVES, ArtifactKind.HEARD, ArtifactKind.PEAKS)
    waves, sound, peaks = (artifact_key(kind, [film.key], {}, HEARING_ENGINE) for kind in kinds)
    if all(context.find(key) is not None for key in (waves, sound, peaks)):
        return Done({})
    heard = hear(Path(film.path), context)
    part = context.part(waves, ".dat")
    context.keep(ArtifactKind.WAVES, waves, part, heard.peaks.write_fine(part))
    part = context.part(sound, ".json")
    context.keep(ArtifactKind.HEARD, sound, part, heard.write(part))
    part = context.part(peaks, ".json")
    facts = heard.peaks.write_whole(part)
    return Done(facts, Made(ArtifactKind.PEAKS, peaks, part, facts))


def thumbnails(assignment: Assignment, context: Context) -> Done:
    """All that is to be known of the film's picture; its strip comes last."""
    from backend.media.sight import SIGHT_ENGINE, see

    film = _film(assignment)
    kinds = (ArtifactKind.SEEN, ArtifactKind.STRIP)
    sight, strip = (artifact_key(kind, [film.key], {}, SIGHT_ENGINE) for kind in kinds)
    if all(context.find(key) is not None for key in (sight, strip)):
        return Done({})
    seen = see(Path(film.path), context)
    part = context.part(sight, ".json")
    context.keep(ArtifactKind.SEEN, sight, part, seen.write(part))
    part = context.part(strip, ".jpg")
    facts = seen.strip.write(part)
    return Done(facts, Made(ArtifactKind.STRIP, strip, part, facts))


def _film(assignment: Assignment) -> Artifact:
    film = assignment.session.film
    if film is None:
        raise refuse(
            Category.MISSING, "The film of this session is gone.", "Retry making it first."
        )
    return film


HANDLERS: Mapping[JobKind, Callable[[Assignment, Context], Done]] = {
    JobKind.MERGE: merge,
    JobKind.WAVEFORM: waveform,
    JobKind.THUMBNAILS: thumbnails,
}
