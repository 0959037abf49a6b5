"""The served OpenAPI document holds: whatever is asked by it, there is no 500 and no answer that isn't in it.

schemathesis makes the requests, right and wrong ones; the same for the same version. ``BANDGAP_API_EXAMPLES`` asks
for more of them.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from collector.database import Database
from collector.settings import load
from tests.collector import made
from tests.collector.conftest import Running, running

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis isn't installed")

EXAMPLES = int(os.environ.get("BANDGAP_API_EXAMPLES", "12"))
PATHS = (
    "/v1/summaries", "/v1/sites", "/v1/sites/{id}", "/v1/sites/{id}/series",
    "/v1/sites/{id}/series.csv", "/v1/sites.csv", "/v1/sites.geojson", "/v1/fleet", "/v1/places",
    "/v1/places/{kind}/{id}", "/v1/circuits", "/healthz", "/openapi.json", "/metrics", "/", "/sites", "/sites/{id}",
    "/districts", "/districts/{id}", "/map", "/silent", "/contracts", "/downloads", "/downloads/report",
    "/docs",
    "/v1/policy", "/v1/enrol", "/v1/token", "/sign-in", "/sign-in/{provider}", "/sign-in/{provider}/back", "/sign-out",
    "/account", "/people", "/audit", "/public",
)  # fmt: skip
"""All that is described, but throughput tests, which move bytes, and Parquet, which takes a child each time."""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(Database(tmp_path_factory.mktemp("fleet") / "collector.sqlite"), load(None)) as collector:
        token = collector.enrol(made.LINCOLN, made.CABLE)
        collector.enrol("never")
        collector.post(token, made.body([made.week(), made.day(), made.hour()]))
        yield collector


def test_every_path_is_asked_here_or_left_out_by_name(fleet: Running) -> None:
    """A new path has to be put into one or the other."""
    document = fleet.get("/openapi.json").json()
    others = {path for path in document["paths"] if path.startswith(("/v1/measure", "/static/"))}
    assert set(document["paths"]) - others - {"/v1/sites.parquet"} == set(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_is_undocumented(fleet: Running, path: str) -> None:
    """Status, media type, headers and the form of the answer are those that the document names."""
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
    ]
    schema = schemathesis.openapi.from_url(f"{fleet.url}/openapi.json")
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    for method, mode in itertools.product(schema[path], modes):
        asked = schema[path][method].as_strategy(generation_mode=mode)

        @settings(
            # A whole upload takes a hundred times as long to make up as a query.
            max_examples=max(2, EXAMPLES // 6) if path == "/v1/summaries" else EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=asked)
        def holds(case: Any) -> None:
            answer = case.call(session=fleet.session, timeout=60)
            case.validate_response(answer, checks=checks)

        try:
            holds()
        except Exception as fault:
            if "can't be negated" in str(fault) or type(fault).__name__ in ("SkipTest", "Unsatisfiable"):
                continue
            raise
