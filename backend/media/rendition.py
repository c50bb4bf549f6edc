"""Pieces of a film as VP9 and Opus, for a page whose browser cannot play H.264.

Each piece is a WebM file of its own whose times begin at 0; a page puts it into its place with
Media Source Extensions. Put together in any order they are one film: a piece begins with the
picture that is on screen at its start, and its Opus packets are those that one encoder of the whole
film would have made, but for what four packets of run-in leave of the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import PictureType
from av.video.stream import VideoStream

from backend.core.fault import FaultError, explain
from backend.core.rendition import PIECE
from backend.core.time import ticks
from backend.media.read import open_media
from backend.media.shape import entrance
from backend.media.write import sync

TALLEST = 720
"""Lines of picture at most: a page that cannot play H.264 still shows it at a readable size."""

_RATE = 48_000
_PACKET = 960
"""Samples in an Opus packet, 20 ms."""
_RUN_IN = 4 * _PACKET
"""Samples that the encoder hears before a piece begins; RFC 7845 asks decoders for as much."""
_BACK = Fraction(3)
"""Seconds before the wanted time at which a seek aims: an index holds decoding times, which run
ahead of the times at which frames are shown."""
_MILLISECOND = Fraction(1, 1000)
_STILL = Fraction(1, 10)
"""Seconds for which the last picture of a piece may stand; after longer it comes once more, so that
a player sees no gap before the next piece."""
_BT709 = 1
"""The number of that matrix in H.273, by which codecs name it."""

_DOING = "make a version for this window"


class PieceMaker:
    """Makes pieces of one film in whatever order they are asked for; the next one is the cheapest.

    Turned pictures are turned, since WebM has no way to say so. Times of frames are kept, to the
    millisecond that WebM knows.
    """

    def __init__(self, film: Path) -> None:
        """Raises FaultError where the film cannot be opened."""
        self._film = film
        with open_media(film) as source:
            self._length = Fraction(source.duration or 0, av.time_base)
            self._has_picture = bool(source.streams.video)
            self._has_sound = bool(source.streams.audio)
        self._pictures: _Pictures | None = None
        self._sound: _Sound | None = None

    def make(self, number: int, output: Path, check: Callable[[], None]) -> None:
        """Write piece `number`, counted from 0, to `output` and sync it.

        `check` is called for every frame and may raise to end the work. Raises FaultError; what was
        written is the caller's to remove.
        """
        start = number * PIECE
        end = min(start + PIECE, self._length)
        try:
            with av.open(f"file:{output}", "w", format="webm") as target:
                self._write(target, start, end, check)
        except BaseException as error:
            self.close()  # what was read of a piece that ends early is missing from the next
            if isinstance(error, FFmpegError | OSError):
                raise FaultError(explain(error, _DOING)) from error
            raise
        sync(output)

    def close(self) -> None:
        for opened in (self._pictures, self._sound):
            if opened is not None:
                opened.close()
        self._pictures = self._sound = None

    def _write(
        self, target: OutputContainer, start: Fraction, end: Fraction, check: Callable[[], None]
    ) -> None:
        video: VideoStream | None = None
        audio: AudioStream | None = None
        if self._has_picture:
            if self._pictures is None or self._pictures.at != start:
                self._drop_pictures()
                self._pictures = _Pictures(self._film, start)
            video = _vp9(target, self._pictures)
        if self._has_sound:
            self._sound = self._sound or _Sound(self._film)
            audio = target.add_stream("libopus", rate=_RATE)
            audio.layout = self._sound.layout
            audio.bit_rate = 96_000
        if audio is not None and self._sound is not None:
            _write_sound(target, audio, self._sound, start, end, check)
        if video is not None and self._pictures is not None:
            _write_pictures(target, video, self._pictures.until(end, check), start, end)

    def _drop_pictures(self) -> None:
        if self._pictures is not None:
            self._pictures.close()


def _vp9(target: OutputContainer, pictures: _Pictures) -> VideoStream:
    stream = target.add_stream("libvpx-vp9", rate=pictures.rate)
    stream.width, stream.height = pictures.size
    stream.pix_fmt = "yuv420p"
    stream.time_base = stream.codec_context.time_base = _MILLISECOND
    stream.codec_context.colorspace = _BT709
    stream.codec_context.color_range = 1  # limited
    stream.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "row-mt": "1",
        "tile-columns": "2",
        "crf": "33",
        "b": "2500k",
        "g": "999",
    }
    return stream


def _write_pictures(
    target: OutputContainer,
    stream: VideoStream,
    pictures: Iterator[tuple[Fraction, av.VideoFrame]],
    start: Fraction,
    end: Fraction,
) -> None:
    last: int | None = None
    frame: av.VideoFrame | None = None
    for time, frame in pictures:
        place = ticks(max(time, start) - start, _MILLISECOND)
        if last is not None and place <= last:
            continue  # closer to each other than WebM can tell
        last = place
        _show(target, stream, frame, place)
    again = ticks(end - start, _MILLISECOND) - 40
    if frame is not None and last is not None and again - last > _STILL / _MILLISECOND:
        _show(target, stream, frame, again)
    target.mux(stream.encode(None))


def _show(target: OutputContainer, stream: VideoStream, frame: av.VideoFrame, place: int) -> None:
    frame.pts, frame.time_base = place, _MILLISECOND
    frame.pict_type = PictureType.NONE
    target.mux(stream.encode(frame))


def _write_sound(
    target: OutputContainer,
    stream: AudioStream,
    sound: _Sound,
    start: Fraction,
    end: Fraction,
    check: Callable[[], None],
) -> None:
    first, last = ticks(start, Fraction(1, _RATE)), ticks(end, Fraction(1, _RATE))
    begin = max(0, first - _RUN_IN)
    samples = sound.between(begin, last, check)
    unheard = (first - begin) // _PACKET
    made = 0

    def write(frame: av.AudioFrame | None) -> None:
        nonlocal made
        for packet in stream.encode(frame):
            place = made - unheard
            made += 1
            # What an encoder still holds at the end of a piece is the beginning of the next.
            if place < 0 or place * _PACKET >= last - first:
                continue
            packet.pts = packet.dts = place * _PACKET
            packet.duration = _PACKET
            packet.time_base = Fraction(1, _RATE)
            target.mux(packet)

    for at in range(0, samples.shape[1], _PACKET):
        check()
        piece = samples[:, at : at + _PACKET]
        whole = np.zeros((samples.shape[0], _PACKET), np.float32)
        whole[:, : piece.shape[1]] = piece
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(whole.T.reshape(1, -1)), "flt", sound.layout
        )
        frame.sample_rate, frame.pts, frame.time_base = _RATE, at, Fraction(1, _RATE)
        write(frame)
    write(None)


class _Pictures:
    """Frames of the film from a place on, turned and at the size of the rendition."""

    def __init__(self, film: Path, start: Fraction) -> None:
        self.at = start
        """Where the next piece begins."""
        self._container = open_media(film)
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        rate = self._stream.average_rate or Fraction(30)
        self.rate = Fraction(rate.numerator, rate.denominator)
        base = self._stream.time_base
        assert base is not None
        self._base = Fraction(base.numerator, base.denominator)
        first = next(self._container.decode(self._stream))
        self._turn = round(first.rotation) % 360
        turned = self._turn in (90, 270)
        shown = (first.height, first.width) if turned else (first.width, first.height)
        scale = min(Fraction(1), Fraction(TALLEST, min(shown)))
        width, height = (max(2, 2 * round(side * scale / 2)) for side in shown)
        self.size = width, height
        self._graph = self._graph_for(first)
        aim = ticks(max(start - _BACK, Fraction(0)), self._base)
        self._container.seek(aim, stream=self._stream)
        self._frames = _decoded(self._container, self._stream)
        self._next = next(self._frames, None)
        self._current: av.VideoFrame | None = None

    def until(
        self, end: Fraction, check: Callable[[], None]
    ) -> Iterator[tuple[Fraction, av.VideoFrame]]:
        """The picture that is on screen where the last piece ended, and those up to `end`."""
        while self._next is not None and self._time(self._next) <= self.at:
            check()
            self._current, self._next = self._next, next(self._frames, None)
        if self._current is not None:
            # A frame is shown from its own time on, or from where the piece begins.
            yield self.at, self._shaped(self._current)
        while self._next is not None and self._time(self._next) < end:
            check()
            self._current, self._next = self._next, next(self._frames, None)
            yield self._time(self._current), self._shaped(self._current)
        self.at = end

    def close(self) -> None:
        self._container.close()

    def _time(self, frame: av.VideoFrame) -> Fraction:
        return (frame.pts or 0) * self._base

    def _shaped(self, frame: av.VideoFrame) -> av.VideoFrame:
        self._graph.push(frame)
        ready = self._graph.pull()
        assert isinstance(ready, av.VideoFrame)
        return ready

    def _graph_for(self, first: av.VideoFrame) -> Graph:
        graph = Graph()
        last = entrance(graph, first, self._base)
        turns = {90: ["cclock"], 180: ["clock", "clock"], 270: ["clock"]}.get(self._turn, [])
        filters = [("transpose", name) for name in turns]
        scale = f"{self.size[0]}:{self.size[1]}:{_colours(first)}"
        for name, words in (*filters, ("scale", scale), ("format", "yuv420p")):
            node = graph.add(name, words)
            last.link_to(node)
            last = node
        last.link_to(graph.add("buffersink"))
        graph.configure()
        return graph


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


class _Sound:
    """The film's sound at 48 kHz, from any sample on."""

    def __init__(self, film: Path) -> None:
        self._container = open_media(film)
        self._stream = self._container.streams.audio[0]
        self.layout = "mono" if self._stream.channels == 1 else "stereo"
        base = self._stream.time_base
        assert base is not None
        self._base = Fraction(base.numerator, base.denominator)
        self._held: npt.NDArray[np.float32] = np.zeros((self._channels, 0), np.float32)
        self._start = 0
        """Sample at which `_held` begins."""
        self._frames: Iterator[av.AudioFrame] | None = None

    @property
    def _channels(self) -> int:
        return 1 if self.layout == "mono" else 2

    def between(self, start: int, end: int, check: Callable[[], None]) -> npt.NDArray[np.float32]:
        """Samples of shape (channels, end - start); zeros where the film has none."""
        if self._frames is None or not self._start <= start <= self._start + self._held.shape[1]:
            self._seek(start)
        parts, count = [self._held], self._held.shape[1]
        assert self._frames is not None
        while self._start + count < end:
            check()
            frame = next(self._frames, None)
            if frame is None:
                break
            samples = (
                frame.to_ndarray().reshape(-1, self._channels).T.astype(np.float32, copy=False)
            )
            parts.append(samples)
            count += samples.shape[1]
        self._held = np.concatenate(parts, axis=1)
        found = self._held[:, start - self._start : end - self._start]
        keep = max(0, end - _RUN_IN - self._start)
        self._held, self._start = self._held[:, keep:], self._start + keep
        short = end - start - found.shape[1]
        return np.pad(found, ((0, 0), (0, short))) if short > 0 else found

    def close(self) -> None:
        self._container.close()

    def _seek(self, start: int) -> None:
        # A decoder needs a packet or two before it sounds right.
        aim = max(Fraction(start, _RATE) - Fraction(1, 5), Fraction(0))
        self._container.seek(ticks(aim, self._base), stream=self._stream)
        frames = _decoded(self._container, self._stream)
        first = next(frames, None)
        self._held = np.zeros((self._channels, 0), np.float32)
        place = 0 if first is None else ticks((first.pts or 0) * self._base, Fraction(1, _RATE))
        if place > start:  # the film's sound begins later than this piece
            self._held = np.zeros((self._channels, place - start), np.float32)
            place = start
        self._start = place
        self._frames = self._resampled(first, frames)

    def _resampled(
        self, first: av.AudioFrame | None, rest: Iterator[av.AudioFrame]
    ) -> Iterator[av.AudioFrame]:
        resampler = av.AudioResampler("flt", self.layout, _RATE)
        if first is not None:
            yield from resampler.resample(first)
        for frame in rest:
            yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _decoded(container: InputContainer, stream: VideoStream | AudioStream) -> Iterator[Any]:
    """Frames of a track; a damaged packet is left out, and the film plays on without it."""
    for packet in container.demux(stream):
        try:
            yield from packet.decode()
        except FFmpegError:
            continue
