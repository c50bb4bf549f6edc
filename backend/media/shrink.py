"""A film's picture encoded again, smaller: in chunks, several at a time, each looked at.

Chunks begin at the film's own keyframes where those are near enough, so that several threads can
each decode, compare and encode a stretch of their own: that fills the cores without their waiting
for each other. Where keyframes are far apart the chunks in between follow one decoder, and the
encoder takes the threads.

A frame that equals the one before it is not encoded: the one before is shown for longer.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from pathlib import Path
from queue import Empty, SimpleQueue

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.context import Context, Stopped
from backend.core.fault import FaultError, explain
from backend.media import colour
from backend.media.chunks import GOP, Chunk, Peeking, Sample, Sampler, Stretch, stretches
from backend.media.duplicates import same_picture
from backend.media.film import Damaged, Film, FrameReader
from backend.media.hardware import SOFTWARE, Encoder
from backend.media.quality import Target, likeness
from backend.media.read import open_media
from backend.media.write import Mp4Writer, sync

SHRINK_ENGINE = 2
"""Version of everything that shapes a chunk; raise it when chunks change."""

LOOKED_AT = 12
"""Chunks of which samples are compared with the film, at least, where there are so many."""
MEMORY = 768 << 20
"""Bytes of frames that are held at a time, about."""
HELD = 60
"""Frames that a decoder, an encoder looking ahead, and the samples hold together, about."""

STAGE = "picture"
_DOING = "encode the smaller picture"
_WAIT = 0.05
"""Seconds between two looks at whether to stop."""


class Larger(Exception):
    """The chunks weigh as much as the film's picture does, or more."""


class Worse(Exception):
    """A chunk is below the floor of quality even at the second try."""


Made = tuple[int, Path]
"""Where a chunk begins, in ticks of the film, and its file."""


@dataclass(slots=True)
class ShrinkFacts:
    """What was met on the way; of chunks made in this run."""

    repeated: int = 0
    """Frames that were left out."""
    likeness: list[float] = field(default_factory=list)
    """SSIM of each chunk that was looked at."""
    bettered: int = 0
    """Chunks that were encoded a second time."""


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lanes(film: Film) -> int:
    """How many stretches may be encoded at a time, by the memory that each takes; at least one."""
    frame = film.stream.width * film.stream.height * 3 // 2
    return max(1, MEMORY // (HELD * max(frame, 1)))


class Shrinker:
    """Makes the chunks of one film that are not there yet."""

    def __init__(
        self, film: Film, key: str, target: Target, ctx: Context, encoder: Encoder = SOFTWARE
    ) -> None:
        """`key`: the film's artifact."""
        self._film = film
        self._target = target
        self._encoder = encoder
        self._ctx = ctx
        self._stretches = stretches(film)
        self.chunks = [chunk for stretch in self._stretches for chunk in stretch]
        self.keys = {
            chunk: artifact_key(
                ArtifactKind.SHRUNK,
                [key],
                {
                    "range": [chunk.start, chunk.end],
                    "encoder": [encoder.codec, target.preset, target.crf, target.params],
                    "floor": target.floor,
                },
                SHRINK_ENGINE,
            )
            for chunk in self.chunks
        }
        self.facts = ShrinkFacts()
        stride = max(1, len(self.chunks) // LOOKED_AT)
        self._looked_at = set(self.chunks[::stride])
        self._worried = False
        self._repeated: dict[Chunk, int] = {}
        self._stop = threading.Event()
        self._done = dict.fromkeys(self.chunks, 0.0)
        self._lanes = min(cores(), len(self._stretches), lanes(film))
        self._threads = ceil(cores() / max(1, self._lanes))

    def run(self) -> list[Made]:
        """All chunks, in order; the file of one in which no frame begins is empty.

        Raises Larger, Worse, `Damaged`, `LeftAlone`, FaultError, or `Stopped`; no thread of its own
        outlives it.
        """
        found: dict[Chunk, Path] = {}
        todo: SimpleQueue[tuple[Stretch, frozenset[Chunk]]] = SimpleQueue()
        for stretch in self._stretches:
            for chunk in stretch:
                self._ctx.check()
                if (path := self._ctx.find(self.keys[chunk])) is not None:
                    found[chunk] = path
                    self._done[chunk] = 1.0
            if missing := frozenset(chunk for chunk in stretch if chunk not in found):
                todo.put((stretch, missing))
        made: SimpleQueue[tuple[Chunk, Path] | BaseException | None] = SimpleQueue()
        threads = [
            threading.Thread(target=self._work, args=(todo, made), name=f"shrink {lane}")
            for lane in range(self._lanes)
        ]
        for thread in threads:
            thread.start()
        try:
            working = len(threads)
            size = sum(path.stat().st_size for path in found.values())
            while working:
                self._ctx.check()
                self._ctx.progress(STAGE, sum(self._done.values()) / len(self.chunks))
                try:
                    came = made.get(timeout=_WAIT)
                except Empty:
                    continue
                if isinstance(came, BaseException):
                    raise came
                if came is None:
                    working -= 1
                    continue
                chunk, part = came
                size += part.stat().st_size
                if size > self._film.picture_size:
                    raise Larger
                found[chunk] = self._ctx.keep(ArtifactKind.SHRUNK, self.keys[chunk], part)
                self._ctx.reach("shrunk-chunk-kept")
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
        self.facts.repeated = sum(self._repeated.values())
        self._ctx.progress(STAGE, 1.0)
        return [(chunk.start, found[chunk]) for chunk in self.chunks]

    def _check(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _work(
        self,
        todo: SimpleQueue[tuple[Stretch, frozenset[Chunk]]],
        made: SimpleQueue[tuple[Chunk, Path] | BaseException | None],
    ) -> None:
        try:
            with closing(FrameReader(self._film, self._threads)) as reader:
                while True:
                    try:
                        stretch, missing = todo.get_nowait()
                    except Empty:
                        break
                    for chunk, part in self._stretch(reader, stretch, missing):
                        made.put((chunk, part))
            made.put(None)
        except BaseException as error:
            made.put(error)

    def _stretch(
        self, reader: FrameReader, stretch: Stretch, missing: frozenset[Chunk]
    ) -> Iterator[tuple[Chunk, Path]]:
        last = max(chunk.end for chunk in missing)
        frames = Peeking(reader.frames(stretch[0].start, last, self._check))
        for chunk in stretch:
            if chunk not in missing:
                for _ in frames.before(min(chunk.end, last)):
                    pass
                continue
            part = self._ctx.part(self.keys[chunk], ".mp4")
            samples = self._encode(part, frames, chunk, self._target.crf)
            if samples and (self._worried or chunk in self._looked_at):
                found = self._alike(part, chunk, samples)
                if found < self._target.floor:
                    found = self._again(part, stretch, chunk)
                self.facts.likeness.append(found)
            self._done[chunk] = 1.0
            yield chunk, part

    def _again(self, part: Path, stretch: Stretch, chunk: Chunk) -> float:
        """Encode a chunk a second time, at better quality. Returns its SSIM; raises Worse."""
        self._worried = True
        self.facts.bettered += 1
        with closing(FrameReader(self._film, self._threads)) as reader:
            frames = Peeking(reader.frames(stretch[0].start, chunk.end, self._check))
            for _ in frames.before(chunk.start):
                pass
            samples = self._encode(part, frames, chunk, self._target.better_crf)
        found = self._alike(part, chunk, samples)
        if found < self._target.floor:
            raise Worse(f"{found:.4f} at {float(self._film.seconds(chunk.start)):.0f} s")
        return found

    def _encode(self, path: Path, frames: Peeking, chunk: Chunk, crf: int) -> list[Sample]:
        """Write one chunk; its samples as they were before."""
        if frames.following is None or frames.following >= chunk.end:
            if self._film.shown[self._film.within(chunk.start, chunk.end)]:
                raise Damaged("no frame could be decoded")
            _write_nothing(path)
            return []
        sampler = Sampler(chunk)
        whole = max(chunk.end - chunk.start, 1)
        timescale = self._film.time_base.denominator
        with Mp4Writer(path, _DOING, faststart=False, timescale=timescale) as writer:
            stream = self._stream(writer, crf)
            before: av.VideoFrame | None = None
            seen = repeated = 0
            for tick, frame in frames.before(chunk.end):
                self._check()
                seen += 1
                self._done[chunk] = (tick - chunk.start) / whole
                sampler.see(tick, frame)
                if before is not None and same_picture(before, frame):
                    repeated += 1
                    continue
                frame.pts, frame.time_base = tick - chunk.start, self._film.time_base
                frame.pict_type = PictureType.NONE
                self._encoder.feed(stream, frame, writer)
                before = frame
            self._encoder.feed(stream, None, writer)
        expected = len(self._film.shown[self._film.within(chunk.start, chunk.end)])
        if seen != expected:
            raise Damaged(f"{seen} of {expected} frames could be decoded")
        self._repeated[chunk] = repeated
        return sampler.taken()

    def _stream(self, writer: Mp4Writer, crf: int) -> VideoStream:
        stream = writer.add_encoder(
            self._encoder.codec,
            rate_of(self._film),
            self._encoder.options(self._target, crf, self._threads),
        )
        assert isinstance(stream, VideoStream)
        configure(stream.codec_context, self._film)
        stream.time_base = self._film.time_base
        return stream

    def _alike(self, part: Path, chunk: Chunk, samples: Sequence[Sample]) -> float:
        """Mean SSIM of a chunk's samples."""
        pairs = []
        container = open_media(part)
        try:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = self._threads
            wanted = iter(samples)
            sample = next(wanted, None)
            shown: av.VideoFrame | None = None
            base = stream.time_base
            assert base is not None
            for frame in container.decode(stream):
                self._check()
                tick = chunk.start + round((frame.pts or 0) * base / self._film.time_base)
                while sample is not None and shown is not None and sample.tick < tick:
                    pairs.append((sample.frame, shown))
                    sample = next(wanted, None)
                shown = frame
            while sample is not None and shown is not None:
                pairs.append((sample.frame, shown))
                sample = next(wanted, None)
        finally:
            container.close()
        if len(pairs) < len(samples):
            raise Worse("a chunk that was encoded does not decode")
        figures = likeness(pairs)
        return sum(figures) / len(figures)


def rate_of(film: Film) -> Fraction:
    """Frames a second, as an encoder is told: what it makes of them it decides by their times."""
    return (film.stream.frame_rate or Fraction(30)).limit_denominator(1001)


def configure(context: VideoCodecContext, film: Film) -> None:
    """Tell an encoder what a film's frames are like."""
    source = film.stream
    context.width, context.height = source.width, source.height
    context.pix_fmt = source.pixel_format
    context.time_base = film.time_base
    context.gop_size = GOP
    context.sample_aspect_ratio = source.sample_aspect
    context.color_range = colour.number(colour.RANGES, source.color_range) or 0
    context.color_primaries = colour.number(colour.PRIMARIES, source.color_primaries) or 2
    context.color_trc = colour.number(colour.TRANSFERS, source.color_transfer) or 2
    context.colorspace = colour.number(colour.MATRICES, source.color_matrix) or 2


def _write_nothing(path: Path) -> None:
    try:
        path.write_bytes(b"")
        sync(path)
    except OSError as error:
        raise FaultError(explain(error, _DOING)) from error
