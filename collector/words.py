"""How the pages put times, periods and counts into words.

An English page names days as files do, `2026-11-24`; another language by the month's name.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from collector.answers import ChainAnswer
from reports import sentences
from reports.agent_state import QUIET, AgentState
from reports.chain import SHORT, break_words
from reports.period_words import date_words, short_days, short_months
from reports.samples import Rates
from reports.sentences import percent, rate
from reports.sites import WEEKDAYS
from reports.summaries import Summary, UsageFigures
from reports.wording import language, say, say_many


def age(at: datetime | None, now: datetime) -> str:
    """`12 minutes ago`; whole units, rounded down; `never` for what hasn't been."""
    if at is None:
        return say("never")
    seconds = (now - at).total_seconds()
    if seconds >= 86_400:
        return say_many("{n} day ago", "{n} days ago", int(seconds // 86_400))
    if seconds >= 3600:
        return say_many("{n} hour ago", "{n} hours ago", int(seconds // 3600))
    if seconds >= 60:
        return say_many("{n} minute ago", "{n} minutes ago", int(seconds // 60))
    return say("just now")


def span(seconds: float) -> str:
    """`3 hours`, `90 minutes`: the largest unit that divides it."""
    if seconds >= 86_400 and seconds % 86_400 == 0:
        return say_many("{n} day", "{n} days", int(seconds // 86_400))
    if seconds >= 3600 and seconds % 3600 == 0:
        return say_many("{n} hour", "{n} hours", int(seconds // 3600))
    if seconds >= 60 and seconds % 60 == 0:
        return sentences.minutes(int(seconds // 60))
    return say("{n} seconds", n=f"{seconds:g}")


def day(on: date) -> str:
    """`2026-11-24`, or `24 de noviembre de 2026`."""
    return on.isoformat() if language() == "en" else date_words(on)


def instant(at: datetime, form: str = "%H:%M") -> str:
    """`2026-11-24 14:15`, or `24 nov 2026, 14:15`, by the world's clock."""
    at = at.astimezone(UTC)
    if language() == "en":
        return f"{at:%Y-%m-%d {form}}"
    return say(
        "{day} {month} {year}, {time}",
        day=at.day,
        month=short_months()[at.month - 1],
        year=at.year,
        time=f"{at:{form}}",
    )


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """`Tue 24 Nov 2026, 08:15` by the site's clock."""
    if at is None:
        return "–"
    local = at.astimezone(zone)
    return say(
        "{weekday} {day} {month} {year}, {time}",
        weekday=short_days()[local.weekday()],
        day=local.day,
        month=short_months()[local.month - 1],
        year=local.year,
        time=f"{local:%H:%M}",
    )


def faring(state: AgentState | None, zone: ZoneInfo) -> str:
    """How an agent fared when it last spoke: `up 3 days, quiet since Tue 24 Nov 2026, 08:15 because ...`."""
    if state is None:
        return ""
    words = []
    if state.uptime_s is not None:
        words.append(say("up {time}", time=sentences.span(state.uptime_s)))
    if code := state.quiet_because:
        why = say(QUIET[code]) if code in QUIET else code
        if state.quiet_since:
            words.append(
                say("quiet since {when} because {why}", when=moment(state.quiet_since, zone), why=why)
            )
        else:
            words.append(say("quiet because {why}", why=why))
    if state.undated_minutes:
        words.append(say("{time} of unknown date", time=sentences.minutes(state.undated_minutes)))
    return ", ".join(words)


def period(summary: Summary, zone: ZoneInfo) -> str:
    """A period's name for a person: `Week 48, 2026`, `Tue 24 Nov`, `Tue 24 Nov, 08:00`."""
    return (
        week_name(summary.label) if summary.kind == "week" else _dated(summary.kind, summary.starts_at, zone)
    )


def week_name(label: str) -> str:
    """`Week 48, 2026` for `2026-W48`."""
    year, _, week = label.partition("-W")
    return say("Week {number}, {year}", number=int(week), year=year) if week.isdecimal() else label


def reach(summary: Summary, zone: ZoneInfo) -> str:
    """Whether a period is complete, or how far its summary reaches."""
    return (
        say("complete")
        if summary.complete
        else say("so far, to {when}", when=moment(summary.through_at, zone))
    )


def school_days(days: tuple[str, ...]) -> str:
    """`mon tue wed`: the days as settings have them, or in the language's own short form."""
    if language() == "en":
        return " ".join(days)
    return " ".join(short_days()[WEEKDAYS.index(one)] for one in days)


def pair(rates: Rates) -> str:
    """`94.1 / 20.3`, down before up, for a column that says Mbps; a dash where nothing is known."""
    down, up = (rate(mbps).removesuffix(" Mbps") for mbps in (rates.down_mbps, rates.up_mbps))
    return f"{down} / {up}" if rates else "–"


def coverage(figures: UsageFigures) -> str:
    """`1,980 of 2,016 (98 %)`: five-minute means found of those expected."""
    if not figures.expected:
        return say("none expected")
    return say(
        "{found} of {expected} ({share})",
        found=f"{figures.found:,}",
        expected=f"{figures.expected:,}",
        share=percent(figures.coverage),
    )


def minutes(count: float | None) -> str:
    """Outage minutes: `0`, `under 1`, `37`; a dash when nothing was observed."""
    if count is None:
        return "–"
    return say("under 1") if 0 < count < 1 else f"{count:,.0f}"


def chain(found: ChainAnswer | None) -> str:
    """`1,234 summaries, whole, head 3f2a5b6c7d8e`, or what is broken in it."""
    if found is None:
        return say("none: its agent links no summaries")
    broken = [break_words(one) for one in found.breaks]
    more = [say("{n} more breaks", n=len(broken) - 3)] if len(broken) > 4 else []
    shown = broken[:3] if more else broken
    return say(
        "{summaries}, {state}, head {head}",
        summaries=say_many("{n} summary", "{n} summaries", found.received),
        state=say("broken: {breaks}", breaks="; ".join(shown + more)) if broken else say("whole"),
        head=found.head[:SHORT],
    )


def _dated(kind: str, at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    weekday, month = short_days()[local.weekday()], short_months()[local.month - 1]
    if kind == "day":
        return say("{weekday} {day} {month}", weekday=weekday, day=local.day, month=month)
    return say(
        "{weekday} {day} {month}, {time}",
        weekday=weekday,
        day=local.day,
        month=month,
        time=f"{local:%H:%M}",
    )
