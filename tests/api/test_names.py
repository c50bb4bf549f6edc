"""Bodies of requests and answers are named apart: the document has one list of them."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter

from pydantic import BaseModel

import backend.api


def test_no_two_bodies_share_a_name() -> None:
    names: Counter[str] = Counter()
    for found in pkgutil.iter_modules(backend.api.__path__):
        module = importlib.import_module(f"backend.api.{found.name}")
        names.update(
            name
            for name, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, BaseModel)
            and value.__module__ == module.__name__
        )
    assert [name for name, times in names.items() if times > 1] == []
