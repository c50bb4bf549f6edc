"""A canvas is read as it was told, and its page holds what was said as text and nothing else."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from backend.core.canvas import (
    COLUMNS,
    TALLEST,
    Canvas,
    Figures,
    Quote,
    Shot,
    canvas_from,
    figures_of,
    titled,
    wave_of,
)
from backend.core.canvas_html import POLICY, page
from backend.core.chapter import tiled
from backend.core.document import DocumentKind, passages
from backend.core.summary import Action, Point
from backend.core.time import TimeRange
from backend.core.transcript import Transcript, Utterance

moments = st.integers(0, 599_999).map(lambda ms: Fraction(ms, 1000))
words = st.text(st.characters(codec="utf-8"), max_size=40)
names = st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
KEY = "0f" * 20
canvases = st.builds(
    Canvas,
    words,
    words,
    words,
    st.just(Fraction(600)),
    st.none() | st.just("2026-05-12T09:15:00+00:00") | words,
    st.lists(st.tuples(moments, words), max_size=5).map(lambda m: tiled(m, Fraction(600))),
    st.lists(st.builds(Shot, moments, st.just(KEY), st.just(640), st.just(360)), max_size=5).map(
        lambda shots: tuple(sorted(shots, key=lambda shot: shot.at))
    ),
    st.lists(st.integers(0, TALLEST), max_size=40).map(tuple),
    st.lists(moments, max_size=6, unique=True).map(
        lambda at: tuple(
            TimeRange(a, b) for a, b in zip(sorted(at)[::2], sorted(at)[1::2], strict=False)
        )
    ),
    st.lists(st.builds(Quote, words, moments, names), max_size=4).map(tuple),
    st.lists(st.builds(Point, words, moments), max_size=4).map(tuple),
    st.lists(st.builds(Action, words, names, names, moments), max_size=4).map(tuple),
    st.none()
    | st.builds(
        Figures,
        st.integers(0, 10**6),
        moments,
        st.integers(0, 100),
        moments,
        st.none() | st.integers(1, 9),
    ),
    st.none() | st.just("en"),
    st.none() | words,
    st.lists(words, max_size=3).map(tuple),
)
EMPTY = Canvas(
    "", "", "", Fraction(60), None, (), (), (), (), (), (), (), None, None, None, ("It is empty.",)
)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><link rel=stylesheet href=https://example.org/x.css>",
    "]]><svg onload=alert(1)>",
    "'><a href=javascript:alert(1)>here</a>",
    "\u202egnp.exe\u202c",
)


@given(canvases)
def test_what_is_told_is_read_again(canvas: Canvas) -> None:
    assert canvas_from(json.loads(json.dumps(canvas.told()))) == canvas
    assert passages(DocumentKind.CANVAS, canvas.told()) == ()


class Elements(HTMLParser):
    """Every element of a page, with its attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(canvases)
def test_a_page_refers_to_nothing_and_runs_nothing(canvas: Canvas) -> None:
    made = page(canvas, {KEY: b"\xff\xd8picture"})
    elements = Elements(made)
    tags = {tag for tag, _ in elements.found}
    assert not tags & {"script", "link", "iframe", "object", "embed", "base", "form", "video"}
    ids = {attributes.get("id") for _, attributes in elements.found}
    for tag, attributes in elements.found:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "href"):
            value = attributes.get(name)
            if value is not None:
                inside = value.startswith("#") and value[1:] in ids
                assert inside or re.fullmatch(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", value)
    style = made[made.index("<style>") : made.index("</style>")]
    assert "url(" not in style and "@import" not in style
    assert POLICY in made and made.count("<style>") == 1


def test_hostile_words_stand_on_the_page_as_they_were_said() -> None:
    chapters = tiled([(Fraction(n), text) for n, text in enumerate(HOSTILE)], Fraction(60))
    canvas = replace(
        EMPTY,
        title=HOSTILE[0],
        about=HOSTILE[1],
        abstract=HOSTILE[2],
        recorded=HOSTILE[0],
        chapters=chapters,
        shots=(Shot(Fraction(1, 2), KEY, 640, 360),),
        quotes=tuple(Quote(text, Fraction(n), text) for n, text in enumerate(HOSTILE)),
        points=tuple(Point(text, Fraction(n)) for n, text in enumerate(HOSTILE)),
        actions=(Action(HOSTILE[1], HOSTILE[0], HOSTILE[4], Fraction(3)),),
        by=HOSTILE[0],
        notes=HOSTILE,
    )
    plain = Elements(page(replace(canvas, chapters=(), **_said("a")), {KEY: b"x"}))
    made = page(canvas, {KEY: b"x"})
    elements = Elements(made)
    for text in HOSTILE[:5]:
        assert elements.text.count(text) >= 2, text
    assert "\u202e" not in made
    tags = {tag for tag, _ in elements.found}
    assert tags <= {tag for tag, _ in plain.found} | {"ol", "h3", "b", "a"}
    assert base64.b64encode(b"x").decode() in made


def _said(text: str) -> dict[str, object]:
    return {
        "title": text,
        "about": text,
        "abstract": text,
        "quotes": (Quote(text, Fraction(0), text),),
        "points": (Point(text, Fraction(0)),),
        "actions": (Action(text, text, text, Fraction(0)),),
        "notes": (text,),
    }


def test_an_empty_canvas_is_a_page_that_says_so() -> None:
    text = Elements(page(titled(EMPTY, "Rain"), {})).text
    assert "Rain" in text and "It is empty." in text and "1:00" in text
    assert "Key points" not in text and "Words" not in text
    assert titled(replace(EMPTY, title="Mine"), "Rain").title == "Mine"


@given(st.lists(st.integers(-128, 127), max_size=5000), moments, moments)
def test_a_waveform_fits_into_its_columns(
    peaks: list[int], lasts: Fraction, duration: Fraction
) -> None:
    wave = wave_of(peaks, lasts, duration)
    drawn = len(peaks) > 1 and lasts > 0 and duration > 0
    assert len(wave) == (COLUMNS if drawn else 0)
    assert all(0 <= column <= TALLEST for column in wave)
    whole = peaks[: len(peaks) // 2 * 2]
    if drawn and lasts <= duration and len(peaks) > 2 * COLUMNS and max(map(abs, whole)) > 6:
        assert max(wave) == TALLEST


def test_a_waveform_lies_where_its_sound_is() -> None:
    minute = Fraction(60)
    wave = wave_of([-100, 100] * 3000, Fraction(30), minute)
    assert set(wave[: COLUMNS // 2]) == {TALLEST} and set(wave[COLUMNS // 2 :]) == {0}
    assert set(wave_of([-100, 100] * 3, minute, minute)) == {TALLEST}


def test_noise_is_not_made_to_look_loud() -> None:
    minute = Fraction(60)
    assert max(wave_of([-1, 1] * 1000, minute, minute)) < TALLEST / 2
    both = wave_of([-16, 16] * 1000 + [-128, 127] * 1000, minute, minute)
    assert both[-1] == TALLEST and 15 < both[0] < 40


def test_figures_tell_what_is_known() -> None:
    said = [("One two three.", 1, 3, None), ("Four.", 5, 6, "Ada"), ("Five six.", 6, 8, "Ben")]
    utterances = tuple(
        Utterance(Fraction(start), Fraction(end), text, (), who) for text, start, end, who in said
    )
    talk = Transcript(utterances, "en", (), Fraction(10), None)
    assert figures_of(talk) == Figures(6, Fraction(5), 1, Fraction(2), 2)
    mapped = replace(talk, speech=(TimeRange(Fraction(1), Fraction(8)),))
    assert figures_of(mapped).speaking == 7
    nobody = replace(talk, utterances=tuple(replace(one, speaker=None) for one in utterances))
    assert figures_of(nobody).speakers is None
