"""The gap between what a target asks for and what the line delivers, with the evidence counted.

Contracted, delivered and demanded capacity are three numbers and stay three: the contract's, the
median of the trusted throughput tests, and the 95th percentile of school-hours demand. The gap is
target minus *delivered*; low demand on a fast line is not a gap, nor is a generous contract its absence.

A test on a line whose other traffic wasn't counted is a lower bound. Where there aren't enough trusted tests,
the median with the lower bounds among them can show that a target is met: the true median is that or more.
It never shows that a line falls short.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from reports.evidence import EvidenceRule
from reports.samples import Rates
from reports.sites import Contract, Site
from reports.summaries import CapacityFigures, Summary
from reports.targets import TargetSet, requirement
from reports.wording import say

Verdict = Literal["meets", "short", "not enough evidence"]
Way = Literal["down", "up"]


@dataclass(frozen=True, slots=True)
class Gap:
    """One site against one target set over one period.

    ``way`` is the direction that falls shortest of the target and that the figures beside it speak of;
    figures are None where the evidence for them is missing. ``missing`` says, a phrase each, what keeps
    this from being a verdict; ``applies`` is False when no evidence could make it one. With ``at_least`` the
    delivered capacity is a lower bound; below the target it has no shortfall, since nobody knows of one.
    """

    target: TargetSet
    required: Rates
    terms: str
    contracted: Rates
    delivered: Rates
    demanded: Rates
    way: Way | None
    shortfall_mbps: float | None
    share_met: float | None
    people: int | None
    people_served: int | None
    verdict: Verdict
    tests: int
    school_days: int
    missing: tuple[str, ...]
    applies: bool = True
    at_least: bool = False

    @property
    def required_mbps(self) -> float | None:
        """What is asked in the direction that the gap speaks of."""
        return self.required.up_mbps if self.way == "up" else self.required.down_mbps

    @property
    def delivered_mbps(self) -> float | None:
        return self.delivered.up_mbps if self.way == "up" else self.delivered.down_mbps


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A delivered capacity, and what it rests on."""

    delivered: Rates
    tests: int
    school_days: int
    at_least: bool = False

    def suffices(self, rule: EvidenceRule) -> bool:
        return self.tests >= rule.min_tests and self.school_days >= rule.min_school_days

    def shares(self, asked: Rates) -> dict[Way, float]:
        """What is delivered of what is asked, in each way that both are known of."""
        ways: tuple[tuple[Way, float | None, float | None], ...] = (
            ("down", asked.down_mbps, self.delivered.down_mbps),
            ("up", asked.up_mbps, self.delivered.up_mbps),
        )
        return {way: have / want for way, want, have in ways if want and have is not None}


def gap(target: TargetSet, site: Site, contract: Contract, summary: Summary, rule: EvidenceRule) -> Gap:
    """Holds a site's summary against a target set.

    ``people_served`` is how many of the site's users the delivered capacity serves at the target's own
    rate, rounded down, at most all of them.
    """
    asked = requirement(target, site)
    evidence = _evidence(summary.capacity, asked.rates, rule)
    shares = evidence.shares(asked.rates)
    way: Way | None = None
    if shares:
        way = "down" if shares.get("down", math.inf) <= shares.get("up", math.inf) else "up"
    share = min(1.0, shares[way]) if way else None
    if evidence.at_least and share is not None and share < 1.0:
        share = None
    want = asked.rates.up_mbps if way == "up" else asked.rates.down_mbps
    people = asked.heads
    missing = _missing(asked.why_not, asked.rates, evidence, rule, applies=asked.applies)
    if asked.applies and evidence.at_least and share is None and way:
        missing = (
            *missing,
            say("others' traffic wasn't counted, so the line may carry more than the tests did"),
        )
    if missing:
        verdict: Verdict = "not enough evidence"
    else:
        verdict = "meets" if share is not None and share >= 1.0 else "short"
    return Gap(
        target=target,
        required=asked.rates,
        terms=asked.terms,
        contracted=Rates(contract.down_mbps, contract.up_mbps),
        delivered=evidence.delivered,
        demanded=summary.usage_school.p95,
        way=way,
        shortfall_mbps=want * (1 - share) if want is not None and share is not None else None,
        share_met=share,
        people=people,
        people_served=math.floor(people * share + 1e-9) if people is not None and share is not None else None,
        verdict=verdict,
        tests=evidence.tests,
        school_days=evidence.school_days,
        missing=missing,
        applies=asked.applies,
        at_least=evidence.at_least,
    )


def _evidence(capacity: CapacityFigures, asked: Rates, rule: EvidenceRule) -> _Evidence:
    """The trusted tests, unless they are too few and lower bounds say enough, or are all that there is."""
    trusted = _Evidence(capacity.typical, capacity.tests_trusted, capacity.school_days)
    if trusted.suffices(rule) or not capacity.lower_bounds:
        return trusted
    count = capacity.tests_trusted + capacity.lower_bounds
    bound = _Evidence(capacity.at_least, count, capacity.school_days_at_least, at_least=True)
    shares = bound.shares(asked).values()
    meets = bound.suffices(rule) and bool(shares) and min(shares) >= 1.0
    return bound if meets or not capacity.tests_trusted else trusted


def worst_first(gap: Gap | None) -> tuple[int, float, float]:
    """Sort key: the largest shortfalls first, then who meets, then who has no figure.

    Gaps without a verdict are placed by the figure they have so far, behind none.
    """
    if gap is None or gap.shortfall_mbps is None or gap.share_met is None:
        return (2, 0.0, 0.0)
    return (0 if gap.shortfall_mbps > 0 else 1, gap.share_met, -gap.shortfall_mbps)


def _missing(
    why_not: str | None, asked: Rates, evidence: _Evidence, rule: EvidenceRule, *, applies: bool
) -> tuple[str, ...]:
    if why_not and not applies:
        return (why_not,)
    missing = [why_not] if why_not else []
    if evidence.tests < rule.min_tests:
        missing.append(say("{have} of {want} tests", have=evidence.tests, want=rule.min_tests))
    if evidence.school_days < rule.min_school_days:
        missing.append(
            say("{have} of {want} school days", have=evidence.school_days, want=rule.min_school_days)
        )
    for words, want, have in (
        (say("no download figure"), asked.down_mbps, evidence.delivered.down_mbps),
        (say("no upload figure"), asked.up_mbps, evidence.delivered.up_mbps),
    ):
        if want is not None and have is None and evidence.tests:
            missing.append(words)
    return tuple(missing)
