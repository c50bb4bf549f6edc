"""What holds for every test."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

MAY_SKIP = (
    "../shared",  # recordings that travel beside the project, and not with it
    "Windows",
    "not root",
    "root may read everything",
    "cannot be run by anybody but root",
    "the system has no web view of its own",
)
"""Words in the reason of a skip that an unattended run accepts; any other skip fails there."""


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A run in the background ignores Ctrl-C, and would pass that on to the commands under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ["RUSHES_SETTINGS"] = "enrich=off"
"""Films of beeps say nothing; tests of enrichment ask for it."""

os.environ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
"""Tests tell nothing to whoever sits before this computer; those of notices bring their own bus."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The one driver of browsers and of the window's web view: a process holds no second one."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=120_000)  # no speed is asserted by it
    with sync_playwright() as started:
        yield started


@pytest.fixture(autouse=True)
def ordinary_priority() -> Iterator[None]:
    """One encoder (SVT-AV1) leaves the thread that opened it at real-time priority where root may
    have that. Browsers and backends started later would inherit it, and starve the computer."""
    yield
    if hasattr(os, "sched_setscheduler") and os.sched_getscheduler(0) != os.SCHED_OTHER:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(words in reason for words in MAY_SKIP):
            report.outcome = "failed"
            report.longrepr = f"skipped unattended, for a reason that is not allowed: {reason}"
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long is run only when it is asked for."""
    asked = config.option.markexpr or ""
    unwanted = [mark for mark in ("soak", "frozen") if mark not in asked]
    left_out = [item for item in items if any(map(item.get_closest_marker, unwanted))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if os.environ.get("CI"):
        # A browser on a busy computer may fail for reasons of its own, and nobody is there to run
        # it again. The summary tells every test that needed it; at a desk nothing is run twice.
        for item in items:
            if {"page", "shell"} & set(item.path.parts):
                item.add_marker(pytest.mark.flaky(reruns=1))
