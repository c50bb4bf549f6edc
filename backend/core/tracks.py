"""Several tracks of sound in one recording: a microphone and the system, say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from backend.core.fault import Category, refuse
from backend.core.media import AudioStream, MediaInfo
from backend.core.session import AudioChoice, Picture, Segment, heard_tracks


def richest(picture: Picture | None, segments: Sequence[Segment]) -> MediaInfo | None:
    """Of the files whose sound is heard, the one with the most tracks."""
    infos = [segment.info for segment in segments] or ([picture.info] if picture else [])
    return max(infos, key=lambda info: len(info.audio), default=None)


def numbered(info: MediaInfo) -> list[AudioStream]:
    """The tracks of sound as they are numbered, from 1 on: in the order of the file."""
    return sorted(info.audio, key=lambda stream: stream.index)


def require_track(info: MediaInfo | None, choice: AudioChoice) -> None:
    """Raises FaultError where the recording lacks the chosen track of sound."""
    count = len(info.audio) if info else 0
    if isinstance(choice, int) and choice > count:
        name = PurePath(info.path).name if info else "the session"
        raise refuse(
            Category.INPUT,
            f"There is no track {choice} of sound in “{name}”: it has {count or 'none'}.",
            "`rushes inspect` lists the tracks with their numbers.",
        )


def heard_note(info: MediaInfo | None, choice: AudioChoice) -> list[str]:
    """What its owner should know where there are several tracks: which of them is heard."""
    count = len(info.audio) if info else 0
    if info is None or count < 2:
        return []
    if choice == "mix":
        return [f"Its {count} tracks of sound are mixed."]
    (heard,) = heard_tracks(info, choice)
    return [
        f"It has {count} tracks of sound; number {numbered(info).index(heard) + 1} is heard. Choose"
        " another under Facts, or by `rushes sessions hear`."
    ]
