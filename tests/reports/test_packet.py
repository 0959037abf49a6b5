"""A packet's facts are the report's, ready to print; without a verdict there are none."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reports.forecast import Crossing
from reports.formats.as_json import json_data
from reports.packet import Ahead, PacketFacts, ahead_of, isolated, packet_facts
from reports.period_words import date_words, period_span
from reports.publisher import PacketSettings
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_packet import AHEAD, COST, PUBLISHER

SHORT = example_week.short_of_target()
ABOUT = {
    "standing", "school", "school_short", "district", "contact_name", "contact_email", "contact_phone", "website",
    "week", "week_number", "made_on",
}  # fmt: skip
"""What is known before anything is measured."""


def known(report: WeeklyReport, ahead: Ahead = AHEAD) -> dict[str, str]:
    facts = packet_facts(report, PUBLISHER, ahead)
    return {name: words for name, words in dataclasses.asdict(facts).items() if words is not None}


def test_a_short_week_has_every_fact() -> None:
    """As a reader would write them."""
    found = known(SHORT)
    assert set(found) == {field.name for field in dataclasses.fields(PacketFacts)}
    assert found | {
        "served_words": "",
        "demand_words": "",
        "outage_words": "",
        "source": "",
        "source_url": "",
    } == {
        "standing": "short",
        "school": "Bluestem Consolidated School",
        "school_short": "Bluestem Consolidated School",
        "district": "Prairie School District",
        "contact_name": "Communications office",
        "contact_email": "office@school.example",
        "contact_phone": "555 0100",
        "website": "https://school.example/internet",
        "week": "16 to 22 November 2026",
        "week_number": "Week 47 of 2026",
        "made_on": "23 November 2026",
        "target": "SETDA 2023-24",
        "target_short": "SETDA 2023-24",
        "source": "",
        "source_url": "",
        "direction": "download",
        "delivered": "180.6 Mbps",
        "recommended": "1,282 Mbps",
        "gap": "1,102 Mbps",
        "share": "14 %",
        "served_words": "",
        "people": "458",
        "people_served": "64",
        "people_unserved": "394",
        "heads": "users",
        "contracted": "250.0 Mbps",
        "contract_ends": "30 June 2027",
        "demand": "117.0 Mbps",
        "demand_words": "",
        "outage_time": "52 min",
        "outage_words": "",
        "tests": "26",
        "school_days": "5",
        "cost_now": "840 USD a month",
        "cost_target": "7,500 USD a month",
        "cost_more": "6,660 USD a month",
        "cost_local": "1,332 USD a month",
        "cost_source": "an offer of 2026",
        "full_in": "May 2028",
        "decide_by": "15 January 2027",
    }


@pytest.mark.parametrize(
    "report",
    [
        example_week.too_early(),
        example_week.nothing_measured(),
        example_week.no_students(),
        example_week.no_targets(),
        replace(SHORT, gaps=(replace(SHORT.gaps[0], applies=False, missing=("x",)),)),
    ],
    ids=["too early", "nothing", "no students", "no targets", "doesn't apply"],
)
def test_without_a_verdict_nothing_measured_is_known(report: WeeklyReport) -> None:
    """Whatever the store holds of it, and whatever is known of costs."""
    assert set(known(report)) == ABOUT
    assert known(report)["standing"] == "too early"


def test_a_line_that_meets_its_target_has_no_gap() -> None:
    found = known(example_week.meets_target(), Ahead())
    assert found["standing"] == "meets"
    assert found["people_served"] == found["people"] == "458"
    assert not {"gap", "share", "people_unserved", "cost_more"} & set(found)


def test_a_lower_bound_says_so() -> None:
    met = example_week.meets_target()
    bound = replace(met, gaps=(replace(met.gaps[0], at_least=True),))
    assert known(bound)["delivered"] == "at least 1,830 Mbps"


def test_figures_are_of_the_way_that_falls_shortest() -> None:
    """A sentence on the download stands beside no figure of the upload."""
    up = replace(SHORT.gaps[0], way="up", required=replace(SHORT.gaps[0].required, up_mbps=400.0))
    found = known(replace(SHORT, gaps=(up,)))
    assert (found["direction"], found["delivered"], found["recommended"]) == (
        "upload",
        "45.1 Mbps",
        "400.0 Mbps",
    )
    assert (found["contracted"], found["demand"]) == ("50.0 Mbps", "11.8 Mbps")
    assert "demand_words" not in found


def test_a_running_week_is_told_from_a_whole_one() -> None:
    assert known(example_week.too_early())["week"] == "16 to 22 November 2026, so far"


def test_costs_are_told_as_far_as_they_are_known() -> None:
    """No local share without a discount, no difference without today's price."""
    assert "cost_local" not in known(SHORT, Ahead(replace(COST, discount=None)))
    found = known(SHORT, Ahead(replace(COST, now_monthly=None)))
    assert "cost_now" not in found
    assert "cost_more" not in found
    assert found["cost_target"] == "7,500 USD a month"
    assert "cost_more" not in known(SHORT, Ahead(replace(COST, target_monthly=700.0)))


@pytest.mark.parametrize("state", ["already", "beyond", "unknown"])
def test_a_month_is_named_only_where_there_is_one(state: Any) -> None:
    assert "full_in" not in known(SHORT, Ahead(full=Crossing(state)))


def test_what_comes_is_taken_from_a_report_that_knows_it() -> None:
    """In the way of the gap; a report of nothing knows nothing of it."""
    down, up = (SimpleNamespace(own=SimpleNamespace(at_100=AHEAD.full)), SimpleNamespace(own=None))
    report = SimpleNamespace(
        gaps=SHORT.gaps,
        cost=COST,
        outlook=SimpleNamespace(down=down, up=up),
        erate=SimpleNamespace(decide_by=AHEAD.decide_by),
    )
    assert ahead_of(cast(WeeklyReport, report)) == AHEAD
    report.gaps = (replace(SHORT.gaps[0], way="up"),)
    assert ahead_of(cast(WeeklyReport, report)).full is None
    assert ahead_of(example_week.nothing_measured()) == Ahead()


def test_every_number_is_in_the_reports_data() -> None:
    """Rounded as it is shown, or as a date, or in a name; costs and the publisher's words come from elsewhere."""
    text = json_data(SHORT)
    figures = [abs(value) for value in _numbers(json.loads(text))]
    dates = period_span(SHORT.period, SHORT.hours.zone) + date_words(
        SHORT.made_at.astimezone(SHORT.hours.zone).date()
    )
    unheld = {}
    for name, words in known(SHORT, Ahead()).items():
        if name in PacketSettings.__slots__:
            continue
        for number in re.findall(r"\d[\d,]*(?:\.\d+)?", words):
            shown = number.replace(",", "").rstrip(".")
            places = len(shown.partition(".")[2])
            as_share = any(int(figure * 100 + 1e-9) == float(shown) for figure in figures if figure <= 1)
            rounded = any(round(figure, places) == float(shown) for figure in figures)
            lacking = name == "people_unserved" and float(shown) == 458 - 64
            if not (rounded or as_share or lacking or shown in text or shown in dates):
                unheld[name] = number
    assert unheld.pop("demand_words", "95") == "95"  # the percentile's own name
    assert unheld == {}


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in _numbers(inner)]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def test_no_provider_is_named() -> None:
    """A packet tells of a line, and blames nobody for it."""
    assert SHORT.contract.provider
    assert SHORT.contract.provider not in " ".join(known(SHORT).values())


def test_the_guide_documents_every_fact_and_no_other() -> None:
    guide = (files("config") / "packet" / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"(?m)^\| `([a-z_]+)` \|", guide)
    assert told[:-1] if told[-1] == "logo" else told
    assert sorted(set(told) - {"logo"}) == sorted(field.name for field in dataclasses.fields(PacketFacts))
    assert len(told) == len(set(told))


def test_a_name_from_right_to_left_is_isolated() -> None:
    """So that the figure after it stays after it; other names get no invisible signs."""
    assert isolated("مدرسة") == "\u2068مدرسة\u2069"
    assert isolated("École 🏫") == "École 🏫"
    assert isolated(None) is None
