"""Capacity and experience: what the line can do, and what is left of it in school hours.

*Capacity* is what tests found the line to carry, others' traffic counted in, at any hour. *Experience* is
what a newcomer gets in school hours: the test's own part of the line there. When capacity itself is lower in
school hours than outside of them, the line isn't full of the school's traffic: something upstream is, and the
contract is worth a look. A verdict takes tests on both sides, and a difference that two orderings of the same
tests would seldom give (Mann & Whitney 1947).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reports.percentiles import median
from reports.periods import SchoolHours
from reports.samples import CapacitySample, Rates

ENOUGH_TESTS = 5
"""Trusted tests on each side before a verdict: with fewer, even a complete separation is chance at 1 %."""
CLEAR_SHARE = 0.9
"""School hours carry under this share of what other hours do before it is called congestion."""
Z_99 = 2.326
"""Standard normal deviate of one side at 1 %: a false alarm in a hundred quiet sites a period."""

Way = Literal["down", "up"]
Verdict = Literal["steady", "congested upstream", "not enough evidence"]


@dataclass(frozen=True, slots=True)
class Congestion:
    """One way of a line: medians in Mbit/s in and out of school hours, and how many tests each rests on."""

    school_mbps: float | None
    other_mbps: float | None
    school_tests: int
    other_tests: int
    experience_mbps: float | None
    verdict: Verdict


def congestion(tests: Sequence[CapacitySample], hours: SchoolHours, way: Way) -> Congestion:
    """Holds trusted tests in school hours against those outside of them."""
    trusted = [test for test in tests if test.trusted]
    inside = [test for test in trusted if test.started_at in hours]
    school = _known((test.rates for test in inside), way)
    other = _known((test.rates for test in trusted if test.started_at not in hours), way)
    school_mbps, other_mbps = median(school), median(other)
    verdict: Verdict = "not enough evidence"
    if min(len(school), len(other)) >= ENOUGH_TESTS and school_mbps is not None and other_mbps:
        slower = school_mbps < CLEAR_SHARE * other_mbps and _deviate(school, other) >= Z_99
        verdict = "congested upstream" if slower else "steady"
    return Congestion(
        school_mbps,
        other_mbps,
        len(school),
        len(other),
        median(_known((test.own for test in inside), way)),
        verdict,
    )


def _known(rates: Iterable[Rates], way: Way) -> list[float]:
    found = (one.down_mbps if way == "down" else one.up_mbps for one in rates)
    return [mbps for mbps in found if mbps is not None]


def _deviate(low: Sequence[float], high: Sequence[float]) -> float:
    """How many standard deviations the rank sum says that ``low`` lies under ``high``."""
    wins = sum((a < b) + (a == b) / 2 for a in low for b in high)
    expected = len(low) * len(high) / 2
    return (wins - expected) / math.sqrt(expected * (len(low) + len(high) + 1) / 6)
