"""The charts of a packet's slides as data: what a presenter can open and edit as a table of numbers.

Values are rounded as the same figures are in words. A figure that isn't known has no bar, and a chart without
bars doesn't exist; without a verdict none does. Each chart is told in words for those who don't see it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.days import days_of
from reports.gaps import Gap
from reports.packet import SHORT_TARGET, isolated, standing
from reports.period_words import days_named
from reports.posts import shortened
from reports.samples import Rates
from reports.sentences import rate
from reports.week import WeeklyReport
from reports.wording import say

NAMES = ("capacity", "people", "days")
"""The charts that a template may ask for."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its length, the same in words, and whether it is the one that others are held to."""

    name: str
    value: float
    words: str
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars on one scale from zero. ``upright`` bars stand in the order of time."""

    title: str
    bars: tuple[Bar, ...]
    upright: bool = False

    @property
    def told(self) -> str:
        """The whole chart in words."""
        bars = "; ".join(f"{bar.name}: {bar.words}" for bar in self.bars)
        return say("Bar chart. {title}. {bars}.", title=self.title, bars=bars)


def packet_charts(report: WeeklyReport) -> dict[str, BarChart | None]:
    """All charts by name; None for one that there is nothing to draw of."""
    if standing(report) == "too early":
        return dict.fromkeys(NAMES)
    lead = report.gaps[0]
    up = lead.way == "up"
    capacity = say("Upload capacity in Mbps") if up else say("Download capacity in Mbps")
    needed = (
        say("What school hours needed, upload in Mbps")
        if up
        else say("What school hours needed, download in Mbps")
    )
    return {
        "capacity": _chart(capacity, _capacity(report, lead)),
        "people": _chart(say("People that the line serves at the recommended rate"), _people(lead)),
        "days": _chart(needed, _days(report, lead), upright=True),
    }


def _chart(title: str, bars: list[Bar], *, upright: bool = False) -> BarChart | None:
    return BarChart(title, tuple(bars), upright) if bars else None


def _capacity(report: WeeklyReport, lead: Gap) -> list[Bar]:
    used = _of(report.summary.usage_school.p95, lead)
    wanted = say("Recommended by {target}", target=isolated(shortened(lead.target.name, SHORT_TARGET)))
    bars = [
        _bar(say("Used in school hours"), used),
        _bar(say("Delivered"), lead.delivered_mbps),
        _bar(wanted, lead.required_mbps, wanted=True),
    ]
    return [bar for bar in bars if bar]


def _people(lead: Gap) -> list[Bar]:
    if lead.people is None or lead.people_served is None:
        return []
    left = lead.people - lead.people_served
    return [
        Bar(say("Served"), lead.people_served, f"{lead.people_served:,}"),
        Bar(say("Not yet served"), left, f"{left:,}", wanted=True),
    ]


def _days(report: WeeklyReport, lead: Gap) -> list[Bar]:
    hours = report.hours
    names = days_named()
    days = [day for day in days_of(report) if hours.school_day(day.starts_at)]
    bars = [
        _bar(names[day.starts_at.astimezone(hours.zone).weekday()], _of(day.usage_school.p95, lead))
        for day in days
    ]
    return [bar for bar in bars if bar]


def _of(rates: Rates, lead: Gap) -> float | None:
    return rates.up_mbps if lead.way == "up" else rates.down_mbps


def _bar(name: str, mbps: float | None, *, wanted: bool = False) -> Bar | None:
    if mbps is None:
        return None
    places = 2 if mbps < 9.995 else 1 if mbps < 999.95 else 0
    return Bar(name, round(mbps, places), rate(mbps), wanted)
