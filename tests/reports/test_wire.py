"""What leaves a site is valid JSON, comes back as it was, and is refused when it can't be true."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.days import days_of
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.week import WeeklyReport
from reports.wire import impossible, plain, summary_from, summary_json, upload_json
from tests.reports import example_week
from tests.reports.example_week import CONTRACT, HOSTILE, SITE

SUMMARY = example_week.short_of_target().summary


def again(summary: Summary) -> Summary:
    """There and back."""
    return summary_from(json.loads(summary_json(summary)))


@pytest.mark.parametrize(
    "report", [example_week.short_of_target(), example_week.too_early(), example_week.nothing_measured()]
)
def test_a_summary_comes_back_as_it_was(report: WeeklyReport) -> None:
    """To the sixth place, and with the same id."""
    for summary in (report.summary, *days_of(report)):
        back = again(summary)
        assert plain(back) == plain(summary)
        assert back.id == summary.id
        assert again(back) == back


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.none(), st.floats(0, 1e6)), st.one_of(st.none(), st.floats(0, 1e5)))
def test_none_stays_none_and_zero_stays_zero(mbps: float | None, minutes: float | None) -> None:
    """The difference that everything rests on survives the way."""
    back = again(
        replace(SUMMARY, usage=replace(SUMMARY.usage, p95=Rates(mbps, None)), outage_minutes=minutes)
    )
    assert back.usage.p95.up_mbps is None
    for sent, got in ((mbps, back.usage.p95.down_mbps), (minutes, back.outage_minutes)):
        assert got is None if sent is None else got == pytest.approx(sent, abs=1e-6)


def test_times_travel_as_utc() -> None:
    """An offset on the way there is Z on arrival, and the same moment."""
    east = SUMMARY.starts_at.astimezone(example_week.ZONE)
    assert plain(east) == "2026-11-16T06:00:00Z"
    assert again(replace(SUMMARY, starts_at=east)).starts_at == SUMMARY.starts_at


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_an_upload_is_one_json_object_whatever_a_school_is_called(name: str) -> None:
    """The summaries go in as the bytes they were kept as."""
    kept = [summary_json(SUMMARY), summary_json(SUMMARY)]
    body = upload_json("bandgap 1", replace(SITE, name=name), replace(CONTRACT, provider=name), kept)
    found = json.loads(body)
    assert found["format"] == 1
    assert found["site"]["name"] == name
    assert found["contract"]["ends_on"] == "2027-06-30"
    assert [json.dumps(s, separators=(",", ":")) for s in found["summaries"]] == kept
    assert json.loads(upload_json("a", Site(), Contract(), []))["summaries"] == []


def test_what_has_no_json_is_not_sent() -> None:
    """NaN isn't JSON, whatever Python thinks."""
    with pytest.raises(ValueError, match="JSON"):
        summary_json(replace(SUMMARY, outage_minutes=float("nan")))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"starts_at": datetime(2026, 11, 16)}, "starts_at: has no UTC offset"),  # noqa: DTZ001 - the point
        ({"ends_at": datetime(2026, 11, 23)}, "ends_at: has no UTC offset"),  # noqa: DTZ001 - the point
        ({"through_at": datetime(2026, 11, 23)}, "through_at: has no UTC offset"),  # noqa: DTZ001 - the point
        ({"ends_at": SUMMARY.starts_at}, "ends_at: not after starts_at"),
        ({"through_at": SUMMARY.ends_at + timedelta(seconds=1)}, "through_at: outside the period"),
        ({"through_at": SUMMARY.starts_at - timedelta(seconds=1)}, "through_at: outside the period"),
        ({"ends_at": SUMMARY.starts_at + timedelta(days=9)}, "ends_at: more than eight days after starts_at"),
        ({"label": ""}, "label: expected 1 to 32 characters"),
        ({"label": "x" * 33}, "label: expected 1 to 32 characters"),
        ({"outage_minutes": -1.0}, "outage_minutes: -1 is not a number of 0 or more"),
        ({"outage_minutes": float("nan")}, "outage_minutes: nan is not a number of 0 or more"),
        ({"tests_down_bytes": 10**16}, "tests_down_bytes: 1e+16 is beyond any line"),
        (
            {"usage": replace(SUMMARY.usage, p95=Rates(float("inf"), 1.0))},
            "usage.p95.down_mbps: inf is not a number of 0 or more",
        ),
        (
            {"capacity": replace(SUMMARY.capacity, tests_trusted=-3)},
            "capacity.tests_trusted: -3 is not a number of 0 or more",
        ),
    ],
)
def test_what_can_not_be_true_is_named(change: dict[str, Any], why: str) -> None:
    """The field and what is wrong with it."""
    assert impossible(replace(SUMMARY, **change)) == why


def test_what_the_agent_makes_is_possible() -> None:
    """Every summary of every example, also the empty ones, and a week of 169 hours."""
    for report in (example_week.short_of_target(), example_week.too_early(), example_week.nothing_measured()):
        assert [impossible(s) for s in (report.summary, *days_of(report))] == [None] * 8
    autumn = replace(
        SUMMARY,
        starts_at=datetime(2026, 10, 26, 5, tzinfo=UTC),
        ends_at=datetime(2026, 11, 2, 6, tzinfo=UTC),
        through_at=datetime(2026, 11, 2, 6, tzinfo=UTC),
    )
    assert impossible(autumn) is None


def test_plain_knows_dates_tuples_and_mappings() -> None:
    """Everything that JSON has no word for."""
    assert plain({"a": (date(2026, 1, 2), 1 / 3)}) == {"a": ["2026-01-02", 0.333333]}
