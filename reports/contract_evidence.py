"""What a line delivered of its contract between two dates, day by day, with the evidence counted.

For whoever is told that a line falls short, and doubts it: everything is computed from stored samples, in the
way that weekly reports are. A share of the contract is a figure, not a judgement; which share a provider owes
stands in the contract. Untrusted tests are counted and shown, and enter no figure; lower bounds enter only
the one that is called so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from reports.outages import disjoint, minutes_out
from reports.percentiles import median
from reports.periods import Period, SchoolHours, midnight
from reports.samples import CapacitySample, ClockStep, Hole, Outage, Rates, Stretch, UsageSample
from reports.sites import Contract, Site
from reports.summaries import Summary, summarise

SHARES = (1.0, 0.9, 0.8, 0.5)
"""Of the contract: how many tests reached them is counted."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One direction: what was bought, and what the trusted tests found. ``reached`` goes by ``SHARES``."""

    way: str
    contracted_mbps: float | None
    tests: int
    median_mbps: float | None
    lowest_mbps: float | None
    highest_mbps: float | None
    share: float | None
    reached: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """The school hours of one day, in minutes: how many there are, in how many the Internet was probed and
    traffic counted, and for how many it was out of reach; None when nobody saw any of them."""

    day: date
    hours_minutes: float
    probed_minutes: float
    counted_minutes: float
    outage_minutes: float | None
    outages: int
    tests_trusted: int
    typical: Rates


@dataclass(frozen=True, slots=True)
class ContractEvidence:
    """All of it. The days are ``first`` to ``last``, both included, by the site's calendar."""

    site: Site
    contract: Contract
    first: date
    last: date
    starts_at: datetime
    ends_at: datetime
    measuring_since: datetime | None
    uncounted: str | None
    summary: Summary
    delivered: tuple[Delivered, ...]
    days: tuple[SchoolDay, ...]
    usage: tuple[UsageSample, ...]
    tests: tuple[CapacitySample, ...]
    outages: tuple[Outage, ...]
    probed: tuple[Stretch, ...]
    holes: tuple[Hole, ...]
    clock_steps: tuple[ClockStep, ...]

    @property
    def hours(self) -> SchoolHours:
        return SchoolHours.of(self.site)


def span(first: date, last: date, site: Site) -> tuple[datetime, datetime]:
    """When the first day begins and the last one ends."""
    zone = SchoolHours.of(site).zone
    return midnight(first, zone), midnight(last + timedelta(days=1), zone)


def contract_evidence(
    site: Site,
    contract: Contract,
    first: date,
    last: date,
    usage: Sequence[UsageSample],
    tests: Sequence[CapacitySample],
    outages: Sequence[Outage],
    probed: Sequence[Stretch],
    holes: Sequence[Hole] = (),
    clock_steps: Sequence[ClockStep] = (),
    *,
    measuring_since: datetime | None,
    uncounted: str | None = None,
) -> ContractEvidence:
    """The evidence of the days from ``first`` to ``last``, which are over, from their samples."""
    hours = SchoolHours.of(site)
    starts_at, ends_at = span(first, last, site)
    # A summary's figures are the same for a stretch of any length; this one is neither kept nor sent.
    stretch = Period("week", f"{first}/{last}", starts_at, ends_at)
    trusted = [test for test in tests if test.trusted]
    return ContractEvidence(
        site=site,
        contract=contract,
        first=first,
        last=last,
        starts_at=starts_at,
        ends_at=ends_at,
        measuring_since=measuring_since,
        uncounted=uncounted,
        summary=summarise(stretch, ends_at, usage, tests, hours, outages, probed),
        delivered=(
            _delivered("down", contract.down_mbps, [test.down_mbps for test in trusted]),
            _delivered("up", contract.up_mbps, [test.up_mbps for test in trusted]),
        ),
        days=tuple(_school_days(hours, starts_at, ends_at, usage, trusted, disjoint(outages), probed)),
        usage=tuple(usage),
        tests=tuple(tests),
        outages=disjoint(outages),
        probed=tuple(probed),
        holes=tuple(holes),
        clock_steps=tuple(clock_steps),
    )


def _delivered(way: str, contracted_mbps: float | None, figures: Iterable[float | None]) -> Delivered:
    found = [figure for figure in figures if figure is not None]
    middle = median(found)
    known = contracted_mbps is not None and middle is not None
    return Delivered(
        way=way,
        contracted_mbps=contracted_mbps,
        tests=len(found),
        median_mbps=middle,
        lowest_mbps=min(found, default=None),
        highest_mbps=max(found, default=None),
        share=middle / contracted_mbps if known and contracted_mbps and middle is not None else None,
        reached=tuple(sum(one >= contracted_mbps * share for one in found) for share in SHARES)
        if contracted_mbps is not None
        else (),
    )


def _school_days(
    hours: SchoolHours,
    starts_at: datetime,
    ends_at: datetime,
    usage: Sequence[UsageSample],
    trusted: Sequence[CapacitySample],
    outages: Sequence[Outage],
    probed: Sequence[Stretch],
) -> Iterable[SchoolDay]:
    means: dict[date, list[UsageSample]] = {}
    for sample in usage:
        means.setdefault(sample.started_at.astimezone(hours.zone).date(), []).append(sample)
    for begin, end in hours.spans(starts_at, ends_at):
        day = begin.astimezone(hours.zone).date()
        counted = [sample for sample in means.get(day, []) if begin <= sample.started_at < end]
        here = [one for one in outages if one.started_at < end and one.until > begin]
        run = [test for test in trusted if test.started_at.astimezone(hours.zone).date() == day]
        yield SchoolDay(
            day=day,
            hours_minutes=_minutes(begin, end),
            probed_minutes=sum(
                _minutes(max(begin, part.starts_at), min(end, part.ends_at)) for part in probed
            ),
            counted_minutes=sum(sample.interval_s + sample.link_down_s for sample in counted) / 60,
            outage_minutes=minutes_out(here, probed, counted, begin, end),
            outages=len(here),
            tests_trusted=len(run),
            typical=Rates(median(test.down_mbps for test in run), median(test.up_mbps for test in run)),
        )


def _minutes(begin: datetime, end: datetime) -> float:
    return max(0.0, (end - begin).total_seconds() / 60)
