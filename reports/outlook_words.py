"""When the line runs out, in words: how full it is, how demand grows, and in which month that fills it.

The way that is fuller is spoken of. A month is as near as such a date can be told on a first page; the tables
of the technical part have the day. What others report of growth is told as a scenario with its source.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.forecast import Crossing, Growth
from reports.headroom import Headroom
from reports.outlook import Course, Outlook
from reports.period_words import date_words, dates, month_words, months_named
from reports.sentences import percent
from reports.week import WeeklyReport
from reports.wording import later, say, say_many

STAGE_WORDS = {
    "room": later("there is room"),
    "watch": later("time to watch it"),
    "plan": later("time to plan more"),
    "upgrade": later("time to have more"),
}


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One course for a table, dates written out."""

    name: str
    rate: str
    at_80: str
    at_100: str
    source: str


def fuller(report: WeeklyReport) -> str:
    """The way of which school hours use the larger share; a what-if is about the download."""
    down, up = report.headroom.down.utilisation, report.headroom.up.utilisation
    return "up" if up is not None and up > (down or 0.0) and not report.what_if else "down"


def fullness(report: WeeklyReport) -> str | None:
    """How much of the line school hours use, and what operators would make of it."""
    way = fuller(report)
    share = _of(report, way)[0]
    if share.utilisation is None or share.stage is None:
        return None
    words = _USES[way, bool(report.what_if)]
    uses = say(words, share=percent(share.utilisation), stage=say(STAGE_WORDS[share.stage]))
    practice = say(
        "(Network operators watch at 60 %, plan at 70 % and upgrade at 80 %; that is their practice, no "
        "education body sets a figure.)"
    )
    return f"{uses} {practice}"


_USES = {
    ("down", False): later(
        "In busy school hours the school uses {share} of the download rate that the line delivers: {stage}."
    ),
    ("up", False): later(
        "In busy school hours the school uses {share} of the upload rate that the line delivers: {stage}."
    ),
    ("down", True): later(
        "In busy school hours the school would use {share} of the download rate that the line delivers: "
        "{stage}."
    ),
    ("up", True): later(
        "In busy school hours the school would use {share} of the upload rate that the line delivers: "
        "{stage}."
    ),
}
"""By the way, and whether it is a what-if."""


def own_growth(report: WeeklyReport) -> str:
    """The school's own growth and its months, or why they aren't known."""
    outlook = _of(report, fuller(report))[1]
    if outlook.demand_mbps is None and report.uncounted:
        return say("When the line will be full isn't known: {why}.", why=report.uncounted)
    if outlook.demand_mbps is None:
        return say("When the line will be full isn't known before there is a week of demand.")
    if not outlook.capacity_mbps:
        return say("When the line will be full isn't known before a test that counts has measured it.")
    own, growth = outlook.own, outlook.growth
    if own is None or growth is None:
        weeks = sum(week.p95_mbps is not None for week in outlook.weeks)
        return say_many(
            "How fast this school's own demand grows isn't known before there is a year of weeks to compare "
            "with: {n} so far.",
            "How fast this school's own demand grows isn't known before there is a year of weeks to compare "
            "with: {n} so far.",
            weeks,
            n=weeks,
        )
    told = [
        _moves(growth),
        say(
            "So four fifths of the line are used {at_80}, and all of it {at_100}.",
            at_80=_when(own.at_80),
            at_100=_when(own.at_100),
        ),
    ]
    if growth.capped:
        told.append(say("The line held demand back, so it may truly grow faster."))
    return " ".join(told)


def scenarios(report: WeeklyReport) -> str | None:
    """What others report of growth, and when that would fill the line; None where no date can be told."""
    courses = [course for course in _of(report, fuller(report))[1].courses if not course.own]
    if not courses or any(course.at_100.state == "unknown" for course in courses):
        return None
    if all(course.at_100.state == "already" for course in courses):
        return say("All that the line delivers is used already.")
    told = ", ".join(
        say("{when} if {demand_grows}", when=_when(course.at_100), demand_grows=_grows(course))
        for course in courses
    )
    return say("Scenarios, no forecasts of this school: all of it is used {when}.", when=told)


def contract_end(report: WeeklyReport) -> str | None:
    """When the contract ends, the next time to buy another line."""
    ends_on = report.contract.ends_on
    if ends_on is None:
        return None
    if ends_on < report.made_at.astimezone(report.hours.zone).date():
        return say("The contract ended on {date}.", date=date_words(ends_on))
    return say("The contract ends on {date}.", date=date_words(ends_on))


def course_lines(outlook: Outlook) -> tuple[CourseLine, ...]:
    """The courses of one way, the school's own first."""
    return tuple(
        CourseLine(
            say("This school's own growth")
            if course.own
            else say("Scenario: {name}", name=say(course.by or course.name)),
            percent_a_year(course.rate),
            _day(course.at_80),
            _day(course.at_100),
            say(course.source),
        )
        for course in outlook.courses
    )


def percent_a_year(rate: float) -> str:
    """`30 %`, `-4 %`."""
    return f"{round(rate * 100)} %"


def _grows(course: Course) -> str:
    if course.name.startswith("triples"):
        words = say("demand triples in three years")
    else:
        words = say("demand grows by {rate} a year", rate=percent_a_year(course.rate))
    return f"{words} ({say(course.by)})" if course.by else words


def _moves(growth: Growth) -> str:
    low, high = percent_a_year(growth.low), percent_a_year(growth.high)
    if growth.rate >= 0:
        rate = percent_a_year(growth.rate)
        return say(
            "This school's own demand grows by {rate} a year ({low} to {high}).",
            rate=rate,
            low=low,
            high=high,
        )
    rate = percent_a_year(-growth.rate)
    return say(
        "This school's own demand shrinks by {rate} a year ({low} to {high}).", rate=rate, low=low, high=high
    )


def _when(at: Crossing) -> str:
    if at.state == "already":
        return say("already")
    if at.on is None:
        return say("not within ten years")
    words = say("in {month}", month=month_words(at.on))
    if at.earliest is None or at.earliest == at.latest:
        return words
    latest = say("later than in ten years") if at.latest is None else month_words(at.latest)
    earliest = month_words(at.earliest)
    if earliest == latest:
        return words
    if at.latest is not None and at.latest.year == at.earliest.year:
        earliest = months_named()[at.earliest.month - 1]
    return f"{words} ({say('{start} to {end}', start=earliest, end=latest)})"


def _day(at: Crossing) -> str:
    if at.on is None:
        known = {"already": say("already"), "beyond": say("not within ten years")}
        return known.get(at.state, say("not known"))
    words = date_words(at.on)
    if at.earliest is None or at.earliest == at.latest:
        return words
    latest = say("beyond ten years") if at.latest is None else date_words(at.latest)
    return f"{words} ({dates(date_words(at.earliest), latest)})"


def _of(report: WeeklyReport, way: str) -> tuple[Headroom, Outlook]:
    if way == "up":
        return report.headroom.up, report.outlook.up
    return report.headroom.down, report.outlook.down
