"""The first page for a superintendent or a board: what it says below the verdict, in its order.

When the line runs out, what it costs, what is at risk, and what is asked of whom by when. Each part always
has a line: what isn't known says what to set or to wait for. The homework gap alone is told only where
somebody keeps a tally of homes.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.cost_words import cost, money
from reports.deadline_words import full_or_contract, window, window_or_contract
from reports.gaps import Gap
from reports.homework_words import homework_gap
from reports.outage_words import outages
from reports.outlook_words import contract_end, fuller, fullness, own_growth, scenarios
from reports.period_words import date_words
from reports.sentences import minutes, rate
from reports.week import WeeklyReport
from reports.week_words import duration
from reports.what_if import supposed


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page: its name and its sentences."""

    name: str
    sentences: tuple[str, ...]


def board_parts(report: WeeklyReport) -> tuple[Part, ...]:
    """The parts in the order in which a board reads them."""
    return (
        Part(
            "When the line runs out",
            _told(fullness(report), own_growth(report), scenarios(report), full_or_contract(report)),
        ),
        Part("What closing the gap costs", tuple(cost(report))),
        Part("What is at risk", _risk(report)),
        *_homework(report),
        Part("What is asked", _asked(report)),
    )


def _homework(report: WeeklyReport) -> tuple[Part, ...]:
    words = homework_gap(report)
    return (Part("The homework gap", (words,)),) if words else ()


def what_if_note(report: WeeklyReport) -> str | None:
    """That this is a what-if and of what; None on a report of what is."""
    if not report.what_if:
        return None
    return (
        f"What if, not a measurement. Supposed: {supposed(report.what_if)}. Gap, headroom, dates and cost "
        "follow from that; tests, demand and outages are as measured."
    )


def per_user(gap: Gap) -> str | None:
    """What is there for each person, beside what is recommended."""
    if not gap.people or gap.delivered_mbps is None or gap.required_mbps is None:
        return None
    least = "at least " if gap.at_least else ""
    return (
        f"That is {least}{rate(gap.delivered_mbps / gap.people)} for each; "
        f"{rate(gap.required_mbps / gap.people)} are recommended."
    )


def _risk(report: WeeklyReport) -> tuple[str, ...]:
    return _told(_out(report), _full(report), _below(report), _places(report))


def _out(report: WeeklyReport) -> str:
    zone = report.hours.zone
    days = {outage.started_at.astimezone(zone).date() for outage in report.outages}
    words = outages(report)
    return (
        f"{words.removesuffix('.')}, on {len(days)} {'day' if len(days) == 1 else 'days'}." if days else words
    )


def _full(report: WeeklyReport) -> str | None:
    way = fuller(report)
    seen = report.headroom.up if way == "up" else report.headroom.down
    if seen.minutes_full is None or not seen.minutes_observed or report.what_if:
        return None
    of = duration(seen.minutes_observed * 60)
    if not seen.minutes_full:
        return f"The line was never nearly full in the {of} of school hours that were observed."
    full = minutes(round(seen.minutes_full))
    return f"For {full} of {of} of school hours the line was four fifths full or more."


def _below(report: WeeklyReport) -> str | None:
    found = report.below_target
    if found is None or report.what_if:
        return None
    words = f"On {found.days_below} of {found.days_tested} school days with a test"
    if found.hours_tested:
        words += f", and in {found.hours_below} of {found.hours_tested} school hours with one"
    return f"{words}, the line delivered less than is recommended."


def _places(report: WeeklyReport) -> str | None:
    """Where the trouble lies: the places, the technical part has the evidence."""
    found = report.faults
    if not found.findings:
        return found.cannot_tell or "Nothing that was seen points to a fault of the line."
    counts: dict[str, int] = {}
    for finding in found.findings:
        counts[finding.place] = counts.get(finding.place, 0) + 1
    told = [f"{place} ({count} {'sign' if count == 1 else 'signs'})" for place, count in counts.items()]
    return f"Where to look first: {', '.join(told)}."


def _asked(report: WeeklyReport) -> tuple[str, ...]:
    return _told(_provider(report), _decision(report), _by_when(report))


def _provider(report: WeeklyReport) -> str | None:
    """What the line's provider has to explain costs nothing to ask."""
    signs = [one.sentence for one in report.faults.findings if one.place == "the provider's line"]
    words = next((one for one in signs if "of the contract's" in one), None)
    if words is None:
        return None
    return f"Of the provider: why the line delivers less than was bought. {words}."


def _decision(report: WeeklyReport) -> str:
    lead = report.gaps[0] if report.gaps else None
    if lead is None or not lead.applies:
        return "Of the board: nothing, as long as no target applies here."
    if lead.verdict == "not enough evidence":
        return "Of the board: nothing yet, the evidence doesn't suffice."
    if lead.verdict == "meets":
        stage = report.headroom.up.stage if fuller(report) == "up" else report.headroom.down.stage
        if stage in ("plan", "upgrade"):
            return "Of the board: to plan for a larger line, for this one is filling up."
        return "Of the board: nothing. The line does what is recommended."
    found = report.cost
    price = (
        f" at about {money(found.target_monthly, found.currency)} a month, before any discount"
        if found is not None and found.target_monthly is not None
        else ""
    )
    return f"Of the board: a decision on a line of {rate(lead.required_mbps)}{price}."


def _by_when(report: WeeklyReport) -> str | None:
    if not report.gaps or report.gaps[0].verdict != "short":
        return contract_end(report)
    today = report.made_at.astimezone(report.hours.zone).date()
    decide_by, words = report.erate.decide_by, None
    if decide_by is not None:
        passed = "was to be" if decide_by < today else "is to be"
        words = f"This year's E-rate request {passed} decided by {date_words(decide_by)}."
    told = _told(words, window(report), contract_end(report), window_or_contract(report))
    return " ".join(told) or "For a date, set erate.decide_by or contract.ends_on in agent.toml."


def _told(*sentences: str | None) -> tuple[str, ...]:
    return tuple(words for words in sentences if words)
