"""A version of the film as VP9 and Opus, for a page whose browser cannot play H.264."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.fault import FaultError, explain
from backend.core.progress import Stage
from backend.media.read import open_media
from backend.media.write import sync

RENDITION_ENGINE = 1
"""Version of what `rendition` makes; raise it when that changes."""

TALLEST = 720
"""Lines of picture at most: a page that cannot play H.264 still shows it at a readable size."""
_STAGE = "rendition"
_RATE = 48_000
_BT709 = 1
"""The number of that matrix in H.273, by which codecs name it."""


def rendition(film: Path, output: Path, ctx: Context) -> dict[str, object]:
    """Write `film` as WebM to `output` and sync it. Returns width, height and duration (seconds).

    Turned pictures are turned, since WebM has no way to say so. Frame times are kept. Raises
    `FaultError`; what was written is the caller's to remove.
    """
    ctx.plan([Stage(_STAGE, "Making a version for this browser", 1.0)])
    try:
        with (
            open_media(film) as source,
            av.open(f"file:{output}", "w", format="webm") as target,
        ):
            facts = _Encoder(source, target, ctx).run()
    except (FFmpegError, OSError) as error:
        raise FaultError(explain(error, "make a version for this browser")) from error
    sync(output)
    return facts


class _Encoder:
    """One pass over the film, packets of both tracks in the order in which they lie."""

    def __init__(
        self, source: av.container.InputContainer, target: OutputContainer, ctx: Context
    ) -> None:
        self._source, self._target, self._ctx = source, target, ctx
        self._length = Fraction(source.duration or 0, av.time_base)
        self._video: VideoStream | None = None
        self._audio: AudioStream | None = None
        self._resampler = av.AudioResampler(format="flt", rate=_RATE)
        self._turned: av.filter.Graph | None = None

    def run(self) -> dict[str, object]:
        streams = [*self._source.streams.video[:1], *self._source.streams.audio[:1]]
        # Tracks must be known before the first packet is written.
        if self._source.streams.audio:
            sound = self._source.streams.audio[0]
            self._audio = self._target.add_stream("libopus", rate=_RATE)
            self._audio.layout = "mono" if sound.channels == 1 else "stereo"
            self._audio.bit_rate = 96_000
            self._resampler = av.AudioResampler("flt", self._audio.layout, _RATE, 960)
        width = height = 0
        if self._source.streams.video:
            width, height = self._begin_picture(self._source.streams.video[0])
        for packet in self._source.demux(streams):
            self._ctx.check()
            if packet.pts is not None and packet.time_base is not None and self._length:
                done = packet.pts * packet.time_base / self._length
                self._ctx.progress(_STAGE, min(1.0, float(done)))
            for frame in _decoded(packet):
                self._encode(frame)
        self._encode(None)
        self._ctx.progress(_STAGE, 1.0)
        return {"width": width, "height": height, "duration": float(self._length)}

    def _begin_picture(self, picture: VideoStream) -> tuple[int, int]:
        first = next(self._source.decode(picture))
        self._source.seek(0)
        turn = round(first.rotation) % 360
        shown = (first.height, first.width) if turn in (90, 270) else (first.width, first.height)
        scale = min(Fraction(1), Fraction(TALLEST, min(shown)))
        width, height = (max(2, 2 * round(side * scale / 2)) for side in shown)
        rate = picture.average_rate or Fraction(30)
        self._video = self._target.add_stream("libvpx-vp9", rate=rate)
        self._video.width, self._video.height = width, height
        self._video.pix_fmt = "yuv420p"
        assert picture.time_base is not None
        self._video.time_base = Fraction(1, 1000)
        self._video.codec_context.time_base = picture.time_base
        self._video.codec_context.colorspace = _BT709
        self._video.codec_context.color_range = 1  # limited
        self._video.options = {
            "deadline": "realtime",
            "cpu-used": "8",
            "row-mt": "1",
            "tile-columns": "2",
            "crf": "33",
            "b": "2500k",
            "g": "120",
        }
        graph = av.filter.Graph()
        last = graph.add_buffer(template=picture, time_base=picture.time_base)
        turns = {90: ["cclock"], 180: ["clock", "clock"], 270: ["clock"]}.get(turn, [])
        filters = [("transpose", name) for name in turns]
        scale_words = f"{width}:{height}:{_colours(first)}"
        for name, words in (*filters, ("scale", scale_words), ("format", "yuv420p")):
            node = graph.add(name, words)
            last.link_to(node)
            last = node
        last.link_to(graph.add("buffersink"))
        graph.configure()
        self._turned = graph
        return width, height

    def _encode(self, frame: av.VideoFrame | av.AudioFrame | None) -> None:
        """Encode a frame, or with None what is left in both encoders."""
        if isinstance(frame, av.AudioFrame) or frame is None:
            for part in self._resampler.resample(frame) if self._audio else ():
                self._write(self._audio, part)
        if isinstance(frame, av.VideoFrame) and self._turned is not None:
            self._turned.push(frame)
            ready = self._turned.pull()
            assert isinstance(ready, av.VideoFrame)
            ready.pict_type = av.video.frame.PictureType.NONE
            self._write(self._video, ready)
        if frame is None:
            self._write(self._video, None)
            self._write(self._audio, None)

    def _write(
        self, stream: VideoStream | AudioStream | None, frame: av.VideoFrame | av.AudioFrame | None
    ) -> None:
        if stream is not None:
            self._target.mux(stream.encode(frame))  # type: ignore[arg-type]


def _colours(frame: av.VideoFrame) -> str:
    """Words for the scaler that make any film's colours those of BT.709, limited range.

    What a film does not say is what players assume: BT.601 for small pictures, BT.709 for others.
    """
    full = frame.format.name.startswith("yuvj") or frame.color_range == 2
    matrix = {1: "bt709", 5: "bt601", 6: "bt601", 9: "bt2020"}.get(frame.colorspace)
    matrix = matrix or ("bt709" if min(frame.width, frame.height) >= 720 else "bt601")
    return (
        f"in_range={'full' if full else 'limited'}:out_range=limited"
        f":in_color_matrix={matrix}:out_color_matrix=bt709"
    )


def _decoded(packet: Packet[Any]) -> Iterator[av.VideoFrame | av.AudioFrame]:
    try:
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame | av.AudioFrame):
                yield frame
    except FFmpegError:
        return  # a damaged packet: the film plays on without it
