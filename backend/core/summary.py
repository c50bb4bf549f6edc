"""What a recording is about: a title, a few sentences, key points, and what somebody is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from backend.core.time import seconds

EXTRACTIVE = "extractive"
"""Made of sentences that were said, and of nothing else."""


@dataclass(frozen=True, slots=True)
class Point:
    text: str
    at: Fraction
    """The moment that it comes from, in seconds of the film."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is to be done."""

    text: str
    who: str | None
    """As it was said: “I”, “we”, a name."""
    when: str | None
    """As it was said: “by Friday”."""
    at: Fraction


@dataclass(frozen=True, slots=True)
class Summary:
    title: str
    abstract: str
    points: tuple[Point, ...]
    actions: tuple[Action, ...]
    by: str
    """`EXTRACTIVE`, or the name of the model that wrote it and the address where it runs."""
    notes: tuple[str, ...] = ()
    """What its reader should know: that nothing was said, that a model failed and why."""

    def told(self) -> dict[str, object]:
        """For JSON; seconds to the millisecond."""
        return {
            "title": self.title,
            "abstract": self.abstract,
            "points": [{"text": one.text, "at": _number(one.at)} for one in self.points],
            "actions": [
                {"text": one.text, "who": one.who, "when": one.when, "at": _number(one.at)}
                for one in self.actions
            ],
            "by": self.by,
            "notes": list(self.notes),
        }


def summary_from(body: Mapping[str, Any]) -> Summary:
    """What `told` told. Raises ValueError, TypeError or KeyError for anything else."""
    return Summary(
        str(body["title"]),
        str(body["abstract"]),
        tuple(Point(str(one["text"]), seconds(one["at"])) for one in body["points"]),
        tuple(
            Action(str(one["text"]), one["who"], one["when"], seconds(one["at"]))
            for one in body["actions"]
        ),
        str(body["by"]),
        tuple(str(note) for note in body.get("notes", ())),
    )


def _number(time: Fraction) -> float:
    return round(float(time), 3)
