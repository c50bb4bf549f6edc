"""The canvas: the job that draws one, in the child, and processes that put it on paper."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from backend.core.artifact import ArtifactKind
from backend.core.canvas import SOURCES, Canvas, canvas_from
from backend.core.chapter import chapters_from
from backend.core.context import Context
from backend.core.document import DocumentKind
from backend.core.fault import Category, Fault, FaultError, explain
from backend.core.summary import summary_from
from backend.core.transcript import transcript_from
from backend.enrich.options import OutlineOptions
from backend.work.handlers import film_of, lower_priority
from backend.work.hear import on_shelf
from backend.work.isolate import MEMORY_LIMIT, spawned
from backend.work.messages import Assignment, Done


def canvas(assignment: Assignment, context: Context) -> Done:
    """The session's canvas, from the newest of everything that is known of it."""
    lower_priority()
    from backend.enrich.canvas import Earlier, Material, draw
    from backend.enrich.meaning import Meaning
    from backend.enrich.options import outline_options
    from backend.media.stills import STILLS_ENGINE

    film, known = film_of(assignment), assignment.documents
    transcript = known.get(DocumentKind.TRANSCRIPT)
    chapters = known.get(DocumentKind.CHAPTERS)
    summary = known.get(DocumentKind.SUMMARY)
    peaks = assignment.made.get(ArtifactKind.PEAKS)
    wanted = assignment.choices.meaning_model
    model = outline_options(assignment.models, look=False, meaning=wanted).meaning

    def meaning() -> Meaning | None:
        return None if model is None else Meaning(model, assignment.models, context.check)

    before = known.get(DocumentKind.CANVAS)
    wrote = None if before is None else before.get("owned")
    owned = [str(part) for part in wrote] if isinstance(wrote, list) else []
    material = Material(
        None if transcript is None else transcript_from(transcript),
        () if chapters is None else chapters_from(chapters),
        None if summary is None else summary_from(summary),
        None if peaks is None else Path(peaks.path),
        assignment.session.started_at.isoformat(),
        meaning,
        None
        if before is None
        else Earlier(
            canvas_from(before),
            frozenset(owned),
            before.get("stills") == STILLS_ENGINE,
        ),
    )
    drawn = draw(Path(film.path), film.key, material, context)
    result = {"pictures": len(drawn.shots), "quotes": len(drawn.quotes)}
    body = {
        **drawn.told(),
        "drawn_from": {kind: assignment.versions.get(kind, 0) for kind in SOURCES},
        "owned": owned,
        "stills": STILLS_ENGINE,
    }
    return Done(result, documents={DocumentKind.CANVAS: body})


def canvas_apart(
    path: Path, options: OutlineOptions, shelf: Path, tell: Callable[[float], None]
) -> tuple[Canvas, Mapping[str, bytes], tuple[str, ...]]:
    """The canvas of a file, its pictures by their keys, and what could not be heeded; see
    `hear.on_shelf`."""
    return on_shelf(_canvas_of, path, options, shelf, tell)


def _canvas_of(
    path: Path, source: str, options: OutlineOptions, ctx: Context
) -> tuple[Canvas, Mapping[str, bytes], tuple[str, ...]]:
    from backend.enrich.outline import canvas_of

    drawn, notes = canvas_of(path, source, options, ctx)
    kept = {shot.key: ctx.find(shot.key) for shot in drawn.shots}
    pictures = {key: file.read_bytes() for key, file in kept.items() if file is not None}
    return drawn, pictures, notes


_DRAWING = threading.Lock()
PATIENCE = 120.0
"""Seconds after which a drawing is given up."""


def draw_poster(drawn: Canvas, pictures: Mapping[str, bytes], dark: bool) -> bytes:
    """A canvas as PNG, drawn in a process of its own: one at a time. Raises FaultError."""
    with _DRAWING, spawned(_poster_child, drawn, dict(pictures), dark) as pipe:
        try:
            answer: bytes | Fault = pipe.recv() if pipe.poll(PATIENCE) else _unfinished()
        except EOFError:
            answer = _unfinished()
    if isinstance(answer, Fault):
        raise FaultError(answer)
    return answer


def _unfinished() -> Fault:
    return Fault(Category.CRASH, "The canvas could not be drawn.", "Try again, or save the page.")


def _poster_child(
    drawn: Canvas, pictures: Mapping[str, bytes], dark: bool, pipe: Connection[bytes | Fault, None]
) -> None:
    from backend.work.child import bound_memory

    bound_memory(MEMORY_LIMIT)
    from backend.media.poster import DARK, LIGHT, poster

    try:
        answer: bytes | Fault = poster(drawn, pictures, DARK if dark else LIGHT)
    except Exception as error:
        answer = explain(error, "draw the canvas")
    pipe.send(answer)
