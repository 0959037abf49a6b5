"""When the line runs out, in words: how full it is, how demand grows, and in which month that fills it.

The way that is fuller is spoken of. A month is as near as such a date can be told on a first page; the tables
of the technical part have the day. What others report of growth is told as a scenario with its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from reports.fault_place import WAY_WORDS
from reports.forecast import Crossing
from reports.headroom import Headroom
from reports.outlook import Course, Outlook
from reports.period_words import MONTHS, date_words
from reports.sentences import percent
from reports.week import WeeklyReport

STAGE_WORDS = {
    "room": "there is room",
    "watch": "time to watch it",
    "plan": "time to plan more",
    "upgrade": "time to have more",
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
    supposed = "would use" if report.what_if else "uses"
    return (
        f"In busy school hours the school {supposed} {percent(share.utilisation)} of the {WAY_WORDS[way]} "
        f"rate that the line delivers: {STAGE_WORDS[share.stage]}. (Network operators watch at "
        "60 %, plan at 70 % and upgrade at 80 %; that is their practice, no education body sets a figure.)"
    )


def own_growth(report: WeeklyReport) -> str:
    """The school's own growth and its months, or why they aren't known."""
    outlook = _of(report, fuller(report))[1]
    if outlook.demand_mbps is None and report.uncounted:
        return f"When the line will be full isn't known: {report.uncounted}."
    if outlook.demand_mbps is None:
        return "When the line will be full isn't known before there is a week of demand."
    if not outlook.capacity_mbps:
        return "When the line will be full isn't known before a test that counts has measured it."
    own, growth = outlook.own, outlook.growth
    if own is None or growth is None:
        weeks = sum(week.p95_mbps is not None for week in outlook.weeks)
        return (
            "How fast this school's own demand grows isn't known before there is a year of weeks to compare "
            f"with: {weeks} so far."
        )
    spread = f"{percent_a_year(growth.low)} to {percent_a_year(growth.high)}"
    words = f"This school's own demand {_moves(growth.rate)} a year ({spread}). "
    words += f"So four fifths of the line are used {_when(own.at_80)}, and all of it {_when(own.at_100)}."
    return words + (" The line held demand back, so it may truly grow faster." if growth.capped else "")


def scenarios(report: WeeklyReport) -> str | None:
    """What others report of growth, and when that would fill the line; None where no date can be told."""
    courses = [course for course in _of(report, fuller(report))[1].courses if not course.own]
    if not courses or any(course.at_100.state == "unknown" for course in courses):
        return None
    if all(course.at_100.state == "already" for course in courses):
        return "All that the line delivers is used already."
    told = ", ".join(f"{_when(course.at_100)} if {_grows(course)}" for course in courses)
    return f"Scenarios, no forecasts of this school: all of it is used {told}."


def contract_end(report: WeeklyReport) -> str | None:
    """When the contract ends, the next time to buy another line."""
    ends_on = report.contract.ends_on
    if ends_on is None:
        return None
    over = ends_on < report.made_at.astimezone(report.hours.zone).date()
    return f"The contract {'ended' if over else 'ends'} on {date_words(ends_on)}."


def course_lines(outlook: Outlook) -> tuple[CourseLine, ...]:
    """The courses of one way, the school's own first."""
    return tuple(
        CourseLine(
            "This school's own growth" if course.own else f"Scenario: {course.by or course.name}",
            percent_a_year(course.rate),
            _day(course.at_80),
            _day(course.at_100),
            course.source,
        )
        for course in outlook.courses
    )


def percent_a_year(rate: float) -> str:
    """`30 %`, `-4 %`."""
    return f"{round(rate * 100)} %"


def month_words(day: date) -> str:
    """`July 2028`."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def _grows(course: Course) -> str:
    words = course.name if course.name.startswith("triples") else f"grows by {course.name}"
    return f"demand {words} ({course.by})" if course.by else f"demand {words}"


def _moves(rate: float) -> str:
    return f"grows by {percent_a_year(rate)}" if rate >= 0 else f"shrinks by {percent_a_year(-rate)}"


def _when(at: Crossing) -> str:
    if at.state == "already":
        return "already"
    if at.on is None:
        return "not within ten years"
    words = f"in {month_words(at.on)}"
    if at.earliest is None or at.earliest == at.latest:
        return words
    latest = "later than in ten years" if at.latest is None else month_words(at.latest)
    earliest = month_words(at.earliest)
    if earliest == latest:
        return words
    if at.latest is not None and at.latest.year == at.earliest.year:
        earliest = MONTHS[at.earliest.month - 1]
    return f"{words} ({earliest} to {latest})"


def _day(at: Crossing) -> str:
    if at.on is None:
        return {"already": "already", "beyond": "not within ten years"}.get(at.state, "not known")
    words = date_words(at.on)
    if at.earliest is None or at.earliest == at.latest:
        return words
    latest = "beyond ten years" if at.latest is None else date_words(at.latest)
    return f"{words} ({date_words(at.earliest)} to {latest})"


def _of(report: WeeklyReport, way: str) -> tuple[Headroom, Outlook]:
    if way == "up":
        return report.headroom.up, report.outlook.up
    return report.headroom.down, report.outlook.down
