"""The report as data is the whole report, under names that stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reports.formats.as_json import json_data
from reports.week import WeeklyReport
from tests.reports import example_week

SHORT = example_week.short_of_target()


def data(report: WeeklyReport = SHORT) -> dict[str, Any]:
    """As a program reads it."""
    found = json.loads(json_data(report))
    assert isinstance(found, dict)
    return found


def test_the_names_of_the_format_stay() -> None:
    """A name that goes or changes its meaning makes a new number of the format."""
    found = data()
    assert found["format"] == 1
    assert list(found) == [
        "format", "kind", "verdict", "site", "contract", "period", "made_at", "measuring_since", "rule",
        "summary", "gaps", "usage", "tests", "outages", "probed", "holes", "uncounted", "last_before", "clock_steps",
        "undated_minutes", "headroom", "congestion", "delivered_interval", "p95_interval", "outlook", "below_target",
        "cost", "erate", "faults", "what_if", "homework", "notes",
    ]  # fmt: skip
    for name in ("headroom", "congestion", "delivered_interval", "p95_interval", "outlook"):
        assert list(found[name]) == ["down", "up"]
    assert list(found["headroom"]["down"]) == [
        "capacity_mbps", "p95_mbps", "utilisation", "left_mbps", "stage", "minutes_full", "minutes_observed",
    ]  # fmt: skip
    assert list(found["congestion"]["down"]) == [
        "school_mbps", "other_mbps", "school_tests", "other_tests", "experience_mbps", "verdict",
    ]  # fmt: skip
    assert list(found["delivered_interval"]["down"]) == ["low", "high"]
    assert list(found["outlook"]["down"]) == [
        "capacity_mbps", "demand_mbps", "demand_on", "growth", "courses", "weeks",
    ]  # fmt: skip
    assert list(found["outlook"]["down"]["courses"][0]) == [
        "name",
        "rate",
        "source",
        "own",
        "at_80",
        "at_100",
        "by",
    ]
    assert list(found["below_target"]) == ["days_tested", "days_below", "hours_tested", "hours_below"]
    assert list(found["cost"]) == [
        "currency", "now_monthly", "now_per_mbps", "target_monthly", "target_per_mbps", "discount", "discount_source",
        "lines", "missing",
    ]  # fmt: skip
    assert list(found["faults"]) == ["findings", "cannot_tell"]
    assert list(found["faults"]["findings"][0]) == ["place", "sentence", "evidence"]
    assert list(found["gaps"][0]) == [
        "target", "required", "terms", "contracted", "delivered", "demanded", "way", "shortfall_mbps", "share_met",
        "people", "people_served", "verdict", "tests", "school_days", "missing", "applies",
        "at_least",
    ]  # fmt: skip
    assert list(found["usage"][0]) == [
        "interface", "started_at", "interval_s", "rx_bytes", "tx_bytes", "peak_rx_mbps", "peak_tx_mbps", "link_down_s",
    ]  # fmt: skip
    assert list(found["tests"][0]) == [
        "id", "started_at", "ended_at", "engine", "server", "outcome", "reason", "detail", "down_mbps", "up_mbps",
        "latency_idle_ms", "latency_loaded_ms", "down_bytes", "up_bytes", "flags", "interface", "link_speed_mbps",
        "other_down_mbps", "other_up_mbps", "jitter_ms", "responsiveness_rpm", "loss_share", "loss_down_share",
        "loss_up_share", "retransmitted_share", "burst_down_mbps", "burst_up_mbps", "load_s", "trusted", "remarks",
        "own",
    ]  # fmt: skip
    assert list(found["outages"][0]) == ["started_at", "seen_until", "ended_at", "rung", "detail"]
    assert list(found["probed"][0]) == ["starts_at", "ends_at"]


def test_nothing_is_left_out() -> None:
    """Every five-minute mean, every test, every outage, every gap."""
    found = data()
    assert (len(found["usage"]), len(found["tests"]), len(found["gaps"])) == (1980, 28, 5)
    assert [outage["rung"] for outage in found["outages"]] == ["link", "internet"]
    assert found["verdict"].startswith("Short of SETDA 2023-24")
    assert found["summary"]["usage_school"]["coverage"] == 0.94
    assert [test["trusted"] for test in found["tests"]].count(False) == 2


def test_times_are_iso_in_utc_and_dates_are_dates() -> None:
    """The zone's name is the site's."""
    found = data()
    assert found["period"]["starts_at"] == "2026-11-16T06:00:00Z"
    assert found["contract"]["ends_on"] == "2027-06-30"
    assert found["site"]["timezone"] == "America/Chicago"


def test_what_is_not_known_is_null() -> None:
    """Never 0, never left out."""
    found = data(example_week.nothing_measured())
    assert found["measuring_since"] is None
    assert found["summary"]["outage_minutes"] is None
    assert found["summary"]["capacity"]["typical"] == {"down_mbps": None, "up_mbps": None}
    assert found["site"]["users"] is None


@pytest.mark.parametrize("name", example_week.HOSTILE.values(), ids=example_week.HOSTILE.keys())
def test_names_come_back_letter_by_letter(name: str) -> None:
    """Whatever the script."""
    assert data(example_week.named(name))["site"]["name"] == name.strip()
