"""The library as a whole: how it is, its backups, and this backend that serves it."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from flask import Response
from pydantic import BaseModel

from backend import __version__
from backend.api.faults import ERRORS
from backend.api.routes import Routes
from backend.api.wire import Done, reply, services
from backend.core.job import Priority
from backend.store.backup import Backup

api = Routes("library", __name__, url_prefix="/api", abp_responses=ERRORS)

STARTED = datetime.now(UTC)


class StatusBody(BaseModel):
    version: str
    pid: int
    data: str
    films: str
    reports: list[str]
    """What was found and mended when the library was opened."""
    started_at: datetime
    uptime: float
    """Seconds."""


class BackupBody(BaseModel):
    name: str
    path: str
    taken_at: datetime
    size: int


class BackupsBody(BaseModel):
    backups: list[BackupBody]


class Rebuilt(BaseModel):
    sessions: list[str]
    """Ids of the sessions that were taken in."""
    reports: list[str]


def _backup_body(backup: Backup) -> BackupBody:
    return BackupBody(
        name=backup.name, path=str(backup.path), taken_at=backup.taken_at, size=backup.size
    )


@api.get("/status", responses={200: StatusBody})
def show_status() -> Response:
    settings = services().settings
    return reply(
        StatusBody(
            version=__version__,
            pid=os.getpid(),
            data=str(settings.data),
            films=str(settings.films),
            reports=list(services().library.reports),
            started_at=STARTED,
            uptime=(datetime.now(UTC) - STARTED).total_seconds(),
        )
    )


@api.get("/backups", responses={200: BackupsBody})
def list_backups() -> Response:
    """Backups of the library, the newest first."""
    found = services().library.backups()
    return reply(BackupsBody(backups=[_backup_body(backup) for backup in found]))


@api.post("/backup", responses={201: BackupBody})
def take_backup() -> Response:
    return reply(_backup_body(services().library.back_up()), 201)


@api.post("/rebuild", responses={200: Rebuilt})
def rebuild_library() -> Response:
    """Take in the sessions whose manifest lies beside their films and that are not known here."""
    library = services().library
    before = len(library.reports)
    taken = library.rebuild(services().settings.films)
    for number in taken:
        session = library.sessions.get(number)
        if session is not None and session.film is None:
            library.sessions.plan_again(number, Priority.LOW)
    return reply(Rebuilt(sessions=taken, reports=library.reports[before:]))


@api.post("/leave", responses={202: Done})
def leave() -> Response:
    """Ask this backend to end in an orderly way. What runs goes on at the next launch."""
    services().leave()
    return reply(Done(), 202)
