"""The files that Rushes made, and which of them are whole.

A file gets its name between two commits: `prepare` before the rename, `settle` (alone or with the
end of its job) after it. A kill in between leaves a prepared row, by which the file is recognised.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import datetime

from backend.core.artifact import Artifact, ArtifactKind
from backend.core.event import SESSION_UPDATED
from backend.store import values
from backend.store.db import Database, Transaction
from backend.store.tables import ArtifactRow, JobRow, SessionRow, artifact_from, drained

OF_SOUND = frozenset({ArtifactKind.PEAKS, ArtifactKind.WAVES, ArtifactKind.HEARD})
"""What is known of a film's sound."""
LEASE_NOTED_EVERY = 300.0
"""Seconds between two notes that one version is played: a player asks many times a second."""


class Artifacts:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._leased: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def find(self, session: str, key: str) -> Artifact | None:
        """The finished artifact of that key, if the session has one."""
        query = ArtifactRow.select().where(
            (ArtifactRow.session == session)
            & (ArtifactRow.key == key)
            & (ArtifactRow.state == "final")
        )
        rows = drained(query)
        return artifact_from(rows[0]) if rows else None

    def of_session(self, session: str) -> list[Artifact]:
        """Its finished artifacts, the oldest first."""
        query = (
            ArtifactRow.select()
            .where((ArtifactRow.session == session) & (ArtifactRow.state == "final"))
            .order_by(ArtifactRow.created_at, ArtifactRow.key)
        )
        return [artifact_from(row) for row in drained(query)]

    def of_sessions(self, sessions: Sequence[str]) -> dict[str, list[Artifact]]:
        """The finished artifacts of each of these sessions, the oldest first."""
        found: dict[str, list[Artifact]] = {session: [] for session in sessions}
        query = (
            ArtifactRow.select()
            .where(ArtifactRow.session.in_(list(sessions)) & (ArtifactRow.state == "final"))
            .order_by(ArtifactRow.created_at, ArtifactRow.key)
        )
        for row in drained(query):
            found[row["session"]].append(artifact_from(row))
        return found

    def newest(self, session: str, kind: ArtifactKind) -> Artifact | None:
        return next((a for a in reversed(self.of_session(session)) if a.kind is kind), None)

    def all(self) -> list[Artifact]:
        """Every finished artifact of the library."""
        query = ArtifactRow.select().where(ArtifactRow.state == "final")
        return [artifact_from(row) for row in drained(query)]

    def prepared(self) -> list[Artifact]:
        """Artifacts whose file was about to get its name when Rushes last ended."""
        query = ArtifactRow.select().where(ArtifactRow.state == "prepared")
        return [artifact_from(row) for row in drained(query)]

    def prepare(self, artifact: Artifact, job: int, token: str) -> bool:
        """Announce a file that is about to get its name; False if the job's claim is over."""

        def prepare(transaction: Transaction) -> bool:
            holds = transaction.execute(
                "SELECT 1 FROM job WHERE id = ? AND token = ? AND status = 'running'", (job, token)
            )
            if holds:
                _write(transaction, artifact, "prepared")
            return bool(holds)

        return self._database.write(prepare)

    def keep(self, artifact: Artifact) -> None:
        """Record a file that has its name."""
        self._database.write(lambda transaction: settle(transaction, artifact))

    def keep_while_live(self, artifact: Artifact) -> bool:
        """Record a piece of a session that is still recorded; False, and nothing, where it is
        not."""

        def keep(transaction: Transaction) -> bool:
            live = transaction.execute(
                "SELECT 1 FROM session WHERE id = ? AND state = 'live' AND deleted_at IS NULL",
                (artifact.session,),
            )
            if live:
                settle(transaction, artifact)
            return bool(live)

        return self._database.write(keep)

    def lease(self, session: str, key: str) -> None:
        """Note that somebody plays a version of a film. Cheap: it is written once in a while."""
        now, name = time.monotonic(), (session, key)
        with self._lock:
            if now - self._leased.get(name, -LEASE_NOTED_EVERY) < LEASE_NOTED_EVERY:
                return
            self._leased[name] = now

        def note(transaction: Transaction) -> None:
            transaction.execute(
                "UPDATE artifact SET leased_at = ? WHERE session = ? AND key = ?",
                (transaction.now, session, key),
            )

        self._database.write(note)

    def replaced(self, unleased_since: datetime) -> list[Artifact]:
        """Films that another version has replaced, and files of sound alone, made before then, that
        nobody has asked for since then.

        None of a session whose jobs are running: they may be reading it.
        """
        query = (
            ArtifactRow.select(ArtifactRow)
            .join(SessionRow, on=(SessionRow.id == ArtifactRow.session))
            .where(
                (
                    (
                        (ArtifactRow.kind == str(ArtifactKind.FILM))
                        & (ArtifactRow.key != SessionRow.film)
                    )
                    | (
                        (ArtifactRow.kind == str(ArtifactKind.SOUNDTRACK))
                        & (ArtifactRow.created_at < values.milliseconds(unleased_since))
                    )
                )
                & (ArtifactRow.state == "final")
                & (
                    ArtifactRow.leased_at.is_null()
                    | (ArtifactRow.leased_at < values.milliseconds(unleased_since))
                )
                & ArtifactRow.session.not_in(
                    JobRow.select(JobRow.session).where(JobRow.status == "running")
                )
            )
        )
        return [artifact_from(row) for row in drained(query)]

    def forget(self, artifact: Artifact) -> None:
        """Drop the record of a file that is gone. A film that is forgotten no longer plays."""

        def forget(transaction: Transaction) -> None:
            transaction.execute(
                "DELETE FROM artifact WHERE session = ? AND key = ?",
                (artifact.session, artifact.key),
            )
            if transaction.changed(
                "UPDATE session SET film = NULL, updated_at = ? WHERE id = ? AND film = ?",
                (transaction.now, artifact.session, artifact.key),
            ):
                transaction.emit(SESSION_UPDATED, artifact.session)

        self._database.write(forget)


def forget_sound(transaction: Transaction, session: str) -> None:
    """Within a transaction: what is known of a session's sound no longer holds."""
    kinds = ", ".join(f"'{kind}'" for kind in sorted(OF_SOUND))
    transaction.execute(f"DELETE FROM artifact WHERE session = ? AND kind IN ({kinds})", (session,))


def show(transaction: Transaction, session: str, film: str) -> None:
    """Within a transaction: the film at that path, made earlier, is the version that plays."""
    if transaction.changed(
        "UPDATE session SET film = found.key, updated_at = ? FROM artifact AS found"
        " WHERE session.id = ? AND found.session = session.id AND found.path = ?"
        " AND found.state = 'final' AND session.film IS NOT found.key",
        (transaction.now, session, film),
    ):
        transaction.emit(SESSION_UPDATED, session)


def _write(transaction: Transaction, artifact: Artifact, state: str) -> None:
    transaction.execute(
        "INSERT INTO artifact (session, key, kind, path, size, facts, state, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, key) DO UPDATE SET"
        " path = excluded.path, size = excluded.size, facts = excluded.facts,"
        " state = excluded.state",
        (
            artifact.session,
            artifact.key,
            str(artifact.kind),
            artifact.path,
            artifact.size,
            values.dump_mapping(artifact.facts),
            state,
            transaction.now,
        ),
    )


def settle(transaction: Transaction, artifact: Artifact) -> None:
    """Within a transaction: the file has its name. A film becomes the version that plays."""
    _write(transaction, artifact, "final")
    if artifact.kind is ArtifactKind.FILM:
        transaction.execute(
            "UPDATE session SET film = ?, updated_at = ? WHERE id = ?",
            (artifact.key, transaction.now, artifact.session),
        )
        transaction.emit(SESSION_UPDATED, artifact.session)
