"""Taking recordings in: session folders, loose files, and live sessions.

Originals are referred to where they lie. Everything is looked at before anything is stored, so
that what is refused leaves nothing behind.
"""

from __future__ import annotations

import os
import secrets
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from backend.core.fault import Category, Fault, FaultError, refuse
from backend.core.flow import SessionStatus, merge_of, session_status
from backend.core.job import JobStatus, Priority
from backend.core.media import MediaInfo, Source
from backend.core.room import room_for
from backend.core.session import (
    Picture,
    Segment,
    Session,
    SessionOptions,
    SessionState,
    clean_title,
)
from backend.core.tracks import require_track, richest
from backend.description import DESCRIPTION, read_description
from backend.discovery import Found, find_files, may_pass_over, nothing_found
from backend.points import reach
from backend.remarks import remarks
from backend.settings import Choices, Settings
from backend.store.library import Library
from backend.store.orders import Conflict

Probed = tuple[Source, MediaInfo] | Fault
Probe = Callable[[Sequence[Path]], list[Probed]]
Sampler = Callable[[Path], None]


class Ingest:
    """`services.Intake`. `probe` looks into files, `make_sample` makes a session in a new folder;
    both in another process. `expect` hears that a film is likely to be asked for soon."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        probe: Probe,
        make_sample: Sampler,
        expect: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._library = library
        self._probe = probe
        self._make_sample = make_sample
        self._expect = expect
        self._sampling = threading.Lock()

    def bring(
        self,
        paths: Sequence[Path],
        *,
        title: str | None = None,
        options: SessionOptions | None = None,
        priority: Priority = Priority.NORMAL,
        again: bool = False,
    ) -> tuple[Session, bool]:
        """Import one session. Attaches to it when the same files, unchanged, are one already.

        Attaching to a session whose film failed, was cancelled or is gone retries it: whoever
        brings the files again wants the film. Raises `FaultError`, having stored nothing; so it
        does where the disk has no room for the film.
        """
        asked = self._options(options)
        found = find_files(paths)
        if asked.merge:
            self._expect()
        picture, segments, notes = look_into(found, self._probe, asked)
        sources = ([picture.source] if picture else []) + [s.source for s in segments]
        now = datetime.now(UTC)
        said = found.description
        session = Session(
            id=new_id(),
            title=clean_title(title or (said.title if said else None) or _name_for(found, picture)),
            state=SessionState.ENDED,
            started_at=(said.started_at if said else None) or _recorded_at(sources),
            created_at=now,
            updated_at=now,
            folder=None if found.folder is None else str(found.folder),
            picture=picture,
            segments=tuple(segments),
            options=asked,
            notes=tuple(notes),
        )
        if again or self._library.sessions.same(session) is None:
            self._require_room(session)
        if again:
            stored, new = self._library.sessions.create(session, priority), True
        else:
            stored, new = self._library.sessions.create_once(session, priority)
        reach("session-stored")
        if not new:
            self._wake(stored, priority)
            stored = self._library.sessions.get(stored.id) or stored
        return stored, new

    def begin(self, title: str | None = None, options: SessionOptions | None = None) -> Session:
        """A live session, ready to be given segments."""
        now = datetime.now(UTC)
        session = Session(
            id=new_id(),
            title=clean_title(title or f"Session of {now.astimezone():%d %B %Y, %H:%M}"),
            state=SessionState.LIVE,
            started_at=now,
            created_at=now,
            updated_at=now,
            options=self._options(options),
        )
        return self._library.sessions.create(session)

    def sample(self) -> tuple[Session, bool]:
        """The sample session and whether it is new. Made aside and renamed, so that there is never
        half of one."""
        folder = self._settings.sample
        with self._sampling:
            if not folder.exists():
                part = folder.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)
                self._make_sample(part)
                part.replace(folder)
        return self.bring([folder])

    def receive(self, session: str, name: str) -> Path:
        """Where the upload of `name` is written until it is whole.

        Raises KeyError for no such session, `Conflict` for one that has ended.
        """
        kept = self._library.sessions.get(session)
        if kept is None:
            raise KeyError(session)
        if kept.state is not SessionState.LIVE:
            raise Conflict("This session has ended: nothing can be added to it any more.")
        folder = self._settings.live / session
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f".{name}.part"

    def accept(self, session: str, name: str) -> Session:
        """Check the finished upload of `name` and make it part of the live session."""
        part = self.receive(session, name)
        if name == DESCRIPTION:
            return self._describe(session, part)
        final = part.with_name(name)
        self._expect()
        (probed,) = self._probe([part])
        if isinstance(probed, Fault):
            part.unlink(missing_ok=True)
            raise FaultError(_about(probed, part.name, name))
        source, info = probed
        # The file keeps its inode, size and time through the rename, so it stays the same source.
        info = replace(info, path=str(final))
        source = replace(source, path=str(final))
        os.replace(part, final)  # noqa: PTH105 - both names are known to be in one folder
        added = Picture(source, info) if info.video else Segment(source, info)
        return self._library.sessions.add(session, added)

    def _describe(self, session: str, part: Path) -> Session:
        """Let a `session.json`, sent after the pieces it names, say what it says of them."""
        final = part.with_name(DESCRIPTION)
        os.replace(part, final)  # noqa: PTH105 - as above
        try:
            said = read_description(final.parent)
        except FaultError as refused:
            final.unlink(missing_ok=True)
            raise FaultError(_about(refused.fault, str(final), DESCRIPTION)) from refused
        if said is None:
            raise KeyError(session)
        return self._library.sessions.describe(
            session,
            title=None if said.title is None else clean_title(said.title),
            started_at=said.started_at,
            offsets={path.name: offset for path, offset in said.offsets.items()},
        )

    def end(self, session: str, priority: Priority = Priority.NORMAL) -> Session:
        """End a live session. Refused while nothing has come in: there would be no film."""
        live = self._library.sessions.get(session)
        if live is not None and live.picture is None and not live.segments:
            raise refuse(
                Category.INPUT,
                "Nothing has been recorded in this session yet.",
                "Add a video or a segment of sound first, or delete the session.",
            )
        return self._library.sessions.end(session, priority)

    def _options(self, asked: SessionOptions | None) -> SessionOptions:
        chosen = Choices(self._library.preferences.all()).session_options
        options = asked or chosen
        return options if chosen.merge else replace(options, merge=False)

    def _require_room(self, session: Session) -> None:
        """Raises FaultError where there is no room for a session's film in any way."""
        free = self._settings.free()
        if free is None or not session.options.merge:
            return
        short = room_for(session, free).short
        if short is not None:
            raise FaultError(short)

    def _wake(self, session: Session, priority: Priority) -> None:
        jobs = self._library.jobs.of_sessions([session.id])[session.id]
        if session.film is not None and not Path(session.film.path).exists():
            for artifact in self._library.artifacts.of_session(session.id):
                self._library.artifacts.forget(artifact)
            self._library.sessions.plan_again(session.id, priority)
        elif session_status(session, jobs) in (SessionStatus.FAILED, SessionStatus.CANCELLED):
            merge = merge_of(jobs)
            if merge and merge.status in (JobStatus.FAILED, JobStatus.CANCELLED):
                self._library.jobs.retry(merge.id)


def look_into(
    found: Found, probe: Probe, options: SessionOptions | None = None
) -> tuple[Picture | None, list[Segment], list[str]]:
    """Probe all files and tell picture from sound."""
    options = options or SessionOptions()
    files = [*found.media, *found.sound]
    pictures: list[Picture] = []
    segments: list[Segment] = []
    notes: list[str] = []
    offsets = found.description.offsets if found.description else {}
    for path, probed in zip(files, probe(files), strict=True):
        if isinstance(probed, Fault):
            if probed.category is Category.INPUT and may_pass_over(path, found):
                notes.append(f"{path.name} was left out: it is no recording.")
                continue
            raise FaultError(probed)
        source, info = probed
        if info.video and path not in found.sound:
            pictures.append(Picture(source, info))
        elif info.audio and found.apart and path not in found.sound:
            listed = found.description is not None and found.description.segments is not None
            why = f"{DESCRIPTION} does not list it"
            if not listed:
                why = "the sound is in a folder of its own"
            notes.append(f"{path.name} was left out: {why}.")
        elif info.audio:
            segments.append(Segment(source, info, offsets.get(path)))
        else:
            raise refuse(
                Category.INPUT,
                f"“{path.name}” is no sound: Rushes found no audio track in it.",
                "Take it out of the folder for sound, or leave it out.",
            )
    if len(pictures) > 1:
        names = " and ".join(f"“{Path(p.source.path).name}”" for p in pictures[:3])
        raise refuse(
            Category.INPUT,
            f"There are {len(pictures)} videos ({names}), and a session has one.",
            f"Give each video its own folder, or name the one to use as “video” in {DESCRIPTION}.",
        )
    picture = pictures[0] if pictures else None
    if picture is None and not segments:
        raise nothing_found(found.folder or files[0].parent)
    require_track(richest(picture, segments), options.audio)
    return picture, segments, notes + remarks(picture, segments, options)


def _about(fault: Fault, inner: str, name: str) -> Fault:
    """The same fault, naming the file as its owner knows it."""
    return replace(fault, message=fault.message.replace(inner, name))


def _name_for(found: Found, picture: Picture | None) -> str:
    if found.folder is not None:
        return found.folder.name
    return Path(picture.source.path).stem if picture else found.media[0].stem


def _recorded_at(sources: Sequence[Source]) -> datetime:
    """When the oldest of the files was last written: as near to the recording as files tell."""
    return datetime.fromtimestamp(min(source.mtime_ns for source in sources) / 1e9, UTC)


def new_id() -> str:
    """Ten letters and digits that are easy to tell apart when read aloud."""
    return "".join(secrets.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(10))
