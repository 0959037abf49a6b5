"""On how many school days, and in how many school hours, the line delivered less than a target asks.

Only time in which a trusted test was made is known of: a school day, or a clock hour of school, is below
target when the median of its tests is, either way. A lower bound shows nothing of the kind and doesn't count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from reports.percentiles import median
from reports.periods import SchoolHours
from reports.samples import CapacitySample, Rates


@dataclass(frozen=True, slots=True)
class BelowTarget:
    """School days and hours that were tested, and those of them that were below target."""

    days_tested: int
    days_below: int
    hours_tested: int
    hours_below: int


def below_target(tests: Iterable[CapacitySample], hours: SchoolHours, required: Rates) -> BelowTarget | None:
    """Counts them; None where nothing is asked, or no school day was tested."""
    days: dict[date, list[CapacitySample]] = {}
    clock_hours: dict[tuple[date, int], list[CapacitySample]] = {}
    for test in tests:
        day = hours.school_day(test.started_at)
        if test.trusted and day is not None:
            days.setdefault(day, []).append(test)
            if test.started_at in hours:
                hour = test.started_at.astimezone(hours.zone).hour
                clock_hours.setdefault((day, hour), []).append(test)
    if not required or not days:
        return None
    return BelowTarget(
        days_tested=len(days),
        days_below=sum(_below(found, required) for found in days.values()),
        hours_tested=len(clock_hours),
        hours_below=sum(_below(found, required) for found in clock_hours.values()),
    )


def _below(tests: Sequence[CapacitySample], required: Rates) -> bool:
    down, up = median(test.down_mbps for test in tests), median(test.up_mbps for test in tests)
    return any(
        want is not None and have is not None and have < want
        for want, have in ((required.down_mbps, down), (required.up_mbps, up))
    )
