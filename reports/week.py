"""The weekly capacity report as data: everything that any format of it prints, and nothing else.

Built once by ``weekly_report`` from stored samples; ``reports/formats`` only lays it out. What is unknown
is None here and a dash or a sentence there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace
from datetime import date, datetime

from reports.below_target import BelowTarget, below_target
from reports.confidence import Interval, of_median, of_p95
from reports.congestion import Congestion, congestion
from reports.cost_settings import ErateSettings
from reports.costs import CostToClose, Finance, cost_to_close
from reports.evidence import EvidenceRule
from reports.fault_place import FaultPlace, fault_place
from reports.gaps import Gap, gap
from reports.headroom import Headroom, headroom
from reports.homework import HomesChecked
from reports.outages import disjoint
from reports.outlook import ENOUGH_OF_A_WEEK, Outlook, WeekRates, one_way, outlook
from reports.periods import SLOT_S, Period, SchoolHours
from reports.samples import CapacitySample, ClockStep, Hole, Outage, Rates, Stretch, UsageSample
from reports.sites import Contract, Site
from reports.summaries import ENOUGH_OF_A_SLOT, Summary, summarise
from reports.targets import TargetSet
from reports.ways import BothWays
from reports.what_if import WhatIf


@dataclass(frozen=True, slots=True)
class WeeklyReport:
    """One site's week. ``gaps`` are in the order in which the site named its target sets, the first being
    the one the verdict is held against; ``usage`` are the week's five-minute means, ``tests`` its tests,
    ``outages`` those that reach into it and ``probed`` the time in which they would have been seen, all
    oldest first; ``holes`` are the stretches whose samples the store lost or gave up. ``measuring_since`` is
    the first sample ever kept, ``last_before`` the last trusted test before the week. ``uncounted`` says why
    nothing counts the school's demand, where that is so. ``clock_steps`` are the week's, and
    ``undated_minutes`` were counted while the clock wasn't set, in this week or another.

    The intervals are those of the delivered capacity and of the 95th percentile in school hours. ``cost`` is
    that of the first gap, None where nothing is known to be short; ``below_target`` holds against the first
    set too. With ``what_if``, gaps, headroom, outlook and cost are of what is supposed, ``site`` has the
    people that are supposed, and samples, summary, congestion, intervals and faults are what was measured.
    ``homework`` is of the district's tally of homes, None where it keeps none."""

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
    _: KW_ONLY
    headroom: BothWays[Headroom]
    congestion: BothWays[Congestion]
    delivered_interval: BothWays[Interval | None]
    p95_interval: BothWays[Interval | None]
    outlook: BothWays[Outlook]
    below_target: BelowTarget | None
    cost: CostToClose | None
    erate: ErateSettings
    faults: FaultPlace
    what_if: WhatIf | None
    homework: HomesChecked | None = None

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
    weeks: Sequence[WeekRates] = (),
    finance: Finance | None = None,
    what_if: WhatIf | None = None,
    homework: HomesChecked | None = None,
    on_path: bool = True,
) -> WeeklyReport:
    """The report of ``period`` from the five-minute means and tests that began in it, and its outages.

    ``weeks`` are the weeks before, for the outlook; ``finance`` what is known of prices. ``on_path`` is False
    on a machine that others' traffic passes by.
    """
    hours, asked = SchoolHours.of(site), what_if or WhatIf()
    site = asked.site(site)
    summary = summarise(period, made_at, usage, tests, hours, outages, probed)
    held = replace(summary, capacity=asked.capacity(summary.capacity))
    gaps = tuple(gap(target, site, contract, held, rule) for target in targets)
    p95, delivered = _demanded(summary, asked), held.capacity.typical
    trusted = [test for test in tests if test.trusted]
    congested = BothWays(congestion(tests, hours, "down"), congestion(tests, hours, "up"))
    weeks = _with_this_week(weeks, summary, hours)
    return WeeklyReport(
        site=site,
        contract=contract,
        period=period,
        made_at=made_at,
        measuring_since=measuring_since,
        rule=rule,
        summary=summary,
        gaps=gaps,
        usage=tuple(usage),
        tests=tuple(tests),
        outages=disjoint(outages),
        probed=tuple(probed),
        holes=tuple(holes),
        uncounted=uncounted,
        last_before=last_before,
        clock_steps=tuple(clock_steps),
        undated_minutes=undated_minutes,
        headroom=BothWays(*headroom(usage, p95, delivered, hours)),
        congestion=congested,
        delivered_interval=BothWays(
            of_median(test.down_mbps for test in trusted), of_median(test.up_mbps for test in trusted)
        ),
        p95_interval=_p95_interval(usage, hours),
        outlook=BothWays(
            outlook(one_way(weeks, "down"), delivered.down_mbps, asked.added_mbps),
            outlook(one_way(weeks, "up"), delivered.up_mbps),
        ),
        below_target=below_target(tests, hours, gaps[0].required) if gaps else None,
        cost=None if finance is None or not gaps else cost_to_close(gaps[0], contract, finance),
        erate=ErateSettings() if finance is None else finance.erate,
        faults=fault_place(
            outages, probed, tests, Rates(contract.down_mbps, contract.up_mbps), congested, on_path=on_path
        ),
        what_if=what_if,
        homework=homework,
    )


def _demanded(summary: Summary, asked: WhatIf) -> Rates:
    """The 95th percentile of school hours, with what is supposed to come on top of it."""
    p95 = summary.usage_school.p95
    down = None if p95.down_mbps is None else p95.down_mbps + asked.added_mbps
    return Rates(down, p95.up_mbps)


def _with_this_week(weeks: Sequence[WeekRates], summary: Summary, hours: SchoolHours) -> Sequence[WeekRates]:
    """The weeks with the reported one, once it is over and enough of it was found."""
    starts_on, school = summary.starts_at.astimezone(hours.zone).date(), summary.usage_school
    others = [week for week in weeks if week.starts_on != starts_on]
    whole = summary.kind == "week" and summary.complete and (school.coverage or 0.0) >= ENOUGH_OF_A_WEEK
    return [*others, WeekRates(starts_on, school.p95)] if whole else weeks


def _p95_interval(usage: Sequence[UsageSample], hours: SchoolHours) -> BothWays[Interval | None]:
    down: dict[date, list[float]] = {}
    up: dict[date, list[float]] = {}
    for sample in usage:
        if sample.started_at in hours and sample.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT:
            day = sample.started_at.astimezone(hours.zone).date()
            mean = sample.mean
            down.setdefault(day, []).append(mean.down_mbps or 0.0)
            up.setdefault(day, []).append(mean.up_mbps or 0.0)
    return BothWays(of_p95(down), of_p95(up))
