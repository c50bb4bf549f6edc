"""A command's line to its backend: found or started, and again when it ends meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from backend.cli.command import refusal
from backend.client import Client, Gone, Json, Unwilling
from backend.core.document import DocumentKind
from backend.core.fault import Category
from backend.launch import ensure
from backend.settings import Settings

ATTEMPTS = 5


class Link:
    """Speaks to the backend of a library. Use it in a `with`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.client = Client(ensure(settings))

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()

    def again(self) -> Client:
        """A client of the backend that serves the library now. Raises a fault if none starts."""
        self.client.close()
        self.client = Client(ensure(self._settings))
        return self.client

    def get(self, path: str, **query: object) -> Json:
        return self.ask("GET", path, query=query, repeat=True)

    def post(
        self, path: str, body: Mapping[str, object] | None = None, repeat: bool = False
    ) -> Json:
        return self.ask("POST", path, body, repeat=repeat)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
        repeat: bool = False,
    ) -> Json:
        """One request. With `repeat`, one that may be asked twice, it survives the backend."""
        for _ in range(ATTEMPTS if repeat else 1):
            try:
                return self.client.ask(method, path, body, query)
            except Gone as error:
                gone = error
                if repeat:
                    self.again()
        raise gone

    def session(self, named: str, binned: bool = False) -> str:
        """The id that begins with `named`. Raises a refusal where that is none, or several."""
        found = self.get("/api/sessions", prefix=named, binned="true" if binned else "false")
        ids = [str(session["id"]) for session in found["sessions"]]
        if named in ids:
            return named
        if not ids:
            where = "in the bin" if binned else "here"
            raise refusal(
                f"There is no session {named} {where}.",
                "`rushes sessions` lists them.",
                Category.MISSING,
            )
        if len(ids) > 1:
            raise refusal(
                f"Several sessions begin with {named}: {', '.join(ids[:5])}.",
                "Give more of the id.",
            )
        return ids[0]


def document(link: Link, session: str, kind: DocumentKind) -> Json | None:
    """The newest document of that kind that the library keeps of a session; None where there is
    none."""
    try:
        return link.get(f"/api/sessions/{session}/{kind}")
    except Unwilling as refused:
        if refused.status != 404:
            raise
        return None
