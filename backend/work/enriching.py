"""What the jobs do that find out what is in a session. Runs in the child.

They build on each other by documents: each takes the newest there is of the session, whoever wrote
it, and does without what is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from backend.core.artifact import ArtifactKind, artifact_key
from backend.core.chapter import chapters_from
from backend.core.chapter import told as chapters_told
from backend.core.context import Context
from backend.core.document import DocumentKind
from backend.core.job import JobKind
from backend.core.progress import Stage
from backend.core.speakers import MOST_SPEAKERS, named_as_before
from backend.core.time import TimeRange, seconds
from backend.core.transcript import Transcript, spliced, transcript_from
from backend.work.drawing import canvas
from backend.work.handlers import film_of, lower_priority
from backend.work.messages import Assignment, Done


def review(assignment: Assignment, context: Context) -> Done:
    """What is said in the film, as the newest version of the session's transcript."""
    lower_priority()
    from backend.enrich.models import Purpose, choose, how_to_add
    from backend.enrich.options import ReviewOptions
    from backend.enrich.owned import known_models
    from backend.enrich.review import review as listen

    film = film_of(assignment)
    options = assignment.job.options
    models = known_models(assignment.models)
    model = choose(
        Purpose.SPEECH, models, _text(options.get("model")) or assignment.choices.speech_model
    )
    if model is None:
        # No fault: everything else works without, and what would bring it is said.
        lacking = next(known for known in models if known.purpose is Purpose.SPEECH)
        return Done({"said": f"There is no model of speech here. {how_to_add(lacking)}"})
    language = _text(options.get("language")) or assignment.choices.language
    before = _transcript(assignment)
    span = _span(options)
    speakers = _speakers(assignment, None if span is None else before)
    asked = ReviewOptions(model, assignment.models, language, span, speakers)
    transcript = listen(Path(film.path), film.key, asked, context)
    if before is not None:
        utterances = named_as_before(transcript.utterances, before.utterances)
        transcript = replace(transcript, utterances=utterances)
        if span is not None:
            transcript = spliced(before, transcript, span)
    figures = transcript.figures()
    return Done(
        {"model": model.name, "language": transcript.language, **figures},
        documents={DocumentKind.TRANSCRIPT: transcript.told()},
    )


def _speakers(assignment: Assignment, rest: Transcript | None) -> int:
    """How many are to be told apart: as was asked, else as many as `rest` of the transcript, of
    which only a stretch is heard again, tells apart, else as the settings have it."""
    asked = assignment.job.options.get("speakers")
    if isinstance(asked, int):
        return asked
    names = {one.speaker for one in rest.utterances if one.speaker} if rest else set()
    return min(len(names), MOST_SPEAKERS) or assignment.choices.speakers


def _text(option: object) -> str | None:
    return str(option) if option else None


def _span(options: Mapping[str, object]) -> TimeRange | None:
    """The stretch that is to be heard again; None for the whole film."""
    span = options.get("span")
    if not isinstance(span, list):
        return None
    start, end = (seconds(one) for one in span)
    return TimeRange(start, end)


def chapters(assignment: Assignment, context: Context) -> Done:
    """The film's chapters, and the text that was read on its screen."""
    lower_priority()
    from backend.enrich.chapters import ChapterSources, find_chapters
    from backend.enrich.meaning import Meaning
    from backend.enrich.onscreen import STAGES, ReadingOptions, Seen, read_screen
    from backend.enrich.options import outline_options
    from backend.media.probe import probe

    film = film_of(assignment)
    path = Path(film.path)
    info = probe(path)
    wanted = assignment.choices.meaning_model
    options = outline_options(assignment.models, look=bool(info.video), meaning=wanted)
    context.plan([*STAGES, Stage("chapters", "Finding chapters", 1.0)])
    changes = _changes(film.key, context)
    read: tuple[Seen, ...] = ()
    if info.video and options.reading is not None:
        reading = ReadingOptions(options.reading, assignment.models)
        read = read_screen(path, film.key, changes, info.duration, reading, context)
    transcript = _transcript(assignment)
    meaning = None
    if options.meaning is not None and transcript is not None and transcript.utterances:
        meaning = Meaning(options.meaning, assignment.models, context.check)
    found = find_chapters(ChapterSources(info.duration, transcript, changes, read, meaning))
    context.progress("chapters", 1.0)
    documents: dict[DocumentKind, Mapping[str, object]] = {
        DocumentKind.CHAPTERS: {**chapters_told(found), "notes": list(options.lacking)}
    }
    if read:
        documents[DocumentKind.SCREEN] = {
            "segments": [
                {"start": float(one.time), "end": float(one.time), "text": " · ".join(one.lines)}
                for one in read
            ]
        }
    return Done({"chapters": len(found)}, documents=documents)


def summary(assignment: Assignment, context: Context) -> Done:
    """What the film is about: out of what was said, or by the model that the owner named."""
    lower_priority()
    from backend.enrich.dictated import dictate
    from backend.enrich.meaning import Meaning
    from backend.enrich.options import outline_options
    from backend.enrich.summary import summarise

    context.plan([Stage("summary", "Summing up", 1.0)])
    film_of(assignment)
    transcript = _transcript(assignment)
    if transcript is None:
        return Done({"said": "Nothing was written down that could be summed up."})
    wanted = assignment.choices.meaning_model
    options = outline_options(assignment.models, look=False, meaning=wanted)
    meaning = None
    if options.meaning is not None and transcript.utterances:
        meaning = Meaning(options.meaning, assignment.models, context.check)
    known = assignment.documents.get(DocumentKind.CHAPTERS)
    found = summarise(transcript, () if known is None else chapters_from(known), meaning)
    endpoint = assignment.choices.endpoint
    if endpoint is not None and transcript.utterances:
        from backend.enrich.endpoint import Endpoint

        found = dictate(transcript, found, Endpoint(*endpoint), context)
    context.progress("summary", 1.0)
    body = {**found.told(), "model": found.by}
    return Done(
        {"by": found.by, "points": len(found.points), "actions": len(found.actions)},
        documents={DocumentKind.SUMMARY: body},
    )


def _transcript(assignment: Assignment) -> Transcript | None:
    body = assignment.documents.get(DocumentKind.TRANSCRIPT)
    return None if body is None else transcript_from(body)


def _changes(film: str, context: Context) -> tuple[Fraction, ...]:
    """When the picture changes, as the thumbnails' job saw it; nothing where it did not come to."""
    from backend.media.sight import SIGHT_ENGINE

    kept = context.find(artifact_key(ArtifactKind.SEEN, [film], {}, SIGHT_ENGINE))
    if kept is None:
        return ()
    try:
        return tuple(seconds(time) for time in json.loads(kept.read_bytes())["changes"])
    except (OSError, ValueError, TypeError, KeyError):
        return ()  # somebody damaged it


HANDLERS: Mapping[JobKind, Callable[[Assignment, Context], Done]] = {
    JobKind.REVIEW: review,
    JobKind.CHAPTERS: chapters,
    JobKind.SUMMARY: summary,
    JobKind.CANVAS: canvas,
}
