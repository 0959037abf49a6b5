"""A district's report as data, for programs: JSON with all of it, and CSV with a row for each site.

JSON is one object, ``{"format": 1, "kind": "district-report", ...}``, or ``"state-report"`` or
``"site-report"``. Names carry their units, times are ISO 8601 in UTC, what isn't known is null. A reader
ignores names it doesn't know; a change that an old reader would misread raises the format's number.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from reports.district import CircuitStanding, DistrictReport, SchoolStanding
from reports.district_words import headline
from reports.formats.as_csv import Cell, guarded
from reports.wire import plain

FORMAT = 1


def json_data(report: DistrictReport) -> str:
    """The report as one line of JSON."""
    asked = report.asked
    data: dict[str, Any] = {
        "format": FORMAT,
        "kind": f"{report.place.scope}-report",
        "verdict_words": headline(report),
        "place": plain(report.place),
        "period": plain(report.period),
        "timezone": report.timezone,
        "made_at": plain(report.made_at),
        "weeks": list(report.weeks),
        "target": plain(asked.target),
        "rule": plain(asked.rule) | plain(asked.district_rule),
        "silent_after_s": asked.silent_after_s,
        "verdict": report.verdict,
        "required": plain(report.required),
        "shortfall_mbps": plain(report.shortfall_mbps),
        "shortfall_is_at_least": report.place.scope != "site"
        and report.circuits_judged < len(report.circuits),
        "people": report.people,
        "people_lacking": report.people_lacking,
        "schools_counted": plain(report.counts),
        "schools_with_evidence": report.with_evidence,
        "schools_with_evidence_needed": report.evidence_needed,
        "circuits_judged": report.circuits_judged,
        "circuits_short": report.circuits_short,
        "demand": plain(report.demand),
        "costs": plain(report.costs),
        "schools": [_school(one) for one in report.schools],
        "gateways": [_school(one) for one in report.gateways],
        "circuits": [_circuit(one) for one in report.circuits],
        "districts": plain(report.districts),
        "days": plain(report.days),
    }
    return json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"


def _school(one: SchoolStanding) -> dict[str, Any]:
    data: dict[str, Any] = plain(one)
    del data["site"], data["gap"]
    gap = plain(one.gap) if one.gap else None
    if gap:
        del gap["target"]
    return {
        "site_id": one.site.id,
        "site_name": one.site.name,
        **data,
        "gap": gap,
        "coverage": plain(one.coverage),
        "untrusted_share": plain(one.untrusted_share),
    }


def _circuit(one: CircuitStanding) -> dict[str, Any]:
    gap = plain(one.gap) if one.gap else None
    if gap:
        del gap["target"]
    return {
        "id": one.id,
        "district": one.district,
        "name": one.circuit.site.name,
        "alone": one.alone,
        "elsewhere": one.elsewhere,
        "contract": plain(one.circuit.contract),
        "schools": list(one.circuit.schools),
        "unheard": list(one.circuit.unheard),
        "seen_whole": one.circuit.seen_whole,
        "students": one.circuit.site.students,
        "gap": gap,
        "p95": plain(one.p95),
        "peak": plain(one.peak),
        "cost": plain(one.cost),
    }


def csv_schools(report: DistrictReport) -> str:
    """A header and a row for each site, the district's own gateways last."""
    rows = [_row(report, one) for one in (*report.schools, *report.gateways)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if rows:
        writer.writerow(rows[0])
    writer.writerows([guarded(cell) for cell in row.values()] for row in rows)
    return out.getvalue()


def _row(report: DistrictReport, one: SchoolStanding) -> dict[str, Cell]:
    gap = one.gap
    return {
        "period": report.period.label,
        "site_id": one.site.id,
        "site_name": one.site.name,
        "serves": one.site.serves,
        "district_id": one.district,
        "circuit_id": one.circuit,
        "state": one.state,
        "heard_at": None if one.heard_at is None else f"{one.heard_at:%Y-%m-%dT%H:%M:%SZ}",
        "students": one.site.students,
        "target_id": report.asked.target.id,
        "way": gap.way if gap else None,
        "delivered_mbps": gap.delivered_mbps if gap else None,
        "delivered_is_at_least": None if gap is None else "yes" if gap.at_least else "no",
        "required_mbps": gap.required_mbps if gap else None,
        "shortfall_mbps": gap.shortfall_mbps if gap else None,
        "share_met": gap.share_met if gap else None,
        "missing": "; ".join(gap.missing) if gap else None,
        "school_hours_p95_down_at_least_mbps": one.p95.down.at_least_mbps,
        "school_hours_p95_down_at_most_mbps": one.p95.down.at_most_mbps,
        "school_hours_p95_up_at_least_mbps": one.p95.up.at_least_mbps,
        "school_hours_p95_up_at_most_mbps": one.p95.up.at_most_mbps,
        "weeks_told": one.weeks_told,
        "weeks_judged": one.weeks_judged,
        "weeks_short": one.weeks_short,
        "school_hours_coverage": one.coverage,
        "tests_trusted": one.tests_trusted,
        "tests_untrusted": one.tests_untrusted,
        "tests_failed": one.tests_failed,
        "outage_minutes": one.outage_minutes,
    }
