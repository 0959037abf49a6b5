"""How the pages put times, periods and counts into words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from collector.answers import ChainAnswer
from reports import sentences
from reports.agent_state import AgentState
from reports.chain import SHORT, break_words
from reports.samples import Rates
from reports.sentences import percent, rate
from reports.summaries import Summary, UsageFigures

_AGES = ((86_400, "day"), (3600, "hour"), (60, "minute"))


def age(at: datetime | None, now: datetime) -> str:
    """`12 minutes ago`; whole units, rounded down; `never` for what hasn't been."""
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    for size, unit in _AGES:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count:,} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def span(seconds: float) -> str:
    """`3 hours`, `90 minutes`: the largest unit that divides it."""
    for size, unit in _AGES:
        if seconds >= size and seconds % size == 0:
            count = int(seconds // size)
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """`Tue 24 Nov 2026, 08:15` by the site's clock."""
    if at is None:
        return "–"
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def faring(state: AgentState | None, zone: ZoneInfo) -> str:
    """How an agent fared when it last spoke: `up 3 days, quiet since Tue 24 Nov 2026, 08:15 because ...`."""
    if state is None:
        return ""
    words = []
    if state.uptime_s is not None:
        words.append(f"up {sentences.span(state.uptime_s)}")
    if state.reason:
        since = f" since {moment(state.quiet_since, zone)}" if state.quiet_since else ""
        words.append(f"quiet{since} because {state.reason}")
    if state.undated_minutes:
        words.append(f"{sentences.minutes(state.undated_minutes)} of unknown date")
    return ", ".join(words)


def period(summary: Summary, zone: ZoneInfo) -> str:
    """A period's name for a person: `Week 48, 2026`, `Tue 24 Nov`, `Tue 24 Nov, 08:00`."""
    return (
        week_name(summary.label) if summary.kind == "week" else _dated(summary.kind, summary.starts_at, zone)
    )


def week_name(label: str) -> str:
    """`Week 48, 2026` for `2026-W48`."""
    year, _, week = label.partition("-W")
    return f"Week {int(week)}, {year}" if week.isdecimal() else label


def reach(summary: Summary, zone: ZoneInfo) -> str:
    """Whether a period is complete, or how far its summary reaches."""
    return "complete" if summary.complete else f"so far, to {moment(summary.through_at, zone)}"


def pair(rates: Rates) -> str:
    """`94.1 / 20.3`, down before up, for a column that says Mbps; a dash where nothing is known."""
    down, up = (rate(mbps).removesuffix(" Mbps") for mbps in (rates.down_mbps, rates.up_mbps))
    return f"{down} / {up}" if rates else "–"


def coverage(figures: UsageFigures) -> str:
    """`1,980 of 2,016 (98 %)`: five-minute means found of those expected."""
    if not figures.expected:
        return "none expected"
    return f"{figures.found:,} of {figures.expected:,} ({percent(figures.coverage)})"


def minutes(count: float | None) -> str:
    """Outage minutes: `0`, `under 1`, `37`; a dash when nothing was observed."""
    if count is None:
        return "–"
    return "under 1" if 0 < count < 1 else f"{count:,.0f}"


def chain(found: ChainAnswer | None) -> str:
    """`1,234 summaries, whole, head 3f2a5b6c7d8e`, or what is broken in it."""
    if found is None:
        return "none: its agent links no summaries"
    many = f"{found.received:,} {'summary' if found.received == 1 else 'summaries'}"
    broken = [break_words(one) for one in found.breaks]
    more = [f"{len(broken) - 3} more breaks"] if len(broken) > 4 else []
    shown = broken[:3] if more else broken
    state = f"broken: {'; '.join(shown + more)}" if broken else "whole"
    return f"{many}, {state}, head {found.head[:SHORT]}"


def _dated(kind: str, at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    day = f"{local:%a} {local.day} {local:%b}"
    return day if kind == "day" else f"{day}, {local:%H:%M}"
