"""A school's weeks as three lines and a target: what was contracted, delivered and demanded, down.

Geometry only, in units of the drawing; ``templates/charts.html`` draws it. A week without a figure is a gap
in its line, never zero. A level far above the data is told in words at the upper edge
(``reports/charts.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.charts import FAR, LINE, ceiling
from reports.gaps import Gap
from reports.period_words import day_month
from reports.sentences import rate
from reports.summaries import Summary
from reports.wording import say


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing; ``right`` leaves room for the names of lines beside it."""

    name: str
    width: float
    height: float
    left: float
    right: float


SIZES = (Size("wide", 960, 250, 44, 190), Size("narrow", 340, 230, 34, 4))


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis, and its words."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line by its kind: paths between gaps, and its name at its end or, for levels, at its height."""

    kind: str
    paths: tuple[str, ...]
    name: str
    label_y: float


@dataclass(frozen=True, slots=True)
class WeeksChart:
    """All of one drawing."""

    size: Size
    top: float
    bottom: float
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    lines: tuple[Line, ...]
    beyond: tuple[str, ...]


def weeks_chart(weeks: Sequence[Summary], gap: Gap | None, size: Size) -> WeeksChart | None:
    """The chart of weeks, newest first as the store has them; None where no week has a figure."""
    ordered = sorted(weeks, key=lambda week: week.starts_at)
    demand = [(week.starts_at, week.usage_school.p95.down_mbps) for week in ordered]
    delivered = [(week.starts_at, week.capacity.typical.down_mbps) for week in ordered]
    most = max((mbps for _, mbps in demand + delivered if mbps is not None), default=0.0)
    if most <= 0 or len(ordered) < 2:
        return None
    levels = []
    if gap is not None:
        levels = [
            ("contracted", say("Contracted"), gap.contracted.down_mbps),
            ("target", say("Recommended"), gap.required.down_mbps),
        ]
    near = [(kind, name, mbps) for kind, name, mbps in levels if mbps is not None and mbps <= most * FAR]
    top_mbps, step = ceiling(max([most, *(mbps for *_, mbps in near)]) * 1.04)
    beyond = tuple(
        say(
            "{name} {rate}: {times} times as high as this scale",
            name=name,
            rate=rate(mbps),
            times=f"{mbps / top_mbps:.1f}",
        )
        for _, name, mbps in levels
        if mbps is not None and mbps > most * FAR
    )
    top, bottom = 8.0 + LINE * len(beyond), size.height - 22.0
    start, end = ordered[0].starts_at, ordered[-1].starts_at
    per_s = (size.width - size.left - size.right) / max((end - start).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return size.left + (at - start).total_seconds() * per_s

    def y(mbps: float) -> float:
        return bottom - mbps / top_mbps * (bottom - top)

    def line(kind: str, name: str, points: Sequence[tuple[datetime, float | None]]) -> Line | None:
        spots = [(x(at), None if mbps is None else y(mbps)) for at, mbps in points]
        known = [mbps for _, mbps in points if mbps is not None]
        if not known:
            return None
        last = next(spot for _, spot in reversed(spots) if spot is not None)
        return Line(kind, _paths(spots), f"{name} {rate(known[-1])}", last)

    found = [
        line("demanded", say("Demanded"), demand),
        line("delivered", say("Delivered"), delivered),
        *(line(kind, name, [(start, mbps), (end, mbps)]) for kind, name, mbps in near),
    ]
    return WeeksChart(
        size,
        top,
        bottom,
        tuple(Tick(y(n * step), f"{n * step:,g}") for n in range(round(top_mbps / step) + 1)),
        _months(ordered, x, 84 if size.name == "narrow" else 64),
        _apart([one for one in found if one is not None], top, bottom),
        beyond,
    )


def _paths(spots: Sequence[tuple[float, float | None]]) -> tuple[str, ...]:
    """Unbroken stretches; one point alone is a dot, drawn as a line of no length with round ends."""
    found: list[list[str]] = [[]]
    for x, y in spots:
        if y is None:
            found.append([])
        else:
            found[-1].append(f"{x:.1f} {y:.1f}")
    return tuple("M" + "L".join(run if len(run) > 1 else run * 2) for run in found if run)


def _months(weeks: Sequence[Summary], x: object, apart: float) -> tuple[Tick, ...]:
    assert callable(x)
    found: list[Tick] = []
    for week in weeks:
        at = float(x(week.starts_at))
        if not found or at - found[-1].at >= apart:
            found.append(Tick(at, day_month(week.starts_at.date())))
    return tuple(found)


def _apart(lines: Sequence[Line], top: float, bottom: float) -> tuple[Line, ...]:
    """The lines from top to bottom, their names a line of text apart and inside the drawing."""
    ordered = sorted(lines, key=lambda one: one.label_y)
    placed: list[Line] = []
    for n, one in enumerate(ordered):
        lowest = bottom - LINE * (len(ordered) - 1 - n)
        at = min(max(one.label_y + 4, top + 4), lowest)
        if placed:
            at = max(at, placed[-1].label_y + LINE)
        placed.append(Line(one.kind, one.paths, one.name, at))
    return tuple(placed)
