"""One running job: its thread in the backend, and the child process it minds."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from backend.bus import Board, Bus
from backend.core.artifact import Artifact, ArtifactKind
from backend.core.event import Event, progress_names_of
from backend.core.fault import Category, Fault, FaultError, cause_of_death, explain
from backend.core.job import Job, JobKind
from backend.core.progress import Pace, Progress
from backend.core.session import Session
from backend.points import reach
from backend.settings import Choices, Settings
from backend.store import manifest
from backend.store.library import Library
from backend.store.orders import CANCELLED_BY_OWNER
from backend.work import shelf
from backend.work.messages import (
    Advance,
    Answer,
    Assignment,
    Done,
    Failed,
    Find,
    FromChild,
    Left,
    Made,
    Plan,
    Stop,
    ToChild,
)
from backend.work.standby import Child, Standby, reap, start_child

log = logging.getLogger(__name__)

TELL_EVERY = 0.1
"""Seconds between two progress events of one job."""
STALLED_AFTER = 30 * 60.0
"""Seconds without any progress after which a child is given up."""
SWEEP = 0.5
"""Seconds between looks at deadlines while a child says nothing."""


class Reason(Enum):
    """Why a running job is asked to stop."""

    CANCEL = "cancel"
    PAUSE = "pause"
    YIELD = "yield"
    """A more urgent job wants its place, or the queue was paused."""
    QUIT = "quit"


GRACE = {Reason.CANCEL: 0.5, Reason.PAUSE: 3.0, Reason.YIELD: 3.0, Reason.QUIT: 2.0}
"""Seconds in which a job may leave by itself before it is killed."""
CHECKPOINTS = {
    JobKind.MERGE: {ArtifactKind.PICTURE, ArtifactKind.SOUND},
    JobKind.OPTIMISE: {ArtifactKind.SHRUNK},
    JobKind.REVIEW: {ArtifactKind.SAID},
    JobKind.CHAPTERS: {ArtifactKind.READ},
    JobKind.CANVAS: {ArtifactKind.CHOSEN},
    JobKind.SOUNDTRACK: {ArtifactKind.SOUND},
}
"""What jobs keep while they work, by their kind."""


class Worker:
    """Runs one claimed job to its end; calls `left`, on its own thread, when that is over."""

    def __init__(
        self,
        job: Job,
        session: Session,
        settings: Settings,
        library: Library,
        bus: Bus,
        board: Board,
        standby: Standby,
        left: Callable[[Worker], None],
    ) -> None:
        self.job = job
        self._session = session
        self._settings = settings
        self._library = library
        self._bus = bus
        self._board = board
        self._standby = standby
        self._left = left
        self._started = time.monotonic()
        self._pace = Pace()
        self._progress = Progress(())
        self._moved_at = self._started
        self._told_at = 0.0
        self._reason: Reason | None = None
        self._deadline: float | None = None
        self._lock = threading.Lock()
        self._pipe: Connection[ToChild, FromChild] | None = None
        self._thread = threading.Thread(target=self._run, name=f"job {job.id}")

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    @property
    def stopping(self) -> Reason | None:
        return self._reason

    def stop(self, reason: Reason) -> None:
        """Ask the job to leave; after its grace it is made to. A cancel overrides the rest."""
        with self._lock:
            overrides = reason is Reason.CANCEL and self._reason is not reason
            if self._reason is not None and not overrides:
                return
            self._reason = reason
            self._deadline = time.monotonic() + GRACE[reason]
            if self._pipe is not None:
                with contextlib.suppress(OSError):
                    self._pipe.send(Stop())

    def _run(self) -> None:
        try:
            work = shelf.work_folder(self._settings, self._session.id)
            shelf.make_folder(work)
            child = self._begin(self._assignment(work))
            process = child.process
            try:
                try:
                    ending = self._attend(process, child.pipe)
                except Exception as error:
                    log.exception("job %s could not be attended to", self.job.id)
                    process.kill()
                    ending = Failed(explain(error, f"run the {self.job.kind}"))
                if not isinstance(ending, Done):
                    reap(process)  # before its unfinished files are removed
                self._conclude(ending)
            finally:
                reap(process)
                with self._lock:
                    self._pipe = None
                    child.pipe.close()
        except Exception as error:
            log.exception("job %s could not be run", self.job.id)
            self._let_go(error)
        finally:
            self._board.set_progress(self.job.id, None)
            self._left(self)

    def _let_go(self, error: Exception) -> None:
        """End the claim on a job that could not be concluded: where the library's disk is full, as
        soon as there is room again, and the job then goes on."""
        full = isinstance(error, FaultError) and error.fault.category is Category.STORAGE
        while self._reason is not Reason.QUIT:
            with contextlib.suppress(Exception):
                if full:
                    self._library.jobs.give_back(self.job)
                else:
                    self._fail(explain(error, f"run the {self.job.kind}"))
                return
            time.sleep(SWEEP)

    def _begin(self, assignment: Assignment) -> Child:
        """A child that does this job: the one that stands ready, or a new one."""
        if self.job.kind is JobKind.MERGE and (ready := self._standby.take()) is not None:
            try:
                ready.pipe.send(assignment)
            except OSError:
                ready.end()  # it has died since
            else:
                return ready
        child = start_child(f"rushes {self.job.kind}")
        with contextlib.suppress(OSError):  # it died: the pipe's end says so next
            child.pipe.send(assignment)
        return child

    def _assignment(self, work: Path) -> Assignment:
        choices, models = Choices(self._library.preferences.all()), self._settings.models
        made = {one.kind: one for one in self._library.artifacts.of_session(self.job.session)}
        documents, versions = self._library.documents.told(self.job.session)
        return Assignment(self.job, self._session, work, choices, documents, versions, models, made)

    def _attend(
        self, process: SpawnProcess, pipe: Connection[ToChild, FromChild]
    ) -> Done | Failed | Left:
        """Listen to the child until its last word, or its death."""
        with self._lock:
            self._pipe = pipe
            if self._reason is not None:
                with contextlib.suppress(OSError):
                    pipe.send(Stop())  # asked to stop before there was anybody to tell
        while True:
            ready = wait([pipe, process.sentinel], timeout=SWEEP)
            if self._overdue():
                process.kill()  # even one that goes on talking
            if pipe in ready or pipe.poll():
                try:
                    message = pipe.recv()
                except (EOFError, OSError):
                    break
                # Apart from the above: what goes wrong here is ours, and the child lives.
                last = self._hear(message)
                if last is not None:
                    return last
            elif process.sentinel in ready:
                break
            elif time.monotonic() - self._moved_at > STALLED_AFTER:
                process.kill()
                return Failed(_stalled())
        reap(process)
        return Left() if self._reason is not None else Failed(_crashed(self.job, process.exitcode))

    def _overdue(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline

    def _hear(self, message: FromChild) -> Done | Failed | Left | None:
        """Act on one message; the message itself if it was the last."""
        self._moved_at = time.monotonic()
        match message:
            case Plan(stages):
                self._progress = Progress(stages)
            case Advance(stage, fraction):
                self._advance(stage, fraction)
            case Find(key):
                found = self._library.artifacts.find(self.job.session, key)
                whole = found is not None and shelf.matches(found)
                self._answer(Path(found.path) if found and whole else None)
            case Made():
                self._answer(self._keep(message))
            case Done() | Failed() | Left():
                return message
        return None

    def _answer(self, path: Path | None) -> None:
        with self._lock:
            if self._pipe is not None:
                with contextlib.suppress(OSError):  # it died: the pipe's end says so next
                    self._pipe.send(Answer(path))

    def _advance(self, stage: str, fraction: float) -> None:
        entered = stage != self._progress.current
        self._progress = self._progress.advanced(stage, fraction)
        if entered:
            self._library.jobs.stage(self.job, stage)
            log.info("job %s (%s): %s", self.job.id, self.job.kind, stage)
        now = time.monotonic()
        if not entered and fraction < 1.0 and now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        overall = self._progress.overall
        left = self._pace.seconds_left(now, overall)
        speed = None
        if self.job.units and overall > 0 and now > self._started:
            speed = self.job.units * overall / (now - self._started)
        self._progress = Progress(
            self._progress.stages, self._progress.done, self._progress.current, left, speed
        )
        told = self._progress.as_dict()
        self._board.set_progress(self.job.id, told)
        at = datetime.now(UTC)
        self._bus.publish(
            [
                Event(None, name, at, self.job.session, self.job.id, told)
                for name in progress_names_of(self.job.kind)
            ]
        )

    def _name(self, made: Made) -> Artifact | None:
        """Announce a finished file and give it its name; None when the claim is over."""
        size, session = made.part.stat().st_size, self._session
        final = shelf.place(self._settings, session, made.kind, made.key, made.part.suffix)
        artifact = Artifact(made.key, made.kind, session.id, str(final), size, made.facts)
        assert self.job.token is not None
        if not self._library.artifacts.prepare(artifact, self.job.id, self.job.token):
            return None
        reach("artifact-prepared")
        shelf.put(made.part, final)
        reach("artifact-named")
        return artifact

    def _keep(self, made: Made) -> Path | None:
        """Record a checkpoint while the job goes on."""
        if (artifact := self._name(made)) is None:
            return None
        self._library.artifacts.keep(artifact)
        return Path(artifact.path)

    def _conclude(self, ending: Done | Failed | Left) -> None:
        """Put what became of the job into the library, and remove what it leaves behind."""
        try:
            if self._reason is Reason.CANCEL:
                self._cancel()
            elif isinstance(ending, Done):
                self._complete(ending)
            elif isinstance(ending, Failed):
                self._fail(ending.fault)
            else:
                # Whether it is paused or queued, the library knows: the owner may have taken the
                # pause back while the child was on its way out.
                self._library.jobs.give_back(self.job)
        finally:
            self._sweep()

    def _cancel(self) -> None:
        ended = self._library.jobs.fail(self.job, CANCELLED_BY_OWNER)
        if ended and self.job.kind is JobKind.OPTIMISE:
            drop_checkpoints(self._library, self.job)  # the film is there without them

    def _fail(self, fault: Fault) -> None:
        ending = self._library.jobs.fail(self.job, fault)
        log.warning(
            "job %s (%s) of session %s, attempt %s: %s: %s -> %s",
            self.job.id,
            self.job.kind,
            self.job.session,
            self.job.attempt,
            fault.category,
            fault,
            ending.status if ending else "already ended",
        )

    def _complete(self, done: Done) -> None:
        artifact = None
        if done.made is not None:
            artifact = self._name(done.made)
            if artifact is None:
                return
        seconds = time.monotonic() - self._started
        if not self._library.jobs.finish(self.job, done.result, seconds, artifact, done.documents):
            # Cancelled while it was being named: the cancel was committed first, so it wins.
            if artifact is not None:
                shelf.remove(self._settings, Path(artifact.path))
                self._library.artifacts.forget(artifact)
            if self._library.jobs.holds(self.job):
                self._cancel()
            return
        reach("job-finished")
        log.info(
            "job %s (%s) of session %s completed in %.2f s",
            self.job.id,
            self.job.kind,
            self.job.session,
            seconds,
        )
        if artifact is not None and artifact.kind is ArtifactKind.FILM:
            write_manifest(self._library, artifact.session)
        drop_checkpoints(self._library, self.job)
        if artifact is not None and artifact.kind is ArtifactKind.FILM:
            reach("manifest-written")

    def _sweep(self) -> None:
        """Remove the unfinished files of this claim. The folder may be another job's too."""
        folder = shelf.work_folder(self._settings, self.job.session)
        for part in folder.glob(f"*.{self.job.id}-{self.job.token}.part*"):
            part.unlink(missing_ok=True)


def write_manifest(library: Library, session: str) -> None:
    """Write the manifest of a session that has a film."""
    kept = library.sessions.get(session, binned=True)
    if kept is None or kept.film is None:
        return
    made = library.artifacts.of_session(session)
    manifest.write(Path(kept.film.path).parent, kept, made)


def drop_checkpoints(library: Library, job: Job) -> None:
    """Remove what a job kept for the case that it is interrupted."""
    for artifact in library.artifacts.of_session(job.session):
        if artifact.kind in CHECKPOINTS.get(job.kind, ()):
            Path(artifact.path).unlink(missing_ok=True)
            library.artifacts.forget(artifact)


def _stalled() -> Fault:
    return Fault(
        Category.TIMEOUT,
        f"It made no progress for {STALLED_AFTER / 60:.0f} minutes.",
        "Check that the drive with the recording still answers.",
    )


def _crashed(job: Job, code: int | None) -> Fault:
    return Fault(
        Category.CRASH,
        f"The process that did the {job.kind} ended unexpectedly ({cause_of_death(code)}).",
        "Rushes tries again by itself. If it keeps failing, the recording may be damaged.",
    )
