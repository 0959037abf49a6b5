"""What programs read: pages with links, ETags, filters, exports that are safe to open, figures for Prometheus."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, update

from collector.database import Database
from collector.engine import engine, writing
from collector.registry import add_place
from collector.settings import load
from collector.tables import circuits, sites
from reports.sites import Site
from tests.collector import made
from tests.collector.conftest import Running, running

FORMULA = '=HYPERLINK("http://evil.example/","x")'


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Seven schools, some in a district with a circuit; one is called like a formula."""
    path = tmp_path_factory.mktemp("fleet") / "collector.sqlite"
    with running(Database(path), load(None)) as collector:
        for n in range(6):
            site = dataclasses.replace(made.LINCOLN, id=f"00{n}", name=f"School {n}")
            collector.post(collector.enrol(site), made.body([made.week(down=50.0 + 400 * n)], site))
        site = dataclasses.replace(made.LINCOLN, id="formula", name=FORMULA)
        collector.post(collector.enrol(site), made.body([made.week()], site))
        collector.enrol(Site(id="never", name="Never heard"))
        source = engine(Database(path))
        with writing(source) as connection:
            state = add_place(connection, "state", "MN", "Minnesota")
            lakes = add_place(connection, "district", "0100005", "Lakes", state)
            line = connection.execute(
                insert(circuits)
                .values(id="c1", place=lakes, provider="P", ends_on=date(2027, 6, 30), price_per_month=10.5)
                .returning(circuits.c.key)
            ).scalar_one()
            connection.execute(
                update(sites)
                .where(sites.c.id.in_(["000", "001"]))
                .values(
                    place=lakes, circuit=line, lat=46.123456, lon=-94.654321, heard_at=sites.c.heard_at + 1
                )
            )
        source.dispose()
        yield collector


def test_a_page_of_sites_links_to_the_next_and_back(fleet: Running) -> None:
    """RFC 8288; every site once."""
    found, path = [], "/v1/sites?limit=3"
    while path:
        answer = fleet.get(path)
        found += [one["id"] for one in answer.json()["sites"]]
        path = answer.links.get("next", {}).get("url", "")
    assert sorted(found) == ["000", "001", "002", "003", "004", "005", "formula", "never"]
    assert answer.links["first"]["url"] == "/v1/sites?limit=3"
    before = fleet.get(answer.links["prev"]["url"]).json()["sites"]
    assert [one["id"] for one in before] == found[3:6]


def test_a_row_has_its_gap_its_district_and_its_place(fleet: Running) -> None:
    """Ids keep their leading zeros."""
    (one,) = fleet.get("/v1/sites?q=School 0").json()["sites"]
    assert (one["id"], one["district_id"], one["district"]) == ("000", "0100005", "Lakes")
    assert (one["lat"], one["lon"]) == (46.123456, -94.654321)
    assert one["gap"]["verdict"] == one["state"] == "short"
    assert one["shortfall_down_mbps"] == pytest.approx(2012.4 - 50.0)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("district=0100005", ["000", "001"]),
        ("district=MN", ["000", "001"]),
        ("district=nowhere", []),
        ("state=silent", ["never"]),
        ("q=SCHOOL&sort=-name", ["005", "004", "003", "002", "001", "000"]),
        ("sort=delivered&limit=2", ["000", "formula"]),
        ("sort=heard&q=never", ["never"]),
    ],
)
def test_sites_are_narrowed_and_ordered_as_asked(fleet: Running, query: str, ids: list[str]) -> None:
    assert [one["id"] for one in fleet.get(f"/v1/sites?{query}").json()["sites"]] == ids


@pytest.mark.parametrize(
    "path",
    ["/v1/fleet", "/v1/sites", "/v1/sites/000", "/v1/places", "/v1/places/district/0100005", "/v1/circuits"],
)
def test_who_has_an_answer_is_told_so(fleet: Running, path: str) -> None:
    """Until something changes; the time of the answer is no change."""
    first = fleet.get(path)
    tag = first.headers["ETag"]
    fleet.now += timedelta(seconds=1)
    again = fleet.session.get(fleet.url + path, headers={"If-None-Match": f'"other", {tag}'}, timeout=10)
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    other = fleet.session.get(fleet.url + path, headers={"If-None-Match": '"other"'}, timeout=10)
    assert other.status_code == 200


def test_a_tag_changes_with_what_it_is_of(fleet: Running) -> None:
    tag = fleet.get("/v1/sites?q=never").headers["ETag"]
    assert fleet.get("/v1/sites?q=school").headers["ETag"] != tag


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/sites?limit=0", "limit"),
        ("/v1/sites?limit=1e3", "limit"),
        ("/v1/sites?limit=99999999999999999999999999", "limit"),
        ("/v1/sites?sort=key;drop table sites", "sort"),
        ("/v1/sites?state=' OR '1'='1", "state"),
        ("/v1/sites?q=%00", "q"),
        ("/v1/sites?after=e30", "after"),
        ("/v1/sites.csv?sort=x", "sort"),
        ("/v1/sites.geojson?state=x", "state"),
        ("/v1/sites.parquet?q=%00", "q"),
        ("/v1/places?after=-1", "after"),
        ("/v1/places?limit=1001", "limit"),
        ("/v1/circuits?after=9999999999", "after"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_name(fleet: Running, path: str, field: str) -> None:
    """Problem documents, RFC 9457."""
    answer = fleet.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["field"] == field


@pytest.mark.parametrize(
    "path",
    [
        "/v1/sites/..%2f..%2fetc%2fpasswd",
        "/v1/sites/%00",
        "/v1/sites/' OR 1=1 --",
        "/v1/places/district/%00",
        "/v1/places/planet/0100005",
        "/v1/places/district/100005",
        "/sites/..%2f..%2fetc%2fpasswd",
        "/sites/%00",
        "/districts/%00",
        "/districts/..%2f",
        "/districts/' OR 1=1 --",
        "/static/..%2fapp.py",
        "/static/../app.py",
    ],
)
def test_ids_that_are_none_lead_nowhere(fleet: Running, path: str) -> None:
    assert fleet.get(path).status_code == 404


def test_the_fleet_is_told_with_its_weeks(fleet: Running) -> None:
    answer = fleet.get("/v1/fleet").json()
    assert answer["sites"] == 8
    assert answer["counts"]["silent"] == 1
    assert answer["shortfall_mbps"] == pytest.approx(
        sum(one["gap"]["shortfall_mbps"] for one in fleet.get("/v1/sites?state=short").json()["sites"])
    )
    (week,) = answer["weeks"]
    assert (week["week"], week["counts"]) == ("2026-W48", answer["counts"])


def test_places_and_circuits_are_told(fleet: Running) -> None:
    state, district = fleet.get("/v1/places").json()["places"]
    assert (state["kind"], state["name"]) == ("state", "Minnesota")
    assert (district["id"], district["sites"], district["counts"]["short"]) == ("0100005", 2, 2)
    assert fleet.get("/v1/places?limit=1").links["next"]["url"] == "/v1/places?after=1&limit=1"
    detail = fleet.get("/v1/places/state/MN").json()
    assert (detail["place"]["sites"], detail["place"]["counts"]["short"]) == (2, 2)
    (line,) = fleet.get("/v1/circuits").json()["circuits"]
    assert (line["id"], line["sites"], line["ends_on"], line["district_id"]) == (
        "c1",
        2,
        "2027-06-30",
        "0100005",
    )


def _csv(fleet: Running, path: str) -> list[dict[str, str]]:
    answer = fleet.get(path)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "\r\n" in answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_csv_has_exactly_what_is_filtered(fleet: Running) -> None:
    """All of it, whatever page the asker was on; what isn't known is empty, never 0."""
    rows = _csv(fleet, "/v1/sites.csv?q=school&sort=name&limit=2")
    assert [row["site_id"] for row in rows] == ["000", "001", "002", "003", "004", "005"]
    assert (rows[0]["lat"], rows[0]["lon"]) == ("46.123456", "-94.654321")
    (never,) = _csv(fleet, "/v1/sites.csv?q=never")
    assert (never["shortfall_mbps"], never["delivered_down_mbps"], never["heard_at"]) == ("", "", "")


def test_a_name_in_a_csv_is_no_formula(fleet: Running) -> None:
    """OWASP, "CSV Injection"."""
    (row,) = _csv(fleet, "/v1/sites.csv?q=hyperlink")
    assert row["name"] == "'" + FORMULA


def test_geojson_has_who_has_a_place(fleet: Running) -> None:
    """RFC 7946: longitude first."""
    answer = fleet.get("/v1/sites.geojson")
    assert answer.headers["Content-Type"] == "application/geo+json"
    found = json.loads(answer.content)
    assert found["type"] == "FeatureCollection"
    assert {one["id"] for one in found["features"]} == {"000", "001"}
    assert found["features"][0]["geometry"] == {"type": "Point", "coordinates": [-94.654321, 46.123456]}
    assert "lat" not in found["features"][0]["properties"]
    assert json.loads(fleet.get("/v1/sites.geojson?q=nobody").content)["features"] == []


def test_parquet_says_the_same_as_csv(fleet: Running, tmp_path: Path) -> None:
    """With types: numbers are numbers, and what isn't known is null."""
    parquet = pytest.importorskip("pyarrow.parquet")
    answer = fleet.session.get(fleet.url + "/v1/sites.parquet?sort=name", timeout=60)
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    (tmp_path / "sites.parquet").write_bytes(answer.content)
    rows: list[dict[str, Any]] = parquet.read_table(tmp_path / "sites.parquet").to_pylist()
    told = _csv(fleet, "/v1/sites.csv?sort=name")
    assert [row["site_id"] for row in rows] == [row["site_id"] for row in told]
    for row, text in zip(rows, told, strict=True):
        if row["shortfall_mbps"] is None:
            assert text["shortfall_mbps"] == ""
        else:
            assert row["shortfall_mbps"] == pytest.approx(float(text["shortfall_mbps"]), abs=0.001)
    assert next(row for row in rows if row["site_id"] == "formula")["name"] == FORMULA


def test_prometheus_can_read_the_metrics(fleet: Running) -> None:
    """No series of a site, unless it is asked for."""
    fleet.get("/v1/fleet")
    answer = fleet.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {one.name: one for one in text_string_to_metric_families(answer.text)}
    states = {one.labels["state"]: one.value for one in found["bandgap_sites"].samples}
    assert sum(states.values()) == 8
    assert found["bandgap_shortfall_mbps"].samples[0].value == pytest.approx(
        fleet.get("/v1/fleet").json()["shortfall_mbps"], rel=1e-4
    )
    assert found["bandgap_places"].samples[0].value == 2
    uploads = [one for one in found["bandgap_requests"].samples if one.labels["kind"] == "upload"]
    assert [(one.labels["status"], one.value) for one in uploads] == [("200", 7)]
    assert "bandgap_site_share_met" not in found
    each = {one.name: one for one in text_string_to_metric_families(fleet.get("/metrics?sites=1").text)}
    assert {one.labels["site"] for one in each["bandgap_site_share_met"].samples} >= {"000", "formula"}
