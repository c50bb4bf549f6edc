"""Results of jobs, named by what they were made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ArtifactKind(StrEnum):
    FILM = "film"
    """The one MP4 of a session."""
    PICTURE = "picture"
    """A chunk of encoded picture, kept so that a killed job goes on behind it."""
    SOUND = "sound"
    """A piece of encoded sound, kept for the same reason, and so that a session's sound can be
    encoded while it is recorded."""
    SHRUNK = "shrunk"
    """A chunk of picture that was encoded again, smaller."""
    PEAKS = "peaks"
    """Waveform peaks of the whole."""
    WAVES = "waves"
    """Waveform peaks for zooming in."""
    HEARD = "heard"
    """What the film's sound holds: silence, loudness, clipping."""
    SEEN = "seen"
    """What its picture holds: changes, black and frozen stretches."""
    SPEECH = "speech"
    """Where somebody speaks."""
    SAID = "said"
    """The words of one piece of speech, kept so that a killed job goes on behind it."""
    VOICES = "voices"
    """What the voices of some minutes sound like. They stay: a stretch that is heard again is told
    apart by the voices of the whole."""
    READ = "read"
    """The text on screen at one moment, kept so that a killed job goes on behind it."""
    STILL = "still"
    """A picture that stands for a chapter."""
    CHOSEN = "chosen"
    """Which pictures stand for one chapter, kept so that a killed job goes on behind it."""
    STRIP = "strip"
    """Thumbnail strip."""
    SOUNDTRACK = "soundtrack"
    """The sound alone, as a file to take along."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that Rushes made. It is never changed once it has its name."""

    key: str
    kind: ArtifactKind
    session: str
    path: str
    size: int
    """Bytes."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What the maker knows of it: duration, streams, number of thumbnails …"""


def artifact_key(
    kind: ArtifactKind, inputs: Iterable[str], parameters: Mapping[str, object], engine: int
) -> str:
    """Name of the result that `kind` of work makes from `inputs` (their keys) and `parameters`.

    The same work on the same bytes has the same key, so finding it done is finding its file.
    `engine` is the version of the code that does the work: raise it when results change.
    Parameters must be JSON values. 40 hexadecimal digits.
    """
    made_from = [str(kind), list(inputs), dict(parameters), engine]
    text = json.dumps(made_from, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
