"""A session's timeline becomes its film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.chapter import Chapter
from backend.core.context import Context
from backend.core.fault import FaultError, explain
from backend.core.form import AS_RECORDED, Form
from backend.core.media import MediaInfo, Source
from backend.core.timeline import Clip, Timeline, TrackKind
from backend.media.chapters import film_chapters
from backend.media.copy import NotCopyable
from backend.media.plan import RenderPlan, plan
from backend.media.render import Rendered, render
from backend.media.seams import Seams, look
from backend.media.soundcopy import SoundNotCopyable
from backend.media.spans import to_look_at
from backend.media.verify import FilmFacts, Spoiled, verify
from backend.media.write import sync

ENGINE = 3
"""Version of everything that shapes a film; raise it when films change."""


_KEPT = frozenset(
    {
        *("title", "artist", "album", "album_artist", "composer", "comment", "copyright", "date"),
        *("description", "genre", "grouping", "lyrics", "show", "synopsis", "episode_id"),
        *("network", "location", "keywords"),
    }
)
"""Tags that an MP4 has a place for, and that hold for a part of a recording too."""


def film_key(timeline: Timeline, sources: Sequence[Source], form: Form = AS_RECORDED) -> str:
    """Name of the film that `merge` makes. Where the files lie does not matter, what they hold
    does."""
    place = {source.path: i for i, source in enumerate(sources)}
    tracks = [
        {
            "kind": str(track.kind),
            "items": [
                [place[item.path], item.stream, *map(str, _shown(item))]
                if isinstance(item, Clip)
                else [str(item.duration)]
                for item in track.items
            ],
        }
        for track in timeline.tracks
    ]
    return artifact_key(
        ArtifactKind.FILM,
        [source.key for source in sources],
        {"tracks": tracks, **form.parameters()},
        ENGINE,
    )


def _shown(clip: Clip) -> tuple[object, ...]:
    span = clip.source_range
    return (span.start, span.end) if clip.speed == 1 else (span.start, span.end, clip.speed)


def merge(
    timeline: Timeline,
    infos: Mapping[str, MediaInfo],
    sources: Sequence[Source],
    output: Path,
    ctx: Context,
    title: str = "",
    form: Form = AS_RECORDED,
    chapters: Sequence[Chapter] | None = None,
) -> dict[str, object]:
    """Write the film of `timeline` to `output`, verified and on the disk.

    `chapters` None: those that its recordings have.

    Copies picture and sound where browsers play them; where a copy does not come out right, encodes
    it instead, and where `form` asks for another size or rate than the recording's. `infos` and
    `sources` hold every clip's file, by path. Returns JSON values that tell what the film is and
    how it was made. Raises FaultError or `Stopped`; an unfinished `output` is left to the caller.
    """
    tags = _tags(timeline, infos, title)
    seams = seams_of(timeline, infos, ctx, form)
    made = plan(timeline, infos, seams=seams, form=form)
    found = film_chapters(timeline, infos) if chapters is None else tuple(chapters)
    made = replace(made, chapters=found)
    while True:
        try:
            rendered = render(made, sources, output, ctx, tags)
            film = _checked(output, rendered, ctx)
            break
        except (NotCopyable, SoundNotCopyable, Spoiled) as error:
            made = _other(made, error, timeline, infos, form)
    ctx.reach("film-checked")
    return _facts(made, rendered, film)


def _checked(output: Path, rendered: Rendered, ctx: Context) -> FilmFacts:
    """The film, verified while its bytes go onto the disk."""
    with ThreadPoolExecutor(1) as disk:
        synced = disk.submit(sync, output)
        film = verify(output, rendered.expected, ctx)
    try:
        synced.result()
    except OSError as error:
        raise FaultError(explain(error, "write the film")) from error
    return film


def _other(
    made: RenderPlan,
    error: NotCopyable | SoundNotCopyable | Spoiled,
    timeline: Timeline,
    infos: Mapping[str, MediaInfo],
    form: Form,
) -> RenderPlan:
    """Another way to make a film that did not come out right: what was copied is encoded, the sound
    first, since that is soon done. Raises `error` where nothing was copied."""
    sound = made.sound
    if sound is not None and sound.copied and not isinstance(error, NotCopyable):
        return replace(made, sound=replace(sound, copied=False))
    if all(part.encoding for part in made.picture):
        raise error
    reason = error.what if isinstance(error, Spoiled) else str(error)
    again = plan(timeline, infos, encode_because=f"cannot be copied: {reason}", form=form)
    return replace(again, sound=sound, chapters=made.chapters)


def seams_of(
    timeline: Timeline, infos: Mapping[str, MediaInfo], ctx: Context, form: Form = AS_RECORDED
) -> dict[Clip, Seams]:
    """What the packets around the cuts of a timeline allow."""
    track = timeline.track(TrackKind.VIDEO)
    found = {}
    for clip in to_look_at(track, infos, form) if track else ():
        found[clip] = look(clip, infos[clip.path], ctx.check)
    return found


def _how(made: RenderPlan) -> str | None:
    """How the picture was made, in a word."""
    encoded = {part.encoding is not None for part in made.picture}
    if len(encoded) > 1:
        return "joined"
    return {frozenset({True}): "encoded", frozenset({False}): "copied"}.get(frozenset(encoded))


def _tags(timeline: Timeline, infos: Mapping[str, MediaInfo], title: str) -> dict[str, str]:
    """What the first recording says of itself, the title above all, and the date that the first one
    which has one was made."""
    clips = [clip for track in timeline.tracks for clip in track.clips]
    said = dict(infos[clips[0].path].tags) if clips else {}
    tags = {name: value for name, value in said.items() if name.lower() in _KEPT and value}
    if title:
        tags["title"] = title
    for clip in clips:
        created = dict(infos[clip.path].tags).get("creation_time", "")
        if created and not created.startswith(("1970", "1904")):
            tags["creation_time"] = created
            break
    return tags


def _facts(made: RenderPlan, rendered: Rendered, film: FilmFacts) -> dict[str, object]:
    part = made.picture[0] if made.picture else None
    notes = [*made.notes, *rendered.sound.notes]
    if rendered.picture.damaged:
        notes.append(f"{rendered.picture.damaged} damaged pictures were left out")
    if rendered.picture.resized:
        notes.append("the picture size changes in mid recording; scaled to the first")
    if rendered.sound.damaged:
        notes.append(f"{rendered.sound.damaged} damaged pieces of sound are silent")
    if rendered.sound.missing:
        notes.append(
            f"{float(rendered.sound.missing):.2f} s of sound were missing; they are silent"
        )
    return {
        "duration": float(film.duration),
        "size": film.size,
        "width": film.width,
        "height": film.height,
        "rotation": part.stream.rotation if part else None,
        "video_codec": film.video_codec,
        "audio_codec": film.audio_codec,
        "frames": film.frames,
        "sample_rate": film.rate,
        "channels": film.channels,
        "picture": _how(made),
        "reason": part.reason if part else None,
        "sound": None if made.sound is None else "copied" if made.sound.copied else "encoded",
        "damaged_frames": rendered.picture.damaged,
        "damaged_sound": rendered.sound.damaged,
        "missing_sound": float(rendered.sound.missing),
        "joined": rendered.sound.joined,
        "notes": notes,
    }
