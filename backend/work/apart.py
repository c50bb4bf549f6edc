"""Rendering in a process of its own, for a command that waits for it.

Nothing of it is in a library: files go in, one file comes out, and if anything ends early, even
the command itself, nothing is left.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from backend.core.artifact import ArtifactKind
from backend.core.chapter import Chapter
from backend.core.fault import Category, Fault, FaultError, explain
from backend.core.form import AS_RECORDED, Form
from backend.core.media import MediaInfo, Source
from backend.core.progress import Stage
from backend.core.timeline import Timeline
from backend.store.backup import sync_folder
from backend.work.isolate import end_with
from backend.work.messages import Advance, Done, Failed, Plan

Told = Plan | Advance | Done | Failed
Tell = Callable[[Plan | Advance], None]
TELL_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Cutting:
    """A timeline and everything that is known of its files."""

    timeline: Timeline
    infos: Mapping[str, MediaInfo]
    sources: tuple[Source, ...]
    title: str = ""
    form: Form = AS_RECORDED
    chapters: tuple[Chapter, ...] | None = None
    """None: those that the files have."""


def plan_apart(cutting: Cutting) -> Mapping[str, object]:
    """How the film of a timeline would be made: `stretches`, `notes` and the plan as a `table`.

    Raises FaultError.
    """
    return _apart(_plan, cutting, "", lambda _: None)


def render_apart(cutting: Cutting, target: Path, tell: Tell) -> Mapping[str, object]:
    """Write the film of a timeline to `target`, which must not exist or may be replaced; only its
    sound where the name ends in `.mp3`.

    Returns facts about it. Raises FaultError; when it does, or is interrupted, there is no new
    file, and one that was there before is untouched.
    """
    work = target.with_name(f".rushes-{secrets.token_hex(4)}.part")
    try:
        work.mkdir()
        part = work / f"film.part{'.mp3' if target.suffix.lower() == '.mp3' else '.mp4'}"
        facts = _apart(_render, cutting, str(part), tell)
        part.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise FaultError(explain(error, f"write {target}")) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return facts


def _apart(
    work: Callable[[Cutting, Path, _Context], Mapping[str, object]],
    cutting: Cutting,
    output: str,
    tell: Tell,
) -> Mapping[str, object]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_child, args=(work, cutting, output, theirs))
    process.start()
    theirs.close()
    try:
        while True:
            told: Told = ours.recv()
            if isinstance(told, Done):
                return told.result
            if isinstance(told, Failed):
                raise FaultError(told.fault)
            tell(told)
    except EOFError as error:
        raise FaultError(
            Fault(
                Category.CRASH,
                "The process that made the film ended without a word.",
                "Your recordings are untouched. Try again.",
            )
        ) from error
    finally:
        process.kill()
        process.join()
        process.close()
        ours.close()


class _Context:
    """`core.context.Context` for work that is ended by ending its process."""

    def __init__(self, pipe: Connection[Told, None], folder: Path) -> None:
        self._pipe, self._folder = pipe, folder
        self._told: dict[str, float] = {}
        self._kept: dict[str, Path] = {}
        """What is made already: a film that does not come out right is begun a second time."""

    def plan(self, stages: Sequence[Stage]) -> None:
        self._pipe.send(Plan(tuple(stages)))

    def progress(self, stage: str, fraction: float) -> None:
        now = time.monotonic()
        if fraction >= 1.0 or now - self._told.get(stage, 0.0) >= TELL_EVERY:
            self._told[stage] = now
            self._pipe.send(Advance(stage, fraction))

    def check(self) -> None:
        return

    def find(self, key: str) -> Path | None:
        kept = self._kept.get(key)
        return kept if kept is not None and kept.exists() else None

    def part(self, key: str, suffix: str) -> Path:
        return self._folder / f"{key[:16]}.part{suffix}"

    def keep(
        self, kind: ArtifactKind, key: str, part: Path, facts: Mapping[str, object] | None = None
    ) -> Path:
        self._kept[key] = part
        return part

    def reach(self, point: str) -> None:
        return


def _child(
    work: Callable[[Cutting, Path, _Context], Mapping[str, object]],
    cutting: Cutting,
    output: str,
    pipe: Connection[Told, None],
) -> None:
    from backend.work.child import MEMORY_LIMIT, bound_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command hears Ctrl-C, and ends this
    end_with(pipe)
    bound_memory(MEMORY_LIMIT)
    path = Path(output)
    try:
        told: Told = Done(work(cutting, path, _Context(pipe, path.parent)))
    except BaseException as error:
        told = Failed(explain(error, "make the film"))
    with contextlib.suppress(OSError):
        pipe.send(told)


def _plan(cutting: Cutting, output: Path, context: _Context) -> Mapping[str, object]:
    from backend.media.merge import seams_of
    from backend.media.plan import plan

    seams = seams_of(cutting.timeline, cutting.infos, context, cutting.form)
    made = plan(cutting.timeline, cutting.infos, seams=seams, form=cutting.form)
    return {
        "table": made.table(),
        "notes": list(made.notes),
        "stretches": [
            {
                "from": float(span.start),
                "to": float(span.end),
                "track": track,
                "how": how,
                "file": path,
                "why": why,
            }
            for span, track, how, path, why in made.stretches()
        ],
    }


def _render(cutting: Cutting, output: Path, context: _Context) -> Mapping[str, object]:
    what = (cutting.timeline, cutting.infos, cutting.sources, output, context, cutting.title)
    if output.suffix == ".mp3":
        from backend.media.mp3 import save_mp3

        return save_mp3(*what)
    from backend.media.merge import merge

    return merge(*what, form=cutting.form, chapters=cutting.chapters)
