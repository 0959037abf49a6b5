"""Where everything of a report's charts stands: scales, broken lines, labels that don't touch.

Geometry only, in units of the drawing; ``templates/charts.html`` makes SVG of it. Three rules hold in every
chart. Missing data is a gap in the line, never zero. Contracted, delivered and recommended capacity are lines
of their own with their names beside them. The scale fits the data: a level far above it is told in words at
the upper edge, because drawing it to scale would press the school's week flat against the axis.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from reports.chart_breaks import holes, out_of_reach, runs
from reports.periods import SLOT_S, days_in
from reports.sentences import one_way, rate
from reports.summaries import ENOUGH_OF_A_SLOT
from reports.week import WeeklyReport
from reports.week_words import moment, short_day
from reports.wording import say

FAR = 4.0
"""A level higher than this many times the data isn't drawn: the data keeps a quarter of the height."""
LINE = 14.0
"""Height of a line of text."""


@dataclass(frozen=True, slots=True)
class Size:
    """A drawing and its margins; ``beside`` puts the names of levels into the right margin."""

    name: str
    width: float
    height: float
    left: float
    right: float
    beside: bool


WIDE = Size("wide", 760, 218, left=34, right=136, beside=True)
NARROW = Size("narrow", 340, 250, left=26, right=0, beside=False)
SIZES = (WIDE, NARROW)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the time axis; ``words`` may be empty."""

    x: float
    width: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A point with its words: a tick, or one test of the kind down, up, untrusted or failed."""

    x: float
    y: float
    words: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line across the week and where its name stands; one beyond the scale is a name only."""

    kind: str
    y: float
    label_y: float
    words: str


@dataclass(frozen=True, slots=True)
class TimePlot:
    """A week laid out; ``beyond`` are the levels that this scale has no room for, in words, ``labels`` the
    holes and outages whose words stand upright beside them."""

    size: Size
    top: float
    bottom: float
    days: tuple[Span, ...]
    school: tuple[Span, ...]
    ticks: tuple[Mark, ...]
    levels: tuple[Level, ...]
    beyond: tuple[Level, ...]
    holes: tuple[Span, ...] = ()
    outages: tuple[Span, ...] = ()
    labels: tuple[Span, ...] = ()
    down: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    tests: tuple[Mark, ...] = ()


Named = tuple[str, str, float | None]


def demand_plot(report: WeeklyReport, size: Size) -> TimePlot | None:
    """The week's five-minute demand each way; None when nothing was measured."""
    counted = [s for s in report.usage if s.interval_s >= SLOT_S * ENOUGH_OF_A_SLOT]
    if not counted:
        return None
    down = [(s.started_at, s.mean.down_mbps or 0.0) for s in counted]
    up = [(s.started_at, s.mean.up_mbps or 0.0) for s in counted]
    target = report.gaps[0].required.down_mbps if report.gaps else None
    named = (
        ("delivered", say("Delivered"), report.summary.capacity.typical.down_mbps),
        ("contracted", say("Contract"), report.contract.down_mbps),
        ("target", say("Target"), target),
    )
    frame = Frame(report, size, max(value for _, value in (*down, *up)), named)
    starts = [sample.started_at for sample in counted]
    unbroken = runs(starts)
    missing = tuple(frame.span(*hole) for hole in holes(report, starts))
    outages = tuple(frame.span(*outage) for outage in out_of_reach(report))
    return replace(
        frame.plot(),
        holes=missing,
        outages=outages,
        labels=_apart([*outages, *(hole for hole in missing if hole.width >= 9)]),
        down=tuple(frame.path(down[a:b], closed=True) for a, b in unbroken),
        up=tuple(frame.path(up[a:b], closed=False) for a, b in unbroken),
    )


def capacity_plot(report: WeeklyReport, size: Size) -> TimePlot | None:
    """The week's tests, each a mark each way; None when none was run."""
    found = [
        figure for test in report.tests for figure in (test.down_mbps, test.up_mbps) if figure is not None
    ]
    if not report.tests:
        return None
    named = (
        ("contracted", say("Contract ↓"), report.contract.down_mbps),
        ("contracted", say("Contract ↑"), report.contract.up_mbps),
    )
    frame = Frame(report, size, max(found, default=0.0), named)
    marks = []
    for test in report.tests:
        at = moment(test.started_at, report.hours.zone)
        if test.outcome == "no_measurement":
            marks.append(
                Mark(
                    frame.x(test.started_at), frame.y(0), say("{moment}: no measurement", moment=at), "failed"
                )
            )
        for way, value in (("down", test.down_mbps), ("up", test.up_mbps)):
            if value is not None:
                kind = way if test.trusted else "untrusted"
                found_rate = one_way(rate(value), way)
                words = f"{at}: {found_rate}"
                if not test.trusted:
                    words = say("{moment}: {rate}, untrusted", moment=at, rate=found_rate)
                marks.append(Mark(frame.x(test.started_at), frame.y(value), words, kind))
    return replace(frame.plot(), tests=tuple(marks))


class Frame:
    """The axes of one period: where a moment and a rate stand."""

    def __init__(self, report: WeeklyReport, size: Size, most: float, named: Iterable[Named]) -> None:
        period = report.period
        self.report, self.size = report, size
        self.per_s = (size.width - size.left - size.right) / (
            period.ends_at - period.starts_at
        ).total_seconds()
        levels = sorted((value, kind, words) for kind, words, value in named if value is not None)
        most = most or min((value for value, *_ in levels if value > 0), default=1.0)
        near = [level for level in levels if level[0] <= most * FAR]
        self.top_mbps, self.step = ceiling(max([most, *(value for value, *_ in near)]) * 1.03)
        far = [
            (
                kind,
                say(
                    "{name} {rate}: {times} times as high as this scale",
                    name=words,
                    rate=rate(value),
                    times=f"{value / self.top_mbps:.1f}",
                ),
            )
            for value, kind, words in reversed(levels[len(near) :])
        ]
        self.beyond = tuple(Level(kind, 0.0, 11 + LINE * n, words) for n, (kind, words) in enumerate(far))
        self.top = 8.0 + LINE * len(self.beyond)
        self.bottom = size.height - 22.0
        self.levels = self._levels(near)

    def x(self, at: datetime) -> float:
        return self.size.left + (at - self.report.period.starts_at).total_seconds() * self.per_s

    def y(self, mbps: float) -> float:
        return self.bottom - mbps / self.top_mbps * (self.bottom - self.top)

    def span(self, start: datetime, end: datetime, words: str = "") -> Span:
        return Span(self.x(start), self.x(end) - self.x(start), words)

    def path(self, points: Sequence[tuple[datetime, float]], *, closed: bool) -> str:
        """A line through the middles of its slots in tenths of a unit; closed ones stand on the axis."""
        half = SLOT_S / 2 * self.per_s
        spots = [(round((self.x(at) + half) * 10), round(self.y(value) * 10)) for at, value in points]
        if closed:
            floor = round(self.bottom * 10)
            spots = [(spots[0][0], floor), *spots, (spots[-1][0], floor)]
        steps = " ".join(f"{b[0] - a[0]} {b[1] - a[1]}" for a, b in pairwise(spots))
        return f"M{spots[0][0]} {spots[0][1]}l{steps or '3 0'}"

    def plot(self) -> TimePlot:
        """The axes and levels; what stands between them is put in by the chart."""
        period, hours = self.report.period, self.report.hours
        days = tuple(
            self.span(day.starts_at, day.ends_at, short_day(day.starts_at.astimezone(hours.zone).date()))
            for day in days_in(period, hours.zone)
        )
        school = tuple(self.span(a, b) for a, b in hours.spans(period.starts_at, period.ends_at))
        count = round(self.top_mbps / self.step)
        ticks = tuple(
            Mark(self.size.left, self.y(n * self.step), f"{n * self.step:,g}") for n in range(count + 1)
        )
        return TimePlot(self.size, self.top, self.bottom, days, school, ticks, self.levels, self.beyond)

    def _levels(self, near: Sequence[tuple[float, str, str]]) -> tuple[Level, ...]:
        """Levels from top to bottom, their names kept a line apart and inside the drawing."""
        placed: list[Level] = []
        lift = -4.0 if not self.size.beside else 4.0
        for n, (value, kind, words) in enumerate(reversed(near)):
            lowest = self.bottom - LINE * (len(near) - 1 - n)
            label_y = min(self.y(value) + lift, lowest)
            if placed:
                label_y = max(label_y, placed[-1].label_y + LINE)
            placed.append(Level(kind, self.y(value), label_y, f"{words} {rate(value)}"))
        return tuple(placed)


def _apart(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans whose words can stand upright without touching, the longest first."""
    placed: list[Span] = []
    for span in sorted(spans, key=lambda one: -one.width):
        middle = span.x + span.width / 2
        if all(abs(middle - other.x - other.width / 2) >= LINE for other in placed):
            placed.append(span)
    return tuple(placed)


def ceiling(most: float) -> tuple[float, float]:
    """The top of an axis that holds ``most`` and the step of its ticks: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(most / 4))
    step = next(power * n for n in (1, 2, 5, 10) if most <= power * n * 5)
    return math.ceil(most / step - 1e-9) * step, step
