"""The tests that don't count, one by one: when, by which engine against which server, and for which reasons.

Each reason stands in words with its code beside it, so that somebody can look for it. Failed tests are among
them: they have no figure. A test that confirms the one before it isn't: the two count once.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.confirmation import CONFIRMS
from reports.period_words import option
from reports.samples import CapacitySample
from reports.sentences import outcome, rate
from reports.week import WeeklyReport
from reports.week_words import moment

DASH = "–"

NO_VERDICT = (
    "No verdict and no median rests on these. A lower bound may show that a target is met, and never that "
    "the line falls short of it."
)


@dataclass(frozen=True, slots=True)
class SetAside:
    """One such test in words; ``codes`` are its reasons as the data has them."""

    at: str
    engine: str
    server: str
    down: str
    up: str
    why: str
    codes: str


def set_aside(report: WeeklyReport, most: int) -> tuple[SetAside, ...]:
    """At most so many of them, oldest first."""
    return tuple(_line(test, report) for test in _of(report)[:most])


def more_set_aside(report: WeeklyReport, most: int) -> str | None:
    """How many more there are and where they stand, or None."""
    more = len(_of(report)) - most
    if more <= 0:
        return None
    return f"{more:,} more, one by one: bandgap report {option(report.period)} --format csv-tests."


def _of(report: WeeklyReport) -> tuple[CapacitySample, ...]:
    return tuple(test for test in report.tests if not test.trusted and test.flags != (CONFIRMS,))


def _line(test: CapacitySample, report: WeeklyReport) -> SetAside:
    return SetAside(
        at=moment(test.started_at, report.hours.zone),
        engine=test.engine,
        server=test.server or DASH,
        down=rate(test.down_mbps).removesuffix(" Mbps"),
        up=rate(test.up_mbps).removesuffix(" Mbps"),
        why=outcome(test),
        codes=", ".join(test.flags) or test.reason or DASH,
    )
