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
from reports.wording import say, say_many

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
        return say(
            "{begin} to {end}, {length}: {fault}",
            begin=self.begin,
            end=self.end,
            length=self.length,
            fault=self.fault,
        )


def outages(report: WeeklyReport, on_days: int = 0) -> str:
    """How long the line was out, and on how many days where ``on_days`` says so; an absence of data isn't an
    absence of outages."""
    minutes, count = report.summary.outage_minutes, len(report.outages)
    if minutes is None:
        return say("Nothing was observed, so nothing is known of outages.")
    if minutes == 0:
        return say("The line was up whenever it was observed.")
    if not count:
        return say("The line was down for {time} of the time observed.", time=duration(minutes * 60))
    out, times = duration(minutes * 60), say_many("{n} outage", "{n} outages", count)
    if not on_days:
        return say(
            "The Internet was out of reach for {time} of the time observed, in {outages}.",
            time=out,
            outages=times,
        )
    return say_many(
        "The Internet was out of reach for {time} of the time observed, in {outages}, on {n} day.",
        "The Internet was out of reach for {time} of the time observed, in {outages}, on {n} days.",
        on_days,
        time=out,
        outages=times,
        n=on_days,
    )


def probing(report: WeeklyReport) -> str | None:
    """For how much of the week outages would have been seen; None where nobody probed."""
    passed = (report.summary.through_at - report.period.starts_at).total_seconds()
    seconds = sum((part.ends_at - part.starts_at).total_seconds() for part in report.probed)
    if not seconds or not passed:
        return None
    share = percent(min(seconds / passed, 1.0))
    return say("The Internet was probed for {share} of the time.", share=share)


def outage_lines(report: WeeklyReport) -> tuple[OutageLine, ...]:
    """The week's outages, the first ``AT_MOST`` of them."""
    return tuple(_line(outage, report) for outage in report.outages[:AT_MOST])


def more_outages(report: WeeklyReport) -> str | None:
    """How many aren't listed, or None."""
    more = len(report.outages) - AT_MOST
    if more <= 0:
        return None
    command = f"bandgap report {option(report.period)} --format json"
    return say_many("And {n} more: see {command}.", "And {n} more: see {command}.", more, command=command)


def _line(outage: Outage, report: WeeklyReport) -> OutageLine:
    zone = report.hours.zone
    lasts = outage.ended_at is None and report.made_at - outage.seen_until < FRESH
    length = duration(outage.seconds)
    if lasts:
        length = say("so far {time}", time=length)
    elif not outage.end_seen:
        length = say("at least {time}", time=length)
    return OutageLine(
        begin=moment(outage.started_at, zone),
        end=say("now")
        if lasts
        else _end(outage, zone)
        if outage.end_seen
        else say("an end that wasn't seen"),
        length=length,
        fault=say(RUNGS[outage.rung]),
    )


def _end(outage: Outage, zone: ZoneInfo) -> str:
    """The hour alone when it is the same day's."""
    begin, end = outage.started_at.astimezone(zone), outage.until.astimezone(zone)
    return f"{end:%H:%M}" if begin.date() == end.date() else moment(end, zone)
