"""The page's way in."""

from __future__ import annotations

import pytest

from backend.api.door import KEY_SECONDS, DoorKeys, cookie_name, door_key
from tests.api.conftest import TOKEN, Backend


def cookie_of(backend: Backend) -> str:
    answer = backend.ask("POST", "/api/sign-in")
    assert answer.status == 200
    cookie = answer.headers["set-cookie"]
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= attributes
    assert TOKEN not in cookie
    return cookie.split(";")[0]


def test_the_token_is_exchanged_for_a_cookie_that_opens_every_route(backend: Backend) -> None:
    cookie = cookie_of(backend)
    assert cookie.startswith(cookie_name(backend.services.settings.data))
    headers = backend.headers(Authorization=None, Cookie=f"other=1; {cookie}; more=2")
    assert backend.ask("GET", "/api/sessions", headers=headers).status == 200
    assert backend.ask("POST", "/api/queue/pause", headers=headers).status == 200


def test_without_the_token_there_is_no_cookie(backend: Backend) -> None:
    answer = backend.ask("POST", "/api/sign-in", headers=backend.headers(Authorization=None))
    assert answer.status == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("change", ["", "x", "=", "; other=1"])
def test_another_cookie_opens_nothing(backend: Backend, change: str) -> None:
    name, value = cookie_of(backend).split("=", 1)
    wrong = f"{name}={value[:-1]}{change}"
    headers = backend.headers(Authorization=None, Cookie=wrong)
    assert backend.ask("GET", "/api/sessions", headers=headers).status == 401


def test_a_wrong_token_is_not_saved_by_a_cookie(backend: Backend) -> None:
    headers = backend.headers(Authorization="Bearer wrong", Cookie=cookie_of(backend))
    assert backend.ask("GET", "/api/sessions", headers=headers).status == 401


def test_a_cookie_does_not_open_the_gate_to_another_page(backend: Backend) -> None:
    cookie = cookie_of(backend)
    for change in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        headers = {**backend.headers(Authorization=None, Cookie=cookie), **change}
        assert backend.ask("POST", "/api/queue/pause", headers=headers).status == 403


def test_the_page_is_known_again_after_a_restart(backend: Backend) -> None:
    """The cookie's secret is the library's, not the launch's."""
    data = backend.services.settings.data
    assert cookie_of(backend).endswith(door_key(data))
    assert door_key(data) == door_key(data)
    (data / "door.key").write_text("short")
    assert len(door_key(data)) >= 43


def test_the_secret_is_the_owners_alone(backend: Backend) -> None:
    cookie_of(backend)
    key = backend.services.settings.data / "door.key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_key_opens_the_door_once_and_nothing_else(backend: Backend) -> None:
    made = backend.ask("POST", "/api/sign-in/keys")
    assert made.status == 201
    key = str(made.json["key"])
    headers = backend.headers(Authorization=f"Bearer {key}")
    assert backend.ask("GET", "/api/sessions", headers=headers).status == 401
    first = backend.ask("POST", "/api/sign-in", headers=headers)
    assert first.status == 200
    assert "set-cookie" in first.headers
    again = backend.ask("POST", "/api/sign-in", headers=headers)
    assert again.status == 401
    assert "set-cookie" not in again.headers


def test_a_key_does_not_wait_for_ever() -> None:
    now = [0.0]
    keys = DoorKeys(lambda: now[0])
    early, late = keys.make(), keys.make()
    now[0] = KEY_SECONDS - 1
    assert keys.use(early.encode())
    assert not keys.use(early.encode())
    now[0] = KEY_SECONDS + 1
    assert not keys.use(late.encode())
    assert not keys.use(b"")
