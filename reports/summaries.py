"""A summary: what one site's samples say of one hour, day or week, or in a report of a longer time.

Made once from stored samples and never from other summaries, because a percentile of percentiles
means nothing. A summary of a period that is still running is sent too, so that a fleet's view isn't a
week old; ``through_at`` says how far it reaches, and is what makes a later one supersede it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reports.outages import minutes_out
from reports.percentiles import median, percentile
from reports.periods import SLOT_S, Kind, LongKind, Period, SchoolHours
from reports.samples import CapacitySample, Outage, Rates, Stretch, UsageSample

ENOUGH_OF_A_SLOT = 0.5
"""A five-minute mean counts when at least this share of its seconds was observed."""


@dataclass(frozen=True, slots=True)
class UsageFigures:
    """Demand over a set of five-minute means: how many there should be, how many there are, and figures."""

    expected: int
    found: int
    p50: Rates
    p95: Rates
    peak: Rates

    @property
    def coverage(self) -> float | None:
        """Found over expected; None when none was expected."""
        return self.found / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class CapacityFigures:
    """Delivered capacity: the best and the median of the trusted tests, and how many there were.

    ``lower_bounds`` of the untrusted ones say what the line carries at the least: ``at_least`` is the median
    of these and the trusted ones, which are on ``school_days_at_least`` together.
    """

    tests_trusted: int
    tests_untrusted: int
    tests_failed: int
    school_days: int
    best: Rates
    typical: Rates
    latency_idle_ms: float | None
    latency_loaded_ms: float | None
    lower_bounds: int = 0
    school_days_at_least: int = 0
    at_least: Rates = field(default_factory=Rates)


@dataclass(frozen=True, slots=True)
class Summary:
    """One site, one period. The site is named by whoever keeps or sends it."""

    kind: Kind | LongKind
    label: str
    starts_at: datetime
    ends_at: datetime
    through_at: datetime
    usage: UsageFigures
    usage_school: UsageFigures
    capacity: CapacityFigures
    outage_minutes: float | None
    tests_down_bytes: int
    tests_up_bytes: int

    @property
    def id(self) -> str:
        """Period and reach: the same samples give the same id, more of the period another."""
        return f"{self.kind}:{self.label}:{int(self.through_at.timestamp())}"

    @property
    def complete(self) -> bool:
        return self.through_at >= self.ends_at


def summarise(
    period: Period,
    through_at: datetime,
    usage: Sequence[UsageSample],
    tests: Sequence[CapacitySample],
    hours: SchoolHours,
    outages: Sequence[Outage] = (),
    probed: Sequence[Stretch] = (),
) -> Summary:
    """The summary of a period from its samples and outages, as far as ``through_at``.

    ``usage`` are the stored five-minute means that start in the period, ``tests`` those that started in
    it, ``outages`` those that reach into it, and ``probed`` is when reachability was probed. Outage minutes
    are None when neither counters nor probes saw anything at all.
    """
    through_at = min(max(through_at, period.starts_at), period.ends_at).replace(microsecond=0)
    inside = [sample for sample in usage if period.starts_at <= sample.started_at < through_at]
    in_school = [sample for sample in inside if sample.started_at in hours]
    school_s = sum((b - a).total_seconds() for a, b in hours.spans(period.starts_at, through_at))
    all_s = (through_at - period.starts_at).total_seconds()
    run = [test for test in tests if period.starts_at <= test.started_at < period.ends_at]
    return Summary(
        kind=period.kind,
        label=period.label,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        through_at=through_at,
        usage=_usage(inside, all_s),
        usage_school=_usage(in_school, school_s),
        capacity=_capacity(run, hours),
        outage_minutes=minutes_out(outages, probed, inside, period.starts_at, through_at),
        tests_down_bytes=sum(test.down_bytes for test in run),
        tests_up_bytes=sum(test.up_bytes for test in run),
    )


def _usage(samples: Sequence[UsageSample], seconds: float) -> UsageFigures:
    counted = [sample for sample in samples if sample.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT]
    down = [sample.mean.down_mbps for sample in counted]
    up = [sample.mean.up_mbps for sample in counted]
    return UsageFigures(
        expected=max(math.floor(seconds / SLOT_S), len(counted)),
        found=len(counted),
        p50=Rates(percentile(down, 0.50), percentile(up, 0.50)),
        p95=Rates(percentile(down, 0.95), percentile(up, 0.95)),
        peak=Rates(
            max((s.peak_rx_mbps for s in samples if s.peak_rx_mbps is not None), default=None),
            max((s.peak_tx_mbps for s in samples if s.peak_tx_mbps is not None), default=None),
        ),
    )


def _capacity(tests: Sequence[CapacitySample], hours: SchoolHours) -> CapacityFigures:
    trusted = [test for test in tests if test.trusted]
    bounds = [test for test in tests if test.trusted or test.at_least]
    down = [test.down_mbps for test in trusted]
    up = [test.up_mbps for test in trusted]
    return CapacityFigures(
        tests_trusted=len(trusted),
        tests_untrusted=sum(test.outcome == "ok" and not test.trusted for test in tests),
        tests_failed=sum(test.outcome == "no_measurement" for test in tests),
        school_days=_school_days(trusted, hours),
        best=Rates(_highest(down), _highest(up)),
        typical=Rates(median(down), median(up)),
        latency_idle_ms=median(test.latency_idle_ms for test in trusted),
        latency_loaded_ms=median(test.latency_loaded_ms for test in trusted),
        lower_bounds=len(bounds) - len(trusted),
        school_days_at_least=_school_days(bounds, hours),
        at_least=Rates(median(test.down_mbps for test in bounds), median(test.up_mbps for test in bounds)),
    )


def _school_days(tests: Sequence[CapacitySample], hours: SchoolHours) -> int:
    return len({day for test in tests if (day := hours.school_day(test.started_at))})


def _highest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
