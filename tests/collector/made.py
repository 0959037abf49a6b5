"""Made-up schools and summaries for the collector's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reports.periods import Period, day_of, hour_of, week_of
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import CapacityFigures, Summary, UsageFigures
from reports.wire import summary_json, upload_json

NOW = datetime(2026, 11, 27, 18, 5, tzinfo=UTC)
"""A Friday, 12:05 in Chicago, so that the running week can have a verdict."""

CHICAGO = ZoneInfo("America/Chicago")
LINCOLN = Site(id="lincoln", name="Lincoln Elementary", students=430, staff=38, timezone="America/Chicago")
CABLE = Contract(down_mbps=100.0, up_mbps=20.0, provider="Lakes Cable", connection="cable")


def week(at: datetime = NOW, **figures: object) -> Summary:
    return summary(week_of(at, CHICAGO), **figures)  # type: ignore[arg-type]


def day(at: datetime = NOW, **figures: object) -> Summary:
    return summary(day_of(at, CHICAGO), **figures)  # type: ignore[arg-type]


def hour(at: datetime = NOW, **figures: object) -> Summary:
    return summary(hour_of(at), **figures)  # type: ignore[arg-type]


def summary(
    period: Period,
    *,
    through_at: datetime | None = None,
    down: float | None = 94.1,
    up: float | None = 20.3,
    demand: float = 71.0,
    tests: int = 24,
    school_days: int = 5,
) -> Summary:
    """A summary that reaches as far as NOW, or as it is told."""
    reach = through_at or min(period.ends_at, NOW)
    slots = int((reach - period.starts_at) / timedelta(minutes=5))
    usage = UsageFigures(slots, slots, Rates(30.0, 4.0), Rates(demand, 9.0), Rates(demand + 9, 12.0))
    return Summary(
        kind=period.kind,
        label=period.label,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        through_at=reach,
        usage=usage,
        usage_school=usage,
        capacity=CapacityFigures(
            tests,
            0,
            0,
            school_days,
            Rates(down, up),
            Rates(down, up),
            12.0 if down else None,
            80.0 if down else None,
        ),
        outage_minutes=3.0,
        tests_down_bytes=1_000_000,
        tests_up_bytes=500_000,
    )


def body(summaries: Sequence[Summary], site: Site = LINCOLN, contract: Contract = CABLE) -> bytes:
    """An upload as an agent of version 0.1.0 sends it."""
    return upload_json("0.1.0", site, contract, [summary_json(one) for one in summaries])
