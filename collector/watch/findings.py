"""What the evidence of one site says now, kind by kind: it holds, it doesn't, or nobody knows. Pure.

A finding is made from all facts that are there, and the newest decide, so that neither the order in which
they came nor how often changes it. It carries how far its evidence reaches and until when that is news:
evidence that came too late opens no episode, whatever it says, and may still end one. N of M school days
are of the last M on which there is evidence; weekends, holidays and days without a trusted test are none of
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, get_args

from collector.watch.liveness import Liveness
from reports.percentiles import median
from reports.samples import Rates

Kind = Literal["silent", "outage", "below_target", "full_line", "under_delivered", "over_budget"]
KINDS: tuple[Kind, ...] = get_args(Kind)

NEWS_OF_HOURS = timedelta(hours=3)
NEWS_OF_DAYS = timedelta(days=4)
"""A long weekend; what is older than this is told by reports."""

ENOUGH_SEEN = 0.5
"""Of a day's five-minute means in school hours, for its 95th percentile to count."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind at one site. ``through`` is how far its evidence reaches, ``news_until`` how long that is
    news.

    ``since`` is when what holds began; ``figures`` are what its words are made of.
    """

    kind: Kind
    holds: bool
    through: datetime
    since: datetime | None = None
    news_until: datetime | None = None
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on something is wrong: N of M school days, minutes of an hour, shares."""

    days: int = 3
    of_days: int = 5
    outage_minutes: float = 10.0
    full_share: float = 0.8
    contract_share: float = 0.8


@dataclass(frozen=True, slots=True)
class HourFact:
    """An hour that is over, and its minutes of outage; None where nobody saw it."""

    starts_at: datetime
    ends_at: datetime
    outage_minutes: float | None


@dataclass(frozen=True, slots=True)
class DayFact:
    """A school day that is over: the median of its trusted tests, its demand, and what its tests moved."""

    day: date
    ends_at: datetime
    delivered: Rates
    p95: Rates
    seen: float | None
    school: bool
    tests_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a site's days are held against; None and empty where nothing is asked, bought or set."""

    required: Rates = field(default_factory=Rates)
    contracted: Rates = field(default_factory=Rates)
    budget_bytes: float | None = None


def silent(found: Liveness, heard_at: datetime | None, now: datetime) -> Finding | None:
    """None for a site that was never heard."""
    if heard_at is None or found.silent_at is None:
        return None
    holds = found.state == "silent"
    return Finding(
        "silent",
        holds,
        through=now if holds else heard_at,
        since=heard_at if holds else None,
        figures={"every_s": found.every_s},
    )


def outage(hours: Sequence[HourFact], rule: Thresholds, told_until: datetime | None) -> Finding | None:
    """By the newest hour that anybody saw. ``told_until`` is when the last silence ended: an outage before
    that was told with it."""
    seen = sorted((one for one in hours if one.outage_minutes is not None), key=lambda one: one.starts_at)
    if not seen:
        return None
    bad: list[HourFact] = []
    for one in reversed(seen):
        if (one.outage_minutes or 0.0) < rule.outage_minutes:
            break
        bad.insert(0, one)
    newest = seen[-1]
    if not bad:
        return Finding("outage", False, newest.ends_at)
    news = newest.ends_at + NEWS_OF_HOURS
    if told_until is not None and newest.starts_at < told_until:
        news = newest.starts_at
    minutes = sum(one.outage_minutes or 0.0 for one in bad)
    return Finding("outage", True, newest.ends_at, bad[0].starts_at, news, {"minutes": round(minutes)})


def of_days(days: Sequence[DayFact], bounds: Bounds, rule: Thresholds) -> list[Finding]:
    """What N of the last M school days say: of target, contract and demand."""
    school = sorted((one for one in days if one.school), key=lambda one: one.day)
    tested = [one for one in school if one.delivered][-rule.of_days :]
    found = []
    if bounds.required and tested:
        found.append(
            _counted("below_target", tested, lambda one: _below(one.delivered, bounds.required), rule)
        )
    if bounds.contracted and tested:
        asked = _times(bounds.contracted, rule.contract_share)
        found.append(_counted("under_delivered", tested, lambda one: _below(one.delivered, asked), rule))
    capacity = Rates(
        median(one.delivered.down_mbps for one in tested), median(one.delivered.up_mbps for one in tested)
    )
    counted = [one for one in school if one.p95 and (one.seen or 0.0) >= ENOUGH_SEEN][-rule.of_days :]
    if capacity and counted:
        full = _times(capacity, rule.full_share)
        found.append(_counted("full_line", counted, lambda one: _reached(one.p95, full), rule))
    return found


def over_budget(
    days: Sequence[DayFact], budget_bytes: float | None, today: date, now: datetime
) -> Finding | None:
    """What tests moved in the running month, by the days that have been told."""
    if budget_bytes is None:
        return None
    month = sorted(
        (one for one in days if (one.day.year, one.day.month) == (today.year, today.month)),
        key=lambda one: one.day,
    )
    moved, since = 0.0, None
    for one in month:
        moved += one.tests_bytes
        if since is None and moved > budget_bytes:
            since = one.ends_at
    through = month[-1].ends_at if month else now
    figures = {"moved_bytes": moved, "budget_bytes": budget_bytes}
    return Finding("over_budget", since is not None, through, since, through + NEWS_OF_DAYS, figures)


def _counted(
    kind: Kind, days: Sequence[DayFact], bad: Callable[[DayFact], bool], rule: Thresholds
) -> Finding:
    wrong = [one for one in days if bad(one)]
    holds = len(wrong) >= rule.days
    newest = days[-1]
    return Finding(
        kind,
        holds,
        newest.ends_at,
        wrong[0].ends_at if holds else None,
        newest.ends_at + NEWS_OF_DAYS,
        {"days": len(wrong), "of_days": len(days)},
    )


def _below(have: Rates, want: Rates) -> bool:
    return any(
        asked is not None and found is not None and found < asked
        for asked, found in ((want.down_mbps, have.down_mbps), (want.up_mbps, have.up_mbps))
    )


def _reached(have: Rates, limit: Rates) -> bool:
    return any(
        full is not None and found is not None and found >= full
        for full, found in ((limit.down_mbps, have.down_mbps), (limit.up_mbps, have.up_mbps))
    )


def _times(rates: Rates, share: float) -> Rates:
    return Rates(
        None if rates.down_mbps is None else rates.down_mbps * share,
        None if rates.up_mbps is None else rates.up_mbps * share,
    )
