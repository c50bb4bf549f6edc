"""Nonsense after the API's own document: no answer breaks, and each is what the document says."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.conftest import TOKEN, Backend

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
    )

EXAMPLES = 15
ENDLESS = "/api/events"
LEAVING = "/api/leave"
PROBLEM = {"type", "title", "detail", "hint"}


def operations(document: dict[str, Any]) -> Iterator[Any]:
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if operation.path not in (ENDLESS, LEAVING):
            yield operation


def real(backend: Backend) -> dict[str, list[str]]:
    """Values of path parameters that lead somewhere: in each state that a session can be in."""
    made = [backend.process(), backend.record(), backend.process("bin.m4a")]
    backend.ask("DELETE", f"/api/sessions/{made[-1]}")
    jobs = backend.ask("GET", "/api/jobs").json["jobs"]
    assert isinstance(jobs, list)
    return {"session": made, "job": [str(job["id"]) for job in jobs], "name": ["seg_001.m4a"]}


def probe(backend: Backend, operation: Any, known: dict[str, list[str]]) -> None:
    documented = {str(status) for status in operation.definition.raw["responses"]}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), data=st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if name in known and data.draw(st.booleans(), "leads somewhere"):
                case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
        response = case.call(
            base_url=f"http://127.0.0.1:{backend.server.port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )
        checks: tuple[Any, ...] = (not_a_server_error,)
        if response.status_code < 400 and str(response.status_code) in documented:
            checks += (response_schema_conformance, content_type_conformance)
        case.validate_response(response, checks=checks)
        if response.status_code >= 400:
            assert set(response.json()) - {"errors"} == PROBLEM, response.text
        elif documented & {"200", "201", "202"}:
            assert str(response.status_code) in documented, response.status_code

    ask()


def test_no_answer_breaks_or_is_off_the_document(backend: Backend) -> None:
    known = real(backend)
    document = backend.ask("GET", "/api/openapi.json").json
    broken = []
    probed = 0
    for operation in operations(document):
        probed += 1
        try:
            probe(backend, operation, known)
        except Exception as error:
            broken.append(f"{operation.label}: {error}")
    assert broken == [], "\n\n".join(broken)
    assert probed >= 20


@pytest.mark.parametrize("path", [ENDLESS, LEAVING])
def test_what_is_left_out_is_there(backend: Backend, path: str) -> None:
    paths = backend.ask("GET", "/api/openapi.json").json["paths"]
    assert isinstance(paths, dict)
    assert path in paths
