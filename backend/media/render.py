"""RenderPlan → film: the chunks that are missing are encoded, then all packets go into one file,
in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import TypeAlias

from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from backend.core.context import Context
from backend.core.fault import Category, FaultError, refuse
from backend.core.media import Source
from backend.core.time import ZERO
from backend.media.aac import add_aac
from backend.media.copy import NotCopyable
from backend.media.encode import encode_chunks
from backend.media.order import Disorder
from backend.media.picture import PictureFacts
from backend.media.pictures import Chunks, PictureTrack
from backend.media.pieces import packets_of
from backend.media.plan import RenderPlan
from backend.media.samples import SoundFacts
from backend.media.soundcopy import SoundNotCopyable, add_copied, copied_sound
from backend.media.source import require_unchanged, shown
from backend.media.spans import PicturePlan
from backend.media.track import SoundTrack
from backend.media.verify import Expected, ExpectedAudio, ExpectedVideo
from backend.media.write import IndexTooLarge, Mp4Writer, index_room

_TELL_EVERY = 32
"""Packets between two words on the progress; telling costs more than copying."""
_ENCODING = 0.8
"""Share of the time that encoding the sound takes, where there is sound."""

AnyPacket: TypeAlias = "Packet[VideoStream] | Packet[AudioStream]"


@dataclass(slots=True)
class Rendered:
    """What was muxed, to be verified, and what was met on the way."""

    expected: Expected
    picture: PictureFacts
    sound: SoundFacts
    notes: list[str] = field(default_factory=list)


def render(
    plan: RenderPlan,
    sources: Sequence[Source],
    output: Path,
    ctx: Context,
    tags: Mapping[str, str],
) -> Rendered:
    """Write the film of `plan` to `output`, which is not on the disk before it is synced.
    `sources`: every file that it reads.

    Raises NotCopyable or SoundNotCopyable where packets turn out unfit, FaultError where a source
    or the disk fails, `Stopped` when the work was asked to end. An unfinished `output` is left to
    the caller.
    """
    ctx.plan(plan.stages)
    for i, source in enumerate(sources):
        ctx.check()
        require_unchanged(source)
        ctx.progress("reading", (i + 1) / len(sources))
    try:
        rendered = _made(plan, sources, output, ctx, tags)
    except (FaultError, NotCopyable, SoundNotCopyable):
        # A file that changes under the reader fails in many ways; the change is what to tell.
        for source in sources:
            require_unchanged(source)
        raise
    for source in sources:
        require_unchanged(source)
    _require_complete(plan, rendered.expected)
    return rendered


def _made(
    plan: RenderPlan,
    sources: Sequence[Source],
    output: Path,
    ctx: Context,
    tags: Mapping[str, str],
) -> Rendered:
    picture = PictureFacts()
    chunks = _encode(plan.picture, {source.path: source for source in sources}, ctx, picture)
    room = _room(plan)
    try:
        expected, heard = _mux(plan, chunks, sources, output, ctx, tags, room)
    except IndexTooLarge:
        expected, heard = _mux(plan, chunks, sources, output, ctx, tags, None)
    ctx.reach("film-written")
    return Rendered(expected, picture, heard)


def _encode(
    parts: Sequence[PicturePlan], sources: Mapping[str, Source], ctx: Context, facts: PictureFacts
) -> dict[PicturePlan, list[Path]]:
    """The chunks of every part that is encoded."""
    wanted = [part for part in parts if part.encoding]
    whole = sum((part.span.duration for part in wanted), ZERO)
    chunks: dict[PicturePlan, list[Path]] = {}
    done = ZERO
    for part in wanted:
        source = sources[part.clip.path]
        share = _Share(ctx, float(done / whole), float(part.span.duration / whole))
        chunks[part] = encode_chunks(part, source, share, facts)
        require_unchanged(source)
        done += part.span.duration
    files = [chunk for found in chunks.values() for chunk in found]
    if len(wanted) == len(parts) and wanted and not any(chunk.stat().st_size for chunk in files):
        raise refuse(
            Category.INPUT,
            f"No picture in “{shown(wanted[0].clip.path)}” could be decoded.",
            "Play the file in another program; if it shows nothing there either, leave it out.",
        )
    return chunks


class _Share:
    """A context in which a whole stage is but a share of it."""

    def __init__(self, ctx: Context, done: float, share: float) -> None:
        self._ctx, self._done, self._share = ctx, done, share
        self.plan, self.check, self.reach = ctx.plan, ctx.check, ctx.reach
        self.find, self.part, self.keep = ctx.find, ctx.part, ctx.keep

    def progress(self, stage: str, fraction: float) -> None:
        self._ctx.progress(stage, min(1.0, self._done + self._share * fraction))


def _require_complete(plan: RenderPlan, expected: Expected) -> None:
    """A copy must hold the packets that the source's index counts, but for a few at its edges."""
    part = plan.picture[0] if len(plan.picture) == 1 else None
    if part is None or part.encoding or part.run or expected.video is None:
        return
    wanted, came = part.stream.frames, expected.video.packets
    if wanted is not None and came < wanted * Fraction(99, 100) - 5:
        raise refuse(
            Category.CORRUPT,
            f"Only {came} of {wanted} pictures of “{shown(part.clip.path)}” could be read.",
            "Check the drive that the file is on, then retry.",
        )


def _room(plan: RenderPlan) -> int | None:
    """Bytes to leave for the index; None where the number of pictures is not known beforehand."""
    pictures = 0
    if plan.picture:
        part = plan.picture[0]
        if len(plan.picture) > 1 or part.encoding or part.run or part.stream.frames is None:
            return None
        pictures = part.stream.frames
    return index_room(pictures, packets_of(plan.sound) if plan.sound else 0)


def _mux(
    plan: RenderPlan,
    chunks: Chunks,
    sources: Sequence[Source],
    output: Path,
    ctx: Context,
    tags: Mapping[str, str],
    room: int | None,
) -> tuple[Expected, SoundFacts]:
    parts = plan.picture
    rate = plan.sound.rate if plan.sound else 1
    base = parts[0].time_base.denominator if parts else 1
    timescale = base if parts else rate if plan.sound else 1000
    picture: PictureTrack | None = None
    video: _Counted | None = None
    audio: _Counted | None = None
    told = _Progress(ctx, plan)
    sound: SoundTrack | None = None
    ticks_a_second = lcm(base, rate)
    with ExitStack() as stack:
        tracks: list[_Counted] = []
        writer = stack.enter_context(
            Mp4Writer(
                output,
                "write the film",
                faststart=True,
                room=room,
                timescale=timescale,
                tags=tags,
                chapters=plan.chapters,
                durable=False,
            )
        )
        if parts:
            picture = PictureTrack(writer, parts, chunks, stack, frugal=plan.frugal)
            video = _Counted(picture.packets(ctx), ticks_a_second // base)
            tracks.append(video)
        ctx.reach("film-open")
        if plan.sound is not None:
            if plan.sound.copied:
                heard = copied_sound(plan.sound, add_copied(writer, plan.sound), ctx)
            else:
                sound = SoundTrack(plan.sound, sources, ctx, told.heard)
                heard = sound.packets(add_aac(writer, plan.sound), stack)
            audio = _Counted(heard, ticks_a_second // rate)
            tracks.append(audio)
        whole = max(int(plan.duration * ticks_a_second), 1)
        try:
            for n, (time, packet) in enumerate(_interleaved(tracks)):
                writer.write(packet)
                if n % _TELL_EVERY == 0:
                    ctx.check()
                    told.written(time / whole)
        except Disorder as error:
            raise NotCopyable(f"the times of its frames are in disorder ({error})") from error
    ctx.progress("film", 1.0)
    seen = listened = None
    if video is not None and picture is not None:
        part = parts[-1]
        end = part.span.start + part.stream.start + part.stream.duration - part.zero
        end = part.span.end if part.grid else min(end, part.span.end)
        last = video.last * part.time_base
        joins = tuple(part.span.start for part in parts[1:])
        seen = ExpectedVideo("h264", *picture.size, video.count, last, max(end, last), joins)
    if audio is not None and plan.sound is not None:
        made = plan.sound
        listened = ExpectedAudio("aac", made.rate, made.channels, audio.count, made.duration)
    joined = len(plan.sound.clips) - 1 if plan.sound else 0
    return Expected(seen, listened), sound.facts if sound else SoundFacts(joined=joined)


class _Counted:
    """Packets of one track, counted as they pass."""

    def __init__(self, packets: Iterator[AnyPacket], scale: int) -> None:
        """`scale` makes whole numbers that compare out of a track's own ticks."""
        self._packets = packets
        self._scale = scale
        self.count = 0
        self.last = 0
        """Tick at which the last frame is shown."""
        self.time = 0
        """When `packet` is decoded."""
        self.packet: AnyPacket | None = None
        """The one that comes next."""

    def step(self) -> None:
        """Go on to the next packet."""
        self.packet = packet = next(self._packets, None)
        if packet is not None:
            self.count += 1
            shown = packet.pts or 0
            if shown > self.last:
                self.last = shown
            self.time = (packet.dts or 0) * self._scale


def _interleaved(tracks: Sequence[_Counted]) -> Iterator[tuple[int, AnyPacket]]:
    """The packets of all tracks, each with its time, in the order in which they are decoded."""
    for track in tracks:
        track.step()
    going = [track for track in tracks if track.packet is not None]
    while going:
        track = going[0]
        for other in going[1:]:
            if other.time < track.time:
                track = other
        assert track.packet is not None
        yield track.time, track.packet
        track.step()
        if track.packet is None:
            going.remove(track)


class _Progress:
    """Tells how much of the film is made, and when half of it is."""

    def __init__(self, ctx: Context, plan: RenderPlan) -> None:
        self._ctx = ctx
        self._heard = self._written = 0.0
        self._weight = _ENCODING if plan.sound and not plan.sound.copied else 0.0
        self._half = False
        self._share = 0.0

    def heard(self, share: float) -> None:
        """That share of the sound has been encoded."""
        self._heard = share
        self._tell()

    def written(self, share: Fraction | float) -> None:
        """That share of the film is in its file."""
        self._written = float(share)
        self._tell()

    def _tell(self) -> None:
        made = self._weight * self._heard + (1 - self._weight) * self._written
        share = max(self._share, min(made, 0.99))
        self._share = share
        self._ctx.progress("film", share)
        if share >= 0.5 and not self._half:
            self._half = True
            self._ctx.reach("film-half")
