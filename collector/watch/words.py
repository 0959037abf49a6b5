"""What a notice says, in a sentence, by the site's own clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from collector.watch.findings import Kind
from collector.watch.outbox import Notice
from collector.words import moment
from reports.agent_state import ABSENT
from reports.sentences import octets, span
from reports.wording import later, say, say_many

NAMES: dict[Kind, str] = {
    "silent": later("silent"),
    "outage": later("Internet outage"),
    "below_target": later("below target"),
    "full_line": later("line nearly full"),
    "under_delivered": later("contract under-delivered"),
    "over_budget": later("data budget overrun"),
}


def sentence(notice: Notice) -> str:
    """`Lincoln Elementary is silent: last heard Tue 24 Nov 2026, 08:15, expected every hour.`"""
    name, figures = notice.site.name, notice.figures
    since = _moment(notice.since, notice.site.timezone)
    days = {"days": figures.get("days"), "of_days": figures.get("of_days")}
    if notice.event == "ended":
        return _ended(notice, since)
    match notice.kind:
        case "silent":
            every = span(float(figures.get("every_s") or 3600)).removeprefix("1 ")
            return say(
                "{name} is silent: last heard {since}, expected every {time}.",
                name=name,
                since=since,
                time=every,
            )
        case "outage":
            return say(
                "{name} had no Internet for {minutes} minutes since {since}.",
                name=name,
                minutes=figures.get("minutes"),
                since=since,
            )
        case "below_target":
            return say(
                "{name} was below its target on {days} of the last {of_days} school days.", name=name, **days
            )
        case "full_line":
            return say(
                "{name}'s line was nearly full on {days} of the last {of_days} school days: 95th percentile "
                "of demand in school hours.",
                name=name,
                **days,
            )
        case "under_delivered":
            return say(
                "{name}'s line delivered too little of its contract on {days} of the last {of_days} school "
                "days.",
                name=name,
                **days,
            )
        case "over_budget":
            moved, budget = (float(figures.get(key) or 0) for key in ("moved_bytes", "budget_bytes"))
            return say(
                "{name}'s tests have moved {moved} this month, and {budget} is all they may.",
                name=name,
                moved=octets(moved),
                budget=octets(budget),
            )


def subject(notices: list[Notice]) -> str:
    """One line for all that is told at once."""
    if len(notices) == 1:
        one = notices[0]
        what = say(NAMES[one.kind])
        if one.event == "ended":
            what = say("no longer {what}", what=what)
        return f"bandgap: {one.site.name}: {what}"
    begun = sum(one.event == "opened" for one in notices)
    over = len(notices) - begun
    parts = [say_many("{n} alert", "{n} alerts", begun, n=begun)] if begun else []
    parts += [say_many("{n} over", "{n} over", over, n=over)] if over else []
    return f"bandgap: {', '.join(parts)}"


def _ended(notice: Notice, since: str) -> str:
    name = notice.site.name
    until = notice.until or notice.since
    if notice.kind == "silent":
        because = say(ABSENT[notice.reason]) if notice.reason in ABSENT else notice.reason
        told = {
            "name": name,
            "time": span(max(0.0, (until - notice.since).total_seconds())),
            "why": because or say("it doesn't say why"),
        }
        if notice.whole:
            return say("{name} is back after {time}: {why} (silent since {since}).", since=since, **told)
        return say("{name} is back after {time}: {why}.", **told)
    return say(
        "{name}: {what} since {since}, over {until}.",
        name=name,
        what=say(NAMES[notice.kind]),
        since=since,
        until=_moment(until, notice.site.timezone),
    )


def _moment(at: datetime, zone: str) -> str:
    return moment(at, ZoneInfo(zone))
