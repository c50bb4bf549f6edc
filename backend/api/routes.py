"""Groups of routes that are described when somebody asks for the document.

The OpenAPI document takes longer to make than everything else at a start, and few ask for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.openapi import OpenAPI

_describing = threading.Lock()


class Routes(APIBlueprint):
    """A blueprint that only reads what its routes take, until it is told to describe them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._undescribed: list[tuple[str, Callable[..., Any], dict[str, Any]]] = []

    def _collect_openapi_info(self, rule: str, func: Callable[..., Any], **options: Any) -> Any:
        if options.get("doc_ui", True):
            self._undescribed.append((rule, func, options))
        return super()._collect_openapi_info(rule, func, **{**options, "doc_ui": False})

    def describe(self) -> None:
        """Fill in `paths` and `components_schemas`. Idempotent."""
        for rule, func, options in self._undescribed:
            super()._collect_openapi_info(rule, func, **options)
        self._undescribed.clear()


def document(app: OpenAPI, groups: Sequence[Routes]) -> dict[str, Any]:
    """The OpenAPI document of an application that serves these groups."""
    with _describing:
        if not app.spec_json:
            for routes in groups:
                routes.describe()
                app.paths.update(routes.paths)
                app.components_schemas.update(routes.components_schemas)
        found: dict[str, Any] = app.api_doc
        return found
