"""What each kind of job does. Runs in the child.

Parts of the media engine are imported by the handler that uses them: they cost a child a fifth of a
second, and the backend itself must never load them.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from backend.core.artifact import Artifact, ArtifactKind, artifact_key
from backend.core.chapter import chapters_from, told
from backend.core.context import Context
from backend.core.document import DocumentKind
from backend.core.fault import Category, FaultError, refuse
from backend.core.flow import SoundFormat
from backend.core.form import form_of
from backend.core.job import JobKind
from backend.core.media import MediaInfo, Source
from backend.core.room import room_for, room_to_shrink
from backend.core.session import Picture, Quality, Segment, Session
from backend.core.timeline import Timeline, TrackKind, join_segments, session_timeline
from backend.work.messages import Assignment, Done, Made

_PATIENT = 10
"""Of POSIX's scale from −20 to 19, on which 0 is usual and more is less urgent."""


def merge(assignment: Assignment, context: Context) -> Done:
    """Make the film of a session."""
    from backend.media import merge as merging
    from backend.media.source import require_unchanged

    session = assignment.session
    timeline = session_timeline(session)
    form = form_of(session.options)
    small = replace(form, small=session.options.quality)
    for made in (form, small):
        if (film := context.find(merging.film_key(timeline, session.sources, made))) is not None:
            return Done({"film": str(film)})
    for source in session.sources:
        require_unchanged(source)
    room = room_for(session, *_free(assignment.work))
    if room.short is not None:
        raise FaultError(room.short)
    form = small if room.small else form
    key = merging.film_key(timeline, session.sources, form)
    infos = {segment.info.path: segment.info for segment in session.segments}
    if session.picture:
        infos[session.picture.info.path] = session.picture.info
    part = context.part(key, ".mp4")
    facts = merging.merge(
        timeline, infos, session.sources, part, context, title=session.title, form=form
    )
    if form.small is not None:
        said = "Your film was made small at once: there was no room to copy it first."
        facts["optimised"] = {"smaller": True, "said": said, "quality": str(form.small)}
    return Done(facts, Made(ArtifactKind.FILM, key, part, facts))


def _free(work: Path) -> tuple[int, int]:
    """Bytes that are free on the disk of a folder for unfinished work, and bytes of checkpoints in
    it, which need not be made again."""
    kept = sum(file.stat().st_size for file in work.iterdir() if ".part" not in file.name)
    return shutil.disk_usage(work).free, kept


def waveform(assignment: Assignment, context: Context) -> Done:
    """All that is to be known of the film's sound; its peaks come last."""
    from backend.media.hearing import HEARING_ENGINE, hear

    film = film_of(assignment)
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

    film = film_of(assignment)
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


def optimise(assignment: Assignment, context: Context) -> Done:
    """A smaller version of the film, which takes its place; or none, and why."""
    lower_priority()
    from backend.media import optimise as optimising

    film = film_of(assignment)
    if (before := film.facts.get("optimised")) is not None:
        # By an earlier life of this job, which did not come to tell; or for another wish: encoding
        # a second time would lose what was kept the first time.
        return Done(dict(before) if isinstance(before, Mapping) else {})
    quality = Quality(str(assignment.job.options.get("quality", Quality.MEDIUM)))
    known = assignment.documents.get(DocumentKind.CHAPTERS)
    chapters = None if known is None else chapters_from(known)
    asked: dict[str, object] = {"optimise": str(quality)}
    if chapters is not None:
        asked |= told(chapters)
    key = artifact_key(ArtifactKind.FILM, [film.key], asked, optimising.OPTIMISE_ENGINE)
    short = room_to_shrink(film.size, sum(_free(assignment.work)))
    if short is not None:
        raise FaultError(short)
    part = context.part(key, ".mp4")
    outcome = optimising.optimise(
        Path(film.path),
        film.key,
        part,
        context,
        quality,
        use_hardware=assignment.choices.hardware,
        chapters=chapters,
    )
    result = {"smaller": outcome.smaller, "said": outcome.said, **outcome.facts}
    if not outcome.smaller:
        return Done(result)
    facts = {**film.facts, **outcome.film, "optimised": result}
    return Done(result, Made(ArtifactKind.FILM, key, part, facts))


def soundtrack(assignment: Assignment, context: Context) -> Done:
    """A file of the film's sound alone; of a session without a film, of its recordings' sound."""
    from backend.media import merge as merging
    from backend.media.mp3 import save_mp3

    session, form = assignment.session, str(assignment.job.options["format"])
    film = session.film
    timeline, infos, sources = _sound_of(session) if film is None else _film_sound(Path(film.path))
    origin = merging.film_key(timeline, sources) if film is None else film.key
    key = artifact_key(ArtifactKind.SOUNDTRACK, [origin], {"format": form}, merging.ENGINE)
    if context.find(key) is not None:
        return Done({"key": key})
    part = context.part(key, f".{form}")
    make = save_mp3 if form == SoundFormat.MP3 else merging.merge
    facts = make(timeline, infos, sources, part, context, session.title)
    made = Made(ArtifactKind.SOUNDTRACK, key, part, {**facts, "format": form})
    return Done({"key": key, "size": facts["size"], "notes": facts["notes"]}, made)


_Heard = tuple[Timeline, Mapping[str, MediaInfo], tuple[Source, ...]]


def _sound_of(session: Session) -> _Heard:
    """The sound of a session's recordings, and what is known of their files."""
    parts: list[Picture | Segment] = [*([session.picture] if session.picture else [])]
    parts += session.segments
    timeline = Timeline(
        tuple(t for t in session_timeline(session).tracks if t.kind is TrackKind.AUDIO)
    )
    used = {clip.path for track in timeline.tracks for clip in track.clips}
    infos = {part.info.path: part.info for part in parts}
    return timeline, infos, tuple(s for s in session.sources if s.path in used)


def _film_sound(film: Path) -> _Heard:
    """The sound of a film."""
    from backend.media.probe import probe
    from backend.media.source import identify

    source, info = identify(film), probe(film)
    track = join_segments((Segment(source, info),))
    return Timeline((track,)), {info.path: info}, (source,)


def film_of(assignment: Assignment) -> Artifact:
    if assignment.session.film is None:
        raise refuse(
            Category.MISSING, "The film of this session is gone.", "Retry making it first."
        )
    return assignment.session.film


def lower_priority() -> None:
    """Let everything else on this machine go first: nobody waits for this process."""
    import psutil

    with contextlib.suppress(OSError, psutil.Error):
        process = psutil.Process()
        process.nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", _PATIENT))


HANDLERS: Mapping[JobKind, Callable[[Assignment, Context], Done]] = {
    JobKind.MERGE: merge,
    JobKind.WAVEFORM: waveform,
    JobKind.THUMBNAILS: thumbnails,
    JobKind.OPTIMISE: optimise,
    JobKind.SOUNDTRACK: soundtrack,
}
