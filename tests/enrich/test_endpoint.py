"""A language model behind an address: believed only where it says what was said, and given up with
a word of why wherever it does not."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from backend.core.chapter import tiled
from backend.core.context import Stopped
from backend.core.fault import FaultError
from backend.core.summary import Summary
from backend.core.transcript import Transcript
from backend.enrich.dictated import dictate
from backend.enrich.endpoint import Endpoint, tokens
from backend.enrich.summary import summarise
from tests.enrich.talks import BICYCLES, BUDGET, HIRING, begins, spoken
from tests.media.studio import Ctx

Question = dict[str, Any]
Answer = tuple[int, Any]
"""Status, and what is answered: a body, or raw bytes."""


@contextmanager
def served(answer: Callable[[Question], Answer]) -> Iterator[tuple[str, list[Question]]]:
    """An address at which `answer` is asked, and what it was asked."""
    asked: list[Question] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({**body, "path": self.path, "key": self.headers["Authorization"]})
            try:
                status, told = answer(body)
                raw = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                if 300 <= status < 400:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(raw)
            except (BrokenPipeError, ConnectionResetError):
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def says(content: object, ended: str = "stop", **usage: int) -> Answer:
    text = content if isinstance(content, str) else json.dumps(content)
    return 200, {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": ended}],
        "usage": usage,
    }


def lines_of(question: Question) -> list[tuple[int, str]]:
    text = question["messages"][1]["content"]
    return [(int(n), said) for n, said in re.findall(r"^\[(\d+)\] (.*)$", text, re.MULTILINE)]


def honest(question: Question) -> Answer:
    """Tells the first and the last line that it was given."""
    lines = lines_of(question)
    if '"points": [3, 7]' in question["messages"][0]["content"]:
        numbers = [n for n, _ in lines][1:4]
        return says({"title": "All of it", "abstract": lines[0][1], "points": numbers})
    (first, a), (last, b) = lines[0], lines[-1]
    return says(
        {
            "title": a,
            "abstract": f"{a} {b}",
            "points": [{"segment": first, "text": a}, {"segment": last, "text": b}],
            "actions": [{"segment": last, "text": b, "who": "Somebody", "when": None}],
        }
    )


TALK = spoken([BUDGET, HIRING, (*BICYCLES, "Anna, please mail the route by Friday.")])
SAID = {one.text: one.start for one in TALK.utterances}


@pytest.fixture
def extract() -> Summary:
    return summarise(TALK, tiled([], TALK.duration), None)


@pytest.fixture
def told(ctx: Ctx, extract: Summary) -> Callable[..., Summary]:
    def told(address: str, talk: Transcript = TALK, **options: Any) -> Summary:
        return dictate(talk, extract, Endpoint(address, "small", **options), ctx)

    return told


def test_what_it_writes_has_the_times_of_what_was_said(told: Callable[..., Summary]) -> None:
    with served(honest) as (address, asked):
        summary = told(address, key="secret")
    assert summary.by == f"small at {address}" and summary.notes == ()
    assert [point.at for point in summary.points] == [SAID[p.text] for p in summary.points]
    (action,) = summary.actions
    assert action.at == begins(TALK, "Anna, please mail the route by Friday.")
    assert action.who is None, "a name that was not said was believed"
    assert action.when == "by Friday"
    (question,) = asked
    assert question["path"] == "/v1/chat/completions" and question["key"] == "Bearer secret"
    assert [text for _, text in lines_of(question)] == list(SAID)


def test_a_long_recording_is_read_whole_in_pieces_that_fit(told: Callable[..., Summary]) -> None:
    talk = spoken([(*BUDGET, *HIRING, *BICYCLES) * 4])
    with served(honest) as (address, asked):
        summary = told(f"{address}/v1/", talk, context=1200)
    assert len(asked) > 4
    read = []
    for question in asked:
        text = "".join(one["content"] for one in question["messages"])
        assert tokens(text) + question["max_tokens"] <= 1200
        if '"points": [3, 7]' not in text:
            read += lines_of(question)
    assert [n for n, _ in read] == list(range(len(talk.utterances))), "something was left out"
    assert summary.title == "All of it" and 1 <= len(summary.points) <= 8
    starts = {one.start for one in talk.utterances}
    assert all(point.at in starts for point in summary.points)


def piece(**fields: object) -> Answer:
    first = BUDGET[0]
    body: dict[str, object] = {"title": "Budget", "abstract": first, "points": [], "actions": []}
    return says({**body, **fields})


WRONG: dict[str, tuple[Answer, str]] = {
    "refusal": (says("I'm sorry, but I can't help with that."), "refused to answer"),
    "prose": (says("Sure! The meeting was about money."), "something else"),
    "list": (says([1, 2]), "something else"),
    "cut": (says('{"title": "Bud', "length"), "cut off"),
    "half": (says('{"title": "Bud'), "something else"),
    "empty": (says(""), "answered nothing"),
    "error": ((500, {"error": "out of memory"}), "failed (HTTP 500)"),
    "unknown": ((404, {"error": "model not found"}), "no “small” is served"),
    "key": ((401, {}), "wants another key"),
    "moved": ((302, {}), "another address"),
    "shape": ((200, {"message": "hello"}), "a form that is not known"),
    "page": ((200, b"<html>hello</html>"), "a form that is not known"),
    "invented numbers": (
        piece(points=[{"segment": n, "text": BUDGET[0]} for n in (99, -1, 1.5, True, "x")]),
        "cited sentences that do not exist",
    ),
    "made up": (
        piece(abstract="Napoleon invaded Russia and lost his entire army during winter."),
        "nothing to do with",
    ),
    "no fields": (says({"summary": "It was nice."}), "nothing to do with"),
    "loop": (piece(abstract="budget " * 60), "nothing to do with"),
    "read half": (says({"title": "x"}, prompt_tokens=40), "read only 40 tokens"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_leaves_what_was_said(
    told: Callable[..., Summary], extract: Summary, name: str
) -> None:
    answer, why = WRONG[name]
    with served(lambda _: answer) as (address, asked):
        summary = told(address)
    assert summary.points == extract.points and summary.by == "extractive"
    (note,) = summary.notes
    assert note.startswith(f"small at {address} ") and why in note
    assert 1 <= len(asked) <= 2
    assert {question["path"] for question in asked} == {"/v1/chat/completions"}


def test_a_second_try_may_do(told: Callable[..., Summary]) -> None:
    answers = iter([says("{"), None])

    def once(question: Question) -> Answer:
        return next(answers) or honest(question)

    with served(once) as (address, asked):
        assert told(address).by.startswith("small at")
    assert len(asked) == 2


def test_some_invented_numbers_cost_only_themselves(told: Callable[..., Summary]) -> None:
    points = [{"segment": n, "text": BUDGET[n]} for n in (0, 3)]
    with served(lambda _: piece(points=[*points, {"segment": 77, "text": BUDGET[1]}])) as (at, _):
        summary = told(at)
    assert [point.text for point in summary.points] == [BUDGET[0], BUDGET[3]]


def test_one_that_hangs_is_given_up_and_a_stop_is_heard_at_once(
    told: Callable[..., Summary], ctx: Ctx, extract: Summary
) -> None:
    free = threading.Event()

    def hang(question: Question) -> Answer:
        free.wait(60)
        return says("{}")

    try:
        with served(hang) as (address, asked):
            assert "did not answer within 1 s" in told(address, patience=1).notes[0]

            def stop() -> None:
                if len(asked) > 1:
                    raise Stopped

            ctx.on_check = stop
            with pytest.raises(Stopped):  # while the answer is still held back
                told(address, patience=500)
            free.set()
    finally:
        free.set()


def test_nobody_there_is_told(told: Callable[..., Summary], extract: Summary) -> None:
    with served(honest) as (address, _):
        pass
    summary = told(address)
    assert summary.points == extract.points
    assert "could not be reached" in summary.notes[0] and address in summary.notes[0]


@pytest.mark.parametrize(
    ("address", "model", "context"),
    [
        ("localhost:11434", "m", 4096),
        ("ftp://x", "m", 4096),
        ("http://a:b@x", "m", 4096),
        ("http://x/?q", "m", 4096),
        ("http://x", " ", 4096),
        ("http://x", "m", 100),
    ],
)
def test_an_address_that_is_none_is_refused(address: str, model: str, context: int) -> None:
    with pytest.raises(FaultError):
        Endpoint(address, model, context=context)


def test_its_key_is_never_shown() -> None:
    one = Endpoint("http://localhost:1", "m", key="secret")
    assert "secret" not in repr(one) + one.name
