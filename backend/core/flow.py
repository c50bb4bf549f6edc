"""From a session to the graph of its jobs, and from the jobs to what the session is.

Plan whole, run simply: the graph is made at once, stored in the transaction that ends the session,
and then only walked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from backend.core.document import DocumentKind
from backend.core.job import RULES, Job, JobKind, JobStatus, Lane, Priority
from backend.core.session import Quality, Session, SessionState


@dataclass(frozen=True, slots=True)
class Planned:
    """A job to be. Parents are named by kind, which is unique within one session's graph."""

    kind: JobKind
    priority: Priority
    requires: tuple[JobKind, ...] = ()
    """Cannot do without these: their failure cancels it."""
    follows: tuple[JobKind, ...] = ()
    """Waits for these to end, however they end."""
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def lane(self) -> Lane:
        return RULES[self.kind].lane


Graph = tuple[Planned, ...]


def lowered(priority: Priority) -> Priority:
    """One step less urgent: work that may follow when the film plays."""
    return Priority(min(priority + 1, Priority.LOW))


class SoundFormat(StrEnum):
    """How a session's sound is given away."""

    M4A = "m4a"
    MP3 = "mp3"


def has_sound(session: Session) -> bool:
    return bool(session.segments) or bool(session.picture and session.picture.info.audio)


def soundtrack(form: SoundFormat) -> Planned:
    """The job that makes a file of a session's sound: its owner waits for it."""
    return Planned(JobKind.SOUNDTRACK, Priority.HIGH, options={"format": str(form)})


WORTH_SHRINKING = 4 << 20
"""Bytes of picture from which on a film is made smaller without being asked for."""


def is_shrunk(session: Session) -> bool:
    """Whether a session's film is made smaller without being asked for again."""
    picture = session.picture
    return (
        session.options.optimise and picture is not None and picture.source.size >= WORTH_SHRINKING
    )


def smaller(
    session: Session, before: Sequence[JobKind] = (), quality: Quality | None = None
) -> Planned:
    """The job that makes a session's film smaller.

    It requires the film, and follows whatever else of `before` reads the one that it replaces.
    """
    return Planned(
        JobKind.OPTIMISE,
        Priority.LOW,
        requires=(JobKind.MERGE,),
        follows=tuple(kind for kind in before if kind is not JobKind.MERGE),
        options={"quality": str(quality or session.options.quality)},
    )


WRITES: Mapping[JobKind, DocumentKind] = {
    JobKind.REVIEW: DocumentKind.TRANSCRIPT,
    JobKind.CHAPTERS: DocumentKind.CHAPTERS,
    JobKind.SUMMARY: DocumentKind.SUMMARY,
    JobKind.CANVAS: DocumentKind.CANVAS,
}
"""What a step leaves behind where it has found something; of the others their job tells."""

ENRICHING = (JobKind.REVIEW, JobKind.CHAPTERS, JobKind.SUMMARY, JobKind.CANVAS)
"""Kinds of jobs that find out what is in a film, in the order of their steps."""


def enrichment(
    session: Session,
    priority: Priority,
    options: Mapping[str, object] | None = None,
    without: Collection[JobKind] = (),
) -> list[Planned]:
    """The jobs that find out what is in a session's film, but for those that are left out.

    Each takes what those before it found, and does without what they did not: only a summary of
    nothing said is none.
    """
    return _leaving_out(_whole_enrichment(session, priority, options or {}), without)


def _leaving_out(graph: Sequence[Planned], without: Collection[JobKind]) -> list[Planned]:
    """A graph without some kinds, and without what cannot do without them."""
    gone = set(without)
    left = []
    for planned in graph:
        if planned.kind in gone or gone & set(planned.requires):
            gone.add(planned.kind)
        else:
            follows = tuple(kind for kind in planned.follows if kind not in gone)
            left.append(replace(planned, follows=follows))
    return left


def _whole_enrichment(
    session: Session, priority: Priority, options: Mapping[str, object]
) -> list[Planned]:
    film = (JobKind.MERGE,)
    seen = (JobKind.THUMBNAILS,) if session.picture else ()
    if not has_sound(session):
        if not seen:
            return []
        before = (*seen, JobKind.CHAPTERS)
        return [
            Planned(JobKind.CHAPTERS, priority, requires=film, follows=seen),
            Planned(JobKind.CANVAS, priority, requires=film, follows=before),
        ]
    before = (*seen, JobKind.WAVEFORM, JobKind.REVIEW, JobKind.CHAPTERS, JobKind.SUMMARY)
    return [
        Planned(JobKind.REVIEW, priority, requires=film, options=options),
        Planned(JobKind.CHAPTERS, priority, requires=film, follows=(*seen, JobKind.REVIEW)),
        Planned(JobKind.SUMMARY, priority, requires=(JobKind.REVIEW,), follows=(JobKind.CHAPTERS,)),
        Planned(JobKind.CANVAS, priority, requires=film, follows=before),
    ]


def plan_session(session: Session, priority: Priority = Priority.NORMAL) -> Graph:
    """The jobs of a session that has ended, parents before children.

    The film comes first. Its previews need it, and never wait for each other. It is made smaller
    at the very end, when nothing reads it any more.
    """
    if not session.options.merge:
        return ()
    graph = [Planned(JobKind.MERGE, priority)]
    if has_sound(session):
        graph.append(Planned(JobKind.WAVEFORM, lowered(priority), requires=(JobKind.MERGE,)))
    if session.picture:
        graph.append(Planned(JobKind.THUMBNAILS, lowered(priority), requires=(JobKind.MERGE,)))
    if session.options.enrich:
        graph += enrichment(session, lowered(priority), without=session.options.without)
    if session.picture and is_shrunk(session):
        graph.append(smaller(session, tuple(job.kind for job in graph)))
    return tuple(graph)


def readiness(required: Iterable[JobStatus], followed: Iterable[JobStatus]) -> JobStatus:
    """State of a job that waits, by the states of its parents: PENDING, QUEUED or CANCELLED."""
    required, followed = tuple(required), tuple(followed)
    if any(status in (JobStatus.FAILED, JobStatus.CANCELLED) for status in required):
        return JobStatus.CANCELLED
    if all(s is JobStatus.COMPLETED for s in required) and all(s.terminal for s in followed):
        return JobStatus.QUEUED
    return JobStatus.PENDING


class SessionStatus(StrEnum):
    """What a person sees of a session, in one word."""

    RECORDING = "recording"
    WAITING = "waiting"
    PROCESSING = "processing"
    READY = "ready"
    """The film plays, though jobs may still be at work on the rest."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    UNMERGED = "unmerged"
    """There is no film: the owner asked for none, or took it away."""


def newest_of(jobs: Iterable[Job], kind: JobKind) -> Job | None:
    return max((job for job in jobs if job.kind is kind), key=lambda job: job.id, default=None)


def merge_of(jobs: Iterable[Job]) -> Job | None:
    """The newest job that makes, or made, the film."""
    return newest_of(jobs, JobKind.MERGE)


def session_status(session: Session, jobs: Sequence[Job]) -> SessionStatus:
    """Derived, never stored: a film that exists is ready whatever became of later jobs."""
    if session.state is SessionState.LIVE:
        return SessionStatus.RECORDING
    if session.film is not None:
        return SessionStatus.READY
    merge = merge_of(jobs)
    if merge is None:
        return SessionStatus.UNMERGED
    return {
        JobStatus.RUNNING: SessionStatus.PROCESSING,
        JobStatus.PAUSED: SessionStatus.PAUSED,
        JobStatus.FAILED: SessionStatus.FAILED,
        JobStatus.CANCELLED: SessionStatus.CANCELLED,
        # The film was made, and is gone from its place.
        JobStatus.COMPLETED: SessionStatus.UNMERGED,
    }.get(merge.status, SessionStatus.WAITING)


def settled(jobs: Iterable[Job]) -> bool:
    """Whether nothing will happen to these jobs unless the owner does something."""
    return all(job.status.terminal or job.status is JobStatus.PAUSED for job in jobs)
