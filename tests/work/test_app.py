"""The life of the backend process: how it begins, and how it ends when it cannot."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from backend.app import build
from backend.instance import own_folder
from backend.settings import settings_for


def test_a_start_that_fails_at_its_end_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that went on would hold the process, and with it the library's lock, for ever."""

    def no_room(path: Path, port: int, token: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    settings = settings_for(tmp_path / "library")
    own_folder(settings.data)
    before = set(threading.enumerate())
    with monkeypatch.context() as broken:
        broken.setattr("backend.app.write_address", no_room)
        with pytest.raises(OSError, match="No space left"):
            build(settings)
    assert [t.name for t in threading.enumerate() if t not in before and not t.daemon] == []
    build(settings).close()
