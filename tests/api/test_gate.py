"""Attacks on every route: each layer of the gate, with all the others satisfied."""

from __future__ import annotations

import json

import pytest

from tests.api.conftest import TOKEN, Backend, read_answer
from tests.api.routes import BODY_METHODS, routes

SHAPE = {"type", "title", "detail", "hint"}
MIB = 1 << 20


def everywhere(backend: Backend) -> list[tuple[str, str]]:
    found = list(routes(backend.services))
    assert len({path for _, path in found}) > 20
    # What is not there is guarded no less.
    return [*found, ("GET", "/"), ("GET", "/console"), ("GET", "/api/nothing"), ("TRACE", "/api")]


def is_page(method: str, path: str) -> bool:
    """Whether only the page's own files are asked for: they are open, since they hold no secret."""
    return method in ("GET", "HEAD") and not path.startswith("/api")


def refuses(backend: Backend, headers: dict[str, str], status: int, query: str = "") -> None:
    told = set()
    for method, path in everywhere(backend):
        if status == 401 and is_page(method, path):
            continue
        answer = backend.ask(method, path + query, headers=headers)
        assert answer.status == status, (method, path, answer)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not any(name.startswith("access-control") for name in answer.headers)
        if method != "HEAD":
            assert set(answer.json) == SHAPE
            told.add(answer.body)
    assert len(told) == 1, "who may not come in could tell routes apart"


@pytest.mark.parametrize(
    "token",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"bearer {TOKEN}",
        f"Bearer  {TOKEN}",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer \xff\xfe",
    ],
)
def test_no_route_opens_without_the_whole_token(backend: Backend, token: str | None) -> None:
    refuses(backend, backend.headers(Authorization=token), 401)


def test_a_token_in_the_query_or_a_cookie_counts_for_nothing(backend: Backend) -> None:
    headers = backend.headers(Authorization=None, Cookie=f"token={TOKEN}; rushes={TOKEN}")
    refuses(backend, headers, 401, f"?token={TOKEN}&access_token={TOKEN}")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1",
        "127.0.0.1.evil:{port}",
        "127.0.0.1:1",
        "0.0.0.0:{port}",
        "[::1]:{port}",
        "LOCALHOST.:{port}",
        "localhost:{port}, evil",
        "user@127.0.0.1:{port}",
        "127.0.0.1:{port}/",
        "",
        None,
    ],
)
def test_no_route_answers_to_another_name(backend: Backend, host: str | None) -> None:
    host = host if host is None else host.format(port=backend.server.port)
    refuses(backend, backend.headers(Host=host), 421)


def test_a_forwarded_host_is_not_believed(backend: Backend) -> None:
    good = f"127.0.0.1:{backend.server.port}"
    forwarded = {"X-Forwarded-Host": good, "Forwarded": f"host={good}", "X-Host": good}
    refuses(backend, {**backend.headers(Host="evil.example"), **forwarded}, 421)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://localhost.evil:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:1",
        "http://127.0.0.1",
        "http://127.0.0.1:{port}/",
        "file://",
    ],
)
def test_no_route_answers_another_page(backend: Backend, origin: str) -> None:
    refuses(backend, backend.headers(Origin=origin.format(port=backend.server.port)), 403)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything", ""])
def test_no_route_answers_what_a_browser_calls_foreign(backend: Backend, site: str) -> None:
    refuses(backend, backend.headers(Sec_Fetch_Site=site), 403)


def test_the_layers_come_in_their_order(backend: Backend) -> None:
    foreign = backend.headers(Origin="null", Authorization=None)
    assert backend.ask("POST", "/api/nothing", b"x", {**foreign, "Host": "evil"}).status == 421
    assert backend.ask("POST", "/api/nothing", b"x", foreign).status == 403
    assert (
        backend.ask("POST", "/api/sessions", b"x", backend.headers(Authorization="")).status == 401
    )
    big = b"x" * (MIB + 1)
    assert backend.ask("POST", "/api/sessions", big).status == 415
    typed = backend.headers(Content_Type="application/json")
    assert backend.ask("POST", "/api/sessions", big, typed).status == 413
    assert backend.ask("POST", "/api/sessions", b"x", typed).status == 400
    assert backend.ask("POST", "/api/sessions", b"{}", typed).status == 422


def test_its_own_page_and_programs_pass(backend: Backend) -> None:
    port = backend.server.port
    for headers in (
        backend.headers(),
        backend.headers(Host=f"localhost:{port}"),
        backend.headers(Origin=f"http://127.0.0.1:{port}", Sec_Fetch_Site="same-origin"),
        backend.headers(Origin=f"http://localhost:{port}", Sec_Fetch_Site="none"),
    ):
        answer = backend.ask("GET", "/api/status", headers=headers)
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not any(name.startswith("access-control") for name in answer.headers)


def test_a_preflight_is_told_nothing(backend: Backend) -> None:
    for _, path in everywhere(backend):
        headers = backend.headers(
            Authorization=None,
            Origin="http://evil.example",
            Access_Control_Request_Method="POST",
            Access_Control_Request_Headers="authorization",
        )
        answer = backend.ask("OPTIONS", path, headers=headers)
        assert answer.status == 403
        assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "text/plain; charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json-patch+json",
    ],
)
def test_no_route_takes_another_kind_of_body(backend: Backend, kind: str | None) -> None:
    for method, path in routes(backend.services):
        if method in BODY_METHODS:
            answer = backend.ask(method, path, b"{}", backend.headers(Content_Type=kind))
            assert answer.status == 415, (method, path, answer)
            assert set(answer.json) == SHAPE


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"null",
        b"[]",
        b"0",
        b'"text"',
        b'{"x": NaN}',
        b'{"x": Infinity}',
        b'{"x": -Infinity}',
        b"\xff\xfe",
        b'{"x": "\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"x":' * 100_000,
        b'{"x": ' + b"1" * 10_000 + b"}",
        b"{} {}",
    ],
    ids=range(14),
)
def test_a_body_that_is_no_plain_object_is_refused(backend: Backend, body: bytes) -> None:
    # Of the routes that read a body; one that takes none does not look at it.
    headers = backend.headers(Content_Type="application/json")
    live = backend.record()
    for method, path in (
        ("POST", "/api/sessions"),
        ("POST", f"/api/sessions/{live}/end"),
        ("PATCH", "/api/settings"),
    ):
        answer = backend.ask(method, path, body, headers)
        assert answer.status == 400, (method, path, answer)
        assert set(answer.json) == SHAPE


def test_no_route_takes_too_large_a_body(backend: Backend) -> None:
    for method, path in routes(backend.services):
        if method in BODY_METHODS and method != "PUT":
            headers = backend.headers(Content_Type="application/json")
            answer = backend.ask(method, path, b" " * (MIB + 1), headers)
            assert answer.status == 413, (method, path, answer)
            assert set(answer.json) == SHAPE


def test_a_length_that_lies_costs_nothing(backend: Backend) -> None:
    headers = backend.headers(Content_Type="application/json", Content_Length=str(64 * MIB))
    answer = backend.ask("POST", "/api/sessions", b"{", headers)
    assert answer.status == 413
    assert set(answer.json) == SHAPE
    assert answer.headers["x-content-type-options"] == "nosniff"
    # One that promises more than it sends waits by itself, and holds nobody up.
    waiting = backend.send(
        "POST", "/api/sessions", b"{", backend.headers(Content_Length="100", Content_Type="x/y")
    )
    assert backend.ask("GET", "/api/status").status == 200
    waiting.close()
    for length in ("-1", "1e3", "0x10", "+1", "1, 1", "9" * 30):
        answer = backend.ask("POST", "/api/sessions", b"", backend.headers(Content_Length=length))
        assert answer.status in (400, 413), (length, answer)
        assert set(answer.json) == SHAPE


def test_a_body_in_chunks_is_measured_as_well(backend: Backend) -> None:
    def chunked(total: int) -> int:
        headers = backend.headers(Content_Type="application/json", Transfer_Encoding="chunked")
        connection = backend.send("POST", "/api/sessions", None, headers)
        try:
            for _ in range(total // 65536):
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # it has stopped listening, and the answer is on its way
        return read_answer(connection).status

    assert chunked(2 * MIB) == 413
    assert chunked(65536) == 400


def test_what_is_no_http_is_answered_in_the_one_shape(backend: Backend) -> None:
    for junk in (b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\nx y: z\r\n\r\n"):
        connection = backend.connect()
        connection.sendall(junk)
        answer = read_answer(connection)
        assert answer.status == 400
        assert set(answer.json) == SHAPE
        assert b"Traceback" not in answer.body
    connection = backend.connect()
    connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000)
    assert read_answer(connection).status == 431


def test_smuggled_requests_find_no_way_in(backend: Backend) -> None:
    inner = b"GET /api/status HTTP/1.1\r\nHost: x\r\n\r\n"
    headers = backend.headers(
        Authorization=None, Transfer_Encoding="chunked", Content_Length=str(len(inner))
    )
    connection = backend.send("POST", "/api/sessions", b"0\r\n\r\n" + inner, headers)
    assert read_answer(connection).status in (400, 401)


def test_an_unknown_address_and_method_are_json_too(backend: Backend) -> None:
    for path in ("/api", "/console", "/static/x", "/openapi", "/api/sessions/a/b/c"):
        answer = backend.ask("GET", path)
        assert (answer.status, answer.json["type"]) == (404, "not-found")
    answer = backend.ask("DELETE", "/api/queue")
    assert (answer.status, answer.json["type"]) == (405, "method")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=0",
        "limit=99999",
        "limit=1%20OR%201=1",
        "offset=-1",
        "offset=99999999999999999999",
        "offset=1;DROP%20TABLE%20job",
        "limit=NaN",
        "limit=1e3",
        "nonsense=1",
    ],
)
def test_lists_refuse_nonsense_by_name(backend: Backend, query: str) -> None:
    name = query.split("=")[0]
    for path in ("/api/sessions", "/api/jobs"):
        answer = backend.ask("GET", f"{path}?{query}")
        assert answer.status == 422, (path, answer)
        assert list(answer.json["errors"]) == [name]  # type: ignore[call-overload]


def test_sql_in_a_parameter_is_only_a_name(backend: Backend) -> None:
    session = backend.process()
    for name in ("%27%20OR%20%271%27=%271", "x%27;DROP%20TABLE%20session;--", "%25", "_"):
        assert backend.ask("GET", f"/api/sessions/{name}").status == 404
        assert backend.ask("GET", f"/api/sessions?prefix={name}").json["sessions"] == []
        assert backend.ask("GET", f"/api/jobs?session={name}").json["jobs"] == []
    assert backend.ask("GET", f"/api/sessions/{session}").status == 200


def test_half_open_connections_hold_nobody_up(backend: Backend) -> None:
    for number in range(40):
        connection = backend.connect()
        connection.sendall(b"POST /api/sessions HTTP/1.1\r\nHost: x\r\n" if number % 2 else b"G")
    assert backend.ask("GET", "/api/status").status == 200


def test_an_unforeseen_error_shows_nothing_of_the_inside(
    backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    answer = backend.ask("POST", "/api/sessions", {"paths": ["/x/unforeseen"]})
    assert answer.status == 500
    assert set(answer.json) == SHAPE
    assert b"secret" not in answer.body and b"Traceback" not in answer.body
    (record,) = [r for r in caplog.records if r.levelname == "ERROR"]
    number = str(record.args[0]) if isinstance(record.args, tuple) else ""
    assert number and number in str(answer.json["detail"])


def test_the_token_is_in_no_log(backend: Backend, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    backend.ask("GET", "/api/status")
    backend.ask("POST", "/api/sessions", {"paths": ["/x/unforeseen"]})
    assert TOKEN not in caplog.text
    assert json.loads(backend.ask("GET", "/api/status").body).get("token") is None
