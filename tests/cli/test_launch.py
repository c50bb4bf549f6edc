from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from backend.client import Address
from backend.core.fault import FaultError
from backend.launch import attach, ensure, serve_argv
from backend.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, tmp_path / "films")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"port": "x", "token": "t", "pid": 1}', '{"port": 1}', "\0"]
)
def test_a_note_of_nonsense_is_no_address(settings: Settings, text: str) -> None:
    assert attach(settings) is None
    settings.address.write_text(text)
    assert attach(settings) is None


def test_a_stale_note_is_no_address(settings: Settings) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
    settings.address.write_text(json.dumps({"port": port, "token": "t", "pid": os.getpid()}))
    assert attach(settings) is None


def test_somebody_else_on_that_port_is_no_backend(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.launch.ANSWER_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings.address.write_text(json.dumps({"port": port, "token": "t", "pid": 1}))
        assert attach(settings) is None


def test_the_command_is_found_frozen_or_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["serve", "--data-dir", str(settings.data), "--brief", "--json"]
    assert serve_argv(settings) == [sys.executable, "-P", "-m", "backend", *words]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert serve_argv(settings) == [sys.executable, *words]


@pytest.mark.parametrize("code", ["", "print('hello')", "raise SystemExit(1)", "print('[]')"])
def test_one_that_says_nothing_sensible_is_a_fault(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr("backend.launch.serve_argv", lambda _: [sys.executable, "-c", code])
    with pytest.raises(FaultError) as raised:
        ensure(settings)
    assert str(settings.log) in raised.value.fault.hint


def test_one_that_hangs_is_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr("backend.launch.serve_argv", lambda _: hangs)
    monkeypatch.setattr("backend.launch.START_SECONDS", 0.2)
    with pytest.raises(FaultError):
        ensure(settings)


def test_an_address_reads_as_it_was_written() -> None:
    address = Address.from_dict({"port": 1234, "token": "t", "pid": 5, "event": "ready"})
    assert address == Address(1234, "t", 5)
    assert address.url == "http://127.0.0.1:1234"
