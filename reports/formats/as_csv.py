"""The report as a tidy table for a spreadsheet: a header and a row for each of its parts, or for each test.

RFC 4180: comma, CRLF, quotes where they are needed. A figure that isn't known is an empty cell. Text that a
spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"), numbers never.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from reports.days import parts_of
from reports.samples import CapacitySample
from reports.summaries import Summary
from reports.week import WeeklyReport
from reports.wire import plain

Cell = str | int | float | None


def csv_days(report: WeeklyReport) -> str:
    """One row per day of a week or a month, or per week of a year; the units stand in the header."""
    rows = [_row(report, day) for day in parts_of(report)]
    return _table(list(rows[0]), [{name: guarded(cell) for name, cell in row.items()} for row in rows])


def csv_tests(report: WeeklyReport) -> str:
    """One row per throughput test, trusted or not, with all that it found."""
    names = ["site_id", *(each.name for each in fields(CapacitySample)), "trusted", "remarks"]
    rows = []
    for test in report.tests:
        found = plain(test) | {"flags": " ".join(test.flags), "remarks": " ".join(test.remarks)}
        found |= {"site_id": report.site.id, "trusted": "yes" if test.trusted else "no"}
        # Numbers are rounded as JSON's are: a share of one in ten thousand isn't 0.
        rows.append(
            {name: guarded(cell) if isinstance(cell := found[name], str | None) else cell for name in names}
        )
    return _table(names, rows)


def _table(names: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([row[name] for name in names] for row in rows)
    return out.getvalue()


def guarded(cell: Cell) -> str | int | float:
    """A cell that no spreadsheet computes: text that begins like a formula is marked as text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
    return round(cell, 3)


def _row(report: WeeklyReport, day: Summary) -> dict[str, Cell]:
    school, capacity = day.usage_school, day.capacity
    return {
        "date": day.starts_at.astimezone(report.hours.zone).date().isoformat(),
        "site_id": report.site.id,
        "site_name": report.site.name,
        "school_day": "yes" if report.hours.school_day(day.starts_at) else "no",
        "coverage": day.usage.coverage,
        "school_hours_coverage": school.coverage,
        "school_hours_p50_down_mbps": school.p50.down_mbps,
        "school_hours_p50_up_mbps": school.p50.up_mbps,
        "school_hours_p95_down_mbps": school.p95.down_mbps,
        "school_hours_p95_up_mbps": school.p95.up_mbps,
        "school_hours_peak_down_mbps": school.peak.down_mbps,
        "school_hours_peak_up_mbps": school.peak.up_mbps,
        "tests_trusted": capacity.tests_trusted,
        "tests_untrusted": capacity.tests_untrusted,
        "tests_failed": capacity.tests_failed,
        "delivered_typical_down_mbps": capacity.typical.down_mbps,
        "delivered_typical_up_mbps": capacity.typical.up_mbps,
        "delivered_best_down_mbps": capacity.best.down_mbps,
        "delivered_best_up_mbps": capacity.best.up_mbps,
        "outage_minutes": day.outage_minutes,
        "tests_down_bytes": day.tests_down_bytes,
        "tests_up_bytes": day.tests_up_bytes,
    }
