"""The one place where media is opened for reading.

A recording comes from anywhere, so nothing in its name or its bytes is trusted: it is opened by an
absolute path, as a regular file, by demuxers of real recordings only. Playlists, networks, image
sequences and devices cannot be reached from here, whatever a file is called.
"""

from __future__ import annotations

import os
from pathlib import Path

import av
import av.logging
from av.container import InputContainer
from av.error import FFmpegError

from backend.core.fault import Category, refuse
from backend.media.diagnose import why_unreadable
from backend.media.recovery import mended
from backend.media.scan import MAX_PIXELS
from backend.media.source import regular_file, shown

FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,mpegvideo,m4v,avi,flv,live_flv,kux,"
    "ogg,wav,w64,aiff,caf,au,voc,flac,mp3,aac,loas,ac3,eac3,dts,dtshd,truehd,wv,tta,ape,"
    "amr,amrnb,amrwb,h264,hevc,vvc,obu,av1,ivf,vc1,h263,asf,mxf,gxf,dv,gif,rm,nut,wtv,nsv"
)
"""Demuxers of what recorders, cameras and editors write. None of them opens a second file."""

MAX_STREAMS = 64
"""Tracks of one file: a mixing desk writes 32."""

# Everything worth telling becomes a Fault; FFmpeg's own words would land on somebody's screen.
av.logging.set_level(None)


def open_media(path: Path) -> InputContainer:
    """Open a recording. The caller owns the container and closes it.

    Raises FaultError (input, missing, permission) that names the file and says why and what to do.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - a link is opened under its own name
    regular_file(path)
    pixels = str(MAX_PIXELS)
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": FORMATS,
        "max_streams": str(MAX_STREAMS),
        "max_pixels": pixels,
    }
    try:
        repair = mended(path)
        # The prefix names the protocol, so that no part of a name can be taken for one.
        container = av.open(
            f"file:{path}" if repair is None else repair.open(),
            "r",
            format=None if repair is None else repair.format,
            options=options,
            metadata_errors="replace",
            timeout=(60, 60),
        )
    except PermissionError as error:
        raise refuse(
            Category.PERMISSION,
            f"“{shown(path)}” may not be read.",
            "Give yourself permission to read the file, then retry.",
        ) from error
    except (FFmpegError, OSError, ValueError, MemoryError) as error:
        raise why_unreadable(path, getattr(error, "strerror", "") or "") from error
    for stream in container.streams:
        if stream.codec_context is not None:
            stream.codec_context.options = {"max_pixels": pixels}
    return container
