"""The whole report as data, for programs: every sample, summary and gap it was made of.

One JSON object, ``{"format": 1, "kind": "weekly-report", ...}``, or of a month or a school year
``"monthly-report"`` or ``"yearly-report"``. Names carry their units, times are ISO 8601
in UTC, what isn't known is null. A reader ignores names it doesn't know; a change that an old reader would
misread raises the format's number.
"""

from __future__ import annotations

import json
from typing import Any

from reports.series import series_notes
from reports.week import WeeklyReport
from reports.week_words import headline
from reports.wire import plain

FORMAT = 1
KINDS = {"month": "monthly-report", "school-year": "yearly-report"}


def json_data(report: WeeklyReport) -> str:
    """The report as one line of JSON, the fields of WeeklyReport beside the sentence it begins with.

    What the dataclasses only derive is spelled out, so that no reader has to derive it again.
    """
    data: dict[str, Any] = {
        "format": FORMAT,
        "kind": KINDS.get(report.period.kind, "weekly-report"),
        "verdict": headline(report),
    }
    data |= plain(report)
    data["site"]["users"] = report.site.users
    data["summary"]["complete"] = report.summary.complete
    data["summary"]["usage"]["coverage"] = plain(report.summary.usage.coverage)
    data["summary"]["usage_school"]["coverage"] = plain(report.summary.usage_school.coverage)
    for table, test in zip(data["tests"], report.tests, strict=True):
        table |= {"trusted": test.trusted, "remarks": list(test.remarks), "own": plain(test.own)}
    data["notes"] = series_notes(report)
    return json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"
