"""How each stretch of a film's picture is made: copied as packets, or encoded.

A clip that begins or ends between two keyframes is cut so that as little as possible is encoded:
from the cut to the first frame that needs no other, and at its end the few frames that could be
decoded only together with one behind the cut. Everything between is copied. Pure: no file is
opened here; what the packets around a cut look like, `seams` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, lcm

from backend.core.form import AS_RECORDED, Form, film_size, grid, ticks_a_second
from backend.core.media import MediaInfo, VideoStream
from backend.core.time import TimeRange
from backend.core.timeline import Clip, Gap, Track
from backend.media.framing import CRF, PictureEncoding, encoding_of
from backend.media.playable import plays_in_browsers
from backend.media.seams import Run, Seams

CHUNK = Fraction(10)
"""Seconds of picture that are encoded at a stretch, and lost at most when an encode is killed."""

_TICKS = 10_000
"""Fewest ticks a second of the film's picture."""

_MOST_TICKS = 10_000_000
"""More than that a second are not needed to keep several clocks apart."""


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """One stretch of picture, copied or encoded."""

    span: TimeRange
    """Where it plays in the film."""
    clip: Clip
    stream: VideoStream
    zero: Fraction
    """Time on the source's own clock that becomes the start of `span`."""
    time_base: Fraction
    """Seconds a tick of the film's picture."""
    reason: str
    encoding: PictureEncoding | None
    """None: the packets are copied."""
    chunks: tuple[TimeRange, ...] = ()
    """Pieces of an encode, on the source's own clock. The first and the last are open: they take
    whatever lies before or behind."""
    run: Run | None = None
    """Which packets are copied; None: all of them."""
    held: bool = False
    """Whether the clip begins inside its source, so that a frame may be on screen already."""
    grid: Fraction | None = None
    """Frames a second where all last equally long; None: each is shown at its own time."""

    @property
    def shown_path(self) -> str:
        """The file that is shown; empty for a gap."""
        return "" if self.encoding and self.encoding.black else self.clip.path

    @property
    def how(self) -> str:
        """What is done, in a word or three."""
        if self.encoding is None:
            return "copy"
        return "encode" if len(self.chunks) == 1 else f"encode in {len(self.chunks)}"


def film_time_base(streams: list[VideoStream], rate: Fraction | None = None) -> Fraction:
    """Seconds a tick of a film made of these: every time of a source is a whole number of them, or
    every frame's length where they come at one rate; and there are enough between two frames to put
    them into another order."""
    if rate is not None:
        return Fraction(1, ticks_a_second(rate, _TICKS))
    ticks = lcm(*(stream.time_base.denominator for stream in streams))
    if ticks > _MOST_TICKS:
        ticks = max(stream.time_base.denominator for stream in streams)
    return Fraction(1, ticks * max(1, ceil(Fraction(_TICKS, ticks))))


def stream_of(info: MediaInfo, clip: Clip) -> VideoStream:
    """The picture track of a clip. Raises ValueError where its file has none of that number."""
    stream = next((s for s in info.video if s.index == clip.stream), None)
    if stream is None:
        raise ValueError(f"{clip.path} has no picture track {clip.stream}")
    return stream


def is_whole(clip: Clip, info: MediaInfo) -> bool:
    """Whether a clip shows all of its source."""
    return clip.source_range.start == 0 and clip.source_range.end >= info.duration


def _remade(track: Track, infos: Mapping[str, MediaInfo], form: Form) -> str | None:
    """Why no packet of a track can be copied into a film of that form; None where some may be."""
    if form.small is not None:
        return "encoded small at once: there is no room to do it later"
    clip = track.clips[0]
    stream = stream_of(infos[clip.path], clip)
    size, kept = film_size(stream, form.height), film_size(stream, None)
    if size != kept:
        return f"{size[0]} × {size[1]} as you asked, instead of {kept[0]} × {kept[1]}"
    rate = grid(form.rate, stream)
    if rate is None:
        return None
    said = f"{float(rate):.5g} frames a second as you asked"
    if len(track.items) > 1 or not is_whole(clip, infos[clip.path]):
        return f"{said}, across the cuts"
    if stream.variable:
        return f"{said}, instead of an uneven rate"
    own = grid("constant", stream)
    return None if own == rate or own is None else f"{said}, instead of {float(own):.5g}"


def to_look_at(
    track: Track, infos: Mapping[str, MediaInfo], form: Form = AS_RECORDED
) -> tuple[Clip, ...]:
    """Clips whose packets decide what is copied: those that browsers play, of a track with cuts."""
    clips = track.clips
    if not clips or _remade(track, infos, form):
        return ()
    if len(track.items) == 1 and is_whole(clips[0], infos[clips[0].path]):
        return ()
    return tuple(
        clip
        for clip in dict.fromkeys(clips)
        if plays_in_browsers(infos[clip.path], stream_of(infos[clip.path], clip))[0]
    )


@dataclass(frozen=True, slots=True)
class _Film:
    """What all stretches of a film have in common: the form of its first clip."""

    lead: Clip
    info: MediaInfo
    stream: VideoStream
    time_base: Fraction
    form: Form
    grid: Fraction | None
    """Frames a second, where all are to last equally long."""
    sets: tuple[bytes, ...]
    sps_id: int

    def encoding(self, stream: VideoStream) -> PictureEncoding:
        """How frames of a stream are encoded for it."""
        return encoding_of(
            stream, self.stream, self.form, joined=bool(self.sets), sps_id=self.sps_id
        )

    def differs(self, stream: VideoStream, seams: Seams | None) -> str | None:
        """Why packets of a stream cannot stand beside the first clip's; None where they can."""
        first = self.stream
        if (stream.width, stream.height) != (first.width, first.height):
            return f"{stream.width} × {stream.height} among {first.width} × {first.height}"
        if (stream.rotation, stream.sample_aspect) != (first.rotation, first.sample_aspect):
            return "turned or shaped otherwise than the first clip"
        if seams is not None and seams.sets != self.sets:
            return "encoded with other settings than the first clip"
        return None


def picture_parts(
    track: Track,
    infos: Mapping[str, MediaInfo],
    seams: Mapping[Clip, Seams],
    encode_because: str | None,
    form: Form,
) -> tuple[PicturePlan, ...]:
    """How each stretch of a track of pictures is made, without holes, in order.

    `seams` of every clip that `to_look_at` names. Raises ValueError for a clip of a track that its
    file does not have, or of another speed.
    """
    clips = track.clips
    if not clips:
        return ()
    if any(clip.speed != 1 for clip in clips):
        raise ValueError("pictures are shown at their own speed")
    if encode_because is None:
        encode_because = _remade(track, infos, form)
    film = _film(clips, infos, {} if encode_because else seams, form)
    if len(track.items) == 1 and is_whole(clips[0], film.info) and not encode_because:
        plays, reason = plays_in_browsers(film.info, film.stream)
        if plays:
            span = TimeRange(Fraction(0), clips[0].duration)
            zero = film.info.start
            whole = PicturePlan(span, clips[0], film.stream, zero, film.time_base, reason, None)
            return (replace(whole, grid=film.grid),)
    found: list[PicturePlan] = []
    for span, item in track.placed():
        if not span.duration:
            continue
        if isinstance(item, Gap):
            found.append(_gap(span, film))
        else:
            found += _clip(span, item, infos[item.path], film, seams.get(item), encode_because)
    if all(part.encoding for part in found) and form.small is None:
        found = [_by_itself(part) for part in found]
    return tuple(found)


def _by_itself(part: PicturePlan) -> PicturePlan:
    """An encode beside which nothing is copied."""
    assert part.encoding is not None
    encoding = replace(part.encoding, sps_id=0, crf=CRF)
    return replace(part, encoding=encoding)


def _film(
    clips: tuple[Clip, ...],
    infos: Mapping[str, MediaInfo],
    seams: Mapping[Clip, Seams],
    form: Form,
) -> _Film:
    lead = clips[0]
    info = infos[lead.path]
    stream = stream_of(info, lead)
    streams = [stream_of(infos[clip.path], clip) for clip in clips]
    found = seams.get(lead)
    taken = found.taken if found else frozenset()
    free = next((i for i in range(31, 0, -1) if i not in taken), 0)
    rate = grid(form.rate, stream)
    return _Film(
        lead,
        info,
        stream,
        film_time_base(streams, rate),
        form,
        rate,
        found.sets if found else (),
        free if found else 0,
    )


def _clip(
    span: TimeRange,
    clip: Clip,
    info: MediaInfo,
    film: _Film,
    seams: Seams | None,
    encode_because: str | None,
) -> Iterator[PicturePlan]:
    stream = stream_of(info, clip)
    plays, reason = plays_in_browsers(info, stream)
    why_not = encode_because or (None if plays else reason) or film.differs(stream, seams)
    if why_not is None and stream.interlaced:
        why_not = "interlaced: a cut cannot be made between two half pictures"
    run = None if why_not or seams is None else seams.run
    if run is None:
        because = why_not or (seams.why if seams else "its packets were not looked at")
        yield _encoded(span, clip, clip.source_range, info, film, because)
        return
    shown = clip.source_range
    # Nothing is on screen before the first frame.
    begin = shown.start if run.start <= stream.start else run.start - info.start
    own = TimeRange(begin, run.end - info.start)
    if own.start > shown.start:
        cut = TimeRange(shown.start, own.start)
        reason = "cut: from here to the next frame that needs no other"
        yield _encoded(_within(span, shown, cut), clip, cut, info, film, reason)
    yield PicturePlan(
        _within(span, shown, own),
        replace(clip, source_range=own),
        stream,
        info.start + own.start,
        film.time_base,
        plays_in_browsers(info, stream)[1],
        None,
        run=run,
    )
    if own.end < shown.end:
        cut = TimeRange(own.end, shown.end)
        reason = "cut: these need a frame from behind the cut"
        yield _encoded(_within(span, shown, cut), clip, cut, info, film, reason)


def _within(span: TimeRange, shown: TimeRange, part: TimeRange) -> TimeRange:
    return part.shifted(span.start - shown.start)


def _encoded(
    span: TimeRange, clip: Clip, shown: TimeRange, info: MediaInfo, film: _Film, reason: str
) -> PicturePlan:
    stream = stream_of(info, clip)
    zero = info.start + shown.start
    return PicturePlan(
        span,
        replace(clip, source_range=shown),
        stream,
        zero,
        film.time_base,
        reason,
        film.encoding(stream),
        _chunks(TimeRange(zero, zero + shown.duration)),
        held=shown.start > 0,
        grid=film.grid,
    )


def _gap(span: TimeRange, film: _Film) -> PicturePlan:
    encoding = replace(film.encoding(film.stream), black=True)
    zero = film.info.start
    return PicturePlan(
        span,
        film.lead,
        film.stream,
        zero,
        film.time_base,
        "gap: black",
        encoding,
        _chunks(TimeRange(zero, zero + span.duration)),
        grid=film.grid,
    )


def _chunks(span: TimeRange) -> tuple[TimeRange, ...]:
    count = max(1, round(span.duration / CHUNK))
    edges = [span.start + i * CHUNK for i in range(count)] + [span.end]
    return tuple(TimeRange(a, max(a, b)) for a, b in pairwise(edges))
