"""Where the window was, and what its owner was told once: remembered beside the library."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

SMALLEST = (480, 360)
LARGEST = 32_767
"""Pixels that a window system can name."""
GRIP = 80
"""Pixels of a window that must lie on some screen, so that it can be got hold of."""


@dataclass(frozen=True, slots=True)
class Place:
    """Logical pixels; x and y are None where the system is to choose."""

    width: int = 1280
    height: int = 820
    x: int | None = None
    y: int | None = None
    maximized: bool = False
    told: bool = False
    """The owner knows that work goes on without the window."""


@dataclass(frozen=True, slots=True)
class Area:
    """What one screen shows."""

    x: int
    y: int
    width: int
    height: int


def recall(path: Path) -> Place:
    """What was kept; the default for whatever of it cannot be used."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return Place()
    if not isinstance(kept, dict):
        return Place()
    good: dict[str, Any] = {
        name: value
        for name, default in asdict(Place(x=0, y=0)).items()
        if type(value := kept.get(name, "")) is type(default) and abs(value) <= LARGEST
    }
    place = Place(**good)
    return replace(
        place, width=max(place.width, SMALLEST[0]), height=max(place.height, SMALLEST[1])
    )


def keep(path: Path, place: Place) -> None:
    """Raises OSError where it cannot be kept."""
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(place), file)
    part.replace(path)


def fitted(place: Place, areas: Sequence[Area]) -> Place:
    """The place on the screens there are: no larger than one, and where it can be got hold of."""
    if not areas:
        return place
    home = next((area for area in areas if _lies_on(place, area)), None)
    if home is None:
        home, place = areas[0], replace(place, x=None, y=None)
    return replace(place, width=min(place.width, home.width), height=min(place.height, home.height))


def _lies_on(place: Place, area: Area) -> bool:
    if place.x is None or place.y is None:
        return False
    wide = min(place.x + place.width, area.x + area.width) - max(place.x, area.x)
    return wide >= GRIP and area.y <= place.y <= area.y + area.height - GRIP
