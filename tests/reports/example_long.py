"""A month and a school year of the example school, the same on every run.

October: a line that is busier each school day than the day before. The school year: all five-minute means from July
to June, quiet but for the school hours of its terms, with the agent off for the whole of March.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from reports.evidence import EvidenceRule
from reports.long_periods import month_named, school_year_named
from reports.periods import SLOT_S, Period, SchoolHours
from reports.samples import CapacitySample, Outage, UsageSample
from reports.week import WeeklyReport, weekly_report
from tests.reports.example_week import CONTRACT, SINCE, SITE, TARGETS, ZONE, target

MONTH = month_named("2026-10", ZONE)
YEAR = school_year_named("2025-26", ZONE)
HOURS = SchoolHours.of(SITE)


@cache
def month() -> WeeklyReport:
    """October 2026, over."""
    return _report(MONTH, 4, MONTH.ends_at + timedelta(days=1))


@cache
def running_month() -> WeeklyReport:
    """The same on the 15th at noon."""
    return _report(MONTH, 4, datetime(2026, 10, 15, 17, tzinfo=UTC))


@cache
def year() -> WeeklyReport:
    """1 July 2025 to 30 June 2026, over."""
    return _report(YEAR, 2, YEAR.ends_at + timedelta(days=1))


def _report(period: Period, tests_a_day: int, made_at: datetime) -> WeeklyReport:
    usage = tuple(sample for sample in _usage(period) if sample.started_at < made_at)
    tests = tuple(test for test in _tests(period, tests_a_day) if test.started_at < made_at)
    outage = Outage(
        period.starts_at + timedelta(hours=40),
        period.starts_at + timedelta(hours=41),
        period.starts_at + timedelta(hours=42),
        "gateway",
    )
    return weekly_report(
        SITE,
        CONTRACT,
        [target(name) for name in TARGETS],
        EvidenceRule(),
        period,
        usage,
        tests,
        [outage],
        made_at=made_at,
        measuring_since=SINCE,
    )


def _usage(period: Period) -> Iterator[UsageSample]:
    at = period.starts_at
    while at < period.ends_at:
        local = at.astimezone(ZONE)
        if not (period.kind == "school-year" and local.month == 3):
            term = local.month not in (6, 7, 8)
            mbps = 20 + local.day + local.minute / 60 if at in HOURS and term else 2.0
            octets = int(mbps * SLOT_S * 125_000)
            yield UsageSample("wan0", at, float(SLOT_S), octets, octets // 10, mbps * 1.5, mbps / 5)
        at += timedelta(seconds=SLOT_S)


def _tests(period: Period, a_day: int) -> Iterator[CapacitySample]:
    at, n = period.starts_at + timedelta(hours=1), 0
    while at < period.ends_at:
        test = CapacitySample(
            id=f"{n:032x}",
            started_at=at,
            ended_at=at + timedelta(seconds=20),
            engine="http",
            server="measure.esu7.example",
            outcome="ok",
            down_mbps=180.0 + n % 7,
            up_mbps=45.0,
            latency_idle_ms=12.0,
            latency_loaded_ms=41.0,
            down_bytes=200_000_000,
            up_bytes=50_000_000,
            jitter_ms=0.4,
        )
        yield test if n % 50 else replace(test, flags=("not_steady",))
        at, n = at + timedelta(days=1) / a_day, n + 1
