"""Files that are kept for a while: films that another version has replaced, for as long as
somebody plays them, and sound that its owner has taken along."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from backend.settings import Settings
from backend.store.library import Library
from backend.work import shelf
from backend.work.worker import write_manifest

log = logging.getLogger(__name__)

LEASE = timedelta(hours=1)
"""How long a version stays after a player last asked for it: players that are paused ask again."""


def drop_replaced(settings: Settings, library: Library) -> int:
    """Remove the files that nobody has asked for in the last `LEASE`; how many."""
    dropped = 0
    for film in library.artifacts.replaced(datetime.now(UTC) - LEASE):
        # By now at the latest the manifest names the version that plays: a kill may have kept it
        # from being written when that came.
        write_manifest(library, film.session)
        try:
            shelf.remove(settings, Path(film.path))
        except OSError as error:
            # A program other than ours has it open, where that keeps a file: next time.
            log.info("%s stays for now: %s", film.path, error)
            continue
        library.artifacts.forget(film)
        log.info("removed %s, which nobody needs any more", film.path)
        dropped += 1
    return dropped
