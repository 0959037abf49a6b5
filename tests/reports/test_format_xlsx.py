"""A workbook holds numbers as numbers, dates as dates, and names as nothing but text."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from functools import cache
from typing import Any

import pytest

from reports.formats.table import BINARY
from reports.week import WeeklyReport
from tests.reports import example_long, example_week

pytest.importorskip("xlsxwriter", reason="bandgap[xlsx] isn't installed")
openpyxl = pytest.importorskip("openpyxl", reason="nothing here reads workbooks")

SHORT = example_week.short_of_target()
SHEETS = ["Summary", "Days", "Tests", "Outages", "Demand"]


@cache
def written(report: WeeklyReport) -> bytes:
    return BINARY["xlsx"](report)


def opened(report: WeeklyReport) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written(report)))


def rows(report: WeeklyReport, sheet: str) -> list[dict[str, Any]]:
    lines = list(opened(report)[sheet].iter_rows(values_only=True))
    return [dict(zip(lines[0], line, strict=True)) for line in lines[1:] if line[0] is not None]


def test_the_sheets_are_these() -> None:
    """Weeks in the place of days for a year."""
    assert opened(SHORT).sheetnames == SHEETS
    assert opened(example_long.year()).sheetnames == ["Summary", "Weeks", *SHEETS[2:]]


def test_the_summary_begins_with_the_verdict() -> None:
    sheet = opened(SHORT)["Summary"]
    assert sheet["A1"].value == "Bluestem Consolidated School"
    assert sheet["A4"].value.startswith("Short of SETDA 2023-24 by 1,102 Mbps")
    figures = {row[0]: row[1] for row in sheet.iter_rows(values_only=True) if isinstance(row[1], float | int)}
    assert (figures["Contracted"], round(figures["Delivered"], 1), round(figures["Demanded"], 1)) == (
        250,
        180.6,
        117.0,
    )


def test_days_have_dates_and_numbers() -> None:
    days = rows(SHORT, "Days")
    assert [day["Day"].date() for day in days] == [date(2026, 11, n) for n in range(16, 23)]
    assert [day["Trusted tests"] for day in days] == [4, 3, 4, 3, 4, 4, 4]
    assert days[2]["Data found"] == pytest.approx(0.875)
    assert days[5]["School hours, 95 % down, Mbps"] is None


def test_tests_and_outages_are_by_the_sites_clock() -> None:
    """A spreadsheet knows no time zones."""
    tests, outages = rows(SHORT, "Tests"), rows(SHORT, "Outages")
    assert len(tests) == 28
    assert tests[0]["Started"].replace(second=0, microsecond=0) == datetime(2026, 11, 16, 6, 27)  # noqa: DTZ001 - as in a spreadsheet
    failed = next(test for test in tests if test["Trusted, or why not"].startswith("No measurement"))
    assert (failed["Down, Mbps"], failed["Counts"]) == (None, "no")
    assert [(row["Minutes"], row["End seen"]) for row in outages] == [(40, "yes"), (12, "yes")]


def test_demand_has_a_row_for_each_five_minutes_and_nothing_for_what_is_missing() -> None:
    """Three hours of Wednesday are 36 rows without a rate: a chart leaves a gap there."""
    demand = rows(SHORT, "Demand")
    assert len(demand) == 2016
    missing = [row for row in demand if row["Down, Mbps"] is None]
    assert len(missing) == 36
    assert {row["Seconds observed"] for row in missing} == {0}
    known = {row["Five minutes from"].isoformat(): row["Down, Mbps"] for row in demand}
    sample = SHORT.usage[150]
    assert known[
        sample.started_at.astimezone(SHORT.hours.zone).replace(tzinfo=None).isoformat()
    ] == pytest.approx(sample.mean.down_mbps)


def test_charts_are_the_spreadsheets_own() -> None:
    """Four of them, and no picture."""
    names = zipfile.ZipFile(io.BytesIO(written(SHORT))).namelist()
    assert len([name for name in names if name.startswith("xl/charts/chart")]) == 4
    assert not [name for name in names if "media" in name]


@pytest.mark.parametrize("name", example_week.HOSTILE)
def test_a_name_is_never_a_formula_or_a_link(name: str) -> None:
    """Nor anything but the text that it is."""
    report = example_week.named(example_week.HOSTILE[name])
    book = opened(report)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert {cell.value for cell in book["Tests"]["C"][1:]} == {report.tests[0].server}
    assert book["Summary"]["A1"].value == report.site.name
    archive = zipfile.ZipFile(io.BytesIO(written(report)))
    assert not [
        part
        for part in archive.namelist()
        if part.endswith(".xml") and b"<f>" in archive.read(part) and "charts" not in part
    ]


@pytest.mark.parametrize(
    "report",
    [
        example_week.nothing_measured(),
        example_week.no_targets(),
        example_week.too_early(),
        example_long.month(),
    ],
)
def test_every_report_can_be_laid_out_and_is_the_same_each_time(report: WeeklyReport) -> None:
    assert written(report) == BINARY["xlsx"](report)
    assert opened(report)["Summary"]["A4"].value
