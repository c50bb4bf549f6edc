"""Why a file is no recording that can be read, in words for the person who chose it."""

from __future__ import annotations

from pathlib import Path

from backend.core.fault import Category, FaultError, refuse
from backend.media.boxes import top_boxes
from backend.media.source import shown

_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"v=0\r", b"v=0\n", b"[Reference]")
_OTHERS = {
    b"\x89PNG": "a still picture",
    b"\xff\xd8\xff": "a still picture",
    b"BM": "a still picture",
    b"II*\x00": "a still picture",
    b"MM\x00*": "a still picture",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "an archive or an office document",
    b"\x1f\x8b": "an archive",
    b"Rar!": "an archive",
    b"7z\xbc\xaf": "an archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"SQLite format 3": "a database",
}
_MEDIA = {
    b"\x1aE\xdf\xa3": "Matroska or WebM",
    b"OggS": "Ogg",
    b"RIFF": "AVI or WAV",
    b"fLaC": "FLAC",
    b"FLV\x01": "FLV",
    b"FORM": "AIFF",
}
_EXPORT = "Export or record it again, then choose the new file."


def _walk(path: Path) -> FaultError | None:
    """What the boxes of an MP4 tell; None where it is none, or none that is incomplete."""
    name = shown(path)
    kinds: set[str] = set()
    short = False
    size = path.stat().st_size
    for box in top_boxes(path):
        kinds.add(box.kind)
        short = short or box.offset + box.size > size
    if not kinds & {"ftyp", "styp", "moov", "moof", "mdat", "sidx", "wide"}:
        return None
    if "moov" not in kinds and "moof" in kinds:
        return refuse(
            Category.INPUT,
            f"“{name}” is one piece of a stream, without the beginning that explains it.",
            "Put the stream's initialisation segment beside it, or export the whole recording.",
        )
    if "moov" not in kinds:
        return refuse(
            Category.INPUT,
            f"“{name}” has no index: the recorder was stopped before it could finish the file,"
            " and what is in it cannot be told apart without one.",
            "Put another recording by the same recorder beside it, then choose it again. If the"
            " recorder offers to repair the recording, choose the repaired file.",
        )
    if short:
        return refuse(
            Category.INPUT,
            f"“{name}” is cut short: it ends before the media that its index promises.",
            "Copy the file again from where it was recorded.",
        )
    return None


def why_unreadable(path: Path, reason: str = "") -> FaultError:
    """The fault of a regular file that could not be opened as a recording.

    `reason` is what the library said; it is shown only where the bytes tell nothing better.
    Reads at most a few kilobytes and the headers of boxes. Never raises.
    """
    name = shown(path)
    try:
        with path.open("rb") as file:
            head = file.read(4096)
        told = _walk(path) if head else None
    except PermissionError:
        return refuse(
            Category.PERMISSION,
            f"“{name}” may not be read.",
            "Give yourself permission to read the file, then retry.",
        )
    except OSError as error:
        return refuse(
            Category.INPUT,
            f"“{name}” cannot be read: {error.strerror or error}.",
            "Check the drive it is on, then retry.",
        )
    if not head:
        return refuse(
            Category.INPUT,
            f"“{name}” is empty: nothing was ever written into it.",
            "Look for another copy, or leave this file out.",
        )
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(_PLAYLISTS) or (text.startswith(b"<") and b"<MPD" in text):
        return refuse(
            Category.INPUT,
            f"“{name}” is a playlist: a list of other files, not a recording.",
            "Choose the recordings themselves.",
        )
    if told is not None:
        return told
    other = next((what for magic, what in _OTHERS.items() if head.startswith(magic)), None)
    if other:
        return refuse(
            Category.INPUT,
            f"“{name}” is {other}, not a recording.",
            "Choose a file with picture or sound.",
        )
    kind = next((what for magic, what in _MEDIA.items() if head.startswith(magic)), None)
    if kind or b"ftyp" in head[:12]:
        return refuse(
            Category.INPUT,
            f"“{name}” is damaged: it begins like {kind or 'MP4'}, "
            f"but nothing in it can be played{f' ({reason})' if reason else ''}.",
            "Copy the file again from where it was recorded. " + _EXPORT,
        )
    what = "a text file" if _is_text(head) else "no recording in it that Rushes can read"
    verb = "is" if what.startswith("a ") else "has"
    return refuse(
        Category.INPUT,
        f"“{name}” {verb} {what}.",
        "Choose a file with picture or sound, for example MP4, MKV, WebM, M4A or WAV.",
    )


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c in "\r\n\t\f" for c in text)
