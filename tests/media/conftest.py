"""Fixtures for the media engine: a context that remembers, and the real recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from .studio import SHARED, Ctx


@pytest.fixture
def ctx(tmp_path: Path) -> Ctx:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    return Ctx(folder)


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the real recordings of ../shared/media are not here")
    return SHARED
