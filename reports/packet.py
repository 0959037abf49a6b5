"""What a communication packet may say: a week's report as flat facts, each a text ready to print or None.

Templates get these names and no others, so that no figure stands in a packet that the report doesn't hold.
Without a verdict every measured fact is None: a packet that nobody may doubt yet makes no claim, whatever a
template says. Providers aren't named, and nothing is said of whose fault a gap is.
``config/packet/README.md`` documents the names for those who edit templates.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, overload

from reports.costs import CostToClose
from reports.forecast import Crossing
from reports.gaps import Gap
from reports.outage_words import outages
from reports.period_words import date_words, month_words, period_name, period_span
from reports.posts import shortened
from reports.publisher import PacketSettings
from reports.sentences import delivered, percent, rate
from reports.targets import BASIS_WORDS
from reports.week import WeeklyReport
from reports.week_methods import source_note
from reports.week_words import demanded, duration, served
from reports.wording import say

_Words = Mapping[str, Any]
Standing = Literal["short", "meets", "too early"]

SHORT_NAME, SHORT_TARGET = 40, 24
"""A post of 280 characters has room for names of so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketFacts:
    """The vocabulary of a packet's templates. ``standing`` is what they choose their words by."""

    standing: Standing
    school: str
    school_short: str
    district: str | None = None
    contact_name: str | None = None
    contact_email: str | None = None
    contact_phone: str | None = None
    website: str | None = None
    week: str
    week_number: str
    made_on: str
    target: str | None = None
    target_short: str | None = None
    source: str | None = None
    source_url: str | None = None
    direction: str | None = None
    delivered: str | None = None
    recommended: str | None = None
    gap: str | None = None
    share: str | None = None
    served_words: str | None = None
    people: str | None = None
    people_served: str | None = None
    people_unserved: str | None = None
    heads: str | None = None
    contracted: str | None = None
    contract_ends: str | None = None
    demand: str | None = None
    demand_words: str | None = None
    outage_time: str | None = None
    outage_words: str | None = None
    tests: str | None = None
    school_days: str | None = None
    cost_now: str | None = None
    cost_target: str | None = None
    cost_more: str | None = None
    cost_local: str | None = None
    cost_source: str | None = None
    full_in: str | None = None
    decide_by: str | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a week's report may know of what comes: the cost of closing the gap, when the school's own growth
    fills the line, and until when the year's request must be decided."""

    cost: CostToClose | None = None
    full: Crossing | None = None
    decide_by: date | None = None


def packet_facts(report: WeeklyReport, publisher: PacketSettings, ahead: Ahead) -> PacketFacts:
    """The facts of a week."""
    zone = report.hours.zone
    dates = period_span(report.period, zone)
    about = PacketFacts(
        standing=standing(report),
        school=isolated(report.site.name),
        school_short=isolated(shortened(report.site.name, SHORT_NAME)),
        district=isolated(publisher.district),
        contact_name=isolated(publisher.contact_name),
        contact_email=publisher.contact_email,
        contact_phone=publisher.contact_phone,
        website=publisher.website,
        week=dates if report.summary.complete else say("{dates}, so far", dates=dates),
        week_number=period_name(report.period),
        made_on=date_words(report.made_at.astimezone(zone).date()),
    )
    if about.standing == "too early":
        return about
    return replace(about, **_gap(report.gaps[0]), **_line(report), **_ahead(ahead))


def standing(report: WeeklyReport) -> Standing:
    """Whether there is anything to claim; a target that doesn't apply here is no ground for it either."""
    lead = report.gaps[0] if report.gaps else None
    if lead is None or not lead.applies or lead.verdict == "not enough evidence":
        return "too early"
    return lead.verdict


def _gap(lead: Gap) -> _Words:
    target = lead.target
    short = lead.verdict == "short"
    some = lead.people is not None and lead.people_served is not None
    unserved = lead.people - lead.people_served if lead.people and lead.people_served is not None else None
    return {
        "target": isolated(target.name),
        "target_short": isolated(shortened(target.name, SHORT_TARGET)),
        "source_url": target.url if target.url.startswith(("https://", "http://")) else None,
        "direction": say("upload") if lead.way == "up" else say("download"),
        "delivered": delivered(lead),
        "recommended": rate(lead.required_mbps),
        "gap": rate(lead.shortfall_mbps) if short else None,
        "share": percent(lead.share_met) if short else None,
        "served_words": served(lead),
        "people": f"{lead.people:,}" if some else None,
        "people_served": f"{lead.people_served:,}" if some else None,
        "people_unserved": f"{unserved:,}" if unserved else None,
        "heads": say(BASIS_WORDS[target.basis]) if some and target.basis != "school" else None,
        "tests": f"{lead.tests:,}",
        "school_days": f"{lead.school_days:,}",
    }


def _line(report: WeeklyReport) -> _Words:
    up = report.gaps[0].way == "up"
    p95, contract, out = report.summary.usage_school.p95, report.contract, report.summary.outage_minutes
    bought, used = (contract.up_mbps, p95.up_mbps) if up else (contract.down_mbps, p95.down_mbps)
    return {
        "source": source_note(report),
        "contracted": None if bought is None else rate(bought),
        "contract_ends": None if contract.ends_on is None else date_words(contract.ends_on),
        "demand": None if used is None else rate(used),
        "demand_words": demanded(report) if used is not None and not up else None,
        "outage_time": duration(out * 60) if out else None,
        "outage_words": outages(report) if out is not None else None,
    }


def ahead_of(report: WeeklyReport) -> Ahead:
    """What this report knows of it, in the way that its gap speaks of."""
    up = bool(report.gaps) and report.gaps[0].way == "up"
    course = (report.outlook.up if up else report.outlook.down).own
    return Ahead(
        cost=report.cost,
        full=course.at_100 if course else None,
        decide_by=report.erate.decide_by,
    )


def _ahead(ahead: Ahead) -> _Words:
    full, by = ahead.full, ahead.decide_by
    return {
        **_cost(ahead.cost),
        "full_in": month_words(full.on) if full and full.on else None,
        "decide_by": date_words(by) if by else None,
    }


def _cost(cost: CostToClose | None) -> _Words:
    """A month's price now and at target, the local share only where a discount is known."""
    if cost is None:
        return {}

    def month(amount: float | None) -> str | None:
        return None if amount is None else say("{price} a month", price=f"{amount:,.0f} {cost.currency}")

    source = next((line.source for line in cost.lines if line.kind == "recurring"), None)
    more = cost.more_monthly
    return {
        "cost_now": month(cost.now_monthly),
        "cost_target": month(cost.target_monthly),
        "cost_more": month(more) if more is not None and more > 0 else None,
        "cost_local": month(cost.more_monthly_net)
        if cost.discount and more is not None and more > 0
        else None,
        "cost_source": source,
    }


@overload
def isolated(words: str) -> str: ...
@overload
def isolated(words: str | None) -> str | None: ...
def isolated(words: str | None) -> str | None:
    """A name written from right to left, kept from reordering the figures beside it (Unicode UAX 9)."""
    if words and any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in words):
        return f"\u2068{words}\u2069"
    return words
