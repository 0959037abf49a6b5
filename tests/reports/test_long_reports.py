"""A report of a month or a year is made of all its samples, and says so in every format."""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import pairwise

import pytest

from reports.days import parts_of
from reports.formats.as_html import html_page
from reports.formats.as_text import plain_text
from reports.formats.table import TEXT
from reports.formats.text_lines import WIDTH
from reports.percentiles import percentile
from reports.tests_listed import LISTED, listed, unlisted
from reports.tests_set_aside import set_aside
from reports.week import WeeklyReport
from tests.reports import example_long, example_week
from tests.reports.example_long import HOURS
from tests.reports.page import Page

MONTH, YEAR = example_long.month(), example_long.year()
BOTH = pytest.mark.parametrize("report", [MONTH, YEAR], ids=["month", "year"])


@BOTH
def test_a_percentile_is_of_all_five_minute_means(report: WeeklyReport) -> None:
    """And not of the percentiles of days or weeks, which says something else."""
    means = [s.mean.down_mbps for s in report.usage if s.started_at in HOURS]
    p95 = report.summary.usage_school.p95.down_mbps
    assert p95 == percentile(means, 0.95)
    parts = [part.usage_school.p95.down_mbps for part in parts_of(report)]
    assert p95 != percentile(parts, 0.95)


@BOTH
def test_the_parts_hold_all_samples_once(report: WeeklyReport) -> None:
    """Counts of days or weeks add up to the whole's."""
    parts, whole = parts_of(report), report.summary
    assert sum(part.usage.found for part in parts) == whole.usage.found == len(report.usage)
    assert sum(part.usage.expected for part in parts) == whole.usage.expected
    assert sum(part.capacity.tests_trusted for part in parts) == whole.capacity.tests_trusted
    assert sum(part.outage_minutes or 0 for part in parts) == whole.outage_minutes == 120
    assert all(a.ends_at == b.starts_at for a, b in pairwise(parts))


@BOTH
@pytest.mark.parametrize("form", ["text", "html", "md"])
def test_no_format_calls_it_a_week(report: WeeklyReport, form: str) -> None:
    """Neither `this week` nor `the whole week`; a week of the year is one."""
    text = TEXT[form](report)
    text = Page(text).text if form == "html" else text
    assert not re.findall(
        r"(?i)this week|whole week|the week\b|weekly|week's shorter", text.replace("each week's", "")
    )


@pytest.mark.parametrize("form", ["text", "html", "md"])
def test_its_name_and_dates_stand_on_it(form: str) -> None:
    month, year = TEXT[form](MONTH), TEXT[form](YEAR)
    assert "October 2026, 1 to 31 October 2026" in month
    assert "School year 2025-26, 1 July 2025 to 30 June 2026" in year
    assert "Whole month" in month or form == "md"
    assert "Whole school year" in year or form == "md"


def test_a_running_month_says_how_far_it_reaches() -> None:
    for form in ("text", "html", "md"):
        assert "The month isn't over: this is as of Thu 15 Oct 12:00." in TEXT[form](
            example_long.running_month()
        ).replace("&#39;", "'")


@BOTH
def test_the_page_stays_well_formed_and_quiet(report: WeeklyReport) -> None:
    page = Page(html_page(report))
    assert (page.unclosed, page.stray) == ([], [])
    assert len(page.all("h1")) == 1
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}


@BOTH
def test_text_fits_a_terminal(report: WeeklyReport) -> None:
    assert max(map(len, plain_text(report).splitlines())) <= WIDTH


def test_a_year_in_text_is_a_sign_a_week_with_a_gap_for_march() -> None:
    """What isn't known is a space, and the summer holiday is low."""
    lines = plain_text(YEAR).splitlines()
    line = lines[lines.index("DEMAND DOWN, 95 % OF EACH WEEK'S SCHOOL HOURS") + 1]
    assert len(line) == 53
    assert line[:9] == "▁" * 9
    assert "    " in line.strip()


def test_a_year_of_tests_is_counted_and_not_listed() -> None:
    """730 rows are read by nobody; one line says where they are."""
    words = "All 730 tests, one by one: bandgap report --school-year 2025-26 --format csv-tests."
    assert (listed(YEAR, LISTED), unlisted(YEAR, LISTED)) == ((), words)
    for form in ("html", "md"):
        assert words in TEXT[form](YEAR).replace("\\", "")
        assert TEXT[form](YEAR).count("measure.esu7.example") == len(set_aside(YEAR, LISTED)) == 15
    assert (len(listed(MONTH, LISTED)), unlisted(MONTH, LISTED)) == (124, None)
    assert html_page(MONTH).count("measure.esu7.example") == 124 + len(set_aside(MONTH, LISTED))


def test_csv_has_a_row_a_day_or_a_week() -> None:
    """And all the tests on request."""
    days, weeks = (list(csv.DictReader(io.StringIO(TEXT["csv"](report)))) for report in (MONTH, YEAR))
    assert [row["date"] for row in days][:2] == ["2026-10-01", "2026-10-02"]
    assert len(days) == 31
    assert [row["date"] for row in weeks][:2] == ["2025-07-01", "2025-07-07"]
    assert len(weeks) == 53
    assert len(list(csv.DictReader(io.StringIO(TEXT["csv-tests"](YEAR))))) == 730


@pytest.mark.parametrize(
    ("report", "kind", "period"),
    [
        (example_week.short_of_target(), "weekly-report", "week"),
        (MONTH, "monthly-report", "month"),
        (YEAR, "yearly-report", "school-year"),
    ],
)
def test_json_says_which_kind_of_report_it_is(report: WeeklyReport, kind: str, period: str) -> None:
    data = json.loads(TEXT["json"](report))
    assert (data["kind"], data["period"]["kind"], data["summary"]["kind"]) == (kind, period, period)
