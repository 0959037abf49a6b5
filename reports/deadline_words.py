"""The dates ahead in words: what the first page says of E-rate's window and the contract, and a table of all.

Each sentence is whole by itself. What E-rate announces isn't known here beyond what the settings name.
"""

from __future__ import annotations

from reports.dates_ahead import DateAhead, Event, dates_ahead, forces, today
from reports.outlook import Outlook
from reports.outlook_words import fuller
from reports.period_words import date_words
from reports.week import WeeklyReport

EVENTS: dict[Event, str] = {
    "decide": "This year's E-rate request is to be decided by this day",
    "window opens": "The E-rate window opens",
    "window closes": "The E-rate window closes",
    "contract ends": "The contract ends",
    "four fifths": "Four fifths of the line are used, by this school's own growth",
    "full": "All of the line is used, by this school's own growth",
}


def window(report: WeeklyReport) -> str | None:
    """When requests for E-rate can be filed; None where nobody told."""
    opens, closes, now = report.erate.window_opens, report.erate.window_closes, today(report)
    if closes is None:
        return None
    if closes < now:
        return f"The E-rate window that is known closed on {date_words(closes)}."
    if opens is not None and opens > now:
        return f"The next E-rate window is from {date_words(opens)} to {date_words(closes)}."
    return f"The E-rate window closes on {date_words(closes)}."


def window_or_contract(report: WeeklyReport) -> str | None:
    """Which of the window and the contract's end forces the decision; None without both ahead."""
    closes, ends_on, now = report.erate.window_closes, report.contract.ends_on, today(report)
    if closes is None or ends_on is None or min(closes, ends_on) < now:
        return None
    if closes <= ends_on:
        return "The window closes before the contract ends, so it is the window that forces the decision."
    return "The contract ends before the window closes, so it is the contract that forces the decision."


def full_or_contract(report: WeeklyReport) -> str | None:
    """Whether the school's own growth fills the line before its contract ends; None where unknown."""
    outlook: Outlook = report.outlook.up if fuller(report) == "up" else report.outlook.down
    ends_on, own = report.contract.ends_on, outlook.own
    if ends_on is None or ends_on < today(report) or own is None:
        return None
    if own.at_100.state in ("already", "unknown"):
        return None
    if own.at_100.on is not None and own.at_100.on <= ends_on:
        return f"By the school's own growth it is full before the contract ends on {date_words(ends_on)}."
    return f"By the school's own growth the contract ends on {date_words(ends_on)}, before it is full."


def date_lines(report: WeeklyReport) -> tuple[tuple[str, str], ...]:
    """Each date that lies ahead and what it is, for a table."""
    return tuple((date_words(one.on), _event(one)) for one in dates_ahead(report))


def forced_by(report: WeeklyReport) -> str:
    """What forces the decision, in a sentence for under that table."""
    found = forces(report)
    if found is None:
        return (
            "No date that forces a decision is known: erate.decide_by, erate.window_closes and "
            "contract.ends_on in agent.toml name one."
        )
    return f"The first of these dates after which a decision is late is {date_words(found.on)}."


def _event(one: DateAhead) -> str:
    if one.by:
        return f"All of the line is used, by the scenario of {one.by}"
    return EVENTS[one.event]
