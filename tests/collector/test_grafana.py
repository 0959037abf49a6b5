"""The dashboards for Grafana ask only for what the collector tells: Prometheus of the fleet, whoever asks of a site."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from importlib.resources import files

import pytest

from tests.collector import made
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


def test_a_sites_dashboard_asks_for_what_is_told(collector: Running, token: str) -> None:
    """Each panel's address, as Grafana fills it in, is answered with the columns that the panel draws."""
    collector.post(token, made.body([made.hour(made.NOW - timedelta(hours=1)), made.day(), made.week()]))
    board = json.loads((files("config") / "grafana" / "site.json").read_text())
    kinds = next(one for one in board["templating"]["list"] if one["name"] == "every")["query"].split(",")
    moments = {"from": "2026-11-20T18:05:00.000Z", "to": "2026-11-27T18:05:00.000Z"}
    asked = [(kind, target) for kind in kinds for panel in board["panels"] for target in panel["targets"]]
    assert asked
    for kind, target in asked:
        url = target["url"].replace("${site}", "lincoln").replace("${every}", kind)
        for name, moment in moments.items():
            url = url.replace(f"${{__{name}:date:iso}}", moment)
        answer = collector.get(url)
        assert answer.status_code == 200, answer.text
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        selected = [column["selector"] for column in target["columns"]]
        assert selected == [name for name in rows[0] if name != "through_at"]
        assert any(row[selected[1]] for row in rows)


@pytest.mark.parametrize("name", ["fleet", "site"])
def test_a_dashboard_has_no_source_of_its_own(name: str) -> None:
    """Whoever imports it chooses theirs."""
    board = json.loads((files("config") / "grafana" / f"{name}.json").read_text())
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${source}"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
