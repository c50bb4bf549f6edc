"""What commands and the window say to a backend: HTTP, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from backend.core.fault import Category, Fault

Json = dict[str, Any]
SECONDS = 600.0
"""How long an answer may take: an import looks into every file first, on however slow a drive."""
STREAM_SILENCE = 30.0
"""Seconds of a stream without even a heartbeat after which the backend counts as gone."""
_CATEGORIES = frozenset(str(category) for category in Category)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a backend listens, and the token of its launch."""

    port: int
    token: str
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def from_dict(fields: Mapping[str, object]) -> Address:
        """Raises KeyError or ValueError for anything that is no address."""
        return Address(int(str(fields["port"])), str(fields["token"]), int(str(fields["pid"])))


def address_in(path: Path) -> Address | None:
    """The address that a process noted there; None where there is none. It may be stale."""
    try:
        return Address.from_dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Gone(Exception):
    """The backend does not answer: it ended, or it never was there."""


class Unwilling(Exception):
    """The backend refused. `fault` says why; `type` tells its kinds apart."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.type = str(problem.get("type", "unknown"))
        detail = str(problem.get("detail", f"The backend answered {status}."))
        category = Category(self.type) if self.type in _CATEGORIES else Category.INPUT
        if status >= 500 and self.type not in _CATEGORIES:
            category = Category.UNKNOWN
        self.fault = Fault(category, detail, str(problem.get("hint", "")))
        self.headers: Mapping[str, str] = {}
        super().__init__(detail)


def sessions_among(paths: Sequence[Path]) -> list[list[Path]]:
    """Which paths make a session: each folder by itself, all loose files together."""
    absolute = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - links stay links
    folders = [[path] for path in absolute if path.is_dir()]
    loose = [path for path in absolute if not path.is_dir()]
    return [*folders, *([loose] if loose else [])]


def segment_path(session: str, name: str) -> str:
    return f"/api/sessions/{quote(session, safe='')}/segments/{quote(name, safe='')}"


class Client:
    """One backend. Close it, or use it in a `with`.

    urllib3 is loaded with the first of them: the window starts its backend before it needs one.
    """

    def __init__(self, address: Address, seconds: float = SECONDS) -> None:
        import urllib3

        self.address = address
        self._pool = urllib3.HTTPConnectionPool(
            "127.0.0.1", address.port, maxsize=4, timeout=seconds, retries=False
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._pool.close()

    def get(self, path: str, **query: object) -> Json:
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Json:
        return self.ask("POST", path, body)

    def page(self, path: str) -> str:
        """An address that signs a browser in, once and soon. No server sees what is behind the #,
        and it holds no token, since whoever lists processes sees what a browser is started with.
        Raises `Gone` or `Unwilling`."""
        key = self.post("/api/sign-in/keys")["key"]
        return f"{self.address.url}{path}#key={key}"

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, object] | None = None,
    ) -> Json:
        """One request, and the JSON that answers it. Raises `Gone` or `Unwilling`."""
        headers = self._headers()
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            # ASCII: a path of any bytes arrives as it was.
            data = json.dumps(body).encode("ascii")
        return self._send(method, _with(path, query), data, headers)

    def fetch(self, path: str, query: Mapping[str, object] | None = None) -> bytes:
        """What an address answers, as it is. Raises `Gone` or `Unwilling`."""
        return self._answered("GET", _with(path, query), None, self._headers())

    def put(self, path: str, piece: bytes, first: int, total: int) -> Json:
        """One piece of a file. `Unwilling.headers` may tell at which offset to go on."""
        headers = self._headers()
        headers["Content-Type"] = "application/octet-stream"
        headers["Content-Range"] = f"bytes {first}-{first + len(piece) - 1}/{total}"
        return self._send("PUT", path, piece, headers)

    def events(self, after: int | None = None) -> Iterator[Json]:
        """Events as they come, from now on or after that one; ends when the backend does.

        The first item is empty: it tells that the stream stands, and that whatever happens from
        then on will come. So is one in every silence of ten seconds. Each other carries `event`,
        and `id` where it is kept. Raises `Gone`.
        """
        import urllib3

        query = {} if after is None else {"after": after}
        try:
            answer = self._pool.urlopen(
                "GET",
                _with("/api/events", query),
                headers=self._headers(),
                preload_content=False,
                timeout=urllib3.Timeout(connect=10.0, read=STREAM_SILENCE),
            )
        except urllib3.exceptions.HTTPError as error:
            raise Gone from error
        try:
            if answer.status != 200:
                raise Unwilling(answer.status, _object(answer.read()))
            waiting = b""
            for chunk in answer.stream(65536):
                *blocks, waiting = (waiting + chunk).split(b"\n\n")
                for block in blocks:
                    for line in block.split(b"\n"):
                        if line.startswith(b":"):
                            yield {}
                        elif line.startswith(b"data: "):
                            yield _object(line[6:])
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Gone from error
        finally:
            # Not back into the pool: the rest of the stream would be the next answer.
            answer.close()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.address.token}"}

    def _send(self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]) -> Json:
        return _object(self._answered(method, path, data, headers))

    def _answered(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str]
    ) -> bytes:
        import urllib3

        try:
            answer = self._pool.urlopen(method, path, body=data, headers=headers)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Gone from error
        if answer.status >= 400:
            refused = Unwilling(answer.status, _object(answer.data))
            refused.headers = dict(answer.headers)
            raise refused
        return answer.data


def _with(path: str, query: Mapping[str, object] | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value not in (None, ())}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def _object(data: bytes) -> Json:
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
