"""Names of colour properties. FFmpeg numbers them as ITU-T H.273 does, and so do all containers."""

from __future__ import annotations

RANGES = {1: "tv", 2: "pc"}
PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    11: "smpte431",
    12: "smpte432",
}
TRANSFERS = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    18: "arib-std-b67",
}
MATRICES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    9: "bt2020nc",
    10: "bt2020c",
}

HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
"""Perceptual quantizer and hybrid log-gamma: shown as they are on an ordinary screen, they look
grey."""


def number(names: dict[int, str], name: str | None) -> int | None:
    """The number of a name; None where the name is unknown."""
    return next((value for value, known in names.items() if known == name), None)
