"""How a district's schools stand and what all of them come to: the numbers of ``reports/district.py``.

Schools are judged one by one, circuits once with all of their sites (``reports/district_circuits.py``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from reports.costs import CostToClose
from reports.district import (
    STATES,
    Asked,
    Bounds,
    CircuitStanding,
    CostSum,
    DistrictLine,
    DistrictReport,
    Line,
    Place,
    School,
    SchoolStanding,
    State,
)
from reports.district_circuits import circuit_standing, of_weeks, silent, together, total
from reports.gaps import Gap, Verdict, gap, worst_first
from reports.periods import Period
from reports.sites import Site
from reports.summaries import Summary
from reports.targets import Requirement, TargetSet, requirement
from reports.ways import BothWays


def district_report(
    place: Place,
    period: Period,
    timezone: str,
    weeks: Sequence[str],
    schools: Sequence[School],
    lines: Sequence[Line],
    asked: Asked,
    *,
    sizes: Mapping[str | None, int | None],
    made_at: datetime,
    days: Sequence[Summary] = (),
) -> DistrictReport:
    """The report of a place from its sites and the circuits they are on; ``sizes`` are districts' students
    where they are known. A site on no circuit that is known has a line of its own. The order of sites and
    lines doesn't matter."""
    until = min(period.ends_at, made_at)
    schools = [_sized(one, sizes) for one in schools]
    lines = [replace(line, members=tuple(_sized(one, sizes) for one in line.members)) for line in lines]
    named = {member.site.id for line in lines for member in line.members}
    own = [
        Line(one.site.id or "", one.contract, (one,))
        for one in schools
        if one.site.id not in named and (one.site.serves != "district" or place.scope == "site")
    ]
    here = {one.site.id for one in schools}
    circuits = [
        *(circuit_standing(line, here, sizes, weeks, asked, until, alone=False) for line in lines),
        *(circuit_standing(line, here, sizes, weeks, asked, until, alone=True) for line in own),
    ]
    judged = [one for one in circuits if one.gap and one.gap.verdict != "not enough evidence"]
    known = {
        member for one in judged for member in (*one.circuit.schools, one.id if one.alone else "") if member
    }
    standings = sorted((_school(one, weeks, asked, known, until) for one in schools), key=_worst)
    counted = tuple(one for one in standings if one.site.serves != "district")
    short = [one for one in judged if one.gap and one.gap.verdict == "short"]
    required = _required(place, schools, asked.target)
    with_evidence = sum(one.evidence for one in counted)
    needed = max(1, math.ceil(asked.district_rule.min_schools_share * len(counted) - 1e-9))
    enough = required.applies and with_evidence >= needed and bool(judged)
    verdict: Verdict = "not enough evidence"
    if enough and short:
        verdict = "short"
    elif enough and len(judged) == len(circuits):
        verdict = "meets"
    shortfall, people, lacking = _shortfall(judged), _people(judged), _lacking(judged)
    if place.scope == "site":
        own_gap = next((one.gap for one in standings if one.state != "silent"), None)
        verdict = own_gap.verdict if own_gap else "not enough evidence"
        shortfall = own_gap.shortfall_mbps if own_gap else None
        people, lacking = (own_gap.people, _lacking_of(own_gap)) if own_gap else (None, None)
    return DistrictReport(
        place=place,
        period=period,
        timezone=timezone,
        made_at=made_at,
        weeks=tuple(weeks),
        asked=asked,
        schools=counted,
        gateways=tuple(one for one in standings if one.site.serves == "district"),
        circuits=tuple(sorted(circuits, key=lambda one: (*worst_first(one.gap), one.id))),
        districts=_districts(place, schools, counted, circuits, asked.target),
        counts=_counts(counted),
        with_evidence=with_evidence,
        evidence_needed=needed,
        circuits_judged=len(judged),
        circuits_short=len(short),
        verdict=verdict,
        required=required,
        shortfall_mbps=shortfall,
        people=people,
        people_lacking=lacking,
        demand=BothWays(
            together([(one.p95.down, one.peak.down) for one in circuits]),
            together([(one.p95.up, one.peak.up) for one in circuits]),
        ),
        costs=_costs(short),
        days=tuple(days),
    )


def _sized(school: School, sizes: Mapping[str | None, int | None]) -> School:
    """A school that wasn't told how large its district is, with what is known of that here."""
    site = school.site
    if site.serves != "school" or site.district_students is not None or school.district is None:
        return school
    return replace(school, site=replace(site, district_students=sizes.get(school.district)))


def _school(
    school: School, weeks: Sequence[str], asked: Asked, judged: Collection[str | None], until: datetime
) -> SchoolStanding:
    quiet = silent(school, asked, until)
    told = [school.weeks[label] for label in weeks if label in school.weeks]
    gaps = [gap(asked.target, school.site, school.contract, week, asked.rule) for week in told]
    verdicts = [one for one in gaps if one.verdict != "not enough evidence"]
    spoken = verdicts[-1] if verdicts else gaps[-1] if gaps else None
    minutes = [week.outage_minutes for week in told if week.outage_minutes is not None]
    return SchoolStanding(
        site=school.site,
        district=school.district,
        circuit=school.circuit,
        state="silent" if quiet else spoken.verdict if spoken else "not enough evidence",
        heard_at=school.heard_at,
        week=None if spoken is None else next(w for w, g in zip(told, gaps, strict=True) if g is spoken),
        gap=spoken,
        p95=BothWays(
            of_weeks([Bounds(w.usage_school.p95.down_mbps, w.usage_school.p95.down_mbps) for w in told]),
            of_weeks([Bounds(w.usage_school.p95.up_mbps, w.usage_school.p95.up_mbps) for w in told]),
        ),
        weeks_told=len(told),
        weeks_judged=len(verdicts),
        weeks_short=sum(one.verdict == "short" for one in verdicts),
        found=sum(week.usage_school.found for week in told),
        expected=sum(week.usage_school.expected for week in told),
        tests_trusted=sum(week.capacity.tests_trusted for week in told),
        tests_untrusted=sum(week.capacity.tests_untrusted for week in told),
        tests_failed=sum(week.capacity.tests_failed for week in told),
        outage_minutes=sum(minutes) if minutes else None,
        evidence=not quiet and (bool(verdicts) or school.site.id in judged),
    )


def _worst(one: SchoolStanding) -> tuple[int, int, float, float, str, str]:
    return (STATES.index(one.state), *worst_first(one.gap), one.site.name, one.site.id or "")


def _required(place: Place, schools: Sequence[School], target: TargetSet) -> Requirement:
    """What the target asks of the whole: of a site as of itself, of a state as of its districts together."""
    if place.scope == "site" and schools:
        return requirement(target, schools[0].site)
    asked = [requirement(target, _as_one(group)) for group in _by_district(schools).values()]
    if len(asked) == 1:
        return asked[0]
    unknown = next((one for one in asked if one.why_not), None)
    if unknown is not None or not asked:
        return unknown or requirement(target, Site(serves="district"))
    rates = [one.rates for one in asked]
    sums = replace(
        rates[0],
        down_mbps=total([one.down_mbps for one in rates]),
        up_mbps=total([one.up_mbps for one in rates]),
    )
    return Requirement(sums, heads=sum(one.heads or 0 for one in asked))


def _as_one(group: Sequence[School]) -> Site:
    """A district's people as one site: those of its schools, or its gateway's own word where they didn't
    tell."""
    schools = [one.site for one in group if one.site.serves != "district"]
    own = next((one.site for one in group if one.site.serves == "district"), Site(serves="district"))
    students = total([site.students for site in schools])
    staff = total([site.staff for site in schools])
    return Site(
        serves="district",
        students=own.students if students is None else int(students),
        staff=own.staff if staff is None else int(staff),
        guests=sum(site.guests for site in schools),
    )


def _by_district(schools: Sequence[School]) -> dict[str | None, list[School]]:
    groups: dict[str | None, list[School]] = {}
    for one in sorted(schools, key=lambda one: (one.district or "", one.site.id or "")):
        groups.setdefault(one.district, []).append(one)
    return groups


def _districts(
    place: Place,
    schools: Sequence[School],
    standings: Sequence[SchoolStanding],
    circuits: Sequence[CircuitStanding],
    target: TargetSet,
) -> tuple[DistrictLine, ...]:
    if place.scope != "state":
        return ()
    lines = []
    for name, group in _by_district(schools).items():
        own = [one for one in standings if one.district == name]
        judged = [one for one in circuits if one.district == name and one.gap]
        asked = requirement(target, _as_one(group)).rates
        lines.append(
            DistrictLine(
                name or "",
                group[0].district_name or name or "",
                len(own),
                _counts(own),
                asked.down_mbps or asked.up_mbps,
                _shortfall(judged),
            )
        )
    return tuple(sorted(lines, key=lambda one: (-(one.shortfall_mbps or 0.0), one.id)))


def _counts(standings: Sequence[SchoolStanding]) -> dict[State, int]:
    return {state: sum(one.state == state for one in standings) for state in STATES}


def _shortfall(circuits: Sequence[CircuitStanding]) -> float | None:
    known = [
        one.gap.shortfall_mbps
        for one in circuits
        if one.gap and one.gap.verdict != "not enough evidence" and one.gap.shortfall_mbps is not None
    ]
    return sum(known) if known else None


def _people(judged: Sequence[CircuitStanding]) -> int | None:
    return int(sum(one.gap.people or 0 for one in judged if one.gap)) or None


def _lacking(judged: Sequence[CircuitStanding]) -> int | None:
    known = [count for one in judged if one.gap and (count := _lacking_of(one.gap)) is not None]
    return sum(known) if known else None


def _lacking_of(held: Gap) -> int | None:
    """How many people are without their share."""
    if held.people is None or held.people_served is None:
        return None
    return held.people - held.people_served


def _costs(short: Sequence[CircuitStanding]) -> tuple[CostSum, ...]:
    """The sums by currency; what has no price isn't in them, and is counted."""
    groups: dict[str, list[CostToClose]] = {}
    for one in short:
        if one.cost is not None:
            groups.setdefault(one.cost.currency, []).append(one.cost)
    return tuple(_cost_sum(currency, groups[currency]) for currency in sorted(groups))


def _cost_sum(currency: str, costs: Sequence[CostToClose]) -> CostSum:
    priced = [one for one in costs if one.target_monthly is not None]
    more = [one.more_monthly for one in costs if one.more_monthly is not None]
    target = sum(one.target_monthly or 0.0 for one in priced) if priced else None
    discount = costs[0].discount  # one district's, so the same for all
    sources = [line.source for one in priced for line in one.lines if line.directness == "direct"]
    return CostSum(
        currency=currency,
        circuits=len(costs),
        priced=len(priced),
        compared=len(more),
        target_monthly=target,
        more_monthly=sum(more) if more else None,
        net_monthly=None if target is None or discount is None else target * (1 - discount),
        discount=discount,
        discount_source=costs[0].discount_source,
        price_source=sources[0].partition(":")[0] if sources else None,
    )
