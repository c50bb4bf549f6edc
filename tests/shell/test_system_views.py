"""The web views that the system itself brings, where it does: they play the film as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from sidecar import engine
from tests.page.conftest import write_take
from tests.shell.conftest import Desktop, until

FILM = "document.querySelector('video')"


def until_true(page: Page, expression: str) -> None:
    """Asked again and again: this Chromium is too old for Playwright's own waiting."""
    until(lambda: page.evaluate(expression))


def test_the_systems_qt_plays_the_films_own_file(
    desktop: Desktop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("QT_API", "PYWEBVIEW_GUI"):
        monkeypatch.delenv(name, raising=False)
        desktop.environment.pop(name, None)
    chosen = engine.choose()
    if chosen.folder is None or chosen.gui != "qt":
        pytest.skip("the system has no web view of its own that a test can look into")
    assert desktop.run("process", write_take(tmp_path / "Stand-up", seconds=8)).returncode == 0
    page = desktop.open()
    until_true(page, "document.querySelector('[data-card]') !== null")
    page.evaluate("document.querySelector('[data-card]').click()")
    until_true(page, f"{FILM} !== null && {FILM}.readyState >= 2")
    page.evaluate(f"void {FILM}.play()")
    until_true(page, f"{FILM}.videoWidth > 0 && {FILM}.currentTime > 0.5")
    assert "/media?" in page.evaluate(f"{FILM}.currentSrc")
