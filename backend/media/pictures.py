"""The film's picture track: packets of all its parts, copied or encoded, as one stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.time import ZERO, ticks
from backend.media import avcc, h264
from backend.media.copy import NotCopyable, copied, video_stream
from backend.media.encode import REORDER, read_chunks
from backend.media.even import evenly
from backend.media.order import Ranked, held
from backend.media.read import open_media
from backend.media.spans import PicturePlan
from backend.media.write import Mp4Writer

Chunks = Mapping[PicturePlan, Sequence[Path]]
"""Finished chunks of each part that is encoded. A chunk without frames is an empty file."""


class PictureTrack:
    """A film's picture track in the making."""

    def __init__(
        self,
        writer: Mp4Writer,
        parts: Sequence[PicturePlan],
        chunks: Chunks,
        stack: ExitStack,
        *,
        frugal: bool = False,
    ) -> None:
        """`stack` closes what this opens. `frugal`: chunks are removed once they are read.

        Raises NotCopyable where packets of all parts cannot stand in one track, ValueError where
        there are none.
        """
        self._parts, self._chunks, self._frugal = parts, chunks, frugal
        templates = list(_templates(parts, chunks, stack))
        if not templates:
            raise ValueError("no frame could be decoded")
        copies = [stream for part, stream in templates if part.encoding is None]
        self._depth = max([*(stream.codec_context.reorder_depth for stream in copies), 0])
        if chunks:
            self._depth = max(self._depth, REORDER)
        template = copies[0] if copies else templates[0][1]
        headers = {bytes(stream.codec_context.extradata or b"") for _, stream in templates}
        self.size = (template.codec_context.width, template.codec_context.height)
        self.stream = writer.add_copy(template, parts[0].time_base)
        self._numbers: frozenset[int] | None = None
        if len(headers) > 1:
            self.stream.codec_context.extradata = self._joined(templates)
        encoding = templates[0][0].encoding
        if encoding is not None and not copies:
            turned = (templates[0][0].stream.rotation - encoding.turn) % 360
            if turned:
                self.stream.set_display_rotation(-turned)

    def _joined(self, templates: Sequence[tuple[PicturePlan, VideoStream]]) -> bytes:
        """One header for packets of several encoders."""
        sets: list[bytes] = []
        ours: set[int] = set()
        try:
            for part, stream in templates:
                own = list(avcc.parameter_sets(stream.codec_context.extradata))
                sets += own
                if part.encoding is not None:
                    ours.update(h264.number_of(unit) for unit in own)
            self._numbers = frozenset(ours)
            return avcc.record(sets)
        except (avcc.Clash, ValueError, IndexError) as error:
            raise NotCopyable(f"its parameter sets cannot stand beside others ({error})") from error

    def packets(self, ctx: Context) -> Iterator[Packet[VideoStream]]:
        """Packets of the film, in decoding order, in its ticks. Raises NotCopyable or Disorder."""
        last = self._parts[-1]
        end = last.span.end
        if last.grid is not None:
            end = ZERO  # of itself, the last frame lasts as long as the others
        elif last.encoding is None and last.run is None:
            # The recording's own end, where the sound goes on behind it.
            end = last.stream.start + last.stream.duration - last.zero + last.span.start
        return held(self._ordered(ctx), ticks(end, last.time_base))

    def _ordered(self, ctx: Context) -> Iterator[Packet[VideoStream]]:
        lead = self._parts[0]
        ordered: Iterable[tuple[int, int, Packet[VideoStream]]]
        if lead.grid is None:
            ordered = Ranked(self._shown(ctx), self._depth)
        else:
            ordered = evenly(self._shown(ctx), ticks(1 / lead.grid, lead.time_base), self._depth)
        for shown, decoded, packet in ordered:
            packet.stream = self.stream
            packet.time_base = self._parts[0].time_base
            packet.pts, packet.dts = shown, decoded
            yield packet

    def _shown(self, ctx: Context) -> Iterator[tuple[int, Packet[VideoStream]]]:
        for part in self._parts:
            if part.encoding is None:
                yield from copied(part, ctx, joined=self._numbers)
            else:
                yield from read_chunks(part, self._chunks[part], ctx, frugal=self._frugal)


def _templates(
    parts: Sequence[PicturePlan], chunks: Chunks, stack: ExitStack
) -> Iterator[tuple[PicturePlan, VideoStream]]:
    """A stream of each file and of each encoding among the parts."""
    seen: set[object] = set()
    for part in parts:
        if part.encoding is None:
            path, index, which = Path(part.clip.path), part.clip.stream, part.clip.path
        else:
            filled = next((path for path in chunks[part] if path.stat().st_size), None)
            if filled is None:
                continue
            path, index, which = filled, 0, str(filled)
        if which in seen:
            continue
        seen.add(which)
        container = open_media(path)
        stack.callback(container.close)
        yield part, video_stream(container, index)
