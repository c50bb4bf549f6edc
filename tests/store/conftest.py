from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .making import Clock, Store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store(tmp_path / "library.db", clock)
    yield opened
    opened.close()
