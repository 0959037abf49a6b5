"""Whether a week's tests are one series of figures, and in one line each what to know where they aren't.

Figures of two engines, or against two servers, differ for reasons that aren't the line's. And a test that
ends within a burst has measured the burst.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from reports.period_words import noun
from reports.samples import CapacitySample, Rates
from reports.sentences import rate
from reports.week import WeeklyReport
from reports.week_words import moment

WAYS = ("down", "up")
CLEAR_SHARE = 0.10
"""What a rate must be lower by than another to be clearly lower; within it the http engine sees one level."""


def series_notes(report: WeeklyReport) -> list[str]:
    """What to know before the week's figures are compared, with each other or with the week before's."""
    return [words for words in (engine_change(report), hidden_burst(report)) if words]


def engine_change(report: WeeklyReport) -> str | None:
    """One line when the trusted tests and the last one before the week aren't of one engine and server."""
    tests = [test for test in (report.last_before, *report.tests) if test is not None and test.trusted]
    changes = [
        (before, after)
        for before, after in pairwise(tests)
        if _measured_with(before) != _measured_with(after)
    ]
    if not changes:
        return None
    before, after = changes[0]
    since = moment(after.started_at, report.hours.zone)
    words = (
        f"From {since} on, tests were made with {_measured_with(after)}, before with {_measured_with(before)}"
    )
    if len(changes) > 1:
        words += f"; engine or server changed {len(changes)} times in all"
    return f"{words}. Figures of different engines or servers are no one series."


def hidden_burst(report: WeeklyReport) -> str | None:
    """One line when a long test of the week sustained clearly less than its shorter ones found."""
    trusted = [test for test in report.tests if test.trusted]
    shorter: dict[str, list[CapacitySample]] = {}
    for each in trusted:
        if not each.long:
            shorter.setdefault(_measured_with(each), []).append(each)
    for test in trusted:
        beside = shorter.get(_measured_with(test), ()) if test.long else ()
        if fell := [words for way in WAYS if (words := _fell(test, beside, way))]:
            at = moment(test.started_at, report.hours.zone)
            return (
                f"The long test of {at} outlasted a burst: {' and '.join(fell)}. The {noun(report.period)}'s "
                "shorter tests ended within it; their figures are not the line's sustained rate."
            )
    return None


def _fell(test: CapacitySample, shorter: Sequence[CapacitySample], way: str) -> str | None:
    """What a long test sustained one way, where that is clearly less than shorter ones found."""
    found = [mbps for each in shorter if (mbps := _of(each.rates, way)) is not None]
    sustained, first = _of(test.rates, way), _of(test.burst, way)
    if not found or sustained is None or first is None or sustained >= median(found) * (1 - CLEAR_SHARE):
        return None
    return f"{rate(sustained)} {way} where shorter ones found {rate(median(found))}"


def _measured_with(test: CapacitySample) -> str:
    return f"{test.engine} against {test.server or 'a server of its choice'}"


def _of(rates: Rates, way: str) -> float | None:
    return rates.down_mbps if way == "down" else rates.up_mbps
