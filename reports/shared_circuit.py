"""Several schools on one circuit, counted once: one demand, one capacity, one target, one contract.

Demand. Where the five-minute means of all schools are known they are added up, five minutes by five
minutes, and the 95th percentile is that of the sums. From weeks alone no sum can be had, for nobody knows
whether the schools' busy moments were the same; there are bounds. The sum is never below any of its parts,
so its percentile is at least the largest school's. It is at most the sum of the peaks; the sum of the 95th
percentiles is no bound (two schools that are each busy 4 % of the time, one after the other, have 95th
percentiles of 0 and a sum that hasn't), and is told as what it is: the demand of all at once.

Capacity. A test behind one school's gateway shows that the circuit carried so much and never that it can't
carry more, since the others' traffic isn't seen there: the best school's median is a lower bound. Only an
agent on the district's own gateway sees the whole circuit. Where there is one it speaks for the circuit,
and what its schools say isn't added to it.

Target. The district's, by its size band, for the students of all the schools behind the circuit. A circuit
that serves a part of a district is asked for that part, as one school is (``reports/targets.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reports.evidence import EvidenceRule
from reports.gaps import Gap, gap
from reports.percentiles import percentile
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import CapacityFigures, Summary, UsageFigures
from reports.targets import TargetSet

ENOUGH_TOGETHER = 0.5
"""The share of all five minutes that must be known of every school before their sums speak for the rest."""


@dataclass(frozen=True, slots=True)
class Member:
    """One site on a circuit: its facts, its summary of the week, and its five-minute means of school hours
    by their start, where they are known."""

    site: Site
    week: Summary | None = None
    means: Mapping[datetime, Rates] | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """The demand of all schools, one way: the 95th percentile, or bounds of it, in Mbps.

    ``together_mbps`` is the percentile itself, where the schools' five-minute means, or the district's
    gateway, tell it. ``at_least_mbps`` and ``at_most_mbps`` enclose it where every school was observed in
    the same five minutes. ``all_at_once_mbps`` is the sum of the schools' percentiles, a planner's figure
    and no bound.
    """

    together_mbps: float | None = None
    at_least_mbps: float | None = None
    at_most_mbps: float | None = None
    all_at_once_mbps: float | None = None

    @property
    def concurrency(self) -> float | None:
        """The share of the demand of all at once that truly came together; measured, or None."""
        if self.together_mbps is None or not self.all_at_once_mbps:
            return None
        return self.together_mbps / self.all_at_once_mbps


@dataclass(frozen=True, slots=True)
class SharedCircuit:
    """A circuit as one site. ``week`` holds what its schools come to, None while none has told a week.

    ``site`` serves a district; with ``part_of_students`` that district has more students than are behind
    this circuit. ``unheard`` are the ids of the schools without that week, ``seen_whole`` whether whoever
    speaks sees the whole circuit.
    """

    site: Site
    contract: Contract
    week: Summary | None
    down: Demand
    up: Demand
    schools: tuple[str, ...]
    unheard: tuple[str, ...]
    seen_whole: bool
    part_of_students: int | None = None


def fold(
    name: str, members: Iterable[Member], contract: Contract, *, district_students: int | None = None
) -> SharedCircuit:
    """Counts the sites of a circuit as one. The same site twice counts once, and their order doesn't matter.

    The week is the newest one that any member has; others' older weeks don't enter it.
    """
    found = _once(members)
    gateways = [one for one in found if one.site.serves == "district"]
    schools = [one for one in found if one.site.serves != "district"]
    label = max((one.week.label for one in found if one.week), default=None)
    heard = [one for one in found if one.week and one.week.label == label]
    speaking = [one for one in heard if one in gateways]
    counted = speaking or [one for one in heard if one in schools]
    whole = bool(speaking) or len(schools) == 1  # who is alone sees all that there is
    unheard = () if speaking else tuple(one.site.id or "" for one in schools if one not in heard)
    site = _as_one(name, gateways, schools)
    demands = _demands(counted, seen_whole=whole, complete=not unheard)
    part = (
        district_students
        if None not in (district_students, site.students) and (district_students or 0) > (site.students or 0)
        else None
    )
    return SharedCircuit(
        site=site,
        contract=contract,
        week=_week([one.week for one in counted if one.week], demands, seen_whole=whole),
        down=demands[0],
        up=demands[1],
        schools=tuple(one.site.id or "" for one in schools),
        unheard=unheard,
        seen_whole=whole,
        part_of_students=part,
    )


def circuit_gap(target: TargetSet, circuit: SharedCircuit, rule: EvidenceRule) -> Gap | None:
    """The circuit against a target set, by the district's size; None while no week has been told.

    Targets of single schools, and of links between a school and its district, say that they aren't for it.
    """
    if circuit.week is None:
        return None
    site = circuit.site
    if target.scope == "district" and circuit.part_of_students is not None:
        site = replace(site, serves="school", district_students=circuit.part_of_students)
    return gap(target, site, circuit.contract, circuit.week, rule)


def demand_words(demand: Demand) -> str:
    """`320 Mbps`, or `180 to 700 Mbps (510 all at once)`, or why there is no figure."""
    if demand.together_mbps is not None:
        return f"{demand.together_mbps:,.0f} Mbps"
    if demand.at_least_mbps is None:
        return "unknown"
    if demand.at_most_mbps is None:
        return f"at least {demand.at_least_mbps:,.0f} Mbps"
    once = "" if demand.all_at_once_mbps is None else f" ({demand.all_at_once_mbps:,.0f} all at once)"
    return f"{demand.at_least_mbps:,.0f} to {demand.at_most_mbps:,.0f} Mbps{once}"


def _once(members: Iterable[Member]) -> list[Member]:
    def told(one: Member) -> tuple[str, str, float]:
        through = one.week.through_at.timestamp() if one.week else 0.0
        return one.site.id or "", one.week.label if one.week else "", through

    return list({one.site.id: one for one in sorted(members, key=told)}.values())


def _as_one(name: str, gateways: Sequence[Member], schools: Sequence[Member]) -> Site:
    """One site for all: people summed over the schools, or the district's own word on itself where it has
    one. A school that is alone stays what it is."""
    if len(schools) == 1 and not gateways:
        return schools[0].site
    facts = min((one.site for one in gateways), key=lambda site: site.id or "", default=None)
    model = facts or next((one.site for one in schools), Site())
    own = facts is not None and facts.students is not None
    counted = [facts] if own and facts else [one.site for one in schools]
    return Site(
        name=name,
        serves="district",
        students=_sum([site.students for site in counted]),
        staff=_sum([site.staff for site in counted]),
        guests=sum(site.guests for site in counted),
        timezone=model.timezone,
        school_hours=model.school_hours,
        school_days=model.school_days,
        holidays=model.holidays,
    )


def _sum(numbers: Sequence[int | None]) -> int | None:
    """None where one isn't known, or there is none: a sum of some is no sum of all."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None


def _demands(counted: Sequence[Member], *, seen_whole: bool, complete: bool) -> tuple[Demand, Demand]:
    weeks = [one.week for one in counted if one.week]
    down = _demand(
        [week.usage_school.p95.down_mbps for week in weeks],
        [week.usage_school.peak.down_mbps for week in weeks],
        _added([{at: rates.down_mbps for at, rates in (one.means or {}).items()} for one in counted]),
        seen_whole=seen_whole,
        complete=complete,
    )
    up = _demand(
        [week.usage_school.p95.up_mbps for week in weeks],
        [week.usage_school.peak.up_mbps for week in weeks],
        _added([{at: rates.up_mbps for at, rates in (one.means or {}).items()} for one in counted]),
        seen_whole=seen_whole,
        complete=complete,
    )
    return down, up


def _demand(
    p95s: Sequence[float | None],
    peaks: Sequence[float | None],
    added: float | None,
    *,
    seen_whole: bool,
    complete: bool,
) -> Demand:
    known = [p95 for p95 in p95s if p95 is not None]
    least = max(known, default=None)
    if seen_whole:
        return Demand(together_mbps=least, at_least_mbps=least, at_most_mbps=least)
    if not complete or len(known) < len(p95s):
        return Demand(at_least_mbps=least)
    tops = [peak for peak in peaks if peak is not None]
    return Demand(
        together_mbps=added,
        at_least_mbps=least,
        at_most_mbps=sum(tops) if tops and len(tops) == len(peaks) else None,
        all_at_once_mbps=sum(known) if known else None,
    )


def _added(schools: Sequence[Mapping[datetime, float | None]]) -> float | None:
    """The 95th percentile of the schools' sums; None where too few five minutes are known of all of them."""
    known = [{at for at, mean in school.items() if mean is not None} for school in schools]
    if not known or not all(known):
        return None
    together = set.intersection(*known)
    if len(together) < ENOUGH_TOGETHER * len(set.union(*known)):
        return None
    return percentile([sum(school[at] or 0.0 for school in schools) for at in together], 0.95)


def _week(weeks: Sequence[Summary], demands: tuple[Demand, Demand], *, seen_whole: bool) -> Summary | None:
    """The circuit's week. Outage minutes are None where schools tell them: of the circuit nobody knows."""
    if not weeks:
        return None
    first = max(weeks, key=lambda week: (week.through_at, week.capacity.tests_trusted))
    if seen_whole:
        return first
    none, down, up = Rates(), demands[0].together_mbps, demands[1].together_mbps
    found = sum(week.usage_school.found for week in weeks)
    usage = UsageFigures(
        sum(week.usage_school.expected for week in weeks), found, none, Rates(down, up), none
    )
    return replace(
        first,
        through_at=min(week.through_at for week in weeks),
        usage=usage,
        usage_school=usage,
        capacity=_lower_bound([week.capacity for week in weeks]),
        outage_minutes=None,
        tests_down_bytes=sum(week.tests_down_bytes for week in weeks),
        tests_up_bytes=sum(week.tests_up_bytes for week in weeks),
    )


def _lower_bound(schools: Sequence[CapacityFigures]) -> CapacityFigures:
    """What the schools' tests say of the circuit: that it carries what the best of them found, or more."""
    none = Rates()
    medians = [one.typical if one.typical else one.at_least for one in schools]
    tests = [one.tests_trusted + one.lower_bounds for one in schools]
    return CapacityFigures(
        tests_trusted=0,
        tests_untrusted=sum(one.tests_untrusted + one.tests_trusted for one in schools),
        tests_failed=sum(one.tests_failed for one in schools),
        school_days=0,
        best=none,
        typical=none,
        latency_idle_ms=None,
        latency_loaded_ms=None,
        lower_bounds=sum(tests),
        school_days_at_least=max(max(one.school_days, one.school_days_at_least) for one in schools),
        at_least=Rates(
            max((rate.down_mbps for rate in medians if rate.down_mbps is not None), default=None),
            max((rate.up_mbps for rate in medians if rate.up_mbps is not None), default=None),
        ),
    )
