"""The table is a header and seven rows that any spreadsheet reads and none computes."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from reports.formats.as_csv import csv_days, csv_tests, guarded
from reports.week import WeeklyReport
from tests.reports import example_week
from tests.reports.example_week import SITE

SHORT = example_week.short_of_target()


def rows(report: WeeklyReport) -> list[dict[str, str]]:
    """As a program reads it back."""
    return list(csv.DictReader(io.StringIO(csv_days(report), newline="")))


def test_there_is_one_row_a_day() -> None:
    """Whatever was measured."""
    for report in (SHORT, example_week.too_early(), example_week.nothing_measured()):
        assert [row["date"] for row in rows(report)] == [f"2026-11-{n}" for n in range(16, 23)]


def test_figures_are_numbers_with_their_unit_in_the_header() -> None:
    """Thursday, with its outage and its failed test."""
    thursday = rows(SHORT)[3]
    assert thursday["school_day"] == "yes"
    assert thursday["school_hours_p95_down_mbps"] == "111.047"
    assert (thursday["tests_trusted"], thursday["tests_failed"], thursday["outage_minutes"]) == (
        "3",
        "1",
        "40.0",
    )
    assert thursday["tests_down_bytes"] == "666112500"


def test_what_is_not_known_is_an_empty_cell() -> None:
    """A Saturday has no school hours, an empty week no outage minutes: neither is 0."""
    saturday = rows(SHORT)[5]
    assert (saturday["school_day"], saturday["school_hours_p95_down_mbps"]) == ("no", "")
    assert {row["outage_minutes"] for row in rows(example_week.nothing_measured())} == {""}


def test_lines_end_as_the_standard_says_and_commas_are_quoted() -> None:
    """RFC 4180."""
    text = csv_days(replace(SHORT, site=replace(SITE, name='St. Mary, "the Great"')))
    assert text.count("\r\n") == text.count("\n") == 8
    assert '"St. Mary, ""the Great"""' in text


@pytest.mark.parametrize("name", ["=HYPERLINK(A1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_looks_like_a_formula_is_marked_as_text(name: str) -> None:
    """With an apostrophe, in every cell of text."""
    assert guarded(name) == "'" + name
    assert rows(replace(SHORT, site=replace(SITE, name=name)))[0]["site_name"] == "'" + name


@pytest.mark.parametrize(
    ("cell", "written"), [(-1.5, -1.5), ("St. Mary", "St. Mary"), (None, ""), (0, 0), ("", "")]
)
def test_numbers_and_plain_text_stay_as_they_are(cell: str | float | None, written: str | float) -> None:
    """A negative number isn't a formula."""
    assert guarded(cell) == written


def rows_of_tests(report: WeeklyReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_tests(report), newline="")))


def test_there_is_one_row_a_test_with_all_that_it_found() -> None:
    """Trusted or not, measured or not; what isn't known is an empty cell."""
    found = rows_of_tests(SHORT)
    assert [row["id"] for row in found] == [test.id for test in SHORT.tests]
    assert found[3]["burst_down_mbps"] == str(SHORT.tests[3].burst_down_mbps)
    assert (found[3]["trusted"], found[3]["remarks"], found[0]["remarks"]) == ("yes", "burst", "")
    assert (found[6]["flags"], found[6]["trusted"]) == ("not_steady", "no")
    assert (found[13]["reason"], found[13]["jitter_ms"], found[13]["down_mbps"]) == ("no_link", "", "")
    assert found[1]["retransmitted_share"] == "0.00011"


def test_a_week_without_tests_is_a_header() -> None:
    assert rows_of_tests(example_week.nothing_measured()) == []
    assert csv_tests(example_week.nothing_measured()).startswith("site_id,id,started_at,")


def test_an_engines_message_is_no_formula_either() -> None:
    report = replace(SHORT, tests=(replace(SHORT.tests[0], detail="=1+1"),))
    assert rows_of_tests(report)[0]["detail"] == "'=1+1"
