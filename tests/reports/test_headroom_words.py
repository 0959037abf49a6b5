"""Rows of the technical part: intervals beside figures, dashes where nothing is known."""

from __future__ import annotations

from reports.confidence import Interval
from reports.formats.as_html import html_page
from reports.formats.as_text import plain_text
from reports.headroom_words import congestion_lines, cost_lines, from_to, headroom_lines
from reports.outlook_words import course_lines
from reports.what_if import WhatIf
from tests.reports import example_week
from tests.reports.page import Page

KNOWN = example_week.well_known()


def test_figures_have_their_intervals_beside_them() -> None:
    down, up = headroom_lines(KNOWN)
    assert down.delivered == "180.6 Mbps (176.6 to 185.3 Mbps)"
    assert down.demanded == "117.0 Mbps (107.8 to 124.1 Mbps)"
    assert (down.utilisation, down.left, down.stage, down.full) == (
        "64 %",
        "63.6 Mbps",
        "watch",
        "30 minutes",
    )
    assert (up.way, up.stage) == ("Up", "room")


def test_what_is_supposed_has_no_interval() -> None:
    down, _ = headroom_lines(example_week.week(what_if=WhatIf(capacity_down_mbps=900.0)))
    assert down.delivered == "900.0 Mbps"


def test_nothing_known_is_dashes_and_no_rows() -> None:
    nothing = example_week.nothing_measured()
    for line in headroom_lines(nothing):
        assert {line.delivered, line.demanded, line.utilisation, line.left, line.stage, line.full} == {"–"}
    assert congestion_lines(nothing) == ()
    assert cost_lines(nothing) == ()
    assert course_lines(nothing.outlook.down) == ()


def test_an_interval_keeps_its_unit_where_it_is_special() -> None:
    assert from_to(None) == ""
    assert from_to(Interval(1.0, 2.0)) == "1.00 to 2.00 Mbps"
    assert from_to(Interval(0.001, 2.0)) == "under 0.01 to 2.00 Mbps"


def test_school_hours_and_others_have_their_numbers_of_tests() -> None:
    down, up = congestion_lines(KNOWN)
    assert (down.school, down.other, down.verdict) == (
        "153.1 Mbps (8)",
        "184.6 Mbps (18)",
        "congested upstream",
    )
    assert up.verdict == "steady"


def test_cost_lines_have_evidence_and_source() -> None:
    lines = cost_lines(KNOWN)
    assert [line.name for line in lines] == [
        "Internet access at target",
        "Construction and equipment",
        "Staff hours",
    ]
    assert (lines[0].gross, lines[0].net) == ("1,900 USD a month", "380 USD")
    assert lines[1].gross == "12,000 USD once"
    assert all("26 tests on 5 school days" in line.evidence for line in lines)


def test_courses_have_days_and_name_scenarios() -> None:
    own, *others = course_lines(KNOWN.outlook.down)
    assert own.name == "This school's own growth"
    assert own.at_100 == "3 July 2028 (24 May 2028 to 17 August 2028)"
    assert [line.name for line in others] == [
        "Scenario: EducationSuperHighway", "Scenario: Nielsen's law", "Scenario: ENA",
    ]  # fmt: skip
    assert others[-1].source == "ENA, as the CIO/CTO toolkit quotes it; no other source is known"


def test_page_and_terminal_have_them_all() -> None:
    page, text = Page(html_page(KNOWN)).text, plain_text(KNOWN)
    for words in (
        "congested upstream",
        "Construction and equipment",
        "Scenario: Nielsen's law",
        "At its better hours the line delivers 73 % of the contract's download rate",
    ):
        assert words in page
        assert words in " ".join(text.split())
    for title in ("Headroom in school hours", "When demand reaches the line", "Where the trouble lies"):
        assert title in page
    assert "last 60 weeks" in text
