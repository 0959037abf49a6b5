"""How a circuit stands with all of its sites, and what several circuits and weeks come to together.

Demand is told as bounds, for percentiles don't add up.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from reports.costs import cost_to_close
from reports.district import Asked, Bounds, CircuitStanding, Line, School
from reports.gaps import Way
from reports.shared_circuit import Demand, Member, SharedCircuit, circuit_gap, fold
from reports.ways import BothWays


def silent(school: School, asked: Asked, until: datetime) -> bool:
    """Whether nothing came of it at the end of the period, or by now while that is running."""
    return school.heard_at is None or (until - school.heard_at).total_seconds() > asked.silent_after_s


def circuit_standing(
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
            Member(one.site, None if silent(one, asked, until) else one.weeks.get(label or ""))
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
            of_weeks([_within(one.down) for one in told]), of_weeks([_within(one.up) for one in told])
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


def of_weeks(weeks: Sequence[Bounds]) -> Bounds:
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


def together(circuits: Sequence[tuple[Bounds, float | None]]) -> Bounds:
    """The sum is never below any of its parts, nor above the sum of their peaks; percentiles don't add up."""
    if len(circuits) == 1:
        return circuits[0][0]
    least = max((p95.at_least_mbps for p95, _ in circuits if p95.at_least_mbps is not None), default=None)
    return Bounds(least, None if least is None else total([peak for _, peak in circuits]))


def total(numbers: Sequence[float | None]) -> float | None:
    """None where one isn't known, or there is none: a sum of some is no sum of all."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known and len(known) == len(numbers) else None
