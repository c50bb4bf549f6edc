"""Every address of the application, as a test can ask for it."""

from __future__ import annotations

from collections.abc import Iterator

from backend.api.app import build_app
from backend.services import Services

_VALUES = {
    "session": "nosuchsession",
    "job": "1",
    "name": "take.m4a",
    "number": "0",
    "piece": "0",
    "ending": "vtt",
}
BODY_METHODS = ("POST", "PUT", "PATCH")


def routes(services: Services) -> Iterator[tuple[str, str]]:
    """Method and path of each; new routes are found without being named here."""
    for rule in build_app(services).url_map.iter_rules():
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<{argument}>", _VALUES[argument])
            for converter in ("int", "path"):
                path = path.replace(f"<{converter}:{argument}>", _VALUES[argument])
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            yield method, path
