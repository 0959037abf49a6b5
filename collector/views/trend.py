"""How the weeks of a fleet went, as columns: where each stands, in shares of the drawing.

Geometry only; ``templates/charts.html`` draws it. A week of which nothing is known has no column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from collector.standings.trends import WeekTotals

WEEKS = 26
ORDER = ("short", "unknown", "silent", "meets")
"""From the bottom up: what is short stands on the axis, where heights are compared best."""
WIDTH, HEIGHT, GAP = 260.0, 72.0, 0.22


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle and the state that it stands for."""

    state: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Two rows of columns over the same weeks, and the ends of their axes in words."""

    weeks: tuple[WeekTotals, ...]
    states: tuple[Block, ...]
    lacking: tuple[Block, ...]
    most_sites: int
    most_mbps: float


def trend_chart(weeks: Sequence[WeekTotals]) -> Trend | None:
    """None before there are two weeks to compare."""
    found = tuple(week for week in weeks if week.totals.sites)
    if len(found) < 2:
        return None
    places = {week.week: _ordinal(week.week) for week in found}
    first, last = min(places.values()), max(places.values())
    step = WIDTH / max(last - first + 1, 8)
    most_sites = max(week.totals.sites for week in found)
    most_mbps = max(week.totals.shortfall_mbps for week in found)
    states, lacking = [], []
    for week in found:
        x, width = (places[week.week] - first) * step + step * GAP / 2, step * (1 - GAP)
        y = HEIGHT
        for state in ORDER:
            height = week.totals.of(state) / most_sites * HEIGHT
            if height > 0:
                y -= height
                states.append(Block(state, x, y, width, height))
        if most_mbps > 0:
            height = week.totals.shortfall_mbps / most_mbps * HEIGHT
            lacking.append(Block("short", x, HEIGHT - height, width, height))
    return Trend(found, tuple(states), tuple(lacking), most_sites, most_mbps)


def _ordinal(label: str) -> int:
    """Weeks since the first of year 1, so that a missing one leaves its room."""
    year, _, week = label.partition("-W")
    return (date.fromisocalendar(int(year), int(week), 1) - date.min) // timedelta(weeks=1)
