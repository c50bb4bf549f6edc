"""Transcripts of meetings that never were."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from backend.core.stretches import joined
from backend.core.time import TimeRange
from backend.core.transcript import Transcript, Utterance

BUDGET = (
    "The budget for the first quarter is nearly spent.",
    "Revenue grew by twelve percent, which is more than the budget assumed.",
    "Costs for hosting went up because of the new data centre.",
    "Marketing asked for more money in the second quarter.",
    "We have to cut costs if revenue does not grow any further.",
    "Finance wants a forecast of revenue for every month.",
    "The invoices from last year are all paid by now.",
    "So the budget for marketing stays as it is until summer.",
)
HIRING = (
    "We interviewed six candidates for the engineering position.",
    "Two of the candidates have years of experience with databases.",
    "The designer who applied last week declined our offer.",
    "Recruiting costs a lot of time for everybody in the team.",
    "The candidates like that they can work from home.",
    "We want to hire one engineer and one designer this year.",
    "Interviews take place on Tuesdays and Thursdays.",
    "The new engineer starts with us in April.",
)
BICYCLES = (
    "Yesterday I rode my bicycle up the mountain in the rain.",
    "The brakes of a bicycle wear out quickly on wet roads.",
    "A good helmet matters more than an expensive frame.",
    "In spring the tour through the valley is beautiful.",
    "Tyres should be pumped up before every long ride.",
    "My chain broke in the middle of the forest last summer.",
    "Cycling uphill is easier with smaller gears.",
    "The bicycle shop near the station repairs wheels in a day.",
)


def spoken(
    said: Sequence[Sequence[str]], pause: float = 0.3, between: float = 1.5, start: float = 1.0
) -> Transcript:
    """Each part of sentences behind the other, at a usual pace."""
    found = []
    at = Fraction(round(start * 10), 10)
    for part in said:
        for text in part:
            lasts = Fraction(len(text.split()) * 2, 5)
            found.append(Utterance(at, at + lasts, text))
            at += lasts + Fraction(round(pause * 10), 10)
        at += Fraction(round((between - pause) * 10), 10)
    speech = joined([TimeRange(one.start, one.end) for one in found], Fraction(1))
    return Transcript(tuple(found), "en", speech, at + 1, "none")


def begins(transcript: Transcript, text: str) -> Fraction:
    """When a sentence begins."""
    return next(one.start for one in transcript.utterances if one.text == text)
