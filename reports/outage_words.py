"""Outages in words: how many there were, when each began and ended, and where the fault lay.

Times are the site's own. What isn't known is said: an end that nobody saw, and time in which nobody probed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from reports.period_words import option
from reports.samples import Outage
from reports.sentences import RUNGS, percent
from reports.week import WeeklyReport
from reports.week_words import duration, moment

AT_MOST = 20
"""A line that fails every few minutes would fill the report; all are in the report as data."""
FRESH = timedelta(minutes=10)
"""An outage that a probe found no longer ago than this still lasts."""


@dataclass(frozen=True, slots=True)
class OutageLine:
    """One outage for a table: begin, end, length, and the rung that failed in words."""

    begin: str
    end: str
    length: str
    fault: str

    @property
    def sentence(self) -> str:
        return f"{self.begin} to {self.end}, {self.length}: {self.fault}"


def outages(report: WeeklyReport) -> str:
    """How long the line was out; an absence of data isn't an absence of outages."""
    minutes, count = report.summary.outage_minutes, len(report.outages)
    if minutes is None:
        return "Nothing was observed, so nothing is known of outages."
    if minutes == 0:
        return "The line was up whenever it was observed."
    if not count:
        return f"The line was down for {duration(minutes * 60)} of the time observed."
    times = "1 outage" if count == 1 else f"{count:,} outages"
    return f"The Internet was out of reach for {duration(minutes * 60)} of the time observed, in {times}."


def probing(report: WeeklyReport) -> str | None:
    """For how much of the week outages would have been seen; None where nobody probed."""
    passed = (report.summary.through_at - report.period.starts_at).total_seconds()
    seconds = sum((part.ends_at - part.starts_at).total_seconds() for part in report.probed)
    if not seconds or not passed:
        return None
    return f"The Internet was probed for {percent(min(seconds / passed, 1.0))} of the time."


def outage_lines(report: WeeklyReport) -> tuple[OutageLine, ...]:
    """The week's outages, the first ``AT_MOST`` of them."""
    return tuple(_line(outage, report) for outage in report.outages[:AT_MOST])


def more_outages(report: WeeklyReport) -> str | None:
    """How many aren't listed, or None."""
    more = len(report.outages) - AT_MOST
    return (
        f"And {more:,} more: see bandgap report {option(report.period)} --format json." if more > 0 else None
    )


def _line(outage: Outage, report: WeeklyReport) -> OutageLine:
    zone = report.hours.zone
    lasts = outage.ended_at is None and report.made_at - outage.seen_until < FRESH
    known = "" if outage.end_seen else "so far " if lasts else "at least "
    return OutageLine(
        begin=moment(outage.started_at, zone),
        end="now" if lasts else _end(outage, zone) if outage.end_seen else "an end that wasn't seen",
        length=known + duration(outage.seconds),
        fault=RUNGS[outage.rung],
    )


def _end(outage: Outage, zone: ZoneInfo) -> str:
    """The hour alone when it is the same day's."""
    begin, end = outage.started_at.astimezone(zone), outage.until.astimezone(zone)
    return f"{end:%H:%M}" if begin.date() == end.date() else moment(end, zone)
