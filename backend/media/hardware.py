"""Encoders that graphics processors bring along: which there are, and whether they work here.

x264 makes smaller files at the same quality, so hardware is used only where its owner chose speed.
A film's picture comes from one encoder throughout, since a track has one set of parameters: one
that fails in mid film is left, and the film is encoded in software.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import av
from av.codec import CodecContext
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from backend.media.quality import Target
from backend.media.write import Mp4Writer

_TRIAL_FRAMES = 8
_TRIAL_SIZE = (640, 360)
"""Large enough for every encoder: some refuse pictures of a few pixels."""


class LeftAlone(Exception):
    """An encoder of the hardware failed in mid work."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """An H.264 encoder by FFmpeg's name, and how it is told what is aimed at."""

    codec: str
    settings: Callable[[int], Mapping[str, str]]
    """Options for a constant quality, given as x264's CRF."""
    hardware: bool = True

    def options(self, target: Target, crf: int, threads: int) -> dict[str, str]:
        if self.hardware:
            return dict(self.settings(crf))
        # Stitchable: headers depend on no picture and no quality, so that chunks fit each other.
        params = ":".join(filter(None, ("stitchable=1", target.params)))
        return {
            **self.settings(crf),
            "preset": target.preset,
            "profile": "high",
            "threads": str(threads),
            "x264-params": params,
        }

    def feed(self, stream: VideoStream, frame: av.VideoFrame | None, writer: Mp4Writer) -> None:
        """Encode a frame, or with None what is left, into the file. Raises LeftAlone."""
        try:
            packets = stream.encode(frame)
        except FFmpegError as error:
            if self.hardware:
                raise LeftAlone(f"{self.codec}: {error.strerror}") from error
            raise
        for packet in packets:
            writer.write(packet)


SOFTWARE = Encoder("libx264", lambda crf: {"crf": str(crf)}, hardware=False)

HARDWARE = (
    Encoder("h264_nvenc", lambda crf: {"preset": "p5", "rc": "constqp", "qp": str(crf + 1)}),
    Encoder("h264_qsv", lambda crf: {"preset": "slow", "global_quality": str(crf)}),
    Encoder(
        "h264_amf",
        lambda crf: {"rc": "cqp", "qp_i": str(crf - 2), "qp_p": str(crf), "quality": "quality"},
    ),
    Encoder("h264_videotoolbox", lambda crf: {"q:v": str(100 - 2 * crf), "allow_sw": "0"}),
    Encoder("h264_mf", lambda crf: {"hw_encoding": "1", "rate_control": "quality"}),
)
"""In the order in which they are tried. VA-API is not among them: it takes frames that were put
into the graphics memory first, which PyAV cannot do."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of trying one."""

    encoder: Encoder
    trouble: str | None
    """Why it cannot be used; None where it works."""


def tried(encoders: tuple[Encoder, ...] = HARDWARE) -> list[Tried]:
    """Try each encoder on a few frames. Drivers may crash: never call it in the backend itself."""
    return [Tried(encoder, _trouble(encoder)) for encoder in encoders]


def usable(encoders: tuple[Encoder, ...] = HARDWARE) -> Encoder | None:
    """The first encoder of the hardware that works here."""
    return next((found.encoder for found in tried(encoders) if found.trouble is None), None)


def _trouble(encoder: Encoder) -> str | None:
    try:
        context = CodecContext.create(encoder.codec, "w")
    except ValueError:
        return "not in this build"
    assert isinstance(context, VideoCodecContext)
    context.width, context.height = _TRIAL_SIZE
    context.pix_fmt = "yuv420p"
    context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
    context.options = dict(encoder.settings(23))
    size = 0
    try:
        for number in range(_TRIAL_FRAMES):
            frame = av.VideoFrame(*_TRIAL_SIZE, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([16 * number + 64]) * plane.buffer_size)
            frame.pts = number
            size += sum(packet.size for packet in context.encode(frame))
        size += sum(packet.size for packet in context.encode(None))
    except (FFmpegError, OSError) as error:
        return (getattr(error, "strerror", None) or str(error)).lower()
    return None if size else "it encodes nothing"
