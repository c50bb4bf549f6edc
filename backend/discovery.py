"""Which files make a session: those named, or those that lie in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.core.fault import Category, FaultError, explain, refuse
from backend.core.session import natural_order
from backend.description import Description, read_description

SOUND_FOLDERS = ("audio", "segments")
NOT_MEDIA = frozenset(
    f".{ending}"
    for endings in (
        "txt md json csv tsv log xml html htm pdf nfo yaml yml toml ini cfg py sh bat",
        "srt vtt ass ssa sub lrc",
        "doc docx xls xlsx ppt pptx zip gz 7z rar db sqlite",
        "jpg jpeg png webp heic bmp tif tiff svg thm",
        "part tmp crdownload",
    )
    for ending in endings.split()
)
"""Endings of files that lie beside recordings without being one. Anything else is looked at."""
MEDIA = frozenset(
    f".{ending}"
    for endings in (
        "mp4 m4v mov mkv webm avi flv wmv asf mpg mpeg ts m2ts mts vob mxf ogv 3gp dv gif ivf",
        "h264 264 h265 265 hevc av1 obu",
        "wav w64 m4a aac mp3 flac ogg opus oga wma aif aiff caf amr ac3 eac3 dts mka au",
    )
    for ending in endings.split()
)
"""Endings that promise a recording: one that cannot be read is refused, not passed over."""


@dataclass(frozen=True, slots=True)
class Found:
    """Files that are to become one session, before they were looked into."""

    media: tuple[Path, ...]
    """Loose files: the picture, sound segments, or both."""
    sound: tuple[Path, ...]
    """Files out of a folder for sound, or listed as segments: every one must be one."""
    folder: Path | None
    description: Description | None

    @property
    def apart(self) -> bool:
        """Whether the sound is known by itself, so that loose files can only be the picture."""
        listed = self.description is not None and self.description.segments is not None
        return listed or bool(self.sound)


def find_files(paths: Sequence[Path]) -> Found:
    """The files of one session: a folder's, or those that are named. Raises `FaultError`."""
    if not paths:
        raise refuse(
            Category.INPUT,
            "There is nothing to process.",
            "Name a folder, or a video and the sound that belongs to it.",
        )
    paths = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - links stay links
    for path in paths:
        _require_text(path)
        _require_there(path)
    if len(paths) == 1 and paths[0].is_dir():
        return _find_in_folder(paths[0])
    for path in paths:
        if path.is_dir():
            raise refuse(
                Category.INPUT,
                f"“{path.name}” is a folder among single files.",
                "Give folders by themselves: each becomes a session of its own.",
            )
    return Found(tuple(sorted(set(paths), key=_order)), (), None, None)


def _require_text(path: Path) -> None:
    """Names are kept, shown and sent as text: one that is none could not be found again."""
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError as error:
        shown = str(path).encode("utf-8", "replace").decode("utf-8")
        raise refuse(
            Category.INPUT,
            f"The name of “{shown}” is not text that Rushes can keep.",
            "Rename the file or folder, then try again.",
        ) from error


def _require_there(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError as error:
        raise refuse(
            Category.MISSING,
            f"“{path}” is not there.",
            "Check the name, or connect the drive it lies on.",
        ) from error
    except (OSError, ValueError) as error:
        raise FaultError(explain(error, f"open “{path}”")) from error


def _find_in_folder(folder: Path) -> Found:
    try:
        description = read_description(folder)
        loose = _recordings(folder)
        if description is not None and description.segments is not None:
            sound = list(description.segments)
            loose = [path for path in loose if path not in sound]
        else:
            sound = [
                path
                for name in SOUND_FOLDERS
                if (folder / name).is_dir()
                for path in _recordings(folder / name)
                if description is None or path != description.video
            ]
    except OSError as error:
        raise FaultError(explain(error, f"read the folder “{folder}”")) from error
    if description is not None and description.names_video:
        loose = [description.video] if description.video else []
    if not loose and not sound:
        raise nothing_found(folder)
    return Found(tuple(loose), tuple(sound), folder, description)


def _recordings(folder: Path) -> list[Path]:
    """Files of a folder that may be recordings, in natural order; hidden ones are nobody's."""
    files = [
        path
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and path.suffix.lower() not in NOT_MEDIA
        and not path.is_dir()
    ]
    for path in files:
        _require_text(path)
    return sorted(files, key=_order)


def nothing_found(folder: Path) -> FaultError:
    return refuse(
        Category.INPUT,
        f"There is no recording in “{folder}”.",
        "Rushes looks for a video and for sound beside it, or in folders called audio or segments.",
    )


def may_pass_over(path: Path, found: Found) -> bool:
    """Whether a file that is no recording only happened to lie in the folder."""
    said = found.description
    named = found.folder is None or (
        said is not None and (path == said.video or path in (said.segments or ()))
    )
    return not named and path.suffix.lower() not in MEDIA


def _order(path: Path) -> tuple[tuple[int, int | str], ...]:
    return natural_order(path.name)
