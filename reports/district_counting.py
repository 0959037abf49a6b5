"""How a district's schools stand and what their circuits come to: the numbers of ``reports/district.py``.

Schools are judged one by one, circuits once with all of their sites (``reports/shared_circuit.py``).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from reports.costs import CostToClose, cost_to_close
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
from reports.gaps import Gap, Verdict, Way, gap, worst_first
from reports.periods import Period
from reports.shared_circuit import Demand, Member, SharedCircuit, circuit_gap, fold
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
        *(_circuit(line, here, sizes, weeks, asked, until, alone=False) for line in lines),
        *(_circuit(line, here, sizes, weeks, asked, until, alone=True) for line in own),
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
            _together([(one.p95.down, one.peak.down) for one in circuits]),
            _together([(one.p95.up, one.peak.up) for one in circuits]),
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
    silent = _silent(school, asked, until)
    told = [school.weeks[label] for label in weeks if label in school.weeks]
    gaps = [gap(asked.target, school.site, school.contract, week, asked.rule) for week in told]
    verdicts = [one for one in gaps if one.verdict != "not enough evidence"]
    spoken = verdicts[-1] if verdicts else gaps[-1] if gaps else None
    minutes = [week.outage_minutes for week in told if week.outage_minutes is not None]
    return SchoolStanding(
        site=school.site,
        district=school.district,
        circuit=school.circuit,
        state="silent" if silent else spoken.verdict if spoken else "not enough evidence",
        heard_at=school.heard_at,
        week=None if spoken is None else next(w for w, g in zip(told, gaps, strict=True) if g is spoken),
        gap=spoken,
        p95=BothWays(
            _of_weeks([Bounds(w.usage_school.p95.down_mbps, w.usage_school.p95.down_mbps) for w in told]),
            _of_weeks([Bounds(w.usage_school.p95.up_mbps, w.usage_school.p95.up_mbps) for w in told]),
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
        evidence=not silent and (bool(verdicts) or school.site.id in judged),
    )


def _silent(school: School, asked: Asked, until: datetime) -> bool:
    """Whether nothing came of it at the end of the period, or by now while that is running."""
    return school.heard_at is None or (until - school.heard_at).total_seconds() > asked.silent_after_s


def _circuit(
    line: Line,
    here: Collection[str | None],
    sizes: Mapping[str | None, int | None],
    weeks: Sequence[str],
    asked: Asked,
    until: datetime,
    *,
    alone: bool,
) -> CircuitStanding:
    """A circuit folded week by week; the newest week with a verdict speaks for it. Who is silent has no say:
    nobody knows whether it still holds."""
    district = next((one.district for one in line.members if one.site.id in here), None)
    size = sizes.get(district) if district is not None else None
    name = line.members[0].site.name if alone else line.id

    def folded(label: str | None) -> SharedCircuit:
        members = [
            Member(one.site, None if _silent(one, asked, until) else one.weeks.get(label or ""))
            for one in line.members
        ]
        return fold(name, members, line.contract, district_students=size)

    told = [found for label in weeks if (found := folded(label)).week]
    judged = [(found, circuit_gap(asked.target, found, asked.rule)) for found in told]
    verdicts = [pair for pair in judged if pair[1] and pair[1].verdict != "not enough evidence"]
    circuit, held = verdicts[-1] if verdicts else judged[-1] if judged else (folded(None), None)
    return CircuitStanding(
        id=line.id,
        district=district,
        circuit=circuit,
        alone=alone,
        elsewhere=sum(one.site.id not in here for one in line.members),
        gap=held,
        p95=BothWays(
            _of_weeks([_within(one.down) for one in told]), _of_weeks([_within(one.up) for one in told])
        ),
        peak=BothWays(
            _highest([_peak(one, one.down, "down") for one in told]),
            _highest([_peak(one, one.up, "up") for one in told]),
        ),
        cost=None if held is None else cost_to_close(held, line.contract, asked.finance),
    )


def _within(demand: Demand) -> Bounds:
    if demand.together_mbps is not None:
        return Bounds(demand.together_mbps, demand.together_mbps)
    return Bounds(demand.at_least_mbps, demand.at_most_mbps)


def _of_weeks(weeks: Sequence[Bounds]) -> Bounds:
    """Of all weeks' five-minute means together: at least the lowest week's figure, at most the highest's.
    A week that wasn't told has no part in it; one that lacks a bound takes that bound away."""
    lows = [one.at_least_mbps for one in weeks]
    highs = [one.at_most_mbps for one in weeks]
    return Bounds(
        min((low for low in lows if low is not None), default=None) if None not in lows else None,
        max((high for high in highs if high is not None), default=None) if None not in highs else None,
    )


def _peak(circuit: SharedCircuit, demand: Demand, way: Way) -> float | None:
    """What a circuit's demand never passed in a week: who sees it whole has seen its peak."""
    if not circuit.seen_whole or circuit.week is None:
        return demand.at_most_mbps
    peak = circuit.week.usage_school.peak
    return peak.down_mbps if way == "down" else peak.up_mbps


def _highest(weeks: Sequence[float | None]) -> float | None:
    known = [peak for peak in weeks if peak is not None]
    return max(known) if known and len(known) == len(weeks) else None


def _together(circuits: Sequence[tuple[Bounds, float | None]]) -> Bounds:
    """The sum is never below any of its parts, nor above the sum of their peaks; percentiles don't add up."""
    if len(circuits) == 1:
        return circuits[0][0]
    least = max((p95.at_least_mbps for p95, _ in circuits if p95.at_least_mbps is not None), default=None)
    return Bounds(least, None if least is None else _total([peak for _, peak in circuits]))


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
    total = replace(
        rates[0],
        down_mbps=_total([one.down_mbps for one in rates]),
        up_mbps=_total([one.up_mbps for one in rates]),
    )
    return Requirement(total, heads=sum(one.heads or 0 for one in asked))


def _as_one(group: Sequence[School]) -> Site:
    """A district's people as one site: those of its schools, or its gateway's own word where they didn't
    tell."""
    schools = [one.site for one in group if one.site.serves != "district"]
    own = next((one.site for one in group if one.site.serves == "district"), Site(serves="district"))
    students = _total([site.students for site in schools])
    staff = _total([site.staff for site in schools])
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


def _total(numbers: Sequence[float | None]) -> float | None:
    """None where one isn't known, or there is none: a sum of some is no sum of all."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None
