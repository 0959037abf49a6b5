"""The weekly capacity report as data: everything that any format of it prints, and nothing else.

Built once by ``weekly_report`` from stored samples; ``reports/formats`` only lays it out. What is unknown
is None here and a dash or a sentence there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.evidence import EvidenceRule
from reports.gaps import Gap, gap
from reports.outages import disjoint
from reports.periods import Period, SchoolHours
from reports.samples import CapacitySample, ClockStep, Hole, Outage, Stretch, UsageSample
from reports.sites import Contract, Site
from reports.summaries import Summary, summarise
from reports.targets import TargetSet


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """One site's week. ``gaps`` are in the order in which the site named its target sets, the first being
    the one the verdict is held against; ``usage`` are the week's five-minute means, ``tests`` its tests,
    ``outages`` those that reach into it and ``probed`` the time in which they would have been seen, all
    oldest first; ``holes`` are the stretches whose samples the store lost or gave up. ``measuring_since`` is
    the first sample ever kept, ``last_before`` the last trusted test before the week. ``uncounted`` says why
    nothing counts the school's demand, where that is so. ``clock_steps`` are the week's, and
    ``undated_minutes`` were counted while the clock wasn't set, in this week or another."""

    site: Site
    contract: Contract
    period: Period
    made_at: datetime
    measuring_since: datetime | None
    rule: EvidenceRule
    summary: Summary
    gaps: tuple[Gap, ...]
    usage: tuple[UsageSample, ...]
    tests: tuple[CapacitySample, ...]
    outages: tuple[Outage, ...]
    probed: tuple[Stretch, ...]
    holes: tuple[Hole, ...] = ()
    uncounted: str | None = None
    last_before: CapacitySample | None = None
    clock_steps: tuple[ClockStep, ...] = ()
    undated_minutes: int = 0

    @property
    def hours(self) -> SchoolHours:
        return SchoolHours.of(self.site)


def weekly_report(
    site: Site,
    contract: Contract,
    targets: Sequence[TargetSet],
    rule: EvidenceRule,
    period: Period,
    usage: Sequence[UsageSample],
    tests: Sequence[CapacitySample],
    outages: Sequence[Outage] = (),
    probed: Sequence[Stretch] = (),
    holes: Sequence[Hole] = (),
    *,
    clock_steps: Sequence[ClockStep] = (),
    undated_minutes: int = 0,
    made_at: datetime,
    measuring_since: datetime | None,
    uncounted: str | None = None,
    last_before: CapacitySample | None = None,
) -> WeeklyReport:
    """The report of ``period`` from the five-minute means and tests that began in it, and its outages."""
    summary = summarise(period, made_at, usage, tests, SchoolHours.of(site), outages, probed)
    return WeeklyReport(
        site=site,
        contract=contract,
        period=period,
        made_at=made_at,
        measuring_since=measuring_since,
        rule=rule,
        summary=summary,
        gaps=tuple(gap(target, site, contract, summary, rule) for target in targets),
        usage=tuple(usage),
        tests=tuple(tests),
        outages=disjoint(outages),
        probed=tuple(probed),
        holes=tuple(holes),
        uncounted=uncounted,
        last_before=last_before,
        clock_steps=tuple(clock_steps),
        undated_minutes=undated_minutes,
    )
