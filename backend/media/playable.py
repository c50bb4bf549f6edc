"""What browsers play as it is."""

from __future__ import annotations

from backend.core.media import MediaInfo, VideoStream

_PROFILES = frozenset({"Constrained Baseline", "Baseline", "Main", "High", "Constrained High"})
_PLAYED_FORMATS = frozenset({"yuv420p", "yuvj420p"})
TIMED = ("mov", "matroska", "mpegts", "mpeg", "flv", "ogg", "asf", "gif", "ivf", "nut", "rm", "mxf")
"""Containers whose packets carry presentation times. AVI and raw streams leave them to guess."""

_COPIED = ("mov", "matroska", "mpegts", "flv")
"""Those among them whose times are good enough to be copied as they are."""

_CODECS = {
    "hevc": "HEVC",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
    "prores": "ProRes",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4 Part 2",
    "mjpeg": "Motion JPEG",
    "gif": "GIF",
    "h264": "H.264",
}


def plays_in_browsers(info: MediaInfo, stream: VideoStream) -> tuple[bool, str]:
    """Whether a browser plays the packets of a stream as they are, and why or why not."""
    name = _CODECS.get(stream.codec, stream.codec)
    if stream.codec != "h264":
        return False, f"{name}: browsers want H.264 in an MP4"
    kind = f"{name} {stream.profile or 'of unknown profile'} {stream.pixel_format}"
    if stream.pixel_format not in _PLAYED_FORMATS or stream.profile not in _PROFILES:
        return False, f"{kind}: browsers play 8-bit 4:2:0 only"
    if not info.container.startswith(_COPIED):
        return False, f"{kind}: the {info.container} file has no times for its frames"
    return True, f"{kind}: browsers play it"
