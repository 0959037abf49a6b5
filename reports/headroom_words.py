"""Headroom, congestion, cost and faults as rows for the technical part of every format.

Intervals are at 90 %. A figure that isn't known is a dash, and a verdict without evidence says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.confidence import Interval
from reports.congestion import Congestion
from reports.cost_words import how_often, money
from reports.headroom import Headroom, Stage
from reports.sentences import minutes, percent, rate, verdict_word
from reports.week import WeeklyReport
from reports.wording import later, say, say_as

DASH = "–"
INTERVALS = later(
    "The range in parentheses holds the figure nine times of ten: a median's by the order of its tests, a "
    "95th percentile's by drawing whole school days again. With fewer than five tests or three school days "
    "there is none."
)
CONGESTED = later(
    "Capacity is what the line carries with others' traffic counted in, experience what a test had of it in "
    "school hours. A verdict takes five tests that count on each side."
)


@dataclass(frozen=True, slots=True)
class HeadroomLine:
    """One way of the line: delivered and demanded with their intervals, and what is left."""

    way: str
    delivered: str
    demanded: str
    utilisation: str
    left: str
    stage: str
    full: str


@dataclass(frozen=True, slots=True)
class CongestionLine:
    """One way of the line in school hours and outside of them."""

    way: str
    school: str
    other: str
    experience: str
    verdict: str


@dataclass(frozen=True, slots=True)
class CostLine:
    """One line of the budget."""

    name: str
    gross: str
    net: str
    evidence: str
    source: str


def headroom_lines(report: WeeklyReport) -> tuple[HeadroomLine, ...]:
    """Down, then up; the delivered capacity of a what-if is nobody's measurement and has no interval."""
    supposed = report.what_if is not None and report.what_if.capacity_down_mbps is not None
    delivered, p95 = report.delivered_interval, report.p95_interval
    return (
        _headroom(say("Down"), report.headroom.down, None if supposed else delivered.down, p95.down),
        _headroom(say("Up"), report.headroom.up, delivered.up, p95.up),
    )


def congestion_lines(report: WeeklyReport) -> tuple[CongestionLine, ...]:
    """Down, then up; none where no test counts."""
    both = ((say("Down"), report.congestion.down), (say("Up"), report.congestion.up))
    return tuple(_congestion(way, seen) for way, seen in both if seen.school_tests + seen.other_tests)


def cost_lines(report: WeeklyReport) -> tuple[CostLine, ...]:
    """The budget's lines, each with the measured gap that justifies it."""
    found = report.cost
    if found is None:
        return ()
    return tuple(
        CostLine(
            line.name,
            how_often(money(line.gross, found.currency), line),
            money(line.net, found.currency),
            line.evidence,
            line.source,
        )
        for line in found.lines
    )


def from_to(interval: Interval | None) -> str:
    """`176.6 to 185.4 Mbps`; empty where there is none."""
    if interval is None:
        return ""
    low, high = rate(interval.low), rate(interval.high)
    same_unit = low.endswith(" Mbps") and high.endswith(" Mbps")
    return say("{start} to {end}", start=low.removesuffix(" Mbps") if same_unit else low, end=high)


def stage_word(stage: Stage | None) -> str:
    """What an operator would do, in a word."""
    words = {
        "room": say_as("stage", "room"),
        "watch": say_as("stage", "watch"),
        "plan": say_as("stage", "plan"),
        "upgrade": say_as("stage", "upgrade"),
    }
    return words[stage] if stage else DASH


def _headroom(way: str, seen: Headroom, delivered: Interval | None, p95: Interval | None) -> HeadroomLine:
    full = DASH if seen.minutes_full is None else minutes(round(seen.minutes_full))
    return HeadroomLine(
        way=way,
        delivered=_with(seen.capacity_mbps, delivered),
        demanded=_with(seen.p95_mbps, p95),
        utilisation=percent(seen.utilisation),
        left=rate(seen.left_mbps) if seen.left_mbps != 0 else say("none"),
        stage=stage_word(seen.stage),
        full=full,
    )


def _congestion(way: str, seen: Congestion) -> CongestionLine:
    return CongestionLine(
        way=way,
        school=f"{rate(seen.school_mbps)} ({seen.school_tests})",
        other=f"{rate(seen.other_mbps)} ({seen.other_tests})",
        experience=rate(seen.experience_mbps),
        verdict=verdict_word(seen.verdict),
    )


def _with(mbps: float | None, interval: Interval | None) -> str:
    return rate(mbps) + (f" ({from_to(interval)})" if interval is not None and mbps is not None else "")
