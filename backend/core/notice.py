"""What the owner is told of work that ended: of what, in which words, and at what hours not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import time
from enum import StrEnum
from urllib.parse import quote

from backend.core.event import SESSION_DELETED, Event
from backend.core.fault import Fault
from backend.core.job import REFRESH, Job, JobKind, JobStatus

TITLE_LIMIT = 63
BODY_LIMIT = 255
"""UTF-16 units that Windows shows; it is the narrowest, and more is read by nobody anyway."""
LONG_QUEUE = 4
"""Sessions from which on a queue is long: those that are ready are told together, at its end."""
NAMED = 3
"""Titles that a notice of several sessions names."""


class Choice(StrEnum):
    """What the owner wants to be told."""

    ALL = "all"
    FAILURES = "failures"
    NONE = "none"


_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `start` until just before `end` by the local clock; across midnight if need be."""

    start: time
    end: time

    @staticmethod
    def parse(text: str) -> QuietHours:
        """Read HH:MM-HH:MM. Raises ValueError for anything else, and for hours without length."""
        found = _HOURS.fullmatch(text)
        if found is None or text[:5] == text[6:]:
            raise ValueError("two different times, from and to, such as 22:00-07:00")
        hours = [int(number) for number in found.groups()]
        return QuietHours(time(hours[0], hours[1]), time(hours[2], hours[3]))

    def cover(self, moment: time) -> bool:
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def is_finished(jobs: Iterable[Job]) -> bool:
    """Whether a session's own work has ended, all of it. A file that its owner waits for is none
    of it, nor is what nobody asked for."""
    return all(
        job.status.terminal or job.kind is JobKind.SOUNDTRACK or job.is_refresh for job in jobs
    )


@dataclass(frozen=True, slots=True)
class Untold:
    """Sessions of which the owner has yet to be told, in the order in which they ended."""

    after: int
    """Id of the last event that was looked at."""
    ready: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.ready or self.failed)

    def noting(self, event: Event, finished: bool) -> Untold:
        """With one more event; `finished` says whether the work of its session has ended.

        What was cancelled is the owner's own doing, and no news.
        """
        seen = replace(self, after=event.id or self.after)
        session = event.session
        if session is None:
            return seen
        if event.name == f"job-{JobStatus.FAILED}" and session not in self.failed:
            return replace(seen, failed=(*self.failed, session))
        quiet = event.data.get("kind") == JobKind.SOUNDTRACK or event.data.get(REFRESH)
        completed = event.name == f"job-{JobStatus.COMPLETED}" and not quiet
        if completed and finished and session not in self.ready:
            return replace(seen, ready=(*self.ready, session))
        return seen.without((session,)) if event.name == SESSION_DELETED else seen

    def chosen(self, choice: Choice) -> Untold:
        """What is left of it by the owner's choice."""
        return replace(
            self,
            ready=self.ready if choice is Choice.ALL else (),
            failed=() if choice is Choice.NONE else self.failed,
        )

    def due(self, busy: int) -> Untold:
        """What need not wait for the end of a long queue; `busy` sessions are still at work."""
        held = busy > 0 and len(self.ready) + busy >= LONG_QUEUE
        return replace(self, ready=()) if held else self

    def without(self, sessions: Sequence[str]) -> Untold:
        return replace(
            self,
            ready=tuple(s for s in self.ready if s not in sessions),
            failed=tuple(s for s in self.failed if s not in sessions),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the work on one session ended."""

    session: str
    title: str
    ready: bool
    """Everything has ended, and there is a film."""
    failed: JobKind | None = None
    """What failed last, if anything did."""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """What is shown: plain text, one line each, within the limits of every system."""

    title: str
    body: str
    path: str
    """The page that it leads to."""


def outcome_of(session: str, title: str, jobs: Iterable[Job], ready: bool) -> Outcome:
    broken = [job for job in jobs if job.status is JobStatus.FAILED]
    last = max(broken, key=lambda job: (job.updated_at, job.id), default=None)
    if last is None:
        return Outcome(session, title, ready)
    return Outcome(session, title, ready, last.kind, last.fault)


def notice_of(outcomes: Sequence[Outcome]) -> Notice | None:
    """One notice of all that happened; None where nothing is left to tell."""
    failed = [o for o in outcomes if o.failed is not None]
    ready = [o for o in outcomes if o.failed is None and o.ready]
    if not failed and not ready:
        return None
    if len(failed) + len(ready) == 1:
        return _of_one((failed or ready)[0])
    if not failed and len(ready) >= LONG_QUEUE:
        title, body = "Your queue is done", f"{len(ready)} sessions are ready: {_names(ready)}"
    elif not failed:
        title, body = f"{len(ready)} sessions are ready", _names(ready)
    elif not ready:
        title, body = f"{len(failed)} sessions failed", _names(failed)
    else:
        title = f"{len(failed)} failed, {len(ready)} ready"
        body = f"Failed: {_names(failed)} Ready: {_names(ready)}"
    return _fitted(title, body, "/queue" if failed else "/")


def _of_one(outcome: Outcome) -> Notice:
    path = f"/sessions/{quote(outcome.session, safe='')}"
    if outcome.failed is None:
        return _fitted(outcome.title, "Your film is ready.", path)
    if outcome.failed is JobKind.MERGE:
        what = "Your film could not be made."
    else:
        what = (
            f"{'Your film is ready, but its' if outcome.ready else 'Its'} {outcome.failed} failed."
        )
    return _fitted(outcome.title, f"{what} {outcome.fault or ''}", path)


def _names(outcomes: Sequence[Outcome]) -> str:
    named = [_cut(_one_line(outcome.title), TITLE_LIMIT) for outcome in outcomes[:NAMED]]
    more = len(outcomes) - len(named)
    last = f"{more} more" if more else named.pop()
    return f"{', '.join(named)} and {last}." if named else f"{last}."


def _fitted(title: str, body: str, path: str) -> Notice:
    return Notice(_cut(_one_line(title), TITLE_LIMIT), _cut(_one_line(body), BODY_LIMIT), path)


def _one_line(text: str) -> str:
    """Text without control characters, which some systems show and others stumble over."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in text).split())


def _cut(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units of a text."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * limit:
        return text
    return units[: 2 * (limit - 1)].decode("utf-16-le", "ignore").rstrip() + "…"
