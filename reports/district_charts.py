"""Where the two drawings of a district's report stand: circuits against their target, and schools by gap.

Geometry only, in units of the drawing (``templates/district_charts.html`` makes SVG of it), on one scale for
all rows. A figure that isn't known has no mark, never one at zero; what lies between two bounds is hatched.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.charts import SIZES, Mark, Size, ceiling
from reports.district import CircuitStanding, DistrictReport, SchoolStanding
from reports.district_tables import brief, state_words
from reports.district_words import bounds
from reports.sentences import percent, rate
from reports.wording import say

DRAWN = 20
"""At most so many rows, the worst; the table has all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One school or circuit: its name at ``y``, a bar to ``length``, hatched to ``until``, marks across it
    of the kinds delivered, contracted and target, and words at its end. ``kind`` is demanded, or doubtful
    where there is no verdict."""

    y: float
    name: str
    length: float | None
    until: float | None
    marks: tuple[Mark, ...]
    words: str
    kind: str = "demanded"


@dataclass(frozen=True, slots=True)
class RowPlot:
    """Rows below each other, with the ticks of their scale."""

    size: Size
    left: float
    right: float
    height: float
    step: float
    ticks: tuple[Mark, ...]
    rows: tuple[Row, ...]


def school_plots(report: DistrictReport) -> list[RowPlot]:
    """Each school's share of what is recommended, the worst first; none where nobody has a figure."""
    drawn = report.schools[:DRAWN]
    if not any(one.gap and one.gap.share_met is not None for one in drawn):
        return []
    return [_schools(drawn, size) for size in SIZES]


def circuit_plots(report: DistrictReport) -> list[RowPlot]:
    """Each circuit's demand against what is delivered, contracted and asked, on one scale."""
    drawn = report.circuits[:DRAWN]
    most = max((figure for one in drawn for figure in _figures(one) if figure is not None), default=0.0)
    return [_circuits(drawn, size, most) for size in SIZES] if most > 0 else []


def described(report: DistrictReport) -> tuple[str, str]:
    """What the drawings show, for who doesn't see them: of circuits, and of schools."""
    circuits = [
        say(
            "{circuit}: demand {demand}, delivered {delivered}, asked {asked}.",
            circuit=one.circuit.site.name,
            demand=bounds(one.p95.down),
            delivered=rate(one.gap.delivered.down_mbps if one.gap else None),
            asked=rate(one.gap.required.down_mbps if one.gap else None),
        )
        for one in report.circuits[:DRAWN]
    ]
    schools = [f"{one.site.name}: {_met(one)}." for one in report.schools[:DRAWN]]
    return " ".join(circuits), " ".join(schools)


def _frame(size: Size, rows: int) -> tuple[float, float, float, float]:
    """Left, right, height of a row and of the whole."""
    left, right = (196.0, size.width - 150) if size.beside else (0.0, size.width - 112)
    step = 25.0 if size.beside else 40.0
    return left, right, step, step * rows + 24


def _schools(drawn: tuple[SchoolStanding, ...], size: Size) -> RowPlot:
    left, right, step, height = _frame(size, len(drawn))
    room = right - left
    rows = []
    for n, one in enumerate(drawn):
        share = one.gap.share_met if one.gap else None
        length = None if share is None else share * room
        until = None if share is None or share >= 1 else room
        kind = "demanded" if one.state in ("short", "meets") else "doubtful"
        rows.append(Row(n * step, _name(one.site.name, size), length, until, (), _met(one), kind))
    ticks = tuple(Mark(left + room * part / 4, height - 24, f"{part * 25} %") for part in range(5))
    return RowPlot(size, left, right, height, step, ticks, tuple(rows))


def _met(one: SchoolStanding) -> str:
    share = one.gap.share_met if one.gap else None
    if one.state in ("short", "meets"):
        return percent(share) if share is not None else state_words(one.state)
    words = say("silent") if one.state == "silent" else say("no verdict")
    return words if share is None else f"{percent(share)}, {words}"


def _circuits(drawn: tuple[CircuitStanding, ...], size: Size, most: float) -> RowPlot:
    left, right, step, height = _frame(size, len(drawn))
    top, tick = ceiling(most)
    per_mbps = (right - left) / top
    rows = []
    for n, one in enumerate(drawn):
        y, gap, demand = n * step, one.gap, one.p95.down
        levels = (
            ("contracted", one.circuit.contract.down_mbps),
            ("delivered", gap.delivered.down_mbps if gap else None),
            ("target", gap.required.down_mbps if gap else None),
        )
        marks = tuple(
            Mark(left + mbps * per_mbps, y, rate(mbps), kind) for kind, mbps in levels if mbps is not None
        )
        low, high = demand.at_least_mbps, demand.at_most_mbps
        rows.append(
            Row(
                y,
                _name(one.circuit.site.name, size),
                None if low is None else low * per_mbps,
                None if high is None or high == low else high * per_mbps,
                marks,
                _lacks(one),
            )
        )
    count = round(top / tick)
    every = 1 if size.beside else 2
    ticks = tuple(
        Mark(left + n * tick * per_mbps, height - 24, f"{n * tick:,g}") for n in range(0, count + 1, every)
    )
    return RowPlot(size, left, right, height, step, ticks, tuple(rows))


def _lacks(one: CircuitStanding) -> str:
    gap = one.gap
    if gap is None or gap.verdict == "not enough evidence":
        return say("no verdict")
    if gap.verdict == "meets":
        return say("meets it")
    return say("{rate} short", rate=rate(gap.shortfall_mbps))


def _figures(one: CircuitStanding) -> tuple[float | None, ...]:
    gap = one.gap
    return (
        one.p95.down.at_least_mbps,
        one.p95.down.at_most_mbps,
        one.circuit.contract.down_mbps,
        gap.delivered.down_mbps if gap else None,
        gap.required.down_mbps if gap else None,
    )


def _name(words: str, size: Size) -> str:
    return brief(words, 28 if size.beside else 44)
