"""`rushes backup` and `rushes rebuild`: the library, should anything happen to it."""

from __future__ import annotations

import time

import click

from backend.cli.command import Listing, command, refusal
from backend.cli.link import Link
from backend.cli.output import Output, amount, plain, when
from backend.core.fault import Category, FaultError, explain, refuse
from backend.settings import Settings

LEAVE_SECONDS = 30.0


@click.group(cls=Listing)
def backup() -> None:
    """Back the library up, list backups, put one back.

    A backup holds what Rushes knows: sessions, jobs and settings. Films and recordings are files
    of their own, and not in it.
    """


@backup.command("list")
@command
def list_backups(settings: Settings, out: Output) -> None:
    """List backups, the newest first. One is taken every day by itself."""
    from backend.store.backup import backups
    from backend.store.library import BACKUPS

    found = backups(settings.data / BACKUPS)
    for each in found:
        out.line(
            {
                "name": each.name,
                "path": str(each.path),
                "taken_at": each.taken_at.isoformat(),
                "size": each.size,
            }
        )
    if not out.json:
        if not found:
            out.say("There are no backups yet. `rushes backup take` takes one.")
            return
        out.table(
            ("name", "taken", "size"),
            [(each.name, when(each.taken_at.isoformat()), amount(each.size)) for each in found],
            right=("size",),
        )


@backup.command("take")
@command
def take_backup(settings: Settings, out: Output) -> None:
    """Take a backup now."""
    with Link(settings) as link:
        taken = link.post("/api/backup")
    out.line(taken)
    out.say(f"Taken: {taken['name']} ({plain(taken['path'])}).")


@backup.command("restore")
@click.argument("name")
@command
def restore_backup(name: str, settings: Settings, out: Output) -> None:
    """Put a backup in the place of the library. The present one is set aside, not deleted.

    The backend is asked to end first; what runs goes on when it is back. Sessions that are newer
    than the backup can be found again with `rushes rebuild`.
    """
    from backend.store.backup import backups
    from backend.store.library import BACKUPS, restore

    matching = [each for each in backups(settings.data / BACKUPS) if each.name == name]
    if not matching:
        raise refusal(
            f"There is no backup “{name}”.", "`rushes backup list` names them.", Category.MISSING
        )
    with _Held(settings):
        try:
            aside = restore(settings.data, matching[0])
        except OSError as error:
            raise FaultError(explain(error, "put the backup back")) from error
    out.line({"event": "restored", "backup": name, "aside": None if aside is None else str(aside)})
    out.say(f"The library is as it was in {name}.")
    if aside is not None:
        out.say(f"The one before is kept: {plain(aside)}")
    out.note("`rushes rebuild` finds sessions that are newer than the backup.")


class _Held:
    """The library's lock, held by this command once the backend has left."""

    def __init__(self, settings: Settings) -> None:
        from backend.instance import Lock

        self._settings = settings
        self._lock = Lock(settings.lock)

    def __enter__(self) -> None:
        until = time.monotonic() + LEAVE_SECONDS
        while not self._lock.take():
            if time.monotonic() > until:
                raise refuse(
                    Category.TIMEOUT,
                    "The backend did not end in time.",
                    "Close Rushes, then try again.",
                )
            self._ask_to_leave()
            time.sleep(0.05)

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    def _ask_to_leave(self) -> None:
        from backend.client import Client, Gone, Unwilling
        from backend.launch import attach

        if address := attach(self._settings):
            try:
                with Client(address) as client:
                    client.post("/api/leave")
            except (Gone, Unwilling):
                return  # on its way already


@click.command()
@command
def rebuild(settings: Settings, out: Output) -> None:
    """Find sessions again by the films on the disk, and take those in that are not known."""
    with Link(settings) as link:
        found = link.post("/api/rebuild")
    out.line({"event": "rebuilt", **found})
    count = len(found["sessions"])
    out.say(f"{count} sessions were found again." if count else "Every film is known already.")
    for report in found["reports"]:
        out.note(f"! {plain(report)}")
