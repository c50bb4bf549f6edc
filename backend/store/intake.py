"""Rows of sessions: written when one is taken in, added to while it is recorded.

Functions here run inside a transaction of the writer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from fractions import Fraction

from backend.core.event import SESSION_CREATED, SESSION_UPDATED
from backend.core.flow import plan_session
from backend.core.form import form_of
from backend.core.job import JobKind, Priority
from backend.core.media import Source
from backend.core.session import AudioChoice, Segment, Session, SessionOptions, SessionState
from backend.core.timeline import session_timeline
from backend.core.tracks import heard_note, richest
from backend.store import artifacts, graph, values
from backend.store.db import Transaction
from backend.store.orders import Conflict


def sources_key(sources: Iterable[Source], options: SessionOptions | None = None) -> str | None:
    """What an unchanged set of files, heard and shown the same way, is recognised by; None for no
    files."""
    options = options or SessionOptions()
    keys = sorted(source.key + "\0" + source.path for source in sources)
    if not keys:
        return None
    if options.audio is not None:
        keys.append(str(options.audio))
    keys += [f"{name} {value}" for name, value in form_of(options).parameters().items()]
    return hashlib.blake2b(
        "\n".join(keys).encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()


def create(transaction: Transaction, session: Session, priority: Priority) -> None:
    insert(transaction, session)
    transaction.emit(SESSION_CREATED, session.id, data={"title": session.title})
    if session.state is SessionState.ENDED:
        plan(transaction, session, priority)


def insert(transaction: Transaction, session: Session) -> None:
    ended = session.ended_at
    if session.state is SessionState.ENDED and ended is None:
        ended = values.moment(transaction.now)
    transaction.execute(
        "INSERT INTO session (id, title, state, started_at, created_at, updated_at, ended_at,"
        " folder, sources, picture, options, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            session.id,
            session.title,
            str(session.state),
            values.milliseconds(session.started_at),
            values.milliseconds(session.created_at),
            transaction.now,
            None if ended is None else values.milliseconds(ended),
            session.folder,
            sources_key(session.sources, session.options),
            None if session.picture is None else values.dump_picture(session.picture),
            values.dump_options(session.options),
            values.dump_notes(session.notes),
        ),
    )
    for position, segment in enumerate(session.segments):
        write_segment(transaction, session.id, position, segment)


def write_segment(transaction: Transaction, session: str, position: int, segment: Segment) -> None:
    transaction.execute(
        "INSERT OR REPLACE INTO segment (session, position, name, facts) VALUES (?, ?, ?, ?)",
        (session, position, segment.name, values.dump_segment(segment)),
    )


def place(transaction: Transaction, session: str, offsets: Mapping[str, Fraction]) -> None:
    """Give the segments that `offsets` names their places, in seconds."""
    rows = transaction.execute("SELECT position, facts FROM segment WHERE session = ?", (session,))
    for position, facts in rows:
        segment = values.load_segment(facts)
        if segment.name in offsets:
            placed = replace(segment, offset=offsets[segment.name])
            write_segment(transaction, session, position, placed)


def put_segment(transaction: Transaction, session: str, segment: Segment) -> None:
    """Behind the last, or in the place of the piece that has the same name."""
    same = transaction.execute(
        "SELECT position, facts FROM segment WHERE session = ? AND name = ?",
        (session, segment.name),
    )
    if same:
        position, facts = same[0]
        segment = replace(segment, offset=values.load_segment(facts).offset)
    else:
        ((position,),) = transaction.execute(
            "SELECT coalesce(max(position), -1) + 1 FROM segment WHERE session = ?", (session,)
        )
    write_segment(transaction, session, position, segment)


def require_live(transaction: Transaction, session: str) -> None:
    rows = transaction.execute(
        "SELECT state FROM session WHERE id = ? AND deleted_at IS NULL", (session,)
    )
    if not rows:
        raise KeyError(session)
    if rows[0][0] != SessionState.LIVE:
        raise Conflict("This session has ended: nothing can be added to it any more.")


def hear(transaction: Transaction, kept: Session, audio: AudioChoice, priority: Priority) -> None:
    """Have another track of a session's sound heard. Raises `Conflict` while it is worked on."""
    if kept.options.audio == audio:
        return
    if kept.state is SessionState.LIVE:
        raise Conflict("This session is being recorded: choose when it has ended.")
    if any(not job.status.terminal for job in graph.of_session(transaction, kept.id)):
        raise Conflict("What runs of this session has not stopped yet.")
    merge = kept.options.merge or kept.film is not None
    asked = replace(kept, options=replace(kept.options, audio=audio, merge=merge))
    info = richest(kept.picture, kept.segments)
    before = heard_note(info, kept.options.audio)
    notes = [note for note in kept.notes if note not in before] + heard_note(info, audio)
    transaction.execute(
        "UPDATE session SET options = ?, sources = ?, notes = ?, updated_at = ? WHERE id = ?",
        (
            values.dump_options(asked.options),
            sources_key(asked.sources, asked.options),
            values.dump_notes(notes),
            transaction.now,
            kept.id,
        ),
    )
    artifacts.forget_sound(transaction, kept.id)
    # The picture stays as it is, and so does what is known of it.
    seen = (JobKind.THUMBNAILS,) if kept.film else ()
    plan(transaction, asked, priority, seen)
    transaction.emit(SESSION_UPDATED, kept.id)


def plan(
    transaction: Transaction,
    session: Session,
    priority: Priority,
    done: Collection[JobKind] = (),
) -> None:
    length = session_timeline(session).duration
    planned = tuple(job for job in plan_session(session, priority) if job.kind not in done)
    graph.insert(transaction, session.id, planned, float(length))
