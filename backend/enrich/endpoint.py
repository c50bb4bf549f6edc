"""A language model behind an address that the owner named: it speaks OpenAI's chat completions, as
Ollama, llama.cpp and LM Studio do. Nothing is asked of any other address."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import urllib3

from backend.core.fault import Category, refuse

CONTEXT = 4096
"""Tokens that a model reads and writes at a time, where its owner has not said: what Ollama gives
without being told."""
SMALLEST_CONTEXT = 1024
ANSWER = 700
"""Tokens of an answer at most; less where the context is small."""
PATIENCE = 300.0
"""Seconds without an answer after which a model is given up; small machines think slowly."""
_CONNECT = 10.0
_TICK = 0.1
"""Seconds between two looks whether to stop."""
_LARGEST = 1 << 20
"""Bytes of an answer that are read."""
_CHARACTERS = 3
"""Of a token, at least, in languages with an alphabet; others have a token a character."""
_FEWEST = 9
"""Characters of a token at most, on average: one that counts fewer tokens did not read it all."""


class Failed(Exception):
    """The model could not do it. Says why, in words that stand behind its name."""

    def __init__(self, why: str, final: bool = False) -> None:
        """`final`: asking again would not mend it."""
        super().__init__(why)
        self.final = final


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which model to ask, and where."""

    address: str
    """As the owner wrote it: http://localhost:11434, with or without /v1."""
    model: str
    key: str | None = field(default=None, repr=False)
    context: int = CONTEXT
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        """Raises FaultError for an address that cannot be asked."""
        parts = urlsplit(self.address)
        hint = "Write it like http://localhost:11434."
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise refuse(Category.INPUT, f"“{self.address}” is no address of a model.", hint)
        if parts.username is not None or parts.query or parts.fragment:
            raise refuse(
                Category.INPUT, "The address of a model holds no name, password or query.", hint
            )
        if not self.model.strip():
            raise refuse(
                Category.INPUT,
                "It is not said which model to ask.",
                f"Name one that {parts.netloc} serves, such as llama3.2.",
            )
        if self.context < SMALLEST_CONTEXT:
            raise refuse(
                Category.INPUT,
                f"A context of {self.context} tokens is too small for a summary.",
                f"Give it at least {SMALLEST_CONTEXT}.",
            )

    @property
    def url(self) -> str:
        base = self.address.rstrip("/")
        return f"{base}/chat/completions" if base.endswith("/v1") else f"{base}/v1/chat/completions"

    @property
    def name(self) -> str:
        """For people, wherever it is used."""
        return f"{self.model} at {self.address.rstrip('/')}"

    @property
    def answer(self) -> int:
        """Tokens of an answer at most."""
        return min(ANSWER, self.context // 3)

    @property
    def room(self) -> int:
        """Tokens of a question at most."""
        return self.context - self.answer - 64


def tokens(text: str) -> int:
    """How many tokens a text is at most."""
    wide = sum(ord(c) > 0x2E80 for c in text)
    return wide + (len(text) - wide) // _CHARACTERS + 4


def ask(endpoint: Endpoint, system: str, question: str, check: Callable[[], None]) -> object:
    """What the model answers, which must be JSON.

    `check` is called ten times a second, and what it raises ends the wait at once. Raises Failed
    where there is no answer, one that was cut, or one that is no JSON.
    """
    text = _content(endpoint, _reply(endpoint, system, question, check), system + question)
    if _REFUSAL.match(text.strip()):
        raise Failed("refused to answer")
    found = _JSON.search(text)
    try:
        return json.loads(found.group() if found else text)
    except ValueError:
        raise Failed("answered something else than it was asked for") from None


_REFUSAL = re.compile(
    r"(?:i['’]?m sorry|i am sorry|sorry,|as an ai|unfortunately"
    r"|i (?:can(?:no|['’])?t|am unable|am not able|will not)"
    r"|es tut mir leid|ich kann (?:nicht|leider)|je suis désolée?|lo siento)",
    re.IGNORECASE,
)
_JSON = re.compile(r"\{.*\}", re.DOTALL)
"""From the first brace to the last: models like to say something before and behind it."""


def _content(endpoint: Endpoint, body: object, asked: str) -> str:
    try:
        choice = body["choices"][0]  # type: ignore[index]
        text = choice["message"]["content"]
        ended = choice.get("finish_reason")
        read = (body.get("usage") or {}).get("prompt_tokens")  # type: ignore[attr-defined]
    except (KeyError, IndexError, TypeError, AttributeError):
        raise Failed("answered in a form that is not known") from None
    if not isinstance(text, str) or not text.strip():
        raise Failed("answered nothing")
    if ended == "length":
        raise Failed("was cut off in the middle of its answer")
    if isinstance(read, int) and 0 < read < len(asked) // _FEWEST:
        raise Failed(
            f"read only {read} tokens of what it was given: its context is smaller than"
            f" {endpoint.context}",
            final=True,
        )
    return text


def _reply(endpoint: Endpoint, system: str, question: str, check: Callable[[], None]) -> object:
    """The body of the answer. Asked in a thread, so that whoever waits can stop."""
    body = {
        "model": endpoint.model,
        "messages": [
            {"role": "system", "content": system},
            {"role": "user", "content": question},
        ],
        "temperature": 0,
        "max_tokens": endpoint.answer,
        "stream": False,
        "response_format": {"type": "json_object"},
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    call = _Call(endpoint, json.dumps(body).encode(), headers)
    call.start()
    until = time.monotonic() + endpoint.patience
    while call.is_alive():
        check()
        call.join(_TICK)
        if time.monotonic() > until:
            raise Failed(f"did not answer within {endpoint.patience:.0f} s", final=True)
    if call.failure is not None:
        raise call.failure
    try:
        return json.loads(call.answer)
    except ValueError:
        raise Failed("answered in a form that is not known") from None


class _Call(threading.Thread):
    """One question on its way. Who loses interest in it lets it run out: it holds nothing."""

    def __init__(self, endpoint: Endpoint, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(name="summary model", daemon=True)
        self._endpoint, self._body, self._headers = endpoint, body, headers
        self.answer = b""
        self.failure: Failed | None = None

    def run(self) -> None:
        try:
            with urllib3.PoolManager(num_pools=1) as pool:
                reply = pool.request(
                    "POST",
                    self._endpoint.url,
                    body=self._body,
                    headers=self._headers,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    timeout=urllib3.Timeout(connect=_CONNECT, read=self._endpoint.patience),
                )
                self.answer = reply.read(_LARGEST)
                if reply.status != 200:
                    self.failure = _refused(reply.status, self._endpoint.model)
                reply.close()
        except urllib3.exceptions.ReadTimeoutError:
            self.failure = Failed(f"did not answer within {self._endpoint.patience:.0f} s", True)
        except (urllib3.exceptions.HTTPError, OSError):
            self.failure = Failed("could not be reached, or broke off", final=True)


def _refused(status: int, model: str) -> Failed:
    if status in (401, 403):
        return Failed(f"wants another key (HTTP {status})", final=True)
    if status == 404:
        return Failed(f"is not there: no “{model}” is served (HTTP 404)", final=True)
    if 300 <= status < 400:
        return Failed(f"wants another address to be asked (HTTP {status})", final=True)
    return Failed(f"failed (HTTP {status})")
