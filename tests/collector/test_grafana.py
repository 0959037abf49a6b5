"""The dashboard for Grafana asks only for what the collector tells Prometheus."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from tests.collector.conftest import Running


def test_the_dashboard_asks_for_what_is_told(collector: Running, token: str) -> None:
    """Each name in each query is a series of /metrics, and each panel has a query."""
    board = json.loads((files("config") / "grafana" / "fleet.json").read_text())
    told = collector.get("/metrics").text
    told = collector.get("/metrics").text  # the first has counted itself by now
    names = {match[1] for match in re.finditer(r"^(bandgap_\w+)[{ ]", told, re.MULTILINE)}
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert all(panel["targets"] for panel in board["panels"])
    assert {name for text in asked for name in re.findall(r"bandgap_\w+", text)} <= names


def test_the_dashboard_has_no_source_of_its_own() -> None:
    """Whoever imports it chooses theirs."""
    board = json.loads((files("config") / "grafana" / "fleet.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${source}"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
