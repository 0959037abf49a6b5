"""Which dates lie ahead of a decision, in their order: what forces one, and when the line is full.

A date that somebody has to know - a contract's end, E-rate's window - is the one that the site's settings
name, and is None until they do: windows are announced anew each year. When the line is full is the outlook's,
in the way that is fuller: by the school's own growth, or while that isn't known by each scenario.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from reports.outlook import Outlook
from reports.outlook_words import fuller
from reports.week import WeeklyReport

Event = Literal["decide", "window opens", "window closes", "contract ends", "four fifths", "full"]
FORCING: tuple[Event, ...] = ("decide", "window closes", "contract ends")
"""After these a decision is late."""


@dataclass(frozen=True, slots=True)
class DateAhead:
    """One date; ``by`` is the growth it follows from, the site's own where it is empty."""

    on: date
    event: Event
    by: str = ""


def dates_ahead(report: WeeklyReport) -> tuple[DateAhead, ...]:
    """All that are known and not past, the nearest first."""
    found = [*_settings(report), *_outlook(report)]
    return tuple(sorted((one for one in found if one.on >= today(report)), key=lambda one: one.on))


def forces(report: WeeklyReport) -> DateAhead | None:
    """The first date after which a decision is late; None where no such date is known."""
    return next((one for one in dates_ahead(report) if one.event in FORCING), None)


def today(report: WeeklyReport) -> date:
    """The day on which the report is made, at the site."""
    return report.made_at.astimezone(report.hours.zone).date()


def _settings(report: WeeklyReport) -> list[DateAhead]:
    erate = report.erate
    named: tuple[tuple[date | None, Event], ...] = (
        (erate.decide_by, "decide"),
        (erate.window_opens, "window opens"),
        (erate.window_closes, "window closes"),
        (report.contract.ends_on, "contract ends"),
    )
    return [DateAhead(on, event) for on, event in named if on is not None]


def _outlook(report: WeeklyReport) -> list[DateAhead]:
    outlook: Outlook = report.outlook.up if fuller(report) == "up" else report.outlook.down
    courses = [outlook.own] if outlook.own else outlook.courses
    found = []
    for course in courses:
        by = "" if course.own else course.by or course.name
        if course.own and course.at_80.on is not None:
            found.append(DateAhead(course.at_80.on, "four fifths", by))
        if course.at_100.on is not None:
            found.append(DateAhead(course.at_100.on, "full", by))
    return found
