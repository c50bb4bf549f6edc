"""Which pieces of sound are one stream that a recorder cut, and may be copied as they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from backend.core.media import MediaInfo

if TYPE_CHECKING:
    from backend.media.plan import SoundClip

_JOINS = Fraction(5, 1000)
"""Seconds between the end of one piece and the start of the next that still make one stream;
segment writers round to milliseconds."""

_CONTAINERS = ("mov", "matroska", "flv")
"""Those that keep what a decoder must know beside the packets, as an MP4 does."""


def is_one_stream(before: SoundClip, clip: SoundClip) -> bool:
    """Whether a recorder cut one stream in two here: the clock goes on where it stood.

    Pieces that were encoded apart begin at nought again, each with its own priming; their packets
    put behind each other would click.
    """
    end = before.stream.start + before.stream.duration
    return before.clip.path != clip.clip.path and abs(clip.stream.start - end) <= _JOINS


def copies(clips: Sequence[SoundClip], infos: Mapping[str, MediaInfo], rate: int) -> bool:
    """Whether the packets of clips may become the film's sound as they are: AAC-LC at `rate`, from
    one file or from the pieces of one stream, none left out, none cut."""
    first = clips[0].stream
    return all(
        infos[clip.clip.path].container.startswith(_CONTAINERS)
        and (clip.stream.codec, clip.stream.profile, clip.stream.rate) == ("aac", "LC", rate)
        and clip.stream.channels == first.channels <= 2
        and clip.pace == 1
        and not (clip.cut_in or clip.cut_out or clip.stream.jumps)
        for clip in clips
    ) and all(a.span.end == b.span.start and is_one_stream(a, b) for a, b in pairwise(clips))
