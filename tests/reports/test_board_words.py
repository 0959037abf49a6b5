"""The first page tells a board all it needs in plain words, and one line where something isn't known."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reports.board_words import board_parts, per_user
from reports.cost_settings import CostSettings, ErateSettings
from reports.cost_words import money
from reports.formats.as_html import html_page
from reports.sites import Contract
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_week import CONTRACT, HOSTILE, SITE

NAMES = ["When the line runs out", "What closing the gap costs", "What is at risk", "What is asked"]
KNOWN = example_week.well_known()
WEEKS = [
    KNOWN,
    example_week.short_of_target(),
    example_week.meets_target(),
    example_week.too_early(),
    example_week.nothing_measured(),
    example_week.no_contract(),
    example_week.no_students(),
    example_week.no_targets(),
    example_week.supposed(),
]
JARGON = re.compile(
    r"p95|percentile|median|trusted|rung|iperf|flags?\b|bootstrap|quantile|None\b|nan\b", re.I
)


def told(report: WeeklyReport, name: str) -> str:
    return " ".join(next(part.sentences for part in board_parts(report) if part.name == name))


@pytest.mark.parametrize("report", WEEKS)
def test_every_part_is_always_there_with_a_line(report: WeeklyReport) -> None:
    parts = board_parts(report)
    assert [part.name for part in parts] == NAMES
    for part in parts:
        assert part.sentences
        assert all(words[0].isupper() and words[-1] in ".)" for words in part.sentences)


@pytest.mark.parametrize("report", WEEKS)
def test_a_board_needs_no_engineer_to_read_it(report: WeeklyReport) -> None:
    for part in board_parts(report):
        assert JARGON.search(" ".join(part.sentences)) is None
        assert "0.00" not in " ".join(part.sentences)


def test_each_person_s_part_stands_beside_what_is_recommended() -> None:
    assert per_user(KNOWN.gaps[0]) == "That is 0.39 Mbps for each; 2.80 Mbps are recommended."
    assert per_user(example_week.nothing_measured().gaps[0]) is None


def test_the_own_growth_has_its_months_and_scenarios_their_names() -> None:
    words = told(KNOWN, NAMES[0])
    assert "This school's own demand grows by 30 % a year (28 % to 33 %)." in words
    assert "four fifths of the line are used in August 2027 (August to September 2027)" in words
    assert "Scenarios, no forecasts of this school" in words
    for who in ("EducationSuperHighway", "Nielsen's law", "ENA"):
        assert who in words
    assert "that is their practice, no education body sets a figure" in words


def test_before_a_year_it_says_what_it_waits_for() -> None:
    words = told(example_week.week(past=10), NAMES[0])
    assert "isn't known before there is a year of weeks to compare with: 11 so far." in words
    assert "before there is a week of demand" in told(example_week.too_early(), NAMES[0])


def test_where_nothing_counts_demand_the_page_says_so() -> None:
    blind = replace(example_week.nothing_measured(), uncounted="nothing counts it here")
    assert told(blind, NAMES[0]) == "When the line will be full isn't known: nothing counts it here."


def test_a_school_that_shrinks_never_fills_its_line() -> None:
    shrinking = replace(KNOWN.outlook.down.courses[0], rate=-0.04)
    growth = KNOWN.outlook.down.growth
    assert growth is not None
    outlook = replace(
        KNOWN.outlook.down, growth=replace(growth, rate=-0.04, low=-0.06, high=-0.02), courses=(shrinking,)
    )
    words = told(replace(KNOWN, outlook=replace(KNOWN.outlook, down=outlook)), NAMES[0])
    assert "own demand shrinks by 4 % a year (-6 % to -2 %)" in words


def test_cost_has_gross_discount_and_local_share() -> None:
    words = told(KNOWN, NAMES[1])
    assert (
        "a line of 1,282 Mbps costs about 1,900 USD a month (offer of Prairie Fiber Cooperative, October 2026)"
        in words
    )
    assert "1,060 USD more than the 840 USD that are paid today" in words
    assert "E-rate pays 80 % of it" in words
    assert "Local share: 380 USD a month" in words
    assert "construction and equipment 12,000 USD once" in words


def test_a_benchmark_says_whose_and_of_which_year_and_what_to_set() -> None:
    words = told(example_week.short_of_target(), NAMES[1])
    assert "EducationSuperHighway's price benchmark 2016-17" in words
    assert "all of that, as long as no E-rate discount is known" in words
    assert "set cost.target_monthly_cost, erate.nslp_share, erate.locale" in words


def test_a_target_that_costs_less_than_today_says_so() -> None:
    report = example_week.week(contract=replace(CONTRACT, monthly_cost=9000.0), costs=CostSettings(1900.0))
    assert "7,100 USD less than the 9,000 USD that are paid today" in told(report, NAMES[1])


def test_no_price_is_made_up_in_another_currency() -> None:
    report = example_week.week(contract=replace(CONTRACT, currency="EUR"))
    words = told(report, NAMES[1])
    assert "Gross" not in words
    assert "erate" not in words
    assert "a price in EUR" in words
    offered = told(
        example_week.week(contract=replace(CONTRACT, currency="EUR"), costs=CostSettings(700.0)), NAMES[1]
    )
    assert "costs about 700 EUR a month (the site's own figure), 140 EUR less than the 840 EUR" in offered
    assert "E-rate" not in offered


def test_no_gap_costs_nothing_and_no_verdict_waits() -> None:
    assert "no gap to close" in told(example_week.meets_target(), NAMES[1])
    assert "once there is a verdict" in told(example_week.too_early(), NAMES[1])


def test_risk_is_counted_where_it_was_seen() -> None:
    words = told(KNOWN, NAMES[2])
    assert "52 min of the time observed, in 2 outages, on 2 days." in words
    assert "For 30 minutes of 47 h of school hours the line was four fifths full or more." in words
    assert "On 5 of 5 school days with a test, and in 8 of 8 school hours with one" in words
    assert "Where to look first: this machine (1 sign), the provider's line (3 signs)." in words
    assert "nothing is known of outages" in told(example_week.nothing_measured(), NAMES[2])


def test_the_ask_has_a_date_or_says_what_to_set() -> None:
    assert "decided by 15 January 2027. The contract ends on 30 June 2027." in told(KNOWN, NAMES[3])
    assert "a decision on a line of 1,282 Mbps at about 1,900 USD a month, before any discount" in told(
        KNOWN, NAMES[3]
    )
    assert "set erate.decide_by or contract.ends_on" in told(example_week.no_contract(), NAMES[3])
    late = example_week.week(erate=ErateSettings(decide_by=date(2026, 1, 15)))
    assert "was to be decided by 15 January 2026" in told(late, NAMES[3])


def test_nothing_is_asked_of_a_board_without_a_reason() -> None:
    assert "Of the board: nothing. " in told(example_week.meets_target(), NAMES[3])
    assert "nothing yet, the evidence doesn't suffice" in told(example_week.too_early(), NAMES[3])
    full = example_week.week(
        contract=replace(CONTRACT, down_mbps=2000.0), delivers=(1884.0, 1861.0), demand=13.5
    )
    assert "to plan for a larger line" in told(full, NAMES[3])


def test_amounts_have_cents_only_where_there_are_any() -> None:
    assert (money(1900, "USD"), money(379.99999999, "USD"), money(12.5, "EUR")) == (
        "1,900 USD",
        "380 USD",
        "12.50 EUR",
    )


@pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("pdftotext")),
    reason="chromium or pdftotext isn't installed (tests/system_packages.sh)",
)
@pytest.mark.parametrize("name", ["known", "nothing told", "long names", "what if"])
def test_the_first_page_is_one_printed_letter_page(tmp_path: Path, name: str) -> None:
    """The technical part begins on the second."""
    report = {
        "known": KNOWN,
        "nothing told": example_week.week(site=replace(SITE, students=None, staff=None), contract=Contract()),
        "long names": example_week.named(HOSTILE["long"]),
        "what if": example_week.supposed(),
    }[name]
    (tmp_path / "week.html").write_text(html_page(report), encoding="utf-8")
    subprocess.run(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
            f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 'week.pdf'}", f"file://{tmp_path}/week.html",
        ],
        check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    second = subprocess.run(
        ["pdftotext", "-f", "2", "-l", "2", str(tmp_path / "week.pdf"), "-"],
        check=True, capture_output=True, text=True, timeout=30,
    ).stdout  # fmt: skip
    assert "Technical part" in second[:120]
