"""The report of a store that has years of summaries: growth, dates and costs from what the agent itself keeps."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent import store
from agent.history import History
from reports.periods import SchoolHours, week_of
from reports.summaries import summarise
from tests.commands import bandgap, environment
from tests.reports.example_week import PAST, SITE, WEEK, short_of_target

SCHOOL = """
[site]
name = "Bluestem Consolidated School"
students = 412
staff = 46
timezone = "America/Chicago"

[contract]
down_mbps = 250
up_mbps = 50
monthly_cost = 840
ends_on = 2027-06-30

[targets]
sets = ["setda-3-2023-24"]

[cost]
target_monthly_cost = 1900
target_source = "offer of October 2026"
one_time_cost = 12000

[erate]
nslp_share = 0.62
locale = "rural"
decide_by = 2027-01-15
"""


@pytest.fixture
def years(tmp_path: Path) -> dict[str, str]:
    """An environment whose store has the example week's samples and the summaries of two years before it."""
    environ, hours, report = environment(tmp_path, SCHOOL), SchoolHours.of(SITE), short_of_target()
    state = tmp_path / "state"
    state.mkdir()
    with closing(store.open_store(state)) as connection:
        store.write_minutes(
            connection,
            [replace(one, interval_s=min(one.interval_s, 300.0)) for one in report.usage],
            list(report.outages),
            list(report.probed),
        )
        history = History(connection)
        for test in report.tests:
            history.add_capacity_sample(test)
        for past in PAST:
            period = week_of(WEEK.starts_at - (WEEK.starts_at.date() - past.starts_on), hours.zone)
            made = summarise(period, period.ends_at, [], [], hours)
            school = replace(made.usage_school, found=made.usage_school.expected, p95=past.p95)
            history.keep_summary(replace(made, usage_school=school))
    return environ


def test_growth_comes_from_the_summaries_and_the_week_itself(years: dict[str, str]) -> None:
    """A hundred and five weeks; their own five-minute means are long gone."""
    said = bandgap(years, "report", "--week", WEEK.label, "--format", "json")
    assert (said.returncode, said.stderr) == (0, "")
    found = json.loads(said.stdout)
    down = found["outlook"]["down"]
    assert len(down["weeks"]) == 105
    assert down["weeks"][-1]["starts_on"] == "2026-11-16"
    assert down["growth"]["rate"] == pytest.approx(0.30, abs=0.03)
    assert down["courses"][0]["own"]
    assert down["courses"][0]["at_100"]["state"] == "dated"
    assert found["cost"]["target_monthly"] == 1900
    assert found["cost"]["discount"] == 0.8
    assert found["below_target"] == {"days_tested": 5, "days_below": 5, "hours_tested": 8, "hours_below": 8}
    assert [one["place"] for one in found["faults"]["findings"]].count("the provider's line") == 3


def test_the_page_on_a_terminal_tells_it(years: dict[str, str]) -> None:
    text = " ".join(bandgap(years, "report", "--week", WEEK.label).stdout.split())
    assert "This school's own demand grows by 30 % a year" in text
    assert "Local share: 380 USD a month." in text
    assert (
        "This year's E-rate request is to be decided by 15 January 2027." in text
        or "was to be decided" in text
    )


def test_a_week_of_long_ago_knows_only_what_was_known_then(years: dict[str, str]) -> None:
    """The report of the first of those weeks has no weeks of after it."""
    first = week_of(WEEK.starts_at - timedelta(weeks=100), SchoolHours.of(SITE).zone)
    found = json.loads(bandgap(years, "report", "--week", first.label, "--format", "json").stdout)
    assert len(found["outlook"]["down"]["weeks"]) == 5
    assert found["outlook"]["down"]["growth"] is None
    assert found["summary"]["usage_school"]["p95"] == {"down_mbps": None, "up_mbps": None}
