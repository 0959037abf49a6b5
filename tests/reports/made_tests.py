"""Throughput tests of one school week in UTC, made to order: at which hour, how fast, and flagged with what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reports.periods import SchoolHours
from reports.samples import CapacitySample
from reports.sites import Site

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
HOURS = SchoolHours.of(Site(timezone="UTC"))


def made(hour: float, down_mbps: float | None = 100.0, *, day: int = 0, **changed: object) -> CapacitySample:
    """A test on a day of the week from Monday on; ``changed`` are fields of it."""
    at = MONDAY + timedelta(days=day, hours=hour)
    values: dict[str, object] = {
        "id": f"{day}-{hour}",
        "started_at": at,
        "ended_at": at + timedelta(seconds=9),
        "engine": "http",
        "server": "http://127.0.0.1:8642",
        "outcome": "ok",
        "down_mbps": down_mbps,
        "up_mbps": 50.0,
        **changed,
    }
    return CapacitySample(**values)  # type: ignore[arg-type]  # as the caller wants them


def failed(hour: float, reason: str) -> CapacitySample:
    """A test that measured nothing."""
    return made(hour, None, up_mbps=None, outcome="no_measurement", reason=reason)
