"""Picture that is encoded, in chunks that are finished one by one.

Each chunk starts with a frame that needs no other, so chunks can be made in any order, kept, and
put behind each other as packets. A chunk that is finished is an artifact: a killed encode goes on
at the next one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from math import ceil
from pathlib import Path

from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.context import Context
from backend.core.fault import FaultError, explain
from backend.core.media import Source
from backend.core.time import ticks
from backend.media import colour
from backend.media.chunks import Peeking
from backend.media.framing import KEYFRAMES
from backend.media.picture import PictureFacts, pictures, unforced
from backend.media.read import open_media
from backend.media.readahead import frames_ahead
from backend.media.spans import PicturePlan
from backend.media.write import Mp4Writer, sync

PICTURE_ENGINE = 4
"""Version of everything that shapes a chunk; raise it when chunks change."""

_DOING = "encode the picture"
AHEAD = 12
"""Frames that are decoded before the encoder wants them, at most; more gain nothing."""
AHEAD_BYTES = 96 << 20
"""Memory that they may take, unless two are larger."""
REORDER = 3
"""Frames by which x264 reorders at most with the settings used here."""


def chunk_keys(part: PicturePlan, source: Source) -> list[str]:
    """Names of the chunks, by the source's bytes, the stretch and the encoder's settings."""
    assert part.encoding is not None
    return [
        artifact_key(
            ArtifactKind.PICTURE,
            [source.key],
            {
                "stream": part.clip.stream,
                "range": [str(chunk.start), str(chunk.end)],
                "clip": [str(part.zero), str(part.span.start), str(part.span.end), part.held],
                "ticks": str(part.time_base),
                **({"grid": str(part.grid)} if part.grid else {}),
                **part.encoding.parameters(),
            },
            PICTURE_ENGINE,
        )
        for chunk in part.chunks
    ]


def _origins(part: PicturePlan) -> list[int]:
    """Film tick at which each chunk begins, and after the last one where the clip ends."""
    edges = [chunk.start for chunk in part.chunks] + [part.chunks[-1].end]
    return [ticks(edge - part.zero + part.span.start, part.time_base) for edge in edges]


def encode_chunks(
    part: PicturePlan, source: Source, ctx: Context, facts: PictureFacts
) -> list[Path]:
    """Make the chunks that are not there yet. Returns the files of all, in order.

    A chunk without frames (a picture that stood still) is an empty file.
    """
    keys, origins = chunk_keys(part, source), _origins(part)
    found = [ctx.find(key) for key in keys]
    i = 0
    while i < len(keys):
        if found[i] is not None:
            i += 1
            continue
        until = i
        while until < len(keys) and found[until] is None:
            until += 1
        shown = partial(pictures, part, origins[i], facts=facts)
        with frames_ahead(shown, _waiting(part), ctx.check) as ahead:
            frames = Peeking(ahead)
            for k in range(i, until):
                path = ctx.part(keys[k], ".mp4")
                _chunk(part, path, frames, origins, k, ctx)
                found[k] = ctx.keep(ArtifactKind.PICTURE, keys[k], path)
                ctx.reach("chunk-written")
        i = until
    ctx.progress("picture", 1.0)
    return [path for path in found if path is not None]


def _waiting(part: PicturePlan) -> int:
    """Frames that may wait to be encoded."""
    assert part.encoding is not None
    size = part.encoding.width * part.encoding.height * 3 // 2
    return max(2, min(AHEAD, AHEAD_BYTES // max(size, 1)))


def _chunk(
    part: PicturePlan,
    path: Path,
    frames: Peeking,
    origins: list[int],
    k: int,
    ctx: Context,
) -> None:
    origin, end = origins[k], origins[k + 1]
    every = ticks(KEYFRAMES, part.time_base)
    if frames.following is None or frames.following >= end:
        try:
            path.write_bytes(b"")
            sync(path)
        except OSError as error:
            raise FaultError(explain(error, _DOING)) from error
        return
    timescale = part.time_base.denominator
    with Mp4Writer(path, _DOING, faststart=False, timescale=timescale) as writer:
        stream = _add_x264(writer, part)
        last_key: int | None = None
        for tick, frame in frames.before(end):
            ctx.check()
            key = last_key is None or tick - last_key >= every
            last_key = tick if key else last_key
            frame.pts, frame.time_base = tick - origin, part.time_base
            for packet in stream.encode(unforced(frame, key)):
                writer.write(packet)
            ctx.progress("picture", (tick - origins[0]) / max(origins[-1] - origins[0], 1))
        for packet in stream.encode(None):
            writer.write(packet)


def _add_x264(writer: Mp4Writer, part: PicturePlan) -> VideoStream:
    encoding = part.encoding
    assert encoding is not None
    options = {
        "preset": encoding.preset,
        "crf": str(encoding.crf),
        "profile": "high",
        "forced-idr": "1",
    }
    if encoding.sps_id:
        options["x264-params"] = f"sps-id={encoding.sps_id}"
    stream = writer.add_encoder("libx264", encoding.rate, options)
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    context.width, context.height = encoding.width, encoding.height
    context.pix_fmt = "yuv420p"
    context.time_base = part.time_base
    context.gop_size = max(1, ceil(encoding.rate * KEYFRAMES * 2))
    if encoding.aspect != 1:
        context.sample_aspect_ratio = encoding.aspect
    range_, primaries, transfer, matrix = encoding.colours
    context.color_range = colour.number(colour.RANGES, range_) or 0
    context.color_primaries = colour.number(colour.PRIMARIES, primaries) or 2
    context.color_trc = colour.number(colour.TRANSFERS, transfer) or 2
    if matrix != "gbr":
        context.colorspace = colour.number(colour.MATRICES, matrix) or 2
    stream.time_base = part.time_base
    return stream


def read_chunks(
    part: PicturePlan, chunks: Sequence[Path], ctx: Context, *, frugal: bool = False
) -> Iterator[tuple[int, Packet[VideoStream]]]:
    """Packets of all chunks in decoding order, each with the film's tick at which it is shown.

    `frugal`: a chunk is removed once all its packets were taken.
    """
    origins = _origins(part)
    for path, origin in zip(chunks, origins, strict=False):
        if not path.stat().st_size:
            continue
        container = open_media(path)
        try:
            stream = container.streams.video[0]
            assert stream.time_base is not None
            base = Fraction(stream.time_base.numerator, stream.time_base.denominator)
            for packet in container.demux(stream):
                ctx.check()
                if packet.size and packet.pts is not None:
                    packet.duration = ticks((packet.duration or 0) * base, part.time_base)
                    yield origin + ticks(packet.pts * base, part.time_base), packet
        finally:
            container.close()
        if frugal:
            give_up(path)


def give_up(chunk: Path) -> None:
    """Remove a chunk whose packets are in the film: both at once may be more than the disk holds.
    Where it is held open by whatever else, it goes with the job's end."""
    with contextlib.suppress(OSError):
        chunk.unlink()
