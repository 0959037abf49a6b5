"""What a notice says, in a sentence, by the site's own clock."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from collector.watch.findings import Kind
from collector.watch.outbox import Notice
from reports.agent_state import ABSENT
from reports.sentences import octets, span

NAMES: dict[Kind, str] = {
    "silent": "silent",
    "outage": "Internet outage",
    "below_target": "below target",
    "full_line": "line nearly full",
    "under_delivered": "contract under-delivered",
    "over_budget": "data budget overrun",
}


def sentence(notice: Notice) -> str:
    """`Lincoln Elementary is silent: last heard Tue 24 Nov 2026, 08:15, expected every hour.`"""
    name, figures = notice.site.name, notice.figures
    since = _moment(notice.since, notice.site.timezone)
    days = f"{figures.get('days')} of the last {figures.get('of_days')} school days"
    if notice.event == "ended":
        return _ended(notice, since)
    match notice.kind:
        case "silent":
            every = span(float(figures.get("every_s") or 3600)).removeprefix("1 ")
            return f"{name} is silent: last heard {since}, expected every {every}."
        case "outage":
            return f"{name} had no Internet for {figures.get('minutes')} minutes since {since}."
        case "below_target":
            return f"{name} was below its target on {days}."
        case "full_line":
            return f"{name}'s line was nearly full on {days}: 95th percentile of demand in school hours."
        case "under_delivered":
            return f"{name}'s line delivered too little of its contract on {days}."
        case "over_budget":
            moved, budget = (float(figures.get(key) or 0) for key in ("moved_bytes", "budget_bytes"))
            return (
                f"{name}'s tests have moved {octets(moved)} this month, and {octets(budget)} is all they may."
            )


def subject(notices: list[Notice]) -> str:
    """One line for all that is told at once."""
    if len(notices) == 1:
        one = notices[0]
        what = NAMES[one.kind] if one.event == "opened" else f"no longer {NAMES[one.kind]}"
        return f"bandgap: {one.site.name}: {what}"
    begun = sum(one.event == "opened" for one in notices)
    over = len(notices) - begun
    parts = [f"{begun} alert{'' if begun == 1 else 's'}"] if begun else []
    parts += [f"{over} over"] if over else []
    return f"bandgap: {', '.join(parts)}"


def _ended(notice: Notice, since: str) -> str:
    name = notice.site.name
    until = notice.until or notice.since
    if notice.kind == "silent":
        because = ABSENT.get(notice.reason or "", notice.reason)
        lasted = span(max(0.0, (until - notice.since).total_seconds()))
        words = f"{name} is back after {lasted}: " + (because or "it doesn't say why")
        return f"{words} (silent since {since})." if notice.whole else f"{words}."
    return f"{name}: {NAMES[notice.kind]} since {since}, over {_moment(until, notice.site.timezone)}."


def _moment(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"
