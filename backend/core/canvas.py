"""The canvas of a recording: one page to look at instead of it.

Everything on it has its moment, so that it leads back to the film.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from backend.core.chapter import Chapter, chapters_from
from backend.core.chapter import told as chapters_told
from backend.core.document import DocumentKind
from backend.core.stretches import Stretches, told
from backend.core.summary import Action, Point
from backend.core.time import TimeRange, seconds
from backend.core.transcript import Transcript

COLUMNS = 400
"""Columns of the waveform, from the start of the film to its end."""
TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Signs that are not drawn, for `str.translate`: they turn the order of what follows them, by which
a text can be made to look like another."""
TALLEST = 100
"""Height of a column of the loudest sound."""
SOURCES = (DocumentKind.TRANSCRIPT, DocumentKind.CHAPTERS, DocumentKind.SUMMARY)
"""Documents that a canvas is drawn from."""


def is_outdated(body: Mapping[str, Any], newest: Mapping[DocumentKind, int]) -> bool:
    """Whether what a canvas was drawn from has changed since, by the `newest` version of each kind.

    One that does not tell the versions it was drawn from is taken as it is.
    """
    drawn = body.get("drawn_from")
    if not isinstance(drawn, Mapping):
        return False
    return any(drawn.get(kind, 0) != newest.get(kind, 0) for kind in SOURCES)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that stands for what is around it."""

    at: Fraction
    key: str
    """Of the artifact that holds it."""
    width: int
    height: int
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Something that was said, word for word."""

    text: str
    at: Fraction
    who: str | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """How much was said. Seconds of the film."""

    words: int
    speaking: Fraction
    pauses: int
    """Of a second or longer, between two utterances."""
    longest_pause: Fraction
    speakers: int | None
    """None where nobody told them apart."""


@dataclass(frozen=True, slots=True)
class Canvas:
    title: str
    """Empty until its owner names it: then it is the session's."""
    about: str
    """What it is about, in a few words; empty where that is not known."""
    abstract: str
    duration: Fraction
    recorded: str | None
    """When, by RFC 3339; None where that is not known."""
    chapters: tuple[Chapter, ...]
    shots: tuple[Shot, ...]
    """In the order of time."""
    wave: tuple[int, ...]
    """Heights of `COLUMNS` columns, 0 to `TALLEST`; empty without sound."""
    speech: Stretches
    quotes: tuple[Quote, ...]
    points: tuple[Point, ...]
    actions: tuple[Action, ...]
    figures: Figures | None
    """None where nobody listened."""
    language: str | None
    """Code of ISO 639, of what was said."""
    by: str | None
    """Who summed it up, as a summary tells; None where nobody did."""
    notes: tuple[str, ...] = ()
    """What its reader should know: that nothing is said, that there is no picture."""

    def shots_of(self, chapter: Chapter) -> tuple[Shot, ...]:
        return tuple(shot for shot in self.shots if chapter.start <= shot.at < chapter.end)

    def told(self) -> dict[str, object]:
        """For JSON; seconds to the millisecond."""
        figures = self.figures
        return {
            "title": self.title,
            "about": self.about,
            "abstract": self.abstract,
            "duration": _number(self.duration),
            "recorded": self.recorded,
            **chapters_told(self.chapters),
            "shots": [
                {"at": _number(one.at), "key": one.key, "width": one.width, "height": one.height}
                for one in self.shots
            ],
            "wave": list(self.wave),
            "speech": told(self.speech),
            "quotes": [
                {"text": one.text, "at": _number(one.at), "who": one.who} for one in self.quotes
            ],
            "points": [{"text": one.text, "at": _number(one.at)} for one in self.points],
            "actions": [
                {"text": one.text, "who": one.who, "when": one.when, "at": _number(one.at)}
                for one in self.actions
            ],
            "figures": None
            if figures is None
            else {
                "words": figures.words,
                "speaking": _number(figures.speaking),
                "pauses": figures.pauses,
                "longest_pause": _number(figures.longest_pause),
                "speakers": figures.speakers,
            },
            "language": self.language,
            "by": self.by,
            "notes": list(self.notes),
        }


def canvas_from(body: Mapping[str, Any]) -> Canvas:
    """What `told` told. Raises ValueError, TypeError or KeyError for anything else."""
    figures = body["figures"]
    return Canvas(
        str(body["title"]),
        str(body["about"]),
        str(body["abstract"]),
        seconds(body["duration"]),
        None if body["recorded"] is None else str(body["recorded"]),
        chapters_from(body),
        tuple(
            Shot(seconds(one["at"]), str(one["key"]), int(one["width"]), int(one["height"]))
            for one in body["shots"]
        ),
        tuple(min(TALLEST, max(0, int(column))) for column in body["wave"]),
        tuple(TimeRange(seconds(one["start"]), seconds(one["end"])) for one in body["speech"]),
        tuple(Quote(str(one["text"]), seconds(one["at"]), one["who"]) for one in body["quotes"]),
        tuple(Point(str(one["text"]), seconds(one["at"])) for one in body["points"]),
        tuple(
            Action(str(one["text"]), one["who"], one["when"], seconds(one["at"]))
            for one in body["actions"]
        ),
        None
        if figures is None
        else Figures(
            int(figures["words"]),
            seconds(figures["speaking"]),
            int(figures["pauses"]),
            seconds(figures["longest_pause"]),
            None if figures["speakers"] is None else int(figures["speakers"]),
        ),
        body["language"],
        body["by"],
        tuple(str(note) for note in body["notes"]),
    )


def figures_of(transcript: Transcript) -> Figures:
    """How much was said, by the map of speech where there is one."""
    utterances, told = transcript.utterances, transcript.figures()
    spoken = transcript.speech or tuple(TimeRange(one.start, one.end) for one in utterances)
    pauses = [b.start - a.end for a, b in pairwise(utterances)]
    names = {one.speaker for one in utterances if one.speaker}
    return Figures(
        int(str(told["words"])),
        sum((one.duration for one in spoken), Fraction(0)),
        int(str(told["pauses"])),
        max([*pauses, Fraction(0)]),
        len(names) or None,
    )


def titled(canvas: Canvas, title: str) -> Canvas:
    """Called by the session's title, unless its owner named it."""
    return canvas if canvas.title else replace(canvas, title=title)


def wave_of(peaks: Sequence[int], lasts: Fraction, duration: Fraction) -> tuple[int, ...]:
    """Heights of a waveform over the `duration` of a film, from pairs of lowest and highest sample,
    in 8 bits, which cover its first `lasts` seconds.

    The loudest column is `TALLEST` high, unless there is hardly anything to be heard. Steps of
    loudness are drawn closer together the louder it is, so that quiet speech is still seen.
    """
    pairs = [max(abs(low), abs(high)) for low, high in zip(peaks[::2], peaks[1::2], strict=False)]
    if not pairs or lasts <= 0 or duration <= 0:
        return ()
    step = duration * len(pairs) / lasts / COLUMNS
    starts = [int(step * n) for n in range(COLUMNS + 1)]
    heights = [
        max(pairs[start : max(end, start + 1)], default=0) for start, end in pairwise(starts)
    ]
    loudest = max(*heights, _FAINT)
    return tuple(round(TALLEST * (height / loudest) ** 0.7) for height in heights)


_FAINT = 6
"""Of 128: what is below is noise, and not made to look loud."""


def is_speech(canvas: Canvas, column: int) -> bool:
    """Whether somebody speaks at the middle of a column of the waveform."""
    middle = canvas.duration * (2 * column + 1) / (2 * len(canvas.wave))
    return any(one.start <= middle < one.end for one in canvas.speech)


def _number(time: Fraction) -> float:
    return round(float(time), 3)
