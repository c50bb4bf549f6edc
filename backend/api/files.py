"""Files that are sent as players ask for them: whole, or in ranges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from flask import Response, request
from flask_openapi3.types import ResponseDict

from backend.api.faults import Problem, Refused
from backend.core.chapter import Chapter
from backend.store.chaptered import open_chaptered

TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".json": "application/json"}
TYPES |= {".jpg": "image/jpeg", ".dat": "application/octet-stream"}
TYPES |= {".m4a": "audio/mp4", ".mp3": "audio/mpeg"}
BLOCK = 256 << 10
ASK_AGAIN = "private, no-cache"
FOR_EVER = "private, max-age=31536000, immutable"


def in_ranges(*kinds: str) -> ResponseDict:
    """What `send` may answer, for the document. `kinds` are the types that a file may have."""
    binary = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {
        "200": {"description": "The whole file", "content": binary},
        "206": {"description": "The range that was asked for", "content": dict(binary)},
        "304": {"description": "The file is the one that the asker has"},
        "416": Problem,
    }


def send(
    file: Path,
    key: str,
    hint: str,
    *,
    title: str | None = None,
    kind: str | None = None,
    cache: str = FOR_EVER,
    chapters: Sequence[Chapter] = (),
) -> Response:
    """A file, or the range of it that was asked for (416 where it has none; 404 with `hint` where
    the file is gone). `key` names its content, `title` makes it one to keep, `kind` is its type,
    and `chapters` are put into it on the way, where it can hold any.

    The open file is handed to the server, which sends it as fast as the player takes it: a player
    that is paused holds no thread.
    """
    try:
        opened = open_chaptered(file, chapters) if chapters else file.open("rb")
    except OSError as error:
        raise Refused(404, f"The file “{file.name}” is gone from its place.", hint) from error
    size = opened.seek(0, 2)
    tag = f'"{key}"'
    headers = {"Accept-Ranges": "bytes", "Cache-Control": cache, "ETag": tag}
    if request.if_none_match.contains(key):
        opened.close()
        return Response(iter(()), 304, headers)
    start, stop, status = 0, size, 200
    # A range of an earlier content is not joined to this one: the whole is sent instead.
    if request.headers.get("Range") and request.headers.get("If-Range", tag) == tag:
        wanted = request.range
        found = None
        # Players ask for one range; many at once are only asked for to keep a server busy.
        if wanted is not None and wanted.units == "bytes" and len(wanted.ranges) == 1:
            found = wanted.range_for_length(size)
        if found is None:
            opened.close()
            raise Refused(
                416, "The file has no such range.", headers={"Content-Range": f"bytes */{size}"}
            )
        (start, stop), status = found, 206
    opened.seek(start)
    headers["Content-Length"] = str(stop - start)
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    if title is not None:
        headers["Content-Disposition"] = attachment(title, file.suffix)
    kind = kind or TYPES.get(file.suffix, "application/octet-stream")
    if request.method == "HEAD":
        opened.close()
        # Not b"": that would tell a length of its own.
        return Response(iter(()), status, headers, content_type=kind)
    body = request.environ["wsgi.file_wrapper"](opened, BLOCK)
    return Response(body, status, headers, content_type=kind, direct_passthrough=True)


def attachment(title: str, suffix: str) -> str:
    """The header that makes a file one to keep, by that name."""
    name = re.sub(r'[\x00-\x1f\x7f"\\/]+', " ", title).strip() or "film"
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{quote(name + suffix)}"
