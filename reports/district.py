"""The report of a district, a state or one site as data: everything that any format of it prints.

Made by ``reports/district_counting.py`` of what a collector holds: summaries of weeks.

Schools are judged one by one; capacity, gap and cost are counted by circuit, a shared one once
(``reports/shared_circuit.py``). The district's gap is the sum of its circuits' gaps, for what one has to
spare helps no other; what is asked of it is its target set's figure for the district as a whole, by the band
of the district's size. A circuit without evidence adds nothing to the gap, which is then told as a lower
bound. Silent schools are counted as silent, whatever their last verdict was.

A longer time is told by its whole weeks. The newest one with a verdict speaks for each school and circuit.
Percentiles don't add up and aren't averaged: the 95th percentile of many weeks lies between the lowest and
the highest of theirs, that of many schools between bounds, and bounds are what is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from reports.costs import CostToClose, Finance
from reports.evidence import DistrictRule, EvidenceRule
from reports.gaps import Gap, Verdict
from reports.periods import Period
from reports.shared_circuit import SharedCircuit
from reports.sites import Contract, Site
from reports.summaries import Summary
from reports.targets import Requirement, TargetSet
from reports.ways import BothWays

Scope = Literal["district", "state", "site"]
State = Literal["short", "not enough evidence", "silent", "meets"]
STATES: tuple[State, ...] = ("short", "not enough evidence", "silent", "meets")
"""In the order in which a reader wants them."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is reported of: its id and name."""

    scope: Scope
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class School:
    """One site with its weeks of the period by their labels; ``district`` and ``circuit`` are ids."""

    site: Site
    contract: Contract
    heard_at: datetime | None
    weeks: Mapping[str, Summary]
    district: str | None = None
    circuit: str | None = None
    district_name: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One circuit with all sites on it, those of other districts too."""

    id: str
    contract: Contract
    members: tuple[School, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What everything is held against and worked out from."""

    target: TargetSet
    rule: EvidenceRule
    district_rule: DistrictRule
    finance: Finance
    silent_after_s: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """A figure in Mbps that lies between two; the same twice where it is known, None where a bound isn't."""

    at_least_mbps: float | None = None
    at_most_mbps: float | None = None


@dataclass(frozen=True, slots=True)
class SchoolStanding:
    """One site's place: ``week`` is the one that ``gap`` speaks of. Of ``weeks_told`` weeks
    ``weeks_judged`` have a verdict, and ``weeks_short`` fall short."""

    site: Site
    district: str | None
    circuit: str | None
    state: State
    heard_at: datetime | None
    week: Summary | None
    gap: Gap | None
    p95: BothWays[Bounds]
    weeks_told: int
    weeks_judged: int
    weeks_short: int
    found: int
    expected: int
    tests_trusted: int
    tests_untrusted: int
    tests_failed: int
    outage_minutes: float | None
    evidence: bool

    @property
    def coverage(self) -> float | None:
        """The share of school hours' five-minute means that were found."""
        return self.found / self.expected if self.expected else None

    @property
    def untrusted_share(self) -> float | None:
        ran = self.tests_trusted + self.tests_untrusted
        return self.tests_untrusted / ran if ran else None


@dataclass(frozen=True, slots=True)
class CircuitStanding:
    """One circuit, counted once. ``elsewhere`` of its sites are in other places; ``alone`` is a school's own
    line that no registry names; ``cost`` is None where it isn't known to be short. ``peak`` is what its
    demand never passed, a sum of peaks where several schools share it."""

    id: str
    district: str | None
    circuit: SharedCircuit
    alone: bool
    elsewhere: int
    gap: Gap | None
    p95: BothWays[Bounds]
    peak: BothWays[float | None]
    cost: CostToClose | None


@dataclass(frozen=True, slots=True)
class CostSum:
    """Closing the gaps of ``circuits`` short circuits whose contracts are in one currency, a month.

    ``priced`` of them have a price at target, ``compared`` one today too, which ``more_monthly`` is over.
    ``net_monthly`` is what is left of ``target_monthly`` after E-rate, None where no discount is known.
    """

    currency: str
    circuits: int
    priced: int
    compared: int
    target_monthly: float | None
    more_monthly: float | None
    net_monthly: float | None
    discount: float | None
    discount_source: str | None
    price_source: str | None


@dataclass(frozen=True, slots=True)
class DistrictLine:
    """One district of a state: how its schools stand, and its circuits' gap."""

    id: str
    name: str
    schools: int
    counts: Mapping[State, int]
    required_mbps: float | None
    shortfall_mbps: float | None


@dataclass(frozen=True, slots=True)
class DistrictReport:
    """Everything that any format of the report prints. ``schools`` are the worst first, ``gateways`` the
    district's own. ``required`` is what the target asks of the whole; ``shortfall_mbps`` adds up the
    circuits that are short, and is a lower bound while ``circuits_judged`` aren't all; of a single site
    verdict, shortfall and people are its own. ``demand`` are bounds of the 95th percentile of all circuits
    together. ``weeks`` are the labels that the period is told by, ``days`` a single site's days."""

    place: Place
    period: Period
    timezone: str
    made_at: datetime
    weeks: tuple[str, ...]
    asked: Asked
    schools: tuple[SchoolStanding, ...]
    gateways: tuple[SchoolStanding, ...]
    circuits: tuple[CircuitStanding, ...]
    districts: tuple[DistrictLine, ...]
    counts: Mapping[State, int]
    with_evidence: int
    evidence_needed: int
    circuits_judged: int
    circuits_short: int
    verdict: Verdict
    required: Requirement
    shortfall_mbps: float | None
    people: int | None
    people_lacking: int | None
    demand: BothWays[Bounds]
    costs: tuple[CostSum, ...]
    days: tuple[Summary, ...] = ()


def first_deadline(report: DistrictReport) -> date | None:
    """The first day, not past, after which a decision is late: E-rate's window closes, or the contract of a
    circuit that is short ends."""
    today = report.made_at.date()
    ends = [one.circuit.contract.ends_on for one in report.circuits if one.gap and one.gap.verdict == "short"]
    closes = report.asked.finance.erate.window_closes
    return min((day for day in (*ends, closes) if day is not None and day >= today), default=None)
