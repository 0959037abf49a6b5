"""The first page for a superintendent or a board: what it says below the verdict, in its order.

When the line runs out, what it costs, what is at risk, and what is asked of whom by when. Each part always
has a line: what isn't known says what to set or to wait for. The homework gap alone is told only where
somebody keeps a tally of homes.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.cost_words import cost, money
from reports.deadline_words import full_or_contract, window, window_or_contract
from reports.fault_place import LessThanBought, Place, place_words
from reports.gaps import Gap
from reports.homework_words import homework_gap
from reports.outage_words import outages
from reports.outlook_words import contract_end, fuller, fullness, own_growth, scenarios
from reports.period_words import date_words
from reports.sentences import minutes, rate
from reports.week import WeeklyReport
from reports.week_words import duration
from reports.what_if import supposed
from reports.wording import say, say_many


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the page: its name and its sentences."""

    name: str
    sentences: tuple[str, ...]


def board_parts(report: WeeklyReport) -> tuple[Part, ...]:
    """The parts in the order in which a board reads them."""
    return (
        Part(
            say("When the line runs out"),
            _told(fullness(report), own_growth(report), scenarios(report), full_or_contract(report)),
        ),
        Part(say("What closing the gap costs"), tuple(cost(report))),
        Part(say("What is at risk"), _risk(report)),
        *_homework(report),
        Part(say("What is asked"), _asked(report)),
    )


def _homework(report: WeeklyReport) -> tuple[Part, ...]:
    words = homework_gap(report)
    return (Part(say("The homework gap"), (words,)),) if words else ()


def what_if_note(report: WeeklyReport) -> str | None:
    """That this is a what-if and of what; None on a report of what is."""
    if not report.what_if:
        return None
    return say(
        "What if, not a measurement. Supposed: {supposed}. Gap, headroom, dates and cost follow from that; "
        "tests, demand and outages are as measured.",
        supposed=supposed(report.what_if),
    )


def per_user(gap: Gap) -> str | None:
    """What is there for each person, beside what is recommended."""
    if not gap.people or gap.delivered_mbps is None or gap.required_mbps is None:
        return None
    each = rate(gap.delivered_mbps / gap.people)
    return say(
        "That is {rate} for each; {recommended} are recommended.",
        rate=say("at least {rate}", rate=each) if gap.at_least else each,
        recommended=rate(gap.required_mbps / gap.people),
    )


def _risk(report: WeeklyReport) -> tuple[str, ...]:
    return _told(_out(report), _full(report), _below(report), _places(report))


def _out(report: WeeklyReport) -> str:
    zone = report.hours.zone
    days = {outage.started_at.astimezone(zone).date() for outage in report.outages}
    return outages(report, on_days=len(days))


def _full(report: WeeklyReport) -> str | None:
    way = fuller(report)
    seen = report.headroom.up if way == "up" else report.headroom.down
    if seen.minutes_full is None or not seen.minutes_observed or report.what_if:
        return None
    of = duration(seen.minutes_observed * 60)
    if not seen.minutes_full:
        return say(
            "The line was never nearly full in the {time} of school hours that were observed.", time=of
        )
    return say(
        "For {time} of {observed} of school hours the line was four fifths full or more.",
        time=minutes(round(seen.minutes_full)),
        observed=of,
    )


def _below(report: WeeklyReport) -> str | None:
    found = report.below_target
    if found is None or report.what_if:
        return None
    if not found.hours_tested:
        return say(
            "On {days} of {tested} school days with a test, the line delivered less than is recommended.",
            days=found.days_below,
            tested=found.days_tested,
        )
    return say(
        "On {days} of {tested} school days with a test, and in {hours} of {hours_tested} school hours with "
        "one, the line delivered less than is recommended.",
        days=found.days_below,
        tested=found.days_tested,
        hours=found.hours_below,
        hours_tested=found.hours_tested,
    )


def _places(report: WeeklyReport) -> str | None:
    """Where the trouble lies: the places, the technical part has the evidence."""
    found = report.faults
    if not found.findings:
        return found.cannot_tell or say("Nothing that was seen points to a fault of the line.")
    counts: dict[Place, int] = {}
    for finding in found.findings:
        counts[finding.place] = counts.get(finding.place, 0) + 1
    told = [
        say_many("{place} ({n} sign)", "{place} ({n} signs)", count, place=place_words(place), n=count)
        for place, count in counts.items()
    ]
    return say("Where to look first: {places}.", places=", ".join(told))


def _asked(report: WeeklyReport) -> tuple[str, ...]:
    return _told(_provider(report), _decision(report), _by_when(report))


def _provider(report: WeeklyReport) -> str | None:
    """What the line's provider has to explain costs nothing to ask."""
    words = next((one.sentence for one in report.faults.findings if isinstance(one, LessThanBought)), None)
    if words is None:
        return None
    return say("Of the provider: why the line delivers less than was bought. {found}.", found=words)


def _decision(report: WeeklyReport) -> str:
    lead = report.gaps[0] if report.gaps else None
    if lead is None or not lead.applies:
        return say("Of the board: nothing, as long as no target applies here.")
    if lead.verdict == "not enough evidence":
        return say("Of the board: nothing yet, the evidence doesn't suffice.")
    if lead.verdict == "meets":
        stage = report.headroom.up.stage if fuller(report) == "up" else report.headroom.down.stage
        if stage in ("plan", "upgrade"):
            return say("Of the board: to plan for a larger line, for this one is filling up.")
        return say("Of the board: nothing. The line does what is recommended.")
    found = report.cost
    wanted = rate(lead.required_mbps)
    if found is None or found.target_monthly is None:
        return say("Of the board: a decision on a line of {rate}.", rate=wanted)
    return say(
        "Of the board: a decision on a line of {rate} at about {price} a month, before any discount.",
        rate=wanted,
        price=money(found.target_monthly, found.currency),
    )


def _by_when(report: WeeklyReport) -> str | None:
    if not report.gaps or report.gaps[0].verdict != "short":
        return contract_end(report)
    today = report.made_at.astimezone(report.hours.zone).date()
    decide_by, words = report.erate.decide_by, None
    if decide_by is not None:
        words = (
            say("This year's E-rate request was to be decided by {date}.", date=date_words(decide_by))
            if decide_by < today
            else say("This year's E-rate request is to be decided by {date}.", date=date_words(decide_by))
        )
    told = _told(words, window(report), contract_end(report), window_or_contract(report))
    return " ".join(told) or say("For a date, set erate.decide_by or contract.ends_on in agent.toml.")


def _told(*sentences: str | None) -> tuple[str, ...]:
    return tuple(words for words in sentences if words)
