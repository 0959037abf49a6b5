"""What programs get: JSON of sites, health, the OpenAPI document, and problems where they belong."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest
from starlette.routing import Route

from collector.app import GUARDS, routed
from collector.database import Database
from collector.desk import Desk
from collector.ingest import Ingest
from collector.reads import Reads, Unavailable
from collector.settings import load
from collector.store import open_store
from collector.tokens import token_hash
from collector.writer import Writer
from reports.shipped import chosen, shipped_targets
from tests.collector import made
from tests.collector.conftest import Running


def test_sites_are_told_worst_first_with_their_gap(collector: Running, token: str) -> None:
    """The same figures as on the page."""
    collector.post(token, made.body([made.week()]))
    collector.enrol("never")
    answer = collector.get("/v1/sites").json()
    assert answer["target"] == "setda-2-2020-21"
    assert answer["counts"] == {"short": 1, "not enough evidence": 0, "silent": 1, "meets": 0}
    lincoln, never = answer["sites"]
    assert (lincoln["state"], lincoln["week"], lincoln["gap"]["required"]["down_mbps"]) == (
        "short",
        "2026-W48",
        2012.4,
    )
    assert (never["id"], never["state"], never["gap"], never["heard_at"]) == ("never", "silent", None, None)


def test_no_answer_has_a_token_or_its_hash(collector: Running, token: str) -> None:
    """Viewers see figures, never secrets."""
    collector.post(token, made.body([made.week()]))
    for path in (
        "/v1/sites",
        "/v1/sites/lincoln",
        "/sites",
        "/",
        "/sites/lincoln",
        "/openapi.json",
        "/metrics",
    ):
        text = collector.get(path).text
        assert token not in text
        assert token_hash(token).hex() not in text
        assert "sha256" not in text


def test_health_names_the_version(collector: Running) -> None:
    """And asks the database."""
    assert collector.get("/healthz").json() == {"status": "ok", "version": version("bandgap")}


def test_a_database_that_does_not_answer_is_told(
    collector: Running, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, so that a load balancer and an agent both wait."""

    def broken(*_: object) -> None:
        raise Unavailable("disk I/O error")

    monkeypatch.setattr(collector.store, "ping", broken)
    monkeypatch.setattr(collector.store, "keep", broken)
    health = collector.get("/healthz")
    assert (health.status_code, health.headers["Content-Type"]) == (503, "application/problem+json")
    upload = collector.post(token, made.body([made.week()]))
    assert (upload.status_code, upload.json()["detail"]) == (503, "nothing was stored: disk I/O error")
    assert upload.headers["Retry-After"] == "60"


def test_an_upload_after_a_failed_one_is_stored(
    collector: Running, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer outlives what befalls one commit."""

    def broken(*_: object) -> None:
        raise Unavailable("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(collector.store, "keep", broken)
        assert collector.post(token, made.body([made.week()])).status_code == 503
    assert collector.post(token, made.body([made.week()])).json()["accepted"] == [made.week().id]


@pytest.mark.parametrize(
    ("method", "path", "status", "media"),
    [
        ("GET", "/v1/nothing", 404, "application/problem+json"),
        ("GET", "/v1/sites/nobody", 404, "application/problem+json"),
        ("GET", "/v1/summaries", 405, "application/problem+json"),
        ("GET", "/nothing", 404, "text/html; charset=utf-8"),
        ("POST", "/", 405, "text/html; charset=utf-8"),
    ],
)
def test_faults_are_problems_for_programs_and_pages_for_people(
    collector: Running, method: str, path: str, status: int, media: str
) -> None:
    """By the path that was asked."""
    answer = collector.session.request(method, collector.url + path, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, media)
    if status == 405:
        assert answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/v1/sites", "/nothing", "/healthz", "/sites/broken"])
def test_every_answer_is_guarded(collector: Running, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Also a 404, and also a 500."""

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    if path == "/sites/broken":
        monkeypatch.setattr(Reads, "site", broken)
    headers = collector.get(path).headers
    for name, value in GUARDS.items():
        assert headers[name] == value
    kept = path == "/v1/sites"  # by who asked, to ask whether it is still so
    assert headers["Cache-Control"] == ("private, no-cache" if kept else "no-store")
    assert "Server" not in headers


def test_a_failure_of_ours_says_nothing_of_our_insides(
    collector: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 in words; the traceback is the log's."""

    def broken(*_: object) -> None:
        raise RuntimeError("secret path")

    collector.enrol("lincoln")
    monkeypatch.setattr(Reads, "site", broken)
    answer = collector.get("/v1/sites/lincoln")
    assert (answer.status_code, answer.json()["detail"]) == (
        500,
        "The collector has failed; its log says how.",
    )
    assert "secret" not in collector.get("/sites/lincoln").text


def test_the_document_lists_every_route(tmp_path: Path) -> None:
    """Path by path and method by method; what isn't described isn't served."""
    path = tmp_path / "collector.sqlite"
    store = open_store(path)
    settings = load(None)
    targets = chosen(settings.targets.sets, shipped_targets())
    desk = Desk(settings, store, Writer(store), targets, lambda: made.NOW, store.engine, Database(path))
    app = routed(desk, Ingest(desk, {}))
    store.close()
    served = {
        (route.path, method.lower())
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert len(app.routes) == len([route for route in app.routes if isinstance(route, Route)])
    paths = app.state.document["paths"]
    assert served == {(path, method) for path, methods in paths.items() for method in methods}


def test_the_documents_references_all_lead_somewhere(collector: Running) -> None:
    """OpenAPI 3.1, with the upload form and the receipt in it."""
    document = collector.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert document["openapi"] == "3.1.0"
    assert {"Upload", "Receipt", "Summary", "ProblemDocument"} <= set(schemas)

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
            return own.union(*map(references, value.values()))
        return set().union(*map(references, value)) if isinstance(value, list) else set()

    assert references(document) <= set(schemas)
