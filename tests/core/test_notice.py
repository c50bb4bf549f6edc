from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.event import SESSION_DELETED, Event
from backend.core.fault import Category, Fault
from backend.core.job import REFRESH, JobKind, JobStatus
from backend.core.notice import (
    BODY_LIMIT,
    LONG_QUEUE,
    TITLE_LIMIT,
    Choice,
    Notice,
    Outcome,
    QuietHours,
    Untold,
    is_finished,
    notice_of,
)
from tests.core.making import job

FULL = Fault(Category.STORAGE, "There is not enough storage left.", "Free some space.")
WORDS = st.text(st.characters(), max_size=400)
KINDS = st.sampled_from(JobKind)
OUTCOMES = st.lists(
    st.builds(
        Outcome,
        session=st.text("abc/ü ", min_size=1, max_size=9),
        title=WORDS,
        ready=st.booleans(),
        failed=st.none() | KINDS,
        fault=st.none() | st.builds(Fault, st.just(Category.UNKNOWN), WORDS, WORDS),
    ),
    max_size=12,
)


def event(name: str, session: str, kind: JobKind = JobKind.MERGE, number: int = 1) -> Event:
    return Event(number, name, datetime.now(UTC), session, 1, {"kind": str(kind)})


def ready(title: str, session: str = "s1") -> Outcome:
    return Outcome(session, title, True)


def failed(title: str, session: str = "s1") -> Outcome:
    return Outcome(session, title, False, JobKind.MERGE, FULL)


@given(OUTCOMES)
def test_a_notice_fits_every_system(outcomes: list[Outcome]) -> None:
    notice = notice_of(outcomes)
    news = [o for o in outcomes if o.ready or o.failed]
    assert (notice is None) == (not news)
    if notice is None:
        return
    for text, limit in ((notice.title, TITLE_LIMIT), (notice.body, BODY_LIMIT)):
        assert len(text.encode("utf-16-le")) <= 2 * limit
        assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in text)
    assert notice.path.startswith("/") and notice.path.isascii() and " " not in notice.path


def test_one_session_has_its_own_words() -> None:
    assert notice_of([ready("Stand-up", "a/b")]) == Notice(
        "Stand-up", "Your film is ready.", "/sessions/a%2Fb"
    )
    assert notice_of([failed("Stand-up")]) == Notice(
        "Stand-up",
        "Your film could not be made. There is not enough storage left. Free some space.",
        "/sessions/s1",
    )
    half = Outcome("s1", "Stand-up", True, JobKind.THUMBNAILS, FULL)
    told = notice_of([half])
    assert told is not None
    assert told.body.startswith("Your film is ready, but its thumbnails failed. There is")
    assert notice_of([Outcome("s1", "Retried since", False)]) is None


def test_several_are_one_notice() -> None:
    told = notice_of([ready("A"), ready("B")])
    assert told == Notice("2 sessions are ready", "A and B.", "/")
    told = notice_of([failed(t) for t in "ABCDE"])
    assert told == Notice("5 sessions failed", "A, B, C and 2 more.", "/queue")
    told = notice_of([ready("A"), failed("B"), ready("C")])
    assert told == Notice("1 failed, 2 ready", "Failed: B. Ready: A and C.", "/queue")
    told = notice_of([ready(t) for t in "ABCD"])
    assert told == Notice("Your queue is done", "4 sessions are ready: A, B, C and 1 more.", "/")


def test_what_ended_is_noted_once_and_what_was_cancelled_never() -> None:
    untold = Untold(0)
    for number, (name, session, finished) in enumerate(
        [
            ("job-completed", "a", False),
            ("job-completed", "a", True),
            ("job-completed", "a", True),
            ("job-failed", "b", True),
            ("job-failed", "b", True),
            ("job-cancelled", "c", True),
            ("job-delayed", "d", False),
            ("media-processing-failed", "e", True),
        ],
        start=5,
    ):
        untold = untold.noting(event(name, session, number=number), finished)
    assert untold == Untold(12, ("a",), ("b",))
    assert untold.noting(event(SESSION_DELETED, "b", number=13), False) == Untold(13, ("a",))


def test_a_file_that_its_owner_waits_for_is_no_news() -> None:
    told = event("job-completed", "a", JobKind.SOUNDTRACK, 5)
    assert Untold(0).noting(told, True) == Untold(5)
    broken = event("job-failed", "a", JobKind.SOUNDTRACK, 6)
    assert Untold(0).noting(broken, True) == Untold(6, (), ("a",))
    waits, made = job(1), job(2, JobStatus.COMPLETED)
    assert is_finished([made, replace(waits, kind=JobKind.SOUNDTRACK)])
    assert not is_finished([made, waits])


def test_what_nobody_asked_for_is_no_news() -> None:
    done = event("job-completed", "a", JobKind.CANVAS, 5)
    told = replace(done, data={**done.data, REFRESH: True})
    assert Untold(0).noting(told, True) == Untold(5)
    waits, made = job(1), job(2, JobStatus.COMPLETED)
    assert is_finished([made, replace(waits, options={REFRESH: True})])


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        (Choice.ALL, Untold(3, ("a",), ("b",))),
        (Choice.FAILURES, Untold(3, (), ("b",))),
        (Choice.NONE, Untold(3)),
    ],
)
def test_the_owner_chooses(choice: Choice, left: Untold) -> None:
    assert Untold(3, ("a",), ("b",)).chosen(choice) == left


@given(st.integers(0, 10), st.integers(0, 10))
def test_a_long_queue_is_told_at_its_end_and_failures_at_once(done: int, busy: int) -> None:
    untold = Untold(1, tuple(f"r{n}" for n in range(done)), ("f",))
    due = untold.due(busy)
    assert due.failed == ("f",)
    assert due.ready == (untold.ready if busy == 0 or done + busy < LONG_QUEUE else ())


@given(st.times(), st.times(), st.times())
def test_quiet_hours_cover_the_time_from_one_to_the_other(a: time, b: time, now: time) -> None:
    start, end = (moment.replace(second=0, microsecond=0) for moment in (a, b))
    text = f"{start:%H:%M}-{end:%H:%M}"
    if start == end:
        with pytest.raises(ValueError, match="two different times"):
            QuietHours.parse(text)
        return
    quiet, loud = QuietHours.parse(text), QuietHours.parse(f"{end:%H:%M}-{start:%H:%M}")
    assert quiet == QuietHours(start, end)
    assert quiet.cover(start) and not quiet.cover(end)
    assert quiet.cover(now) != loud.cover(now), "each moment is in one of the two"


def test_quiet_hours_across_midnight() -> None:
    night = QuietHours.parse("22:00-07:00")
    assert [night.cover(time(h)) for h in (21, 22, 23, 0, 6, 7, 12)] == [
        *(False, True, True, True, True, False, False)
    ]


@pytest.mark.parametrize("text", ["", "22-7", "24:00-07:00", "22:60-07:00", "²2:00-07:00", "off "])
def test_other_words_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError, match="such as 22:00-07:00"):
        QuietHours.parse(text)
