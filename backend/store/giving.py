"""Giving a file away: a copy beside which no half one is ever seen."""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path

from backend.core.fault import FaultError, explain
from backend.store.backup import sync_file, sync_folder


def give(file: Path, target: Path) -> None:
    """Copy by way of an unfinished file and a rename. Raises a fault, and leaves nothing."""
    part = target.with_name(f".rushes-{secrets.token_hex(4)}.part")
    try:
        shutil.copyfile(file, part)
        sync_file(part)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise FaultError(explain(error, f"write {target}")) from error
    finally:
        with contextlib.suppress(OSError):  # where nothing can be written, nothing is
            part.unlink(missing_ok=True)
