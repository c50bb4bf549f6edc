"""What a recording is about: a title, a few sentences, key points, and what somebody is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from backend.core.chapter import clock_title
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


def in_lines(found: Summary) -> Summary:
    """As its owner wrote it: each part in one line, and no point or action without words."""
    return replace(
        found,
        title=_line(found.title),
        abstract=_line(found.abstract),
        points=tuple(
            replace(one, text=_line(one.text)) for one in found.points if one.text.strip()
        ),
        actions=tuple(
            replace(
                one,
                text=_line(one.text),
                who=_line(one.who or "") or None,
                when=_line(one.when or "") or None,
            )
            for one in found.actions
            if one.text.strip()
        ),
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def summary_text(found: Summary, markdown: bool, edited: bool = False) -> str:
    """A summary to be read; signs that mean something in Markdown are escaped. `edited`: by its
    owner, since it was made."""
    clean = _escaped if markdown else str
    mark, item = ("# ", "- ") if markdown else ("", "• ")
    parts = [f"{mark}{clean(found.title)}\n"] if found.title else []
    if found.abstract:
        parts.append(f"{clean(found.abstract)}\n")
    if found.points:
        listed = [f"{item}{clock_title(one.at)} {clean(one.text)}\n" for one in found.points]
        parts.append("".join([f"{mark and '## '}Key points\n", markdown * "\n", *listed]))
    if found.actions:
        listed = []
        for one in found.actions:
            beside = ", ".join(said for said in (one.who, one.when) if said)
            said = f"{clean(one.text)}{f' ({clean(beside)})' if beside else ''}"
            listed.append(f"{item}{clock_title(one.at)} {said}\n")
        parts.append("".join([f"{mark and '## '}To do\n", markdown * "\n", *listed]))
    by = "sentences that were said" if found.by == EXTRACTIVE else found.by
    since = ", then edited" if edited else ""
    parts.append(f"Made {'by' if by == found.by else 'of'} {clean(by)}{since}.\n")
    return "\n".join(parts)


def _escaped(line: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|" else c for c in line)


def _number(time: Fraction) -> float:
    return round(float(time), 3)
