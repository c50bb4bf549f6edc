from __future__ import annotations

import pytest

from backend.settings import PREFERENCES
from tests.api.conftest import Backend


def values(backend: Backend) -> dict[str, str]:
    listed = backend.ask("GET", "/api/settings").json["settings"]
    assert isinstance(listed, list)
    return {setting["name"]: setting["value"] for setting in listed}


def test_every_preference_is_listed_with_its_help(backend: Backend) -> None:
    listed = backend.ask("GET", "/api/settings").json["settings"]
    assert isinstance(listed, list)
    assert [s["name"] for s in listed] == list(PREFERENCES)
    assert all(s["help"] for s in listed)
    # What the tests' environment says counts before the default.
    changed = {s["name"]: s["value"] for s in listed if s["value"] != s["default"]}
    assert changed == {"enrich": "off"}


def test_values_are_changed_and_reset(backend: Backend) -> None:
    body: dict[str, object] = {"values": {"bin.days": "7", "merge": "off"}}
    assert backend.ask("PATCH", "/api/settings", body).status == 200
    assert (values(backend)["bin.days"], values(backend)["merge"]) == ("7", "off")
    backend.ask("PATCH", "/api/settings", {"values": {"bin.days": None}})
    assert (values(backend)["bin.days"], values(backend)["merge"]) == ("30", "off")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"bin.days": "many"}, "bin.days"),
        ({"bin.days": "9999"}, "bin.days"),
        ({"limit.ready": "0"}, "limit.ready"),
        ({"limit.ready": "²"}, "limit.ready"),
        ({"merge": "maybe"}, "merge"),
        ({"notify": "some"}, "notify"),
        ({"notify.quiet": "22:00"}, "notify.quiet"),
        ({"notify.quiet": "07:00-07:00"}, "notify.quiet"),
        ({"nonsense": "1"}, "nonsense"),
        ({"merge": "off", "bin.days": "x"}, "bin.days"),
        ({"merge": 1}, "values.merge"),
        ({}, "values"),
    ],
)
def test_nonsense_changes_nothing(backend: Backend, given: dict[str, object], field: str) -> None:
    before = values(backend)
    answer = backend.ask("PATCH", "/api/settings", {"values": given})
    assert answer.status == 422
    assert list(answer.json["errors"]) == [field]  # type: ignore[call-overload]
    assert values(backend) == before
