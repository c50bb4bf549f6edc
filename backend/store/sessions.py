"""Sessions: taken in, ended with their whole graph of jobs at once, binned and forgotten."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from backend.core.artifact import Artifact
from backend.core.event import SESSION_CREATED, SESSION_DELETED, SESSION_UPDATED
from backend.core.flow import Graph, Planned
from backend.core.job import Job, JobKind, Priority
from backend.core.session import AudioChoice, Picture, Segment, Session, SessionState
from backend.core.timeline import session_timeline
from backend.store import artifacts, graph, intake, values
from backend.store.db import Database, Transaction
from backend.store.intake import sources_key
from backend.store.listing import ORDERS, Wanted
from backend.store.orders import Conflict, cancel_all
from backend.store.tables import (
    RETURNING_JOB,
    ArtifactRow,
    SegmentRow,
    SessionRow,
    artifact_from,
    drained,
    job_of,
    session_from,
)

log = logging.getLogger(__name__)

_SAME = (
    "SELECT id FROM session WHERE sources = ? AND deleted_at IS NULL"
    " ORDER BY created_at DESC LIMIT 1"
)


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading

    def get(self, session: str, binned: bool = False) -> Session | None:
        """The session of that id; one in the bin only when asked for."""
        found = self._sessions(SessionRow.select().where(SessionRow.id == session))
        return found[0] if found and (binned or found[0].deleted_at is None) else None

    def matching(self, prefix: str) -> list[str]:
        """Ids that begin with `prefix`, at most two: enough to know whether it is one."""
        rows = self._database.read(
            "SELECT id FROM session WHERE deleted_at IS NULL AND id >= ? AND id < ? LIMIT 2",
            (prefix, prefix + "\U0010ffff"),
        )
        return [row[0] for row in rows]

    def page(self, limit: int = 50, offset: int = 0, wanted: Wanted | None = None) -> list[Session]:
        """Sessions that are not in the bin, as `wanted`, which is all of them, newest first."""
        wanted = wanted or Wanted()
        rows = self._database.read(
            f"SELECT id FROM session WHERE {wanted.condition}"
            f" ORDER BY {ORDERS[wanted.order]}, id LIMIT ? OFFSET ?",
            (*wanted.parameters, limit, offset),
        )
        ids = [row[0] for row in rows]
        found = {s.id: s for s in self._sessions(SessionRow.select().where(SessionRow.id.in_(ids)))}
        return [found[number] for number in ids if number in found]

    def count(self, wanted: Wanted | None = None) -> int:
        wanted = wanted or Wanted()
        rows = self._database.read(
            f"SELECT count(*) FROM session WHERE {wanted.condition}", wanted.parameters
        )
        return int(rows[0][0])

    def binned_before(self, moment: datetime) -> list[Session]:
        """Sessions that went into the bin before `moment`."""
        query = SessionRow.select().where(SessionRow.deleted_at < values.milliseconds(moment))
        return self._sessions(query)

    def _sessions(self, query: Any) -> list[Session]:
        rows = drained(query)
        ids = [row["id"] for row in rows]
        segments: dict[str, list[str]] = {number: [] for number in ids}
        for row in drained(
            SegmentRow.select()
            .where(SegmentRow.session.in_(ids))
            .order_by(SegmentRow.session, SegmentRow.position)
        ):
            segments[row["session"]].append(row["facts"])
        films = {
            (row["session"], row["key"]): artifact_from(row)
            for row in drained(
                ArtifactRow.select().where(
                    ArtifactRow.session.in_(ids)
                    & (ArtifactRow.kind == "film")
                    & (ArtifactRow.state == "final")
                )
            )
        }
        found = []
        for row in rows:
            try:
                film = films.get((row["id"], row["film"]))
                found.append(session_from(row, segments[row["id"]], film))
            except (ValueError, TypeError, KeyError) as error:
                # The others are to be seen all the same.
                log.warning("session %s cannot be read: %s", row["id"], error)
        return found

    # Writing

    def create(self, session: Session, priority: Priority = Priority.NORMAL) -> Session:
        """Store a session; one that has ended gets its whole graph in the same transaction."""

        def create(transaction: Transaction) -> None:
            intake.create(transaction, session, priority)

        self._database.write(create)
        return self._kept(session.id)

    def same(self, session: Session) -> str | None:
        """The session that these very files are already, by its id."""
        rows = self._database.read(_SAME, (sources_key(session.sources, session.options),))
        return str(rows[0][0]) if rows else None

    def create_once(
        self, session: Session, priority: Priority = Priority.NORMAL
    ) -> tuple[Session, bool]:
        """Store a session unless its very files are one already: that one, and whether it is new.

        Looked up and stored in one transaction, so that two who bring the same files at the same
        moment get the same session.
        """

        def create(transaction: Transaction) -> str:
            known = transaction.execute(
                _SAME,
                (sources_key(session.sources, session.options),),
            )
            if known:
                return str(known[0][0])
            intake.create(transaction, session, priority)
            return session.id

        stored = self._database.write(create)
        return self._kept(stored), stored == session.id

    def add(self, session: str, added: Segment | Picture) -> Session:
        """Add what has come in to a live session. A piece of the same name replaces the earlier.

        Raises KeyError for no such session, `Conflict` for one that has ended.
        """

        def add(transaction: Transaction) -> None:
            intake.require_live(transaction, session)
            if isinstance(added, Picture):
                transaction.execute(
                    "UPDATE session SET picture = ? WHERE id = ?",
                    (values.dump_picture(added), session),
                )
            else:
                intake.put_segment(transaction, session, added)
            transaction.execute(
                "UPDATE session SET updated_at = ? WHERE id = ?", (transaction.now, session)
            )
            transaction.emit(SESSION_UPDATED, session)

        self._database.write(add)
        return self._kept(session)

    def describe(
        self,
        session: str,
        *,
        title: str | None,
        started_at: datetime | None,
        offsets: Mapping[str, Fraction],
    ) -> Session:
        """What a recorder says of a live session: `offsets`, in seconds, by the names of its
        segments. None leaves a field as it is. Raises as `add`."""

        def describe(transaction: Transaction) -> None:
            intake.require_live(transaction, session)
            intake.place(transaction, session, offsets)
            transaction.execute(
                "UPDATE session SET title = coalesce(?, title),"
                " started_at = coalesce(?, started_at), updated_at = ? WHERE id = ?",
                (
                    title,
                    None if started_at is None else values.milliseconds(started_at),
                    transaction.now,
                    session,
                ),
            )
            transaction.emit(SESSION_UPDATED, session)

        self._database.write(describe)
        return self._kept(session)

    def end(self, session: str, priority: Priority = Priority.NORMAL) -> Session:
        """End a live session and plan its work, at once and together. Raises as `add`."""

        def end(transaction: Transaction) -> None:
            intake.require_live(transaction, session)
            live = self._kept(session)  # read here, or a piece that comes in meanwhile is left out
            ended = replace(live, state=SessionState.ENDED)
            transaction.execute(
                "UPDATE session SET state = 'ended', ended_at = ?, updated_at = ?, sources = ?"
                " WHERE id = ?",
                (
                    transaction.now,
                    transaction.now,
                    sources_key(live.sources, live.options),
                    session,
                ),
            )
            transaction.emit(SESSION_UPDATED, session)
            intake.plan(transaction, ended, priority)

        self._database.write(end)
        return self._kept(session)

    def plan_again(self, session: str, priority: Priority = Priority.LOW) -> None:
        """Plan the jobs of an ended session that are neither active nor done: after a rebuild."""

        def plan(transaction: Transaction) -> None:
            kept = self._kept(session)
            done = {
                JobKind(kind)
                for (kind,) in transaction.execute(
                    "SELECT DISTINCT kind FROM job WHERE session = ? AND status = 'completed'",
                    (session,),
                )
            }
            # Without its film nothing of a session is done: its previews were the film's.
            intake.plan(transaction, kept, priority, done if kept.film else ())

        self._database.write(plan)

    def merge(self, session: str, priority: Priority = Priority.HIGH) -> Session:
        """Have the film of an ended session made after all, with what follows it.

        Nothing changes where there is a film, or one is on its way. Raises KeyError for no such
        session, `Conflict` for one that is still recorded.
        """

        def merge(transaction: Transaction) -> None:
            kept = self.get(session)
            if kept is None:
                raise KeyError(session)
            if kept.state is SessionState.LIVE:
                raise Conflict("This session is being recorded: its film is made when you end it.")
            if kept.film is not None:
                return
            asked = replace(kept, options=replace(kept.options, merge=True))
            transaction.execute(
                "UPDATE session SET options = ?, updated_at = ? WHERE id = ?",
                (values.dump_options(asked.options), transaction.now, session),
            )
            newest = transaction.execute(
                f"SELECT {RETURNING_JOB} FROM job WHERE session = ? AND kind = ?"
                " ORDER BY id DESC LIMIT 1",
                (session, str(JobKind.MERGE)),
            )
            if newest:  # a failed or cancelled one comes back with what went along with it
                graph.bring_back(transaction, job_of(newest[0]))
            intake.plan(transaction, asked, priority)
            transaction.emit(SESSION_UPDATED, session)

        self._database.write(merge)
        return self._kept(session)

    def hear(self, session: str, audio: AudioChoice, priority: Priority = Priority.HIGH) -> Session:
        """Have another of its tracks of sound heard. The film is made again, and plays as it is
        until then; what was known of its sound is forgotten.

        Raises KeyError for no such session, `Conflict` for one that is recorded or worked on.
        """

        def hear(transaction: Transaction) -> None:
            kept = self.get(session)
            if kept is None:
                raise KeyError(session)
            intake.hear(transaction, kept, audio, priority)

        self._database.write(hear)
        return self._kept(session)

    def edit(
        self, session: str, *, title: str | None = None, watched: Fraction | None = None
    ) -> Session:
        """Change what its owner may change of a session. Raises KeyError."""

        def edit(transaction: Transaction) -> None:
            if not transaction.changed(
                "UPDATE session SET title = coalesce(?, title),"
                " watched_ms = coalesce(?, watched_ms), updated_at = ?"
                " WHERE id = ? AND deleted_at IS NULL",
                (
                    title,
                    None if watched is None else int(watched * 1000),
                    transaction.now,
                    session,
                ),
            ):
                raise KeyError(session)
            if title is not None:  # where somebody stopped watching is news to nobody
                transaction.emit(SESSION_UPDATED, session, data={"title": title})

        self._database.write(edit)
        return self._kept(session)

    def request(self, session: str, planned: Planned) -> Job:
        """As `request_all`, for one job."""
        return self.request_all(session, (planned,))[0]

    def request_all(self, session: str, planned: Graph) -> list[Job]:
        """Add jobs to an ended session; where one of a kind is active, that one stands for it.

        Raises KeyError for no such session.
        """
        kept = self._kept(session)
        length = float(session_timeline(kept).duration)
        return self._database.write(
            lambda transaction: graph.request(transaction, session, planned, length)
        )

    def bin(self, session: str) -> None:
        """Put a session into the bin and cancel what runs. Raises KeyError."""

        def put(transaction: Transaction) -> None:
            if not transaction.changed(
                "UPDATE session SET deleted_at = ?, updated_at = ? WHERE id = ?"
                " AND deleted_at IS NULL",
                (transaction.now, transaction.now, session),
            ):
                raise KeyError(session)
            cancel_all(transaction, session)
            transaction.emit(SESSION_DELETED, session)

        self._database.write(put)

    def restore(self, session: str) -> Session:
        """Take a session out of the bin. Its cancelled jobs wait for a retry. Raises KeyError."""

        def take(transaction: Transaction) -> None:
            if not transaction.changed(
                "UPDATE session SET deleted_at = NULL, updated_at = ? WHERE id = ?"
                " AND deleted_at IS NOT NULL",
                (transaction.now, session),
            ):
                raise KeyError(session)
            transaction.emit(SESSION_UPDATED, session)

        self._database.write(take)
        return self._kept(session)

    def forget(self, session: str) -> None:
        """Remove a session with its jobs and records. Its files are the caller's to remove."""

        def forget(transaction: Transaction) -> None:
            transaction.execute("DELETE FROM session WHERE id = ?", (session,))

        self._database.write(forget)

    def adopt(self, session: Session, made: Sequence[Artifact]) -> bool:
        """Take in a session found by its manifest, with its files; False if it is known already."""

        def adopt(transaction: Transaction) -> bool:
            if transaction.execute("SELECT 1 FROM session WHERE id = ?", (session.id,)):
                return False
            intake.insert(transaction, session)
            for artifact in made:
                artifacts.settle(transaction, artifact)
            transaction.emit(SESSION_CREATED, session.id, data={"title": session.title})
            return True

        return self._database.write(adopt)

    def _kept(self, session: str) -> Session:
        kept = self.get(session, binned=True)
        if kept is None:
            raise KeyError(session)
        return kept
